"""SQLite's writer: groups, savepoints, and what happens when a group goes wrong."""

import asyncio
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.storage.database import Database, DatabaseBusy, writer
from tests.storage import shelf


@contextmanager
def held(database: Database) -> Iterator[asyncio.Task[None]]:
    """Hold the writer inside one item, so that what is asked for meanwhile waits and then forms groups."""
    release = threading.Event()

    def work(db: Session) -> None:
        assert release.wait(10)

    holder = asyncio.create_task(database.write(work))
    try:
        yield holder
    finally:
        release.set()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine not split a group that the test means to be one."""
    monkeypatch.setattr(writer, "GROUP_SECONDS", 60)


async def queue(database: Database, *works: Any) -> list[asyncio.Task[Any]]:
    """Ask for each write and return once all of them wait in line."""
    tasks = [asyncio.create_task(database.write(work)) for work in works]
    await asyncio.sleep(0)
    return tasks


async def trace(database: Database) -> list[str]:
    """A list that SQLite fills with each statement of the writer from now on."""
    seen: list[str] = []

    def work(db: Session) -> None:
        driver: Any = db.connection().connection.driver_connection
        driver.set_trace_callback(seen.append)

    await database.write(work)
    seen.clear()
    return seen


async def outcomes(tasks: list[asyncio.Task[Any]]) -> list[Any]:
    return await asyncio.gather(*tasks, return_exceptions=True)


def spin(seconds: float) -> None:
    until = perf_counter() + seconds
    while perf_counter() < until:
        pass


@pytest.mark.usefixtures("unhurried")
async def test_work_that_waits_together_is_committed_together(sqlite: Database) -> None:
    seen = await trace(sqlite)
    with held(sqlite):
        tasks = await queue(sqlite, *[shelf.increment] * 64)
    await asyncio.gather(*tasks)

    assert seen.count("SAVEPOINT item") == 65
    assert seen.count("COMMIT") <= 3
    assert seen.count("BEGIN IMMEDIATE") == seen.count("COMMIT")
    assert await sqlite.read(shelf.value) == 64


@pytest.mark.usefixtures("unhurried")
async def test_a_group_closes_at_its_size(sqlite: Database) -> None:
    seen = await trace(sqlite)
    with held(sqlite):
        tasks = await queue(sqlite, *[lambda db: None] * 300)
    await asyncio.gather(*tasks)

    groups = " ".join(seen).split("COMMIT")
    assert max(group.count("SAVEPOINT item") for group in groups) <= writer.GROUP_ITEMS
    assert len(groups) <= 8


async def test_a_group_closes_after_its_time(sqlite: Database) -> None:
    seen = await trace(sqlite)
    with held(sqlite):
        tasks = await queue(sqlite, *[lambda db: spin(0.003)] * 10)
    await asyncio.gather(*tasks)

    assert seen.count("COMMIT") >= 5


async def test_nobody_is_answered_before_commit(sqlite: Database) -> None:
    """What a member is told is saved can be read by everyone else."""

    async def write_and_look(number: int) -> bool:
        await sqlite.write(lambda db: shelf.note(db, str(number)))
        return str(number) in await sqlite.read(shelf.words)

    assert all(await asyncio.gather(*[write_and_look(number) for number in range(64)]))


@pytest.mark.usefixtures("unhurried")
async def test_an_item_that_raises_undoes_only_itself(sqlite: Database) -> None:
    def broken(db: Session) -> None:
        shelf.note(db, "broken")
        raise LookupError("mine")

    with held(sqlite):
        tasks = await queue(
            sqlite, lambda db: shelf.note(db, "a"), broken, lambda db: shelf.note(db, "b"), broken
        )
    results = await outcomes(tasks)

    assert [type(result) for result in results] == [int, LookupError, int, LookupError]
    assert await sqlite.read(shelf.words) == ["a", "b"]


@pytest.mark.usefixtures("unhurried")
async def test_a_statement_sqlite_refuses_undoes_only_its_own_item(sqlite: Database) -> None:
    def twice(db: Session) -> None:
        shelf.note(db, "once")
        shelf.note(db, "a")

    seen = await trace(sqlite)
    with held(sqlite):
        tasks = await queue(sqlite, lambda db: shelf.note(db, "a"), twice, lambda db: shelf.note(db, "b"))
    results = await outcomes(tasks)

    assert isinstance(results[1], DBAPIError)
    assert await sqlite.read(shelf.words) == ["a", "b"]
    assert "ROLLBACK" not in seen


@pytest.mark.usefixtures("unhurried")
async def test_if_the_group_s_transaction_dies_the_others_are_still_saved(sqlite: Database) -> None:
    await sqlite.write(lambda db: shelf.note(db, "taken"))

    def fatal(db: Session) -> None:
        db.execute(insert(shelf.Note).prefix_with("OR ROLLBACK").values(word="taken"))

    with held(sqlite):
        tasks = await queue(sqlite, lambda db: shelf.note(db, "a"), fatal, lambda db: shelf.note(db, "b"))
    results = await outcomes(tasks)

    assert [type(result) for result in results[::2]] == [int, int]
    assert isinstance(results[1], DBAPIError)
    assert sorted(await sqlite.read(shelf.words)) == ["a", "b", "taken"]


@pytest.mark.usefixtures("unhurried")
async def test_if_commit_fails_each_is_run_alone_and_only_the_culprit_hears_of_it(sqlite: Database) -> None:
    runs: list[str] = []

    def counted(word: str) -> Any:
        def work(db: Session) -> int:
            runs.append(word)
            return shelf.note(db, word)

        return work

    with held(sqlite):
        tasks = await queue(sqlite, counted("a"), shelf.orphan, counted("b"))
    results = await outcomes(tasks)

    assert [type(result) for result in results[::2]] == [int, int]
    assert "FOREIGN KEY" in str(results[1])
    assert await sqlite.read(shelf.words) == ["a", "b"]
    assert sorted(runs) == ["a", "a", "b", "b"]


@pytest.mark.usefixtures("unhurried")
async def test_a_refusal_drawn_from_a_group_that_was_undone_is_not_told(sqlite: Database) -> None:
    """The second sees the first's word, but the first is never saved: run again, the second is free."""

    def doomed(db: Session) -> None:
        shelf.note(db, "apple")
        shelf.orphan(db)

    def second(db: Session) -> str:
        if "apple" in shelf.words(db):
            raise LookupError("taken")
        shelf.note(db, "apple")
        return "mine"

    with held(sqlite):
        tasks = await queue(sqlite, doomed, second)
    results = await outcomes(tasks)

    assert "FOREIGN KEY" in str(results[0])
    assert results[1] == "mine"


