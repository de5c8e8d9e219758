"""A gateway that stays away ends the process, so that its supervisor starts it again (D6)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import discord.http
import pytest

import bot.assembly
import bot.client.bot
from bot.assembly import GATEWAY_LOST, House, build_bot, run_bot
from bot.client.bot import SILENT_AT_MOST, StudyBot
from bot.config import Settings
from bot.jobs.clockwork import Clockwork
from tests.cli.discord_server import discord_server
from tests.support.clock import TurnedClock
from tests.support.post_office import small_bank


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
