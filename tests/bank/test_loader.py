"""The loader: every way a file can be wrong is told with its file, line, field and one sentence."""

from pathlib import Path

import pytest

from bot.bank.drafts import Topic
from bot.bank.loader import load_bank, load_topics, parse_item, read_text
from bot.bank.markdown import FILE_LIMIT, ITEM_LIMIT
from bot.bank.problems import BankInvalid, Problem
from tests.bank.builders import ENGINEERS, SQL, TEXTS, parsed
from tests.bank.wrong_items import WRONG

FILE = "sql/an-item.md"
TOPICS_TEXT = """- area: Programming
  topics:
    - {id: sql, name: SQL, track: both, about: "joins"}
    - {id: gpu, name: GPUs, track: mle, about: "memory"}
- area: Deep learning
  topics:
    - {id: nlp, name: NLP, track: both, about: "words"}
"""


def problems_of(text: str, *, file: str = FILE, topic: Topic = SQL) -> list[Problem]:
    with pytest.raises(BankInvalid) as caught:
        parse_item(text, file=file, topic=topic)
    return list(caught.value.problems)


def changed(kind: str, *edits: tuple[str, str]) -> str:
    """A well-formed item with some of its text replaced."""
    text = TEXTS[kind]
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def line_with(text: str, needle: str) -> int:
    """The line on which `needle` first ends; needles are written to the end of their line."""
    return text[: text.index(f"{needle}\n") + len(needle)].count("\n") + 1


@pytest.mark.parametrize("kind", TEXTS)
def test_small_item_of_each_kind_is_read(kind: str) -> None:
    draft = parsed(TEXTS[kind])
    assert (draft.kind, draft.id, draft.topic, draft.title) == (kind, "an-item", "sql", "A title")
    assert (draft.track, draft.difficulty, draft.reserved) == ("both", 2, False)
    assert draft.sources == ("A book, ch. 1",)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_item_is_told_by_line_field_and_sentence(name: str) -> None:
    kind, edit, needle, field, message = WRONG[name]
    text = changed(kind, edit)
    assert problems_of(text) == [Problem(FILE, line_with(text, needle), field, message)]


def test_every_problem_of_an_item_is_told_in_the_order_of_lines() -> None:
    text = changed(
        "open", ("difficulty: 2", "difficulty: 9"), ("- Two", "- [Two](x)"), ("Because.", "# Because")
    )
    found = [(problem.line, problem.field) for problem in problems_of(text)]
    assert found == [
        (line_with(text, "difficulty: 9"), "difficulty"),
        (line_with(text, "- [Two](x)"), "Key points"),
        (line_with(text, "# Because"), "Model answer"),
    ]


def test_an_entry_that_fails_does_not_also_make_the_list_short() -> None:
    text = changed("choice", ("It is wrong.", "w" * 301))
    assert [problem.field for problem in problems_of(text)] == ["Options 2 › why"]


def test_problem_reads_as_one_line() -> None:
    assert str(Problem(FILE, 4, "Options 2", "This is empty.")) == f"{FILE}:4: Options 2: This is empty."
    two = BankInvalid((Problem(FILE, 4, "a", "One."), Problem(FILE, 5, "b", "Two.")))
    assert str(two) == f"{FILE}:4: a: One.\n{FILE}:5: b: Two."


@pytest.mark.parametrize("stem", ["Upper", "two--hyphens", "with space", "i" * 61])
def test_the_file_name_is_an_id(stem: str) -> None:
    (problem,) = problems_of(TEXTS["open"], file=f"sql/{stem}.md")
    assert (problem.file, problem.line, problem.field) == (f"sql/{stem}.md", 1, "id")


