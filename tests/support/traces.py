"""Two people who have left a trace wherever a table has room for one, so that erasing one can be looked over."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Column, Table, TypeDecorator, insert, select
from sqlalchemy.orm import Session

from bot.services.privacy.traces import ACTS, PERSONS
from bot.storage.tables import Base, Member, Server

GUILD = 7 << 22
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of the two: a name and an id that stand nowhere by chance."""

    name: str
    discord_id: int


ANOUK = Somebody("Anouk", 812345678901234567)
BRAM = Somebody("Bram", 898765432109876543)


def live(db: Session) -> None:
    """Give each of the two a row in every table, written in their own words, with the other's acts on it."""
    db.add(Server(discord_id=GUILD, name="Hall", zone="UTC", created_at=AT))
    db.flush()
    server_id = db.scalars(select(Server.id)).one()
    ids = {}
    for who in (ANOUK, BRAM):
        member = Member(
            server_id=server_id,
            discord_id=who.discord_id,
            display_name=who.name,
            joined_at=AT,
            last_seen_at=AT,
        )
        db.add(member)
        db.flush()
        ids[who] = member.id
    for who, other in ((ANOUK, BRAM), (BRAM, ANOUK)):
        db.get_one(Member, ids[who]).paused_by = other.discord_id
    db.flush()
    for table in Base.metadata.sorted_tables:
        if table.name in ("servers", "members"):
            continue
        personal = "member_id" in table.c or any(name.startswith(f"{table.name}.") for name in PERSONS)
        for who, other in ((ANOUK, BRAM), (BRAM, ANOUK)) if personal else ((BRAM, ANOUK),):
            db.execute(insert(table).values(_row(db, table, who, other, ids[who])))


def _row(db: Session, table: Table, who: Somebody, other: Somebody, member_id: int) -> dict[str, Any]:
    owned = "member_id" in table.c
    actor = other if owned else who
    words = {
        f"{table.name}.{act.words}" for name, act in ACTS.items() if act.words and name.startswith(table.name)
    }
    values: dict[str, Any] = {}
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        parent = next(iter(column.foreign_keys), None)
        if column is table.autoincrement_column and parent is None:
            continue
        if column.name == "member_id":
            values[column.name] = member_id
        elif name == "reports.about_discord_id":
            values[column.name] = other.discord_id
        elif name in PERSONS:
            values[column.name] = actor.discord_id
        elif parent is not None:
            values[column.name] = _parent(db, parent.column, member_id)
        elif _kind(column) is str:
            writer = actor.name if name in words else who.name if owned else "word"
            # Unique, and short enough for a key.
            values[column.name] = f"{writer} {next(_numbers)}"
        else:
            values[column.name] = _sample(column, who if owned else None)
    return values


def _parent(db: Session, key: Column[Any], member_id: int) -> Any:
    of_mine = key.table.c.member_id == member_id if "member_id" in key.table.c else True
    return db.scalar(select(key).where(of_mine).order_by(key).limit(1))


def _kind(column: Column[Any]) -> type | None:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    try:
        return kind.python_type  # type: ignore[no-any-return]
    except NotImplementedError:
        return None


def _sample(column: Column[Any], who: Somebody | None) -> Any:
    match _kind(column):
        case kind if kind is bool:
            return True
        case kind if kind is int:
            return next(_numbers)
        case kind if kind is datetime:
            # Reports and requests are open, and nobody has left.
            return None if column.nullable and column.name == "closed_at" else AT + timedelta(minutes=1)
        case kind if kind is date:
            return date(2026, 3, 2)
        case _:
            return {"words": who.name if who else "word"}


def everything(db: Session) -> Rows:
    """Every row of every table."""
    return {
        table.name: [dict(row) for row in db.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in Base.metadata.sorted_tables
    }


def naming(rows: Rows, *who: Somebody) -> set[str]:
    """The columns in which somebody's name or id can be read, whatever their type."""
    return {
        f"{table}.{column}"
        for table, found in rows.items()
        for row in found
        for column, value in row.items()
        for one in who
        if one.name in (text := json.dumps(value, default=str, ensure_ascii=False))
        or str(one.discord_id) in text
    }
