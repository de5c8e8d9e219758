"""GUARANTEES P4: 10,000 questions due in the same second, and a tick that finds nothing due in a million schedules.

Beside it, APScheduler with one job for each schedule. The loopback Discord, in a process of its own, answers as
fast as it can: no rate limit but its own speed. Run: python -m tests.bench.bench_storm
"""

import asyncio
import gc
import itertools
import logging
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import discord
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from bot.assembly import build_bot, open_house
from bot.client.cards import card
from bot.client.posting import DiscordPoster
from bot.client.weather import Weather
from bot.clock import SystemClock
from bot.config import DATA
from bot.domain.calendar import Recurrence
from bot.logs import start_logging
from bot.services.deliveries import ANYTHING_DUE
from bot.storage.tables import Schedule, Server
from tests.bench.figures import Figure, median, milliseconds, report
from tests.support.fake_discord import fake_discord, logged_in
from tests.support.postgres import PostgresServer
from tests.support.worker import unsettled

STORM = 10_000
SCHEDULES = 1_000_000
TICKS = 3000
HEARTBEAT = 0.001
STALL_MS, TICK_MS = 50.0, 0.1
DISCORDS_RATE = 50  # requests a second, for a bot, everywhere together


@dataclass(frozen=True, slots=True)
class Storm:
    """How one storm went."""

    lost: int
    doubled: int
    seconds: float
    stall: float  # the heartbeat's worst lateness, in seconds


def serve(pipe: Connection) -> None:
    """A loopback Discord in a process of its own, until it is asked what it holds."""

    async def run() -> None:
        async with fake_discord(SystemClock()) as fake:
            pipe.send(fake.base)
            while (question := await asyncio.to_thread(pipe.recv)) != "end":
                pipe.send(fake.nonces())
                if question == "clear":
                    fake.channels.clear()

    asyncio.run(run())


class Remote:
    """The loopback Discord as the bench sees it."""

    def __init__(self) -> None:
        self._pipe, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        self.base: str = self._pipe.recv()

    def clear(self) -> Counter[str]:
        """What was posted since the last time."""
        self._pipe.send("clear")
        posted: Counter[str] = self._pipe.recv()
        return posted

    def close(self) -> None:
        self._pipe.send("end")
        self._process.join()


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How late a one-millisecond beat came, each time, while inside."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(HEARTBEAT)
            late.append(time.perf_counter() - before - HEARTBEAT)

    heart = asyncio.create_task(beat())
    try:
        yield late
    finally:
        heart.cancel()


async def our_storm(url: str, remote: Remote, *, frozen: bool) -> Storm:
    """The real duty over the real house; `frozen` leaves what the start made out of garbage collection."""
    due = SystemClock().now().replace(microsecond=0)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(url, bank_dir=DATA / "bank"))
        bot = build_bot(house, tick=None, shard_count=1)
        assert bot.clockwork is not None
        look = bot.clockwork.rounds[0].run  # type: ignore[attr-defined]
        await stack.enter_async_context(logged_in(remote.base, bot))
        await house.database.write(lambda db: plan(db, due))
        if frozen:
            gc.collect()
            gc.freeze()
            stack.callback(gc.unfreeze)
        late = await stack.enter_async_context(heartbeat())
        before = time.perf_counter()
        while await house.database.read(lambda db: unsettled(db, due)):
            await look()
        seconds = time.perf_counter() - before
    return counted(remote, seconds, late)


def plan(db: Session, due: datetime) -> None:
    """A server for each schedule, all due in the same second."""
    ids = range(1, STORM + 1)
    db.execute(
        insert(Server),
        [{"id": id, "discord_id": id, "name": "x", "zone": "UTC", "created_at": due} for id in ids],
    )
    db.execute(insert(Schedule), [schedule(id, due) for id in ids])


