"""The house without a Discord: the real services, and the bot with its cogs loaded."""

from collections.abc import AsyncIterator

import pytest

from bot.assembly import COGS, House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.config import DATA
from tests.support.clock import TurnedClock


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    """A database nobody has used yet, and the bank that ships."""
    async with open_house(sqlite_url, bank_dir=DATA / "bank", clock=TurnedClock()) as opened:
        yield opened


@pytest.fixture
async def loaded(house: House) -> AsyncIterator[StudyBot]:
    """The bot as it is after its cogs have been loaded, logged in nowhere."""
    async with build_bot(house, tick=None) as bot:
        for cog in COGS:
            await bot.load_extension(cog)
        yield bot