@pytest.mark.parametrize("track", ["ds", "both"])
def test_a_topic_of_one_track_takes_that_track_only(track: str) -> None:
    text = changed("open", ("track: both", f"track: {track}"))
    assert problems_of(text, topic=ENGINEERS) == [
        Problem(FILE, line_with(text, f"track: {track}"), "track", "The topic gpu is of the track mle alone.")
    ]
    assert parsed(changed("open", ("track: both", "track: mle")), topic=ENGINEERS).track == "mle"
    assert parsed(changed("open", ("track: both", "track: mle")), topic=SQL).track == "mle"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_mark_and_foreign_line_ends_change_nothing(mark: str, end: str) -> None:
    text = mark + TEXTS["code"].replace("\n", end)
    assert parsed(text) == parsed(TEXTS["code"])
    assert parsed(read_text(text.encode(), file=FILE)) == parsed(TEXTS["code"])


def test_text_is_composed() -> None:
    assert parsed(changed("open", ("Why?", "Cafe\u0301?"))).question == "Caf\u00e9?"


def test_bytes_that_are_not_utf8_are_told_by_line() -> None:
    with pytest.raises(BankInvalid) as caught:
        read_text(b"---\nkind: open\ntitle: Caf\xe9\n", file=FILE)
    message = "The file is not UTF-8 text; save it as UTF-8."
    assert caught.value.problems == (Problem(FILE, 3, "file", message),)


def test_file_limit_is_exact() -> None:
    assert len(read_text(b"x" * FILE_LIMIT, file=FILE)) == FILE_LIMIT
    with pytest.raises(BankInvalid) as caught:
        read_text(b"x" * (FILE_LIMIT + 1), file=FILE)
    assert caught.value.problems == (Problem(FILE, 1, "file", "The file is larger than 1 MiB."),)


def test_item_limit() -> None:
    text = TEXTS["open"].ljust(ITEM_LIMIT + 1, "x")
    message = "The item is 60,001 characters long; no item needs more than 60,000."
    assert problems_of(text) == [Problem(FILE, 1, "file", message)]


HOSTILE: dict[str, str] = {
    "nothing": "",
    "one line": "---",
    "brackets": "[" * 50_000,
    "images": "![[](" * 10_000,
    "stars": "*a **a " * 8_000,
    "quotes": "> " * 25_000,
    "lists": "- " * 25_000,
    "ticks": "`a``b```" * 6_000,
    "tags": "<a " * 16_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["file", "title", "Because.", "- One"])
def test_hostile_text_is_refused_plainly(name: str, place: str) -> None:
    text = HOSTILE[name] if place == "file" else TEXTS["open"].replace(place, HOSTILE[name], 1)
    assert problems_of(text)


@pytest.mark.parametrize(
    "value",
    [
        "[" * 1500,
        "{a: " * 900,
        "1" * 3000 + "e9",
        "9" * 3900,
        "2026-13-45",
        "0o9",
        "@x",
        "*a",
        "'",
        "? [a]",
        "<<: {}",
    ],
)
def test_hostile_front_matter_is_refused_plainly(value: str) -> None:
    assert problems_of(changed("numeric", ("answer: 1.5", f"answer: {value}")))
    assert problems_of(changed("numeric", ("answer: 1.5", value)))


def test_front_matter_has_a_limit() -> None:
    message = "The front matter is far too long; prose belongs in the sections."
    text = changed("open", ("A title", "T" * 4000))
    assert problems_of(text) == [Problem(FILE, 1, "front matter", message)]
    message = "The front matter is made of `key: value` lines."
    assert problems_of("---\n- a\n---\n") == [Problem(FILE, 1, "front matter", message)]
    assert problems_of("---\n---\n") == [Problem(FILE, 1, "front matter", "This is empty.")]


