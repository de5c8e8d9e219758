"""PostgreSQL: SERIALIZABLE transactions, run again when the server refuses to put them in an order."""

import asyncio
from contextlib import nullcontext, suppress
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, ExceptionContext, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .errors import BackupFailed, WriteConflict
from .pgdump import dump_postgres
from .work import Kind, Work, carry_out, watch_failures

T = TypeVar("T")

POOL = 10
TRIES = 24
FIRST_PAUSE_SECONDS = 0.004
LONGEST_PAUSE_SECONDS = 0.25
_SERIALIZATION_FAILURE = "40001"
_DEADLOCK = "40P01"
_UNIQUE_VIOLATION = "23505"


class PostgresEngine:
    """One PostgreSQL database, shared with any number of other processes."""

    advice: tuple[str, ...] = ()

    def __init__(self, url: URL, rng: Random) -> None:
        self._url = url
        self._rng = rng
        self._writing = create_async_engine(
            url,
            isolation_level="SERIALIZABLE",
            pool_size=POOL,
            max_overflow=0,
            hide_parameters=True,  # an error in the log must not quote an answer (M7)
            connect_args={"server_settings": {"application_name": "reps", "TimeZone": "UTC"}},
        )
        watch_failures(self._writing.sync_engine)
        _forget_details(self._writing.sync_engine)
        # One snapshot for the whole read is what a card needs. SERIALIZABLE would add only order among
        # transactions, at the price of retries here and of aborting writers; what is decided from a read is
        # checked again by the write that saves it.
        self._reading = self._writing.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, url: URL, rng: Random) -> "PostgresEngine":
        """Make the pool and prove that the server answers."""
        engine = cls(url, rng)
        try:
            async with engine._reading.connect():
                pass
        except BaseException:
            await engine.close()
            raise
        return engine

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one snapshot; a statement that writes is refused by the server."""
        try:
            return await self._once(self._reading, "read", work)
        except DBAPIError as error:
            if not _connection_lost(error):
                raise
            return await self._once(self._reading, "read", work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` until a whole run, COMMIT included, is accepted. Raises WriteConflict after TRIES."""
        refusal: DBAPIError | None = None
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self._pause(attempt))
            # Whoever lost twice waits in line, so that this process stops competing with itself.
            turn = self._turn if attempt > 1 else nullcontext()
            try:
                async with turn:
                    return await self._once(self._writing, "write", work)
            except DBAPIError as error:
                if not _worth_another_try(error, refusal):
                    raise
                refusal = error
        raise WriteConflict(TRIES) from refusal

    async def _once(self, engine: AsyncEngine, kind: Kind, work: Work[T]) -> T:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda plain: carry_out(kind, work, plain))

    def _pause(self, attempt: int) -> float:
        return self._rng.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))

    async def backup(self, target: Path) -> None:
        """Dump the database as it is at this moment to `target`, by pg_dump."""
        stop = Event()
        copying = asyncio.ensure_future(asyncio.to_thread(dump_postgres, self._url, target, stop))
        try:
            await asyncio.shield(copying)
        except asyncio.CancelledError:
            # A thread is not cancelled: without this the program, and the bot's end, would take their time.
            stop.set()
            with suppress(BackupFailed):
                await copying
            raise

    async def size(self) -> int:
        """The database as its server counts it."""
        size = select(func.pg_database_size(func.current_database()))
        return await self.read(lambda db: db.scalars(size).one())

    async def room(self) -> None:
        """The disk is the server's."""

    async def close(self) -> None:
        """Close every connection."""
        await self._writing.dispose()


def _forget_details(engine: Engine) -> None:
    """Keep a failure's first line only: PostgreSQL's DETAIL quotes the row, and rows hold answers (M7)."""

    @event.listens_for(engine, "handle_error")
    def shorten(context: ExceptionContext) -> None:
        driver: Any = getattr(context.original_exception, "__cause__", None)
        if getattr(driver, "detail", None):
            driver.detail = None
        for error in (context.original_exception, context.sqlalchemy_exception):
            if error is not None and error.args and isinstance(error.args[0], str):
                error.args = (error.args[0].partition("\n")[0], *error.args[1:])


def _worth_another_try(error: DBAPIError, before: DBAPIError | None) -> bool:
    state = _state(error)
    if state in (_SERIALIZATION_FAILURE, _DEADLOCK):
        return True
    if state == _UNIQUE_VIOLATION:
        # Two looked for a row, found none and inserted it: run again, the loser finds it. Twice is no race.
        return before is None or _state(before) != _UNIQUE_VIOLATION
    return before is None and _connection_lost(error)


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _connection_lost(error: DBAPIError) -> bool:
    """Whether an old connection was dead before anything could be saved: a lost COMMIT has no statement."""
    return error.connection_invalidated and error.statement is not None
