"""The kill run: workers die by SIGKILL at moments drawn beforehand, again and again, and what they did is counted."""

import asyncio
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bot.domain.calendar import Recurrence
from bot.services.deliveries import nonce_of
from bot.storage.database import Database, Work
from bot.storage.migrate import migrate
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Drop, Schedule, Server, Timer
from tests.support.fake_discord import TORN, FakeDiscord, Fault, fake_discord
from tests.support.worker import AheadClock, Orders, work

PER_SERVER = 10
FIRST_CHANNEL = 1000
NONCE_MEMORY = timedelta(minutes=3)
# Shorter than a lease and longer, within Discord's memory of a nonce and beyond it.
OUTAGES = tuple(timedelta(seconds=seconds) for seconds in (45, 61, 75, 120, 240, 600))
DUE_PER_KILL = timedelta(seconds=40)
# How many requests a worker sees at most before it is killed, times kills by deliveries. With fewer, workers with
# ten rows under way would hardly ever come to settle one.
LONGEST_LIFE = 6
LONGEST_BREATH = 0.03  # seconds between the request that dooms a worker and its death
IDLE = 0.4  # seconds without a request mean that everything is held or not due yet: let time go by
FAULTS = (Fault(503), Fault(503, applied=True), Fault(TORN), Fault(TORN, applied=True))
FAULTY = 0.02

# A child of a process that has imported everything already starts in a twentieth of the time.
_processes = get_context("forkserver")
_processes.set_forkserver_preload(["tests.support.worker"])


@dataclass(frozen=True, slots=True)
class Toll:
    """What a kill run came to. Lost and doubled count questions, answers and threads; both must be nought."""

    deliveries: int
    workers: int
    kills: int  # while something was under way
    outages: int
    forgotten: int  # outages that were longer than Discord remembers a nonce
    looked: int  # times an earlier attempt was looked for
    lost: int
    doubled: int
    seconds: float


class Life:
    """A worker, and the moment it will be killed: so many requests of anybody's from now, and perhaps a breath.

    With no requests to draw from, it lives as long as it likes.
    """

    def __init__(self, process: BaseProcess, requests: int, rng: random.Random) -> None:
        self.process = process
        self.struck = False
        self._step = rng.choice(("asked", "done"))
        self._left = rng.randint(1, requests) if requests else -1
        self._breath = rng.choice((0.0, rng.uniform(0, LONGEST_BREATH)))

    def hear(self, step: str) -> None:
        """A request came, or was done."""
        self._left -= step == self._step
        if self._left or self.struck:
            return
        self.struck = True
        if self._breath:
            asyncio.get_running_loop().call_later(self._breath, self.process.kill)
        else:
            self.process.kill()