def schedule(id: int, due: datetime) -> dict[str, Any]:
    """A daily question of a server of its own."""
    return {
        "server_id": id,
        "kind": "question",
        "channel_id": id,
        "recurrence": Recurrence.daily(time_of_day(due.hour, due.minute)).as_json(),
        "options": {},
        "next_due_at": due,
        "next_date": due.date(),
        "created_by": 1,
        "created_at": due,
    }


async def apscheduler_storm(remote: Remote) -> Storm:
    """One job for each schedule, with APScheduler's own defaults; each posts with the real client."""
    client = discord.Client(intents=discord.Intents.none())
    async with logged_in(remote.base, client), heartbeat() as late:
        poster = DiscordPoster(client, SystemClock(), Weather())

        async def post(id: int) -> None:
            await poster.post(id, card("A question."), nonce=f"job{id}")

        ends, over = itertools.count(1), asyncio.Event()

        def ended(event: object) -> None:
            if next(ends) == STORM:
                over.set()

        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_listener(ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        due = SystemClock().now() + timedelta(seconds=3)
        for id in range(1, STORM + 1):
            scheduler.add_job(post, DateTrigger(due), args=(id,), id=str(id))
        before = time.perf_counter()
        scheduler.start()
        await over.wait()
        seconds = time.perf_counter() - before
        scheduler.shutdown()
    return counted(remote, seconds, late)


async def idle_stall() -> float:
    """What the machine itself does to a loop that has nothing to do."""
    async with heartbeat() as late:
        await asyncio.sleep(5)
    return max(late)


def counted(remote: Remote, seconds: float, late: list[float]) -> Storm:
    """What a storm came to."""
    posted = remote.clear()
    return Storm(STORM - len(posted), posted.total() - len(posted), seconds, max(late))


def figures_of(name: str, ours: Storm, baseline: Storm) -> list[Figure]:
    """A storm beside APScheduler's."""
    rate = STORM / ours.seconds
    return [
        Figure(
            "P4",
            f"lost of {STORM:,} due at once, {name}",
            f"{ours.lost}, doubled {ours.doubled}",
            f"{baseline.lost:,}",
            asked="0",
            held=ours.lost == ours.doubled == 0,
        ),
        Figure(
            "P4",
            f"loop stall while sending, {name}",
            milliseconds(ours.stall),
            milliseconds(baseline.stall),
            asked=f"<= {STALL_MS:.0f} ms",
            held=1000 * ours.stall <= STALL_MS,
        ),
        Figure(
            "P4",
            f"sent a second, no limit but the machine's, {name}",
            f"{rate:.0f}",
            "",
            asked=f">= {DISCORDS_RATE} (Discord's limit)",
            held=rate >= DISCORDS_RATE,
        ),
    ]


# --- the tick that finds nothing


async def ticks(call: Callable[[], Awaitable[object]]) -> list[float]:
    """Seconds of each call."""
    took = []
    for _ in range(TICKS):
        before = time.perf_counter()
        await call()
        took.append(time.perf_counter() - before)
    return took


def fill(path: Path, later: datetime) -> None:
    """A million schedules, each due at another moment after `later`."""
    db = sqlite3.connect(path, isolation_level=None)
    names = [row[1] for row in db.execute("PRAGMA table_info(schedules)")]
    db.execute("BEGIN")
    db.execute(
        "INSERT INTO servers (id, discord_id, name, zone, created_at) VALUES (1, 1, 'x', 'UTC', ?)",
        (_text(later),),
    )
    row = {**schedule(1, later), "recurrence": '{"at": "09:00"}', "options": "{}"}
    row |= {"next_date": later.date().isoformat(), "created_at": _text(later)}
    used = [name for name in names if name in row]
    statement = f"INSERT INTO schedules ({', '.join(used)}) VALUES ({', '.join('?' * len(used))})"
    db.executemany(
        statement,
        (
            [
                _text(later + timedelta(milliseconds=86 * n)) if name == "next_due_at" else row[name]
                for name in used
            ]
            for n in range(SCHEDULES)
        ),
    )
    db.execute("COMMIT")
    db.close()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


async def our_ticks(folder: Path) -> tuple[list[float], list[float]]:
    """Seconds of whole idle calls, and of the statement alone in its thread."""
    clock = SystemClock()
    url = f"sqlite+aiosqlite:///{folder / 'idle.db'}"
    async with open_house(url, bank_dir=DATA / "bank"):
        """Makes the tables."""
    fill(folder / "idle.db", clock.now() + timedelta(days=1))
    async with open_house(url, bank_dir=DATA / "bank") as house:
        assert await house.services.deliveries.idle()
        whole = await ticks(house.services.deliveries.idle)
        statement: list[float] = []

        def work(db: Session) -> None:
            before = time.perf_counter()
            db.scalar(ANYTHING_DUE, {"now": clock.now()})
            statement.append(time.perf_counter() - before)

        for _ in range(TICKS):
            await house.database.read(work)
    return whole, statement


def bare_ticks(folder: Path) -> list[float]:
    """Seconds of the same look by the driver alone, in the same thread."""
    compiled = ANYTHING_DUE.compile(create_engine("sqlite://"))
    named = compiled.construct_params({"now": _text(SystemClock().now())})
    statement, values = str(compiled), [named[name] for name in compiled.positiontup or ()]
    db = sqlite3.connect(folder / "idle.db")
    took = []
    for _ in range(TICKS):
        before = time.perf_counter()
        db.execute(statement, values).fetchone()
        took.append(time.perf_counter() - before)
    db.close()
    return took


async def apscheduler_ticks(folder: Path) -> list[float]:
    """Seconds of APScheduler's own look at as many jobs kept in SQLite."""
    store = SQLAlchemyJobStore(f"sqlite:///{folder / 'jobs.db'}")
    scheduler = AsyncIOScheduler(timezone="UTC", jobstores={"default": store})
    scheduler.start(paused=True)
    later = SystemClock().now().timestamp() + 86_400
    db = sqlite3.connect(folder / "jobs.db")
    rows = ((str(n), later + 0.086 * n, b"") for n in range(SCHEDULES))
    db.executemany("INSERT INTO apscheduler_jobs VALUES (?, ?, ?)", rows)
    db.commit()
    db.close()

    async def tick() -> None:
        assert not store.get_due_jobs(SystemClock().now())

    took = await ticks(tick)
    scheduler.shutdown()
    return took


def main() -> int:
    start_logging("CRITICAL", "text")
    # Each job it drops is a warning.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="reps-storm-") as name:
        folder = Path(name)
        remote, server = Remote(), PostgresServer(folder / "data")
        try:
            baseline = asyncio.run(apscheduler_storm(remote))
            for engine, frozen in (("sqlite", False), ("sqlite", True), ("postgresql", True)):
                url = f"sqlite+aiosqlite:///{folder / f'storm-{frozen}.db'}"
                if engine == "postgresql":
                    url = server.url(server.create())
                ours = asyncio.run(our_storm(url, remote, frozen=frozen))
                figures += figures_of(f"{engine}, gc.freeze()" if frozen else engine, ours, baseline)
            idle = asyncio.run(idle_stall())
        finally:
            server.stop()
            remote.close()
        whole, statement = asyncio.run(our_ticks(folder))
        bare, theirs = bare_ticks(folder), asyncio.run(apscheduler_ticks(folder))
    for what, took, beside in (
        ("its statement by the driver alone", bare, None),
        ("its statement by SQLAlchemy, in the reader's thread", statement, None),
        ("the whole call", whole, theirs),
    ):
        figures.append(
            Figure(
                "P4",
                f"idle tick at {SCHEDULES:,} schedules, SQLite: {what}",
                f"{1000 * median(took):.3f} ms",
                f"{1000 * median(beside):.3f} ms" if beside else "",
                asked=f"<= {TICK_MS} ms",
                held=1000 * median(took) <= TICK_MS,
            )
        )
    figures.append(Figure("", "loop stall of an idle loop, the same minute", milliseconds(idle), ""))
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
