"""The record of reps: awarding, the running totals kept beside it, and streak days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import streaks
from bot.domain.calendar import Period, instant, period_key, zone_named
from bot.domain.scoring import ANY, POINTS, Activity, scored
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
from bot.storage.tables import Drop, Rep, StreakRepair

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
    scores: bool = True,
    part: int | None = None,
) -> Awarded | None:
    """Record one rep with its points, totals and streak day; None when `key` was recorded before.

    One that does not score is a rep all the same. Of an activity whose points are earned in parts it brings `part`;
    `add_points` adds the others.
    """
    day = at.astimezone(present.server_zone).date()
    scored_today, has_streak, *streak = BEFORE.first(
        db, member_id=present.member_id, day=day, activity=activity
    )
    points = scored(activity, right=right, scored_today=scored_today) if scores else 0
    if part is not None:
        points = min(points, part)
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


def add_for_right(db: Session, present: Present, answer_id: int, at: datetime) -> int:
    """The extra points of an open answer found right; none where its rep was voided or did not score."""
    base = select(Rep.points).where(Rep.key == f"answer:{answer_id}", Rep.voided_at.is_(None))
    # The extra point belongs to a scored rep; over the day's cap there is none to add to.
    bonus = POINTS["daily"].right if db.scalar(base) else 0
    if bonus:
        add_points(db, present, activity="daily", key=f"answer:{answer_id}:right", at=at, points=bonus)
    return bonus


def void(db: Session, present: Present, rows: Sequence[Rep], *, by: int, reason: str, now: datetime) -> None:
    """Take rows out of everything derived from them; they stay in the record, with who voided them and why."""
    for rep in rows:
        rep.voided_at, rep.voided_by, rep.void_reason = now, by, reason
        _add_to_totals(
            db,
            present,
            activity=rep.activity,
            day=rep.server_day,
            reps=-rep.reps,
            points=-rep.points,
        )
    if any(rep.reps for rep in rows):
        db.flush()
        rebuild_streak(db, present)


def rebuild_streak(db: Session, present: Present) -> None:
    """Save the streak as the whole record, with its repairs, makes it."""
    reps = select(Rep.at, Rep.zone).where(
        Rep.member_id == present.member_id, Rep.reps > 0, Rep.voided_at.is_(None)
    )
    repairs = select(StreakRepair.day, StreakRepair.zone).where(StreakRepair.member_id == present.member_id)
    posted = select(Drop.posted_at, Drop.late).where(
        Drop.server_id == present.server_id, Drop.posted_at.is_not(None)
    )
    days = [streaks.Rep(at, zone_named(zone)) for at, zone in db.execute(reps)]
    days += [streaks.repaired(day, zone_named(zone)) for day, zone in db.execute(repairs)]
    streak = streaks.rebuild(days, [Posted(at, late) for at, late in db.execute(posted) if at])
    write_streak(db, present.member_id, streak)


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
