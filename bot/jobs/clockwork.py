"""Clockwork: APScheduler wakes the duties; the calendar itself is in the database."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import SystemClock
from bot.services.duties import BEATS_MISSED, Duties

log = structlog.get_logger()

# A supervisor kills after ten seconds, or not much later. What is cut short is taken up by the next start.
ENDS_WITHIN = 8.0


@dataclass(frozen=True)
class Duty:
    """Something done again and again; `run` may fail, the next round comes all the same."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


class Clockwork:
    """Runs each duty at its interval, never twice at once, and notes its heartbeats (D6)."""

    def __init__(self, duties: Duties, rounds: tuple[Duty, ...]) -> None:
        self._duties = duties
        self.rounds = rounds
        self._locks = {duty.name: asyncio.Lock() for duty in rounds}
        self._runners: dict[str, asyncio.Task[Any] | None] = {}
        self._failures = {duty.name: 0 for duty in rounds}
        self._scheduler: AsyncIOScheduler | None = None
        self._last_run: dict[str, float] = {}
        self._woken: set[asyncio.Task[None]] = set()

    async def run(self, duty: Duty) -> None:
        """One round of a duty; its failure is logged and counted, never raised."""
        async with self._locks[duty.name]:
            self._last_run[duty.name] = asyncio.get_running_loop().time()
            self._runners[duty.name] = asyncio.current_task()
            # Whoever woke it is not whom its rows belong to.
            structlog.contextvars.unbind_contextvars("interaction", "guild")
            with structlog.contextvars.bound_contextvars(duty=duty.name):
                await self._round(duty)

    async def _round(self, duty: Duty) -> None:
        try:
            await duty.run()
        except Exception:
            self._failures[duty.name] += 1
            log.exception("duty failed", failures=self._failures[duty.name])
        else:
            self._failures[duty.name] = 0
        await self.beat(duty.name)

    async def beat(self, name: str) -> None:
        """Note that a duty is alive: after each round, and by itself in the midst of a long one."""
        (every,) = (duty.every for duty in self.rounds if duty.name == name)
        try:
            await self._duties.beat(name, every, failures=self._failures[name])
        except Exception:
            # A database that cannot take a heartbeat shows in health as silence.
            log.exception("heartbeat not written")

    async def run_all(self) -> None:
        """One round of every duty, in order; for tests, the demo's clock and the first start."""
        for duty in self.rounds:
            await self.run(duty)

    def wake(self) -> None:
        """Run the first duty now instead of at its next interval."""
        task = asyncio.get_running_loop().create_task(self.run(self.rounds[0]))
        self._woken.add(task)
        task.add_done_callback(self._woken.discard)

    def start(self) -> None:
        """Begin waking the duties."""
        scheduler = self._scheduler = AsyncIOScheduler(timezone="UTC")
        for duty in self.rounds:
            self._duties.expect(duty.name, duty.every)
            scheduler.add_job(
                self.run,
                IntervalTrigger(seconds=duty.every.total_seconds()),
                args=(duty,),
                id=duty.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        # A context of its own, so that nothing of whoever starts it clings to every later round.
        contextvars.Context().run(scheduler.start)
        contextvars.Context().run(self._watch)

    def _watch(self) -> None:
        """Wake what overslept: APScheduler goes by the machine's clock, and set back an hour, it sleeps an hour."""
        if (scheduler := self._scheduler) is None:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        for duty in self.rounds:
            due = self._last_run.setdefault(duty.name, now) + BEATS_MISSED * duty.every.total_seconds()
            if now >= due and not self._locks[duty.name].locked():
                log.warning("woken late; was the clock set back?", duty=duty.name)
                self._last_run[duty.name] = now
                scheduler.modify_job(duty.name, next_run_time=SystemClock().now())
        loop.call_later(min(duty.every for duty in self.rounds).total_seconds(), self._watch)

    async def stop(self) -> None:
        """Stop waking, and let the rounds under way finish, or cut them short after a while.

        A round may itself ask for it, and is not waited for.
        """
        if self._scheduler is not None:
            # Not shut down, which would cancel the rounds under way; paused, it wakes nothing any more.
            self._scheduler.pause()
            self._scheduler = None
            # A round woken just now has not taken its lock yet.
            await asyncio.sleep(0)
        me = asyncio.current_task()
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await self._finished(me)
        except TimeoutError:
            late = [
                runner
                for name, lock in self._locks.items()
                if lock.locked() and (runner := self._runners[name]) not in (None, me)
            ]
            log.warning("rounds cut short", rounds=len(late))
            for runner in late:
                runner.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _finished(self, me: asyncio.Task[Any] | None) -> None:
        for name, lock in self._locks.items():
            if self._runners.get(name) is not me:
                async with lock:
                    pass
        if others := self._woken - {me}:
            await asyncio.gather(*others, return_exceptions=True)
