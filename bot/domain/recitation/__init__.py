"""Recitation: how one goes, the phases it goes through, and what its cards and handlers are told."""

from typing import Final, Literal

from bot.domain.recitation.phases import (
    ABSENT_AFTER,
    AFTER,
    ANSWERED_WITHIN,
    CLOSED_AFTER,
    COUNTS_FROM,
    NO_SHOWS_REST,
    NUDGED_AFTER,
    READ,
    SCORED_WITH_ONE,
    WRITTEN_FROM,
    Event,
    Medium,
    Phase,
    Stage,
    allowed,
    following,
    listener_of,
)
from bot.domain.recitation.readouts import Chair, Concept, Heard, Outline, Room, Rubric

__all__ = [
    "ABSENT_AFTER",
    "AFTER",
    "ANSWERED_WITHIN",
    "CLOSED_AFTER",
    "COUNTS_FROM",
    "ENDS",
    "FEEDBACK_OPEN",
    "NO_SHOWS_REST",
    "NUDGED_AFTER",
    "READ",
    "SCORED_WITH_ONE",
    "WRITTEN_FROM",
    "Chair",
    "Concept",
    "Event",
    "Heard",
    "Medium",
    "Origin",
    "Outline",
    "Phase",
    "Room",
    "Rubric",
    "Stage",
    "Style",
    "allowed",
    "following",
    "listener_of",
]

# Together, one after the other within days, or alone; spoken or written.
Style = Literal["live", "async", "solo"]
Origin = Literal["round", "lobby", "solo", "meeting"]
ENDS: Final[tuple[Phase, ...]] = ("done", "over")
# Until one of these nobody reads what was said of them.
FEEDBACK_OPEN: Final[tuple[Phase, ...]] = ("feedback", "done")
