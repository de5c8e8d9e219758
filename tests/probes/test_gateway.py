"""A gateway that stays away ends the process, so that its supervisor starts it again (D6)."""

import asyncio
from datetime import timedelta

import pytest

from bot.assembly import GATEWAY_LOST, House, build_bot
from bot.client.bot import SILENT_AT_MOST, StudyBot
from bot.jobs.clockwork import Clockwork
from tests.support.clock import TurnedClock


async def watch(bot: StudyBot) -> None:
    """One round of the duty that watches the gateway."""
    assert isinstance(bot.clockwork, Clockwork)
    (duty,) = [duty for duty in bot.clockwork.rounds if duty.name == "gateway"]
    async with asyncio.timeout(10):
        await bot.clockwork.run(duty)


@pytest.mark.parametrize("was_there", [True, False])
async def test_over_five_minutes_away_is_the_end_with_a_code_of_its_own(
    house: House, clock: TurnedClock, was_there: bool
) -> None:
    async with build_bot(house, tick=timedelta(seconds=10)) as bot:
        if was_there:
            await bot.on_ready()
            clock.turn(timedelta(hours=8))
            await bot.on_disconnect()
        clock.turn(SILENT_AT_MOST)
        await watch(bot)
        assert (bot.exit_code, bot.is_closed()) == (0, False)

        clock.turn(timedelta(seconds=1))
        await watch(bot)
        assert bot.exit_code == GATEWAY_LOST == 3


async def test_a_gateway_that_comes_back_in_time_is_no_matter(house: House, clock: TurnedClock) -> None:
    async with build_bot(house, tick=timedelta(seconds=10)) as bot:
        await bot.on_ready()
        await bot.on_disconnect()
        clock.turn(timedelta(minutes=4))
        # A shard that tries again and again does not start the wait anew.
        await bot.on_disconnect()
        assert not bot.silent_too_long()
        clock.turn(timedelta(minutes=2))
        assert bot.silent_too_long()
        await bot.on_resumed()
        await watch(bot)
        assert bot.exit_code == 0
