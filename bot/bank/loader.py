"""From files to drafts: one item at a time, or the whole bank with every problem found on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError, model_validator

from bot.bank.drafts import Draft, Topic
from bot.bank.layouts import LAYOUTS, Layout
from bot.bank.limits import Frozen, Title
from bot.bank.markdown import FILE_LIMIT, Document, Section, decode, open_document, tidy
from bot.bank.problems import (
    BankInvalid,
    Place,
    Problem,
    Report,
    field_name,
    is_echo,
    line_of,
    place_of,
    sentence_of,
)
from bot.bank.strict_yaml import read_yaml

TOPICS = "topics.yaml"
_PROSE_FILES = {TOPICS, "README.md"}


@dataclass(frozen=True, slots=True)
class Bank:
    """All that is in the bank: topics as listed, drafts in the order of their topics and then of ids."""

    topics: tuple[Topic, ...]
    drafts: tuple[Draft, ...]


def load_bank(folder: Path) -> Bank:
    """Read a whole bank; raises `BankInvalid` with every problem of every file."""
    topics = load_topics(folder)
    by_id = {topic.id: topic for topic in topics}
    drafts: dict[str, list[Draft]] = {topic.id: [] for topic in topics}
    problems: list[Problem] = []
    first_seen: dict[str, str] = {}
    for path in _visible(folder):
        topic = by_id.get(path.name)
        if path.is_dir() and topic is not None:
            for inner in _visible(path):
                file = f"{path.name}/{inner.name}"
                twin = first_seen.setdefault(inner.stem, file)
                if twin != file:
                    problems.append(Problem(file, 1, "id", f"This id is already taken by {twin}."))
                try:
                    drafts[topic.id].append(parse_item(_text_of(inner, file), file=file, topic=topic))
                except BankInvalid as invalid:
                    problems += invalid.problems
        elif path.is_dir():
            problems.append(Problem(path.name, 1, "topic", f"No topic of this name is listed in {TOPICS}."))
        elif path.name not in _PROSE_FILES:
            problems.append(Problem(path.name, 1, "file", "An item stands in the folder of its topic."))
    if problems:
        raise BankInvalid(tuple(sorted(problems)))
    return Bank(topics, tuple(draft for of_topic in drafts.values() for draft in of_topic))


def load_topics(folder: Path) -> tuple[Topic, ...]:
    """The topic list in its own order; raises `BankInvalid`."""
    report = Report(TOPICS)
    read = read_yaml(_text_of(folder / TOPICS, TOPICS), "topics", 1, report)
    report.raise_if_any()
    value, lines = read or ([], {})
    try:
        areas = _AREAS.validate_python(value)
    except ValidationError as error:
        for details in error.errors():
            place = place_of(details)
            report.add(line_of(place, lines), field_name(("areas", *place), {}), sentence_of(details))
        report.raise_if_any()
        raise
    seen: set[str] = set()
    for number, area in enumerate(areas):
        for index, topic in enumerate(area.topics):
            if topic.id in seen:
                line = line_of((number, "topics", index), lines)
                report.add(line, "id", f"The topic `{topic.id}` is listed twice.")
            seen.add(topic.id)
    report.raise_if_any()
    return tuple(topic for area in areas for topic in area.topics)


def parse_item(text: str, *, file: str, topic: Topic) -> Draft:
    """One item from its text; the stem of `file` is its id. Raises `BankInvalid` with all its problems."""
    report = Report(file)
    clean = tidy(text, report)
    document = open_document(clean, report) if clean is not None else None
    draft = _draft(document, topic, report) if document else None
    report.raise_if_any()
    if draft is None:
        raise AssertionError(f"{file} gave neither a draft nor a problem")
    return draft


def read_text(data: bytes, *, file: str) -> str:
    """The text of a file's bytes; raises `BankInvalid` when there are too many or they are not UTF-8."""
    report = Report(file)
    text = decode(data, report)
    report.raise_if_any()
    return text or ""


class _Area(Frozen):
    area: Title
    topics: tuple[Topic, ...]

    @model_validator(mode="before")
    @classmethod
    def _hand_down(cls, value: Any) -> Any:
        """Give each topic the name of the area it is listed under."""
        if not isinstance(value, dict) or not isinstance(value.get("topics"), list):
            return value
        area = {"area": value.get("area")}
        return value | {"topics": [t | area if isinstance(t, dict) else t for t in value["topics"]]}


_AREAS = TypeAdapter(tuple[_Area, ...])


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def _text_of(path: Path, file: str) -> str:
    if path.suffix not in {".md", ".yaml"} or path.is_dir():
        raise BankInvalid((Problem(file, 1, "file", "Only Markdown files (`.md`) belong here."),))
    try:
        with path.open("rb") as opened:
            data = opened.read(FILE_LIMIT + 1)
    except OSError as error:
        raise BankInvalid(
            (Problem(file, 1, "file", f"The file cannot be read: {error.strerror}."),)
        ) from error
    return read_text(data, file=file)


def _draft(document: Document, topic: Topic, report: Report) -> Draft | None:
    kind = document.front.get("kind")
    layout = LAYOUTS.get(kind) if isinstance(kind, str) else None
    if layout is None:
        line = document.lines.get(("kind",), 1)
        report.add(line, "kind", f"Write one of these: {', '.join(LAYOUTS)}.")
        return None
    values: dict[str, object] = {"id": PurePosixPath(report.file).stem, "topic": topic.id}
    lines = dict(document.lines)
    for key, value in document.front.items():
        if key in layout.keys:
            values[key] = value
        else:
            report.add(lines.get((key,), 1), key, f"An item of kind {kind} has no such key.")
    track = document.front.get("track")
    if topic.track != "both" and track in ("ds", "mle", "both") and track != topic.track:
        report.add(lines[("track",)], "track", f"The topic {topic.id} is of the track {topic.track} alone.")
    unread = _read_sections(document, layout, values, lines, report)
    headings = {part.field: part.heading for part in layout.parts}
    try:
        return cast(Draft, layout.model.model_validate(values))
    except ValidationError as error:
        for details in error.errors():
            place = place_of(details)
            if place[0] not in unread and not is_echo(details):
                line = line_of(place, lines) + (details.get("ctx", {}).get("line") or 0)
                report.add(line, field_name(place, headings), sentence_of(details))
        return None


def _read_sections(
    document: Document, layout: Layout, values: dict[str, object], lines: dict[Place, int], report: Report
) -> set[str]:
    """Fill `values` and `lines` from the sections; the fields left empty, the reason reported."""
    order = [part.heading for part in layout.parts]
    found: dict[str, Section] = {}
    for section in document.sections:
        name = section.heading
        if name not in order:
            report.add(section.line, name, f"Unknown section; an item of this kind has: {', '.join(order)}.")
        elif name in found:
            report.add(section.line, name, "This section stands here a second time.")
        else:
            if found and order.index(name) < max(order.index(earlier) for earlier in found):
                report.add(section.line, name, f"The sections stand in this order: {', '.join(order)}.")
            found[name] = section
    unread: set[str] = set()
    for part in layout.parts:
        if part.heading not in found:
            if not part.optional:
                unread.add(part.field)
                report.add(document.last_line, part.heading, f"The section `## {part.heading}` is missing.")
            continue
        lines[(part.field,)] = found[part.heading].line
        reading = part.reader(found[part.heading], report)
        if reading is None:
            unread.add(part.field)
        else:
            values[part.field] = reading.value
            lines.update({(part.field, *place): line for place, line in reading.lines.items()})
    return unread
