"""/recite: being in the rounds, leaving one out, resting and coming back; each sees only their own."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from bot.storage.tables import Enrolment, Member
from tests.support.recital import join, plan_rounds
from tests.support.study import rows, stamps
from tests.support.world import World, button, choice, chosen, said

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
RULES = "## How we treat each other"


async def recite(hall: World, who: Any, command: str, **options: Any) -> str:
    answered = await who.slash(hall.channel, f"recite {command}", **options)
    assert answered.response.ephemeral
    return said(answered)


async def enrolment(hall: World) -> Enrolment:
    (row,) = await rows(hall, Enrolment)
    return row


# --- joining


async def test_the_rules_are_agreed_to_once_and_then_joining_goes_on_as_chosen(quiz: World) -> None:
    bo = quiz.member("Bo")
    asked = await bo.slash(quiz.channel, "recite join", mode="async", style="typed")
    assert RULES in said(asked)
    assert "I keep your display name" in said(asked)  # joining is what they are about to do
    assert await rows(quiz, Enrolment) == []
    await quiz.restart()
    joined = said(await bo.click(asked.response, label="I agree"))
    assert "You are in the rounds" in joined
    assert "Async, typed" in joined
    row = await enrolment(quiz)
    assert (row.mode, row.medium, row.enrolled_at) == ("async", "typed", quiz.now())
    again = await recite(quiz, bo, "join")
    assert RULES not in again
    assert "Async, typed" in again
    assert (await enrolment(quiz)).enrolled_at == row.enrolled_at


async def test_by_default_one_recites_live_and_by_voice(quiz: World) -> None:
    bo = quiz.member("Bo")
    (joined,) = await join(quiz, bo)
    assert "Live, by voice" in joined


async def test_joining_tells_when_the_next_round_is_and_what_it_means(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    assert "tell members of `/recite join`" in said(await plan_rounds(quiz))
    (joined,) = await join(quiz, quiz.member("Bo"))
    assert set(stamps(joined)) == {MONDAY}
    assert "names you and your partner once in its channel" in joined
    assert "reminds you once" in joined


async def test_where_no_round_is_planned_joining_says_so_and_what_to_do_meanwhile(quiz: World) -> None:
    (joined,) = await join(quiz, quiz.member("Bo"))
    assert "No round is planned on this server yet" in joined
    assert "/recite now" in joined


async def test_what_was_chosen_is_kept_for_the_next_time(quiz: World) -> None:
    bo = quiz.member("Bo")
    await join(quiz, bo, mode="async", style="typed")
    assert "You are in no rounds any more" in await recite(quiz, bo, "leave")
    row = await enrolment(quiz)
    assert (row.enrolled_at, row.mode, row.medium) == (None, "async", "typed")
    assert "Live, typed" in await recite(quiz, bo, "join", mode="live")


async def test_who_is_paused_hears_that_rounds_go_without_them(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    bo, cy = quiz.member("Bo"), quiz.member("Cy")
    await join(quiz, bo, cy)
    await bo.slash(quiz.channel, "me pause")
    assert "the rounds go without you until `/me pause` ends it" in await recite(quiz, bo, "join")
    await quiz.admin.slash(quiz.channel, "guide people pause", member=cy, reason="Spam")
    assert (await recite(quiz, cy, "join")).startswith("A guide has paused you")
    assert "A guide has paused you" in await recite(quiz, cy, "status")


async def test_agreeing_twice_at_once_enrols_once(quiz: World) -> None:
    bo = quiz.member("Bo")
    asked = await bo.slash(quiz.channel, "recite join")
    press = (bo, asked.response, button("recite.agree:."))
    results = await quiz.raw(press, press, press)
    for result in results:
        assert "You are in the rounds" in said(result.response)
    assert len(await rows(quiz, Enrolment)) == 1


# --- leaving one out, or all


async def test_skipping_is_for_one_round_and_is_taken_back_by_itself(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    await plan_rounds(quiz)
    bo = quiz.member("Bo")
    await join(quiz, bo)
    skipped = await recite(quiz, bo, "skip")
    assert "The next round goes without you" in skipped
    assert stamps(skipped)[0] == MONDAY
    assert "the next one goes without you" in await recite(quiz, bo, "status")
    assert "You are in the next round" in await recite(quiz, bo, "skip")
    assert not (await enrolment(quiz)).skips


async def test_who_joins_again_means_the_next_round_too(quiz: World) -> None:
    bo = quiz.member("Bo")
    await join(quiz, bo)
    await recite(quiz, bo, "skip")
    await recite(quiz, bo, "join")
    assert not (await enrolment(quiz)).skips


@pytest.mark.parametrize("command", ["skip", "leave"])
async def test_who_is_in_no_rounds_has_nothing_to_leave(quiz: World, command: str) -> None:
    bo, cy = quiz.member("Bo"), quiz.member("Cy")
    assert (await recite(quiz, bo, command)).startswith("You are not taking part on this server")
    await join(quiz, cy)
    await recite(quiz, cy, "leave")
    assert (await recite(quiz, cy, command)).startswith("You are not in the recitation rounds")


# --- where one stands


async def test_status_joins_nobody_and_shows_a_way_in(quiz: World) -> None:
    bo = quiz.member("Bo")
    shown = await bo.slash(quiz.channel, "recite status")
    assert "You are not in the rounds" in said(shown)
    assert await rows(quiz, Member) == []
    assert RULES in said(await bo.click(shown.response, label="Join the rounds"))


async def test_how_one_recites_is_changed_on_the_card(quiz: World) -> None:
    bo = quiz.member("Bo")
    await join(quiz, bo)
    shown = await bo.slash(quiz.channel, "recite status")
    assert chosen(shown.response) == {"recite.mode:": ["live"], "recite.medium:": ["voice"]}
    await quiz.restart()
    changed = await bo.select(shown.response, ["async"], custom_id="recite.mode:")
    changed = await bo.select(changed.response, ["typed"], custom_id="recite.medium:")
    assert chosen(changed.response) == {"recite.mode:": ["async"], "recite.medium:": ["typed"]}
    row = await enrolment(quiz)
    assert (row.mode, row.medium) == ("async", "typed")
    (forged,) = await quiz.raw((bo, shown.response, choice("recite.mode:", "telepathy")))
    assert "over" in said(forged)
    assert (await enrolment(quiz)).mode == "async"


async def test_after_three_misses_one_click_brings_back(quiz: World) -> None:
    bo = quiz.member("Bo")
    await join(quiz, bo)
    await quiz.house.database.write(
        lambda db: db.execute(update(Enrolment).values(no_shows=3, rests_since=quiz.now())) and None
    )
    shown = await bo.slash(quiz.channel, "recite status")
    assert "You rest from the rounds" in said(shown)
    back = await bo.click(shown.response, label="I am back")
    assert "You have been in the rounds since" in said(back)
    row = await enrolment(quiz)
    assert (row.no_shows, row.rests_since) == (0, None)
