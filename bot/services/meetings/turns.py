"""Meetings as time sees them: begun, paired, called from part to part, and told of; every step may be repeated."""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain import meetings as domain
from bot.domain import problems as domain_problems
from bot.domain.meetings import ENDS, Table
from bot.domain.recitation import Room
from bot.domain.schedules import Due
from bot.services.meetings import attendance, breakouts, casework, course, gone, moving, planning, speaking
from bot.services.meetings.gathering import RUNNING, Gathering, gathering_of, meeting_of, table_of
from bot.services.pairing.matcher import Matcher
from bot.services.problems.readouts import problem_of
from bot.services.recitation import opening
from bot.services.recitation.circle import circle_of, room_of
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Meeting, MeetingAttendee, MeetingGroup, MeetingTable, Problem

T = TypeVar("T")
# People come and go while pairs are made; then they are made again, so often.
PAIRED_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Breakout:
    """A recitation's room, and the meeting it belongs to."""

    room: Room
    meeting: domain.Meeting


class MeetingTurns:
    """The timers' side of meetings."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rng: random.Random,
        topic_names: Mapping[str, str],
        matcher: Matcher,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._names = topic_names
        self._matcher = matcher

    # --- planning

    async def standing(self, meeting_id: int | None) -> domain.Meeting | None:
        """A meeting as it stands."""
        return await self._database.read(lambda db: _readout(db, gathering_of(db, meeting_id)))

    async def plan_ahead(self) -> None:
        """Plan the next meeting of each schedule."""
        seed = self._seed()
        await self._write(lambda db, now: planning.plan_ahead(db, now, seed))

    async def announced(self, meeting_id: int, event_id: int) -> bool:
        """Note a meeting's event; False when it was called off meanwhile."""

        def work(db: Session, now: datetime) -> bool:
            meeting = db.get_one(Meeting, meeting_id)
            meeting.event_id = event_id
            return meeting.phase not in ENDS

        return await self._write(work)

    async def remind(self, meeting_id: int, interested: Collection[int]) -> None:
        """Have those reminded who are interested."""

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is not None and found.meeting.phase == "planned":
                planning.remind(db, found, interested, now)

        await self._write(work)

    # --- beginning

    async def begin(self, meeting_id: int) -> None:
        """Begin a meeting whose time has come. Raises MeetingPassed, MeetingRunning."""

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is not None and found.meeting.phase == "planned":
                planning.require_in_time(found.meeting.starts_at, now)
                course.begin(db, found, now)

        await self._write(work)

    async def by_event(self, event_id: int) -> None:
        """Somebody began a meeting's event. Raises MeetingRunning."""

        def work(db: Session, now: datetime) -> None:
            found = _of_event(db, event_id)
            if found is not None:
                course.begin(db, found, now)

        await self._write(work)

    async def event_moved(self, event_id: int, starts_at: datetime, voice_id: int | None) -> None:
        """Somebody moved a meeting's event to another time or voice channel."""

        def work(db: Session, now: datetime) -> None:
            found = _of_event(db, event_id)
            if found is not None:
                planning.event_moved(db, found, starts_at, voice_id, now)

        await self._write(work)

    async def event_gone(self, event_id: int) -> None:
        """Somebody called a meeting's event off, and so the meeting; one that goes on stays."""

        def work(db: Session, now: datetime) -> None:
            found = _of_event(db, event_id)
            if found is not None and found.meeting.phase == "planned":
                planning.call_off(db, found, now)

        await self._write(work)

    async def of_delivery(self, due: Due) -> domain.Meeting | None:
        """The meeting an earlier attempt began for a scheduled post."""
        return await self._database.read(lambda db: _readout(db, planning.of_delivery(db, due)))

    async def begin_by(self, due: Due) -> domain.Meeting:
        """Begin the meeting of a scheduled post. Raises MeetingPassed, MeetingRunning."""
        seed = self._seed()
        return await self._write(lambda db, now: meeting_of(db, planning.begin_by(db, due, now, seed)))

    async def delivered(self, due: Due, message_id: int) -> bool:
        """The scheduled post stands, and is the meeting's card; False when another holder posted it."""

        def work(db: Session, now: datetime) -> bool:
            if not leases.settle(db, Delivery, due.id, due.token, now, message_id=message_id, late=due.late):
                return False
            db.execute(update(Meeting).where(Meeting.delivery_id == due.id).values(message_id=message_id))
            return True

        return await self._write(work)

    # --- the parts

    async def turn(self, due: Due) -> None:
        """A part's time is up, unless the clock was stopped or set meanwhile."""
        rng = random.Random(self._seed())

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, due.subject_id)
            if found is None or found.meeting.phase not in RUNNING or found.meeting.paused_at is not None:
                return
            if found.meeting.step == int(due.key.rpartition(":")[2]):
                course.advance(db, found, now, rng)

        await self._write(work)

    async def telling(self, due: Due) -> domain.Meeting | None:
        """The meeting whose part is to be told of; None when that is over."""

        def work(db: Session) -> domain.Meeting | None:
            found = gathering_of(db, due.subject_id)
            place = int(due.key.rpartition(":")[2])
            if found is None or found.meeting.phase not in RUNNING or found.meeting.place != place:
                return None
            return meeting_of(db, found)

        return await self._database.read(work)

    async def pair(self, meeting_id: int) -> None:
        """Put everybody present together for a round, once."""
        for _ in range(PAIRED_AGAIN):
            if await self._paired(meeting_id):
                return
        # Tried again in a moment: the door does not stand still.
        raise TimeoutError

    async def _paired(self, meeting_id: int) -> bool:
        now = self._clock.now()
        shot = await self._database.read(lambda db: _snapshot(db, meeting_id, now))
        if shot is None:
            return True
        paired = await self._matcher.pair(
            shot.peers, met=shot.met, blocked=shot.blocked, kept=shot.kept, seed=shot.seed, now=now
        )

        def work(db: Session, now: datetime) -> bool:
            found = gathering_of(db, meeting_id)
            return found is None or breakouts.save(db, found, shot, paired, now)

        return await self._write(work)

    async def swap(self, due: Due) -> None:
        """Call the swap in rooms of one size."""
        _, _, step, what = due.key.rsplit(":", 3)
        turn, size = map(int, what.split("of"))

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, due.subject_id)
            if found is not None and found.meeting.phase == "recite" and found.meeting.step == int(step):
                breakouts.swap(db, found, turn, size, now)

        await self._write(work)

    async def posted(self, meeting_id: int, message_id: int) -> None:
        """The meeting's card stands in this message."""
        await self._write(
            lambda db, now: (
                db.execute(update(Meeting).where(Meeting.id == meeting_id).values(message_id=message_id))
                and None
            )
        )

    async def problem(self, meeting_id: int) -> domain_problems.Problem | None:
        """The group problem of a meeting."""

        def work(db: Session) -> domain_problems.Problem | None:
            problem = db.scalars(
                select(Problem)
                .join(Meeting, Meeting.problem_id == Problem.id)
                .where(Meeting.id == meeting_id)
            ).first()
            return problem_of(db, problem, self._names) if problem is not None else None

        return await self._database.read(work)

    async def problem_posted(self, meeting_id: int, message_id: int, thread_id: int | None) -> None:
        """The problem stands in the meeting's channel."""

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is not None:
                casework.posted(db, found, message_id, thread_id)

        await self._write(work)

    # --- rooms

    async def breakout(self, recitation_id: int | None) -> Breakout | None:
        """A recitation of a meeting with its room."""

        def work(db: Session) -> Breakout | None:
            circle = circle_of(db, recitation_id) if recitation_id is not None else None
            meeting = _readout(
                db,
                gathering_of(
                    db,
                    db.scalar(
                        select(MeetingGroup.meeting_id).where(MeetingGroup.recitation_id == recitation_id)
                    ),
                ),
            )
            return Breakout(room_of(db, circle), meeting) if circle and meeting else None

        return await self._database.read(work)

    async def room_opened(self, meeting_id: int) -> None:
        """A pair's room is there: they are brought to it, and the meeting's card shows the way."""

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is not None:
                moving.set_move(db, found, now)
                course.redraw(db, found, now)

        await self._write(work)

    async def opened_in(self, recitation_id: int, channel_id: int) -> Room | None:
        """There is no thread: the group recites in the meeting's channel."""
        return await self._write(lambda db, now: opening.opened_in(db, recitation_id, channel_id, now))

    async def table(self, table_id: int | None) -> tuple[Table, domain.Meeting] | None:
        """A table and its meeting."""

        def work(db: Session) -> tuple[Table, domain.Meeting] | None:
            row = db.get(MeetingTable, table_id)
            found = gathering_of(db, row.meeting_id) if row is not None else None
            return (table_of(db, found, row), meeting_of(db, found)) if row and found else None

        return await self._database.read(work)

    async def keep_room(self, table_id: int, kind: str, discord_id: int) -> None:
        """Note where a table meets."""
        await self._write(lambda db, now: speaking.keep_room(db, table_id, kind, discord_id, now))

    async def table_posted(self, table_id: int, message_id: int) -> None:
        """A table's card stands in this message."""
        await self._write(
            lambda db, now: (
                db.execute(
                    update(MeetingTable).where(MeetingTable.id == table_id).values(message_id=message_id)
                )
                and None
            )
        )

    async def word_over(self, due: Due) -> None:
        """The time of whoever had the word is up, or they left."""
        step = due.key.split(":")[2]

        def work(db: Session, now: datetime) -> None:
            if due.subject_id is not None:
                speaking.time_up(db, due.subject_id, int(step), now)

        await self._write(work)

    # --- people and places that are gone

    async def stepped_out(self, due: Due) -> None:
        """Whoever dropped out of voice a minute ago has left, unless they are back."""
        seed = self._seed()

        def work(db: Session, now: datetime) -> None:
            row = db.get(MeetingAttendee, due.subject_id)
            found = gathering_of(db, row.meeting_id) if row is not None else None
            if row is None or found is None or found.meeting.phase not in RUNNING or row.since is not None:
                return
            gone(db, found, row.id, now)
            db.flush()
            if not found.here and found.meeting.phase != "close":
                # The last one has switched off the light.
                course.stop(db, found, now)
                return
            breakouts.place_free(db, found, random.Random(seed), now)
            course.redraw(db, found, now)

        await self._write(work)

    async def channel_gone(self, channel_id: int) -> None:
        """A channel was deleted: without its own a meeting ends, without its voice it goes on in writing."""

        def work(db: Session, now: datetime) -> None:
            for meeting_id in db.scalars(
                select(Meeting.id).where(
                    Meeting.phase.not_in(ENDS),
                    (Meeting.channel_id == channel_id) | (Meeting.voice_id == channel_id),
                )
            ).all():
                found = gathering_of(db, meeting_id)
                if found is None:
                    continue
                if found.meeting.channel_id == channel_id:
                    course.cancel(db, found, now)
                else:
                    found.meeting.voice_id = None
                    attendance.stay(found, now)
                    course.redraw(db, found, now)

        await self._write(work)

    async def lost(self, meeting_id: int) -> None:
        """Nothing can be posted any more: the meeting ends, and what was done counts."""

        def work(db: Session, now: datetime) -> None:
            found = gathering_of(db, meeting_id)
            if found is not None and found.meeting.phase in RUNNING:
                course.stop(db, found, now)

        await self._write(work)

    def _seed(self) -> int:
        return self._rng.randrange(2**31)

    async def _write(self, work: Callable[[Session, datetime], T]) -> T:
        now = self._clock.now()
        return await self._database.write(lambda db: work(db, now))


def _snapshot(db: Session, meeting_id: int, now: datetime) -> breakouts.Snapshot | None:
    found = gathering_of(db, meeting_id)
    return breakouts.snapshot(db, found, now) if found is not None else None


def _of_event(db: Session, event_id: int) -> Gathering | None:
    return gathering_of(db, db.scalar(select(Meeting.id).where(Meeting.event_id == event_id)))


def _readout(db: Session, found: Gathering | None) -> domain.Meeting | None:
    return meeting_of(db, found) if found is not None else None
