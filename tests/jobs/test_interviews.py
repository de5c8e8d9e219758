"""Cards and threads of interviews from outside: each goes out once whatever dies, and what cannot go out ends well."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.client.rooms import PRIVATE_THREAD
from bot.domain.members import Person
from bot.services.interviews.standing import OPEN, ask, enter, say
from bot.storage.tables import Member, MockInterview, MockSeat, Room, Server, Timer
from tests.support.fake_discord import FORBIDDEN, OK, Fault
from tests.support.post_office import ALERTS, CHANNEL, PostOffice

ANA, BO = (
    Person(guild_id=7, discord_id=number, name=f"P{number}", guild_name="Study hall") for number in (71, 72)
)
THREAD = 555


async def together(office: PostOffice, thread: int | None = THREAD) -> None:
    """Put two together, with their thread open or to be opened."""
    for who in (ANA, BO):
        await office.services.members.settle_in(who, track="ds")
    now = office.clock.now()

    def work(db: Any) -> None:
        mock = MockInterview(
            server_id=db.query(Server).one().id,
            state="waiting",
            channel_id=CHANNEL,
            thread_id=thread,
            minutes=60,
            offered=[int((now + timedelta(days=day)).timestamp()) for day in (1, 2, 3)],
            asked_at=now,
        )
        db.add(mock)
        db.flush()
        for place, who in enumerate((ANA, BO)):
            member = db.query(Member).filter_by(discord_id=who.discord_id).one()
            db.add(MockSeat(mock_id=mock.id, member_id=member.id, place=place, round="sql", track="ds"))
        db.flush()
        enter(db, mock, "arranging", now)
        if thread is None:
            ask(db, mock, OPEN, now)

    await office.house.database.write(work)


async def state(office: PostOffice) -> tuple[str, str | None]:
    mock = await office.the_row(MockInterview)
    return mock.state, mock.why


@pytest.mark.parametrize("applied", [False, True])
async def test_a_card_goes_out_once_when_a_worker_dies_in_the_middle(
    office: PostOffice, applied: bool
) -> None:
    await office.round()
    await together(office)
    await office.crash("post", applied=applied)
    # Longer than Discord remembers a nonce: the earlier one is looked for by its marker.
    office.clock.turn(timedelta(minutes=10))
    await office.round()
    (card,) = office.discord.words(THREAD)
    assert card.startswith("## A mock interview for you two")
    # Neither does any later round say it again.
    await office.later(minutes=5)
    assert len(office.discord.words(THREAD)) == 1


@pytest.mark.parametrize("applied", [False, True])
async def test_what_is_chosen_while_the_card_goes_out_is_drawn_on_it_whenever_a_worker_dies(
    office: PostOffice, applied: bool
) -> None:
    await office.round()
    await together(office)
    mock = await office.the_row(MockInterview)

    async def choose(day: int) -> str:
        at = datetime.fromtimestamp(mock.offered[day], UTC)
        await office.services.interviews.choose(ANA, mock.id, at)
        return f"<@{ANA.discord_id}> takes <t:{mock.offered[day]}:F>."

    posted, held = asyncio.Event(), asyncio.Event()
    office.discord.watch = lambda *now: posted.set() if now == ("done", "post") else None
    office.discord.order("post", Fault(OK, applied=True, hold=held))
    going_out = asyncio.create_task(office.round())
    await posted.wait()
    words = await choose(0)
    held.set()
    await going_out
    (card,) = office.discord.words(THREAD)
    assert words in card
    office.clock.turn(timedelta(seconds=1))
    words = await choose(1)
    await office.crash("edit", applied=applied)
    await office.round()
    (card,) = office.discord.words(THREAD)
    assert words in card


async def test_of_several_changes_in_one_instant_only_the_last_is_told(office: PostOffice) -> None:
    await office.round()
    await together(office)
    now = office.clock.now()

    def twice(db: Any) -> None:
        mock = db.query(MockInterview).one()
        for _ in range(2):
            say(db, mock, now)

    await office.house.database.write(twice)
    await office.round()
    assert len(office.discord.words(THREAD)) == 1
    assert {row.state for row in await office.rows(Timer) if row.kind == "mock.card"} == {"done"}


async def test_a_thread_that_takes_no_message_ends_it_and_the_staff_hear_why(office: PostOffice) -> None:
    await office.round()
    await together(office)
    now = office.clock.now()

    def room(db: Any) -> None:
        mock = db.query(MockInterview).one()
        db.add(
            Room(
                key=f"mock:{mock.id}:thread",
                server_id=mock.server_id,
                kind="thread",
                discord_id=THREAD,
                opened_at=now,
                close_by=now + timedelta(days=1),
            )
        )

    await office.house.database.write(room)
    office.discord.close(THREAD, FORBIDDEN, "post")
    await office.round()
    assert await state(office) == ("over", "room-gone")
    assert len(office.discord.words(ALERTS)) == 1
    # And nothing is tried again.
    office.discord.asked.clear()
    await office.later(minutes=30)
    assert "post" not in office.discord.asked


async def test_without_the_right_to_open_threads_there_is_no_interview(office: PostOffice) -> None:
    await office.round()
    await together(office, thread=None)
    office.discord.close(CHANNEL, FORBIDDEN, "open_private")
    await office.round()
    assert await state(office) == ("over", "no-room")
    (told,) = office.discord.words(ALERTS)
    assert "no private thread" in told


@pytest.mark.parametrize("applied", [False, True])
async def test_a_thread_is_opened_once_when_a_worker_dies_in_the_middle(
    office: PostOffice, applied: bool
) -> None:
    await office.round()
    await together(office, thread=None)
    await office.crash("open_private", applied=applied)
    await office.round()
    threads = [one for one in office.discord.rooms.values() if one["type"] == PRIVATE_THREAD]
    assert len(threads) == 1
    thread_id = int(threads[0]["id"])
    assert sorted(office.discord.inside[thread_id]) == [ANA.discord_id, BO.discord_id]
    assert (await office.the_row(MockInterview)).thread_id == thread_id
    assert len(office.discord.words(thread_id)) == 1
