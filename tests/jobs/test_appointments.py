"""Reminders of appointments from outside: who is told, when, in whose quiet hours, and never twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain.members import Person
from bot.services.appointments import REMIND, drop_reminders, set_reminders
from bot.services.notices import wants
from bot.storage.tables import Block, Member, MockInterview, MockSeat, Server, Timer
from tests.support.fake_discord import DIRECT, Refused
from tests.support.post_office import PostOffice

ANA, BO = (
    Person(guild_id=7, discord_id=number, name=f"P{number}", guild_name="Study hall") for number in (71, 72)
)
THREAD = 555


async def meet(office: PostOffice, **ahead: float) -> datetime:
    """Let the two have agreed on an interview, and be reminded; when it is."""
    for who in (ANA, BO):
        await office.services.members.settle_in(who, track="ds")
    now = office.clock.now()
    at = now + timedelta(**ahead)

    def work(db: Any) -> None:
        server = db.query(Server).one()
        mock = MockInterview(
            server_id=server.id,
            state="agreed",
            thread_id=THREAD,
            minutes=60,
            starts_at=at,
            agreed_at=now,
            asked_at=now,
        )
        db.add(mock)
        db.flush()
        ids = []
        for place, who in enumerate((ANA, BO)):
            member = db.query(Member).filter_by(discord_id=who.discord_id).one()
            ids.append(member.id)
            db.add(MockSeat(mock_id=mock.id, member_id=member.id, place=place, round="sql", track="ds"))
        set_reminders(
            db, noun="mock", subject_id=mock.id, server_id=server.id, member_ids=ids, at=at, now=now
        )

    await office.house.database.write(work)
    return at


async def choose(office: PostOffice, *who: Person) -> None:
    for one in who:
        await office.services.notices.choose(one, "appointment", "dm")


def told(office: PostOffice, who: Person) -> list[str]:
    """The direct messages somebody got."""
    return office.discord.words(DIRECT + who.discord_id)


async def reminders(office: PostOffice) -> list[Timer]:
    return [row for row in await office.rows(Timer) if row.kind == REMIND]


async def change(office: PostOffice, statement: Any) -> None:
    await office.house.database.write(lambda db: db.execute(statement) and None)


async def test_whoever_chose_it_is_told_an_hour_before_once_and_whence(office: PostOffice) -> None:
    await choose(office, ANA)
    await meet(office, hours=5)
    await office.later(hours=3, minutes=59)
    assert told(office, ANA) == []
    await office.later(minutes=1)
    (message,) = told(office, ANA)
    assert "**Study hall**" in message
    assert f"https://discord.com/channels/7/{THREAD}" in message
    assert "[Stop these reminders]" in message
    assert told(office, BO) == []
    for _ in range(4):
        await office.later(minutes=30)
    assert len(told(office, ANA)) == 1
    # What named a person is gone with its use.
    assert await reminders(office) == []


async def test_choosing_it_after_agreeing_is_early_enough(office: PostOffice) -> None:
    await meet(office, hours=5)
    await office.later(hours=3)
    await choose(office, BO)
    await office.later(hours=1)
    assert len(told(office, BO)) == 1


@pytest.mark.parametrize("how", ["called off", "begun", "left", "gone", "blocked", "server left", "stopped"])
async def test_nobody_is_reminded_of_what_does_not_stand(office: PostOffice, how: str) -> None:
    await choose(office, ANA)
    await meet(office, hours=5)
    ana = Member.discord_id == ANA.discord_id
    now = office.clock.now()
    if how == "called off":
        await change(office, update(MockInterview).values(state="over"))
    elif how == "begun":
        await change(office, update(MockInterview).values(starts_at=now + timedelta(hours=4)))
    elif how == "left":
        await office.services.members.leave(ANA)
    elif how == "gone":
        await change(office, update(Member).where(ana).values(gone_at=now))
    elif how == "blocked":
        await office.services.safety.block(BO, "member", ANA.discord_id)
    elif how == "server left":
        await change(office, update(Server).values(left_at=now))
    else:
        await office.services.notices.choose(ANA, "appointment", None)
    await office.later(hours=4)
    assert told(office, ANA) == []
    await office.later(minutes=1)
    assert await reminders(office) == []
    assert len(await office.rows(Block)) == (how == "blocked")


async def test_quiet_hours_are_kept_and_after_the_beginning_it_is_of_no_use(office: PostOffice) -> None:
    await choose(office, ANA, BO)
    # At nine: Ana is quiet until half past one, Bo until three; the interview is at two.
    await office.services.notices.set_quiet(ANA, start_minute=12 * 60)
    await office.services.notices.set_quiet(ANA, end_minute=13 * 60 + 30)
    await office.services.notices.set_quiet(BO, start_minute=12 * 60)
    await office.services.notices.set_quiet(BO, end_minute=15 * 60)
    await meet(office, hours=5)
    await office.later(hours=4, minutes=5)
    assert (told(office, ANA), told(office, BO)) == ([], [])
    await office.later(minutes=25)
    assert len(told(office, ANA)) == 1
    await office.later(hours=3)
    assert told(office, BO) == []
    assert await reminders(office) == []


async def test_who_takes_no_direct_messages_is_not_tried_again(office: PostOffice) -> None:
    await choose(office, ANA)
    await meet(office, hours=5)
    closed = Refused(403, 50007, "Cannot send messages to this user")
    office.discord.close(DIRECT + ANA.discord_id, closed, "post")
    await office.later(hours=4)
    assert told(office, ANA) == []
    assert await reminders(office) == []
    choices = await office.services.notices.choices(ANA)
    assert choices.unreachable
    assert choices.chosen["appointment"] != "dm"


async def test_a_worker_that_dies_in_the_middle_tells_nobody_twice(office: PostOffice) -> None:
    await choose(office, ANA)
    await meet(office, hours=5)
    office.clock.turn(timedelta(hours=4))
    await office.crash("post", applied=True)
    await office.round()
    assert len(told(office, ANA)) == 1
    assert await reminders(office) == []


async def test_moved_only_the_new_time_is_told_and_near_ones_not_at_all(office: PostOffice) -> None:
    await choose(office, ANA)
    await meet(office, hours=5)
    mock = await office.the_row(MockInterview)
    seats = await office.rows(MockSeat)
    now = office.clock.now()

    async def move(**ahead: float) -> None:
        await office.house.database.write(
            lambda db: set_reminders(
                db,
                noun="mock",
                subject_id=mock.id,
                server_id=mock.server_id,
                member_ids=[seat.member_id for seat in seats],
                at=now + timedelta(**ahead),
                now=now,
            )
        )

    await move(hours=8)
    assert {row.due_at for row in await reminders(office)} == {now + timedelta(hours=7)}
    await move(minutes=59)
    assert await reminders(office) == []
    await move(hours=8)
    # Another noun's with the same number is another appointment.
    await office.house.database.write(lambda db: drop_reminders(db, "recitation", mock.id))
    assert len(await reminders(office)) == 2
    await office.house.database.write(lambda db: drop_reminders(db, "mock", mock.id))
    assert await reminders(office) == []


async def test_stopping_in_the_message_stops_appointments_and_nothing_else(office: PostOffice) -> None:
    await choose(office, ANA)
    await office.services.notices.choose(ANA, "question", "dm")
    await meet(office, hours=5)
    await office.later(hours=4)
    seat = (await office.rows(MockSeat))[0]
    server = await office.the_row(Server)
    await office.services.notices.stop(ANA.discord_id, server.id, "appointment")
    asked = await office.house.database.read(
        lambda db: [wants(db, seat.member_id, kind) for kind in ("question", "appointment")]
    )
    assert asked == ["dm", None]
