"""Bringing: the mover's side of meetings. Discord lets one person after the other be moved, at its own pace."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.schedules import Due
from bot.services.meetings.course import redraw
from bot.services.meetings.gathering import gathering_of
from bot.services.meetings.moving import Move, close_rooms, foresee, moves_of, set_move
from bot.services.timers import end_timer
from bot.storage.database import Database
from bot.storage.tables import MeetingAttendee


class MeetingMoves:
    """Who is brought where next, and what that leads to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def waiting(self, meeting_id: int | None) -> tuple[Move, ...]:
        """Who is to be brought where."""

        def work(db: Session) -> tuple[Move, ...]:
            found = gathering_of(db, meeting_id)
            return moves_of(db, found).waiting if found is not None else ()

        return await self._database.read(work)

    async def moved(self, move: Move, *, brought: bool) -> None:
        """Note where somebody was brought, or could not be: once is enough, since there is the link too."""
        # Whoever could not be brought back may be in their room still.
        where = None if move.back and not brought else move.channel_id
        row = update(MeetingAttendee).where(MeetingAttendee.id == move.attendee_id).values(moved_to=where)
        await self._database.write(lambda db: db.execute(row) and None)

    async def foresee(self, meeting_id: int, pace: timedelta) -> None:
        """Reckon by when everybody is in place."""
        now = self._clock.now()
        await self._database.write(lambda db: _foreseen(db, meeting_id, pace, now))

    async def go_on(self, due: Due, pace: timedelta) -> None:
        """Have those moved next who are left, else rooms closed that nobody needs any more; the card says when."""
        now = self._clock.now()

        def work(db: Session) -> None:
            end_timer(db, due)
            _foreseen(db, due.subject_id, pace, now)
            found = gathering_of(db, due.subject_id)
            if found is None or found.meeting.voice_id is None:
                return
            moves = moves_of(db, found)
            if moves.waiting:
                set_move(db, found, now)
            elif not moves.to_come:
                close_rooms(db, found, now)

        await self._database.write(work)


def _foreseen(db: Session, meeting_id: int | None, pace: timedelta, now: datetime) -> None:
    found = gathering_of(db, meeting_id)
    if found is not None:
        before = found.meeting.moved_by
        foresee(found, moves_of(db, found), pace, now)
        if found.meeting.moved_by != before:
            redraw(db, found, now)
