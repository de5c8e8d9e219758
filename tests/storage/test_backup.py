"""The drill: a copy made while the bot writes is put back and holds everything up to its moment."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.storage.database import BackupFailed, Database, DatabaseBusy, pgdump
from tests.storage import shelf
from tests.support.postgres import PostgresServer


@pytest.fixture(autouse=True)
def client_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump must not be older than the server, so the server's own comes first."""
    if "postgres" in request.node.name:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("PATH", str(server.programs), prepend=":")


async def reopened_words(url: str) -> list[str]:
    database = await Database.open(url)
    words = await database.read(shelf.words)
    await database.close()
    return words


async def test_a_copy_made_while_writing_restores(database_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "monday"
    database = await Database.open(database_url)
    await database.write(shelf.create)
    await database.write(lambda db: shelf.note(db, "before"))
    writing = [asyncio.create_task(database.write(shelf.increment)) for _ in range(50)]
    await database.backup(copy)
    await asyncio.gather(*writing)
    await database.write(lambda db: shelf.note(db, "after"))
    await database.close()

    kept = await Database.restore(copy, database_url)

    assert await reopened_words(database_url) == ["before"]
    if kept:
        assert await reopened_words(f"sqlite+aiosqlite:///{kept}") == ["before", "after"]
    assert os.listdir(copy.parent) == ["monday"]


async def test_a_copy_starts_a_database_where_there_was_none(sqlite: Database, tmp_path: Path) -> None:
    await sqlite.write(lambda db: shelf.note(db, "apple"))
    await sqlite.backup(tmp_path / "copy")
    url = f"sqlite+aiosqlite:///{tmp_path}/elsewhere/reps.db"

    assert await Database.restore(tmp_path / "copy", url) is None
    assert await reopened_words(url) == ["apple"]


async def test_a_newer_copy_replaces_an_older_one(sqlite: Database, tmp_path: Path) -> None:
    for word in ("a", "b"):
        await sqlite.write(lambda db, word=word: shelf.note(db, word))  # type: ignore[misc]
        await sqlite.backup(tmp_path / "copy")

    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("SELECT word FROM notes ORDER BY id").fetchall() == [("a",), ("b",)]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_nothing_is_put_back_under_a_running_bot(
    sqlite: Database, sqlite_url: str, tmp_path: Path
) -> None:
    await sqlite.backup(tmp_path / "copy")

    with pytest.raises(DatabaseBusy, match="Stop the bot"):
        await Database.restore(tmp_path / "copy", sqlite_url)


async def test_a_dead_process_s_log_is_not_played_into_the_restored_pages(
    sqlite: Database, tmp_path: Path
) -> None:
    await sqlite.write(lambda db: shelf.note(db, "before"))
    await sqlite.backup(tmp_path / "copy")
    await sqlite.write(lambda db: shelf.note(db, "after"))
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in ("reps.db", "reps.db-wal"):
        shutil.copy(tmp_path / name, crashed / name)
    url = f"sqlite+aiosqlite:///{crashed}/reps.db"

    kept = await Database.restore(tmp_path / "copy", url)

    assert await reopened_words(url) == ["before"]
    assert await reopened_words(f"sqlite+aiosqlite:///{kept}") == ["before", "after"]


async def test_a_damaged_copy_is_refused_and_nothing_replaced(
    sqlite: Database, sqlite_url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    await sqlite.write(lambda db: [shelf.note(db, f"word {number}" * 40) for number in range(200)])
    await sqlite.backup(copy)
    await sqlite.close()
    pages = bytearray(copy.read_bytes())
    pages[4096 * 2 : 4096 * 8] = bytes(4096 * 6)
    copy.write_bytes(pages)

    with pytest.raises(BackupFailed, match=r"damaged|malformed"):
        await Database.restore(copy, sqlite_url)

    assert len(await reopened_words(sqlite_url)) == 200
    assert not [name for name in os.listdir(tmp_path) if "unfinished" in name]


@pytest.mark.parametrize("content", [None, "", "These are only my lecture notes." * 40])
async def test_what_is_no_backup_is_refused(sqlite_url: str, tmp_path: Path, content: str | None) -> None:
    copy = tmp_path / "copy"
    if content is not None:
        copy.write_text(content)

    with pytest.raises(BackupFailed, match=r"missing or empty|not a database"):
        await Database.restore(copy, sqlite_url)
    assert not (tmp_path / "reps.db").exists()


async def test_a_copy_whose_rows_refer_to_nothing_is_told_of(sqlite: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "reps.db")) as careless:
        careless.execute("INSERT INTO replies VALUES (1, 404)")
        careless.commit()

    with pytest.raises(BackupFailed, match="a row of replies refers to a missing row of notes"):
        await sqlite.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


async def test_a_full_or_closed_folder_is_told_of(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BackupFailed, match="could not be copied"):
        await sqlite.backup(tmp_path / "file" / "copy")


async def test_postgres_without_its_programs_says_what_to_install(
    postgres: Database, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackupFailed, match="pg_dump, which is not installed"):
        await postgres.backup(tmp_path / "copy")
    with pytest.raises(BackupFailed, match="pg_restore, which is not installed"):
        await Database.restore(tmp_path / "copy", postgres_url)


async def test_postgres_refuses_what_is_no_dump_and_keeps_what_it_has(
    postgres: Database, postgres_url: str, tmp_path: Path
) -> None:
    (tmp_path / "copy").write_text("These are only my lecture notes.")

    with pytest.raises(BackupFailed, match="pg_restore failed"):
        await Database.restore(tmp_path / "copy", postgres_url)

    assert await postgres.read(shelf.value) == 0


async def test_postgres_forgets_what_is_newer_than_the_dump(
    postgres: Database, postgres_url: str, tmp_path: Path
) -> None:
    """As after a migration that went wrong: what it made must not stand in the way of the next."""
    await postgres.write(lambda db: shelf.note(db, "before"))
    await postgres.backup(tmp_path / "copy")
    for newer in ("CREATE TYPE mood AS ENUM ('good')", "CREATE TABLE newer (note_id int REFERENCES notes)"):
        await postgres.write(lambda db, newer=newer: db.execute(text(newer)))  # type: ignore[misc]
    await postgres.close()

    for _ in range(2):
        await Database.restore(tmp_path / "copy", postgres_url)

    database = await Database.open(postgres_url)
    assert await database.read(shelf.words) == ["before"]
    assert await database.read(lambda db: db.scalar(text("SELECT to_regclass('newer')"))) is None
    assert await database.read(lambda db: db.scalar(text("SELECT to_regtype('mood')"))) is None
    await database.close()


async def test_postgres_dumps_leave_no_password_on_the_command_line(
    postgres: Database, postgres_url: str, tmp_path: Path
) -> None:
    secret = postgres_url.replace("postgres:@", "postgres:hunter2@")
    database = await Database.open(secret)
    await database.backup(tmp_path / "copy")
    await database.close()

    assert (tmp_path / "copy").read_bytes().startswith(b"PGDMP")
    assert b"hunter2" not in (tmp_path / "copy").read_bytes()
    assert await postgres.read(lambda db: db.scalar(text("SELECT 1"))) == 1


@pytest.fixture
def hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pg_dump that waits for ever; its process number can be read once it has begun."""
    programs, began = tmp_path / "programs", tmp_path / "began"
    programs.mkdir()
    os.mkfifo(began)
    (programs / "pg_dump").write_text(f'#!/bin/sh\necho $$ > "{began}"\nexec sleep 600\n')
    (programs / "pg_dump").chmod(0o700)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    return began


async def test_a_dump_that_hangs_ends_with_whoever_wanted_it(
    postgres: Database, tmp_path: Path, hangs: Path
) -> None:
    copying = asyncio.create_task(postgres.backup(tmp_path / "copy"))
    process = int(await asyncio.to_thread(hangs.read_text))
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not (tmp_path / "copy").exists()


async def test_a_dump_that_hangs_is_given_up(
    postgres: Database, tmp_path: Path, hangs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgdump, "LONGEST_SECONDS", 0)
    copying = asyncio.create_task(postgres.backup(tmp_path / "copy"))
    process = int(await asyncio.to_thread(hangs.read_text))
    with pytest.raises(BackupFailed, match="pg_dump was not done after"):
        await copying
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
