"""Meetings on both engines: begun once, counted once, swept when nobody began them."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.assembly import House, open_house
from bot.domain.errors import MeetingOver, MeetingRunning
from bot.domain.meetings import Meeting, Upcoming
from bot.domain.members import Person
from bot.services.meetings import attendance, course
from bot.services.meetings.gathering import gathering_of
from bot.services.meetings.upcoming import upcoming
from bot.storage.tables import Meeting as Row
from bot.storage.tables import MeetingAttendee, Minutes
from tests.support.clock import TurnedClock
from tests.support.gatherings import meeting_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
BO = Person(guild_id=7, discord_id=2, name="Bo", guild_name="Study hall")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
async def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[House]:
    async with open_house(database_url, bank_dir=meeting_bank(tmp_path / "bank"), clock=clock) as opened:
        yield opened


async def start(house: House, key: int, who: Person = ADMIN) -> Meeting:
    return await house.services.meetings.start(who, key, minutes=60, channel_id=70, voice_id=None)


async def advance(house: House, meeting: Meeting, clock: TurnedClock) -> None:
    """The present part is over."""
    now = clock.now()

    def work(db: Session) -> None:
        found = gathering_of(db, meeting.id)
        assert found is not None
        course.advance(db, found, now, random.Random(1))

    await house.database.write(work)


async def test_of_two_who_start_at_once_one_begins_it(house: House) -> None:
    begun = await asyncio.gather(start(house, 1), start(house, 2, BO), return_exceptions=True)
    assert {type(one) for one in begun} == {Meeting, MeetingRunning}
    assert len(await house.database.read(lambda db: db.scalars(select(Row)).all())) == 1


async def test_minutes_are_counted_part_by_part_and_entered_once(house: House, clock: TurnedClock) -> None:
    meeting = await start(house, 1)
    await house.services.members.agree(BO)
    for _ in range(2):
        assert await house.services.meetings.come(BO, meeting.id) is not None
    for minutes in (3, 31, 3, 5, 11, 4, 3):
        clock.turn(minutes * MINUTE)
        await advance(house, meeting, clock)
    spent = await house.database.read(
        lambda db: db.execute(select(Minutes.kind, Minutes.minutes).order_by(Minutes.kind)).all()
    )
    assert [tuple(one) for one in spent] == [("group-problem", 20), ("recitation", 31)]
    (row,) = await house.database.read(lambda db: db.scalars(select(MeetingAttendee)).all())
    assert row.seconds == 60 * 60
    with pytest.raises(MeetingOver):
        await house.services.meetings.come(BO, meeting.id)


async def test_what_an_outage_adds_to_a_part_is_not_counted(house: House, clock: TurnedClock) -> None:
    meeting = await start(house, 1)
    await house.services.members.agree(BO)
    await house.services.meetings.come(BO, meeting.id)
    clock.turn(HOUR)
    now = clock.now()

    def fold(db: Session) -> None:
        found = gathering_of(db, meeting.id)
        assert found is not None
        attendance.fold(found, now)

    await house.database.write(fold)
    (row,) = await house.database.read(lambda db: db.scalars(select(MeetingAttendee)).all())
    assert row.seconds == 3 * 60


async def test_the_one_that_goes_on_is_told_before_the_one_that_comes(
    house: House, clock: TurnedClock
) -> None:
    async def told(who: Person) -> Upcoming | None:
        now = clock.now()
        return await house.database.read(lambda db: upcoming(db, who, now))

    assert await told(BO) is None
    starts_at = clock.now() + 25 * HOUR
    planned = await house.services.meetings.schedule(
        ADMIN, 5, starts_at=starts_at, minutes=90, channel_id=70, voice_id=71
    )
    assert await told(BO) is None
    clock.turn(HOUR)
    where = "https://discord.com/channels/7/71"
    assert await told(BO) == Upcoming(planned.id, starts_at, 90, where, running=False, here=False)
    await house.services.meeting_turns.announced(planned.id, 80)
    found = await told(BO)
    assert found is not None
    assert found.link == "https://discord.com/events/7/80"
    begun = await start(house, 1)
    await house.services.members.agree(BO)
    await house.services.meetings.come(BO, begun.id)
    await house.services.meeting_turns.posted(begun.id, 90)
    link = "https://discord.com/channels/7/70/90"
    assert await told(BO) == Upcoming(begun.id, begun.starts_at, 60, link, running=True, here=True)
    found = await told(ADMIN)
    assert found is not None
    assert not found.here
    assert await told(replace(BO, guild_id=8)) is None


async def test_a_planned_one_nobody_began_is_called_off(house: House, clock: TurnedClock) -> None:
    planned = await house.services.meetings.schedule(
        ADMIN, 5, starts_at=clock.now() + HOUR, minutes=60, channel_id=70, voice_id=None
    )
    clock.turn(HOUR + 31 * MINUTE)
    await house.services.meeting_turns.plan_ahead()
    found = await house.services.meeting_turns.standing(planned.id)
    assert found is not None
    assert found.phase == "cancelled"
    # What is begun then is another one.
    assert (await start(house, 6)).id != planned.id
