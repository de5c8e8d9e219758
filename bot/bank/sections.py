"""The readers: how each kind of `## ` section becomes a draft's value, with the line of every part."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from markdown_it.tree import SyntaxTreeNode

from bot.bank.limits import JSON_LIMIT
from bot.bank.markdown import Section, check_fence, check_markdown, first_line, prose
from bot.bank.problems import Place, Report

_BOX: Final = re.compile(r"\[([ xX])\]\s+(.*)", re.DOTALL)
_COVER: Final = {
    "definition": "Definition",
    "intuition": "Intuition",
    "maths": "Maths",
    "fails": "When it fails",
    "example": "Example",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A section's value in the shape its draft wants, and the lines of its parts by their place inside it."""

    value: object
    lines: dict[Place, int] = field(default_factory=dict)


Reader = Callable[[Section, Report], Reading | None]
"""Reads one section; None means the report already says why there is no value."""


def text(section: Section, report: Report) -> Reading | None:
    """Prose: paragraphs, lists and code blocks."""
    check_markdown(section, section.nodes, report)
    return Reading(prose(section, section.nodes))


def points(section: Section, report: Report) -> Reading | None:
    """A list of statements, one paragraph each."""
    return _statements(section, section.nodes, report, "bullet_list")


def steps(section: Section, report: Report) -> Reading | None:
    """A numbered list of statements, one paragraph each."""
    return _statements(section, section.nodes, report, "ordered_list")


def options(section: Section, report: Report) -> Reading | None:
    """A task list; under each option an indented paragraph says why it is right or wrong."""
    found: list[dict[str, object]] = []
    lines: dict[Place, int] = {}
    items = _entries(section, section.nodes, report, "bullet_list")
    for number, item in enumerate(items):
        box = _BOX.fullmatch(_first_text(item))
        if box is None:
            report.add(first_line(item), section.heading, "An option begins with `- [x]` or `- [ ]`.")
        reason = _paragraph_under(section, item, report, "why it is right or wrong")
        if box and reason is not None:
            lines |= {(number,): first_line(item), (number, "why"): first_line(item.children[1])}
            found.append({"text": box[2], "right": box[1] != " ", "why": reason})
    return Reading(found, lines) if items and len(found) == len(items) else None


def follow_ups(section: Section, report: Report) -> Reading | None:
    """A list of questions; under each an indented paragraph says what a good reply holds."""
    found: list[dict[str, object]] = []
    lines: dict[Place, int] = {}
    items = _entries(section, section.nodes, report, "bullet_list")
    for number, item in enumerate(items):
        check_markdown(section, item.children[:1], report)
        reply = _paragraph_under(section, item, report, "what a good reply holds")
        if reply is not None:
            lines |= {(number,): first_line(item), (number, "reply"): first_line(item.children[1])}
            found.append({"question": _first_text(item), "reply": reply})
    return Reading(found, lines) if items and len(found) == len(items) else None


def cover(section: Section, report: Report) -> Reading | None:
    """A list of five entries, each led by its label: `- Definition: …`, in the order they are spoken."""
    check_markdown(section, section.nodes, report)
    items = _entries(section, section.nodes, report, "bullet_list")
    if not items:
        return None
    found = [
        re.fullmatch(rf"(?:\*\*)?{label}(?:\*\*)?:(?:\*\*)?\s+(.+)", _first_text(item))
        for label, item in zip(_COVER.values(), items, strict=False)
    ]
    wrong = next((item for item, entry in zip(items, found, strict=False) if entry is None), items[-1])
    texts = [entry[1] for entry in found if entry]
    if not len(texts) == len(items) == len(_COVER):
        labels = ", ".join(f"`{label}:`" for label in _COVER.values())
        report.add(first_line(wrong), section.heading, f"Here stand five entries in this order: {labels}.")
        return None
    lines: dict[Place, int] = {(name,): first_line(item) for name, item in zip(_COVER, items, strict=True)}
    return Reading(dict(zip(_COVER, texts, strict=True)), lines)


def stages(section: Section, report: Report) -> Reading | None:
    """One `### ` heading per stage; under it the question, then a list of follow-ups with key points."""
    found: list[dict[str, object]] = []
    lines: dict[Place, int] = {}
    starts = [n for n, node in enumerate(section.nodes) if node.type == "heading" and node.markup == "###"]
    if not starts or starts[0] > 0:
        report.add(section.line, section.heading, "Every stage stands under a `### ` heading of its own.")
        return None
    for number, (start, end) in enumerate(pairwise([*starts, len(section.nodes)])):
        heading, *asked = section.nodes[start:end]
        listed = asked.pop() if asked else heading
        check_markdown(section, asked, report)
        reading = _probes(section, [listed], report)
        lines[(number,)] = first_line(heading)
        if reading is not None:
            lines |= {(number, "follow_ups", *place): line for place, line in reading.lines.items()}
            title = heading.children[0].content
            found.append({"title": title, "question": prose(section, asked), "follow_ups": reading.value})
    return Reading(found, lines) if len(found) == len(starts) else None


