"""Meetings: what people do with them, each act one transaction."""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain import meetings as domain
from bot.domain.errors import (
    MeetingInThePast,
    MeetingOver,
    MeetingTooFar,
    NotInMeeting,
    OutOfDate,
)
from bot.domain.meetings import BEGUN_EARLY, LONGEST, SHORTEST, TOO_LATE, Mine, Spoken, Table, Upcoming
from bot.domain.members import Person
from bot.services import members
from bot.services.audit import note
from bot.services.meetings import attendance, breakouts, course, moving, planning, speaking
from bot.services.meetings.gathering import (
    RUNNING,
    Gathering,
    gathering_of,
    here,
    led,
    meeting_of,
    table_of,
)
from bot.services.meetings.upcoming import upcoming
from bot.services.rights import require_guide
from bot.storage.database import Database
from bot.storage.tables import Meeting, MeetingTable, Server

__all__ = ["Meetings", "Voices"]

T = TypeVar("T")
# Discord takes no event further ahead.
FARTHEST = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Voices:
    """A meeting by voice that goes on, and the voice channels in which being is attending it."""

    meeting_id: int
    guild_id: int
    channels: frozenset[int]


class Meetings:
    """A meeting as people take part in it and lead it."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng

    # --- planning and beginning

    async def zone(self, who: Person) -> str:
        """In which zone somebody names times: their own, or the server's."""

        def work(db: Session) -> str:
            present = members.find(db, who)
            if present is not None:
                return present.zone_name
            return db.scalar(select(Server.zone).where(Server.discord_id == who.guild_id)) or "UTC"

        return await self._database.read(work)

    async def schedule(
        self,
        who: Person,
        interaction_id: int,
        *,
        starts_at: datetime,
        minutes: int,
        channel_id: int,
        voice_id: int | None,
    ) -> domain.Meeting:
        """Plan a meeting. Raises GuidesOnly, MeetingInThePast, MeetingTooFar, OutOfDate for a forged length."""
        _require_length(minutes)
        seed = self._seed()

        def work(db: Session, now: datetime) -> domain.Meeting:
            require_guide(db, who)
            if starts_at <= now:
                raise MeetingInThePast(starts_at)
            if starts_at > now + FARTHEST:
                raise MeetingTooFar
            server = members.server_row(db, who, now)
            found = planning.plan(
                db,
                key=f"i{interaction_id}",
                server_id=server.id,
                starts_at=starts_at,
                minutes=minutes,
                channel_id=channel_id,
                voice_id=voice_id,
                now=now,
                seed=seed,
                led_by=who.discord_id,
            )
            planning.announce(db, found, now)
            note(db, server.id, who, "meeting.plan", f"meeting:{found.meeting.id}", now)
            return meeting_of(db, found)

        return await self._write(work)

    async def start(
        self, who: Person, interaction_id: int, *, minutes: int, channel_id: int, voice_id: int | None
    ) -> domain.Meeting:
        """Begin a meeting: the planned one if it is near, else another.

        Raises MeetingRunning, PausedByGuide, OutOfDate for a forged length.
        """
        _require_length(minutes)
        seed = self._seed()

        def work(db: Session, now: datetime) -> domain.Meeting:
            present = members.join(db, who, now)
            members.require_active(db, who)
            near = db.scalar(
                select(Meeting.id)
                .where(
                    Meeting.server_id == present.server_id,
                    Meeting.phase == "planned",
                    Meeting.starts_at.between(now - TOO_LATE, now + BEGUN_EARLY),
                )
                .order_by(Meeting.starts_at)
                .limit(1)
            )
            # Sent again by Discord, the same command begins nothing else.
            again = db.scalar(select(Meeting.id).where(Meeting.key == f"i{interaction_id}"))
            found = gathering_of(db, again or near) or planning.plan(
                db,
                key=f"i{interaction_id}",
                server_id=present.server_id,
                starts_at=now,
                minutes=minutes,
                channel_id=channel_id,
                voice_id=voice_id,
                now=now,
                seed=seed,
            )
            course.begin(db, found, now)
            found.meeting.led_by = who.discord_id
            return meeting_of(db, found)

        return await self._write(work)

    async def call_off(self, who: Person, meeting_id: int) -> domain.Meeting:
        """Call a planned meeting off. Raises MeetingOver, NotYourMeeting."""

        def work(db: Session, now: datetime) -> domain.Meeting:
            found = led(db, who, meeting_id)
            if found.meeting.phase != "planned":
                raise MeetingOver
            planning.call_off(db, found, now)
            note(db, found.server.id, who, "meeting.cancel", f"meeting:{meeting_id}", now)
            return meeting_of(db, found)

        return await self._write(work)

    # --- coming and going

    async def come(self, who: Person, meeting_id: int) -> Mine | None:
        """Be here; None, and nothing done, before the rules of conduct. Raises MeetingOver, PausedByGuide."""
        seed = self._seed()

        def work(db: Session, now: datetime) -> Mine | None:
            found = _running(here(db, who, meeting_id))
            member_id = attendance.press_here(db, found, who, now)
            if member_id is None:
                return None
            return _mine(db, _settle(db, found, seed, now), member_id)

        return await self._write(work)

    async def go(self, who: Person, meeting_id: int) -> domain.Meeting:
        """Leave. Raises MeetingOver, NotInMeeting."""
        seed = self._seed()

        def work(db: Session, now: datetime) -> domain.Meeting:
            found = _running(here(db, who, meeting_id))
            guest = next((one for one in found.here if one.member.discord_id == who.discord_id), None)
            if guest is None:
                raise NotInMeeting
            gone(db, found, guest.row.id, now)
            return meeting_of(db, _settle(db, found, seed, now))

        return await self._write(work)

    async def mine(self, who: Person, meeting_id: int) -> Mine:
        """Where somebody is to be now. Raises MeetingOver, NotInMeeting."""

        def work(db: Session) -> Mine:
            found = here(db, who, meeting_id)
            guest = next((one for one in found.here if one.member.discord_id == who.discord_id), None)
            if guest is None:
                raise NotInMeeting
            return _mine(db, found, guest.member.id)

        return await self._database.read(work)

    async def upcoming(self, who: Person) -> Upcoming | None:
        """The meeting that goes on in this person's server, or comes next."""
        now = self._clock.now()
        return await self._database.read(lambda db: upcoming(db, who, now))

    async def in_voice(self, guild_id: int, discord_id: int, channel_id: int | None) -> bool:
        """Somebody entered or left voice; whether that is about a meeting."""
        if await self._database.read(lambda db: attendance.by_voice(db, guild_id)) is None:
            return False
        seed = self._seed()

        def work(db: Session, now: datetime) -> bool:
            found = attendance.by_voice(db, guild_id)
            if found is None:
                return False
            inside = channel_id in attendance.voice_channels(db, found)
            attendance.heard(db, found, discord_id, inside=inside, now=now)
            _settle(db, found, seed, now)
            return True

        return await self._write(work)

    async def by_voice(self) -> tuple[Voices, ...]:
        """Every meeting by voice that goes on, and where its people may be."""

        def work(db: Session) -> tuple[Voices, ...]:
            ids = db.scalars(
                select(Meeting.id).where(Meeting.phase.in_(RUNNING), Meeting.voice_id.is_not(None))
            ).all()
            found = filter(None, (gathering_of(db, one) for one in ids))
            return tuple(
                Voices(one.meeting.id, one.server.discord_id, attendance.voice_channels(db, one))
                for one in found
            )

        return await self._database.read(work)

    async def recount(self, meeting_id: int, inside: Mapping[int, Collection[int]]) -> None:
        """Make up for what was not heard of people in voice while the bot was away."""
        seed = self._seed()

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is not None and found.meeting.phase in RUNNING:
                attendance.recount(db, found, inside, now)
                _settle(db, found, seed, now)

        await self._write(work)

    # --- leading

    async def lead(self, who: Person, meeting_id: int) -> domain.Meeting:
        """A meeting as whoever leads it sees it. Raises MeetingOver, NotYourMeeting."""
        return await self._database.read(lambda db: meeting_of(db, _running(led(db, who, meeting_id))))

    async def pause(self, who: Person, meeting_id: int, step: int) -> domain.Meeting:
        """Stop the clock. Raises MeetingOver, NotYourMeeting, MeetingMovedOn."""
        return await self._led(who, meeting_id, step, "pause", course.pause)

    async def resume(self, who: Person, meeting_id: int, step: int) -> domain.Meeting:
        """Let the clock go on. Raises MeetingOver, NotYourMeeting, MeetingMovedOn."""
        return await self._led(who, meeting_id, step, "resume", course.resume)

    async def extend(self, who: Person, meeting_id: int, step: int) -> domain.Meeting:
        """Five minutes more. Raises MeetingOver, NotYourMeeting, MeetingMovedOn."""
        return await self._led(who, meeting_id, step, "extend", course.extend)

    async def skip(self, who: Person, meeting_id: int, step: int) -> domain.Meeting:
        """Go to the next part. Raises MeetingOver, NotYourMeeting, MeetingMovedOn."""
        rng = random.Random(self._seed())
        return await self._led(
            who, meeting_id, step, "skip", lambda db, found, now: course.advance(db, found, now, rng)
        )

    async def end(self, who: Person, meeting_id: int, step: int) -> domain.Meeting:
        """End it, with its summary. Raises MeetingOver, NotYourMeeting, MeetingMovedOn."""
        return await self._led(who, meeting_id, step, "end", course.close)

    async def _led(
        self,
        who: Person,
        meeting_id: int,
        step: int,
        what: str,
        act: Callable[[Session, Gathering, datetime], None],
    ) -> domain.Meeting:
        def work(db: Session, now: datetime) -> domain.Meeting:
            found = _running(led(db, who, meeting_id, step))
            act(db, found, now)
            note(db, found.server.id, who, "meeting.lead", f"meeting:{meeting_id}", now, what)
            return meeting_of(db, found)

        return await self._write(work)

    # --- speaking, and what they say of it

    async def hand_on(self, who: Person, table_id: int, step: int, spoken: Spoken) -> Table:
        """One has spoken, or passes. Raises MeetingOver, WordOver, NotYourWord."""

        def work(db: Session, now: datetime) -> Table:
            found, row = speaking.hand_on(db, who, table_id, step, spoken, now)
            db.flush()
            return table_of(db, found, row)

        return await self._write(work)

    async def say_useful(self, who: Person, meeting_id: int, useful: int) -> None:
        """Say whether it helped; said again, the last counts. Raises MeetingOver, NotInMeeting, OutOfDate."""
        if useful not in (1, 2, 3):
            raise OutOfDate

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is None or found.server.discord_id != who.guild_id:
                raise MeetingOver
            guest = next((one for one in found.guests if one.member.discord_id == who.discord_id), None)
            if guest is None:
                raise NotInMeeting
            guest.row.useful = useful
            course.redraw(db, found, now)

        await self._write(work)

    def _seed(self) -> int:
        return self._rng.randrange(2**31)

    async def _write(self, work: Callable[[Session, datetime], T]) -> T:
        now = self._clock.now()
        return await self._database.write(lambda db: work(db, now))


