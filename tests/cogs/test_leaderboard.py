"""/leaderboard: what each person reads of a week that everybody answered questions in."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.support.study import answer, ask, practise, questions, week_of_answers
from tests.support.world import World, button, choice, said

HOSTILE = "@everyone **x** <@&1>\u202e# [a](http://b)"


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up: questions come when asked for."""
    await quiz.admin.slash(quiz.channel, "setup start")
    return quiz


async def board(hall: World, who: Any, **options: Any) -> str:
    """The leaderboard as one person reads it; nobody else does."""
    result = await who.slash(hall.channel, "leaderboard", **options)
    assert result.ephemeral
    return said(result)


def people(hall: World, *names: str) -> list[Any]:
    return [hall.member(name) for name in names]


def lines(told: str) -> list[str]:
    """The lines of a board: rank, name, and the first number."""
    return [line.replace("*", "").split(":")[0] for line in told.splitlines() if line.startswith("**#")]


# --- small groups


async def test_nobody_yet(hall: World) -> None:
    bo = hall.member("Bo")
    result = await bo.slash(hall.channel, "leaderboard")
    told = said(result)
    assert "Nobody has a rep here yet. `/daily` is a good first one." in told
    assert "0 of 20 reps" in told
    assert result.response.attachments == []


async def test_a_server_reps_never_met_has_an_empty_board(quiz: World) -> None:
    assert "Nobody has a rep here yet" in await board(quiz, quiz.member("Bo"))


async def test_under_five_the_group_is_counted_together(hall: World) -> None:
    bo, cy, di, ed, flo = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 2), (cy, 1), (di, 1), (ed, 1))
    told = await board(hall, cy)
    assert "Together: **5 reps** and 10 points from 4 people." in told
    assert "Ranks begin when 5 people take part" in told
    assert "Bo" not in told
    assert "You: 2 points · 1 rep." in told
    assert "You:" not in await board(hall, flo)

    await answer(flo, questions(hall.channel)[0], right=False)
    told = await board(hall, cy)
    assert lines(told) == ["#1 Bo", "#2 Ed", "#2 Di", "#2 Cy (you)", "#5 Flo"]
    assert "Your place: 2 of 5" in told


async def test_somebody_who_never_took_part_may_look(hall: World) -> None:
    stranger, *group = people(hall, "Zed", "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, *((who, 1) for who in group))
    told = await board(hall, stranger)
    assert len(lines(told)) == 5
    assert "Your place" not in told
    assert "You" not in told.replace("Your place", "")


# --- ranks


async def test_ties_share_a_rank_and_the_next_one_is_skipped(hall: World) -> None:
    bo, cy, di, ed, flo = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, (bo, 3), (cy, 3), (di, 2), (ed, 2), (flo, 1))
    told = await board(hall, flo)
    assert lines(told) == ["#1 Cy", "#1 Bo", "#3 Ed", "#3 Di", "#5 Flo (you)"]
    assert "**#1** Cy: 6 points · 3 reps" in told
    assert "Your place: 5 of 5" in told


async def test_the_picture_says_in_its_alt_text_what_it_shows(hall: World) -> None:
    group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, *((who, place) for place, who in enumerate(group, 1)))
    result = await group[0].slash(hall.channel, "leaderboard")
    (picture,) = result.response.attachments
    assert Image.open(BytesIO(await picture.read())).width >= 1000
    assert picture.description is not None
    for name, points in (("Flo", 10), ("Ed", 8), ("Di", 6), ("Cy", 4), ("Bo (you)", 2)):
        assert f"{name}: {points} points." in picture.description
    gallery = next(part for part in result.response.components[0]["components"] if part["type"] == 12)
    assert gallery["items"][0]["description"] == picture.description
    for name in ("Bo", "Cy", "Di", "Ed", "Flo"):
        assert name in said(result)  # complete without the picture


async def test_pages_of_ten_and_ones_own_neighbours_only_in_ones_own_card(hall: World) -> None:
    group = people(hall, *(f"P{number:02}" for number in range(12)))
    question = await ask(hall)
    for who in group:
        await answer(who, question, right=who is not group[-1])
    last = group[-1]
    result = await last.slash(hall.channel, "leaderboard")
    told = said(result)
    assert lines(told)[:10] == [f"#1 P{number:02}" for number in range(10, 0, -1)]
    assert "Page 1 of 2 · 12 people" in told
    assert "Your place: 12 of 12" in told
    # Beyond the page: oneself with the two above.
    assert lines(told)[10:] == ["#1 P01", "#1 P00", "#12 P11 (you)"]
    assert "(you)" not in await board(hall, group[5]) or "P11 (you)" not in await board(hall, group[5])

    turned = await last.click(result.response, label="Next ten")
    assert lines(said(turned)) == ["#1 P00", "#12 P11 (you)"]
    assert "Page 2 of 2" in said(turned)
    back = await last.click(turned.response, label="Previous ten")
    assert "Page 1 of 2" in said(back)


async def test_a_board_by_points_leaves_out_who_only_practised(hall: World) -> None:
    group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    for who in group:
        await practise(who, hall.channel)
    told = await board(hall, group[0])
    assert "Nobody has points in this one yet. *By reps* counts every try." in told
    assert "You: 0 points · 1 rep." in told
    assert len(lines(await board(hall, group[0], measure="reps"))) == 5
    await answer(group[1], await ask(hall))
    assert lines(await board(hall, group[0])) == ["#1 Cy"]


async def test_empty_pages_are_not_offered(hall: World) -> None:
    group = people(hall, *(f"P{number:02}" for number in range(11)))
    for who in group:
        await practise(who, hall.channel)
    question = await ask(hall)
    for who in group[:3]:
        await answer(who, question)
    told = await board(hall, group[0])
    assert len(lines(told)) == 3
    assert "Page" not in told
    assert "Next ten" not in told
    assert "Page 1 of 2" in await board(hall, group[0], measure="reps")


