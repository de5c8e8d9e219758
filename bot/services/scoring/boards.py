"""Boards and standings, read by index from the running totals; never by counting over the record."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import cast

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.domain.calendar import Period, period_key, week_of
from bot.domain.scoring import (
    ANY,
    PAGE,
    RANKS_FROM,
    Board,
    Counted,
    Goal,
    Measure,
    Row,
    ShownAs,
    Standing,
    default_goal,
)
from bot.services.members import Present
from bot.storage.tables import Member, Server, Total

ANONYMOUS = "Member (name not shown)"


def _column(measure: Measure) -> InstrumentedAttribute[int]:
    return Total.points if measure == "points" else Total.reps


def _on(server_id: int, period: str, activity: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Total.server_id == server_id,
        Total.period == period,
        Total.activity == activity,
        Total.listed.is_(True),
    )


def weekly_goal(db: Session, server: Server, day: date) -> Goal:
    """The week's goal and what was done of it; hidden members' reps count, their names do not."""
    key, before = period_key("week", day), period_key("week", day - timedelta(days=7))
    done = select(func.coalesce(func.sum(Total.reps), 0)).where(
        Total.server_id == server.id, Total.period == key, Total.activity == ANY
    )
    target = server.weekly_goal
    if target is None:
        took_part = db.scalar(
            select(func.count()).where(
                Total.server_id == server.id, Total.period == before, Total.activity == ANY, Total.reps > 0
            )
        )
        target = default_goal(took_part or 0)
    return Goal(target, db.scalar(done) or 0)


def _rows(
    db: Session,
    found: Sequence[tuple[int, int, int]],
    first_rank: dict[int, int],
    measure: Measure,
    you: int | None,
) -> tuple[Row, ...]:
    people = {
        row.id: row
        for row in db.execute(
            select(Member.id, Member.discord_id, Member.display_name, Member.shown_as).where(
                Member.id.in_([member_id for member_id, _, _ in found])
            )
        )
    }
    rows = []
    for member_id, points, reps in found:
        person = people[member_id]
        anonymous = person.shown_as == "anonymous" and person.discord_id != you
        rows.append(
            Row(
                rank=first_rank[points if measure == "points" else reps],
                name=ANONYMOUS if anonymous else person.display_name,
                discord_id=None if anonymous else person.discord_id,
                points=points,
                reps=reps,
                you=person.discord_id == you,
            )
        )
    return tuple(rows)


def _ranks(
    db: Session, on: tuple[ColumnElement[bool], ...], measure: Measure, values: Iterable[int]
) -> dict[int, int]:
    """The shared rank of each value: one more than how many have a greater one."""
    column = _column(measure)
    return {
        value: 1 + (db.scalar(select(func.count()).select_from(Total).where(*on, column > value)) or 0)
        for value in set(values)
    }


def board_of(
    db: Session,
    server: Server,
    day: date,
    period: Period,
    measure: Measure,
    activity: Counted,
    page: int,
    you: int | None,
) -> Board:
    column = _column(measure)
    on = _on(server.id, period_key(period, day), activity)
    participants, placed, points, reps = db.execute(
        select(
            func.count(),
            # Practice brings reps and no points, so a board by points can be shorter than the group.
            func.count().filter(column > 0),
            func.coalesce(func.sum(Total.points), 0),
            func.coalesce(func.sum(Total.reps), 0),
        ).where(*on, Total.reps > 0)
    ).one()
    pages = max(1, -(-placed // PAGE))
    page = min(max(page, 0), pages - 1)
    rows: tuple[Row, ...] = ()
    if participants >= RANKS_FROM:
        found = [
            (row.member_id, row.points, row.reps)
            for row in db.execute(
                select(Total.member_id, Total.points, Total.reps)
                .where(*on, column > 0)
                .order_by(column.desc(), Total.member_id.desc())
                .limit(PAGE)
                .offset(page * PAGE)
            )
        ]
        # Only the first value of a page may have begun before it.
        values = [row[1] if measure == "points" else row[2] for row in found]
        ranks = _ranks(db, on, measure, values[:1])
        for index, value in enumerate(values):
            ranks.setdefault(value, page * PAGE + index + 1)
        rows = _rows(db, found, ranks, measure, you)
    since = None if period == "all" else week_of(day) if period == "week" else day.replace(day=1)
    return Board(
        server_name=server.name,
        period=period,
        measure=measure,
        activity=activity,
        page=page,
        pages=pages,
        participants=participants,
        total_points=points,
        total_reps=reps,
        rows=rows,
        goal=weekly_goal(db, server, day),
        since=since,
    )


def standing_of(db: Session, present: Present, key: str, measure: Measure, activity: str) -> Standing:
    column = _column(measure)
    on = _on(present.server_id, key, activity)
    me = db.get_one(Member, present.member_id)
    shown_as = cast(ShownAs, me.shown_as)
    mine = db.execute(
        select(Total.member_id, Total.points, Total.reps).where(
            Total.server_id == present.server_id,
            Total.period == key,
            Total.activity == activity,
            Total.member_id == present.member_id,
        )
    ).first()
    participants = db.scalar(select(func.count()).select_from(Total).where(*on, Total.reps > 0)) or 0
    points, reps = (mine.points, mine.reps) if mine else (0, 0)
    value = points if measure == "points" else reps
    if not present.listed or participants < RANKS_FROM or value == 0:
        return Standing(None, participants, points, reps, (), shown_as)
    pick = select(Total.member_id, Total.points, Total.reps).where(*on)
    # The board's order is value, then id, both descending; two steps each way, each along the index.
    above = [
        *db.execute(
            pick.where(column == value, Total.member_id > present.member_id)
            .order_by(Total.member_id)
            .limit(2)
        ),
        *db.execute(pick.where(column > value).order_by(column, Total.member_id).limit(2)),
    ][:2]
    below = [
        *db.execute(
            pick.where(column == value, Total.member_id < present.member_id)
            .order_by(Total.member_id.desc())
            .limit(2)
        ),
        *db.execute(
            pick.where(column < value, column > 0).order_by(column.desc(), Total.member_id.desc()).limit(2)
        ),
    ][:2]
    found = [tuple(row) for row in (*reversed(above), mine, *below)]
    ranks = _ranks(db, on, measure, [row[1] if measure == "points" else row[2] for row in found])
    rows = _rows(db, found, ranks, measure, me.discord_id)
    return Standing(ranks[value], participants, points, reps, rows, shown_as)
