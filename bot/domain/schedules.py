"""Schedules: the kinds there are, what gets in one's way, and what their cards and handlers are told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from bot.domain.calendar import Recurrence, week_of
from bot.domain.calendar.recurrence import EVERY_DAY

SCHEDULES_PER_SERVER = 25
NOWHERE = 0  # the channel of what waits for the new channel; nothing is due there
# A draft is for looking at once; tomorrow its times would be others.
DRAFT_KEPT = timedelta(days=1)
# With fewer unseen questions than these an admin should know that some will come again.
FEW_UNSEEN = 10
# Two of a kind nearer than this in one channel are rarely meant; five weeks show every pair but the rarest.
TOO_NEAR, LOOKED_AHEAD = timedelta(hours=1), timedelta(weeks=5)

MONDAY, WEDNESDAY, THURSDAY = 1, 3, 4


@dataclass(frozen=True, slots=True)
class Kind:
    """What a schedule can post."""

    name: str
    # ISO weekdays it comes on when nobody names any.
    days: frozenset[int]
    # Whether it draws questions from the bank, by its options.
    draws: bool = False
    # Whether it tells of a week that is over, and so of nothing before Reps began in the server.
    looks_back: bool = False


KINDS = {
    "question": Kind("Daily question", EVERY_DAY, draws=True),
    # On Monday the week it tells of is over.
    "digest": Kind("Weekly digest", frozenset({MONDAY}), looks_back=True),
    # Pairs have the whole week before them.
    "round": Kind("Recitation round", frozenset({MONDAY})),
    # With the default phases it is discussed by Saturday and over by Sunday.
    "problem": Kind("Group problem", frozenset({WEDNESDAY}), draws=True),
    # An hour together, in the middle of what the week's other kinds leave free.
    "meeting": Kind("Group study meeting", frozenset({THURSDAY})),
}


def week_told(day: date) -> date:
    """The Monday of the week a digest of this day tells of: until Wednesday the one before, then the running one."""
    return week_of(day if day.isoweekday() >= THURSDAY else day - timedelta(weeks=1))


@dataclass(frozen=True, slots=True)
class Clash:
    """Another schedule of the same kind in the same channel, on some days within an hour."""

    schedule_id: int | None
    same_moment: bool


@dataclass(frozen=True, slots=True)
class Supply:
    """How many questions a schedule's filters match, and how many of them this server has not had."""

    matching: int
    unseen: int


@dataclass(frozen=True, slots=True)
class ClockChange:
    """An occurrence whose time the clocks skip or show twice that day; it comes at `comes`, local time."""

    day: date
    what: Literal["skipped", "twice"]
    comes: time


@dataclass(frozen=True, slots=True)
class Planned:
    """One schedule of a server, or one that would be: then without an id, if it is new."""

    id: int | None
    kind: str
    channel_id: int
    recurrence: Recurrence
    options: dict[str, Any]
    zone: str
    paused: bool
    upcoming: tuple[datetime, ...]
    clashes: tuple[Clash, ...] = ()
    changes: tuple[ClockChange, ...] = ()
    supply: Supply | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule to look at before it is saved."""

    id: int
    planned: Planned


def clashes(
    planned: Iterable[tuple[int | None, Recurrence]], now: datetime
) -> dict[int | None, tuple[Clash, ...]]:
    """Who comes too near to whom among schedules of one kind and channel; `now` is the server's local time, naive.

    By the clock on the wall: a change of the clocks between two of them is not looked at.
    """
    listed = list(planned)
    moments = sorted(
        (moment, place)
        for place, (_, recurrence) in enumerate(listed)
        for moment in _wall_times(recurrence, now)
    )
    found: dict[tuple[int, int], bool] = {}
    for first, (moment, one) in enumerate(moments):
        for later, other in moments[first + 1 :]:
            if later - moment >= TOO_NEAR:
                break
            for pair in ((one, other), (other, one)):
                found[pair] = found.get(pair, False) or later == moment
    by_id: defaultdict[int | None, list[Clash]] = defaultdict(list)
    for (one, other), same in sorted(found.items()):
        by_id[listed[one][0]].append(Clash(listed[other][0], same))
    return {id: tuple(found) for id, found in by_id.items()}


def _wall_times(recurrence: Recurrence, now: datetime) -> list[datetime]:
    found = []
    day, last = recurrence.on_or_after(now.date()), now.date() + LOOKED_AHEAD
    while day <= last:
        found.append(datetime.combine(day, recurrence.at))
        day = recurrence.on_or_after(day + timedelta(days=1))
    return found


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery or timer this worker holds until `claimed_until`, by `token`."""

    id: int
    key: str
    kind: str
    server_id: int
    due_at: datetime
    token: str
    attempts: int  # this one included
    first_attempt_at: datetime
    schedule_id: int | None = None
    local_date: date | None = None
    channel_id: int | None = None
    late: bool = False
    stale: bool = False  # too old to go out: only settle it
    subject_id: int | None = None
    troubled: bool = False  # the staff were told of a trouble: going out, it is over


@dataclass(frozen=True, slots=True)
class Setup:
    """A server's set-up as its card shows it."""

    guild_id: int
    name: str
    zone: str
    channel_id: int | None  # empty until the new channel is made
    guide_role_id: int | None
    moderator_role_id: int | None
    alert_channel_id: int | None
    weekly_goal: int | None
    set_up: bool
    schedules: tuple[Planned, ...]
    last_miss: str | None
