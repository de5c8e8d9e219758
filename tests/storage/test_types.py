"""Instants go in aware and come back aware UTC, and compare as instants do."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from bot.storage.database import Database
from bot.storage.types import UtcDateTime
from tests.storage.shelf import Note

DIALECT = sqlite.dialect()
STORE = UtcDateTime().dialect_impl(DIALECT).bind_processor(DIALECT)
LOAD = UtcDateTime().dialect_impl(DIALECT).result_processor(DIALECT, None)
EAST = timezone(timedelta(hours=9))
# A day inside what UTC can hold once an offset is taken away.
instants = st.datetimes(
    min_value=datetime(1, 1, 3),
    max_value=datetime(9999, 12, 29),
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


async def test_an_instant_of_any_zone_comes_back_as_the_same_instant_in_utc(database: Database) -> None:
    instant = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=EAST)

    def work(db: Session) -> datetime | None:
        db.execute(insert(Note).values(word="noon", at=instant))
        return db.scalar(select(Note.at))

    back = await database.write(work)

    assert back == instant
    assert back is not None
    assert back.tzinfo is UTC


async def test_an_unknown_instant_stays_unknown(database: Database) -> None:
    def work(db: Session) -> datetime | None:
        db.execute(insert(Note).values(word="some day", at=None))
        return db.scalar(select(Note.at))

    assert await database.write(work) is None


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    def work(db: Session) -> None:
        db.execute(insert(Note).values(word="noon", at=datetime(2026, 3, 1, 12)))

    with pytest.raises(StatementError, match="has no time zone"):
        await database.write(work)


async def test_the_database_compares_and_orders_by_instant(database: Database) -> None:
    earlier = datetime(2026, 3, 1, 8, 59, 59, 999999, tzinfo=EAST)
    noon = datetime(2026, 3, 1, 0, tzinfo=UTC)
    later = datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)

    def work(db: Session) -> tuple[list[str], list[str]]:
        rows = [
            {"word": "later", "at": later},
            {"word": "earlier", "at": earlier},
            {"word": "noon", "at": noon},
        ]
        db.execute(insert(Note), rows)
        ordered = select(Note.word).order_by(Note.at)
        return list(db.scalars(ordered)), list(db.scalars(ordered.where(Note.at <= noon)))

    assert await database.write(work) == (["earlier", "noon", "later"], ["earlier", "noon"])


async def test_sqlite_keeps_text_its_own_date_functions_read(sqlite: Database) -> None:
    def work(db: Session) -> tuple[object, ...]:
        db.execute(insert(Note).values(word="noon", at=datetime(2026, 3, 1, 9, tzinfo=EAST)))
        return tuple(db.execute(text("SELECT at, unixepoch(at) FROM notes")).one())

    assert await sqlite.write(work) == ("2026-03-01 00:00:00.000000", 1772323200)


@given(instants, instants)
def test_stored_text_sorts_as_the_instants_do(one: datetime, other: datetime) -> None:
    assert STORE is not None
    assert (STORE(one) < STORE(other)) == (one < other)


@given(instants)
def test_nothing_is_lost_on_the_way(instant: datetime) -> None:
    assert STORE is not None
    assert LOAD is not None
    assert LOAD(STORE(instant)) == instant
