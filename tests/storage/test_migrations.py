"""Migrations on both engines: whole or not at all, on databases that hold rows, and equal to the tables."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, TypeVar

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.storage.database import BackupFailed, Database, DatabaseBusy, DatabaseUnreachable, DatabaseUrlRefused
from bot.storage.database.lock import FileLock
from bot.storage.migrate import (
    MIGRATIONS,
    VERSIONS,
    DatabaseTooNew,
    Migrated,
    MigrationFailed,
    at_head,
    downgrade,
    drift,
    migrate,
    newest,
    transact,
)
from bot.storage.tables import Base
from tests.storage.contents import Rows, fill, rows, schema, shared
from tests.support.postgres import PostgresServer

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()

# A child that goes with its parent: with keys watched, copying the parent's table would silently delete it.
TOYS = """
    op.create_table(
        "toys",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("server_id", sa.BigInteger(), sa.ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    )
    op.execute("INSERT INTO toys (id, server_id) SELECT id, id FROM servers")
"""
# SQLite can do this only by copying the table.
MOTTO = """
    with op.batch_alter_table("servers") as servers:
        servers.add_column(sa.Column("motto", sa.String(64), server_default="none", nullable=False))
        servers.alter_column("name", existing_type=sa.String(100), type_=sa.String(120))
"""
NO_MOTTO = """
    with op.batch_alter_table("servers") as servers:
        servers.alter_column("name", existing_type=sa.String(120), type_=sa.String(100))
        servers.drop_column("motto")
"""
HALF = TOYS + MOTTO + '    op.execute("DELETE FROM facts")\n'


async def ask(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` on the database as the migrations see it."""
    return await asyncio.to_thread(transact, url, work)


def step(
    folder: Path, upgrade: str, back: str = "    pass", *, revision: str = "9001", after: Any = HEAD
) -> list[Path]:
    """Write one more migration; returns the folders to migrate with."""
    folder.mkdir(exist_ok=True)
    code = "import os\nimport sqlalchemy as sa\nfrom alembic import op\n"
    code += f"revision, down_revision = {revision!r}, {after!r}\n"
    for name, body in (("upgrade", upgrade), ("downgrade", back)):
        code += f"def {name}():\n{indent(dedent(body), '    ')}\n"
    (folder / f"{revision}_step.py").write_text(code)
    return [*VERSIONS, folder]


async def filled(url: str) -> Rows:
    """A database at head that holds rows; returns them."""
    await migrate(url)
    await ask(url, fill)
    return await ask(url, rows)


@pytest.fixture
def dumps(request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump must not be older than the server, so the server's own comes first."""
    if database_url.startswith("postgresql"):
        server: PostgresServer = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("PATH", str(server.programs), prepend=":")


def test_the_migrations_are_one_line_and_their_names_fit() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [newest()]
    # PostgreSQL refuses a longer one, SQLite does not.
    assert [step.revision for step in script.walk_revisions() if len(step.revision) > 32] == []


async def test_from_nothing_to_head_and_then_nothing_to_do(database_url: str) -> None:
    assert not await at_head(database_url)
    assert await migrate(database_url) == Migrated(None, HEAD, None)
    assert await at_head(database_url)
    assert await migrate(database_url) == Migrated(HEAD, HEAD, None)


def test_a_start_with_nothing_to_migrate_does_without_alembic(sqlite_url: str) -> None:
    asyncio.run(migrate(sqlite_url))
    program = (
        "import asyncio, sys; from bot.storage.migrate import migrate; import bot.assembly; "
        "print(asyncio.run(migrate(sys.argv[1])).to_revision, 'alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, sqlite_url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [HEAD, "False"]


async def test_asking_makes_no_file(sqlite_url: str, tmp_path: Path) -> None:
    assert not await at_head(sqlite_url)
    assert os.listdir(tmp_path) == []


async def test_an_unusable_address_is_refused() -> None:
    with pytest.raises(DatabaseUrlRefused):
        await migrate("mysql://localhost/reps")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:///{}/notes/reps.db",
        "sqlite+aiosqlite:///{}/notes",
        "postgresql+asyncpg://127.0.0.1:1/reps",
    ],
)
async def test_what_cannot_be_opened_is_told_of(url: str, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("These are only my lecture notes.")

    with pytest.raises(DatabaseUnreachable, match="cannot be opened"):
        await migrate(url.format(tmp_path))


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    await ask(database_url, Base.metadata.create_all)
    wanted = await ask(database_url, schema)
    await ask(database_url, Base.metadata.drop_all)
    await migrate(database_url)

    assert await ask(database_url, schema) == wanted
    assert await ask(database_url, drift) == []


async def test_drift_is_seen(database_url: str) -> None:
    await migrate(database_url)
    await ask(
        database_url, lambda connection: connection.execute(text("ALTER TABLE facts ADD COLUMN mood INTEGER"))
    )

    assert [found[0] for found in await ask(database_url, drift)] == ["remove_column"]


async def test_developers_alembic_command_finds_no_drift(database_url: str) -> None:
    await migrate(database_url)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "error", "-m", "alembic", "check"],
        cwd=ROOT,
        env=os.environ | {"REPS_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "No new upgrade operations detected.\n", done.stderr


async def test_back_to_the_first_and_to_nothing_and_up_again(database_url: str) -> None:
    held = await filled(database_url)
    assert [name for name in held if not held[name]] == []

    await downgrade(database_url, "0001")
    first = await ask(database_url, rows)
    assert shared(first, held) == shared(held, first)
    await migrate(database_url)
    again = await ask(database_url, rows)
    assert shared(again, first) == shared(first, again)

    await downgrade(database_url, "base")
    assert await ask(database_url, rows) == {"alembic_version": []}
    assert await migrate(database_url) == Migrated(None, HEAD, None)


async def test_copying_a_table_keeps_its_children_up_and_down_and_up(
    database_url: str, tmp_path: Path, dumps: None
) -> None:
    before = await filled(database_url)
    shape = await ask(database_url, schema)
    folder = tmp_path / "steps"
    step(folder, TOYS, '    op.drop_table("toys")')
    versions = step(folder, MOTTO, NO_MOTTO, revision="9002", after="9001")

    await migrate(database_url, versions=versions)
    up = await ask(database_url, rows)
    assert shared(up, before) == shared(before, up)
    assert up["toys"] == [{"id": 1, "server_id": 1}, {"id": 2, "server_id": 2}]
    assert [server["motto"] for server in up["servers"]] == ["none", "none"]

    await downgrade(database_url, "9001", versions=versions)
    assert (await ask(database_url, rows))["toys"] == up["toys"]
    await downgrade(database_url, str(HEAD), versions=versions)
    assert await ask(database_url, rows) == before
    assert await ask(database_url, schema) == shape

    await migrate(database_url, versions=versions)
    assert await ask(database_url, rows) == up


async def test_a_backup_is_made_only_where_there_is_something_to_lose(
    database_url: str, tmp_path: Path, dumps: None
) -> None:
    backups, versions = tmp_path / "backups", step(tmp_path / "steps", MOTTO, NO_MOTTO)

    assert (await migrate(database_url, backups=backups, revision=str(HEAD))).backup is None
    assert await migrate(database_url, backups=backups, versions=versions) == Migrated(HEAD, "9001", None)
    await downgrade(database_url, str(HEAD), versions=versions)
    assert not backups.exists()

    await ask(database_url, fill)
    assert await migrate(database_url, backups=backups) == Migrated(HEAD, HEAD, None)
    assert not backups.exists()
    done = await migrate(database_url, backups=backups, versions=versions)
    assert (done.from_revision, done.to_revision) == (HEAD, "9001")
    assert done.backup and os.listdir(backups) == [done.backup.name]


async def test_the_backup_restores_what_was_before(database_url: str, tmp_path: Path, dumps: None) -> None:
    before = await filled(database_url)
    shape = await ask(database_url, schema)
    versions = step(tmp_path / "steps", HALF)
    done = await migrate(database_url, backups=tmp_path / "backups", versions=versions)
    assert done.backup
    assert (await ask(database_url, rows))["facts"] == []

    await Database.restore(done.backup, database_url)

    assert await ask(database_url, rows) == before
    assert await ask(database_url, schema) == shape
    assert await at_head(database_url)


async def test_without_a_folder_a_sqlite_backup_lies_beside_the_file(sqlite_url: str, tmp_path: Path) -> None:
    await filled(sqlite_url)
    done = await migrate(sqlite_url, versions=step(tmp_path / "steps", MOTTO))
    assert done.backup == tmp_path / "backups" / f"reps-{HEAD}-before-9001.db"


async def test_without_a_backup_nothing_is_migrated(sqlite_url: str, tmp_path: Path) -> None:
    before = await filled(sqlite_url)
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BackupFailed, match="could not be copied"):
        await migrate(sqlite_url, backups=tmp_path / "file", versions=step(tmp_path / "steps", MOTTO))

    assert await ask(sqlite_url, rows) == before


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            '    raise ValueError("out of luck")',
            "could not be brought to head, and is as it was before: out of luck",
        ),
        ('    op.execute("SELECT * FROM nowhere")', "could not be brought to head"),
        # PostgreSQL refuses this itself; SQLite only when asked at the end.
        ('    op.execute("DELETE FROM members")', "as it was before"),
    ],
    ids=["raises", "bad statement", "orphans"],
)
async def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(
    database_url: str, tmp_path: Path, dumps: None, fault: str, told: str
) -> None:
    before = await filled(database_url)
    shape = await ask(database_url, schema)

    with pytest.raises(MigrationFailed, match=told):
        await migrate(database_url, versions=step(tmp_path / "steps", HALF + fault))

    assert await ask(database_url, rows) == before
    assert await ask(database_url, schema) == shape
    assert await migrate(database_url) == Migrated(HEAD, HEAD, None)