def gone(db: Session, gathering: Gathering, attendee_id: int, now: datetime) -> MeetingTable | None:
    """Somebody has left: their group and their table go on without them; the table whose card shows it."""
    guest = next((one for one in gathering.guests if one.row.id == attendee_id), None)
    if guest is None or guest.row.left_at is not None:
        return None
    attendance.leave(gathering, guest, now)
    breakouts.let_go(db, gathering, guest.member.id, now)
    return speaking.let_go(db, gathering, guest, now)


def _settle(db: Session, gathering: Gathering, seed: int, now: datetime) -> Gathering:
    """After people came or went: places for whoever has none, and the card drawn again."""
    db.flush()
    found = gathering_of(db, gathering.meeting.id)
    assert found is not None
    breakouts.place_free(db, found, random.Random(seed), now)
    moving.set_move(db, found, now)
    course.redraw(db, found, now)
    return found


def _running(gathering: Gathering) -> Gathering:
    if gathering.meeting.phase not in RUNNING:
        raise MeetingOver
    return gathering


def _require_length(minutes: int) -> None:
    if not SHORTEST <= minutes <= LONGEST:
        raise OutOfDate


def _mine(db: Session, gathering: Gathering, member_id: int) -> Mine:
    meeting = meeting_of(db, gathering)
    guest = gathering.guest(member_id)
    assert guest is not None
    person = guest.member.discord_id
    return Mine(
        meeting,
        next((group for group in meeting.groups if person in group.people), None),
        next(
            (
                table
                for table in meeting.tables
                if meeting.phase == "speak" and table.id == guest.row.table_id
            ),
            None,
        ),
    )
