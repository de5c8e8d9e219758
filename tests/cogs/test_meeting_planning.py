"""Meetings planned by hand and by a schedule: their event, who is reminded, and how they begin."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.storage.tables import AuditEntry, Meeting, Member, NotificationChoice, Schedule, Timer
from tests.support.gatherings import Hall, hall_of
from tests.support.study import allow, command, plan, rows
from tests.support.world import said, words

DAY = timedelta(days=1)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, voice=True) as made:
        yield made


def events(hall: Hall) -> list[Any]:
    """The server's events."""
    return list(hall.hall.env.backend.get_guild(hall.hall.guild.id).scheduled_events.values())


async def schedule(hall: Hall, who: Any | None = None, *, voice: bool = True, **options: Any) -> Any:
    """Plan a meeting for tomorrow at half past six."""
    named = {"date": "2026-03-03", "time": "18:30"} | options
    if voice:
        named["voice"] = hall.voice
    found = await command(
        hall.hall, who or hall.hall.admin, "meeting schedule", channel=hall.hall.channel, **named
    )
    await hall.hall.rounds()
    return found


async def test_a_planned_meeting_is_an_event_and_begins_at_its_time(hall: Hall) -> None:
    guide = await hall.person("Guide")
    await hall.hall.admin.slash(hall.hall.channel, "guide people add", member=guide)
    answered = said(await schedule(hall, guide, minutes=90))
    # Half past six on the guide's clock in Berlin.
    at = datetime(2026, 3, 3, 17, 30, tzinfo=UTC)
    assert f"<t:{int(at.timestamp())}:F>" in answered
    assert "18:30 in Europe/Berlin" in answered
    (event,) = events(hall)
    assert datetime.fromisoformat(event.scheduled_start_time) == at
    assert datetime.fromisoformat(event.scheduled_end_time) == at + timedelta(minutes=90)
    assert (event.entity_type, event.channel_id) == (2, hall.voice.id)
    assert event.description.endswith("\nReps meeting 1")
    assert {"meeting.plan"} <= {one.action for one in await rows(hall.hall, AuditEntry)}

    await hall.hall.skip_to(at)
    await hall.hall.rounds()
    assert (await hall.meeting()).phase == "arrive"
    assert len(hall.messages("meeting.here:")) == 1
    assert [one.status for one in events(hall)] == [2]
    people = await hall.people_of(2)
    await hall.come(*people)
    await hall.until("over")
    await hall.hall.rounds()
    assert [one.status for one in events(hall)] == [3]


async def test_a_meeting_in_text_is_an_event_somewhere_else(hall: Hall) -> None:
    await schedule(hall, voice=False)
    (event,) = events(hall)
    assert (event.entity_type, event.entity_metadata) == (3, {"location": "#reps"})
    assert (await hall.meeting()).medium == "typed"


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"date": "2026-03-01"}, "is over, so nothing was planned"),
        ({"date": "2026-03-02", "time": "07:59"}, "is over, so nothing was planned"),
        ({"date": "next week"}, "as a date. Write it as 2026-12-07"),
        ({"time": "half past"}, "as a time of day"),
        ({"date": "2032-03-01"}, "at most five years ahead"),
        ({"minutes": 29}, "belongs to something that is over"),
        ({"minutes": 181}, "belongs to something that is over"),
    ],
)
async def test_what_cannot_be_planned_is_told_and_leaves_nothing(
    hall: Hall, options: dict[str, Any], refusal: str
) -> None:
    assert refusal in said(await schedule(hall, **options))
    assert await rows(hall.hall, Meeting) == []
    assert events(hall) == []


async def test_only_guides_plan(hall: Hall) -> None:
    member = await hall.person("Member")
    assert "guide" in said(await schedule(hall, member))
    assert await rows(hall.hall, Meeting) == []


async def test_an_event_is_made_once_however_often_it_is_tried(hall: Hall) -> None:
    making: dict[str, Any] = {
        "mark": "Reps meeting 7",
        "name": "Meeting",
        "description": "An hour",
        "starts_at": hall.hall.now() + DAY,
        "ends_at": hall.hall.now() + DAY + timedelta(hours=1),
        "voice_id": None,
        "place": "#reps",
    }
    made = await hall.hall.bot.events.make(hall.hall.guild.id, **making)
    assert await hall.hall.bot.events.make(hall.hall.guild.id, **making) == made
    await hall.hall.bot.events.make(hall.hall.guild.id, **making | {"mark": "Reps meeting 8"})
    assert len(events(hall)) == 2


