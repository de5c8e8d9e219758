"""A member's past recitations: the readouts, and what they say of how somebody comes along."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.recitation import Rubric

PAGE: Final = 4
# Of one topic, the shares shown one by one.
LATEST: Final = 6


@dataclass(frozen=True, slots=True)
class Marked:
    """What one listener said; without their words where somebody blocks them or their data was erased."""

    by: str | None  # empty for one's own marks
    rubric: Rubric
    key_points: int
    question: str | None = None

    @property
    def share(self) -> float:
        return len(self.rubric.covered) / max(self.key_points, 1)


@dataclass(frozen=True, slots=True)
class Past:
    """One recitation of somebody's, as they may read it."""

    recitation_id: int
    at: datetime
    mode: str
    item_id: int
    title: str
    topic_name: str
    # Who else was in it, by the names they show.
    others: tuple[str, ...]
    # Feedback that is not open yet is not here.
    marks: tuple[Marked, ...] = ()
    sealed: bool = False
    guide_note: str | None = None
    signed_off: bool = False

    @property
    def share(self) -> float | None:
        """The share of the key points covered, of several listeners the mean; None where nobody said."""
        return sum(one.share for one in self.marks) / len(self.marks) if self.marks else None


@dataclass(frozen=True, slots=True)
class Trend:
    """One topic: the shares of its recitations, oldest first."""

    topic_name: str
    shares: tuple[float, ...]

    @property
    def change(self) -> float:
        """How much more was covered in the later half than in the earlier one; 0 for a single one."""
        half = len(self.shares) // 2
        if not half:
            return 0.0
        return _mean(self.shares[-half:]) - _mean(self.shares[:half])

    @property
    def now(self) -> float:
        """What was covered of late: the mean of the last two."""
        return _mean(self.shares[-2:])


@dataclass(frozen=True, slots=True)
class ThenAndNow:
    """One concept: the first time it was marked, and the last."""

    title: str
    then: Past
    now: Past
    times: int


@dataclass(frozen=True, slots=True)
class History:
    """A page of past recitations, newest first."""

    page: int
    pages: int
    past: tuple[Past, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How somebody comes along: by topic, weakest now first, and by concept."""

    recitations: int
    trends: tuple[Trend, ...]
    concepts: tuple[ThenAndNow, ...]


def progress(past: Sequence[Past]) -> Progress:
    """What past recitations, oldest first, say of how somebody comes along."""
    shares: dict[str, list[float]] = {}
    marked: dict[int, list[Past]] = {}
    for one in past:
        if one.share is not None:
            shares.setdefault(one.topic_name, []).append(one.share)
            marked.setdefault(one.item_id, []).append(one)
    trends = [Trend(topic, tuple(found)) for topic, found in shares.items()]
    concepts = [ThenAndNow(found[-1].title, found[0], found[-1], len(found)) for found in _twice(marked)]
    return Progress(
        recitations=len(past),
        trends=tuple(sorted(trends, key=lambda trend: (trend.now, trend.topic_name))),
        concepts=tuple(sorted(concepts, key=lambda one: one.now.at, reverse=True)),
    )


def _twice(marked: dict[int, list[Past]]) -> Iterable[list[Past]]:
    return (found for found in marked.values() if len(found) > 1)


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / len(shares)
