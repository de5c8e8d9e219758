"""How items are written: YAML front matter, `## ` sections with their lines, and the Markdown cards show."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.bank.limits import hidden_in
from bot.bank.problems import Place, Report
from bot.bank.strict_yaml import read_yaml

FILE_LIMIT: Final = 1024 * 1024
"""Bytes of any one file."""
ITEM_LIMIT: Final = 60_000
"""Characters of an item: more than the limits of any kind add up to, and few enough to parse in two seconds."""
FRONT_LIMIT: Final = 4_000
"""Characters of front matter."""

_REFUSED: Final = {
    "heading": "A card shows no headings inside a section (a line of --- under text makes one too).",
    "table": "A card shows no tables; use a list or a ``` block.",
    "image": "A card shows no images.",
    "link": "A card shows no links; name the source in `sources`.",
    "html_block": "This reads as HTML; put it in backticks.",
    "html_inline": "This reads as HTML; put it in backticks.",
    "blockquote": "A card shows no quotes with >; put the sign in backticks.",
    "code_block": "This is indented like code; indent it less or use a ``` block.",
    "hr": "A card shows no rules.",
}
_LATEX: Final = re.compile(r"\\[A-Za-z]{2}|\$\$|\$[^\s$][^$\n]*[\\^_{][^$\n]*\$")
_ADDRESS: Final = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_MENTION: Final = re.compile(r"<(?:@[!&]?\d|#\d|/\w|a?:\w+:\d|t:-?\d)|@(?:everyone|here)\b")

# Link definitions (`[a]: address`) would vanish from the text unseen, so they are read as plain text.
_parser = MarkdownIt("commonmark").enable("table").disable("reference")


@dataclass(frozen=True, slots=True)
class Section:
    """A `## ` section; `line` is its heading's, `nodes` its top-level blocks with lines of the whole file."""

    heading: str
    line: int
    nodes: tuple[SyntaxTreeNode, ...]
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file taken apart: front matter with the line of every value, and the sections as they stand."""

    front: dict[str, object]
    lines: dict[Place, int]
    sections: tuple[Section, ...]
    last_line: int


def decode(data: bytes, report: Report) -> str | None:
    """A file's text; None, and a report, when it is too large or not UTF-8."""
    if len(data) > FILE_LIMIT:
        report.add(1, "file", f"The file is larger than {FILE_LIMIT // 1024**2} MiB.")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.add(line, "file", "The file is not UTF-8 text; save it as UTF-8.")
        return None


def tidy(text: str, report: Report) -> str | None:
    """Text in NFC with plain line ends; None, and a report, when it holds tabs or invisible characters."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    clean = True
    for number, line in enumerate(text.split("\n"), 1):
        hidden = hidden_in(line)
        if hidden == "\t":
            report.add(number, "file", "There is a tab here; use spaces.")
        elif hidden is not None:
            report.add(number, "file", f"There is an invisible character here (U+{ord(hidden):04X}).")
        clean = clean and hidden is None
    return text if clean else None


def open_document(text: str, report: Report) -> Document | None:
    """Take an item's text apart; None when its front matter cannot be read at all."""
    if len(text) > ITEM_LIMIT:
        report.add(
            1, "file", f"The item is {len(text):,} characters long; no item needs more than {ITEM_LIMIT:,}."
        )
        return None
    lines = text.split("\n")
    closing = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if lines[0].rstrip() != "---" or closing is None:
        report.add(1, "front matter", "The file begins with front matter between two lines of `---`.")
        return None
    read = _read_front("\n".join(lines[1:closing]), report)
    if read is None:
        return None
    # Blank lines in the front matter's place keep every token's line that of the file.
    source = tuple([""] * (closing + 1) + lines[closing + 1 :])
    return Document(*read, sections=_split(source, report), last_line=len(text.rstrip("\n").split("\n")))


def check_markdown(section: Section, nodes: Iterable[SyntaxTreeNode], report: Report) -> None:
    """Report whatever stands in `nodes` of a section that a Discord card would not show as written."""
    for node in nodes:
        _check_shown(section, node, section.line, report)


