"""Reveals from outside: each step may be the last one before a crash, and is never seen twice."""

from datetime import timedelta

import pytest

from bot.storage.tables import Drop, Timer
from tests.support.fake_discord import FORBIDDEN, MESSAGE_GONE, TOO_MANY_THREADS, Fault, Refused
from tests.support.post_office import ALERTS, CHANNEL, PostOffice

STEPS = ("post", "thread", "edit")


@pytest.fixture
async def revealing(office: PostOffice) -> PostOffice:
    """A day later: the question's answer is due, and no other question comes in between."""
    await office.round()
    (planned,) = await office.services.schedules.list(office.admin)
    await office.services.schedules.set_paused(office.admin, planned.id, True)
    office.clock.turn(timedelta(hours=24))
    office.discord.asked.clear()
    return office


async def revealed_once(office: PostOffice, *, thread: bool = True) -> None:
    """One answer, one thread on it, and the question points to it."""
    question, answer = office.discord.channels[CHANNEL]
    drop, timer = await office.the_row(Drop), await office.the_row(Timer)
    assert timer.state == "done"
    assert drop.reveal_message_id == int(answer["id"])
    assert drop.thread_id == (int(answer["id"]) if thread else None)
    assert list(office.discord.threads) == ([int(answer["id"])] if thread else [])
    assert answer["id"] in office.discord.words(CHANNEL)[0]
    assert drop.message_id == int(question["id"])


async def test_nothing_goes_wrong(revealing: PostOffice) -> None:
    await revealing.round()
    await revealing.later(hours=1)

    await revealed_once(revealing)
    assert revealing.discord.asked == ["post", "thread", "edit"]


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_each_step(revealing: PostOffice, step: str, applied: bool) -> None:
    await revealing.crash(step, applied=applied)
    revealing.discord.forget_nonces()
    await revealing.round()

    await revealed_once(revealing)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_trouble_at_each_step(revealing: PostOffice, step: str, applied: bool) -> None:
    revealing.discord.order(step, Fault(applied=applied), Fault(applied=applied))
    await revealing.round()
    await revealing.later(seconds=5)
    await revealing.later(seconds=10)

    await revealed_once(revealing)


async def test_a_crash_at_every_step_in_turn(revealing: PostOffice) -> None:
    for step in STEPS:
        await revealing.crash(step, applied=True)
        revealing.discord.forget_nonces()
    await revealing.round()

    await revealed_once(revealing)


@pytest.mark.parametrize("refusal", [FORBIDDEN, TOO_MANY_THREADS])
async def test_without_a_thread_the_answer_is_out_all_the_same(
    revealing: PostOffice, refusal: Refused
) -> None:
    revealing.discord.close(CHANNEL, refusal, "thread")
    await revealing.round()

    await revealed_once(revealing, thread=False)


async def test_a_question_somebody_deleted(revealing: PostOffice) -> None:
    revealing.discord.close(CHANNEL, MESSAGE_GONE, "edit")
    await revealing.round()

    assert (await revealing.the_row(Timer)).state == "done"
    assert len(revealing.discord.channels[CHANNEL]) == 2


async def test_an_answer_that_never_gets_through_is_given_up(revealing: PostOffice) -> None:
    revealing.discord.chance = lambda name: Fault(400) if name == "post" else None
    for _ in range(3 * 24 + 2):
        await revealing.later(hours=1)
        if (await revealing.the_row(Timer)).state != "due":
            break

    timer = await revealing.the_row(Timer)
    assert timer.state == "missed"
    assert timedelta(days=3) < timer.settled_at - timer.first_attempt_at < timedelta(days=3, hours=2)
    assert ALERTS not in revealing.discord.channels, "telling them failed as well"


async def test_an_answer_due_while_away_for_long_is_tried_like_any_other(revealing: PostOffice) -> None:
    revealing.clock.turn(timedelta(days=4))
    revealing.discord.order("post", Fault())
    await revealing.round()
    assert (await revealing.the_row(Timer)).state == "due"
    await revealing.later(seconds=5)

    await revealed_once(revealing)
