"""The weekly digest as it stands in the channel, and what each person reads behind its button."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.client.posting import custom_ids
from bot.storage.tables import Delivery
from bot.ui.board import digest_marker
from tests.support.study import (
    another_server,
    answer,
    ask,
    practise,
    questions,
    rows,
    stamps,
    week_of_answers,
)
from tests.support.world import World, button, said, words

MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up without a daily question: a digest every Monday at nine from next week on, and questions on demand."""
    await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.admin.slash(quiz.channel, "setup schedule pause", number=1)
    return quiz


def digests(channel: Any) -> list[discord.Message]:
    """The digests that stand in a channel, oldest first."""
    return [
        one for one in channel.history() if any(name.startswith("digest.mine:") for name in custom_ids(one))
    ]


def people(hall: World, *names: str) -> list[Any]:
    return [hall.member(name) for name in names]


async def digest(hall: World) -> str:
    """A digest of the running week: run now, on a Thursday."""
    await hall.skip_to(hall.now() + timedelta(days=3 - hall.now().weekday()))
    await hall.admin.slash(hall.channel, "setup schedule run", number=2)
    await hall.rounds()
    return words(digests(hall.channel)[-1])


async def test_a_week_is_told_once_when_it_is_over(hall: World) -> None:
    bo, *group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 3), *((who, 1) for who in group))
    await answer(group[0], questions(hall.channel)[1], right=False)
    # On the Monday of the set-up there was no week to tell of.
    await hall.skip_to(MONDAY - WEEK)
    assert digests(hall.channel) == []
    await hall.skip_to(MONDAY - timedelta(hours=10))  # what is done late on Sunday is told too
    await answer(bo, await ask(hall))
    await hall.skip_to(MONDAY - timedelta(seconds=1))
    assert digests(hall.channel) == []
    await answer(bo, await ask(hall))  # on Monday: the next digest's
    await hall.skip_to(MONDAY)
    await hall.skip(3600)
    (posted,) = digests(hall.channel)
    told = words(posted)
    assert told.startswith(
        "## Last week in Study hall\n-# 02 March to 08 March 2026\n**9 reps** by 5 people."
    )
    assert "**Last week's goal together:** ▰▰▰▰▱▱▱▱▱▱ 9 of 20 reps" in told
    assert "Daily questions: 89% of answers were right." in told
    assert "**Most points last week**\n**#1** Bo: 8 points · 4 reps\n**#2** Cy: 3 points · 2 reps" in told
    assert told.endswith("[My place]")
    assert "(you)" not in told
    assert posted.created_at == MONDAY
    (row,) = [one for one in await rows(hall, Delivery) if one.kind == "digest"]
    assert (row.state, row.message_id) == ("done", posted.id)


async def test_who_came_furthest_is_named_before_who_has_most(hall: World) -> None:
    bo, cy, di, ed, flo = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 5), (cy, 1), (di, 2), (ed, 1))
    await hall.skip_to(MONDAY + timedelta(days=1))
    await week_of_answers(hall, (bo, 4), (cy, 4), (di, 3), (ed, 1), (flo, 1))
    told = await digest(hall)
    assert "**13 reps** by 5 people (+4 against the week before)." in told
    assert told.index("**Came furthest since the week before**") < told.index("**Most points this week**")
    assert (
        "**Came furthest since the week before**\nCy: 2 → 8 points\nDi: 4 → 6 points\nFlo: 0 → 2 points\n"
        in told
    )
    assert "13 of 20 reps" in told


async def test_my_place_is_for_my_eyes_only(hall: World) -> None:
    group = people(hall, *(f"P{number:02}" for number in range(12)))
    await week_of_answers(hall, *((who, 2 if place < 11 else 1) for place, who in enumerate(group)))
    await hall.skip_to(MONDAY)
    (posted,) = digests(hall.channel)
    assert "P11" not in words(posted)  # ten are named
    last, stranger = group[-1], hall.member("Zed")
    before = hall.sees(group[0])
    mine = await last.click(posted, label="My place")
    assert mine.ephemeral
    assert "Your place: 12 of 12" in said(mine)
    assert "P11 (you)" in said(mine)
    assert hall.sees(group[0]) == before
    looking = await stranger.click(posted, label="My place")
    assert "Your place" not in said(looking)
    assert "#1" in said(looking)


async def test_nobody_who_hides_is_named_and_weeks_are_compared_alike(hall: World) -> None:
    bo, cy, *group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")
    await bo.slash(hall.channel, "me settings", shown="hidden")
    await cy.slash(hall.channel, "me settings", shown="anonymous")
    for _ in range(2):
        await week_of_answers(hall, (bo, 3), (cy, 2), *((who, 1) for who in group))
        await hall.skip(7 * 86_400)
    await week_of_answers(hall, (bo, 3), (cy, 3), *((who, 1) for who in group))
    told = await digest(hall)
    assert "Bo" not in told
    assert "Cy" not in told
    assert "**#1** Member \\(name not shown\\): 6 points" in told
    assert "Came furthest" not in told  # only Cy gained, and is not to be named
    # The board leaves the hidden member out this week and the last: 8 against 7, and not against 10.
    assert "**8 reps** by 6 people (+1 against the week before)." in told
    assert "11 of 35 reps" in told  # towards the goal everybody's reps count


