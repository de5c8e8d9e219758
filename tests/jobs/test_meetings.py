"""Meetings from outside: whichever request the bot dies at, everything is made and said once, and in its time."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.client.rooms import PRIVATE_THREAD, VOICE
from bot.domain.calendar import Recurrence
from bot.domain.meetings import agenda
from bot.domain.members import Person
from bot.services.meetings.course import SLACK
from bot.storage.tables import Meeting, MeetingAttendee, Minutes, Proposal, Recitation
from tests.support.fake_discord import COMPLETED
from tests.support.gatherings import meeting_bank
from tests.support.post_office import ADMIN, CHANNEL, LEASE_OVER, PostOffice, post_office

STUDY = 400  # the voice channel they meet in
LENGTH = 120
PEOPLE = tuple(Person(7, 1001 + number, f"P{number}", "Study hall") for number in range(4))


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """A server with nothing else to deliver, four people in its voice channel, and a bank for meetings."""
    async with post_office(database_url, tmp_path, meeting_bank(tmp_path / "bank")) as made:
        for planned in await made.services.schedules.list(ADMIN):
            assert planned.id is not None
            await made.services.schedules.remove(ADMIN, planned.id)
        made.discord.place(id=str(STUDY), type=VOICE, name="Study room")
        for who in PEOPLE:
            await made.services.members.agree(who)
            made.discord.in_voice[who.discord_id] = STUDY
        yield made


async def plan(office: PostOffice, *, by_schedule: bool) -> None:
    """Plan a meeting for in a quarter of an hour, by hand or by a schedule."""
    at = office.clock.now() + timedelta(minutes=15)
    if by_schedule:
        draft = await office.services.schedules.draft(
            ADMIN,
            kind="meeting",
            channel_id=CHANNEL,
            recurrence=Recurrence.monthly(at.time(), at.day),
            options={"minutes": LENGTH, "voice": STUDY},
        )
        await office.services.schedules.save(ADMIN, draft.id)
        await office.services.meeting_turns.plan_ahead()
    else:
        await office.services.meetings.schedule(
            ADMIN, 1, starts_at=at, minutes=LENGTH, channel_id=CHANNEL, voice_id=STUDY
        )


class Watched:
    """A meeting whose bot dies again and again: what its clock says each time, and what Discord has done."""

    def __init__(self, office: PostOffice, *, applied: bool) -> None:
        self.office, self.applied = office, applied
        self.parts: dict[int, set[tuple[str, datetime | None, datetime | None]]] = {}
        self.done: Counter[str] = Counter()
        self.deaths = 0

        def watch(step: str, name: str) -> None:
            self.done[name] += step == "done"

        office.discord.watch = watch

    async def look(self) -> bool:
        """Note what the clock says; whether the part has time for another outage."""
        row = await self.office.the_row(Meeting)
        if row.phase_ends_at is None:
            return True
        self.parts.setdefault(row.place, set()).add((row.phase, row.phase_since, row.phase_ends_at))
        return bool(row.phase_ends_at - self.office.clock.now() > 2 * LEASE_OVER)

    async def next(self) -> bool:
        """Go to what comes next within the hour, and deliver it; False when there is nothing."""
        planned = [one.starts_at for one in await self.office.rows(Meeting) if one.phase == "planned"]
        if not await self.office.next_moment(timedelta(hours=1), *planned):
            return False
        self.deaths += await self.office.deliver_dying(applied=self.applied, look=self.look, every=2)
        return True


async def take_part(office: PostOffice) -> None:
    """Everybody comes, and two propose something."""
    row = await office.the_row(Meeting)
    if row.phase == "arrive" and not await office.rows(MeetingAttendee):
        for who in PEOPLE:
            await office.services.meetings.come(who, row.id)
    if row.phase == "think" and not await office.rows(Proposal):
        for who in PEOPLE[:2]:
            await office.services.problems.propose(who, row.problem_id, f"Of {who.name}")


@pytest.mark.parametrize(
    ("by_schedule", "applied"), [(False, False), (True, True)], ids=["by-hand-before", "by-schedule-after"]
)
async def test_whichever_request_it_dies_at_a_meeting_makes_and_says_everything_once(
    office: PostOffice, by_schedule: bool, applied: bool
) -> None:
    discord = office.discord
    await plan(office, by_schedule=by_schedule)
    watched = Watched(office, applied=applied)
    apart = set()
    while await watched.next():
        await take_part(office)
        if STUDY not in discord.in_voice.values():
            apart.add((await office.the_row(Meeting)).place)
    assert watched.deaths > 20
    assert apart >= {place for place, slot in enumerate(agenda(LENGTH, "voice")) if slot.part == "recite"}

    # Each part had its time, once and for all; only an outage of more than a minute lets the next begin later.
    before = None
    for place, slot in enumerate(agenda(LENGTH, "voice")):
        ((part, since, ends_at),) = watched.parts[place]
        assert since is not None
        assert (part, ends_at) == (slot.part, since + timedelta(minutes=slot.minutes))
        assert before in (None, since) or since - before >= SLACK
        before = ends_at

    (event,) = discord.events.values()
    assert (event["status"], event["id"]) == (COMPLETED, str((await office.the_row(Meeting)).event_id))
    said = [words.splitlines()[0] for words in discord.words(CHANNEL)]
    (case,) = discord.threads.values()
    assert sorted(said) == sorted(
        [
            *("## Group study meeting", "### Recite", "### Break", "### Recite", "### Break", f"## {case}"),
            *("### Think", "### Everyone speaks", "### Speaking order", "### A solution", "## What we did"),
        ]
    )
    (thread,) = discord.threads
    told = [words.splitlines()[0] for words in discord.words(thread)]
    assert sorted(told) == sorted(
        [
            *("## The discussion is open", "**P0**", "**P1**"),
            *(f"## A way to solve it: {case}", "**Pitfalls**"),
        ]
    )

    # Two rounds of two pairs: each was given one thread and one voice room, and brought there and back.
    pairs = await office.rows(Recitation)
    rooms = [one for one in discord.rooms.values() if one["type"] == PRIVATE_THREAD]
    assert sorted(one["name"] for one in rooms) == [f"Recitation · r{one.id}" for one in pairs]
    for room in rooms:
        told = discord.words(int(room["id"]))
        assert sum(words.startswith("Your voice room: <#") for words in told) == 1
    assert (len(pairs), watched.done["make"], watched.done["make_event"]) == (4, 4, 1)
    assert {*discord.in_voice.values()} == {STUDY}
    assert [one["name"] for one in discord.rooms.values() if one["type"] == VOICE] == ["Study room"]
    spent = Counter(one.kind for one in await office.rows(Minutes))
    assert spent == {"recitation": len(PEOPLE), "group-problem": len(PEOPLE)}
