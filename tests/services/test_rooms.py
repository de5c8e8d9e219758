"""The register of rooms on both engines: one room by key, and which of them are overdue."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.assembly import House, open_house
from bot.domain.members import Person
from bot.services import rooms
from bot.services.rooms import Left
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
HOUR = timedelta(hours=1)


class Register:
    """A house's rooms; `keep` notes one of the only server."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.house, self.clock, self.rooms = house, clock, house.services.rooms

    async def keep(self, key: str, discord_id: int | None, *, hours: int = 1, kind: str = "voice") -> None:
        now = self.clock.now()
        await self.house.database.write(
            lambda db: rooms.keep(
                db,
                key=key,
                server_id=1,
                kind=kind,
                discord_id=discord_id,
                now=now,
                close_by=now + hours * HOUR,
            )
        )

    async def overdue(self, **limit: int) -> list[tuple[str, int | None]]:
        return [(room.kind, room.discord_id) for room in await self.rooms.overdue(**limit)]


@pytest.fixture
async def register(database_url: str, tmp_path: Path) -> AsyncIterator[Register]:
    """No rooms yet, in a server that is set up."""
    bank, clock = lay_bank(tmp_path / "bank", {"sql/first": choice_item("+Yes", "No")}), TurnedClock()
    async with open_house(database_url, bank_dir=bank, clock=clock) as house:
        await house.services.setup.start(ADMIN, channel_id=100)
        yield Register(house, clock)


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(None, 11, 11), (11, None, 11), (11, 12, 12), (None, None, None)]
)
async def test_a_key_is_one_room_whose_known_id_stays(
    register: Register, first: int | None, second: int | None, kept: int | None
) -> None:
    await register.keep("pair:1", first)
    await register.keep("pair:1", second)
    register.clock.turn(HOUR)
    assert await register.overdue() == [("voice", kept)]


async def test_rooms_are_overdue_from_their_time_on_the_oldest_first(register: Register) -> None:
    await register.keep("pair:3", 13, hours=3)
    await register.keep("pair:2", 12, hours=2)
    await register.keep("pair:1", 11, hours=1, kind="thread")
    register.clock.turn(HOUR - timedelta(microseconds=1))
    assert await register.overdue() == []
    register.clock.turn(timedelta(microseconds=1))
    assert await register.overdue() == [("thread", 11)]
    register.clock.turn(HOUR)
    assert await register.overdue() == [("thread", 11), ("voice", 12)]
    assert await register.overdue(most=1) == [("thread", 11)]


async def test_a_closed_room_is_left_alone_and_the_others_are_not(register: Register) -> None:
    await register.keep("pair:1", 11)
    await register.keep("pair:2", 12)
    register.clock.turn(HOUR)
    first, second = await register.rooms.overdue()
    assert first == Left(first.id, "voice", 11)
    await register.rooms.closed(first.id)
    assert await register.rooms.overdue() == (second,)
