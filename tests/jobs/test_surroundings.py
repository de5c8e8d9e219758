"""Slow or broken surroundings: a lock held, a disk full, a server restarted, a clock off. Reps recovers by itself."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.clockwork import Clockwork
from bot.logs import start_logging
from bot.probes import troubles
from bot.storage.database import sqlite
from tests.support.clock import TurnedClock
from tests.support.fake_discord import Fault
from tests.support.post_office import PostOffice, post_office
from tests.support.postgres import PostgresServer

HOLD = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("BEGIN IMMEDIATE")
print("held", flush=True)
input()
c.execute("ROLLBACK")
c.close()
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where this machine lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("a disk of our own needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@asynccontextmanager
async def lock_held(path: Path) -> AsyncIterator[None]:
    """Another process keeps the database to itself."""
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, str(path)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        await other.communicate(b"\n")


async def all_duties(office: PostOffice) -> None:
    """One round of every duty, as it is woken: nothing it raises stops it."""
    clockwork = office.bot.clockwork
    assert isinstance(clockwork, Clockwork)
    await clockwork.run_all()


async def health(office: PostOffice) -> list[str]:
    """What /healthz tells."""
    return await troubles(office.bot, office.services)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the log has said since it was last read."""
    start_logging("WARNING", "text")
    return lambda: capsys.readouterr().err


# --- the database


async def test_a_database_locked_for_a_while(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Callable[[], str]
) -> None:
    monkeypatch.setitem(sqlite._CONNECT, "timeout", 0.05)
    async with post_office(sqlite_url, tmp_path) as office:
        await office.bot.on_ready()
        await all_duties(office)
        await office.posted_once()
        office.clock.turn(timedelta(days=1))
        async with lock_held(tmp_path / "reps.db"):
            await all_duties(office)
            words = said()
            assert "Another process kept the database to itself" in words
            assert "heartbeat not written" in words
            assert [line.partition(" for ")[0] for line in await health(office)] == [
                "deliveries has not finished",
                "janitor has not finished",
                "privacy has not finished",
                "reports has not finished",
            ]
        await all_duties(office)
        assert await health(office) == []
        assert [row.state for row in await office.rows()] == ["done", "done"]
        assert office.discord.nonces().total() == 3  # two questions, one reveal


async def test_a_lock_that_comes_between_posting_and_settling(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite._CONNECT, "timeout", 0.05)
    async with post_office(sqlite_url, tmp_path) as office:
        gate, posted = asyncio.Event(), asyncio.Event()
        office.discord.order("post", Fault(200, applied=True, hold=gate))
        office.discord.watch = lambda step, name: posted.set() if step == "done" else None
        under_way = asyncio.create_task(all_duties(office))
        await posted.wait()
        async with lock_held(tmp_path / "reps.db"):
            gate.set()
            await under_way
            assert (await office.the_row()).state == "due"
        office.clock.turn(timedelta(seconds=61))
        await all_duties(office)
        await office.posted_once()


