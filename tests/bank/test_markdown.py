"""Sections and prose: what is a heading, what is code, and how wrapped paragraphs are joined again."""

import pytest

from bot.bank.drafts import ChoiceDraft, CodeDraft, ConceptDraft, ScriptDraft
from bot.bank.markdown import open_document
from bot.bank.problems import Report
from tests.bank.builders import TEXTS, parsed

FENCE = "```python\n## not a section\nx = 1\n\ny  =  2\n```"


def explained(text: str) -> str:
    """The explanation that is read from `text`."""
    draft = parsed(TEXTS["choice"].replace("Because.", text))
    assert isinstance(draft, ChoiceDraft)
    return draft.explanation


def test_sections_keep_the_lines_of_the_file() -> None:
    report = Report("sql/an-item.md")
    text = f"---\nkind: choice\n---\n\n## Question\n{FENCE}\n\n## Options\n- a\n"
    document = open_document(text, report)
    assert report.problems == []
    assert document is not None
    assert [(section.heading, section.line) for section in document.sections] == [
        ("Question", 5),
        ("Options", 13),
    ]
    assert document.lines[("kind",)] == 2
    assert document.last_line == 14


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (FENCE, FENCE),
        ("one\ntwo\n  three", "one two three"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("one  \ntwo", "one\ntwo"),
        ("one\\\ntwo", "one\ntwo"),
        ("one\ntwo  \nthree", "one two\nthree"),
        ("- one\n  two\n- three\n  - four\n    five", "- one two\n- three\n  - four five"),
        ("1. one\n2. two\n   three", "1. one\n2. two three"),
        (f"before\nit\n\n{FENCE}\n\nafter\nit", f"before it\n\n{FENCE}\n\nafter it"),
        (f"it holds:\n{FENCE}\nso", f"it holds:\n{FENCE}\nso"),
        ("- one\n\n  ```\n  a\n  b\n  ```", "- one\n\n  ```\n  a\n  b\n  ```"),
        ("**bold**, *it*, `a < b`, $5 and $6, a\\*b", "**bold**, *it*, `a < b`, $5 and $6, a\\*b"),
        ("`see [it](x) at https://x and \\frac`", "`see [it](x) at https://x and \\frac`"),
        ("```\nwget \\\n  -q\n```", "```\nwget \\\n  -q\n```"),
        ("\n\none   \n\n\n", "one"),
    ],
)
def test_prose_is_read_as_written_with_wrapped_lines_joined(written: str, read: str) -> None:
    assert explained(written) == read


def test_code_is_kept_to_the_letter() -> None:
    draft = parsed(
        TEXTS["code"].replace("    return 2 * n", '    text = """\n\n## Tests\n"""\n    return 2 * n')
    )
    assert isinstance(draft, CodeDraft)
    assert draft.solution == 'def double(n):\n    text = """\n\n## Tests\n"""\n    return 2 * n'


def test_options_may_wrap_and_hold_signs_markdown_would_eat() -> None:
    text = (
        TEXTS["choice"]
        .replace("[x] This one", "[X] __init__ of a\n  <b> and *args")
        .replace("It is right.", "It is\n  right, **surely**.")
    )
    draft = parsed(text)
    assert isinstance(draft, ChoiceDraft)
    assert [(option.text, option.right, option.why) for option in draft.options] == [
        ("__init__ of a <b> and *args", True, "It is right, **surely**."),
        ("That one", False, "It is wrong."),
    ]


@pytest.mark.parametrize("label", ["Maths:", "**Maths**:", "**Maths:**"])
def test_cover_labels_may_be_bold(label: str) -> None:
    draft = parsed(TEXTS["concept"].replace("Maths:", label))
    assert isinstance(draft, ConceptDraft)
    assert draft.cover.model_dump() == {
        "definition": "a",
        "intuition": "b",
        "maths": "c",
        "fails": "d",
        "example": "e",
    }


def test_stages_keep_questions_follow_ups_and_key_points() -> None:
    more = "- Three\n\n### Second\nLook:\n\n- one\n- two\n\nAnd?\n\n* Why?\n  * So\n"
    draft = parsed(
        TEXTS["script"].replace("  - Two\n", f"  - Two\n{more}".replace("- Three", "  - Three", 1))
    )
    assert isinstance(draft, ScriptDraft)
    assert [stage.model_dump() for stage in draft.stages] == [
        {
            "title": "First",
            "question": "What now?",
            "follow_ups": ({"question": "And then?", "key_points": ("One", "Two", "Three")},),
        },
        {
            "title": "Second",
            "question": "Look:\n\n- one\n- two\n\nAnd?",
            "follow_ups": ({"question": "Why?", "key_points": ("So",)},),
        },
    ]
