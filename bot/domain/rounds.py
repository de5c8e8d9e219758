"""Rounds: how somebody stands with them, and what a round came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.pairing import Medium, Mode, Reason
from bot.domain.recitation import Phase, Style

MODES: Mapping[Mode, str] = {
    "live": "Live: you meet at a time that suits both",
    "async": "Async: you hand in a recording or a text, and mark each other's, within 72 hours",
}
MEDIUMS: Mapping[Medium, str] = {"voice": "By voice", "typed": "Typed, with double time"}

# A message may mention a hundred people, and three may be together.
PAIRS_AT_ONCE = 33
# Fewer beside the words of the first message, which takes 4,000 characters in all.
PAIRS_AT_FIRST = 20
# Whoever has not begun a day later is reminded, if there is still time.
REMINDED_AFTER = timedelta(days=1)
# Pairs may begin until the next round of their schedule; where it comes sooner than that, or never, for a week.
OPEN_AT_LEAST, OPEN_OTHERWISE = timedelta(hours=12), timedelta(days=7)


def closes_at(cut_at: datetime, next_at: datetime | None) -> datetime:
    """Until when the pairs of a round may begin."""
    if next_at is not None and next_at - cut_at >= OPEN_AT_LEAST:
        return next_at
    return cut_at + OPEN_OTHERWISE


def reminds_at(cut_at: datetime, closes: datetime) -> datetime | None:
    """When those who have not begun are reminded; None where it would be too late to be of use."""
    at = cut_at + REMINDED_AFTER
    return at if closes - at >= OPEN_AT_LEAST else None


@dataclass(frozen=True, slots=True)
class OpenRecitation:
    """A recitation of mine that is not over, and whom it is with."""

    id: int
    mode: Style
    medium: Medium
    phase: Phase
    partners: tuple[int, ...]  # Discord ids
    thread_id: int | None
    meets_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether others are in it, and there is more to do than to read what they said."""
        return bool(self.partners) and self.phase != "feedback"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Whether somebody is in the rounds of their server, how they recite, and what of theirs is open."""

    since: datetime | None
    mode: Mode
    medium: Medium
    skips: bool
    rests: bool
    paused: bool
    paused_by_guide: bool
    next_at: datetime | None
    open: tuple[OpenRecitation, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """One line of a round: the Discord ids of those who recite together, or of the one who recites alone."""

    number: int
    people: tuple[int, ...]
    mode: Style
    medium: Medium


@dataclass(frozen=True, slots=True)
class Part:
    """As much of a round as one message holds; `next_id` is the recitation with which the next one begins."""

    round_id: int
    channel_id: int
    cut_at: datetime
    closes_at: datetime
    due_at: datetime
    people: int  # in the whole round
    lines: tuple[Together, ...]
    next_id: int | None

    @property
    def first(self) -> int:
        """The number of its first line."""
        return self.lines[0].number if self.lines else 1


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody is together with whom in a round; nobody and no reason for whoever recites alone.

    Of three, each reads what is true of all or of themselves and another.
    """

    partners: tuple[int, ...]
    reasons: tuple[Reason, ...]
    places: Mapping[int, int]  # Discord's ids of everybody by their place


@dataclass(frozen=True, slots=True)
class Previewed:
    """A group a round would make, with its score part by part; without a score whoever would recite alone."""

    people: tuple[int, ...]
    mode: Style
    medium: Medium
    score: int = 0
    parts: Mapping[str, int] | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of the round that would come of it now."""

    seed: int
    people: int
    groups: tuple[Previewed, ...]
    page: int
    pages: int