async def test_a_disk_that_is_full_for_a_while(disk: Path, tmp_path: Path, said: Callable[[], str]) -> None:
    async with post_office(f"sqlite+aiosqlite:///{disk / 'reps.db'}", tmp_path) as office:
        await office.bot.on_ready()
        filler = disk / "filler"
        fill(filler)
        # What is there already has room in the log; the first that needs more is told.
        for _ in range(20):
            await all_duties(office)
            if "database or disk is full" in said():
                break
            office.clock.turn(timedelta(days=1))
        else:
            raise AssertionError("it never became full")
        assert "the disk is nearly full: 0 MiB left" in await health(office)
        posted = office.discord.nonces()
        assert max(posted.values(), default=1) == 1

        await asyncio.to_thread(filler.unlink)
        for _ in range(3):
            await office.later(minutes=2)
        assert {row.state for row in await office.rows()} == {"done"}
        assert max(office.discord.nonces().values()) == 1


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (2**16, 2**12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                os.fsync(file.fileno())


async def test_a_server_restarted_under_the_bot(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, said: Callable[[], str]
) -> None:
    async with post_office(postgres_url, tmp_path) as office:
        await office.bot.on_ready()
        await all_duties(office)
        postgres_server.halt()
        try:
            office.clock.turn(timedelta(days=1))
            await all_duties(office)
            assert "duty failed" in said()
            (wrong,) = await health(office)
            assert wrong.startswith("the database cannot be read (")
        finally:
            postgres_server.resume()
        await all_duties(office)
        assert await health(office) == []
        assert [row.state for row in await office.rows()] == ["done", "done"]
        assert max(office.discord.nonces().values()) == 1


async def test_a_server_restarted_between_posting_and_settling(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    async with post_office(postgres_url, tmp_path) as office:
        gate, posted = asyncio.Event(), asyncio.Event()
        office.discord.order("post", Fault(200, applied=True, hold=gate))
        office.discord.watch = lambda step, name: posted.set() if step == "done" else None
        under_way = asyncio.create_task(all_duties(office))
        await posted.wait()
        postgres_server.halt()
        postgres_server.resume()
        gate.set()
        await under_way
        for _ in range(2):
            await office.later(seconds=61)
        await office.posted_once()


# --- the clock


class OffClock:
    """This machine's clock, so far ahead of the true time, which is Discord's."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        self.true = TurnedClock(office.clock.now())
        office.discord._clock = self.true

    def set(self, by: timedelta) -> None:
        """Set the machine's clock, without any time going by."""
        self._office.clock.turn(by)

    def wait(self, by: timedelta) -> None:
        """Let time go by, everywhere."""
        self._office.clock.turn(by)
        self.true.turn(by)


async def test_a_clock_an_hour_ahead_and_back_posts_each_day_once(office: PostOffice) -> None:
    clock = OffClock(office)
    await office.round()
    await office.posted_once()
    clock.wait(timedelta(hours=23, minutes=30))  # half past eight: the next one is not due yet
    clock.set(HOUR)
    await office.round()
    clock.set(-HOUR)
    for _ in range(20):
        clock.wait(timedelta(minutes=6))
        await office.round()
    assert [row.state for row in await office.rows()] == ["done", "done"]
    assert max(office.discord.nonces().values()) == 1
    clock.wait(timedelta(days=1))
    await office.round()
    assert [row.state for row in await office.rows()] == ["done", "done", "done"]


async def test_a_crash_while_the_clock_was_ahead_neither_loses_nor_doubles(office: PostOffice) -> None:
    clock = OffClock(office)
    clock.set(HOUR)
    await office.crash("post", applied=True)
    clock.set(-HOUR - timedelta(seconds=61))  # a crash waits for the lease; here no time has gone by
    # Discord has forgotten the nonce by the time anyone looks again.
    clock.wait(timedelta(minutes=7))
    office.discord.forget_nonces()
    await office.round()
    await office.posted_once()


async def test_what_a_clock_that_was_ahead_put_off_is_not_put_off_for_an_hour(office: PostOffice) -> None:
    clock = OffClock(office)
    clock.set(HOUR)
    office.discord.order("post", Fault(503))
    await office.round()
    assert (await office.the_row()).state == "due"
    clock.set(-HOUR)
    await office.later(seconds=10)
    await office.posted_once()


async def test_a_clock_an_hour_behind_posts_late_and_once(office: PostOffice) -> None:
    clock = OffClock(office)
    clock.set(-HOUR)
    for _ in range(5):
        await office.round()
        clock.wait(timedelta(minutes=5))
    assert await office.rows() == []
    clock.set(HOUR)
    await office.round()
    await office.posted_once()
    assert (await office.the_row()).late
    clock.set(-HOUR)
    await office.round()
    await office.posted_once()
