"""Values that did not come from the bank's own files, made into drafts under the bank's own rules."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast

from pydantic import ValidationError

from bot.bank.drafts import Draft
from bot.bank.layouts import LAYOUTS
from bot.bank.limits import TrackName
from bot.bank.markdown import ITEM_LIMIT, check_text
from bot.bank.problems import Place, Report, field_name, is_echo, place_of, sentence_of

Tracks = Mapping[str, TrackName]
"""Every topic of the bank and the track it belongs to."""

DATA_FIELDS: Final = {"tests", "expected"}
_CODE: Final = {"starter", "solution", "tables"}
# Shown escaped, or not at all; their own types keep them on one line.
_PLAIN: Final = {
    *("id", "topic", "kind", "title", "track", "sources", "text", "entry", "packages", "round", "level"),
    *("stage", "tools"),
}
_ENTRIES: Final = 6_000
"""Values of one item, at any depth: more than the limits of any kind add up to."""
_DEPTH: Final = 40


def draft_of(
    values: Mapping[str, object],
    tracks: Tracks,
    report: Report,
    line: int = 1,
    naming: Callable[[Place], str] = lambda place: field_name(place, {}),
) -> Draft | None:
    """The draft of plain values; None when the report says, at `line`, what is wrong with it."""
    before = len(report.problems)
    if not _readable(values, report, line):
        return None
    kind = values.get("kind")
    layout = LAYOUTS.get(kind) if isinstance(kind, str) else None
    if layout is None:
        report.add(line, "kind", f"Write one of these: {', '.join(LAYOUTS)}.")
        return None
    try:
        draft = cast(Draft, layout.model.model_validate(_composed(values)))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            if not is_echo(details):
                report.add(line, naming(place_of(details)), sentence_of(details))
        return None
    track = tracks.get(draft.topic)
    if track is None:
        report.add(line, "topic", "The bank has no topic of this name.")
    elif track != "both" and draft.track != track:
        report.add(line, "track", f"The topic {draft.topic} is of the track {track} alone.")
    for place, text in _texts(draft.model_dump(mode="json"), ()):
        seen = Report(report.file)
        key = next(part for part in reversed(place) if isinstance(part, str))
        if key in _CODE and "```" in text:
            seen.add(1, key, "Three backticks would end the block this is shown in; leave them out.")
        elif key not in _PLAIN:
            check_text(f"```\n{text}\n```" if key in _CODE else text, seen)
        for problem in seen.problems:
            report.add(line, naming(place), problem.message)
    return draft if len(report.problems) == before else None


def _readable(values: Mapping[str, object], report: Report, line: int) -> bool:
    """Whether an item is small and flat enough to be looked at."""
    count = size = 0
    layer: list[object] = [values]
    for _ in range(_DEPTH):
        count += len(layer)
        size += sum(len(value) for value in layer if isinstance(value, str))
        deeper: list[object] = []
        for value in layer:
            if isinstance(value, Mapping):
                deeper += [*value, *value.values()]
            elif isinstance(value, list):
                deeper += value
        layer = deeper
    if layer or count > _ENTRIES or size > ITEM_LIMIT:
        report.add(line, "item", "This item is far longer than any item may be.")
        return False
    return True


def _composed(values: Mapping[str, object]) -> dict[str, object]:
    """The same values in Unicode's composed form, without a carriage return; data stays as it is."""
    return {key: value if key in DATA_FIELDS else _text_composed(value) for key, value in values.items()}


def _text_composed(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, list):
        return [_text_composed(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _text_composed(inner) for key, inner in value.items()}
    return value


def _texts(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Every text of a draft that people may come to see, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in DATA_FIELDS:
                yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*place, index))
