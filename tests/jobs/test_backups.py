"""Back-ups by themselves: made when it is time, once for all processes, and gone when their time is over."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.jobs import backups
from bot.jobs.clockwork import Clockwork, Duty
from bot.metrics import Metrics
from bot.services.backups import LOOKED_AT_EVERY, Backups, copies
from bot.services.duties import Duties
from bot.storage.database import Database
from bot.storage.migrate import at_head, migrate
from tests.support.clock import TurnedClock
from tests.support.postgres import PostgresServer

DAY = timedelta(days=1)
Made = Callable[..., Backups]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "backups"


@pytest.fixture
async def databases(
    database_url: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' databases; an SQLite that is unsafe for two is shared."""
    monkeypatch.setenv("PATH", str(postgres_server.programs), prepend=":")
    await migrate(database_url)
    async with AsyncExitStack() as stack:
        first = second = await Database.open(database_url)
        stack.push_async_callback(first.close)
        if first.dialect == "postgresql":
            second = await Database.open(database_url)
            stack.push_async_callback(second.close)
        yield first, second


@pytest.fixture
def made(databases: tuple[Database, Database], clock: TurnedClock, folder: Path) -> Made:
    """Build the back-ups of one of the two processes."""

    def make(process: int = 0, *, every: timedelta = DAY, lasting: timedelta = 3 * DAY) -> Backups:
        database = databases[process]
        duties = Duties(database, clock, f"worker {process}")
        return Backups(database, duties, clock, folder, every=every, lasting=lasting)

    return make


def put(folder: Path, name: str, at: datetime) -> Path:
    """A file of this name, last written then."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("a copy")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


async def test_one_a_day_is_made_kept_for_its_days_and_then_removed(
    made: Made, clock: TurnedClock, folder: Path, databases: tuple[Database, Database]
) -> None:
    mine, metrics, start = made(), Metrics(), clock.now()
    for _ in range(10 * 24):
        await backups.look(mine, metrics)
        clock.turn(LOOKED_AT_EVERY)
    kept = copies(folder)
    assert [(start + 9 * DAY - copy.at) // DAY for copy in kept] == [0, 1, 2]
    assert len(os.listdir(folder)) == 3
    kind = "db" if databases[0].dialect == "sqlite" else "dump"
    assert kept[0].path.name == f"reps-{start + 9 * DAY:%Y%m%dT%H%M%SZ}.{kind}"
    assert metrics.registry.get_sample_value("reps_backup_timestamp_seconds") == kept[0].at.timestamp()


async def test_a_copy_is_a_whole_database(made: Made, database_url: str) -> None:
    path = await made().make()
    assert path is not None
    if path.suffix == ".db":
        assert await at_head(f"sqlite+aiosqlite:///{path}")
    else:
        assert path.read_bytes().startswith(b"PGDMP")


async def test_two_processes_make_one(made: Made, clock: TurnedClock, folder: Path) -> None:
    for day in range(1, 4):
        made_now = await asyncio.gather(*(made(process).make() for process in (0, 1) for _ in range(3)))
        assert len([path for path in made_now if path]) == 1
        assert len(copies(folder)) == day
        clock.turn(DAY)


async def test_only_its_own_files_are_removed_and_never_the_newest(
    made: Made, clock: TurnedClock, folder: Path
) -> None:
    now = clock.now()
    stays = [
        put(folder, name, now - 400 * DAY)
        for name in (
            "notes.txt",
            "reps-monday.db",
            "reps-20250101T000000Z.db.zip",
            "reps.db.replaced",
            "xreps-20250101T000000Z.db",
            f"reps-{now - 40 * DAY:%Y%m%dT%H%M%SZ}.db",
        )
    ]
    stays += [
        put(folder, "reps-0001-before-0002_admin.db", now - 30 * DAY),
        put(folder, "reps-20260302T075900Z.dump.unfinished", now - timedelta(hours=23)),
    ]
    for name in (
        "reps-unversioned-before-0001_foundation.db",
        "reps-0001-before-0002_admin.dump",
        "reps-20250101T000000Z.dump",
        "reps-20250101T000000Z.db.unfinished",
    ):
        put(folder, name, now - 31 * DAY)
    switched_off = made(every=timedelta())
    await backups.look(switched_off, Metrics())
    assert sorted(os.listdir(folder)) == sorted(path.name for path in stays)
    assert switched_off.overdue()


async def test_one_that_cannot_be_made_is_told_of_tried_again_and_stops_nothing(
    made: Made,
    clock: TurnedClock,
    folder: Path,
    databases: tuple[Database, Database],
    caplog: pytest.LogCaptureFixture,
) -> None:
    put(folder.parent, folder.name, clock.now())
    mine, duties = made(), Duties(databases[0], clock, "worker 0")
    rounds: list[int] = []

    async def other() -> None:
        rounds.append(1)

    clockwork = Clockwork(
        duties,
        (
            Duty("backups", LOOKED_AT_EVERY, lambda: backups.look(mine, Metrics())),
            Duty("other", LOOKED_AT_EVERY, other),
        ),
    )
    failures = []
    for _ in range(3):
        await clockwork.run_all()
        (beat, _) = await duties.beats()
        failures.append(beat.failures)
        clock.turn(LOOKED_AT_EVERY)
    assert caplog.text.count("duty failed") == 3
    assert failures == [1, 2, 3]
    assert len(rounds) == 3

    await asyncio.to_thread(folder.unlink)
    await clockwork.run_all()
    assert (await duties.beats())[0].failures == 0
    assert len(copies(folder)) == 1


async def test_a_clock_that_ran_ahead_delays_no_back_up(made: Made, clock: TurnedClock, folder: Path) -> None:
    mine = made()
    clock.turn(400 * DAY)
    assert await mine.make()
    clock.turn(-400 * DAY)
    assert await mine.make()
    assert await mine.make() is None
    clock.turn(DAY)
    assert await mine.make()