def bank(folder: Path, files: dict[str, str]) -> Path:
    for name, text in ({"topics.yaml": TOPICS_TEXT} | files).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_bank_is_read_in_the_order_of_topics_and_ids(tmp_path: Path) -> None:
    text, engineering = TEXTS["open"], changed("open", ("track: both", "track: mle"))
    files = {
        "sql/b.md": text,
        "sql/a.md": text,
        "gpu/c.md": engineering,
        "nlp/d.md": text,
        "README.md": "# Hello",
    }
    loaded = load_bank(bank(tmp_path, files | {"sql/.hidden": "x", ".DS_Store": "x"}))
    assert [topic.id for topic in loaded.topics] == ["sql", "gpu", "nlp"]
    assert [topic.area for topic in loaded.topics] == ["Programming", "Programming", "Deep learning"]
    assert [(draft.topic, draft.id) for draft in loaded.drafts] == [
        ("sql", "a"),
        ("sql", "b"),
        ("gpu", "c"),
        ("nlp", "d"),
    ]


def test_bank_tells_every_problem_of_every_file(tmp_path: Path) -> None:
    folder = bank(
        tmp_path,
        {
            "sql/twin.md": TEXTS["open"],
            "nlp/twin.md": TEXTS["open"],
            "nlp/bad.md": changed("open", ("difficulty: 2", "difficulty: 9")),
            "nlp/notes.txt": "x",
            "poetry/ode.md": TEXTS["open"],
            "stray.md": TEXTS["open"],
            "gpu/both.md": TEXTS["open"],
        },
    )
    (folder / "sql" / "deeper").mkdir()
    with pytest.raises(BankInvalid) as caught:
        load_bank(folder)
    assert caught.value.problems == (
        Problem("gpu/both.md", 4, "track", "The topic gpu is of the track mle alone."),
        Problem("nlp/bad.md", 5, "difficulty", "Write a number of at most 5."),
        Problem("nlp/notes.txt", 1, "file", "Only Markdown files (`.md`) belong here."),
        Problem("poetry", 1, "topic", "No topic of this name is listed in topics.yaml."),
        Problem("sql/deeper", 1, "file", "Only Markdown files (`.md`) belong here."),
        Problem("sql/twin.md", 1, "id", "This id is already taken by nlp/twin.md."),
        Problem("stray.md", 1, "file", "An item stands in the folder of its topic."),
    )


@pytest.mark.parametrize(
    ("edit", "line", "field", "message"),
    [
        (
            ("track: both", "track: all"),
            3,
            "areas 1 › topics 1 › track",
            "Write one of these: ds, mle, both.",
        ),
        (("id: gpu", "id: sql"), 4, "id", "The topic `sql` is listed twice."),
        (('about: "words"', "level: 1"), 7, "areas 2 › topics 1 › about", "`about` is missing."),
        (
            ("id: nlp", "id: NLP"),
            7,
            "areas 2 › topics 1 › id",
            "An id is small letters, digits and single hyphens: `bayes-rare-disease`.",
        ),
        (
            ("- area: Deep learning\n", "- area: [x]\n"),
            5,
            "areas 2 › area",
            "Write text here, in quotes if it looks like a number.",
        ),
        (
            ("  topics:\n    - {id: nlp", "  items:\n    - {id: nlp"),
            5,
            "areas 2 › topics",
            "`topics` is missing.",
        ),
        (
            ("- area: Deep learning\n", "- area: Deep: learning\n"),
            5,
            "topics",
            "This is not valid YAML: mapping values are not allowed here.",
        ),
        (("track: both", "track: both, track: ds"), 3, "topics", "This key is written twice."),
        ((TOPICS_TEXT, ""), 1, "topics", "This is empty."),
    ],
)
def test_a_wrong_topic_list_is_told(
    tmp_path: Path, edit: tuple[str, str], line: int, field: str, message: str
) -> None:
    assert edit[0] in TOPICS_TEXT
    with pytest.raises(BankInvalid) as caught:
        load_topics(bank(tmp_path, {"topics.yaml": TOPICS_TEXT.replace(*edit, 1)}))
    assert caught.value.problems[0] == Problem("topics.yaml", line, field, message)


def test_a_missing_topic_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(BankInvalid) as caught:
        load_bank(tmp_path)
    message = "The file cannot be read: No such file or directory."
    assert caught.value.problems == (Problem("topics.yaml", 1, "file", message),)
