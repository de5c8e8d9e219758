"""Home: what its card draws."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.drops import OpenDrop
from bot.domain.interviews.readouts import Mock
from bot.domain.meetings import Upcoming
from bot.domain.problems import Waiting
from bot.domain.rounds import OpenRecitation
from bot.domain.scoring import Goal
from bot.domain.streaks import Streak

# A meeting that is on, or this near, comes before everything else.
NEAR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Home:
    """Where someone stands, and the one next thing to do now."""

    name: str
    set_up: bool
    member: bool
    paused: bool
    paused_by_guide: bool
    week_reps: int
    week_points: int
    streak: Streak
    answered_today: bool
    open_drop: OpenDrop | None
    next_drop_at: datetime | None
    goal: Goal | None
    # What is open with others comes before anything new.
    recitations: tuple[OpenRecitation, ...] = ()
    mocks: tuple[Mock, ...] = ()
    problems: tuple[Waiting, ...] = ()
    meeting: Upcoming | None = None
    meeting_first: bool = False
