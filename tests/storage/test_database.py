"""What callers rely on, on both engines."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import pytest
import uvloop
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.storage.database import (
    Database,
    DatabaseClosed,
    DatabaseUrlRefused,
    FailureIgnored,
    NestedTransaction,
)
from tests.storage import shelf


async def test_a_write_returns_its_result_and_is_there_for_the_next_read(database: Database) -> None:
    number = await database.write(lambda db: shelf.note(db, "apple"))

    assert number == 1
    assert await database.read(shelf.words) == ["apple"]


async def test_what_was_written_outlives_the_process_s_hold(database_url: str) -> None:
    first = await Database.open(database_url)
    await first.write(shelf.create)
    await first.write(shelf.increment)
    await first.close()

    second = await Database.open(database_url)
    assert await second.read(shelf.value) == 1
    await second.close()


async def test_what_a_write_raises_undoes_it_and_reaches_its_caller(database: Database) -> None:
    def work(db: Session) -> None:
        shelf.note(db, "apple")
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        await database.write(work)

    assert await database.read(shelf.words) == []


async def test_core_statements_are_undone_as_orm_rows_are(database: Database) -> None:
    def work(db: Session) -> None:
        db.connection().execute(insert(shelf.Note).values(word="apple"))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(work)

    assert await database.read(shelf.words) == []


async def test_a_savepoint_inside_a_write_undoes_only_its_own_part(database: Database) -> None:
    def work(db: Session) -> None:
        shelf.note(db, "apple")
        with pytest.raises(LookupError), db.begin_nested():
            shelf.note(db, "pear")
            raise LookupError
        shelf.note(db, "plum")

    await database.write(work)

    assert await database.read(shelf.words) == ["apple", "plum"]


async def test_pending_rows_are_saved_without_a_flush(database: Database) -> None:
    await database.write(lambda db: db.add(shelf.Note(word="apple")))

    assert await database.read(shelf.words) == ["apple"]


def by_orm(db: Session) -> None:
    shelf.note(db, "apple")


def by_core(db: Session) -> None:
    db.execute(insert(shelf.Note).values(word="apple"))


@pytest.mark.parametrize("again", [by_orm, by_core])
async def test_an_error_caught_and_forgotten_does_not_pass_for_a_success(
    database: Database, again: Callable[[Session], None]
) -> None:
    await database.write(lambda db: shelf.note(db, "apple"))

    def work(db: Session) -> None:
        shelf.note(db, "pear")
        with pytest.raises(DBAPIError):
            again(db)

    with pytest.raises(FailureIgnored, match="nothing was saved"):
        await database.write(work)
    assert await database.read(shelf.words) == ["apple"]
    # The failure is not held against the next to use the connection.
    await asyncio.gather(*[database.write(shelf.increment) for _ in range(20)])


@pytest.mark.parametrize("again", [by_orm, by_core])
async def test_an_error_caught_around_a_savepoint_is_mended(
    database: Database, again: Callable[[Session], None]
) -> None:
    await database.write(lambda db: shelf.note(db, "apple"))

    def work(db: Session) -> None:
        with pytest.raises(DBAPIError), db.begin_nested():
            again(db)
        shelf.note(db, "pear")

    await database.write(work)

    assert await database.read(shelf.words) == ["apple", "pear"]


async def test_a_hundred_increments_at_once_are_a_hundred(database: Database) -> None:
    results = await asyncio.gather(*[database.write(shelf.increment) for _ in range(100)])

    assert sorted(results) == list(range(1, 101))
    assert await database.read(shelf.value) == 100


async def test_two_writes_that_each_check_the_other_s_row_do_not_both_pass(database: Database) -> None:
    """Write skew: PostgreSQL notices only at COMMIT."""

    def take(mine: int, theirs: int) -> Callable[[Session], bool]:
        def work(db: Session) -> bool:
            free = shelf.value(db, theirs) == 0
            if free:
                shelf.set_value(db, 1, mine)
            return free

        return work

    def free_both(db: Session) -> None:
        shelf.set_value(db, 0, 1)
        shelf.set_value(db, 0, 2)

    for _ in range(10):
        await database.write(free_both)
        taken = await asyncio.gather(database.write(take(1, 2)), database.write(take(2, 1)))
        assert sorted(taken) == [False, True]


async def test_many_that_look_then_insert_make_one_row(database: Database) -> None:
    def work(db: Session) -> bool:
        if db.scalar(select(shelf.Note.id).where(shelf.Note.word == "apple")):
            return False
        shelf.note(db, "apple")
        return True

    made = await asyncio.gather(*[database.write(work) for _ in range(30)])

    assert made.count(True) == 1
    assert await database.read(shelf.words) == ["apple"]


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        await database.read(lambda db: shelf.note(db, "apple"))
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        await database.read(lambda db: db.add(shelf.Note(word="pear")))

    assert await database.read(shelf.words) == []


@pytest.mark.parametrize("outer", ["read", "write"])
@pytest.mark.parametrize("inner", ["read", "write"])
async def test_a_transaction_inside_another_is_refused(database: Database, outer: str, inner: str) -> None:
    def work(db: Session) -> None:
        getattr(database, inner)(shelf.value).send(None)

    with pytest.raises(NestedTransaction, match=f"A {inner} was asked for from inside a {outer}"):
        await getattr(database, outer)(work)


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_ending_the_transaction_is_not_the_function_s_to_do(database: Database, kind: str) -> None:
    with pytest.raises(RuntimeError, match="never commits"):
        await getattr(database, kind)(lambda db: db.commit())
    with pytest.raises(RuntimeError, match="never rolls back"):
        await getattr(database, kind)(lambda db: db.rollback())


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_the_caller_s_context_is_carried(database: Database, kind: str) -> None:
    reference: ContextVar[str] = ContextVar("reference")
    reference.set("R-17")

    assert await getattr(database, kind)(lambda db: reference.get()) == "R-17"


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_an_exhausted_iterator_does_not_leave_its_caller_waiting(database: Database, kind: str) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await getattr(database, kind)(lambda db: next(iter(())))


async def test_what_comes_after_close_is_refused_and_what_was_under_way_is_finished(
    database: Database,
) -> None:
    under_way = [asyncio.create_task(database.write(shelf.increment)) for _ in range(20)]
    reading = asyncio.create_task(database.read(shelf.value))
    await asyncio.sleep(0)

    await database.close()

    assert sorted([await task for task in under_way]) == list(range(1, 21))
    assert await reading in range(21)
    with pytest.raises(DatabaseClosed, match="closing"):
        await database.write(shelf.increment)
    with pytest.raises(DatabaseClosed):
        await database.read(shelf.value)


async def test_closing_twice_at_once_is_closing(database: Database) -> None:
    await asyncio.gather(database.close(), database.close())
    await database.close()


async def test_a_caller_that_gives_up_leaves_the_database_usable(database: Database) -> None:
    for kind in (database.read, database.write):
        tasks = [asyncio.create_task(kind(shelf.value)) for _ in range(30)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.wait(tasks)
        assert [task.cancelled() for task in tasks] == [True, False] * 15

    assert await database.write(shelf.increment) == 1


def test_uvloop_will_do(database_url: str) -> None:
    async def main() -> int:
        database = await Database.open(database_url)
        await database.write(shelf.create)
        await asyncio.gather(*[database.write(shelf.increment) for _ in range(20)])
        value = await database.read(shelf.value)
        await database.close()
        return value

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == 20


@pytest.mark.parametrize(
    "url",
    [
        "reps.db",
        "",
        "sqlite:///reps.db",
        "mysql://localhost/reps",
        "postgresql://localhost/reps",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite:///file::memory:?cache=shared&uri=true",
    ],
)
async def test_an_address_that_is_not_ours_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(DatabaseUrlRefused, match=r"sqlite\+aiosqlite:///"):
        await Database.open(url)


async def test_the_dialect_is_named(sqlite: Database, postgres: Database) -> None:
    assert (sqlite.dialect, postgres.dialect) == ("sqlite", "postgresql")
    assert postgres.advice() == ()


async def test_any_path_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "Bücher & #1 50% off"
    database = await Database.open(f"sqlite+aiosqlite:///{folder}/my reps.db")
    await database.write(shelf.create)
    assert await database.read(shelf.value) == 0
    await database.close()
    assert (folder / "my reps.db").is_file()
