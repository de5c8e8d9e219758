"""Brings a database to the tables of this version of Reps, whole or not at all.

How to add a step is told in `migrations/env.py`.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import pathsep
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    NullPool,
    column,
    create_engine,
    func,
    inspect,
    literal,
    select,
    table,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from .database import DatabaseUnreachable, StorageError, parse_url
from .database.backup import copy_sqlite
from .database.lock import FileLock
from .database.pgdump import dump_postgres
from .database.sqlite import database_path
from .tables import Base

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Alembic is imported only where it is needed: most starts have nothing to migrate, and it takes megabytes.

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = (MIGRATIONS / "versions",)
# How Alembic looks at a database, in env.py and in `drift`. SQLite changes most things only by copying the
# table, which is Alembic's batch mode.
OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "compare_server_default": True,
    "render_as_batch": True,
}
_VERSION = table("alembic_version", column("version_num"))
# Any number will do, as long as every version of Reps takes the same one.
_TURN = int.from_bytes(b"reps")
# Alembic speaks through globals, `op` and `context`: two databases migrated by one process take turns too.
_ALEMBIC = Lock()


class DatabaseTooNew(StorageError):
    """The database was already brought to tables this version of Reps does not know."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"This database was last used by a newer Reps: its tables are at {revision}, which this version "
            "does not know. Nothing was changed. Start the newer version, or restore the backup it made first."
        )


class MigrationFailed(StorageError):
    """A migration could not be carried out; the database is as it was before."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What one call of `migrate` found and did; the same revision twice means there was nothing to do."""

    from_revision: str | None
    to_revision: str | None
    backup: Path | None


async def migrate(
    url: str, *, backups: Path | None = None, revision: str = "head", versions: Sequence[Path] = VERSIONS
) -> Migrated:
    """Bring the database to `revision`; call it before `Database.open`.

    A database that holds rows is first copied, as of that moment and checked, into the folder `backups`; by
    default `backups` beside the SQLite file, while PostgreSQL is then left to its operator's own backups.
    `versions` are the folders the migrations lie in. Raises DatabaseTooNew, MigrationFailed, BackupFailed,
    DatabaseBusy, DatabaseUnreachable or DatabaseUrlRefused, and then nothing was changed.
    """
    return await asyncio.to_thread(_migrate, url, backups, revision, versions)


async def downgrade(url: str, revision: str, *, versions: Sequence[Path] = VERSIONS) -> None:
    """Take the tables back to `revision`, and what they held later with them. Makes no backup.

    Raises what `migrate` raises.
    """

    from alembic import command

    def work(connection: Connection) -> None:
        config = _configure(versions, connection)
        _known(_script(config), _revision(connection))
        _carry_out(command.downgrade, config, revision)

    await asyncio.to_thread(transact, url, work)


async def at_head(url: str) -> bool:
    """Whether `migrate` would find nothing to do; makes no file and waits for nobody."""
    found, head = await _revisions(url)
    return found == head


async def revisions(url: str) -> tuple[str | None, str | None]:
    """The revision a database is at and the one this version brings it to; makes no file and waits for nobody.

    Raises DatabaseTooNew, DatabaseUnreachable or DatabaseUrlRefused.
    """
    found, head = await _revisions(url)
    _known(_script(_configure(VERSIONS)), found)
    return found, head


async def _revisions(url: str) -> tuple[str | None, str | None]:
    head = _script(_configure(VERSIONS)).get_current_head()
    return await asyncio.to_thread(_peek, parse_url(url)), head


def drift(connection: Connection) -> list[Any]:
    """What Alembic would change to make a database at head equal to `tables/`; it overlooks CHECKs and enums."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    return list(compare_metadata(MigrationContext.configure(connection, opts=OPTIONS), Base.metadata))


def transact(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` in one transaction fit for changing tables, while no other process migrates. Blocks.

    Returning saves, raising undoes, CREATE and DROP included. Raises DatabaseBusy where another process has
    a SQLite file open, and MigrationFailed where a row would be left that refers to a missing one.
    """
    address = parse_url(url)
    if address.get_backend_name() == "sqlite":
        return _on_sqlite(address, work)
    return asyncio.run(_on_postgres(address, work, alone=True))


