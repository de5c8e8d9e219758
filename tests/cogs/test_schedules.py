"""/setup schedule: what is planned, changed and run, and what then stands in the channel."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.storage.tables import Delivery, Schedule
from tests.support.study import another_server, channel_denied, questions, rows, stamps
from tests.support.world import EPOCH, World, said

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
UNKNOWN = "This server has no such schedule. `/setup schedule list` shows those it has."


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up: schedule 1 asks at 09:00 UTC every day, schedule 2 is the digest."""
    await quiz.admin.slash(quiz.channel, "setup start")
    return quiz


async def schedule(hall: World, verb: str, **options: Any) -> str:
    """What an admin is told after `/setup schedule`."""
    result = await hall.admin.slash(hall.channel, f"setup schedule {verb}", **options)
    assert result.ephemeral
    return said(result)


async def dates(hall: World, number: int) -> list[date | None]:
    """The dates a schedule was posted for."""
    return [one.local_date for one in await rows(hall, Delivery) if one.schedule_id == number]


# --- adding


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


REPEATS: list[tuple[dict[str, Any], str, list[datetime]]] = [
    ({}, "every day at 12:00", [at(2), at(3), at(4)]),
    ({"repeat": "daily"}, "every day at 12:00", [at(2), at(3), at(4)]),
    ({"repeat": "weekdays"}, "every weekday at 12:00", [at(2), at(3), at(4)]),
    ({"repeat": "weekly", "days": "tue, Sat"}, "every Tuesday and Saturday at", [at(3), at(7), at(10)]),
    ({"days": "Monday/friday"}, "every Monday and Friday at", [at(2), at(6), at(9)]),
    ({"days": "sun", "every_weeks": 2}, "every 2 weeks on Sunday at", [at(8), at(22), at(5, month=4)]),
    (
        {"days": "mon", "every_weeks": 3, "starting": "2026-03-11"},
        "every 3 weeks on Monday at",
        [at(9), at(30), at(20, month=4)],
    ),
    ({"days": "wed", "every_weeks": 1}, "every Wednesday at 12:00", [at(4), at(11), at(18)]),
    ({"repeat": "monthly"}, "on day 1 of each month at", [at(1, month=month) for month in (4, 5, 6)]),
    (
        {"repeat": "monthly", "day_of_month": 31},
        "on day 31 of each month (or its last day) at 12:00",
        [at(31), at(30, month=4), at(31, month=5)],
    ),
    ({"day_of_month": 15}, "on day 15 of each month", [at(15, month=month) for month in (3, 4, 5)]),
]


async def test_every_kind_of_repeat_is_planned_with_its_next_three_times(hall: World) -> None:
    for number, (options, described, next_three) in enumerate(REPEATS, 3):
        told = await schedule(hall, "add", kind="question", time="12:00", **options)
        assert told.startswith("## Planned")
        assert f"**{number}. Daily question** in <#{hall.channel.id}>, {described}" in told
        assert stamps(told) == next_three
    assert [one.next_due_at for one in await rows(hall, Schedule)][2:] == [three[0] for *_, three in REPEATS]


async def test_a_digest_and_a_filtered_question_in_another_channel(hall: World) -> None:
    other = hall.guild.create_text_channel("mle")
    told = await schedule(hall, "add", kind="digest", time="20", days="fri", channel=other)
    assert f"**3. Weekly digest** in <#{other.id}>, every Friday at 20:00 (UTC)" in told
    told = await schedule(
        hall,
        "add",
        kind="question",
        time="20",
        channel=other,
        topic="sql",
        track="mle",
        difficulty="gentle",
    )
    assert "Only track MLE; topic sql; difficulty gentle" in told


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"time": "24:00"}, "could not read “24:00”"),
        ({"repeat": "weekly"}, "Tell me which weekdays with `days`, as mon, wed, fri."),
        ({"every_weeks": 2}, "Tell me which weekdays with `days`"),
        ({"days": "someday"}, "I don't know the day “someday”"),
        ({"days": ""}, "I don't know the day"),
        ({"days": "mon", "every_weeks": 2, "starting": "2026-03-01"}, "01 March 2026 is in the past"),
        ({"days": "mon", "every_weeks": 2, "starting": "7 December"}, "write it as 2026-12-07"),
        ({"starting": "2026-12-07"}, "`starting` counts weeks, so it needs `days`"),
        ({"days": "mon", "starting": "2026-12-07"}, "`every_weeks` of 2 or more"),
        ({"topic": "Astrology"}, "I don't know the topic “Astrology”; pick one from the list."),
    ],
)
async def test_what_cannot_be_planned_is_explained(hall: World, options: Any, expected: str) -> None:
    told = await schedule(hall, "add", **{"kind": "question", "time": "9"} | options)
    assert expected in told
    assert told.endswith("Nothing was saved; please try again.")
    assert len(await rows(hall, Schedule)) == 2