async def test_a_crash_between_the_event_and_its_note_makes_no_second(hall: Hall) -> None:
    await schedule(hall)

    def forget(db: Any) -> None:
        db.query(Meeting).update({"event_id": None})
        db.query(Timer).filter(Timer.kind == "meeting.event").update({"state": "due", "attempts": 1})

    await hall.hall.house.database.write(forget)
    await hall.hall.restart()
    await hall.hall.rounds()
    assert len(events(hall)) == 1
    assert (await hall.meeting()).event_id == events(hall)[0].id


async def test_without_the_permission_there_is_no_event_but_a_meeting(hall: Hall) -> None:
    await allow(hall.hall, hall.hall.guild, create_events=False, manage_events=False)
    await schedule(hall)
    assert events(hall) == []
    assert any("Event of a meeting not posted" in words(one) for one in hall.hall.channel.history())
    await hall.hall.skip_to((await hall.meeting()).starts_at)
    await hall.hall.rounds()
    assert (await hall.meeting()).phase == "arrive"


async def test_a_server_full_of_events_is_told_so_and_meets_all_the_same(hall: Hall) -> None:
    path = f"/guilds/{hall.hall.guild.id}/scheduled-events"
    hall.hall.env.inject_error("POST", path, status=400, code=30038, message="Maximum number reached")
    await schedule(hall)
    told = "the server has as many events as Discord allows"
    assert any(told in words(one) for one in hall.hall.channel.history())
    await hall.hall.skip_to((await hall.meeting()).starts_at)
    await hall.hall.rounds()
    assert (await hall.meeting()).phase == "arrive"


async def test_whoever_is_interested_and_chose_so_is_reminded(hall: Hall) -> None:
    keen, quiet = await hall.person("Keen"), await hall.person("Quiet")
    chosen = await keen.slash(hall.hall.channel, "me settings")
    assert chosen is not None

    def choose(db: Any) -> None:
        member = db.query(Member).filter(Member.discord_id == keen.id).one()
        db.add(NotificationChoice(member_id=member.id, kind="appointment", channel="dm"))

    await hall.hall.house.database.write(choose)
    await schedule(hall)
    for who in (keen, quiet):
        await who.subscribe_event(events(hall)[0].id)
    at = (await hall.meeting()).starts_at
    await hall.hall.skip_to(at - timedelta(minutes=64))
    await hall.hall.skip_to(at - timedelta(minutes=59))
    told = [words(one) for one in keen.user.dm_channel.history()]
    assert len(told) == 1
    assert told[0].startswith("Group study meeting in **Study hall** begins")
    assert f"https://discord.com/events/{hall.hall.guild.id}/" in told[0]


async def test_beginning_the_event_begins_the_meeting(hall: Hall) -> None:
    await schedule(hall)
    hall.hall.env.backend.edit_scheduled_event(hall.hall.guild.id, events(hall)[0].id, {"status": 2})
    await hall.hall.env.settle()
    await hall.hall.rounds()
    assert (await hall.meeting()).phase == "arrive"
    at = (await hall.meeting()).starts_at
    await hall.hall.skip_to(at)
    assert len(hall.messages("meeting.here:")) <= 1


async def test_calling_the_event_off_calls_the_meeting_off(hall: Hall) -> None:
    await schedule(hall)
    hall.hall.env.backend.delete_scheduled_event(hall.hall.guild.id, events(hall)[0].id)
    await hall.hall.env.settle()
    assert (await hall.meeting()).phase == "cancelled"
    await hall.hall.skip_to((await hall.meeting()).starts_at)
    assert not hall.messages("meeting.here:")


async def move_event(hall: Hall, number: int, at: datetime) -> None:
    """Somebody moves an event in Discord's own window."""
    found = events(hall)[number]
    changed = {"scheduled_start_time": at.isoformat(), "scheduled_end_time": (at + DAY / 24).isoformat()}
    hall.hall.env.backend.edit_scheduled_event(hall.hall.guild.id, found.id, changed)
    await hall.hall.env.settle()
    await hall.hall.rounds()


