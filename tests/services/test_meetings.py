"""Meetings on both engines: begun once, counted once, swept when nobody began them."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.assembly import House, open_house
from bot.domain.calendar import Recurrence
from bot.domain.errors import MeetingOver, MeetingRunning
from bot.domain.meetings import RECITED, WORKED, Meeting, Upcoming
from bot.domain.members import Person
from bot.services.meetings import attendance, course
from bot.services.meetings.gathering import gathering_of
from bot.services.meetings.speaking import time_up
from bot.services.meetings.upcoming import upcoming
from bot.services.privacy.erasing import erase
from bot.storage.tables import Meeting as Row
from bot.storage.tables import MeetingAttendee, Member, Minutes, Server
from tests.support.clock import TurnedClock
from tests.support.gatherings import meeting_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
BO = Person(guild_id=7, discord_id=2, name="Bo", guild_name="Study hall")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
async def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[House]:
    async with open_house(database_url, bank_dir=meeting_bank(tmp_path / "bank"), clock=clock) as opened:
        yield opened


async def start(house: House, key: int, who: Person = ADMIN) -> Meeting:
    return await house.services.meetings.start(who, key, minutes=60, channel_id=70, voice_id=None)


async def advance(house: House, meeting: Meeting, clock: TurnedClock) -> None:
    """The present part is over."""
    now = clock.now()

    def work(db: Session) -> None:
        found = gathering_of(db, meeting.id)
        assert found is not None
        course.advance(db, found, now, random.Random(1))

    await house.database.write(work)


async def test_of_two_who_start_at_once_one_begins_it(house: House) -> None:
    begun = await asyncio.gather(start(house, 1), start(house, 2, BO), return_exceptions=True)
    assert {type(one) for one in begun} == {Meeting, MeetingRunning}
    assert len(await house.database.read(lambda db: db.scalars(select(Row)).all())) == 1


async def test_minutes_are_counted_part_by_part_and_entered_once(house: House, clock: TurnedClock) -> None:
    meeting = await start(house, 1)
    await house.services.members.agree(BO)
    for _ in range(2):
        assert await house.services.meetings.come(BO, meeting.id) is not None
    for minutes in (3, 31, 3, 5, 11, 4, 3):
        clock.turn(minutes * MINUTE)
        await advance(house, meeting, clock)
    spent = await house.database.read(
        lambda db: db.execute(select(Minutes.kind, Minutes.minutes).order_by(Minutes.kind)).all()
    )
    assert [tuple(one) for one in spent] == [("group-problem", 20), ("recitation", 31)]
    (row,) = await house.database.read(lambda db: db.scalars(select(MeetingAttendee)).all())
    assert row.seconds == 60 * 60
    with pytest.raises(MeetingOver):
        await house.services.meetings.come(BO, meeting.id)


async def test_what_an_outage_adds_to_a_part_is_not_counted(house: House, clock: TurnedClock) -> None:
    meeting = await start(house, 1)
    await house.services.members.agree(BO)
    await house.services.meetings.come(BO, meeting.id)
    clock.turn(HOUR)
    now = clock.now()

    def fold(db: Session) -> None:
        found = gathering_of(db, meeting.id)
        assert found is not None
        attendance.fold(found, now)

    await house.database.write(fold)
    (row,) = await house.database.read(lambda db: db.scalars(select(MeetingAttendee)).all())
    assert row.seconds == 3 * 60


async def test_the_one_that_goes_on_is_told_before_the_one_that_comes(
    house: House, clock: TurnedClock
) -> None:
    async def told(who: Person) -> Upcoming | None:
        now = clock.now()
        return await house.database.read(lambda db: upcoming(db, who, now))

    assert await told(BO) is None
    starts_at = clock.now() + 25 * HOUR
    planned = await house.services.meetings.schedule(
        ADMIN, 5, starts_at=starts_at, minutes=90, channel_id=70, voice_id=71
    )
    assert await told(BO) is None
    clock.turn(HOUR)
    where = "https://discord.com/channels/7/71"
    assert await told(BO) == Upcoming(planned.id, starts_at, 90, where, running=False, here=False)
    await house.services.meeting_turns.announced(planned.id, 80)
    found = await told(BO)
    assert found is not None
    assert found.link == "https://discord.com/events/7/80"
    begun = await start(house, 1)
    await house.services.members.agree(BO)
    await house.services.meetings.come(BO, begun.id)
    await house.services.meeting_turns.posted(begun.id, 90)
    link = "https://discord.com/channels/7/70/90"
    assert await told(BO) == Upcoming(begun.id, begun.starts_at, 60, link, running=True, here=True)
    found = await told(ADMIN)
    assert found is not None
    assert not found.here
    assert await told(replace(BO, guild_id=8)) is None


async def test_a_planned_one_nobody_began_is_called_off(house: House, clock: TurnedClock) -> None:
    planned = await house.services.meetings.schedule(
        ADMIN, 5, starts_at=clock.now() + HOUR, minutes=60, channel_id=70, voice_id=None
    )
    clock.turn(HOUR + 31 * MINUTE)
    await house.services.meeting_turns.plan_ahead()
    found = await house.services.meeting_turns.standing(planned.id)
    assert found is not None
    assert found.phase == "cancelled"
    # What is begun then is another one.
    assert (await start(house, 6)).id != planned.id


@pytest.mark.parametrize(
    ("at", "day", "instants"),
    [
        # Half past two is skipped on the last Sunday of March, and comes twice on that of October.
        (time(2, 30), date(2026, 3, 22), ["03-22T01:30", "03-29T01:00", "04-05T00:30"]),
        (time(2, 30), date(2026, 10, 18), ["10-18T00:30", "10-25T00:30", "11-01T01:30"]),
    ],
)
async def test_a_schedule_plans_each_week_once_when_clocks_are_changed(
    house: House, clock: TurnedClock, at: time, day: date, instants: list[str]
) -> None:
    clock.turn_to(datetime(2026, day.month, day.day, tzinfo=UTC) - HOUR)
    setup = await house.services.setup.start(ADMIN, channel_id=70, alert_channel_id=70)
    await house.database.write(lambda db: db.execute(update(Server).values(zone="Europe/Berlin")) and None)
    for planned in setup.schedules:
        await house.services.schedules.remove(ADMIN, planned.id)
    draft = await house.services.schedules.draft(
        ADMIN, kind="meeting", channel_id=70, recurrence=Recurrence.weekly(at, {7}), options={"minutes": 45}
    )
    await house.services.schedules.save(ADMIN, draft.id)
    for _ in range(3):
        await house.services.meeting_turns.plan_ahead()
        await house.services.meeting_turns.plan_ahead()
        starts = (
            await house.database.read(
                lambda db: db.scalars(select(Row.starts_at).order_by(Row.starts_at)).all()
            )
        )[-1]
        clock.turn_to(starts)
        await house.services.deliveries.plan()
        (due,) = await house.services.deliveries.claim("deliveries")
        begun = await house.services.meeting_turns.begin_by(due)
        await house.services.deliveries.done("deliveries", due)
        await house.services.meetings.end(ADMIN, begun.id, begun.step)
        # A week is an hour longer when clocks are set back.
        clock.turn(2 * HOUR)
    starts_at = await house.database.read(
        lambda db: db.scalars(select(Row.starts_at).order_by(Row.starts_at)).all()
    )
    assert [f"{one:%m-%dT%H:%M}" for one in starts_at] == instants


async def test_one_that_was_paused_and_forgotten_is_closed(house: House, clock: TurnedClock) -> None:
    meeting = await start(house, 1)
    await house.services.members.agree(BO)
    await house.services.meetings.come(BO, meeting.id)
    clock.turn(2 * MINUTE)
    await house.services.meetings.skip(ADMIN, meeting.id, meeting.step)
    clock.turn(10 * MINUTE)
    paused = await house.services.meetings.pause(ADMIN, meeting.id, meeting.step + 1)
    clock.turn(2 * HOUR)
    await house.services.meeting_turns.plan_ahead()
    assert (await standing(house, meeting)).step == paused.step
    clock.turn(MINUTE)
    await house.services.meeting_turns.plan_ahead()
    closing = await standing(house, meeting)
    assert closing.phase == "close"
    assert [one.minutes for one in closing.attending] == [12]
    (spent,) = await house.database.read(lambda db: db.scalars(select(Minutes)).all())
    assert (spent.kind, spent.minutes) == ("recitation", 10)


async def standing(house: House, meeting: Meeting) -> Meeting:
    found = await house.services.meeting_turns.standing(meeting.id)
    assert found is not None
    return found


async def test_whoever_has_the_word_and_is_erased_keeps_nobody_waiting(
    house: House, clock: TurnedClock
) -> None:
    meeting = await start(house, 1)
    people = [replace(BO, discord_id=10 + number) for number in range(3)]
    for who in people:
        await house.services.members.agree(who)
        await house.services.meetings.come(who, meeting.id)
    while (await standing(house, meeting)).phase != "speak":
        await advance(house, meeting, clock)
    (table,) = (await standing(house, meeting)).tables
    assert table.speaker is not None
    speaker, now = table.speaker.discord_id, clock.now()
    (server,) = await house.database.read(lambda db: db.scalars(select(Server.id)).all())
    await house.database.write(lambda db: erase(db, server, speaker))
    (bereft,) = (await standing(house, meeting)).tables
    assert bereft.speaker is None
    await house.database.write(lambda db: time_up(db, table.id, table.step, now) and None)
    (table,) = (await standing(house, meeting)).tables
    assert table.speaker is not None
    assert table.speaker.discord_id != speaker


# --- minutes add up

Span = tuple[datetime, datetime]
ACTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 900)),
    st.tuples(st.just("time up"), st.integers(0, 90)),
    st.tuples(st.sampled_from(("come", "go", "enter", "drop")), st.integers(0, 2)),
    st.tuples(st.sampled_from(("pause", "resume", "extend", "skip")), st.just(0)),
)


@dataclass(slots=True)
class Guest:
    """Somebody's coming and going, as they themselves would tell it."""

    who: Person
    here: bool = False
    by_voice: bool = False
    since: datetime | None = None
    spans: list[Span] = field(default_factory=list)

    def begin(self, now: datetime) -> None:
        self.here, self.since = True, self.since or now

    def end(self, now: datetime) -> None:
        if self.since is not None:
            self.spans.append((self.since, now))
        self.since = None


