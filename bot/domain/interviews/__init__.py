"""Mock interviews: round types, phases, what is marked, and who fits whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.domain.members import Level

Round = Literal[
    "ml-concepts",
    "statistics",
    "sql",
    "coding",
    "system-design",
    "product-case",
    "project-walkthrough",
    "behavioural",
]
ROUNDS: dict[Round, str] = {
    "ml-concepts": "ML concepts",
    "statistics": "Statistics",
    "sql": "SQL",
    "coding": "Coding",
    "system-design": "ML system design",
    "product-case": "Product case",
    "project-walkthrough": "Project walk-through",
    "behavioural": "Behavioural",
}
WALKTHROUGH: Final = "project-walkthrough"
# From least to most experience; a script's level is the nearer, the fewer steps lie between.
BY_EXPERIENCE: tuple[Level, ...] = ("new-grad", "switching", "1-3-years")

State = Literal[
    "waiting",
    "asked",
    "arranging",
    "agreed",
    "ready",
    "first",
    "swap",
    "second",
    "feedback",
    "opened",
    "over",
]
Why = Literal["expired", "declined", "cancelled", "off", "no-room", "room-gone", "not-begun", "done"]
REQUESTED: tuple[State, ...] = ("waiting", "asked")
ARRANGED: tuple[State, ...] = ("arranging", "agreed", "ready", "first", "swap", "second")
HALVES: tuple[State, ...] = ("first", "second")
TOLD: tuple[State, ...] = ("feedback", "opened")


@dataclass(frozen=True, slots=True)
class Phase:
    """How long a state lasts at most, and after how long whoever it waits for is reminded, once."""

    lasts: timedelta | None
    nudge: timedelta | None = None


PHASES: dict[State, Phase] = {
    # After that the wish is perhaps an old one.
    "waiting": Phase(timedelta(days=14)),
    "asked": Phase(timedelta(days=3)),
    "arranging": Phase(timedelta(days=7), timedelta(days=1)),
    # Until the time that was agreed on.
    "agreed": Phase(None),
    "ready": Phase(timedelta(days=1), timedelta(minutes=10)),
    # Until the script's minutes are over.
    "first": Phase(None),
    "swap": Phase(timedelta(hours=3), timedelta(minutes=20)),
    "second": Phase(None),
    "feedback": Phase(timedelta(hours=24), timedelta(hours=12)),
    "opened": Phase(timedelta(days=3)),
    "over": Phase(None),
}

# A partner this late may be asked whether they come at all.
NO_SHOW_AFTER = timedelta(minutes=10)
# Who answers within this time did not stay away for good.
NO_SHOW_STANDS = timedelta(hours=24)
# Less is no interview, and brings no points.
LEAST_HALF = timedelta(minutes=10)
# Two longer halves would fit into nobody's evening.
LONGEST_HALF = timedelta(minutes=60)
# For hello, the change of roles, and feedback.
AROUND_MINUTES = 10
# Threads somebody has to keep an eye on; more appointments are hardly kept.
ARRANGED_AT_MOST = 3
# A thread stays open so long after its end, for a last word.
ROOM_KEPT = timedelta(days=1)
# Together again so soon is a last resort.
MET_RECENTLY = timedelta(days=28)
# In two weeks: enough to choose a time from.
PLENTY_SHARED = 3 * 60

# --- the scorecard, and what is said of the interviewer

RATINGS = ("No", "Leaning", "Yes")
Kind = Literal["scorecard", "feedback"]
DIMENSIONS: dict[Kind, dict[str, str]] = {
    "scorecard": {
        "solving": "Problem solving",
        "depth": "Technical depth",
        "communication": "Communication",
    },
    "feedback": {"clear": "Clear", "fair": "Fair", "helped": "Helped me"},
}
WORDS_LIMIT = 500
HISTORY_PAGE = 3
TREND_SHOWN = 8


# --- putting two together


@dataclass(frozen=True, slots=True)
class Seeker:
    """Somebody who waits, as one who asks sees them: what they have in common."""

    mock_id: int
    member_id: int
    shared_minutes: int
    same_track: bool
    met_at: datetime | None
    since: datetime


def by_fit(seekers: Iterable[Seeker], now: datetime) -> list[Seeker]:
    """Best first: hours enough in common, not met recently, the same track, then whoever has waited longest."""
    return sorted(
        seekers,
        key=lambda one: (
            one.shared_minutes < PLENTY_SHARED,
            one.met_at is not None and now - one.met_at < MET_RECENTLY,
            not one.same_track,
            one.since,
            one.mock_id,
        ),
    )


def same_track(one: str, other: str) -> bool:
    """Whether two prepare for the same; whoever has not decided fits both."""
    return one == other or "undecided" in (one, other)
