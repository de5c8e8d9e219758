"""What reps are worth, how standings are read, and the readouts the board and stats cards draw."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from bot.domain.streaks import Streak

Activity = Literal["daily", "practice", "recitation", "problem", "mock", "readiness"]
Period = Literal["week", "month", "all"]
Measure = Literal["points", "reps"]
ShownAs = Literal["name", "anonymous", "hidden"]

# One activity, or all of them counted together.
Counted = Activity | Literal["any"]
ANY: Final = "any"
ACTIVITIES: dict[Activity, str] = {
    "daily": "Daily question",
    "recitation": "Oral recitation",
    "problem": "Group problem",
    "mock": "Mock interview",
    "practice": "Practice",
    "readiness": "Readiness test",
}


@dataclass(frozen=True, slots=True)
class Worth:
    """Points for one rep of an activity, the bonus for a right answer, and why."""

    points: int
    right: int
    # At most this many scored reps on one of the server's days; more are reps all the same.
    daily_cap: int
    reason: str


# The one table of points. Group work pays most, because it is the half of the method nobody does alone.
POINTS: dict[Activity, Worth] = {
    "daily": Worth(1, 1, 5, "a minute's work; the extra point rewards care, not speed"),
    "recitation": Worth(6, 0, 6, "explaining aloud is 60 % of group study; each role earns the same"),
    "problem": Worth(4, 0, 6, "group problems are the other 40 %"),
    "mock": Worth(8, 0, 4, "the longest and most useful hour; each role earns the same"),
    "practice": Worth(0, 0, 0, "unlimited, so worth no points: it counts as reps"),
    "readiness": Worth(0, 0, 0, "a measurement must not pay, or people would farm it"),
}

# Under this many participants a ranking says more about people than about study: show the group's total.
RANKS_FROM = 5
PAGE = 10

# The default weekly goal: a question on most days from everyone who took part last week.
GOAL_PER_MEMBER = 5
GOAL_LEAST = 20


def default_goal(took_part: int) -> int:
    """The server's weekly goal in reps when its admins chose none."""
    return max(GOAL_LEAST, GOAL_PER_MEMBER * took_part)


def scored(activity: Activity, *, right: bool, scored_today: int) -> int:
    """Points for one more rep after `scored_today` scored reps of this activity on the same day."""
    worth = POINTS[activity]
    if scored_today >= worth.daily_cap:
        return 0
    return worth.points + (worth.right if right else 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a leaderboard; `discord_id` is empty for members shown anonymously."""

    rank: int
    name: str
    discord_id: int | None
    points: int
    reps: int
    you: bool = False

    def value(self, measure: Measure) -> int:
        return self.points if measure == "points" else self.reps


@dataclass(frozen=True, slots=True)
class Goal:
    """The server's shared goal for this week, in reps."""

    target: int
    done: int

    @property
    def share(self) -> float:
        """Done over target, at most 1."""
        return min(1.0, self.done / self.target) if self.target else 1.0


@dataclass(frozen=True, slots=True)
class Board:
    """One page of the leaderboard; without ranks (`rows` empty) under RANKS_FROM participants."""

    server_name: str
    period: Period
    measure: Measure
    activity: Counted
    page: int
    pages: int
    participants: int
    total_points: int
    total_reps: int
    rows: tuple[Row, ...]
    goal: Goal
    since: date | None

    @property
    def ranked(self) -> bool:
        return self.participants >= RANKS_FROM


@dataclass(frozen=True, slots=True)
class Standing:
    """One member's own place with the neighbours above and below."""

    rank: int | None  # empty when hidden, unscored, or the group is too small for ranks
    participants: int
    points: int
    reps: int
    neighbours: tuple[Row, ...]
    shown_as: ShownAs


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Reps per local day over whole weeks, oldest first; `weeks[i][j]` is Monday + j, None in the future."""

    start: date
    weeks: tuple[tuple[int | None, ...], ...]

    @property
    def total(self) -> int:
        return sum(count or 0 for week in self.weeks for count in week)

    @property
    def active_days(self) -> int:
        return sum(bool(count) for week in self.weeks for count in week)


@dataclass(frozen=True, slots=True)
class Stats:
    """What `/me stats` shows: totals, streak, right answers by topic, and the heat map."""

    name: str
    track: str
    zone: str
    joined_at: datetime
    paused: bool
    points: int
    reps: int
    week_points: int
    week_reps: int
    by_activity: tuple[tuple[Activity, int, int], ...]  # activity, reps, points
    streak: Streak
    answered: int
    right: int
    topics: tuple[tuple[str, int, int], ...]  # topic name, right, answered; weakest first
    heat: HeatMap


@dataclass(frozen=True, slots=True)
class Digest:
    """A server's week, told to everyone: most improved, not only most."""

    server_name: str
    first_day: date
    last_day: date
    total_reps: int
    total_points: int
    reps_before: int
    participants: int
    goal: Goal
    rows: tuple[Row, ...]
    improved: tuple[tuple[str, int, int], ...]  # name, points the week before, points in the week told
    share_right: float | None
    over: bool = False  # whether the week told is last week and not the running one


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in the week a digest told of; no standing for who takes no part."""

    board: Board
    standing: Standing | None
    over: bool


HEAT_WEEKS = 16
