"""What the bank holds, counted: by topic, kind, difficulty and track; as numbers and as lines of text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.bank.layouts import LAYOUTS
from bot.bank.loader import Bank

KINDS = tuple(LAYOUTS)
DIFFICULTIES = (1, 2, 3, 4, 5)
TRACKS = ("ds", "mle", "both")


@dataclass(frozen=True, slots=True)
class Tally:
    """The items of one topic, or of all: one count for each of `KINDS`, `DIFFICULTIES` and `TRACKS`."""

    name: str
    items: int
    reserved: int
    kinds: tuple[int, ...]
    difficulties: tuple[int, ...]
    tracks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BankStats:
    """A tally of every topic in the order of the list, empty ones too, and of the whole bank."""

    topics: tuple[Tally, ...]
    whole: Tally


def count_bank(bank: Bank) -> BankStats:
    """Count what the bank holds."""
    return BankStats(
        topics=tuple(_tally(topic.id, bank, {topic.id}) for topic in bank.topics),
        whole=_tally("all", bank, {topic.id for topic in bank.topics}),
    )


def stat_lines(stats: BankStats) -> list[str]:
    """The counts as a table of aligned plain text, a row for each topic and one for the whole bank."""
    header = ["topic", "items", "reserved", *KINDS, *(f"d{level}" for level in DIFFICULTIES), *TRACKS]
    rows = [[tally.name, *map(_shown, _numbers(tally))] for tally in (*stats.topics, stats.whole)]
    return _aligned([header, *rows])


def _tally(name: str, bank: Bank, topics: set[str]) -> Tally:
    drafts = [draft for draft in bank.drafts if draft.topic in topics]
    return Tally(
        name=name,
        items=len(drafts),
        reserved=sum(draft.reserved for draft in drafts),
        kinds=_counts(KINDS, (draft.kind for draft in drafts)),
        difficulties=_counts(DIFFICULTIES, (draft.difficulty for draft in drafts)),
        tracks=_counts(TRACKS, (draft.track for draft in drafts)),
    )


def _counts(of: Sequence[object], found: Iterable[object]) -> tuple[int, ...]:
    counter = Counter(found)
    return tuple(counter[value] for value in of)


def _numbers(tally: Tally) -> tuple[int, ...]:
    return (tally.items, tally.reserved, *tally.kinds, *tally.difficulties, *tally.tracks)


def _shown(number: int) -> str:
    return str(number) if number else "·"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