async def test_a_small_group_is_told_what_it_did_together(hall: World) -> None:
    bo, cy = people(hall, "Bo", "Cy")
    await week_of_answers(hall, (bo, 2), (cy, 1))
    told = await digest(hall)
    assert "**3 reps** by 2 people." in told
    assert "Bo" not in told
    assert "Most points" not in told


async def test_an_empty_week_is_told_without_reproach(hall: World) -> None:
    await hall.skip_to(MONDAY)
    (posted,) = digests(hall.channel)
    told = words(posted)
    assert "**0 reps** by 0 people." in told
    assert "A quiet week. One question takes a minute: `/daily`." in told
    assert "0 of 20 reps" in told
    bo = hall.member("Bo")
    assert "Nobody has a rep here yet" in said(await bo.click(posted, label="My place"))


async def test_a_week_of_practice_only_is_no_quiet_week(hall: World) -> None:
    for who in people(hall, "Bo", "Cy", "Di", "Ed", "Flo"):
        await practise(who, hall.channel)
    told = await digest(hall)
    assert "**5 reps** by 5 people." in told
    assert "quiet" not in told
    assert "Most points" not in told
    assert "right" not in told  # practice is nobody's business


async def test_an_admins_own_goal_is_shown(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start", goal=3)
    (bo,) = people(hall, "Bo")
    await week_of_answers(hall, (bo, 3))
    assert "▰▰▰▰▰▰▰▰▰▰ 3 of 3 reps · reached!" in await digest(hall)


async def test_after_an_outage_the_digest_comes_late_or_not_at_all(hall: World) -> None:
    await hall.skip_to(MONDAY + timedelta(hours=5))
    assert len(digests(hall.channel)) == 1
    await hall.skip_to(MONDAY + WEEK + timedelta(hours=7))
    assert len(digests(hall.channel)) == 1
    states = [(one.state, one.late) for one in await rows(hall, Delivery) if one.kind == "digest"]
    assert states == [("done", True), ("missed", False)]
    assert "**Last miss:**" in said(await hall.admin.slash(hall.channel, "setup start"))


async def test_the_week_is_the_servers_own(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start", zone="Pacific/Auckland")
    (bo,) = people(hall, "Bo")
    monday = datetime(2026, 3, 8, 20, 0, tzinfo=UTC)  # 09:00 on Monday in Auckland
    await hall.skip_to(monday - timedelta(hours=9, minutes=1))
    await answer(bo, await ask(hall))
    await hall.skip_to(monday - timedelta(hours=8, minutes=59))  # past midnight there
    await answer(bo, await ask(hall))
    await hall.skip_to(monday)
    told = words(digests(hall.channel)[-1])
    assert "-# 02 March to 08 March 2026" in told
    assert "**1 rep** by 1 person." in told
    planned = said(await hall.admin.slash(hall.channel, "setup schedule list"))
    assert stamps(planned) == [monday + number * WEEK for number in (1, 2, 3)]


async def test_until_wednesday_last_week_is_told_and_then_the_running_one(hall: World) -> None:
    (bo,) = people(hall, "Bo")
    await answer(bo, await ask(hall))
    await hall.skip_to(MONDAY + timedelta(hours=1))
    titles = []
    for _ in range(7):
        await hall.admin.slash(hall.channel, "setup schedule run", number=2)
        await hall.rounds()
        titles.append("\n".join(words(digests(hall.channel)[-1]).splitlines()[:3]))
        await hall.skip(86_400)
    last = "## Last week in Study hall\n-# 02 March to 08 March 2026\n**1 rep** by 1 person."
    running = "## The week in Study hall\n-# 09 March to 15 March 2026\n**0 reps** by 0 people"
    assert titles[:3] == [last] * 3
    assert all(title.startswith(running) for title in titles[3:])


async def test_a_place_under_a_digest_is_of_the_week_it_tells_of(hall: World) -> None:
    bo, *group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 1), *((who, 2) for who in group))
    await hall.skip_to(MONDAY)
    await week_of_answers(hall, (bo, 2), *((who, 1) for who in group))
    (posted,) = digests(hall.channel)
    pressed = await bo.click(posted, label="My place")
    assert "The week from 02 March" in said(pressed)
    assert "Your place: 5 of 5" in said(pressed)
    assert "That week's goal together" in said(pressed)
    assert "Your place: 1 of 5" in said(await bo.click(pressed.response, label="This week"))
    # Neither another server's digest nor what is no digest has a place to show.
    _, channel, stranger = another_server(hall)
    theirs = (await stranger.slash(channel, "reps")).response
    (row,) = [one for one in await rows(hall, Delivery) if one.kind == "digest"]
    for who, message, id in ((stranger, theirs, row.id), (bo, posted, 99), (bo, posted, 1)):
        (refused,) = await hall.raw((who, message, button(digest_marker(id))))
        assert "over" in said(refused)
        assert "place" not in said(refused)
