"""/me availability: the hours of the week in which somebody can meet."""

from typing import Any

from bot.storage.tables import Availability, Member
from tests.support.study import rows
from tests.support.world import World, button, choice, chosen, said


async def slots(hall: World) -> list[tuple[int, int, int]]:
    """The hours that are kept: weekday, and from when until when."""
    return sorted(
        (row.weekday, row.start_minute // 60, row.end_minute // 60) for row in await rows(hall, Availability)
    )


async def test_looking_joins_nobody_and_says_whose_hours_they_are(quiz: World) -> None:
    bo = quiz.member("Bo")
    told = said(await bo.slash(quiz.channel, "me availability"))
    assert "You have not said yet." in told
    assert "Hours are those of UTC, the server's time zone; `/me settings zone:` sets yours." in told
    assert await rows(quiz, Member) == []


async def test_a_preset_is_one_tap_and_a_second_takes_it_away(quiz: World) -> None:
    bo = quiz.member("Bo")
    await bo.slash(quiz.channel, "me settings", zone="Asia/Kolkata")
    settings = await bo.slash(quiz.channel, "me settings")
    week = await bo.click(settings.response, label="When you can meet")
    week = await bo.click(week.response, label="Weekday evenings, 18–21")
    week = await bo.click(week.response, label="Weekend mornings, 9–12")
    assert said(week).startswith(
        "## When you can meet\n-# Saved.\n"
        "Monday to Friday: 18:00–21:00\nSaturday, Sunday: 09:00–12:00\n"
        "```\n     0  3  6  9  12 15 18 21\nMon  ··················███···"
    )
    assert "Sun  ·········███············\n```" in said(week)
    assert "Hours are those of Asia/Kolkata, your time zone." in said(week)
    assert await slots(quiz) == [*((day, 18, 21) for day in range(1, 6)), (6, 9, 12), (7, 9, 12)]

    week = await bo.click(week.response, label="Weekday evenings, 18–21")
    assert await slots(quiz) == [(6, 9, 12), (7, 9, 12)]
    week = await bo.click(week.response, label="Clear the week")
    assert "You have not said yet." in said(week)
    assert await slots(quiz) == []


async def test_a_day_is_refined_by_the_hour(quiz: World) -> None:
    bo = quiz.member("Bo")
    week = await bo.slash(quiz.channel, "me availability")
    week = await bo.click(week.response, label="Weekday mornings, 7–9")
    day = await bo.select(week.response, ["3"], custom_id="availability.day:")
    assert said(day).startswith("## Wednesdays\nWednesday: 07:00–09:00")
    assert chosen(day.response) == {"availability.hours:3": ["7", "8"]}
    day = await bo.select(day.response, ["8", "9", "23"], custom_id="availability.hours:3")
    assert "Wednesday: 08:00–10:00, 23:00–24:00" in said(day)
    assert [slot for slot in await slots(quiz) if slot[0] == 3] == [(3, 8, 10), (3, 23, 24)]
    # Half of a preset is there: one tap fills it up, and what touches becomes one.
    week = await bo.click(day.response, label="Back to the week")
    week = await bo.click(week.response, label="Weekday mornings, 7–9")
    assert [slot for slot in await slots(quiz) if slot[0] == 3] == [(3, 7, 10), (3, 23, 24)]
    day = await bo.select(week.response, ["3"], custom_id="availability.day:")
    day = await bo.click(day.response, label="Clear Wednesdays")
    assert "Wednesday: no hours yet." in said(day)
    assert await slots(quiz) == [(day, 7, 9) for day in (1, 2, 4, 5)]


async def test_a_whole_day_is_one_slot_and_its_select_can_empty_it(quiz: World) -> None:
    bo = quiz.member("Bo")
    week = await bo.slash(quiz.channel, "me availability")
    day = await bo.select(week.response, ["7"], custom_id="availability.day:")
    await bo.select(day.response, [str(hour) for hour in range(24)], custom_id="availability.hours:7")
    assert await slots(quiz) == [(7, 0, 24)]
    await quiz.raw((bo, day.response, choice("availability.hours:7")))
    assert await slots(quiz) == []


async def test_double_taps_and_forged_hours_do_no_harm(quiz: World) -> None:
    bo = quiz.member("Bo")
    week = await bo.slash(quiz.channel, "me availability")
    at_once = await quiz.raw(*((bo, week.response, button("availability.preset:lunch")) for _ in range(3)))
    assert len(at_once) == 3
    assert await slots(quiz) == [(day, 12, 13) for day in range(1, 6)]
    forged: list[dict[str, Any]] = [
        button("availability.preset:nights"),
        button("availability.clear-day:8"),
        choice("availability.day:", "0"),
        choice("availability.hours:0", "7"),
        choice("availability.hours:1", "7", "24"),
        choice("availability.hours:1", "-1"),
    ]
    for result in await quiz.raw(*((bo, week.response, data) for data in forged)):
        assert "belongs to something that is over" in said(result)
    assert await slots(quiz) == [(day, 12, 13) for day in range(1, 6)]


async def test_the_card_works_after_a_restart_and_only_ones_own_week_changes(quiz: World) -> None:
    bo, cy = quiz.member("Bo"), quiz.member("Cy")
    week = await bo.slash(quiz.channel, "me availability")
    theirs = await cy.slash(quiz.channel, "me availability")
    await cy.click(theirs.response, label="Weekday lunch, 12–13")
    await quiz.restart()
    await bo.click(week.response, label="Weekend afternoons, 13–18")
    assert await slots(quiz) == sorted([*((day, 12, 13) for day in range(1, 6)), (6, 13, 18), (7, 13, 18)])
    assert "Saturday" not in said(await cy.slash(quiz.channel, "me availability"))
