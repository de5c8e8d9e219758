"""The record of reps: awarding, the running totals kept beside it, and streak days."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, bindparam, func, select, true, union_all
from sqlalchemy.orm import Session

from bot.domain.calendar import Period, instant, period_key
from bot.domain.scoring import ANY, Activity, scored
from bot.domain.streaks import Asked, Posted, Streak, credit, standing
from bot.domain.streaks import asked_days as asked_by_day
from bot.services.members import Present
from bot.storage.queries.prebuilt import Prebuilt, bare, given
from bot.storage.tables import Drop, Member, Rep, StreakRow, Total

PERIODS: tuple[Period, ...] = ("all", "month", "week")
# Enough asked days to know a streak is broken; freezes cover at most two.
ASKED_LOOK_BACK = 100

# Every answer runs all of these.
_drops, _reps, _streaks = bare(Drop).c, bare(Rep).c, bare(StreakRow).c
_STREAK = ("current", "longest", "last_day", "last_credit_at", "freezes", "toward_freeze", "waiting_at")
_STREAK_OF = Prebuilt(
    select(*(_streaks[name] for name in _STREAK)).where(_streaks.member_id == bindparam("member_id"))
)
_SAVE_STREAK = Prebuilt.insert(
    StreakRow,
    lambda insert: insert.values(given("member_id", *_STREAK)).on_conflict_do_update(
        index_elements=["member_id"], set_={name: insert.excluded[name] for name in _STREAK}
    ),
)
_SCORED_TODAY = (
    select(func.count())
    .where(
        _reps.member_id == bindparam("member_id"),
        _reps.server_day == bindparam("day"),
        _reps.activity == bindparam("activity"),
        _reps.points > 0,
        _reps.reps > 0,
    )
    .scalar_subquery()
)
# A row also for a member without a streak yet.
_BEFORE = Prebuilt(
    select(_SCORED_TODAY, _streaks.member_id, *(_streaks[name] for name in _STREAK))
    .join_from(bare(Member), bare(StreakRow), isouter=True)
    .where(bare(Member).c.id == bindparam("member_id"))
)
_POSTED = Prebuilt(
    select(_drops.posted_at, _drops.late)
    .where(
        _drops.server_id == bindparam("server_id"),
        _drops.posted_at >= bindparam("since"),
        _drops.posted_at <= bindparam("until"),
    )
    .order_by(_drops.posted_at.desc())
    .limit(ASKED_LOOK_BACK)
)
_SAVE_REP = Prebuilt.insert(
    Rep,
    lambda insert: (
        insert.values(
            given("server_id", "member_id", "key", "activity", "reps", "points", "at", "server_day", "zone")
        )
        .on_conflict_do_nothing()
        .returning(_reps.id)
    ),
)


def _adding(insert: Any) -> Any:
    """One statement for the totals of every period, of the activity and of all together."""
    periods = union_all(
        *(select(bindparam(period, type_=String).label("key")) for period in PERIODS)
    ).subquery()
    activities = union_all(
        *(select(bindparam(name, type_=String).label("name")) for name in ("any", "activity"))
    ).subquery()
    columns = insert.table.c
    given = [
        bindparam(name, type_=columns[name].type)
        for name in ("server_id", "member_id", "reps", "points", "listed")
    ]
    return insert.from_select(
        ["server_id", "member_id", "reps", "points", "listed", "period", "activity"],
        # SQLite needs a WHERE to tell ON CONFLICT from a join's ON.
        select(*given, periods.c.key, activities.c.name).join_from(periods, activities, true()).where(true()),
    ).on_conflict_do_update(
        index_elements=["server_id", "period", "activity", "member_id"],
        set_={
            "reps": columns.reps + insert.excluded.reps,
            "points": columns.points + insert.excluded.points,
        },
    )


_ADD_TO_TOTALS = Prebuilt.insert(Total, _adding)


@dataclass(frozen=True, slots=True)
class Awarded:
    """What one act brought."""

    reps: int
    points: int
    streak: Streak


def award(
    db: Session,
    present: Present,
    *,
    activity: Activity,
    key: str,
    at: datetime,
    right: bool = False,
) -> Awarded | None:
    """Record one rep with its points, totals and streak day; None when `key` was recorded before."""
    day = at.astimezone(present.server_zone).date()
    scored_today, has_streak, *streak = _BEFORE.first(
        db, member_id=present.member_id, day=day, activity=activity
    )
    points = scored(activity, right=right, scored_today=scored_today)
    if not _record(db, present, activity=activity, key=key, at=at, day=day, reps=1, points=points):
        return None
    before = Streak(*streak) if has_streak else Streak.none()
    return Awarded(1, points, _credit(db, present, before, at))


def add_points(
    db: Session, present: Present, *, activity: Activity, key: str, at: datetime, points: int
) -> bool:
    """Add points to a rep recorded earlier, such as for an open answer marked right; False on a repeat."""
    day = at.astimezone(present.server_zone).date()
    return _record(db, present, activity=activity, key=key, at=at, day=day, reps=0, points=points)


def _record(
    db: Session,
    present: Present,
    *,
    activity: Activity,
    key: str,
    at: datetime,
    day: date,
    reps: int,
    points: int,
) -> bool:
    fresh = _SAVE_REP.value(
        db,
        server_id=present.server_id,
        member_id=present.member_id,
        key=key,
        activity=activity,
        reps=reps,
        points=points,
        at=at,
        server_day=day,
        zone=present.zone_name,
    )
    if fresh is None:
        return False
    _add_to_totals(db, present, activity=activity, day=day, reps=reps, points=points)
    return True


def _add_to_totals(
    db: Session, present: Present, *, activity: str, day: date, reps: int, points: int
) -> None:
    _ADD_TO_TOTALS.rows(
        db,
        server_id=present.server_id,
        member_id=present.member_id,
        reps=reps,
        points=points,
        listed=present.listed,
        any=ANY,
        activity=activity,
        **{period: period_key(period, day) for period in PERIODS},
    )


def asked_days(
    db: Session, server_id: int, zone: ZoneInfo, since: date | None, until: datetime
) -> tuple[Asked, ...]:
    """The local days, in a member's zone, on which the server posted a question, from `since` (or today) on."""
    first = since or until.astimezone(zone).date()
    rows = _POSTED.rows(db, server_id=server_id, since=instant(first, time(), zone), until=until)
    return asked_by_day((Posted(at, late) for at, late in rows), zone)


def streak_of(db: Session, member_id: int) -> Streak:
    """The streak as of the member's last rep."""
    row = _STREAK_OF.first(db, member_id=member_id)
    return Streak(*row) if row else Streak.none()


def streak_now(db: Session, present: Present, now: datetime) -> Streak:
    """The streak as it stands today, with the days missed since the last rep."""
    streak = streak_of(db, present.member_id)
    if streak.last_day is None:
        return streak
    asked = asked_days(db, present.server_id, present.zone, streak.last_day, now)
    return standing(streak, now, present.zone, asked)


def _credit(db: Session, present: Present, before: Streak, at: datetime) -> Streak:
    asked = asked_days(db, present.server_id, present.zone, before.last_day, at)
    after = credit(before, at, present.zone, asked)
    if after != before:
        write_streak(db, present.member_id, after)
    return after


def write_streak(db: Session, member_id: int, streak: Streak) -> None:
    """Save a member's streak."""
    _SAVE_STREAK.rows(db, member_id=member_id, **{name: getattr(streak, name) for name in _STREAK})
