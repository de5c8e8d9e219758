"""Rounds going out: pairs made once, posted once, and what each person sees of them."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.storage.tables import Delivery, Enrolment, Recitation, Reciter, Round
from tests.support.recital import DAY, WEEK, join, lines, pairs, plan_rounds, rounds
from tests.support.study import rows, stamps
from tests.support.world import World, said, words

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
SOLO = "This time nobody was left for you"


@pytest.fixture
async def club(quiz: World) -> World:
    """A server with a round every Monday at ten, which is in two hours, and no daily question."""
    await quiz.admin.slash(quiz.channel, "setup start")
    for number in (1, 2):
        await quiz.admin.slash(quiz.channel, "setup schedule pause", number=number)
    await plan_rounds(quiz)
    return quiz


def people(hall: World, *names: str) -> list[Any]:
    return [hall.member(name) for name in names]


async def the_round(hall: World) -> Any:
    """Go to the next Monday's round; its first message."""
    before = len(rounds(hall.channel))
    await hall.skip_to(MONDAY if hall.now() < MONDAY else MONDAY + WEEK * (1 + (hall.now() - MONDAY) // WEEK))
    return rounds(hall.channel)[before]


# --- however few take part


async def test_nobody_is_told_kindly_how_to_begin(club: World) -> None:
    message = await the_round(club)
    assert "Nobody is in the rounds yet" in words(message)
    assert lines(message) == []
    bo = club.member("Bo")
    assert "How we treat each other" in said(await bo.click(message, label="Join the rounds"))
    await club.skip_to(MONDAY + 2 * DAY)
    assert len(rounds(club.channel)) == 1


async def test_one_recites_solo(club: World) -> None:
    (bo,) = people(club, "Bo")
    await join(club, bo)
    message = await the_round(club)
    assert pairs(club, message) == [{"bo"}]
    assert "solo" in lines(message)[0]
    assert SOLO in said(await bo.click(message, label="Open my room"))
    (recitation,) = await rows(club, Recitation)
    assert (recitation.mode, recitation.origin, recitation.number) == ("solo", "round", 1)


async def test_two_are_standing_partners_and_hear_of_no_repeats(club: World) -> None:
    bo, cy = people(club, "Bo", "Cy")
    await join(club, bo, cy)
    for _ in range(3):
        message = await the_round(club)
        assert pairs(club, message) == [{"bo", "cy"}]
    told = said(await bo.click(message, label="Why this pair?"))
    assert "standing partners" in told
    assert "before; this round" not in told


async def test_three_are_a_trio_and_each_reads_only_what_is_true_of_them(club: World) -> None:
    bo, cy, di = people(club, "Bo", "Cy", "Di")
    await join(club, bo, cy)
    await the_round(club)
    await join(club, di)
    message = await the_round(club)
    assert pairs(club, message) == [{"bo", "cy", "di"}]
    assert "3 people" in words(message)
    for who, other in ((bo, cy), (cy, bo)):
        told = said(await who.click(message, label="Why this pair?"))
        assert f"so you and <@{other.id}> are standing partners." in told
        assert f"• You and <@{di.id}> have not recited together before." in told
    told = said(await di.click(message, label="Why this pair?"))
    assert "standing" not in told
    assert [f"You and <@{other.id}> have not recited together" in told for other in (bo, cy)] == [True] * 2
    seen = said(await club.admin.slash(club.channel, "guide pairs preview"))
    assert "are standing partners" in seen
    assert "You" not in seen
    # Of somebody whose data is erased nothing is said.
    opened = await di.slash(club.channel, "me data delete")
    form = await di.click(opened.response, label="Delete everything")
    await di.submit_modal(form, {"word": "delete"})
    await club.rounds()
    assert f"<@{di.id}>" not in said(await bo.click(message, label="Why this pair?"))


async def test_five_are_a_pair_and_a_trio_and_everyone_is_in_one_line(club: World) -> None:
    await join(club, *people(club, "Bo", "Cy", "Di", "Ed", "Flo"))
    trios: Counter[str] = Counter()
    for _ in range(5):
        together = pairs(club, await the_round(club))
        assert sorted(map(len, together)) == [2, 3]
        assert set().union(*together) == {"bo", "cy", "di", "ed", "flo"}
        trios.update(next(one for one in together if len(one) == 3))
    assert (
        max(trios.values()) - min(trios.values()) <= 1 + 2
    )  # three of five each time: no one is left out of turn
    recited = Counter(row.member_id for row in await rows(club, Reciter))
    assert set(recited.values()) == {5}


# --- who is in it


async def test_nobody_is_in_it_who_skips_rests_paused_or_left(club: World) -> None:
    bo, cy, di, ed, flo, gus, hal = people(club, "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")
    await join(club, bo, cy, di, ed, flo, gus, hal)
    await di.slash(club.channel, "recite skip")
    await ed.slash(club.channel, "me pause")
    await club.admin.slash(club.channel, "guide people pause", member=flo, reason="Spam")
    leaving = await gus.slash(club.channel, "me leave")
    await gus.click(leaving.response, label="Leave")
    resting = (await rows(club, Enrolment))[-1]
    await club.house.database.write(
        lambda db: (
            db.execute(update(Enrolment).where(Enrolment.id == resting.id).values(rests_since=club.now()))
            and None
        )
    )
    assert pairs(club, await the_round(club)) == [{"bo", "cy"}]
    # A skip is used up.
    assert set().union(*pairs(club, await the_round(club))) == {"bo", "cy", "di"}


async def test_somebody_who_left_discord_is_not_paired(club: World) -> None:
    bo, cy, di = people(club, "Bo", "Cy", "Di")
    await join(club, bo, cy, di)
    club.env.backend.remove_member(club.guild.id, di.id)
    await club.env.settle()
    assert pairs(club, await the_round(club)) == [{"bo", "cy"}]


async def test_blocks_are_never_paired_and_never_told(club: World) -> None:
    bo, cy = people(club, "Bo", "Cy")
    await join(club, bo, cy)
    await block(club, bo, cy)
    message = await the_round(club)
    assert pairs(club, message) == [{"bo"}, {"cy"}]
    for who in (bo, cy):
        for label in ("Open my room", "Why this pair?"):
            assert SOLO in said(await who.click(message, label=label))
    assert "block" not in words(message)


async def block(hall: World, who: Any, whom: Any) -> None:
    opened = await who.context_menu(hall.channel, "Report or block", whom)
    await who.click(opened.response, label="Block this person")


async def test_live_meets_live_and_async_async(club: World) -> None:
    bo, cy, di, ed = people(club, "Bo", "Cy", "Di", "Ed")
    await join(club, bo, cy)
    await join(club, di, ed, mode="async", style="typed")
    message = await the_round(club)
    assert sorted(map(sorted, pairs(club, message))) == [["bo", "cy"], ["di", "ed"]]
    assert [line.partition(": ")[2] for line in sorted(lines(message))]
    assert any(line.endswith("live, by voice") for line in lines(message))
    assert any(line.endswith("async, typed") for line in lines(message))


# --- what people see


async def test_why_is_for_the_pair_alone(club: World) -> None:
    bo, cy, di, ed = people(club, "Bo", "Cy", "Di", "Ed")
    await join(club, bo, cy)
    message = await the_round(club)
    before = club.sees(di)
    told = await bo.click(message, label="Why this pair?")
    assert told.ephemeral
    assert f"## Why you and <@{cy.id}>" in said(told)
    assert "nobody is told" in said(told)
    assert club.sees(di) == before
    for label in ("Open my room", "Why this pair?"):
        await join(club, ed)
        assert said(await ed.click(message, label=label)).startswith("You are not in this round")


async def test_status_shows_what_is_open_and_leads_on(club: World) -> None:
    bo, cy, di = people(club, "Bo", "Cy", "Di")
    await join(club, bo, cy)
    await join(club, di, mode="async")
    await the_round(club)
    status = await bo.slash(club.channel, "recite status")
    assert f"With <@{cy.id}>, live, by voice" in said(status)
    (button,) = re.findall(r"\[(Open \d)\]", said(status))
    assert "I open your room now" in said(await bo.click(status.response, label=button))
    await club.rounds()
    (room,) = club.channel.threads
    assert f"<#{room.id}>" in said(await cy.slash(club.channel, "recite status"))
    alone = said(await di.slash(club.channel, "recite status"))
    assert "On your own, solo" in alone
    assert re.search(r"\[Recite \d solo\]", alone)


async def test_everybody_is_mentioned_once_and_only_they(club: World) -> None:
    bo, cy, di = people(club, "Bo", "Cy", "Di")
    await join(club, bo, cy, di)
    message = await the_round(club)
    assert {user.id for user in message.mentions} == {bo.id, cy.id, di.id}


async def test_until_when_there_is_time_is_the_next_round(club: World) -> None:
    await join(club, *people(club, "Bo", "Cy"))
    assert set(stamps(words(await the_round(club)))) == {MONDAY, MONDAY + WEEK}


# --- what becomes of those who do not begin


async def test_whoever_has_not_begun_is_reminded_once_and_then_it_is_over(club: World) -> None:
    bo, cy, di, ed = people(club, "Bo", "Cy", "Di", "Ed")
    await join(club, bo, cy)
    await join(club, di, ed, mode="async")
    message = await the_round(club)
    begun, waiting = ([who for who in (bo, cy, di, ed) if f"<@{who.id}>" in line] for line in lines(message))
    await begun[0].click(message, label="Open my room")
    await club.rounds()
    await club.skip_to(MONDAY + DAY)
    _, reminder = rounds(club.channel)
    assert "### Still to begin" in words(reminder)
    assert lines(reminder) == [lines(message)[1]]
    assert {user.id for user in reminder.mentions} == {who.id for who in waiting}
    await club.skip_to(MONDAY + WEEK - timedelta(minutes=1))
    assert len(rounds(club.channel)) == 2
    assert (await phases(club))[1] == "arranged"
    await club.skip_to(MONDAY + WEEK)
    assert (await phases(club))[1:] == ["over", "arranged", "arranged"]
    assert "nothing is held against anybody" in said(await waiting[0].click(message, label="Open my room"))


async def test_where_all_have_begun_nobody_is_reminded(club: World) -> None:
    bo, cy = people(club, "Bo", "Cy")
    await join(club, bo, cy)
    await cy.click(await the_round(club), label="Open my room")
    await club.skip_to(MONDAY + 2 * DAY)
    assert len(rounds(club.channel)) == 1


async def phases(hall: World) -> list[str]:
    return [row.phase for row in await rows(hall, Recitation)]


# --- restarts


async def test_a_restart_between_every_step_changes_nothing(club: World) -> None:
    bo, cy = people(club, "Bo", "Cy")
    await join(club, bo)
    await club.restart()
    await join(club, cy)
    await club.restart()
    message = await the_round(club)
    await club.restart()
    assert "## Why you and" in said(await bo.click(message, label="Why this pair?"))
    await club.skip_to(MONDAY + DAY)
    await club.restart()
    _, reminder = rounds(club.channel)
    assert "I open your room now" in said(await cy.click(reminder, label="Open my room"))
    await club.restart()
    await club.rounds()
    (room,) = club.channel.threads
    assert room.name.endswith("r1")
    await club.restart()
    await club.skip_to(MONDAY + WEEK)
    assert len(await rows(club, Round)) == 2
    assert len(rounds(club.channel)) == 3


# --- guides


async def test_a_preview_keeps_nothing_and_a_run_with_its_seed_makes_its_pairs(club: World) -> None:
    await join(club, *people(club, "Bo", "Cy", "Di", "Ed", "Flo"))
    shown = said(await club.admin.slash(club.channel, "guide pairs preview"))
    assert "A round now: 5 people" in shown
    seed = int(shown.partition("Seed ")[2].partition(":")[0])
    assert await rows(club, Recitation) == []
    again = said(await club.admin.slash(club.channel, "guide pairs preview", seed=seed))
    assert again == shown
    assert "Score " in shown
    before = club.now()
    ran = said(await club.admin.slash(club.channel, "guide pairs run", seed=seed))
    assert "appears in" in ran
    await club.rounds()
    (message,) = rounds(club.channel)
    for line in lines(message):
        together = line.partition(" ")[2].partition(":")[0]
        assert f"**{together}**" in shown
    (row,) = await rows(club, Round)
    assert (row.seed, row.cut_at) == (seed, before)
    trail = said(await club.admin.slash(club.channel, "guide audit"))
    assert "had schedule 3 pair everyone once" in trail
    # The calendar stays as it is.
    await club.skip_to(MONDAY)
    assert len(await rows(club, Round)) == 2


async def test_of_several_schedules_a_guide_may_say_which_one_runs(club: World) -> None:
    other = club.guild.create_text_channel("evening")
    await plan_rounds(club, time="20", channel=other)
    await join(club, *people(club, "Bo", "Cy"))
    bo = club.member("Bo")
    assert await bo.autocomplete(club.channel, "guide pairs run", "number", "") == []
    _, second = await club.admin.autocomplete(club.channel, "guide pairs run", "number", "")
    (found,) = await club.admin.autocomplete(club.channel, "guide pairs run", "number", "#evening")
    assert found == second
    assert f"<#{other.id}>" in said(await club.admin.slash(club.channel, "guide pairs run", number=4))
    await club.rounds()
    assert (len(rounds(club.channel)), len(rounds(other))) == (0, 1)
    assert f"<#{club.channel.id}>" in said(await club.admin.slash(club.channel, "guide pairs run"))
    wrong = said(await club.admin.slash(club.channel, "guide pairs run", number=1))
    assert "schedule" in wrong
    await club.rounds()
    assert (len(rounds(club.channel)), len(rounds(other))) == (1, 1)


async def test_without_planned_rounds_a_guide_is_told_how_they_come(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    refused = said(await quiz.admin.slash(quiz.channel, "guide pairs run"))
    assert refused.startswith("No recitation rounds are planned")
    assert "Nobody is in the rounds" in said(await quiz.admin.slash(quiz.channel, "guide pairs preview"))


async def test_an_earlier_run_gives_way_to_the_next_round(club: World) -> None:
    await join(club, *people(club, "Bo", "Cy"))
    await club.admin.slash(club.channel, "guide pairs run")
    await club.rounds()
    assert len(rounds(club.channel)) == 1
    # Only two hours later the planned one comes: the first stays open beside it.
    await the_round(club)
    assert await phases(club) == ["arranged", "arranged"]
    assert {row.state for row in await rows(club, Delivery)} == {"done"}
