"""One member's statistics: totals, topics, streak, and the heat map."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.calendar import period_key, week_of
from bot.domain.scoring import ANY, HEAT_WEEKS, HeatMap, Stats
from bot.services.members import Present
from bot.services.scoring.record import streak_now
from bot.storage.tables import Answer, Item, Member, Rep, Total


def stats_of(db: Session, present: Present, now: datetime) -> Stats:
    member = db.get_one(Member, present.member_id)
    today = now.astimezone(present.server_zone).date()
    totals = {
        (row.period, row.activity): row
        for row in db.execute(
            select(Total.period, Total.activity, Total.reps, Total.points).where(
                Total.member_id == present.member_id, Total.period.in_(["all", period_key("week", today)])
            )
        )
    }

    def total(period: str, activity: str = ANY) -> tuple[int, int]:
        row = totals.get((period, activity))
        return (row.reps, row.points) if row else (0, 0)

    topics = db.execute(
        select(
            Item.topic,
            func.count().label("answered"),
            func.count().filter(Answer.right.is_(True)).label("right"),
        )
        .join(Item, Item.id == Answer.item_id)
        .where(Answer.member_id == present.member_id, Answer.right.is_not(None))
        .group_by(Item.topic)
    ).all()
    reps, points = total("all")
    week_reps, week_points = total(period_key("week", today))
    return Stats(
        name=member.display_name,
        track=member.track,
        zone=present.zone_name,
        joined_at=member.joined_at,
        paused=member.paused_at is not None,
        points=points,
        reps=reps,
        week_points=week_points,
        week_reps=week_reps,
        by_activity=tuple(
            (activity, row.reps, row.points)
            for (period, activity), row in sorted(totals.items())
            if period == "all" and activity != ANY
        ),
        streak=streak_now(db, present, now),
        answered=sum(row.answered for row in topics),
        right=sum(row.right for row in topics),
        topics=tuple(
            (row.topic, row.right, row.answered)
            for row in sorted(topics, key=lambda row: (row.right / row.answered, -row.answered, row.topic))
        ),
        heat=_heat(db, present, now),
    )


def _heat(db: Session, present: Present, now: datetime) -> HeatMap:
    today = now.astimezone(present.zone).date()
    start = week_of(today) - timedelta(weeks=HEAT_WEEKS - 1)
    counts: dict[date, int] = {}
    for at, reps in db.execute(
        select(Rep.at, Rep.reps).where(
            # The member's day and the server's differ by at most one.
            Rep.member_id == present.member_id,
            Rep.server_day >= start - timedelta(days=1),
            Rep.voided_at.is_(None),
        )
    ):
        day = at.astimezone(present.zone).date()
        counts[day] = counts.get(day, 0) + reps
    return HeatMap(
        start,
        tuple(
            tuple(
                counts.get(day, 0) if day <= today else None
                for day in (start + timedelta(weeks=week, days=weekday) for weekday in range(7))
            )
            for week in range(HEAT_WEEKS)
        ),
    )