async def migrate_elsewhere(url: str, versions: Sequence[Path] = VERSIONS) -> int:
    """Migrate in a process of its own; returns how it ended."""
    code = (
        "import asyncio, sys, pathlib; from bot.storage.migrate import migrate; "
        "asyncio.run(migrate(sys.argv[1], versions=[*map(pathlib.Path, sys.argv[2:])]))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", code, url, *map(str, versions), cwd=ROOT
    )
    return await process.wait()


async def test_a_process_that_dies_half_way_leaves_everything_as_it_was(
    database_url: str, tmp_path: Path
) -> None:
    before = await filled(database_url)

    assert await migrate_elsewhere(database_url, step(tmp_path / "steps", HALF + "    os._exit(3)")) == 3

    assert await at_head(database_url)
    assert await ask(database_url, rows) == before


async def test_a_process_that_dies_in_a_restored_sqlite_backup_leaves_it_readable(
    sqlite_url: str, tmp_path: Path
) -> None:
    before = await filled(sqlite_url)
    with closing(sqlite3.connect(tmp_path / "reps.db")) as restored:
        restored.execute("PRAGMA journal_mode = DELETE")
    # More than SQLite's cache holds, so that the file itself is written to before the end.
    flood = """
    op.execute("CREATE TABLE toys AS WITH RECURSIVE toy(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM toy LIMIT 20000) "
               "SELECT id, hex(zeroblob(200)) AS name FROM toy")
    os._exit(3)
    """

    assert await migrate_elsewhere(sqlite_url, step(tmp_path / "steps", flood)) == 3

    assert await at_head(sqlite_url)
    assert await ask(sqlite_url, rows) == before


