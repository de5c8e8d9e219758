"""The record of reps: awarding, the running totals kept beside it, and streak days."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.calendar import Period, instant, period_key
from bot.domain.scoring import ANY, Activity, scored
from bot.domain.streaks import Asked, Posted, Streak, credit, standing
from bot.domain.streaks import asked_days as asked_by_day
from bot.services.members import Present
from bot.storage.tables import Drop, Rep, StreakRow, Total
from bot.storage.upsert import insert_into

PERIODS: tuple[Period, ...] = ("all", "month", "week")
# Enough asked days to know a streak is broken; freezes cover at most two.
ASKED_LOOK_BACK = 100


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
    scored_today = db.scalar(
        select(func.count())
        .select_from(Rep)
        .where(
            Rep.member_id == present.member_id,
            Rep.server_day == day,
            Rep.activity == activity,
            Rep.points > 0,
            Rep.reps > 0,
        )
    )
    points = scored(activity, right=right, scored_today=scored_today or 0)
    if not _record(db, present, activity=activity, key=key, at=at, day=day, reps=1, points=points):
        return None
    return Awarded(1, points, _credit(db, present, at))


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
    fresh = db.execute(
        insert_into(db, Rep)
        .values(
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
        .on_conflict_do_nothing()
        .returning(Rep.id)
    ).scalar()
    if fresh is None:
        return False
    _add_to_totals(db, present, activity=activity, day=day, reps=reps, points=points)
    return True


def _add_to_totals(
    db: Session, present: Present, *, activity: str, day: date, reps: int, points: int
) -> None:
    insert = insert_into(db, Total)
    db.execute(
        insert.on_conflict_do_update(
            index_elements=["server_id", "period", "activity", "member_id"],
            set_={
                "reps": Total.reps + insert.excluded.reps,
                "points": Total.points + insert.excluded.points,
            },
        ).values(
            [
                {
                    "server_id": present.server_id,
                    "period": period_key(period, day),
                    "activity": kind,
                    "member_id": present.member_id,
                    "reps": reps,
                    "points": points,
                    "listed": present.listed,
                }
                for period in PERIODS
                for kind in (ANY, activity)
            ]
        )
    )


def asked_days(
    db: Session, server_id: int, zone: ZoneInfo, since: date | None, until: datetime
) -> tuple[Asked, ...]:
    """The local days, in a member's zone, on which the server posted a question, from `since` (or today) on."""
    first = since or until.astimezone(zone).date()
    rows = db.execute(
        select(Drop.posted_at, Drop.late)
        .where(
            Drop.server_id == server_id,
            Drop.posted_at >= instant(first, time(), zone),
            Drop.posted_at <= until,
        )
        .order_by(Drop.posted_at.desc())
        .limit(ASKED_LOOK_BACK)
    )
    return asked_by_day((Posted(at, late) for at, late in rows if at is not None), zone)


def streak_of(db: Session, member_id: int) -> Streak:
    """The streak as of the member's last rep."""
    row = db.execute(
        select(
            StreakRow.current,
            StreakRow.longest,
            StreakRow.last_day,
            StreakRow.last_credit_at,
            StreakRow.freezes,
            StreakRow.toward_freeze,
            StreakRow.waiting_at,
        ).where(StreakRow.member_id == member_id)
    ).first()
    return Streak(*row) if row else Streak.none()


def streak_now(db: Session, present: Present, now: datetime) -> Streak:
    """The streak as it stands today, with the days missed since the last rep."""
    streak = streak_of(db, present.member_id)
    if streak.last_day is None:
        return streak
    asked = asked_days(db, present.server_id, present.zone, streak.last_day, now)
    return standing(streak, now, present.zone, asked)


def _credit(db: Session, present: Present, at: datetime) -> Streak:
    before = streak_of(db, present.member_id)
    asked = asked_days(db, present.server_id, present.zone, before.last_day, at)
    after = credit(before, at, present.zone, asked)
    if after != before:
        write_streak(db, present.member_id, after)
    return after


def write_streak(db: Session, member_id: int, streak: Streak) -> None:
    """Save a member's streak."""
    values = {
        "current": streak.current,
        "longest": streak.longest,
        "last_day": streak.last_day,
        "last_credit_at": streak.last_credit_at,
        "freezes": streak.freezes,
        "toward_freeze": streak.toward_freeze,
        "waiting_at": streak.waiting_at,
    }
    db.execute(
        insert_into(db, StreakRow)
        .values(member_id=member_id, **values)
        .on_conflict_do_update(index_elements=["member_id"], set_=values)
    )