async def test_the_writer_goes_on_after_every_kind_of_failure(sqlite: Database) -> None:
    class Abandoned(BaseException):
        """Not an Exception, as KeyboardInterrupt is not."""

    def abandon(db: Session) -> None:
        raise Abandoned("abandoned")

    for work in (shelf.orphan, abandon, lambda db: db.execute(text("nonsense"))):
        with pytest.raises(BaseException, match=r"FOREIGN KEY|abandoned|nonsense"):
            await sqlite.write(work)

    assert await sqlite.write(shelf.increment) == 1


async def test_cancelled_while_waiting_is_skipped(sqlite: Database) -> None:
    with held(sqlite):
        first, second = await queue(
            sqlite, lambda db: shelf.note(db, "cancelled"), lambda db: shelf.note(db, "kept")
        )
        first.cancel()
        await asyncio.sleep(0)
    await second

    assert first.cancelled()
    assert await sqlite.read(shelf.words) == ["kept"]


@pytest.mark.usefixtures("unhurried")
async def test_cancelled_while_running_is_still_committed_and_its_group_still_answered(
    sqlite: Database,
) -> None:
    running, release = threading.Event(), threading.Event()

    def work(db: Session) -> None:
        shelf.note(db, "kept")
        running.set()
        assert release.wait(10)

    task = asyncio.create_task(sqlite.write(work))
    await asyncio.to_thread(running.wait)
    (behind,) = await queue(sqlite, shelf.words)
    task.cancel()
    await asyncio.wait([task])
    release.set()

    assert task.cancelled()
    assert await asyncio.wait_for(behind, 10) == ["kept"]


