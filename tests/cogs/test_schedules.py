"""/setup schedule: what is planned, changed and run, and what then stands in the channel."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.storage.tables import AuditEntry, Delivery, Item, Schedule, ScheduleDraft
from bot.ui.schedules import DiscardButton, DraftTicket, RemoveButton, SaveButton, ScheduleTicket
from tests.support.study import another_server, ask, channel_denied, command, questions, rows, stamps
from tests.support.world import EPOCH, World, button, said

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
OVER = "This draft is over: it was saved or discarded, or it is more than a day old."
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


async def saved(hall: World, verb: str = "add", **options: Any) -> str:
    """What an admin is told after saving what `/setup schedule add` or `edit` showed; only then is it live."""
    before = [(one.id, one.recurrence, one.channel_id, one.options) for one in await rows(hall, Schedule)]
    drafted = await hall.admin.slash(hall.channel, f"setup schedule {verb}", **options)
    preview = said(drafted)
    assert preview.startswith("## Plan this?" if verb == "add" else "## Change it to this?")
    assert [
        (one.id, one.recurrence, one.channel_id, one.options) for one in await rows(hall, Schedule)
    ] == before
    told = said(await hall.admin.click(drafted.response, label="Save"))
    assert told.startswith("## Saved")
    assert "[Save]" not in told
    assert stamps(told) == stamps(preview)
    return told


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
        told = await saved(hall, kind="question", time="12:00", **options)
        assert f"**{number}. Daily question** in <#{hall.channel.id}>, {described}" in told
        assert stamps(told) == next_three
    assert [one.next_due_at for one in await rows(hall, Schedule)][2:] == [three[0] for *_, three in REPEATS]


async def test_recitation_rounds_come_on_mondays_unless_said_otherwise(hall: World) -> None:
    told = await saved(hall, kind="round", time="18:30")
    assert f"**3. Recitation round** in <#{hall.channel.id}>, every Monday at 18:30 (UTC)" in told
    told = await saved(hall, kind="round", time="18", days="mon, thu", every_weeks=2, topic="sql")
    assert "every 2 weeks" in told
    assert "Only" not in told  # it draws no questions
    near = await saved(hall, kind="round", time="18:00", days="mon")
    assert (
        "Schedule 4 posts the same kind here at the same moment on some days. One more comes near it." in near
    )


async def test_a_digest_and_a_filtered_question_in_another_channel(hall: World) -> None:
    other = hall.guild.create_text_channel("mle")
    told = await saved(hall, kind="digest", time="20", days="fri", channel=other)
    assert f"**3. Weekly digest** in <#{other.id}>, every Friday at 20:00 (UTC)" in told
    told = await saved(
        hall, kind="question", time="20", channel=other, topic="sql", track="mle", difficulty="gentle"
    )
    assert "Only track MLE; topic SQL; difficulty gentle" in told


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
    told = await saved(hall, kind="question", time="23", days="sun", every_weeks=2, starting="2026-03-01")
    assert stamps(told)[0] == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    # In Auckland it is Monday, so a fortnight of Mondays begins with this one.
    await hall.skip_to(datetime(2026, 3, 8, 20, 0, tzinfo=UTC))
    await hall.admin.slash(hall.channel, "setup start", zone="Pacific/Auckland")
    told = await saved(hall, kind="question", time="23", days="mon", every_weeks=2)
    assert stamps(told)[0] == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


# --- saving


async def test_a_draft_is_saved_once_however_often_it_is_pressed(hall: World) -> None:
    drafted = await hall.admin.slash(hall.channel, "setup schedule add", kind="question", time="12")
    save = button(SaveButton.custom_id_for(DraftTicket(1)))
    pressed = [said(one) for one in await hall.raw(*[(hall.admin, drafted.response, save)] * 3)]
    assert sum(OVER in told for told in pressed) == 2
    assert "## Saved" in pressed[0]  # the card itself, which the other two leave as it is
    assert len(await rows(hall, Schedule)) == 3
    # Nor does an old press bring back what was changed since.
    changed = await hall.admin.slash(hall.channel, "setup schedule edit", number=3, time="13")
    await hall.admin.click(changed.response, label="Save")
    await saved(hall, "edit", number=3, time="14")
    (replayed,) = await hall.raw(
        (hall.admin, changed.response, button(SaveButton.custom_id_for(DraftTicket(2))))
    )
    assert OVER in said(replayed)
    assert (await rows(hall, Schedule))[2].recurrence["at"] == "14:00"
    assert [one.action for one in await rows(hall, AuditEntry)] == [
        *("schedule.add", "schedule.add", "setup"),
        *("schedule.add", "schedule.edit", "schedule.edit"),
    ]


async def test_save_works_after_a_restart_and_for_another_admin(hall: World) -> None:
    drafted = await hall.admin.slash(hall.channel, "setup schedule add", kind="question", time="12")
    await hall.restart()
    role = next(role for role in hall.guild.roles.values() if role.name == "Admins")
    other = hall.guild.add_member(hall.env.create_user("eve"), roles=[role])
    save = button(SaveButton.custom_id_for(DraftTicket(1)))
    (told,) = await hall.raw((other, drafted.response, save))
    assert "## Saved" in said(told)
    assert [one.created_by for one in await rows(hall, Schedule)][2:] == [other.id]
    await hall.skip_to(NINE + timedelta(hours=3))
    assert await dates(hall, 3) == [date(2026, 3, 2)]


async def test_a_discarded_draft_changes_nothing(hall: World) -> None:
    drafted = await hall.admin.slash(hall.channel, "setup schedule edit", number=1, time="12")
    told = said(await hall.admin.click(drafted.response, label="Discard"))
    assert told == "Discarded. Everything stays as it was."
    for control in (SaveButton, DiscardButton):
        late = button(control.custom_id_for(DraftTicket(1)))
        (refused,) = await hall.raw((hall.admin, drafted.response, late))
        assert OVER in said(refused)
    assert (await rows(hall, Schedule))[0].recurrence["at"] == "09:00"


async def test_an_old_card_never_speaks_of_a_newer_draft(hall: World) -> None:
    drafted = await hall.admin.slash(hall.channel, "setup schedule edit", number=1, time="12")
    await hall.admin.click(drafted.response, label="Discard")
    await hall.admin.slash(hall.channel, "setup schedule edit", number=1, time="18")
    for control in (SaveButton, DiscardButton):
        late = button(control.custom_id_for(DraftTicket(1)))
        (refused,) = await hall.raw((hall.admin, drafted.response, late))
        assert OVER in said(refused)
    assert (await rows(hall, Schedule))[0].recurrence["at"] == "09:00"
    assert len(await rows(hall, ScheduleDraft)) == 1


async def test_drafts_that_cannot_be_saved_are_refused_kindly(hall: World) -> None:
    drafted = await hall.admin.slash(hall.channel, "setup schedule add", kind="question", time="12")
    change = await hall.admin.slash(hall.channel, "setup schedule edit", number=1, time="12")
    bo, (_, channel, stranger) = hall.member("Bo"), another_server(hall)
    theirs = (await stranger.slash(channel, "setup schedule list")).response
    for who, message, sentence in (
        (bo, drafted.response, "Only people with the Manage Server permission"),
        (stranger, theirs, OVER),
    ):
        for control in (SaveButton, DiscardButton):
            data = button(control.custom_id_for(DraftTicket(1)))
            (refused,) = await hall.raw((who, message, data))
            assert all(one.ephemeral for one in refused.followups)
            assert sentence in said(refused)
    asked = await hall.admin.slash(hall.channel, "setup schedule remove", number=1)
    await hall.admin.click(asked.response, label="Remove")
    assert UNKNOWN in said(await hall.admin.click(change.response, label="Save"))
    await hall.env.advance_time(DAY.total_seconds() + 1)  # the janitor has not come yet
    assert len(await rows(hall, ScheduleDraft)) == 2
    assert OVER in said(await hall.admin.click(drafted.response, label="Save"))
    assert [one.id for one in await rows(hall, Schedule) if one.removed_at is None] == [2]


async def test_limits_hold_when_a_draft_is_saved(hall: World) -> None:
    drafts = [
        await hall.admin.slash(hall.channel, "setup schedule add", kind="digest", time=f"{hour}")
        for hour in range(24)
    ]
    told = [said(await hall.admin.click(one.response, label="Save")) for one in drafts]
    assert ["## Saved" in one for one in told] == [True] * 23 + [False]
    assert "A server can have 25 schedules" in told[-1]
    assert len(await rows(hall, Schedule)) == 25


# --- what an admin is warned of


async def test_a_clash_is_pointed_out(hall: World) -> None:
    told = await saved(hall, kind="question", time="09:00")
    assert "(!) Schedule 1 posts the same kind here at the same moment on some days." in told
    told = await saved(hall, "edit", number=3, time="09:59", days="sat")
    assert "(!) Schedule 1 posts the same kind here less than an hour apart on some days." in told
    assert "Schedule 3 posts the same kind" in await schedule(hall, "list")
    assert "(!)" not in await saved(hall, "edit", number=3, time="10:00")
    other = hall.guild.create_text_channel("other")
    assert "(!)" not in await saved(hall, "edit", number=3, time="09:00", channel=other)
    await saved(hall, "edit", number=3, time="09:00", channel=hall.channel)
    # Two that rest do not get in each other's way.
    await schedule(hall, "pause", number=3)
    assert "(!)" not in await schedule(hall, "pause", number=1)


async def test_filters_that_match_nothing_are_refused_and_those_that_match_little_counted(
    hall: World,
) -> None:
    for verb, options in (("add", {"kind": "question", "time": "12"}), ("edit", {"number": 1})):
        told = await schedule(hall, verb, **options, topic="gpu")
        assert told.startswith("No question in the bank fits these filters")
    assert await rows(hall, ScheduleDraft) == []
    for _ in range(3):
        await ask(hall)
    told = await saved(hall, kind="question", time="12", topic="sql")
    assert "(!) Only 9 questions left that fit and this server has not seen; then they come again." in told
    for _ in range(9):
        await ask(hall)
    assert "This server has seen every question that fits, so they come again." in await schedule(
        hall, "list"
    )
    # Between the look and the save the bank may lose them.
    drafted = await hall.admin.slash(hall.channel, "setup schedule add", kind="question", time="13")
    retired = update(Item).values(retired_at=hall.now())
    await hall.house.database.write(lambda db: db.execute(retired) and None)
    assert "No question in the bank fits" in said(await hall.admin.click(drafted.response, label="Save"))
    assert "fits these filters any more, so nothing is posted" in await schedule(hall, "list")


async def test_a_lacking_permission_and_a_lost_channel_are_shown(hall: World) -> None:
    place = channel_denied(hall, "closed", "create_public_threads")
    told = await saved(hall, kind="question", time="12", channel=place)
    assert "• **Create Public Threads**: reveals have no discussion thread" in told
    told = await schedule(hall, "list")
    assert "(!) I am missing **Create Public Threads** there; `/setup check` tells how to grant it." in told
    hall.env.backend.delete_channel(place.id)
    await hall.env.settle()
    told = await schedule(hall, "edit", number=3, time="12")
    assert "I cannot find this channel any more; `/setup schedule edit` moves" in told
    assert "I cannot find this channel any more" in await schedule(hall, "list")


async def test_a_change_of_the_clocks_is_explained(hall: World) -> None:
    await hall.admin.slash(hall.channel, "setup start", zone="Europe/Berlin")
    told = await saved(hall, kind="question", time="02:30", repeat="monthly", day_of_month=29)
    assert "(!) On 29 March the clocks skip 02:30, so it comes at 03:00." in told
    assert stamps(told)[0] == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    await hall.skip_to(datetime(2026, 10, 24, 12, 0, tzinfo=UTC))
    told = await saved(hall, kind="digest", time="02:30", days="sun")
    assert "(!) On 25 October the clocks show 02:30 twice; it comes once, at the first." in told


async def test_what_discord_never_offers_is_refused_and_drafts_nothing(hall: World) -> None:
    add = {"kind": "question", "time": "9"}
    unknown = ({"kind": "party"}, {"repeat": "hourly"}, {"track": "x"}, {"difficulty": "x"})
    for forged in (*unknown, {"day_of_month": 0}, {"days": "mon", "every_weeks": -1}):
        result = await command(hall, hall.admin, "setup schedule add", **add | forged)
        assert "belongs to something that is over" in said(result)
    assert await rows(hall, ScheduleDraft) == []


# --- what is offered while typing


async def test_topics_are_offered_while_typing(hall: World) -> None:
    offered = await hall.admin.autocomplete(hall.channel, "setup schedule add", "topic", "gp")
    assert offered == [{"name": "GPUs", "value": "gpu"}]
    offered = await hall.admin.autocomplete(hall.channel, "setup schedule edit", "topic", "")
    assert [one["value"] for one in offered] == ["any", "sql", "gpu"]


async def test_schedules_are_offered_by_number_and_by_what_they_are(hall: World) -> None:
    await schedule(hall, "pause", number=2)
    for verb in ("edit", "pause", "resume", "run", "remove"):
        offered = await hall.admin.autocomplete(hall.channel, f"setup schedule {verb}", "number", "")
        assert offered == [
            {"name": "1. Daily question in #reps, every day at 09:00", "value": 1},
            {"name": "2. Weekly digest in #reps, paused, every Monday at 09:00", "value": 2},
        ]
    (digest,) = await hall.admin.autocomplete(hall.channel, "setup schedule run", "number", "DIGEST")
    assert digest["value"] == 2
    (first,) = await hall.admin.autocomplete(hall.channel, "setup schedule run", "number", "1")
    assert first["value"] == 1
    days = {"days": "mon, tue, wed, thu, fri, sat", "every_weeks": 52}
    far = hall.guild.create_text_channel("c" * 100)
    await saved(hall, kind="question", time="12", channel=far, **days)
    *_, longest = await hall.admin.autocomplete(hall.channel, "setup schedule run", "number", "")
    assert len(longest["name"]) == 100
    _, channel, stranger = another_server(hall)
    assert await stranger.autocomplete(channel, "setup schedule run", "number", "") == []


# --- the list


async def test_the_list_shows_each_with_its_next_three_times(hall: World) -> None:
    await schedule(hall, "pause", number=2)
    told = await schedule(hall, "list")
    assert "-# Times of day are those of UTC." in told
    assert f"**1. Daily question** in <#{hall.channel.id}>, every day at 09:00\n" in told
    assert "every Monday at 09:00 · **paused**" in told
    assert stamps(told) == [NINE, NINE + DAY, NINE + 2 * DAY]


async def test_an_empty_list_says_how_to_begin(quiz: World) -> None:
    assert "Nothing is scheduled. `/setup start` plans a daily question" in await schedule(quiz, "list")


async def test_a_full_server_still_sees_every_number_and_gets_no_26th(hall: World) -> None:
    days = "mon, tue, wed, thu, fri, sat"
    for minute in range(10, 33):
        await saved(
            hall, kind="question", time=f"09:{minute}", days=days, every_weeks=52, topic="sql", track="mle"
        )
    told = await schedule(hall, "add", kind="question", time="23")
    assert "A server can have 25 schedules and this one has them all." in told
    listed = await schedule(hall, "list")
    assert len(listed) <= 4000
    assert all(f"**{number}. " in listed for number in range(1, 26))
    assert listed.count(" (!)") == 25  # 24 clash, and one mark is in the line that explains them
    asked = await hall.admin.slash(hall.channel, "setup schedule remove", number=9)
    await hall.admin.click(asked.response, label="Remove")
    await saved(hall, kind="question", time="23")


# --- changing


async def test_an_edit_changes_what_is_given_and_keeps_the_rest(hall: World) -> None:
    other = hall.guild.create_text_channel("other")
    await saved(hall, kind="question", time="12", days="tue", every_weeks=2, topic="sql", track="mle")
    told = await saved(hall, "edit", number=3, time="15h30")
    assert "every 2 weeks on Tuesday at 15:30" in told
    assert "track MLE; topic SQL" in told
    told = await saved(hall, "edit", number=3, channel=other, difficulty="gentle")
    assert f"in <#{other.id}>, every 2 weeks on Tuesday at 15:30" in told
    assert "track MLE; topic SQL; difficulty gentle" in told
    told = await saved(hall, "edit", number=3, days="fri", track="both", topic="any", difficulty="any")
    assert "every Friday at 15:30" in told
    assert "Only" not in told
    told = await saved(hall, "edit", number=3, repeat="daily")
    assert "every day at 15:30" in told
    await saved(hall, "edit", number=2, track="mle")
    assert (await rows(hall, Schedule))[1].options == {}
    told = await schedule(hall, "edit", number=3, repeat="weekly")
    assert "Tell me which weekdays" in told


async def test_an_hour_moved_on_a_day_already_posted_does_not_post_twice(hall: World) -> None:
    await hall.skip_to(NINE)
    await saved(hall, "edit", number=1, time="11:00")
    await hall.skip_to(NINE + timedelta(hours=3))
    assert len(questions(hall.channel)) == 1
    await saved(hall, "edit", number=1, time="08:00")
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
    assert f"One more **Daily question** appears in <#{hall.channel.id}> within seconds." in told
    await hall.rounds()
    assert len(questions(hall.channel)) == 1
    await hall.skip_to(NINE)
    assert len(questions(hall.channel)) == 2
    assert await dates(hall, 1) == [None, date(2026, 3, 2)]


async def test_a_removed_schedule_is_gone_and_its_posts_stay(hall: World) -> None:
    await hall.skip_to(NINE)
    asked = await hall.admin.slash(hall.channel, "setup schedule remove", number=1)
    assert said(asked).startswith("## Remove this schedule?")
    assert "**1. Daily question**" in await schedule(hall, "list")  # asked, not done
    again = button(RemoveButton.custom_id_for(ScheduleTicket(1)))
    (refused,) = await hall.raw((hall.member("Bo"), asked.response, again))
    assert "Only people with the Manage Server permission" in said(refused)
    told = said(await hall.admin.click(asked.response, label="Remove"))
    assert told == "Removed. What it posted stays where it is."
    (refused,) = await hall.raw((hall.admin, asked.response, again))
    assert UNKNOWN in said(refused)
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
    theirs = (await stranger.slash(channel, "setup schedule list")).response
    (refused,) = await hall.raw((stranger, theirs, button(RemoveButton.custom_id_for(ScheduleTicket(1)))))
    assert UNKNOWN in said(refused)
    assert "Nothing is scheduled" in said(await stranger.slash(channel, "setup schedule list"))
    await hall.rounds()
    assert questions(hall.channel) == []


async def test_schedules_of_two_channels_go_out_side_by_side(hall: World) -> None:
    other = hall.guild.create_text_channel("other")
    await saved(hall, kind="question", time="09:00", channel=other)
    await hall.skip_to(NINE + timedelta(seconds=5))
    await hall.skip_to(NINE + WEEK)
    for channel in (hall.channel, other):
        assert questions(channel)[-1].created_at == NINE + WEEK
    posted = [one for one in await rows(hall, Delivery) if one.state == "done"]
    assert len({(one.schedule_id, one.local_date) for one in posted}) == len(posted)
