"""The weekly digest as it stands in the channel, and what each person reads behind its button."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from bot.client.posting import custom_ids
from bot.storage.tables import Delivery
from tests.support.study import answer, ask, practise, questions, rows, stamps, week_of_answers
from tests.support.world import World, said, words

SUNDAY = datetime(2026, 3, 8, 18, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up without a daily question: a digest every Sunday at 18:00 UTC, and questions when asked for."""
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
    """A digest run now."""
    await hall.admin.slash(hall.channel, "setup schedule run", number=2)
    await hall.rounds()
    return words(digests(hall.channel)[-1])


async def test_a_week_is_told_once_on_sunday_evening(hall: World) -> None:
    bo, *group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 3), *((who, 1) for who in group))
    await answer(group[0], questions(hall.channel)[1], right=False)
    await hall.skip_to(SUNDAY - timedelta(seconds=1))
    assert digests(hall.channel) == []
    await hall.skip_to(SUNDAY)
    await hall.skip(3600)
    (posted,) = digests(hall.channel)
    told = words(posted)
    assert told.startswith("## The week in Study hall\n-# 02 March to 08 March 2026\n**8 reps** by 5 people.")
    assert "8 of 20 reps" in told
    assert "Daily questions: 88% of answers were right." in told
    assert "**Most points this week**\n**#1** Bo: 6 points · 3 reps\n**#2** Cy: 3 points · 2 reps" in told
    assert told.endswith("[My place]")
    assert "(you)" not in told
    assert posted.created_at == SUNDAY
    (row,) = [one for one in await rows(hall, Delivery) if one.kind == "digest"]
    assert (row.state, row.message_id) == ("done", posted.id)


async def test_who_came_furthest_is_named_before_who_has_most(hall: World) -> None:
    bo, cy, di, ed, flo = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 5), (cy, 1), (di, 2), (ed, 1))
    await hall.skip_to(SUNDAY + timedelta(days=1))
    await week_of_answers(hall, (bo, 4), (cy, 4), (di, 3), (ed, 1), (flo, 1))
    told = await digest(hall)
    assert "**13 reps** by 5 people (+4 against the week before)." in told
    assert told.index("**Came furthest since last week**") < told.index("**Most points this week**")
    assert (
        "**Came furthest since last week**\nCy: 2 → 8 points\nDi: 4 → 6 points\nFlo: 0 → 2 points\n" in told
    )
    assert "13 of 20 reps" in told


async def test_my_place_is_for_my_eyes_only(hall: World) -> None:
    group = people(hall, *(f"P{number:02}" for number in range(12)))
    await week_of_answers(hall, *((who, 2 if place < 11 else 1) for place, who in enumerate(group)))
    await hall.skip_to(SUNDAY)
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
    await hall.skip_to(SUNDAY)
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
    await hall.skip_to(SUNDAY + timedelta(hours=5))
    assert len(digests(hall.channel)) == 1
    await hall.skip_to(SUNDAY + WEEK + timedelta(hours=7))
    assert len(digests(hall.channel)) == 1
    states = [(one.state, one.late) for one in await rows(hall, Delivery) if one.kind == "digest"]
    assert states == [("done", True), ("missed", False)]
    assert "**Last miss:**" in said(await hall.admin.slash(hall.channel, "setup start"))


async def test_the_week_is_the_servers_own(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start", zone="Pacific/Auckland")
    (bo,) = people(hall, "Bo")
    sunday = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)  # 18:00 in Auckland
    await hall.skip_to(sunday - timedelta(minutes=1))
    await answer(bo, await ask(hall))
    await hall.skip_to(sunday)
    told = words(digests(hall.channel)[-1])
    assert "-# 02 March to 08 March 2026" in told
    assert "**1 rep** by 1 person." in told
    planned = said(await hall.admin.slash(hall.channel, "setup schedule list"))
    assert stamps(planned) == [sunday + number * WEEK for number in (1, 2, 3)]