def shared(one: list[Span], other: list[Span]) -> int:
    """How many seconds the spans of two lists have in common."""
    common = (min(a[1], b[1]) - max(a[0], b[0]) for a in one for b in other)
    return sum(max(0, int(span.total_seconds())) for span in common)


class Diary:
    """A meeting that is pressed about, and what it was at every second, kept besides."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.services, self.clock = house.services, clock
        self.guests = [Guest(replace(BO, discord_id=10 + number)) for number in range(3)]
        self.parts: dict[str, list[Span]] = {}
        self.pauses: list[Span] = []
        self.meeting_id, self.began = 0, clock.now()

    async def now(self) -> Meeting:
        found = await self.services.meeting_turns.standing(self.meeting_id)
        assert found is not None
        return found

    async def leave_part(self) -> None:
        """The part is over; it lasted until its end, or until it was skipped."""
        now, at = await self.now(), self.clock.now()
        assert now.ends_at is not None
        self.parts.setdefault(now.phase, []).append(
            (self.began, at if now.paused_at else min(at, now.ends_at))
        )
        if now.paused_at is not None:
            self.pauses.append((now.paused_at, at))
        await self.services.meetings.skip(ADMIN, self.meeting_id, now.step)
        self.began = (await self.now()).since or at

    async def act(self, act: str, which: int) -> None:
        now, at, meetings = await self.now(), self.clock.now(), self.services.meetings
        guest = self.guests[which % len(self.guests)]
        match act:
            case "wait":
                self.clock.turn(timedelta(seconds=which))
                # Late, as after an outage.
                if now.paused_at is None and now.ends_at is not None and now.ends_at <= self.clock.now():
                    await self.leave_part()
            case "time up" if now.paused_at is None and now.ends_at is not None:
                self.clock.turn_to(now.ends_at + timedelta(seconds=which))
                await self.leave_part()
            case "come":
                await meetings.come(guest.who, self.meeting_id)
                guest.begin(at)
            case "go" if guest.here:
                await meetings.go(guest.who, self.meeting_id)
                guest.end(at)
                guest.here = guest.by_voice = False
            case "enter":
                await meetings.in_voice(7, guest.who.discord_id, 71)
                guest.begin(at)
                guest.by_voice = True
            case "drop":
                await meetings.in_voice(7, guest.who.discord_id, None)
                if guest.by_voice:
                    guest.end(at)
            case "pause" if now.paused_at is None:
                await meetings.pause(ADMIN, self.meeting_id, now.step)
            case "resume" if now.paused_at is not None:
                await meetings.resume(ADMIN, self.meeting_id, now.step)
                self.pauses.append((now.paused_at, at))
            case "extend":
                await meetings.extend(ADMIN, self.meeting_id, now.step)
            case "skip":
                await self.leave_part()


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.lists(ACTS, min_size=5, max_size=25))
def test_no_second_is_counted_twice_or_outside_of_its_part(acts: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_attended(Path(folder), acts))


async def _attended(folder: Path, acts: list[tuple[str, int]]) -> None:
    clock = TurnedClock()
    url = f"sqlite+aiosqlite:///{folder / 'reps.db'}"
    async with open_house(url, bank_dir=meeting_bank(folder / "bank"), clock=clock) as house:
        diary = Diary(house, clock)
        for guest in diary.guests:
            await house.services.members.agree(guest.who)
        begun = await house.services.meetings.start(ADMIN, 1, minutes=60, channel_id=70, voice_id=71)
        diary.meeting_id, diary.began = begun.id, clock.now()
        for act, which in [*acts, *[("time up", 5)] * 8, ("resume", 0), *[("time up", 5)] * 8]:
            if (await diary.now()).running:
                await diary.act(act, which)
        assert not (await diary.now()).running
        for guest in diary.guests:
            guest.end(clock.now())
        rows = await house.database.read(
            lambda db: dict(
                db.execute(select(Member.discord_id, MeetingAttendee).join(MeetingAttendee)).all()
            )
        )
        spent = await house.database.read(
            lambda db: {
                (id, kind): minutes
                for id, kind, minutes in db.execute(
                    select(Member.discord_id, Minutes.kind, Minutes.minutes).join(Minutes)
                )
            }
        )
    for guest in diary.guests:
        row = rows.get(guest.who.discord_id)
        whole = [span for spans in diary.parts.values() for span in spans]
        counted = [shared(guest.spans, whole)]
        for kind, parts in (("recitation", RECITED), ("group-problem", WORKED)):
            spans = [span for part in parts for span in diary.parts.get(part, ())]
            both = [(max(a[0], b[0]), min(a[1], b[1])) for a in spans for b in diary.pauses]
            rested = shared(guest.spans, [span for span in both if span[0] < span[1]])
            counted.append(shared(guest.spans, spans) - rested)
            assert spent.get((guest.who.discord_id, kind), 0) == round(counted[-1] / 60)
        found = (row.seconds, row.recited_seconds, row.worked_seconds) if row is not None else (0, 0, 0)
        assert found == tuple(counted)