def probes(section: Section, report: Report) -> Reading | None:
    """A list of questions, each with a list of key points under it."""
    return _probes(section, section.nodes, report)


def code(language: str) -> Reader:
    """One fenced block in `language` and nothing else."""

    def read(section: Section, report: Report) -> Reading | None:
        fences = [node for node in section.nodes if node.type == "fence"]
        if len(section.nodes) != 1 or not fences or fences[0].info.strip() != language:
            report.add(section.line, section.heading, f"This section holds one ```{language} block only.")
            return None
        check_fence(section, fences[0], report)
        return Reading(fences[0].content.rstrip("\n"), {(): first_line(fences[0])})

    return read


def data(section: Section, report: Report) -> Reading | None:
    """One fenced block of JSON, strictly read: no NaN, no key twice."""
    block = code("json")(section, report)
    if block is None:
        return None
    text, line = str(block.value), block.lines[()]
    if len(text) > JSON_LIMIT:
        report.add(
            line, section.heading, f"This is {len(text):,} characters long; at most {JSON_LIMIT:,} fit."
        )
        return None
    try:
        value = json.loads(text, parse_constant=no_constant, object_pairs_hook=no_twins)
    except json.JSONDecodeError as error:
        report.add(line + error.lineno, section.heading, f"This is not valid JSON: {error.msg}.")
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, Unfit) else "It cannot be read as JSON."
        report.add(line, section.heading, reason)
    else:
        return Reading(value, {(): line})
    return None


class Unfit(ValueError):
    """JSON that Python would accept and we do not; its argument is the sentence to tell."""


def no_constant(name: str) -> object:
    raise Unfit(f"`{name}` is not JSON; every number must be finite.")


def no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unfit("A key is written twice in one JSON object.")
    return found


def _statements(
    section: Section, nodes: Sequence[SyntaxTreeNode], report: Report, list_type: str
) -> Reading | None:
    found: list[str] = []
    lines: dict[Place, int] = {}
    check_markdown(section, nodes, report)
    for number, item in enumerate(_entries(section, nodes, report, list_type)):
        if len(item.children) > 1:
            report.add(first_line(item.children[1]), section.heading, "Each entry is one paragraph.")
        lines[(number,)] = first_line(item)
        found.append(_first_text(item))
    return Reading(found, lines) if found else None


def _entries(
    section: Section, nodes: Sequence[SyntaxTreeNode], report: Report, list_type: str
) -> list[SyntaxTreeNode]:
    """The entries of the one list that `nodes` should be; empty, and reported, when they are not."""
    sign = "1. " if list_type == "ordered_list" else "- "
    stray = next((node for node in nodes if node.type != list_type), nodes[1] if len(nodes) > 1 else None)
    if not nodes:
        report.add(section.line, section.heading, "This is empty.")
        return []
    if stray is not None:
        report.add(
            first_line(stray), section.heading, f"Write one list here, every entry begun with `{sign}`."
        )
        return []
    items = nodes[0].children
    for item in items:
        if not item.children or item.children[0].type != "paragraph":
            report.add(first_line(item), section.heading, "This entry does not begin with text.")
            return []
    return items


def _first_text(item: SyntaxTreeNode) -> str:
    """The text of an entry's first paragraph, on one line."""
    return " ".join(line.strip() for line in item.children[0].children[0].content.split("\n"))


def _paragraph_under(section: Section, item: SyntaxTreeNode, report: Report, what: str) -> str | None:
    """The one paragraph under an entry."""
    rest = item.children[1:]
    if len(rest) != 1 or rest[0].type != "paragraph":
        message = f"Under this entry belongs one indented paragraph, after an empty line: {what}."
        report.add(first_line(item), section.heading, message)
        return None
    check_markdown(section, rest, report)
    return prose(section, rest).strip()


def _probes(section: Section, nodes: Sequence[SyntaxTreeNode], report: Report) -> Reading | None:
    """An interviewer's questions: a list whose entries each hold a list of key points."""
    found: list[dict[str, object]] = []
    lines: dict[Place, int] = {}
    items = _entries(section, nodes, report, "bullet_list")
    for number, item in enumerate(items):
        check_markdown(section, item.children[:1], report)
        lines[(number,)] = first_line(item)
        if len(item.children) < 2:
            message = "Under this entry belongs an indented list of its key points."
            report.add(first_line(item), section.heading, message)
            continue
        reading = _statements(section, item.children[1:], report, "bullet_list")
        if reading is not None:
            lines |= {(number, "key_points", *place): line for place, line in reading.lines.items()}
            found.append({"question": _first_text(item), "key_points": reading.value})
    return Reading(found, lines) if items and len(found) == len(items) else None