def _migrate(url: str, backups: Path | None, revision: str, versions: Sequence[Path]) -> Migrated:
    address = parse_url(url)
    found = _peek(address)
    # Most starts end here, without Alembic.
    if revision == "head" and versions is VERSIONS and found == newest():
        return Migrated(found, found, None)
    from alembic import command

    script = _script(_configure(versions))
    target = script.as_revision_number(revision)
    # Or here: without a lock, so also while the bot runs and a command starts beside it.
    if found == target:
        return Migrated(found, found, None)

    def work(connection: Connection) -> Migrated:
        # Looked at again: another process may have migrated while this one waited for its turn.
        before = _revision(connection)
        _known(script, before)
        if before == target:
            return Migrated(before, before, None)
        backup = _backup(address, backups, f"{before or 'unversioned'}-before-{target}", connection)
        _carry_out(command.upgrade, _configure(versions, connection), revision)
        return Migrated(before, _revision(connection), backup)

    return transact(url, work)


def _carry_out(step: Callable[["Config", str], None], config: "Config", revision: str) -> None:
    try:
        with _ALEMBIC:
            step(config, revision)
    except Exception as error:
        # The first line names the trouble; those after it may hold members' data.
        reason = str(error).partition("\n")[0]
        raise MigrationFailed(
            f"The database could not be brought to {revision}, and is as it was before: {reason}"
        ) from error


def newest() -> str:
    """The last step's revision, read from its file's name; Alembic's head, without Alembic."""
    return max(path.name for path in VERSIONS[0].glob("[0-9]*.py")).partition("_")[0]


def _script(config: "Config") -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def _configure(versions: Sequence[Path], connection: Connection | None = None) -> "Config":
    """Alembic's configuration without a file: an installed Reps has no pyproject.toml."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _escaped(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", pathsep.join(map(_escaped, versions)))
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def _known(script: "ScriptDirectory", revision: str | None) -> None:
    if revision and revision not in {known.revision for known in script.walk_revisions()}:
        raise DatabaseTooNew(revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num))


def _peek(address: URL) -> str | None:
    """The revision a database is at, seen without a lock and without making a file."""
    if address.get_backend_name() != "sqlite":
        with _opening(address):
            return asyncio.run(_on_postgres(address, _revision, alone=False))
    path = database_path(address)
    if not path.exists():
        return None
    query = {"mode": "ro", "uri": "true"}
    if not path.with_name(f"{path.name}-wal").exists():
        # Nobody has it open; otherwise SQLite would leave a log behind that belongs to whoever looked.
        query["immutable"] = "1"
    seen = URL.create("sqlite", database=path.as_uri(), query=query)
    with _opening(address), create_engine(seen, poolclass=NullPool).connect() as connection:
        return _revision(connection)


@contextmanager
def _opening(address: URL) -> Iterator[None]:
    try:
        yield
    except (OSError, DBAPIError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseUnreachable(f"{address!r} cannot be opened: {reason}.") from error


def _backup(address: URL, backups: Path | None, name: str, connection: Connection) -> Path | None:
    """Copy a database that holds rows. Named after the step, so a start that fails again makes no second copy."""
    if not _holds_rows(connection):
        return None
    if address.get_backend_name() == "sqlite":
        path = database_path(address)
        target = (backups or path.parent / "backups") / f"{path.stem}-{name}.db"
        copy_sqlite(path, target)
        return target
    if backups is None:
        return None
    target = backups / f"{address.database}-{name}.dump"
    dump_postgres(address, target)
    return target


def _holds_rows(connection: Connection) -> bool:
    names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    return any(
        connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() for name in names
    )


def _on_sqlite(address: URL, work: Callable[[Connection], T]) -> T:
    path = database_path(address)
    with _opening(address):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, exclusive=True)
    try:
        # isolation_level None: the driver would otherwise commit before CREATE and DROP, and a failed
        # migration would leave half its tables.
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=NullPool,
            connect_args={"isolation_level": None},
        )
        with engine.begin() as connection:
            # WAL first: the rollback journal of a process that died could not be undone by `_peek`.
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            # Batch mode drops the old table, which deletes its children where keys are watched.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            result = work(connection)
            if orphan := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise MigrationFailed(
                    f"A row of {orphan[0]} would refer to a missing row of {orphan[2]}, so the database was "
                    "left as it was before."
                )
            return result
    finally:
        lock.release()


async def _on_postgres(address: URL, work: Callable[[Connection], T], *, alone: bool) -> T:
    # READ COMMITTED: whoever waited for the turn must see what was done meanwhile.
    engine = create_async_engine(
        address,
        poolclass=NullPool,
        isolation_level="READ COMMITTED",
        connect_args={"server_settings": {"application_name": "reps-migrate", "TimeZone": "UTC"}},
    )
    try:
        async with engine.begin() as connection:
            if alone:
                await connection.execute(select(func.pg_advisory_xact_lock(_TURN)))
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
