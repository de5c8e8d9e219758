"""The database: the only room that knows SQLite from PostgreSQL. A transaction is a function, run whole."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Literal, TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from .backup import restore_sqlite
from .errors import (
    BackupFailed,
    DatabaseBusy,
    DatabaseClosed,
    DatabaseUnreachable,
    DatabaseUrlRefused,
    FailureIgnored,
    NestedTransaction,
    StorageError,
    WriteConflict,
)
from .lock import FileLock
from .pgdump import restore_postgres
from .postgres import PostgresEngine
from .sqlite import SqliteEngine, database_path
from .work import Kind, Work, refuse_nesting

__all__ = [
    "BackupFailed",
    "Database",
    "DatabaseBusy",
    "DatabaseClosed",
    "DatabaseUnreachable",
    "DatabaseUrlRefused",
    "FailureIgnored",
    "NestedTransaction",
    "StorageError",
    "Work",
    "WriteConflict",
    "file_of",
    "parse_url",
]

T = TypeVar("T")


class Database:
    """The memory: reads beside each other, writes one after another, each a plain function over a session.

    A work function holds no state outside and awaits nothing, since it may be run twice. It never commits:
    returning saves, raising undoes.
    """

    dialect: Literal["sqlite", "postgresql"]

    def __init__(self, engine: SqliteEngine | PostgresEngine) -> None:
        self.dialect = "sqlite" if isinstance(engine, SqliteEngine) else "postgresql"
        self._engine = engine
        self._closing = False
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._numbers = count()
        # When each write that is not answered yet was asked for; the oldest stands first.
        self._unanswered: dict[int, float] = {}
        self._close_turn = asyncio.Lock()
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, exclusive: bool = False, rng: Random | None = None) -> "Database":
        """Open `sqlite+aiosqlite:///path/reps.db` or `postgresql+asyncpg://...`; close it in the same loop.

        `exclusive` keeps every other process out of a SQLite file; where SQLite or the disk is unsafe (see
        `advice`) that happens by itself. `rng` spreads PostgreSQL's retries. Raises DatabaseUrlRefused,
        DatabaseUnreachable or DatabaseBusy.
        """
        address = parse_url(url)
        try:
            if address.get_backend_name() == "sqlite":
                path = database_path(address)
                return cls(await asyncio.to_thread(SqliteEngine, path, exclusive=exclusive))
            return cls(await PostgresEngine.open(address, rng or Random()))
        except (OSError, DBAPIError) as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise DatabaseUnreachable(f"{address!r} cannot be opened: {reason}.") from error

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one unchanging view of the data and return its result; it cannot write."""
        with self._flight("read"):
            return await self._engine.read(work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one writing transaction, perhaps twice, and return its result once it is committed.

        What it raises undoes it and reaches only this caller. Raises WriteConflict where others kept changing
        the same rows (PostgreSQL).
        """
        with self._flight("write"):
            number = next(self._numbers)
            self._unanswered[number] = perf_counter()
            try:
                return await self._engine.write(work)
            finally:
                del self._unanswered[number]

    async def backup(self, target: Path) -> None:
        """Copy the whole database, as of one moment and while it is used, to `target`; checks the copy.

        Raises BackupFailed.
        """
        with self._flight("read"):
            await self._engine.backup(target)

    @staticmethod
    async def restore(source: Path, url: str) -> Path | None:
        """Put a backup in the place of the database at `url`, which nobody may have open.

        Returns where the replaced SQLite file is kept. Raises BackupFailed or DatabaseBusy; then nothing
        was replaced.
        """
        address = parse_url(url)
        if address.get_backend_name() == "sqlite":
            return await asyncio.to_thread(_restore, source, database_path(address))
        await asyncio.to_thread(restore_postgres, source, address)
        return None

    def advice(self) -> tuple[str, ...]:
        """What the operator should know about this database's safety, in plain sentences; mostly nothing."""
        return self._engine.advice

    def waiting(self) -> tuple[int, float]:
        """How many writes are not answered yet, and for how many seconds the oldest has been waiting."""
        oldest = next(iter(self._unanswered.values()), None)
        return len(self._unanswered), 0.0 if oldest is None else perf_counter() - oldest

    async def size(self) -> int:
        """How many bytes the database takes, its log included."""
        with self._flight("read"):
            return await self._engine.size()

    async def room(self) -> int | None:
        """How many bytes its disk has left; None where the disk is a server's."""
        return await self._engine.room()

    async def close(self) -> None:
        """Refuse what comes, finish what is under way, then let go of everything. May be called again."""
        self._closing = True
        async with self._close_turn:
            await self._idle.wait()
            if not self._closed:
                self._closed = True
                await self._engine.close()

    @contextmanager
    def _flight(self, kind: Kind) -> Iterator[None]:
        refuse_nesting(kind)
        if self._closing:
            raise DatabaseClosed
        self._in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()


def parse_url(url: str) -> URL:
    """Read a database address. Raises DatabaseUrlRefused, which says what to write."""
    try:
        address: URL | None = make_url(url)
    except ArgumentError:
        address = None
    if address is None or address.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
        raise DatabaseUrlRefused(
            "A database address begins with sqlite+aiosqlite:///, followed by a path, or with "
            "postgresql+asyncpg://, followed by user:password@host/name."
        )
    if address.drivername == "postgresql+asyncpg" and find_spec("asyncpg") is None:
        raise DatabaseUrlRefused(
            "PostgreSQL needs one more package: pip install -c constraints.txt -e '.[postgres]'"
        )
    return address


def file_of(url: str) -> Path | None:
    """The SQLite file an address names; None for PostgreSQL. Raises DatabaseUrlRefused."""
    address = parse_url(url)
    return database_path(address) if address.get_backend_name() == "sqlite" else None


def _restore(source: Path, database: Path) -> Path | None:
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(database, exclusive=True)
    try:
        return restore_sqlite(source, database)
    finally:
        lock.release()
