"""Reciting alone: what its card draws, and how the time of it is measured."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.recitation import Concept, Outline, Rubric
from bot.domain.streaks import Streak

# Between two presses somebody may have gone for lunch: more than this is no recitation.
MEASURED_AT_MOST: Final = timedelta(minutes=10)


def measured(since: datetime, until: datetime) -> int:
    """Whole minutes between two presses, for the ledger; 0 for less than half of one."""
    return round(min(max(until - since, timedelta()), MEASURED_AT_MOST) / timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Solo:
    """A recitation of one person: their concept, and after they recited it what it is marked by."""

    id: int
    concept: Concept
    topic_name: str
    began_at: datetime
    # Never before they have recited it.
    outline: Outline | None = None
    # How they marked it.
    rubric: Rubric | None = None
    minutes: int = 0
    streak: Streak | None = None
    # How many key points they covered the time before, and of how many.
    before: tuple[int, int] | None = None
