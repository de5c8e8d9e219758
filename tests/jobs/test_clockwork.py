"""D6: a duty that fails is logged and comes round again, and its silence shows in health."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, tzinfo

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.jobs import clockwork as clockworks
from bot.jobs.clockwork import Clockwork, Duty
from bot.probes import probes
from bot.storage.tables import Heartbeat
from tests.support.fake_discord import Fault
from tests.support.post_office import PostOffice

EVERY = timedelta(seconds=10)


class Moody:
    """A duty that fails while it is told to."""

    def __init__(self) -> None:
        self.rounds = 0
        self.fails = True

    async def __call__(self) -> None:
        self.rounds += 1
        if self.fails:
            raise RuntimeError("no luck")


@pytest.fixture
def moody() -> Moody:
    return Moody()


@pytest.fixture
def clockwork(office: PostOffice, moody: Moody) -> Clockwork:
    return Clockwork(office.services.duties, (Duty("moody", EVERY, moody), Duty("other", EVERY, Moody())))


@pytest.fixture
async def health(office: PostOffice) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    await office.bot.on_ready()
    async with TestClient(TestServer(probes(office.bot, office.services))) as client:
        yield client


async def test_a_failure_is_logged_and_the_next_round_comes(
    office: PostOffice, clockwork: Clockwork, moody: Moody, caplog: pytest.LogCaptureFixture
) -> None:
    await clockwork.run(clockwork.rounds[0])
    await clockwork.run(clockwork.rounds[0])
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "duty failed" in caplog.text
    beat = await office.the_row(Heartbeat)
    assert (beat.duty, beat.failures, beat.beat_at) == ("moody", 2, office.clock.now())
    moody.fails = False
    await clockwork.run(clockwork.rounds[0])

    assert moody.rounds == 3
    assert (await office.the_row(Heartbeat)).failures == 0


async def test_one_that_fails_does_not_stop_the_others(office: PostOffice, clockwork: Clockwork) -> None:
    await clockwork.run_all()

    assert {beat.duty for beat in await office.rows(Heartbeat)} == {"moody", "other"}


async def test_two_missed_beats_show_in_health(
    office: PostOffice,
    clockwork: Clockwork,
    moody: Moody,
    health: TestClient,  # type: ignore[type-arg]
) -> None:
    moody.fails = False
    await clockwork.run(clockwork.rounds[0])
    office.clock.turn(2 * EVERY)
    answer = await health.get("/healthz")
    assert (answer.status, await answer.text()) == (200, "ok")
    office.clock.turn(timedelta(seconds=1))
    answer = await health.get("/healthz")
    assert answer.status == 503
    assert "moody has not finished for 21 s" in await answer.text()
    assert 'reps_duty_silent_seconds{duty="moody"} 21.0' in await (await health.get("/metrics")).text()
    await clockwork.run(clockwork.rounds[0])

    assert (await health.get("/healthz")).status == 200


async def test_failing_twice_in_a_row_shows_too(
    clockwork: Clockwork,
    moody: Moody,
    health: TestClient,  # type: ignore[type-arg]
) -> None:
    statuses = []
    for moody.fails in (True, True, False):
        await clockwork.run(clockwork.rounds[0])
        statuses.append((await health.get("/healthz")).status)

    assert statuses == [200, 503, 200]


async def test_a_long_round_shows_that_it_is_alive(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.client.weather.ROOM", 1)
    for channel in (101, 102):
        await office.add_daily(channel)
    clockwork = office.bot.clockwork
    assert isinstance(clockwork, Clockwork)
    duty, gate, reached, posts = clockwork.rounds[0], asyncio.Event(), asyncio.Event(), 0
    await office.services.duties.beat(duty.name, duty.every, failures=0)

    def slowly(step: str, name: str) -> None:
        nonlocal posts
        if (step, name) == ("asked", "post"):
            posts += 1
            office.clock.turn(timedelta(seconds=15))
            if posts == 3:
                office.discord.order("post", Fault(200, hold=gate))
                reached.set()

    office.discord.watch = slowly
    began = office.clock.now()
    storm = asyncio.create_task(clockwork.run(duty))
    async with asyncio.timeout(30):
        await reached.wait()
        assert office.clock.now() - began > 2 * duty.every
        (beat,) = await office.services.duties.beats()
        assert (beat.duty, beat.silent) == ("deliveries", False)
        gate.set()
        await storm
    assert posts == 3


async def test_a_clock_set_back_an_hour_stops_no_duty(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ahead, rounds = timedelta(), asyncio.Queue[None]()

    class Machine(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Machine":
            return cls.fromtimestamp(time.time() + ahead.total_seconds(), tz)

    for module in ("apscheduler.schedulers.base", "apscheduler.triggers.interval", "bot.clock"):
        monkeypatch.setattr(f"{module}.datetime", Machine)
    clockwork = Clockwork(
        office.services.duties, (Duty("steady", timedelta(seconds=0.1), lambda: rounds.put(None)),)
    )
    clockwork.start()
    try:
        for hours in (0, 1, 0, -1):
            ahead = timedelta(hours=hours)
            async with asyncio.timeout(10):
                for _ in range(rounds.qsize() + 2):
                    await rounds.get()
    finally:
        await clockwork.stop()
    assert "woken late; was the clock set back?" in caplog.text


async def test_a_round_that_does_not_end_is_cut_short(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clockworks, "ENDS_WITHIN", 0.05)
    began = asyncio.Event()

    async def endless() -> None:
        began.set()
        await asyncio.Event().wait()

    duties = Clockwork(
        office.services.duties, (Duty("endless", EVERY, endless), Duty("quick", EVERY, Moody()))
    )
    duties.wake()
    await began.wait()
    async with asyncio.timeout(5):
        await duties.stop()
    assert "rounds cut short" in caplog.text
