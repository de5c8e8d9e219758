"""D6: a duty that fails is logged and comes round again, and its silence shows in health."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.jobs.clockwork import Clockwork, Duty
from bot.probes import probes
from bot.storage.tables import Heartbeat
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
