"""A gateway that stays away ends the process, so that its supervisor starts it again (D6)."""

import asyncio
import socket
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord.http
import pytest
from aiohttp import ClientConnectorError, ClientSession

import bot.assembly
import bot.client.bot
import bot.metrics
from bot.assembly import GATEWAY_LOST, House, build_bot, run_bot
from bot.client.bot import SILENT_AT_MOST, StudyBot
from bot.config import Settings
from bot.jobs.clockwork import Clockwork
from bot.metrics import Metrics
from tests.cli.discord_server import discord_server
from tests.support.clock import TurnedClock
from tests.support.post_office import small_bank

# `/reps` in a direct message, where Reps politely does not work.
COMMAND: dict[str, Any] = {
    "id": "9000",
    "application_id": "1",
    "type": 2,
    "token": "a-token-of-an-interaction",
    "version": 1,
    "channel_id": "3",
    "channel": {"id": "3", "type": 1},
    "user": {"id": "2", "username": "ada", "discriminator": "0", "avatar": None},
    "locale": "en-US",
    "entitlements": [],
    "authorizing_integration_owners": {},
    "attachment_size_limit": 0,
    "app_permissions": "0",
    "data": {"id": "8", "name": "reps", "type": 1},
}


async def watch(client: StudyBot) -> None:
    """One round of the duty that watches the gateway."""
    assert isinstance(client.clockwork, Clockwork)
    (duty,) = [duty for duty in client.clockwork.rounds if duty.name == "gateway"]
    async with asyncio.timeout(10):
        await client.clockwork.run(duty)


@pytest.mark.parametrize("was_there", [True, False])
async def test_over_five_minutes_away_is_the_end_with_a_code_of_its_own(
    house: House, clock: TurnedClock, was_there: bool
) -> None:
    async with build_bot(house, tick=timedelta(seconds=10)) as client:
        if was_there:
            await client.on_ready()
            clock.turn(timedelta(hours=8))
            await client.on_shard_disconnect(0)
        clock.turn(SILENT_AT_MOST)
        await watch(client)
        assert (client.exit_code, client.is_closed()) == (0, False)

        clock.turn(timedelta(seconds=1))
        await watch(client)
        assert client.exit_code == GATEWAY_LOST == 3


async def test_a_gateway_that_comes_back_in_time_is_no_matter(house: House, clock: TurnedClock) -> None:
    async with build_bot(house, tick=timedelta(seconds=10)) as client:
        await client.on_ready()
        await client.on_shard_disconnect(0)
        clock.turn(timedelta(minutes=4))
        # A shard that tries again and again does not start the wait anew.
        await client.on_shard_disconnect(0)
        assert not client.silent_too_long()
        clock.turn(timedelta(minutes=2))
        assert client.silent_too_long()
        await client.on_shard_resumed(0)
        await watch(client)
        assert client.exit_code == 0


async def test_one_shard_coming_back_does_not_hide_another(house: House, clock: TurnedClock) -> None:
    async with build_bot(house, tick=timedelta(seconds=10)) as client:
        await client.on_ready()
        await client.on_shard_disconnect(0)
        await client.on_shard_disconnect(1)
        clock.turn(SILENT_AT_MOST + timedelta(seconds=1))
        await client.on_shard_ready(1)
        assert client.silent_too_long()
        await client.on_shard_resumed(0)
        assert not client.silent_too_long()


async def test_a_gateway_that_never_answers_ends_the_whole_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.assembly, "GATEWAY_EVERY", timedelta(milliseconds=20))
    monkeypatch.setattr(bot.client.bot, "SILENT_AT_MOST", timedelta())
    settings = Settings(data_dir=tmp_path, bank_dir=small_bank(tmp_path / "bank"))
    async with discord_server() as server:
        server.open = False
        monkeypatch.setattr(discord.http.Route, "BASE", server.base)
        # discord.py tries again every five seconds, for ever.
        async with asyncio.timeout(15):
            assert await run_bot(settings, "a.b.c") == GATEWAY_LOST


async def test_each_shard_and_the_way_to_an_acknowledgement_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as briefly:
        port: int = briefly.getsockname()[1]
    settings = Settings(data_dir=tmp_path, bank_dir=small_bank(tmp_path / "bank"), probe_port=port)
    async with discord_server() as server, ClientSession() as session:
        monkeypatch.setattr(discord.http.Route, "BASE", server.base)
        server.tells = [{"t": "INTERACTION_CREATE", "d": COMMAND}]
        running = asyncio.create_task(run_bot(settings, "a.b.c"))
        try:
            async with asyncio.timeout(30):
                samples: dict[str, str] = {}
                wanted = {
                    'reps_interaction_acknowledge_seconds_count{kind="application_command"}',
                    'reps_shard_connected{shard="0"}',
                }
                while not wanted <= samples.keys():
                    with suppress(ClientConnectorError):
                        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                            lines = (await response.text()).splitlines()
                            samples = dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.wait([running])
    assert server.answered == [COMMAND["id"]]
    kind = '{kind="application_command"}'
    assert samples[f"reps_interaction_acknowledge_seconds_count{kind}"] == "1.0"
    assert 0 < float(samples[f"reps_interaction_acknowledge_seconds_sum{kind}"]) < 3
    assert samples['reps_interaction_errors_total{kind="refusal"}'] == "1.0"
    assert samples['reps_shard_connected{shard="0"}'] == "1.0"
    duties = {name for name in samples if name.startswith("reps_duty_failures")}
    assert duties == {
        f'reps_duty_failures{{duty="{duty}"}}'
        for duty in ("backups", "deliveries", "gateway", "janitor", "privacy", "reports")
    }


def test_what_is_never_acknowledged_is_counted_when_it_is_hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, now = Metrics(), 100.0
    monkeypatch.setattr(bot.metrics, "perf_counter", lambda: now)
    for number, kind in enumerate(("component", "modal_submit", "component", "component")):
        metrics.arrived(number, kind)
        now += 1
    metrics.acknowledged(0)
    now += bot.metrics.GIVEN_UP_SECONDS - 2
    metrics.arrived(9, "autocomplete")
    values = {
        sample.labels["kind"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "reps_interactions_unanswered_total"
    }
    assert values == {"modal_submit": 1}
