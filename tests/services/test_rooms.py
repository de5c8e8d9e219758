"""The register of rooms on both engines: one room by key, and which of them are overdue."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.assembly import House, open_house
from bot.domain.members import Person
from bot.domain.schedules import Due
from bot.services import rooms
from bot.services.rooms import Kept, Left
from bot.storage.tables import Timer
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


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

    async def leave(self, key: str) -> None:
        now = self.clock.now()
        await self.house.database.write(lambda db: rooms.leave(db, key, now))

    async def looks(self) -> list[timedelta]:
        """How long from now each room is looked at next."""
        now = self.clock.now()
        query = select(Timer.due_at).where(Timer.kind == rooms.EMPTY, Timer.state == "due")
        found = await self.house.database.read(lambda db: list(db.scalars(query)))
        return sorted(moment - now for moment in found)

    async def claimed(self) -> Due:
        (due,) = await self.house.services.deliveries.claim("timers")
        return due

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


async def test_a_room_is_known_by_its_number_and_by_discords_until_it_is_closed(register: Register) -> None:
    await register.keep("mock:5:thread", 11, kind="thread")
    room = await register.rooms.at(11)
    assert room == Kept(1, "mock:5:thread", "thread", ADMIN.guild_id, 11, over=False)
    register.clock.turn(HOUR)
    over = await register.rooms.known(room.id)
    assert over is not None
    assert over.over
    assert await register.rooms.is_open("mock:5:thread")
    await register.rooms.closed(room.id)
    assert await register.rooms.at(11) is await register.rooms.known(room.id) is None
    assert not await register.rooms.is_open("mock:5:thread")


async def test_a_room_deleted_by_hand_is_told_once_by_its_key(register: Register) -> None:
    await register.keep("mock:5:thread", 11, kind="thread")
    assert [await register.rooms.gone(id) for id in (12, 11, 11)] == [None, "mock:5:thread", None]
    assert not await register.rooms.is_open("mock:5:thread")
    register.clock.turn(HOUR)
    assert await register.overdue() == []


async def test_a_room_not_made_yet_is_not_open(register: Register) -> None:
    await register.keep("pair:1", None)
    assert not await register.rooms.is_open("pair:1")
    assert await register.looks() == []
    await register.keep("pair:1", 11)
    assert await register.rooms.is_open("pair:1")
    assert await register.looks() == [10 * MINUTE]


async def test_a_key_used_again_opens_the_room_again_for_its_new_time(register: Register) -> None:
    await register.keep("pair:1", 11)
    await register.rooms.gone(11)
    register.clock.turn(HOUR)
    await register.keep("pair:1", 12, hours=2)
    assert await register.overdue() == []
    assert await register.rooms.is_open("pair:1")
    register.clock.turn(2 * HOUR)
    assert await register.overdue() == [("voice", 12)]


async def test_a_room_that_is_left_is_over_and_looked_at_now(register: Register) -> None:
    await register.keep("pair:1", 11, kind="thread")
    await register.keep("pair:2", 12)
    for _ in range(2):
        await register.leave("pair:1")
    await register.leave("pair:3")
    assert await register.overdue() == [("thread", 11)]
    assert await register.looks() == [timedelta(), 10 * MINUTE]
    due = await register.claimed()
    assert due.subject_id == 1


async def test_people_coming_and_leaving_move_the_look_at_their_room(register: Register) -> None:
    await register.keep("pair:1", 11)
    register.clock.turn(MINUTE)
    for empty, wait in ((False, 10), (True, 2), (False, 10), (True, 2)):
        await register.rooms.peopled(11, empty=empty)
        assert await register.looks() == [wait * MINUTE]
    await register.rooms.peopled(12, empty=True)
    assert await register.looks() == [2 * MINUTE]
    await register.rooms.gone(11)
    await register.rooms.peopled(11, empty=False)
    assert await register.looks() == [2 * MINUTE]


async def test_a_look_put_off_comes_again_as_if_new(register: Register) -> None:
    await register.keep("pair:1", 11)
    for _ in range(3):
        register.clock.turn(10 * MINUTE)
        due = await register.claimed()
        assert (due.attempts, due.first_attempt_at) == (1, register.clock.now())
        await register.rooms.look_again(due)
        assert await register.looks() == [10 * MINUTE]


async def test_somebody_leaving_in_the_midst_of_a_look_wins(register: Register) -> None:
    await register.keep("pair:1", 11)
    register.clock.turn(10 * MINUTE)
    due = await register.claimed()
    await register.rooms.peopled(11, empty=True)
    await register.rooms.look_again(due)
    assert await register.looks() == [2 * MINUTE]
    register.clock.turn(2 * MINUTE)
    again = await register.claimed()
    await register.rooms.look_again(due)  # whose lease lapsed
    assert await register.looks() == [timedelta()]
    assert again.token != due.token
