"""The record of reps: awarding, the running totals kept beside it, and streak days."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.domain.calendar import Period, instant, period_key
from bot.domain.scoring import ANY, Activity, scored
from bot.domain.streaks import Asked, Posted, Streak, credit, standing
from bot.domain.streaks import asked_days as asked_by_day
from bot.services.members import Present
from bot.storage.queries.record import (
    ADD_TO_TOTALS,
    BEFORE,
    POSTED,
    SAVE_REP,
    SAVE_STREAK,
    STREAK,
    STREAK_OF,
)

PERIODS: tuple[Period, ...] = ("all", "month", "week")


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
    scored_today, has_streak, *streak = BEFORE.first(
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
    fresh = SAVE_REP.value(
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
    ADD_TO_TOTALS.rows(
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
    rows = POSTED.rows(db, server_id=server_id, since=instant(first, time(), zone), until=until)
    return asked_by_day((Posted(at, late) for at, late in rows), zone)


def streak_of(db: Session, member_id: int) -> Streak:
    """The streak as of the member's last rep."""
    row = STREAK_OF.first(db, member_id=member_id)
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
    SAVE_STREAK.rows(db, member_id=member_id, **{name: getattr(streak, name) for name in STREAK})