async def test_permissions_are_looked_at_before_planning(hall: World) -> None:
    place = channel_denied(hall, "closed", "send_messages")
    told = await schedule(hall, "add", kind="question", time="9", channel=place)
    assert "I am missing: **Send Messages**" in told
    told = await schedule(hall, "edit", number=1, channel=place)
    assert "I am missing: **Send Messages**" in told
    assert {one.channel_id for one in await rows(hall, Schedule)} == {hall.channel.id}


async def test_today_is_the_servers_own_day(hall: World) -> None:
    # 08:00 UTC on Monday is still Sunday, 1 March, in Honolulu.
    await hall.admin.slash(hall.channel, "setup start", zone="Pacific/Honolulu")
    told = await schedule(
        hall, "add", kind="question", time="23", days="sun", every_weeks=2, starting="2026-03-01"
    )
    assert stamps(told)[0] == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    # In Auckland it is Monday, so a fortnight of Mondays begins with this one.
    await hall.skip_to(datetime(2026, 3, 8, 20, 0, tzinfo=UTC))
    await hall.admin.slash(hall.channel, "setup start", zone="Pacific/Auckland")
    told = await schedule(hall, "add", kind="question", time="23", days="mon", every_weeks=2)
    assert stamps(told)[0] == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


async def test_a_clash_is_pointed_out(hall: World) -> None:
    told = await schedule(hall, "add", kind="question", time="09:00")
    assert "⚠ Another schedule posts the same kind here at the same moment." in told
    assert "⚠" not in await schedule(hall, "edit", number=3, time="09:01")
    # Two that rest do not get in each other's way.
    await schedule(hall, "pause", number=3)
    assert "⚠" not in await schedule(hall, "pause", number=1)


async def test_topics_are_offered_while_typing(hall: World) -> None:
    offered = await hall.admin.autocomplete(hall.channel, "setup schedule add", "topic", "gp")
    assert offered == [{"name": "GPUs", "value": "gpu"}]


# --- the list


async def test_the_list_shows_each_with_its_next_three_times(hall: World) -> None:
    await schedule(hall, "pause", number=2)
    told = await schedule(hall, "list")
    assert f"**1. Daily question** in <#{hall.channel.id}>, every day at 09:00 (UTC)" in told
    assert "every Sunday at 18:00 (UTC) · **paused**" in told
    assert stamps(told) == [NINE, NINE + DAY, NINE + 2 * DAY]


async def test_an_empty_list_says_how_to_begin(quiz: World) -> None:
    assert "Nothing is scheduled. `/setup start` plans a daily question" in await schedule(quiz, "list")


async def test_a_full_server_still_sees_every_number_and_gets_no_26th(hall: World) -> None:
    days = "mon, tue, wed, thu, fri, sat"
    for minute in range(10, 33):
        told = await schedule(
            hall, "add", kind="question", time=f"09:{minute}", days=days, every_weeks=52, topic="sql"
        )
        assert told.startswith("## Planned")
    told = await schedule(hall, "add", kind="question", time="23")
    assert "A server can have 25 schedules and this one has them all." in told
    listed = await schedule(hall, "list")
    assert all(f"**{number}. " in listed for number in range(1, 26))
    await schedule(hall, "remove", number=9)
    assert (await schedule(hall, "add", kind="question", time="23")).startswith("## Planned")


# --- changing


