"""SQLite's one writer: a thread that commits waiting work together, a savepoint for each.

One fsync serves everyone who was waiting for it, and since nobody else writes, nobody waits for a lock.
"""

import asyncio
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy import Engine

from .errors import DatabaseBusy, DatabaseClosed
from .work import Work, carry_out

T = TypeVar("T")

GROUP_ITEMS = 64
GROUP_SECONDS = 0.005
SLOW_SECONDS = 0.020

_log = logging.getLogger(__name__)


class GroupedConnection(sqlite3.Connection):
    """A driver connection on which SQLAlchemy's transactions are savepoints inside the writer's group.

    SQLAlchemy begins with `BEGIN_ITEM` (through its `begin` listener) and ends with commit() or rollback();
    only the writer begins and commits for good. A savepoint of SQLAlchemy's own costs four times as much.
    """

    BEGIN_ITEM = "SAVEPOINT item"

    def commit(self) -> None:
        self.execute("RELEASE item")

    def rollback(self) -> None:
        # Some errors (a full disk, ON CONFLICT ROLLBACK) have already rolled back everything.
        if self.in_transaction:
            self.execute("ROLLBACK TO item")
            self.execute("RELEASE item")

    def begin_group(self) -> None:
        """Take the write lock at once: taken later, another process's write in between would fail ours."""
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise DatabaseBusy(
                "Another process kept the database to itself for too long, so nothing was saved; try again."
            ) from error

    def commit_group(self) -> None:
        """Make the group durable."""
        self.execute("COMMIT")

    def undo_group(self) -> None:
        """Forget the group, if it is not already gone."""
        if self.in_transaction:
            self.execute("ROLLBACK")


class _GroupDied(Exception):
    """The group's transaction ended under it."""


@dataclass(frozen=True, slots=True)
class _Item:
    work: Work[Any]
    answer: asyncio.Future[Any]
    context: Context


@dataclass(frozen=True, slots=True)
class _Outcome:
    item: _Item
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Carries out every write to one SQLite database, in the order asked for.

    `engine` must give GroupedConnections. The thread is a daemon: a process that dies without `stop` is not
    kept alive, and loses only work that nobody was told is saved.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._gate = Lock()
        self._stopping = False
        self._last_seen = False
        self._thread = Thread(target=self._run, name="reps-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Work[T]) -> T:
        """Run `work` in turn and return its result once it is committed.

        Cancelled while waiting, it is skipped; cancelled while running, it is still committed.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        with self._gate:
            if self._stopping:
                raise DatabaseClosed
            self._queue.put(_Item(work, answer, copy_context()))
        return await answer

    def stop(self) -> None:
        """Refuse new work, finish what waits, and end the thread; blocks until then."""
        with self._gate:
            if not self._stopping:
                self._stopping = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._last_seen and (first := self._queue.get()) is not None:
                _answer(self._group(first))
        finally:
            self._connection.close()

    def _group(self, first: _Item) -> list[_Outcome]:
        """Carry out `first` and what waits behind it; nobody is answered before COMMIT has returned."""
        try:
            driver = self._driver()
            driver.begin_group()
        except Exception as error:
            return [_Outcome(first, error=error)]
        done: list[_Outcome] = []
        try:
            for item in self._waiting(first):
                done.append(self._attempt(item))
                if not driver.in_transaction:
                    raise _GroupDied
            driver.commit_group()
        except Exception as error:
            self._undo(driver)
            _log.warning("A group of %d writes failed (%r); running each alone.", len(done), error)
            return [self._alone(outcome.item) for outcome in done]
        return done

    def _waiting(self, first: _Item) -> Iterator[_Item]:
        closes = perf_counter() + GROUP_SECONDS
        item: _Item | None = first
        for place in range(GROUP_ITEMS):
            if place:
                if perf_counter() >= closes:
                    return
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    return
            if item is None:
                self._last_seen = True
                return
            if not item.answer.cancelled():
                yield item

    def _alone(self, item: _Item) -> _Outcome:
        try:
            driver = self._driver()
            driver.begin_group()
        except Exception as error:
            return _Outcome(item, error=error)
        outcome = self._attempt(item)
        try:
            if outcome.error is None:
                driver.commit_group()
        except Exception as error:
            outcome = _Outcome(item, error=error)
        self._undo(driver)
        return outcome

    def _undo(self, driver: GroupedConnection) -> None:
        try:
            driver.undo_group()
        except sqlite3.Error:
            _log.exception("A rollback failed; the writer connects anew.")
            self._connection.invalidate()

    def _attempt(self, item: _Item) -> _Outcome:
        started = perf_counter()
        try:
            return _Outcome(item, item.context.run(carry_out, "write", item.work, self._connection))
        except BaseException as error:
            return _Outcome(item, error=error)
        finally:
            if (seconds := perf_counter() - started) > SLOW_SECONDS:
                # Its name alone: what a partial was given can be somebody's words, or a thousand pairs.
                work = getattr(item.work, "func", item.work)
                _log.warning("A write held everyone up for %.0f ms: %r", seconds * 1000, work)

    def _driver(self) -> GroupedConnection:
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, GroupedConnection)
        return driver


def _answer(outcomes: list[_Outcome]) -> None:
    # One wake-up per loop and group: waking the loop for each item costs more than the item.
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_loop[outcome.item.answer.get_loop()].append(outcome)
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_deliver, answers)
        except RuntimeError:
            _log.warning("%d writes ended after their event loop had closed.", len(answers))


def _deliver(answers: list[_Outcome]) -> None:
    for outcome in answers:
        answer, error = outcome.item.answer, outcome.error
        if answer.done():
            continue
        if error is None:
            answer.set_result(outcome.value)
        else:
            answer.set_exception(error)
