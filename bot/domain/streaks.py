"""Streaks: days in a row with a rep, counted by each member's own local day, and kind about everything else.

Only days on which the server posted a question count; a missed one costs a freeze while there is one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from bot.domain.calendar import instant

# A week's work buys one day off: rest is part of study, and one day a week is what most people need.
DAYS_PER_FREEZE = 7
# Two cover a weekend. More would let a streak stand for weeks in which nothing was done.
MOST_FREEZES = 2
# Long enough that hopping between zones cannot gain days, short enough for people who travel.
ZONE_CHANGE_EVERY = timedelta(days=7)

_ONE_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Streak:
    """A member's streak; days are local dates in the member's zone (the server's until they set one)."""

    current: int
    longest: int
    # Everything up to this day is accounted for: reps and missed days. Not always a credited day.
    last_day: date | None
    last_credit_at: datetime | None
    freezes: int
    toward_freeze: int  # credited days since the last freeze was earned
    # The first rep of `last_day`, if no question had been posted that day yet: it counts once one is.
    waiting_at: datetime | None = None

    @classmethod
    def none(cls) -> "Streak":
        """The streak of someone who has done no rep yet."""
        return cls(0, 0, None, None, 0, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A local day on which the server posted a question; `late` if all of them came late after an outage."""

    day: date
    late: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """A question's posting: when, and whether it came late after an outage."""

    at: datetime
    late: bool = False


@dataclass(frozen=True, slots=True)
class Rep:
    """A rep as far as streaks care: when, and the zone then in force for the member."""

    at: datetime
    zone: ZoneInfo


def repaired(day: date, zone: ZoneInfo) -> Rep:
    """A day a guide counted, as a rep at its very end: every question of the day had been posted by then."""
    return Rep(instant(day + _ONE_DAY, time(), zone) - _MOMENT, zone)


def asked_days(posted: Iterable[Posted], zone: ZoneInfo) -> tuple[Asked, ...]:
    """The local days of the postings, each once and in order."""
    late: dict[date, bool] = {}
    for post in posted:
        day = post.at.astimezone(zone).date()
        late[day] = late.get(day, True) and post.late
    return tuple(Asked(day, late[day]) for day in sorted(late))


def credit(streak: Streak, at: datetime, zone: ZoneInfo, asked: Sequence[Asked]) -> Streak:
    """The streak after a rep at `at`, in the zone now in force.

    `asked` are the local days (in that zone) with a question posted by `at`, from `streak.last_day` on, that
    day included; earlier ones change nothing. After a zone change, a day that began before the last credit
    only moves `last_day` on: no span is credited twice, and the day is not missed either.
    """
    today = at.astimezone(zone).date()
    seen = standing(streak, at, zone, asked)
    if streak.last_day is not None and today <= streak.last_day:
        return seen
    if not _creditable(seen, today, zone):
        return replace(seen, last_day=today)
    waiting = replace(seen, last_day=today, waiting_at=at)
    return _settled(waiting, asked)


def standing(streak: Streak, now: datetime, zone: ZoneInfo, asked: Sequence[Asked]) -> Streak:
    """The streak as it stands at `now`, with days missed before today accounted for; today is never missed.

    `asked` as for `credit`. For showing; a rep stores what `credit` says, which sees to missed days too.
    """
    today = now.astimezone(zone).date()
    if streak.last_day is None or today < streak.last_day:
        return streak
    settled = _settled(streak, asked)
    if today == streak.last_day:
        return settled
    missed = {
        one.day
        for one in asked
        if streak.last_day < one.day < today and not one.late and _creditable(settled, one.day, zone)
    }
    left = settled.freezes - len(missed)
    return replace(
        settled,
        current=settled.current if left >= 0 else 0,
        freezes=max(left, 0),
        last_day=today - _ONE_DAY,
        waiting_at=None,
    )


def rebuild(reps: Iterable[Rep], posted: Iterable[Posted]) -> Streak:
    """The streak after a whole history, exactly as crediting each rep at its time would have left it."""
    posts = sorted(posted, key=attrgetter("at"))
    streak = Streak.none()
    for rep in sorted(reps, key=attrgetter("at")):
        first = 0
        if streak.last_day is not None:
            first = bisect_left(posts, instant(streak.last_day, time(), rep.zone), key=attrgetter("at"))
        by_then = bisect_right(posts, rep.at, key=attrgetter("at"))
        streak = credit(streak, rep.at, rep.zone, asked_days(posts[first:by_then], rep.zone))
    return streak


def zone_change_allowed(last_change: datetime | None, now: datetime) -> datetime | None:
    """None if the member may change their zone now, or else when they may."""
    if last_change is None or now >= last_change + ZONE_CHANGE_EVERY:
        return None
    return last_change + ZONE_CHANGE_EVERY


def _creditable(streak: Streak, day: date, zone: ZoneInfo) -> bool:
    """Whether a day began after the last credit; only such a day can be credited, or missed."""
    return streak.last_credit_at is None or streak.last_credit_at.astimezone(zone).date() < day


def _settled(streak: Streak, asked: Sequence[Asked]) -> Streak:
    """Credits the waiting day if a question was posted on it."""
    if streak.waiting_at is None or all(one.day != streak.last_day for one in asked):
        return streak
    current, toward = streak.current + 1, streak.toward_freeze + 1
    earned = toward == DAYS_PER_FREEZE
    return replace(
        streak,
        current=current,
        longest=max(streak.longest, current),
        last_credit_at=streak.waiting_at,
        freezes=min(streak.freezes + earned, MOST_FREEZES),
        toward_freeze=0 if earned else toward,
        waiting_at=None,
    )
