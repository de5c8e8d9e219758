"""A bot nobody has connected, over a real database, with a clock to turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.assembly import House, open_house
from tests.support.clock import TurnedClock
from tests.support.post_office import small_bank


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[House]:
    async with open_house(sqlite_url, bank_dir=small_bank(tmp_path / "bank"), clock=clock) as opened:
        yield opened
