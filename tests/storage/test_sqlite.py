"""SQLite's settings, its readers beside the writer, and the lock against a second process."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.storage.database import Database, DatabaseBusy, DatabaseUnreachable
from bot.storage.database.hazards import has_wal_reset_bug
from bot.storage.database.lock import FileLock
from tests.storage import shelf

ROOT = Path(__file__).parents[2]
FULL = 2


def pragma(name: str):  # type: ignore[no-untyped-def]
    return lambda db: db.scalar(text(f"PRAGMA {name}"))


async def test_the_writer_s_settings(sqlite: Database) -> None:
    names = ("journal_mode", "foreign_keys", "synchronous", "secure_delete", "busy_timeout", "query_only")
    assert [await sqlite.write(pragma(name)) for name in names] == ["wal", 1, FULL, 1, 5000, 0]


async def test_the_driver_begins_nothing_by_itself(sqlite: Database) -> None:
    """Its own BEGIN would take the lock only at the first change, too late for what was read before."""

    def work(db: Session) -> object:
        return db.connection().connection.driver_connection.isolation_level  # type: ignore[union-attr]

    assert (await sqlite.write(work), await sqlite.read(work)) == (None, None)


async def test_the_readers_settings(sqlite: Database) -> None:
    names = ("journal_mode", "busy_timeout", "query_only")
    assert [await sqlite.read(pragma(name)) for name in names] == ["wal", 5000, 1]


async def test_a_reader_s_file_is_closed_to_writing_even_without_query_only(sqlite: Database) -> None:
    def work(db: Session) -> None:
        db.execute(text("PRAGMA query_only = OFF"))
        shelf.note(db, "apple")

    with pytest.raises(DBAPIError, match="readonly"):
        await sqlite.read(work)


async def test_a_slow_reader_sees_one_snapshot_and_holds_nobody_up(sqlite: Database) -> None:
    looked = asyncio.Event()
    counting = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT max(i) FROM n"
    )

    def slow(db: Session) -> tuple[int, int]:
        before = shelf.value(db)
        looked.set()
        db.execute(counting)
        db.expire_all()
        return before, shelf.value(db)

    reading = asyncio.create_task(sqlite.read(slow))
    await looked.wait()
    assert [await sqlite.write(shelf.increment) for _ in range(3)] == [1, 2, 3]
    assert await sqlite.read(shelf.value) == 3
    assert not reading.done()

    assert await reading == (0, 0)


async def test_a_write_never_runs_on_the_event_loop_s_thread(sqlite: Database) -> None:
    assert await sqlite.write(lambda db: threading.get_ident()) != threading.get_ident()


async def test_closing_leaves_one_whole_file(sqlite: Database, tmp_path: Path) -> None:
    await sqlite.write(shelf.increment)
    await asyncio.gather(*[sqlite.read(shelf.value) for _ in range(20)])
    await sqlite.close()

    assert sorted(os.listdir(tmp_path)) == ["reps.db", "reps.db.lock"]
    with closing(sqlite3.connect(tmp_path / "reps.db")) as plain:
        assert plain.execute("SELECT value FROM counters WHERE id = 1").fetchone() == (1,)


async def test_closing_ends_every_thread(sqlite_url: str) -> None:
    before = set(threading.enumerate())
    database = await Database.open(sqlite_url)
    await database.write(shelf.create)
    await asyncio.gather(*[database.read(shelf.value) for _ in range(20)])
    assert "reps-writer" in {thread.name for thread in threading.enumerate()}
    await database.close()

    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in left if name.startswith("reps")}


async def test_a_second_process_is_refused_and_told_who_holds_the_file(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url, exclusive=True)
    script = (
        "import asyncio, sys; from bot.storage.database import Database; "
        "asyncio.run(Database.open(sys.argv[1]))"
    )
    other = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script, sqlite_url], capture_output=True, text=True, cwd=ROOT
    )
    await database.close()

    assert other.returncode == 1
    last = other.stderr.strip().splitlines()[-1]
    assert last == (
        f"bot.storage.database.errors.DatabaseBusy: reps.db is in use by another process (its number is "
        f"{os.getpid()}). Stop the bot or the command that uses it, then try again."
    )


async def test_a_closed_database_can_be_opened_again(sqlite_url: str) -> None:
    for _ in range(3):
        database = await Database.open(sqlite_url, exclusive=True)
        await database.close()


async def test_a_database_that_cannot_be_opened_is_not_left_locked(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    path.write_text("This is a diary, and no database at all." * 50)
    with pytest.raises(DatabaseUnreachable, match=r"reps\.db cannot be opened: file is not a database"):
        await Database.open(f"sqlite+aiosqlite:///{path}", exclusive=True)

    FileLock(path, exclusive=True).release()


@pytest.mark.parametrize(
    ("held", "wanted", "granted"),
    [(True, True, False), (True, False, False), (False, True, False), (False, False, True)],
)
def test_holders_share_only_where_both_are_safe(
    tmp_path: Path, held: bool, wanted: bool, granted: bool
) -> None:
    first = FileLock(tmp_path / "reps.db", exclusive=held)
    if granted:
        FileLock(tmp_path / "reps.db", exclusive=wanted).release()
    else:
        with pytest.raises(DatabaseBusy, match=str(os.getpid())):
            FileLock(tmp_path / "reps.db", exclusive=wanted)
    first.release()
    FileLock(tmp_path / "reps.db", exclusive=True).release()


async def test_an_unsafe_sqlite_is_told_of_and_lets_no_second_holder_in(
    sqlite: Database, tmp_path: Path
) -> None:
    if has_wal_reset_bug(sqlite3.sqlite_version_info):
        assert [sqlite3.sqlite_version in advice for advice in sqlite.advice()] == [True]
        with pytest.raises(DatabaseBusy):
            FileLock(tmp_path / "reps.db", exclusive=False)
    else:
        assert sqlite.advice() == ()
        FileLock(tmp_path / "reps.db", exclusive=False).release()
