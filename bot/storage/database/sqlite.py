"""SQLite: one writing and checkpointing connection, and aiosqlite's read-only connections beside it."""

import asyncio
import shutil
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from .backup import copy_sqlite
from .errors import DatabaseUrlRefused
from .hazards import find_hazards
from .lock import FileLock
from .work import Work, carry_out, watch_failures
from .writer import GroupedConnection, Writer

T = TypeVar("T")

BUSY_SECONDS = 5.0
READERS = 4
WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    # FULL, not NORMAL: after COMMIT a member is told "saved" and Discord is told to post. A power cut must
    # not take that back, and one fsync is shared by everyone in the group.
    "PRAGMA synchronous = FULL",
    # What somebody had erased must not stay readable in the file's free pages, nor in every copy made of them (M8).
    "PRAGMA secure_delete = ON",
    # A slow reader lets the log grow; do not keep the room for ever.
    "PRAGMA journal_size_limit = 67108864",
)
READER_PRAGMAS = ("PRAGMA query_only = ON",)
# `hide_parameters` everywhere: an error in the log must not quote an answer (M7).
_CONNECT = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512}


class SqliteEngine:
    """One SQLite file: locked, written by one thread, read by a few."""

    def __init__(self, path: Path, *, exclusive: bool) -> None:
        """Make the file and its folder where they are missing. Blocks. Raises DatabaseBusy."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.advice = find_hazards(path)
        self._lock = FileLock(path, exclusive=exclusive or bool(self.advice))
        try:
            self._writing = create_engine(
                URL.create("sqlite", database=str(path)),
                poolclass=NullPool,
                hide_parameters=True,
                connect_args={**_CONNECT, "factory": GroupedConnection},
            )
            _prepare(self._writing, GroupedConnection.BEGIN_ITEM, WRITER_PRAGMAS)
            self._writer = Writer(self._writing)
        except BaseException:
            self._lock.release()
            raise
        self._reading = create_async_engine(
            URL.create("sqlite+aiosqlite", database=path.as_uri(), query={"mode": "ro", "uri": "true"}),
            pool_size=READERS,
            max_overflow=0,
            hide_parameters=True,
            connect_args=_CONNECT,
        )
        _prepare(self._reading.sync_engine, "BEGIN", READER_PRAGMAS)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one snapshot; a statement that writes is refused by SQLite itself."""
        async with self._reading.connect() as connection:
            return await connection.run_sync(lambda plain: carry_out("read", work, plain))

    async def write(self, work: Work[T]) -> T:
        """Hand `work` to the writer and wait for its COMMIT."""
        return await self._writer.write(work)

    async def backup(self, target: Path) -> None:
        """Copy the database as it is at this moment to `target`, and check the copy."""
        await asyncio.to_thread(copy_sqlite, self._path, target)

    async def size(self) -> int:
        """The file and its log."""
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return await asyncio.to_thread(lambda: sum(file.stat().st_size for file in files if file.exists()))

    async def room(self) -> int:
        """What the file's disk has left for this user."""
        return await asyncio.to_thread(lambda: shutil.disk_usage(self._path.parent).free)

    async def close(self) -> None:
        """Finish all work and let go of the file."""
        # Readers first: the last connection to close does the last checkpoint, and only the writer may.
        await self._reading.dispose()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.stop()
        self._writing.dispose()
        self._lock.release()


def database_path(url: URL) -> Path:
    """The absolute path of the file a SQLite address names."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseUrlRefused("SQLite needs a file: write sqlite+aiosqlite:///path/reps.db.")
    return Path(url.database).expanduser().absolute()


def _prepare(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    """SQLAlchemy's documented listeners: without them the driver decides when a transaction begins, a RELEASE
    commits, and a row survives its rollback."""
    watch_failures(engine)

    @event.listens_for(engine, "connect")
    def connect(driver: Any, record: object) -> None:
        driver.isolation_level = None
        cursor = driver.cursor()
        try:
            for pragma in pragmas:
                cursor.execute(pragma)
            cursor.close()
        except BaseException:
            driver.close()
            raise

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
