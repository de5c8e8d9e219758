"""Boards and standings, read by index from the running totals; never by counting over the record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

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
    Standing,
    default_goal,
)
from bot.services.members import Present
from bot.storage.queries.boards import RANKINGS, TALLY
from bot.storage.tables import Server

ANONYMOUS = "Member (name not shown)"
# In a crowd nobody sees one rep more or less, and counting thousands at every look would cost more than all
# the rest; smaller groups are counted each time.
CROWD = 500
CROWD_COUNTED_EVERY = timedelta(seconds=15)
CROWDS_AT_HAND = 1000


@dataclass(frozen=True, slots=True)
class Tally:
    """What a server did in a period: those who are listed, and everyone."""

    participants: int
    reps: int
    everyone: int
    everyones_reps: int
    scorers: int
    points: int


# Takes a server's id, a period's key and an activity.
Count = Callable[[Session, int, str, str], Tally]


def tally_of(db: Session, server_id: int, period: str, activity: str) -> Tally:
    """Count what a server did in a period."""
    return Tally(*TALLY.first(db, server_id=server_id, period=period, activity=activity))


class Crowds:
    """Keeps the tallies of crowds for a moment."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str, str], tuple[datetime, Tally]] = {}

    def at(self, now: datetime) -> Count:
        """`tally_of`, with a crowd's from at most CROWD_COUNTED_EVERY before `now`."""

        def count(db: Session, server_id: int, period: str, activity: str) -> Tally:
            which = (server_id, period, activity)
            kept = self._kept.get(which)
            if kept is not None and now - kept[0] < CROWD_COUNTED_EVERY:
                return kept[1]
            tally = tally_of(db, *which)
            if tally.everyone >= CROWD:
                if len(self._kept) >= CROWDS_AT_HAND:
                    self._kept.clear()
                self._kept[which] = (now, tally)
            return tally

        return count


def weekly_goal(db: Session, server: Server, day: date, count: Count = tally_of) -> Goal:
    """The week's goal and what was done of it; hidden members' reps count, their names do not."""
    this, last = period_key("week", day), period_key("week", day - timedelta(days=7))
    target = server.weekly_goal
    if target is None:
        target = default_goal(count(db, server.id, last, ANY).everyone)
    return Goal(target, count(db, server.id, this, ANY).everyones_reps)


def board_of(
    db: Session,
    server: Server,
    day: date,
    period: Period,
    measure: Measure,
    activity: Counted,
    page: int,
    you: int | None,
    count: Count = tally_of,
) -> Board:
    key = period_key(period, day)
    tally = count(db, server.id, key, activity)
    # Practice brings reps and no points, so a board by points can be shorter than the group.
    placed = tally.scorers if measure == "points" else tally.participants
    pages = max(1, -(-placed // PAGE))
    page = min(max(page, 0), pages - 1)
    rows: tuple[Row, ...] = ()
    if tally.participants >= RANKS_FROM:
        on = {"server_id": server.id, "period": key, "activity": activity}
        found = RANKINGS[measure].page.rows(db, **on, offset=page * PAGE)
        ranks: dict[int, int] = {}
        for place, one in enumerate(found, start=page * PAGE):
            value = getattr(one, measure)
            if page and not ranks:
                # Only the first value of a page may have begun before it.
                ranks[value] = 1 + RANKINGS[measure].ahead.value(db, **on, value=value)
            ranks.setdefault(value, 1 + place)
        rows = tuple(_row(one, ranks[getattr(one, measure)], you=one.discord_id == you) for one in found)
    since = None if period == "all" else week_of(day) if period == "week" else day.replace(day=1)
    return Board(
        server_name=server.name,
        period=period,
        measure=measure,
        activity=activity,
        page=page,
        pages=pages,
        participants=tally.participants,
        total_points=tally.points,
        total_reps=tally.reps,
        rows=rows,
        goal=weekly_goal(db, server, day, count),
        since=since,
    )


def standing_of(
    db: Session, present: Present, key: str, measure: Measure, activity: str, count: Count = tally_of
) -> Standing:
    on = {"server_id": present.server_id, "period": key, "activity": activity}
    found = RANKINGS[measure].around.rows(db, **on, member_id=present.member_id)
    mine = next((one for one in found if one.member_id == present.member_id), None)
    participants = count(db, present.server_id, key, activity).participants
    points, reps = (mine.points, mine.reps) if mine else (0, 0)
    value = points if measure == "points" else reps
    if not present.listed or participants < RANKS_FROM or value == 0:
        return Standing(None, participants, points, reps, (), present.shown_as)
    rows = tuple(_row(one, 1 + one.ahead, you=one is mine) for one in found)
    rank = next(row.rank for row in rows if row.you)
    return Standing(rank, participants, points, reps, rows, present.shown_as)


def _row(found: Any, rank: int, *, you: bool) -> Row:
    anonymous = found.shown_as == "anonymous" and not you
    return Row(
        rank=rank,
        name=ANONYMOUS if anonymous else found.display_name,
        discord_id=None if anonymous else found.discord_id,
        points=found.points,
        reps=found.reps,
        you=you,
    )