async def kill_run(
    url: str, bank: Path, rng: random.Random, *, deliveries: int, kills: int, workers: int = 1
) -> Toll:
    """Let workers post questions and then their answers, killing them up to `kills` times on the way."""
    started = perf_counter()
    clock = AheadClock(timedelta())
    await migrate(url)
    span = DUE_PER_KILL * kills
    await _alone(url, lambda db: _plan(db, deliveries, clock.now(), span, rng))
    requests = max(2, LONGEST_LIFE * deliveries * workers // kills)
    lives: list[Life] = []
    outages: list[timedelta] = []
    async with fake_discord(clock, NONCE_MEMORY) as discord:
        discord.chance = lambda name: rng.choice(FAULTS) if rng.random() < FAULTY else None
        for phase in (1, 2):
            until = clock.now() + span
            if phase == 2:
                await _alone(url, lambda db: _bring_forward(db, clock.now()))
            while True:
                orders = Orders(url, discord.base, bank, clock.ahead, until)
                spared = sum(life.struck for life in lives) >= phase * kills / 2
                born = [Life(await _born(orders), 0 if spared else requests, rng) for _ in range(workers)]
                lives += born
                if await _all_done(born, discord):
                    break
                outages.append(rng.choice(OUTAGES))
                clock.ahead += outages[-1]
        lost, doubled = await _alone(url, lambda db: _count(db, discord, deliveries))
    return Toll(
        deliveries=deliveries,
        workers=workers,
        kills=sum(life.struck for life in lives),
        outages=len(outages),
        forgotten=sum(outage > NONCE_MEMORY for outage in outages),
        looked=discord.asked.count("history"),
        lost=lost,
        doubled=doubled,
        seconds=perf_counter() - started,
    )


async def _born(orders: Orders) -> BaseProcess:
    process = _processes.Process(target=work, args=(orders,), daemon=True)
    await asyncio.to_thread(process.start)
    return process


async def _all_done(lives: list[Life], discord: FakeDiscord) -> bool:
    """Wait until all are dead; whether each ended by itself, with nothing left to do."""
    heard = 0

    def watch(step: str, name: str) -> None:
        nonlocal heard
        heard += 1
        for life in lives:
            life.hear(step)

    discord.watch = watch
    ends = {asyncio.create_task(asyncio.to_thread(life.process.join)) for life in lives}
    before = 0
    while ends:
        _, ends = await asyncio.wait(ends, timeout=IDLE)
        if heard and heard == before:
            for life in lives:
                life.process.kill()
        before = heard
    codes = {life.process.exitcode for life in lives}
    assert codes <= {0, -signal.SIGKILL}, f"a worker failed by itself: {codes}"
    return codes == {0}


async def _alone(url: str, job: Work[Any]) -> Any:
    """One transaction while no worker lives: an SQLite file may belong to one process at a time."""
    database = await Database.open(url)
    try:
        return await database.write(job)
    finally:
        await database.close()


def _plan(db: Session, deliveries: int, now: datetime, span: timedelta, rng: random.Random) -> None:
    """A schedule for each delivery, due once within the span; the time after that is weeks away."""
    servers = range(1, deliveries // PER_SERVER + 2)
    db.execute(
        insert(Server),
        [{"id": id, "discord_id": id, "name": "x", "zone": "UTC", "created_at": now} for id in servers],
    )
    db.execute(insert(Schedule), list(_schedules(deliveries, now, span, rng)))


def _schedules(
    deliveries: int, now: datetime, span: timedelta, rng: random.Random
) -> Iterator[dict[str, Any]]:
    monthly = Recurrence.monthly(time(9), (now.day + 14) % 28 + 1).as_json()
    for number in range(deliveries):
        due_at = now + rng.random() * span
        yield {
            "server_id": number // PER_SERVER + 1,
            "kind": "question",
            "channel_id": FIRST_CHANNEL + number,
            "recurrence": monthly,
            "options": {},
            "next_due_at": due_at,
            "next_date": due_at.date(),
            "created_by": 1,
            "created_at": now,
        }


def _bring_forward(db: Session, now: datetime) -> None:
    """Let every answer be due now instead of at the next question."""
    db.execute(update(Timer).values(due_at=now))


def _count(db: Session, discord: FakeDiscord, deliveries: int) -> tuple[int, int]:
    """What the database says stands in the channels and does not, and what stands there once too often."""
    posted = discord.nonces()
    said: dict[str, int | None] = {}
    threads = 0
    for row, drop, timer in db.execute(
        select(Delivery, Drop, Timer)
        .join(Drop, Drop.delivery_id == Delivery.id)
        .join(Timer, Timer.subject_id == Drop.id)
        .where(Delivery.state == leases.DONE, Timer.state == leases.DONE)
    ):
        said[nonce_of(row.key)] = row.message_id
        said[nonce_of(timer.key)] = drop.reveal_message_id
        threads += drop.thread_id in discord.threads
    really = {
        message["nonce"]: int(message["id"]) for messages in discord.channels.values() for message in messages
    }
    right = sum(really.get(nonce) == message_id for nonce, message_id in said.items())
    return 3 * deliveries - right - threads, posted.total() - len(posted)
