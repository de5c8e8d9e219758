"""The leaderboard's questions to the running totals: each walks an index, none counts over the record."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select, tuple_, union_all

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

# Everyone's numbers together: of those who are listed, and of all.
TALLY = Prebuilt(
    select(
        func.count().filter(_totals.listed, _totals.reps > 0),
        func.count().filter(_totals.listed, _totals.points > 0),
        func.coalesce(func.sum(_totals.points).filter(_totals.listed, _totals.reps > 0), 0),
        func.coalesce(func.sum(_totals.reps).filter(_totals.listed), 0),
        func.count().filter(_totals.reps > 0),
        func.coalesce(func.sum(_totals.reps), 0),
    ).where(*_on_board)
)
MINE = Prebuilt(
    select(_totals.points, _totals.reps).where(*_on_board, _totals.member_id == bindparam("member_id"))
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A board's order by points or by reps: value, then id, both descending."""

    page: Prebuilt
    ahead: Prebuilt  # how many have a greater value
    around: Prebuilt  # a member and the nearest on either side, each with how many are ahead of them


def _named(found: Any) -> Select[Any]:
    """Rows of totals with what is needed to name their members."""
    return select(found, _members.discord_id, _members.display_name, _members.shown_as).join_from(
        found, bare(Member), _members.id == found.c.member_id
    )


def _ranking(measure: str) -> Ranking:
    column = _totals[measure]
    value: ColumnElement[int] = bindparam("value", type_=Integer)
    mine = tuple_(value, bindparam("member_id", type_=Integer))
    place = tuple_(column, _totals.member_id)
    rows = select(_totals.member_id, _totals.points, _totals.reps).where(*_listed, column > 0)
    up, down = (column, _totals.member_id), (column.desc(), _totals.member_id.desc())

    page = rows.order_by(*down).limit(PAGE).offset(bindparam("offset", type_=Integer)).subquery()
    around = union_all(
        rows.where(place > mine).order_by(*up).limit(NEIGHBOURS).subquery().select(),
        rows.where(place == mine),
        rows.where(place < mine).order_by(*down).limit(NEIGHBOURS).subquery().select(),
    ).subquery()
    many = select(func.count()).where(*_listed)
    theirs = around.c[measure]
    # One of the two is an empty stretch of the index; asked with OR, SQLite would walk all of it.
    lower = many.where(column > theirs, column <= value).correlate(around).scalar_subquery()
    higher = many.where(column > value, column <= theirs).correlate(around).scalar_subquery()
    ahead = many.where(column > value)
    return Ranking(
        page=Prebuilt(_named(page).order_by(page.c[measure].desc(), page.c.member_id.desc())),
        ahead=Prebuilt(ahead),
        around=Prebuilt(
            _named(around)
            .add_columns((ahead.scalar_subquery() + lower - higher).label("ahead"))
            .order_by(theirs.desc(), around.c.member_id.desc())
        ),
    )


RANKINGS = {measure: _ranking(measure) for measure in ("points", "reps")}