def check_text(text: str, report: Report) -> None:
    """Report what a card would not show as written in a text that stands alone, outside any file."""
    clean = True
    for number, line in enumerate(text.split("\n"), 1):
        hidden = hidden_in(line)
        if hidden is not None:
            clean = False
            name = "a tab" if hidden == "\t" else f"an invisible character (U+{ord(hidden):04X})"
            report.add(number, "text", f"There is {name} here; leave it out.")
    if clean:
        nodes = SyntaxTreeNode(_parser.parse(text)).children
        check_markdown(Section("text", 1, tuple(nodes), tuple(text.split("\n"))), nodes, report)


def _check_shown(section: Section, node: SyntaxTreeNode, line: int, report: Report) -> None:
    line = first_line(node) if node.map else line
    if node.type in _REFUSED:
        report.add(line, section.heading, _REFUSED[node.type])
        return
    if node.type == "text" and _LATEX.search(node.content):
        report.add(line, section.heading, "This reads as LaTeX; write maths in plain text or in backticks.")
    elif node.type == "text" and _ADDRESS.search(node.content):
        report.add(line, section.heading, _REFUSED["link"])
    elif node.type == "text" and _MENTION.search(node.content):
        report.add(line, section.heading, "This reads as a mention; put it in backticks.")
    elif node.type == "fence":
        check_fence(section, node, report)
    for child in node.children:
        _check_shown(section, child, line, report)


def prose(section: Section, nodes: Sequence[SyntaxTreeNode]) -> str:
    """The text of `nodes` as written, with paragraphs that are wrapped in the file on one line each again."""
    if not nodes:
        return ""
    start, end = span(nodes[0])[0], span(nodes[-1])[1]
    wrapped = {
        number
        for block in nodes
        for node in block.walk()
        if node.type == "paragraph"
        for number in range(span(node)[0] + 1, span(node)[1])
    }
    lines: list[str] = []
    for number in range(start, end):
        line = section.source[number]
        if number not in wrapped:
            lines.append(line)
        elif lines[-1].endswith(("  ", "\\")):
            lines[-1] = lines[-1].removesuffix("\\")
            lines.append(line)
        else:
            lines[-1] = f"{lines[-1].rstrip()} {line.lstrip()}"
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def span(node: SyntaxTreeNode) -> tuple[int, int]:
    """First line and the line after the last, counting from 0; only blocks have one."""
    if node.map is None:
        raise ValueError(f"a {node.type} has no lines")
    return node.map


def first_line(node: SyntaxTreeNode) -> int:
    """The line of the file a block begins on, counting from 1."""
    return span(node)[0] + 1


def check_fence(section: Section, node: SyntaxTreeNode, report: Report) -> None:
    """Report a code block that Discord would not recognise, or that swallows the rest of the file."""
    if node.markup.startswith("~"):
        report.add(first_line(node), section.heading, "A card shows code between ``` only, not ~~~.")
    start, end = span(node)
    last = section.source[end - 1].strip()
    if end - 1 == start or set(last) != set(node.markup[0]) or len(last) < len(node.markup):
        report.add(first_line(node), section.heading, "The code block opened here is never closed.")


def _split(source: tuple[str, ...], report: Report) -> tuple[Section, ...]:
    found: list[tuple[str, int, list[SyntaxTreeNode]]] = []
    for node in SyntaxTreeNode(_parser.parse("\n".join(source))).children:
        if node.type == "heading" and node.markup == "##":
            found.append((node.children[0].content.strip(), first_line(node), []))
        elif found:
            found[-1][2].append(node)
        else:
            report.add(first_line(node), "body", "There is text before the first `## ` section.")
    return tuple(Section(heading, line, tuple(nodes), source) for heading, line, nodes in found)


def _read_front(text: str, report: Report) -> tuple[dict[str, object], dict[Place, int]] | None:
    if len(text) > FRONT_LIMIT:
        report.add(1, "front matter", "The front matter is far too long; prose belongs in the sections.")
        return None
    read = read_yaml(text, "front matter", 2, report)
    if read is None:
        return None
    front, lines = read
    if not isinstance(front, dict):
        report.add(1, "front matter", "The front matter is made of `key: value` lines.")
        return None
    return {str(key): value for key, value in front.items()}, lines