async def test_a_meeting_follows_its_event_to_another_time(hall: Hall) -> None:
    await schedule(hall)
    before = (await hall.meeting()).starts_at
    at = before + timedelta(hours=2)
    await move_event(hall, 0, at)
    assert (await hall.meeting()).starts_at == at
    await hall.hall.skip_to(before)
    await hall.hall.rounds()
    assert (await hall.meeting()).phase == "planned"
    # What is past nobody can mean, so the event comes back to the meeting's time.
    await move_event(hall, 0, before - timedelta(minutes=1))
    assert datetime.fromisoformat(events(hall)[0].scheduled_start_time) == at
    await hall.hall.skip_to(at)
    await hall.hall.rounds()
    assert (await hall.meeting()).phase == "arrive"
    assert len(hall.messages("meeting.here:")) == 1


async def test_whoever_planned_it_may_call_it_off(hall: Hall) -> None:
    planned = await schedule(hall)
    called = await hall.hall.admin.click(planned.response, label="Call it off")
    await hall.hall.rounds()
    assert "called off, and so is its event" in said(called)
    assert [one.status for one in events(hall)] == [4]
    assert (await hall.meeting()).phase == "cancelled"


async def test_start_takes_the_planned_one_when_it_is_near(hall: Hall) -> None:
    await schedule(hall)
    at = (await hall.meeting()).starts_at
    await hall.hall.skip_to(at - timedelta(minutes=20))
    await hall.start(await hall.person("Early"))
    (row,) = await rows(hall.hall, Meeting)
    assert row.phase == "arrive"
    again = await hall.start()
    assert "A meeting is going on here already: https://discord.com/channels/" in said(again)


# --- those that come back


async def test_a_schedule_plans_its_next_meeting_with_an_event_and_holds_it(hall: Hall) -> None:
    shown = said(
        await plan(hall.hall, kind="meeting", time="18", repeat="daily", minutes=45, voice=hall.voice)
    )
    assert "Group study meeting" in shown
    assert f"45 minutes in <#{hall.voice.id}>" in shown
    await hall.hall.rounds()
    await hall.hall.rounds()
    (event,) = events(hall)
    at = datetime.fromisoformat(event.scheduled_start_time)
    assert at == datetime(2026, 3, 2, 18, tzinfo=UTC)
    people = await hall.people_of(2)
    await hall.hall.skip_to(at)
    assert (await hall.meeting()).phase == "arrive"
    assert len(hall.messages("meeting.here:")) == 1
    await hall.come(*people)
    await hall.until("over")
    await hall.hall.rounds()
    await hall.hall.rounds()
    # The next one stands already.
    assert [one.status for one in events(hall)] == [3, 1]
    first, second = await rows(hall.hall, Meeting)
    assert second.starts_at == first.starts_at + DAY


async def test_what_a_schedule_plans_keeps_its_hour(hall: Hall) -> None:
    await plan(hall.hall, kind="meeting", time="18", repeat="daily")
    await hall.hall.rounds()
    await hall.hall.rounds()
    at = datetime(2026, 3, 2, 18, tzinfo=UTC)
    await move_event(hall, 0, at + timedelta(hours=2))
    assert (await hall.meeting()).starts_at == at
    assert datetime.fromisoformat(events(hall)[0].scheduled_start_time) == at


async def test_a_schedule_that_is_paused_calls_its_next_meeting_off(hall: Hall) -> None:
    await plan(hall.hall, kind="meeting", time="18", repeat="daily")
    await hall.hall.rounds()
    await hall.hall.rounds()
    number = max(one.id for one in await rows(hall.hall, Schedule))
    await hall.hall.admin.slash(hall.hall.channel, "setup schedule pause", number=number)
    await hall.hall.rounds()
    await hall.hall.rounds()
    assert [one.status for one in events(hall)] == [4]
    await hall.hall.admin.slash(hall.hall.channel, "setup schedule resume", number=number)
    await hall.hall.rounds()
    await hall.hall.rounds()
    assert [one.status for one in events(hall)] == [4, 1]


async def test_a_meeting_an_outage_swallowed_is_told_to_the_staff(hall: Hall) -> None:
    await plan(hall.hall, kind="meeting", time="18", repeat="daily")
    await hall.hall.skip_to(datetime(2026, 3, 2, 18, 31, tzinfo=UTC))
    assert not hall.messages("meeting.here:")
    assert any(
        "half an hour later nobody waits any more" in words(one) for one in hall.hall.channel.history()
    )