def test_an_event_loop_that_went_away_does_not_stop_the_writer(sqlite_url: str) -> None:
    running, release = threading.Event(), threading.Event()

    def work(db: Session) -> None:
        shelf.note(db, "kept")
        running.set()
        assert release.wait(10)

    async def leave() -> Database:
        database = await Database.open(sqlite_url)
        await database.write(shelf.create)
        task = asyncio.create_task(database.write(work))
        await asyncio.to_thread(running.wait)
        task.cancel()
        await asyncio.wait([task])
        return database

    async def come_back(database: Database) -> list[str]:
        words = await database.write(shelf.words)
        await database.close()
        return words

    database = asyncio.run(leave())
    release.set()
    assert asyncio.run(come_back(database)) == ["kept"]


async def test_close_finishes_what_waits(sqlite: Database, sqlite_url: str) -> None:
    with held(sqlite):
        tasks = await queue(sqlite, *[shelf.increment] * 200)
        closing = asyncio.create_task(sqlite.close())
        await asyncio.sleep(0)
    await closing

    assert sorted(await asyncio.gather(*tasks)) == list(range(1, 201))
    again = await Database.open(sqlite_url)
    assert await again.read(shelf.value) == 200
    await again.close()


@pytest.mark.parametrize(("limit", "logged"), [(0.020, 1), (60, 0)])
async def test_a_slow_item_is_named_in_the_log(
    sqlite: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    limit: float,
    logged: int,
) -> None:
    monkeypatch.setattr(writer, "SLOW_SECONDS", limit)

    def laborious(db: Session) -> None:
        spin(0.025)

    with caplog.at_level(logging.WARNING, writer.__name__):
        await sqlite.write(laborious)

    assert ["laborious" in message for message in caplog.messages] == [True] * logged


async def test_the_log_of_a_slow_write_names_it_and_tells_nothing_it_was_given(
    sqlite: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SLOW_SECONDS", 0.0)

    def noted(db: Session, words: str) -> None:
        db.execute(text("SELECT :words"), {"words": words})

    with caplog.at_level(logging.WARNING, writer.__name__):
        await sqlite.write(partial(noted, words="somebody's words"))
    (told,) = caplog.messages
    assert "noted" in told
    assert "somebody" not in told


async def test_a_lock_held_too_long_from_outside_is_told_plainly(sqlite: Database, tmp_path: Path) -> None:
    await sqlite.write(lambda db: db.execute(text("PRAGMA busy_timeout = 1")))
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); input(); c.execute('ROLLBACK'); c.close()"
    )
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(tmp_path / "reps.db")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    with pytest.raises(DatabaseBusy, match="nothing was saved"):
        await sqlite.write(shelf.increment)
    await other.communicate(b"\n")

    assert await sqlite.write(shelf.increment) == 1


_ENDLESS = """
import asyncio, sys
from bot.storage.database import Database
from tests.storage import shelf

async def main():
    database = await Database.open(sys.argv[1])
    await database.write(shelf.create)
    async def forever():
        while True:
            print(await database.write(shelf.increment), flush=True)
    await asyncio.gather(*[forever() for _ in range(8)])

asyncio.run(main())
"""


async def test_what_was_answered_survives_a_killed_process(sqlite_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ENDLESS, sqlite_url, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    for _ in range(200):
        await process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    rest = (await process.stdout.read()).decode().split("\n")
    await process.wait()

    answered = max([200, *map(int, filter(None, rest[:-1]))])
    database = await Database.open(sqlite_url)
    assert await database.read(shelf.value) >= answered
    await database.close()


async def test_a_full_disk_is_told_to_whom_it_concerns_and_passes(sqlite: Database) -> None:
    def pages(db: Session) -> int:
        return db.scalars(text("PRAGMA page_count")).one()

    full = await sqlite.write(pages)
    await sqlite.write(lambda db: db.execute(text(f"PRAGMA max_page_count = {full}")))
    small, large, after = await asyncio.gather(
        sqlite.write(shelf.increment),
        sqlite.write(lambda db: shelf.note(db, "x" * 100_000)),
        sqlite.write(shelf.increment),
        return_exceptions=True,
    )
    assert (small, after) == (1, 2)
    assert "database or disk is full" in str(large)
    assert await sqlite.read(shelf.words) == []

    await sqlite.write(lambda db: db.execute(text("PRAGMA max_page_count = 1000000")))
    await sqlite.write(lambda db: shelf.note(db, "x" * 100_000))
    assert len(await sqlite.read(shelf.words)) == 1
