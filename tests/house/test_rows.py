"""Whatever table a member has rows in, taking back the tap that joined leaves no trace, or refuses and keeps all."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Table, TypeDecorator, insert, select
from sqlalchemy.orm import Session

from bot.assembly import House
from bot.domain.errors import LongAgoJoined
from bot.domain.members import Person
from bot.storage.tables import Base, Member

MEMBERS = Base.metadata.tables["members"]
SAMPLES: dict[Any, Any] = {
    str: "word",
    int: 1,
    bool: True,
    datetime: datetime(2026, 3, 2, 8, tzinfo=UTC),
    date: date(2026, 3, 2),
}


def owner_column(table: Table) -> Column[Any] | None:
    """The column that names the member a row belongs to."""
    return next((column for column in table.columns if column.references(MEMBERS.c.id)), None)


OWNED = [table for table in Base.metadata.sorted_tables if owner_column(table) is not None]


def give(db: Session, table: Table, member_id: int) -> None:
    """Give a member a row of a table, and make whatever rows it refers to."""
    values: dict[str, Any] = {}
    for column in table.columns:
        empty = column.nullable and column is not owner_column(table)
        if empty or column.default is not None or column is table.autoincrement_column:
            continue
        key = next(iter(column.foreign_keys), None)
        if key is None:
            kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
            values[column.name] = SAMPLES.get(kind.python_type, {})  # JSON is whatever is left
        elif key.column.table is MEMBERS:
            values[column.name] = member_id
        else:
            if db.scalar(select(key.column).limit(1)) is None:
                give(db, key.column.table, member_id)
            values[column.name] = db.scalar(select(key.column).limit(1))
    db.execute(insert(table).values(values))


def test_a_row_s_owner_is_always_called_member_id() -> None:
    # Export and erase find a member's rows by this name.
    assert {column.name for table in OWNED if (column := owner_column(table)) is not None} == {"member_id"}
    assert {table for table in Base.metadata.sorted_tables if "member_id" in table.columns} == set(OWNED)


@pytest.mark.parametrize("table", OWNED, ids=lambda table: table.name)
async def test_undoing_the_first_tap_leaves_nothing_or_refuses(house: House, table: Table) -> None:
    who = Person(7, 17, "Bao", "Study hall")
    members, database = house.services.members, house.database
    await members.settle_in(who, track="ds")
    member_id = await database.read(
        lambda db: db.scalars(select(Member.id).where(Member.discord_id == 17)).one()
    )
    await database.write(lambda db: give(db, table, member_id))

    def rows(db: Session) -> int:
        return sum(
            len(db.execute(select(one).where(one.c.member_id == member_id)).all()) for one in OWNED
        ) + len(db.execute(select(MEMBERS).where(MEMBERS.c.id == member_id)).all())

    before = await database.read(rows)
    assert before > 1
    try:
        await members.undo_joining(who)
    except LongAgoJoined:
        assert await database.read(rows) == before
    else:
        assert await database.read(rows) == 0
