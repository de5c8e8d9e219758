"""Reminders from outside: who is told of an unanswered question, when, and never twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.domain.members import Person
from bot.services.answers import Chosen
from bot.services.notices import APART, REMIND, TELL, wants
from bot.storage.tables import Drop, Member, NotificationChoice, Timer
from tests.support.fake_discord import DIRECT, GONE, Fault, Refused
from tests.support.post_office import ALERTS, CHANNEL, PostOffice


def person(number: int) -> Person:
    return Person(guild_id=7, discord_id=number, name=f"P{number}", guild_name="Study hall")


BO = person(71)


async def ask(office: PostOffice, who: Person = BO) -> None:
    """Let somebody ask to be reminded."""
    await office.services.notices.choose(who, "question", "dm")


def told(office: PostOffice, who: Person = BO) -> list[str]:
    """The direct messages somebody got."""
    return office.discord.words(DIRECT + who.discord_id)


async def timers(office: PostOffice, kind: str) -> list[Timer]:
    return [row for row in await office.rows(Timer) if row.kind == kind]


@pytest.fixture
async def six_hours_on(office: PostOffice) -> PostOffice:
    """Bo asked for it before the question came at nine; it is three in the afternoon."""
    await ask(office)
    await office.round()
    office.clock.turn(timedelta(hours=6))
    office.discord.asked.clear()
    return office


async def test_a_reminder_comes_after_six_hours_and_says_whence_and_how_to_stop(office: PostOffice) -> None:
    await ask(office)
    await office.round()
    await office.later(hours=5, minutes=59)
    assert told(office) == []
    await office.later(minutes=1)
    (message,) = told(office)
    drop = await office.the_row(Drop)
    assert "**Study hall**" in message
    assert f"(https://discord.com/channels/7/{CHANNEL}/{drop.message_id})" in message
    assert "[Stop these reminders]" in message
    for _ in range(17):
        await office.later(hours=1)
    assert len(told(office)) == 1
    # What named a person is gone with its use.
    assert await timers(office, TELL) == []


async def test_only_those_who_asked_and_take_part_and_have_not_answered_are_told(office: PostOffice) -> None:
    people = [person(number) for number in range(80, 88)]
    answering, pausing, leaving, gone, stopping, silent, *waiting = people
    for who in people:
        await (office.services.members.settle_in(who, track="ds") if who is silent else ask(office, who))
    await office.round()
    drop = await office.the_row(Drop)
    await office.services.answers.to_drop(answering, drop.id, Chosen((0,)))
    await office.services.members.toggle_pause(pausing)
    await office.services.members.leave(leaving)
    await office.house.database.write(
        lambda db: db.execute(
            update(Member).where(Member.discord_id == gone.discord_id).values(gone_at=office.clock.now())
        )
    )
    await office.services.notices.choose(stopping, "question", None)
    office.clock.turn(timedelta(hours=6))
    for _ in range(3):
        await office.later(seconds=APART.seconds)
    assert [who for who in people if told(office, who)] == waiting


async def test_many_are_told_one_after_the_other_and_who_answers_meanwhile_is_not(office: PostOffice) -> None:
    people = [person(number) for number in range(100, 130)]
    for who in people:
        await ask(office, who)
    await office.round()
    await office.later(hours=6)
    assert [who for who in people if told(office, who)] == people[:1]
    drop = await office.the_row(Drop)
    await office.services.answers.to_drop(people[-1], drop.id, Chosen((0,)))
    await office.later(seconds=15 * APART.seconds)
    assert [who for who in people if told(office, who)] == people[:16]
    await office.later(seconds=15 * APART.seconds)
    assert [who for who in people if told(office, who)] == people[:-1]


async def test_nobody_asked_and_no_timer_is_set_until_somebody_does(office: PostOffice) -> None:
    await office.round()
    assert await timers(office, REMIND) == []
    await office.later(hours=3)
    await ask(office)
    await ask(office)
    (timer,) = await timers(office, REMIND)
    assert timer.due_at == (await office.the_row(Drop)).posted_at + timedelta(hours=6)
    await office.later(hours=3)
    assert len(told(office)) == 1


async def test_choosing_when_the_time_is_over_reminds_of_the_next_question_only(office: PostOffice) -> None:
    await office.round()
    await office.later(hours=7)
    await ask(office)
    await office.later(hours=2)
    assert told(office) == []
    await office.later(hours=15)  # the next morning's question is out
    await office.later(hours=6)
    assert len(told(office)) == 1


async def test_a_reminder_waits_for_the_end_of_the_members_own_quiet_hours(six_hours_on: PostOffice) -> None:
    office = six_hours_on  # 15:00 UTC, midnight in Tokyo
    await office.services.members.settle_in(BO, zone="Asia/Tokyo")
    await office.services.notices.set_quiet(BO, start_minute=22 * 60)
    await office.round()
    await office.later(hours=6, minutes=59)
    assert told(office) == []
    assert await office.services.deliveries.idle()
    await office.later(minutes=1)  # seven in the morning
    assert office.clock.now() == datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert len(told(office)) == 1


async def test_a_reminder_that_waited_too_long_is_dropped(six_hours_on: PostOffice) -> None:
    office = six_hours_on
    await office.services.notices.set_quiet(BO, start_minute=15 * 60)
    await office.services.notices.set_quiet(BO, end_minute=14 * 60)
    for _ in range(30):
        await office.later(hours=1)
    # At fourteen the next day its answer was out; the next question's reminder waits in its turn.
    drops = await office.rows(Drop)
    assert [drop.revealed_at is None for drop in drops] == [False, True]
    assert told(office) == []
    assert [timer.subject_id for timer in await timers(office, TELL)] == [drops[1].id]


async def test_after_an_outage_nobody_is_reminded_of_yesterday(office: PostOffice) -> None:
    await ask(office)
    await office.round()
    (planned,) = await office.services.schedules.list(office.admin)
    await office.services.schedules.set_paused(office.admin, planned.id, True)
    await office.later(hours=25)
    assert told(office) == []
    assert [timer.state for timer in await timers(office, REMIND)] == ["done"]


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["direct", "post"])
async def test_a_crash_at_each_step_tells_once(six_hours_on: PostOffice, step: str, applied: bool) -> None:
    office = six_hours_on
    await office.crash(step, applied=applied)
    office.discord.forget_nonces()
    await office.round()
    assert len(told(office)) == 1
    assert await timers(office, TELL) == []


async def test_too_many_direct_messages_at_once_pass(six_hours_on: PostOffice) -> None:
    office = six_hours_on
    channel = DIRECT + BO.discord_id
    office.discord.close(channel, Refused(403, 40003, "You are opening direct messages too fast"), "post")
    await office.round()
    await office.later(seconds=5)
    assert office.discord.asked.count("post") == 2
    office.discord.open(channel)
    await office.later(seconds=10)
    assert len(told(office)) == 1


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_trouble_is_tried_again(six_hours_on: PostOffice, applied: bool) -> None:
    office = six_hours_on
    office.discord.order("post", Fault(applied=applied), Fault(applied=applied))
    await office.round()
    await office.later(seconds=5)
    await office.later(seconds=10)
    assert len(told(office)) == 1


async def test_after_a_crash_in_which_it_was_sent_quiet_hours_do_not_send_it_again(
    six_hours_on: PostOffice,
) -> None:
    office = six_hours_on
    await office.crash("post", applied=True)
    office.discord.forget_nonces()
    await office.services.notices.set_quiet(BO, start_minute=15 * 60)
    await office.services.notices.set_quiet(BO, end_minute=16 * 60)
    await office.round()
    await office.later(hours=1)
    assert len(told(office)) == 1
    assert await timers(office, TELL) == []


@pytest.mark.parametrize(
    ("channel", "name", "status"), [(DIRECT + BO.discord_id, "post", 403), (0, "direct", 400)]
)
async def test_closed_direct_messages_switch_it_off_and_the_settings_say_so(
    six_hours_on: PostOffice, channel: int, name: str, status: int
) -> None:
    office = six_hours_on
    refusal = Refused(status, 50007, "Cannot send messages to this user")
    office.discord.close(channel, refusal, name)
    assert await office.house.database.read(lambda db: wants(db, 1, "question")) == "dm"
    await office.round()
    assert (await office.the_row(NotificationChoice)).channel == "unreachable"
    assert await office.house.database.read(lambda db: wants(db, 1, "question")) is None
    assert (await office.services.members.profile(BO)).unreachable
    office.discord.asked.clear()
    for _ in range(24):
        await office.later(hours=1)
    assert "direct" not in office.discord.asked
    assert ALERTS not in office.discord.channels
    await office.services.notices.choose(BO, "question", "dm")
    assert not (await office.services.members.profile(BO)).unreachable


@pytest.mark.parametrize(
    ("channel", "name", "refusal"),
    [(0, "direct", Refused(404, 10013, "Unknown User")), (DIRECT + BO.discord_id, "post", GONE)],
    ids=["nobody", "nowhere"],
)
async def test_another_refusal_is_given_up_and_nobody_elses_business(
    six_hours_on: PostOffice, channel: int, name: str, refusal: Refused
) -> None:
    office = six_hours_on
    office.discord.close(channel, refusal, name)
    await office.round()
    await office.later(minutes=10)
    assert office.discord.asked.count(name) == 1
    assert ALERTS not in office.discord.channels
    assert (await office.the_row(NotificationChoice)).channel == "dm"
