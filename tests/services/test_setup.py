"""The right to make the study channel, on both engines: one holder at a time, and never for long."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.assembly import open_house
from bot.domain.errors import SetupNotAllowed
from bot.domain.members import Person
from bot.domain.schedules import NOWHERE
from bot.services.setup import ServerSetup
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

ADMIN, OTHER = (Person(number, 1, "Ada", "Study hall", True) for number in (7, 8))


@pytest.fixture
async def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def setup(database_url: str, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[ServerSetup]:
    """Two servers whose admins want a new channel."""
    bank = lay_bank(tmp_path / "bank", {"sql/first": choice_item("+Yes", "No")})
    async with open_house(database_url, bank_dir=bank, clock=clock) as house:
        for who in (ADMIN, OTHER):
            await house.services.setup.start(who, channel_id=NOWHERE)
        yield house.services.setup


async def test_one_of_many_at_once_may_make_it(setup: ServerSetup) -> None:
    turns = await asyncio.gather(*(setup.making(ADMIN) for _ in range(8)))
    assert sum(turn is not None for turn in turns) == 1
    assert await setup.making(OTHER) is not None  # another server's is another's


async def test_the_right_lapses_after_a_crash_and_can_be_given_back(
    setup: ServerSetup, clock: TurnedClock
) -> None:
    assert await setup.making(ADMIN) is not None
    clock.turn(timedelta(seconds=59))
    assert await setup.making(ADMIN) is None
    clock.turn(timedelta(seconds=1))
    assert await setup.making(ADMIN) is not None
    await setup.not_made(ADMIN)
    assert await setup.making(ADMIN) is not None


async def test_once_there_is_a_channel_everything_is_planned_in_it(setup: ServerSetup) -> None:
    waiting = await setup.making(ADMIN)
    assert waiting is not None
    assert (waiting.channel_id, waiting.set_up) == (None, False)
    await setup.start(ADMIN, channel_id=55)
    placed = await setup.making(ADMIN)
    assert placed is not None
    assert (placed.channel_id, placed.set_up) == (55, True)
    assert {one.channel_id for one in placed.schedules} == {55}
    assert len(placed.schedules) == 2


async def test_only_admins_get_it(setup: ServerSetup) -> None:
    with pytest.raises(SetupNotAllowed):
        await setup.making(Person(7, 2, "Bo", "Study hall", False))