async def test_several_starting_at_once_on_postgres_migrate_once(postgres_url: str) -> None:
    found = await asyncio.gather(*(migrate(postgres_url) for _ in range(4)))

    assert sorted(found, key=str) == [Migrated(HEAD, HEAD, None)] * 3 + [Migrated(None, HEAD, None)]


async def test_two_processes_starting_at_once_on_postgres_both_come_up(postgres_url: str) -> None:
    assert await asyncio.gather(*(migrate_elsewhere(postgres_url) for _ in range(2))) == [0, 0]
    assert await at_head(postgres_url)


async def test_a_sqlite_file_in_use_is_migrated_by_nobody_else(sqlite_url: str, tmp_path: Path) -> None:
    before = await filled(sqlite_url)
    running = FileLock(tmp_path / "reps.db", exclusive=False)

    assert await migrate(sqlite_url) == Migrated(HEAD, HEAD, None)
    with pytest.raises(DatabaseBusy):
        await migrate(sqlite_url, versions=step(tmp_path / "steps", MOTTO))
    with pytest.raises(DatabaseBusy):
        await downgrade(sqlite_url, "base")

    running.release()
    assert await ask(sqlite_url, rows) == before


@pytest.mark.parametrize("act", [migrate, partial(downgrade, revision="base")])
async def test_a_database_newer_than_the_code_is_refused(
    database_url: str, tmp_path: Path, act: Callable[[str], Any]
) -> None:
    await migrate(database_url, versions=step(tmp_path / "steps", MOTTO))
    await ask(database_url, fill)
    newer = await ask(database_url, rows)

    with pytest.raises(
        DatabaseTooNew, match="newer Reps: its tables are at 9001, which this version does not know"
    ):
        await act(database_url)

    assert not await at_head(database_url)
    assert await ask(database_url, rows) == newer