async def test_an_edit_changes_what_is_given_and_keeps_the_rest(hall: World) -> None:
    other = hall.guild.create_text_channel("other")
    await schedule(
        hall, "add", kind="question", time="12", days="tue", every_weeks=2, topic="sql", track="mle"
    )
    told = await schedule(hall, "edit", number=3, time="15h30")
    assert "every 2 weeks on Tuesday at 15:30" in told
    assert "track MLE; topic sql" in told
    told = await schedule(hall, "edit", number=3, channel=other, difficulty="hard")
    assert f"in <#{other.id}>, every 2 weeks on Tuesday at 15:30" in told
    assert "track MLE; topic sql; difficulty hard" in told
    told = await schedule(hall, "edit", number=3, days="fri", track="both", topic="gpu", difficulty="any")
    assert "every Friday at 15:30" in told
    assert "Only topic gpu" in told
    told = await schedule(hall, "edit", number=3, repeat="daily")
    assert "every day at 15:30" in told
    await schedule(hall, "edit", number=2, track="mle")
    assert (await rows(hall, Schedule))[1].options == {}
    told = await schedule(hall, "edit", number=3, repeat="weekly")
    assert "Tell me which weekdays" in told


async def test_an_hour_moved_on_a_day_already_posted_does_not_post_twice(hall: World) -> None:
    await hall.skip_to(NINE)
    await schedule(hall, "edit", number=1, time="11:00")
    await hall.skip_to(NINE + timedelta(hours=3))
    assert len(questions(hall.channel)) == 1
    await schedule(hall, "edit", number=1, time="08:00")
    await hall.skip_to(EPOCH + DAY)
    assert await dates(hall, 1) == [date(2026, 3, 2), date(2026, 3, 3)]


async def test_a_pause_posts_nothing_and_nothing_is_made_up(hall: World) -> None:
    told = await schedule(hall, "pause", number=1)
    assert "## Paused" in told
    assert "· **paused**" in told
    assert stamps(told) == []
    await hall.skip_to(NINE + 2 * DAY)
    assert questions(hall.channel) == []
    told = await schedule(hall, "resume", number=1)
    assert "## Going on" in told
    assert stamps(told)[0] == NINE + 3 * DAY
    await hall.rounds()
    assert questions(hall.channel) == []
    await hall.skip_to(NINE + 3 * DAY)
    assert await dates(hall, 1) == [date(2026, 3, 5)]


async def test_a_run_posts_once_now_besides_the_calendar(hall: World) -> None:
    told = await schedule(hall, "run", number=1)
    assert told.startswith("## On its way")
    await hall.rounds()
    assert len(questions(hall.channel)) == 1
    await hall.skip_to(NINE)
    assert len(questions(hall.channel)) == 2
    assert await dates(hall, 1) == [None, date(2026, 3, 2)]


async def test_a_removed_schedule_is_gone_and_its_posts_stay(hall: World) -> None:
    await hall.skip_to(NINE)
    assert await schedule(hall, "remove", number=1) == "Removed. What it posted stays where it is."
    await hall.skip_to(NINE + 3 * DAY)
    assert await dates(hall, 1) == [date(2026, 3, 2)]
    assert "**1." not in await schedule(hall, "list")
    assert await schedule(hall, "resume", number=1) == UNKNOWN


async def test_numbers_of_nobody_and_of_other_servers_are_unknown(hall: World) -> None:
    _, channel, stranger = another_server(hall)
    asked = [(hall.admin, hall.channel, 99), (hall.admin, hall.channel, 2**53 - 1), (stranger, channel, 1)]
    for who, where, number in asked:
        for verb in ("edit", "pause", "resume", "run", "remove"):
            result = await who.slash(where, f"setup schedule {verb}", number=number)
            assert said(result) == UNKNOWN
    assert "Nothing is scheduled" in said(await stranger.slash(channel, "setup schedule list"))
    await hall.rounds()
    assert questions(hall.channel) == []


async def test_schedules_of_two_channels_go_out_side_by_side(hall: World) -> None:
    other = hall.guild.create_text_channel("other")
    await schedule(hall, "add", kind="question", time="09:00", channel=other)
    await hall.skip_to(NINE + timedelta(seconds=5))
    await hall.skip_to(NINE + WEEK)
    for channel in (hall.channel, other):
        assert questions(channel)[-1].created_at == NINE + WEEK
    posted = [one for one in await rows(hall, Delivery) if one.state == "done"]
    assert len({(one.schedule_id, one.local_date) for one in posted}) == len(posted)