# --- periods, measures, activities


async def test_every_choice_is_reached_by_option_and_by_button(hall: World) -> None:
    group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    bo = group[0]
    await week_of_answers(hall, *((who, 1) for who in group))
    for _ in range(3):
        await practise(bo, hall.channel)
    result = await bo.slash(hall.channel, "leaderboard")
    assert "Study hall · This week" in said(result)

    by_reps = await bo.click(result.response, label="By reps")
    assert "**#1** **Bo (you)**: 4 reps · 2 points" in said(by_reps)
    assert by_reps.response.id == result.response.id
    practice = await bo.select(by_reps.response, ["practice"], custom_id="board.activity:week.reps.any.0")
    assert "Study hall · This week · Practice" in said(practice)
    assert "Together: **3 reps** and 0 points from 1 person." in said(practice)
    everything = await bo.select(practice.response, ["any"], custom_id="board.activity:week.reps.any.0")
    month = await bo.click(everything.response, label="This month")
    assert "Study hall · This month" in said(month)
    assert len(lines(said(month))) == 5
    ever = await bo.click(month.response, label="All time")
    assert "Study hall · All time" in said(ever)
    assert len(lines(said(ever))) == 5
    same = await board(hall, bo, period="all", measure="reps")
    assert same == said(ever)
    assert "Oral recitation" in await board(hall, bo, activity="recitation")


async def test_a_week_ends_at_the_servers_own_monday(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start", zone="Pacific/Auckland")
    group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    midnight = datetime(2026, 3, 8, 11, 0, tzinfo=UTC)  # Monday, 9 March, 00:00 in Auckland
    await hall.skip_to(datetime(2026, 3, 8, 10, 59, tzinfo=UTC))
    await week_of_answers(hall, *((who, 1) for who in group))
    assert "#1** Flo: 2 points" in await board(hall, group[0])
    await hall.skip_to(midnight)
    told = await board(hall, group[0])
    assert "Nobody has a rep here yet" in told
    assert "0 of 25 reps" in told  # five took part in the week before
    await answer(group[1], await ask(hall))
    assert "Together: **1 rep** and 2 points from 1 person." in await board(hall, group[0])
    # March goes on, and so does all time.
    assert "#1** Cy: 4 points" in await board(hall, group[0], period="month")
    await hall.skip_to(datetime(2026, 3, 31, 11, 0, tzinfo=UTC))  # 1 April in Auckland
    assert "Nobody has a rep here yet" in await board(hall, group[0], period="month")
    assert "#1** Cy: 4 points" in await board(hall, group[0], period="all")


# --- the shared goal


async def test_the_goal_is_shared_and_an_admin_may_set_it(hall: World) -> None:
    bo = hall.member("Bo")
    await week_of_answers(hall, (bo, 2))
    assert "▰▱▱▱▱▱▱▱▱▱ 2 of 20 reps" in await board(hall, bo)
    await hall.admin.slash(hall.channel, "setup start", goal=2)
    assert "▰▰▰▰▰▰▰▰▰▰ 2 of 2 reps · reached!" in await board(hall, bo)
    await practise(bo, hall.channel)
    assert "▰▰▰▰▰▰▰▰▰▰ 3 of 2 reps · reached!" in await board(hall, bo)


# --- names and forgeries


async def test_a_hostile_name_neither_pings_nor_breaks_a_card(hall: World) -> None:
    group = [hall.member(HOSTILE), *people(hall, "Cy", "Di", "Ed", "Flo")]
    await week_of_answers(hall, (group[0], 2), *((who, 1) for who in group[1:]))
    told = await board(hall, group[1])
    # On the board the markdown characters stand escaped, the invisible one is gone, and the line is whole.
    assert "\\@everyone \\*\\*x\\*\\* \\<\\@&1\\>\\# \\[a\\]\\(http\\://b\\): 4 points · 2 reps" in told
    assert "\u202e" not in told
    home = said(await group[0].slash(hall.channel, "reps"))
    assert home.startswith("## Hello \\@everyone \\*\\*x\\*\\*")
    assert said(await group[0].slash(hall.channel, "me stats")).startswith("## \\@everyone")


async def test_a_new_name_is_used_from_the_next_answer_on(hall: World) -> None:
    group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    await week_of_answers(hall, *((who, 1) for who in group))
    hall.guild._guild.members[group[0].id].nick = "Bobby"
    assert "Bobby" not in await board(hall, group[1])
    await answer(group[0], await ask(hall))
    assert "#1** Bobby: 4 points" in await board(hall, group[1])


async def test_forged_tickets_fall_back_to_a_board_that_exists(hall: World) -> None:
    group = people(hall, "Bo", "Cy", "Di", "Ed", "Flo")
    bo = group[0]
    await week_of_answers(hall, *((who, 1) for who in group))
    mine = await bo.slash(hall.channel, "leaderboard")
    week = said(mine)
    for ticket in ("decade.money.chess.0", "week.points.any.-7", "week.points.any.9000000000000000000"):
        (shown,) = await hall.raw((bo, mine.response, button(f"board.show:{ticket}")))
        assert said(shown) == week
    (shown,) = await hall.raw((bo, mine.response, choice("board.activity:week.points.any.0", "chess")))
    assert said(shown) == week
    for ticket in ("", "week", "week.points.any.one", "week.points.any.1.2", f"week.points.any.{10**30}"):
        (refused,) = await hall.raw((bo, mine.response, button(f"board.show:{ticket}")))
        assert refused.followups or refused.response
        assert "belongs to something that is over" in said(refused)
