"""What machines are told: is it healthy, is it ready, how much waits; and nothing unless a port is set."""

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import ClientConnectorError, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from bot.assembly import House, build_bot
from bot.client.bot import StudyBot
from bot.jobs.clockwork import Clockwork
from bot.probes import probes, sample_lag, serving
from bot.services.duties import Duties
from bot.services.setup import ServerSetup
from tests.support.clock import TurnedClock
from tests.support.post_office import ADMIN, small_bank
from tests.support.world import button, world

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def bot(house: House) -> AsyncIterator[StudyBot]:
    """Its duties have just run, and its gateway is there."""
    async with build_bot(house, tick=None) as made:
        assert isinstance(made.clockwork, Clockwork)
        await made.clockwork.run_all()
        await made.on_ready()
        yield made


@asynccontextmanager
async def asking(bot: StudyBot) -> AsyncIterator[Client]:
    async with TestClient(TestServer(probes(bot, bot.services))) as client:
        yield client


async def told(bot: StudyBot, path: str) -> tuple[int, str]:
    async with asking(bot) as client, client.get(path) as response:
        return response.status, await response.text()


async def measured(bot: StudyBot) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values."""
    _, text = await told(bot, "/metrics")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_bot_that_does_its_duties_is_healthy(bot: StudyBot) -> None:
    assert await told(bot, "/healthz") == (200, "ok")


async def test_a_duty_is_named_after_two_missed_beats(bot: StudyBot, clock: TurnedClock) -> None:
    clock.turn(timedelta(seconds=20))
    assert await told(bot, "/healthz") == (200, "ok")
    clock.turn(timedelta(seconds=1))
    assert await told(bot, "/healthz") == (503, "deliveries has not finished for 21 s")
    assert (await measured(bot))["reps_duty_silent_seconds", "deliveries"] == 21
    clock.turn(timedelta(minutes=20))
    status, words = await told(bot, "/healthz")
    assert status == 503
    assert [line.split()[0] for line in words.splitlines()] == [
        "deliveries",
        "janitor",
        "privacy",
    ]

    assert isinstance(bot.clockwork, Clockwork)
    await bot.clockwork.run_all()
    assert await told(bot, "/healthz") == (200, "ok")
    assert "reps_duty_silent_seconds" not in {name for name, *_ in await measured(bot)}


async def test_a_duty_that_keeps_failing_is_named(bot: StudyBot) -> None:
    await bot.services.duties.beat("janitor", timedelta(minutes=10), failures=1)
    assert (await told(bot, "/healthz"))[0] == 200
    await bot.services.duties.beat("janitor", timedelta(minutes=10), failures=2)
    assert await told(bot, "/healthz") == (503, "janitor failed 2 times in a row")
    samples = await measured(bot)
    assert (samples["reps_duty_failures", "janitor"], samples["reps_duty_failures", "deliveries"]) == (2, 0)
    assert samples["reps_duty_beat_timestamp_seconds", "janitor"] == bot.clock.now().timestamp()


async def test_a_restarted_bot_is_not_blamed_for_its_time_away(house: House, clock: TurnedClock) -> None:
    await house.services.duties.beat("janitor", timedelta(minutes=10), failures=2)
    clock.turn(timedelta(hours=8))
    again = Duties(house.database, clock, house.services.duties.worker)
    assert not any(beat.silent or beat.failing for beat in await again.beats())


async def test_a_gateway_gone_for_over_five_minutes_is_unhealthy(bot: StudyBot, clock: TurnedClock) -> None:
    await bot.on_shard_disconnect(0)
    for _ in range(30):
        clock.turn(timedelta(seconds=10))
        assert isinstance(bot.clockwork, Clockwork)
        await bot.clockwork.run_all()
    assert await told(bot, "/healthz") == (200, "ok")
    clock.turn(timedelta(seconds=1))
    assert await told(bot, "/healthz") == (503, "the gateway is away")
    await bot.on_shard_resumed(0)
    assert await told(bot, "/healthz") == (200, "ok")


async def test_it_is_ready_once_connected(bot: StudyBot, tmp_path: Path) -> None:
    assert await told(bot, "/readyz") == (503, "not ready")
    assert (await measured(bot))["reps_ready",] == 0
    async with world(f"sqlite+aiosqlite:///{tmp_path}/hall.db", bank=small_bank(tmp_path / "hall")) as hall:
        assert await told(hall.bot, "/readyz") == (200, "ready")
        assert (await measured(hall.bot))["reps_ready",] == 1
        assert (await measured(hall.bot))["reps_servers",] == 1


async def test_what_is_due_is_counted(bot: StudyBot, clock: TurnedClock) -> None:
    assert (await measured(bot))["reps_deliveries_due",] == 0
    setup: ServerSetup = bot.services.setup
    await setup.start(ADMIN, channel_id=100)
    clock.turn(timedelta(hours=1))
    while await bot.services.deliveries.plan():
        pass
    assert (await measured(bot))["reps_deliveries_due",] == 1
    (due,) = await bot.services.deliveries.claim("deliveries", 1)
    await bot.services.deliveries.miss("deliveries", due, "the channel is gone")
    samples = await measured(bot)
    assert (samples["reps_deliveries_due",], samples["reps_deliveries_missed",]) == (0, 1)


async def test_a_database_that_is_away_or_full_is_told_in_words(
    house: House, bot: StudyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=63 * 2**20))
    assert await told(bot, "/healthz") == (503, "the disk is nearly full: 63 MiB left")
    assert (await measured(bot))["reps_disk_free_bytes",] == 63 * 2**20
    monkeypatch.undo()
    assert await told(bot, "/healthz") == (200, "ok")

    await house.database.close()
    assert await told(bot, "/healthz") == (503, "the database cannot be read (DatabaseClosed)")
    samples = await measured(bot)
    assert samples["reps_ready",] == 0
    assert "reps_deliveries_due" not in {name for name, *_ in samples}


async def test_writes_that_wait_are_counted_and_told_of(
    house: House, bot: StudyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go = threading.Event(), threading.Event()

    def hold(_: Session) -> None:
        held.set()
        go.wait(30)

    monkeypatch.setattr("bot.probes.WRITES_WAIT_AT_MOST", 0.0)
    writing = [asyncio.create_task(house.database.write(work)) for work in (hold, lambda db: None)]
    await asyncio.to_thread(held.wait, 30)
    try:
        samples = await measured(bot)
        assert samples["reps_writes_waiting",] == 2
        assert samples["reps_write_oldest_wait_seconds",] > 0
        status, words = await told(bot, "/healthz")
        assert (status, words.partition(",")[0]) == (503, "2 writes wait for the database")
    finally:
        go.set()
        await asyncio.gather(*writing)
    samples = await measured(bot)
    assert (samples["reps_writes_waiting",], samples["reps_write_oldest_wait_seconds",]) == (0, 0)


async def test_a_loop_that_is_held_up_shows(bot: StudyBot) -> None:
    sampling = asyncio.create_task(sample_lag(bot, seconds=0.01))
    try:
        await asyncio.sleep(0.03)
        time.sleep(0.2)  # noqa: ASYNC251 - that is the point
        await asyncio.sleep(0.03)
        samples = await measured(bot)
    finally:
        sampling.cancel()
    assert samples["reps_loop_lag_max_seconds",] >= 0.15
    assert samples["reps_loop_lag_seconds",] < samples["reps_loop_lag_max_seconds",]


async def test_the_process_and_the_database_are_measured(house: House, bot: StudyBot) -> None:
    before = await measured(bot)
    assert before["process_resident_memory_bytes",] > 2**20
    assert before["reps_database_bytes",] > 0
    await house.services.duties.remember("much", "x" * 200)
    assert (await measured(bot))["reps_database_bytes",] >= before["reps_database_bytes",]


async def test_each_bot_counts_in_a_registry_of_its_own(house: House, bot: StudyBot) -> None:
    names = {family.name for family in REGISTRY.collect()}
    assert not any(name.startswith("reps_") for name in names)
    async with build_bot(house, tick=None) as other:
        other.metrics.missed()
        assert (await measured(other))["reps_deliveries_total", "missed"] == 1
    assert (await measured(bot))["reps_deliveries_total", "missed"] == 0


async def test_what_people_do_is_counted_by_kind_and_end(tmp_path: Path) -> None:
    async with world(f"sqlite+aiosqlite:///{tmp_path}/hall.db", bank=small_bank(tmp_path / "hall")) as hall:
        message = await hall.post_question()
        bao = hall.member("Bao")
        await bao.slash(hall.channel, "reps")
        await hall.raw((bao, message, button("long.gone:1")))
        samples = await measured(hall.bot)
        assert samples["reps_interactions_total", "application_command"] == 2
        assert samples["reps_interactions_total", "component"] == 2
        assert samples["reps_interaction_errors_total", "refusal"] == 1
        assert samples["reps_interaction_errors_total", "failure"] == 0
        assert samples["reps_deliveries_total", "posted"] == 1
        assert samples["reps_post_lateness_seconds_count",] == 1


async def test_nothing_else_is_served(bot: StudyBot) -> None:
    assert (await told(bot, "/"))[0] == 404
    async with asking(bot) as client, client.post("/healthz") as response:
        assert response.status == 405


async def test_without_a_port_nothing_is_served(bot: StudyBot) -> None:
    async with serving(bot, bot.services, "127.0.0.1", 0) as port:
        assert port == 0


async def test_the_port_is_open_while_serving(bot: StudyBot) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as briefly:
        free: int = briefly.getsockname()[1]
    async with ClientSession() as session:
        async with serving(bot, bot.services, "127.0.0.1", free) as port:
            assert port == free
            async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
                assert await response.text() == "ok"
        with pytest.raises(ClientConnectorError):
            await session.get(f"http://127.0.0.1:{free}/healthz")
