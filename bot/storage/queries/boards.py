"""The leaderboard's questions to the running totals: each walks an index, none counts over the record."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select, true, tuple_, union_all

from bot.domain.scoring import PAGE
from bot.storage.queries.prebuilt import Prebuilt, bare
from bot.storage.tables import Member, Total

NEIGHBOURS = 2  # each way

_totals, _members = bare(Total).c, bare(Member).c
_on_board = (
    _totals.server_id == bindparam("server_id"),
    _totals.period == bindparam("period"),
    _totals.activity == bindparam("activity"),
)
_listed = (*_on_board, _totals.listed.is_(True))

# Everyone's numbers together, of those who are listed and of all; each half reads one index and no table.
_reps_of_all = (
    select(
        func.count().filter(_totals.listed, _totals.reps > 0).label("participants"),
        func.coalesce(func.sum(_totals.reps).filter(_totals.listed), 0).label("reps"),
        func.count().filter(_totals.reps > 0).label("everyone"),
        func.coalesce(func.sum(_totals.reps), 0).label("everyones_reps"),
    )
    .where(*_on_board)
    .subquery()
)
_points_of_all = (
    select(
        func.count().filter(_totals.points > 0).label("scorers"),
        func.coalesce(func.sum(_totals.points), 0).label("points"),
    )
    .where(*_listed)
    .subquery()
)
TALLY = Prebuilt(select(_reps_of_all, _points_of_all).join_from(_reps_of_all, _points_of_all, true()))


@dataclass(frozen=True, slots=True)
class Ranking:
    """A board's order by points or by reps: value, then id, both descending."""

    page: Prebuilt
    ahead: Prebuilt  # how many have a greater value
    around: Prebuilt  # a member and the nearest on either side, with how many are ahead of each


def _named(found: Any) -> Select[Any]:
    """Rows of totals with what is needed to name their members."""
    return select(found, _members.discord_id, _members.display_name, _members.shown_as).join_from(
        found, bare(Member), _members.id == found.c.member_id
    )


def _ranking(measure: str) -> Ranking:
    column = _totals[measure]
    rows = select(_totals.member_id, _totals.points, _totals.reps)
    placed = rows.where(*_listed, column > 0)
    up, down = (column, _totals.member_id), (column.desc(), _totals.member_id.desc())
    many = select(func.count()).where(*_listed)

    page = placed.order_by(*down).limit(PAGE).offset(bindparam("offset", type_=Integer)).subquery()

    me = bindparam("member_id", type_=Integer)
    value = select(column).where(*_on_board, _totals.member_id == me).scalar_subquery()
    place, mine = tuple_(column, _totals.member_id), tuple_(value, me)
    around = (
        union_all(
            rows.where(*_listed, place > mine).order_by(*up).limit(NEIGHBOURS).subquery().select(),
            rows.where(*_on_board, _totals.member_id == me),
            placed.where(place < mine).order_by(*down).limit(NEIGHBOURS).subquery().select(),
        )
        # Without it SQLite takes the three apart and counts who is ahead for each.
        .limit(1 + 2 * NEIGHBOURS)
        .subquery()
    )
    theirs = around.c[measure]
    # One of the two is an empty stretch of the index; asked with OR, SQLite would walk all of it.
    lower = many.where(column > theirs, column <= value).correlate(around).scalar_subquery()
    higher = many.where(column > value, column <= theirs).correlate(around).scalar_subquery()
    return Ranking(
        page=Prebuilt(_named(page).order_by(page.c[measure].desc(), page.c.member_id.desc())),
        ahead=Prebuilt(many.where(column > bindparam("value", type_=Integer))),
        around=Prebuilt(
            _named(around)
            .add_columns((many.where(column > value).scalar_subquery() + lower - higher).label("ahead"))
            .order_by(theirs.desc(), around.c.member_id.desc())
        ),
    )


RANKINGS = {measure: _ranking(measure) for measure in ("points", "reps")}
