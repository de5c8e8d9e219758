"""Rescheduling: the people of a room agree on another time."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.appointments import Appointed, slots_for
from bot.domain.errors import NoSharedTime, OutOfDate, RoomMovedOn
from bot.domain.members import Person
from bot.domain.recitation import Room
from bot.services.appointments import set_reminders
from bot.services.availability import slots_of
from bot.services.recitation.absence import set_nudges
from bot.services.recitation.circle import Circle, arrive, circle_of, mine, room_of
from bot.services.recitation.phases import NOUN, enter, mended, nudges_of, until
from bot.services.recitation.timers import call_off

# Two recitations with their rubrics, and a little air.
LASTS_MINUTES = 45


def offer(db: Session, who: Person, recitation_id: int, now: datetime, *, others: bool = False) -> Room:
    """Three times that suit everyone of a room, the same for all until somebody asks for others.

    Raises what `mine` raises, RoomMovedOn once somebody recites, NoSharedTime.
    """
    circle = _movable(db, who, recitation_id, now)
    recitation = circle.recitation
    offered = [datetime.fromisoformat(one) for one in recitation.offered]
    if others or not offered or min(offered) <= now:
        found = slots_for(
            [
                (slots_of(db, seat.member.id), seat.member.zone or circle.server.zone)
                for seat in circle.seats
                if seat.here
            ],
            now=now,
            minutes=LASTS_MINUTES,
            after=offered,
        )
        if not found:
            raise NoSharedTime
        recitation.offered = [one.isoformat() for one in found]
        for seat in circle.seats:
            seat.row.takes = None
        db.flush()
    return room_of(db, circle)


def take(db: Session, who: Person, recitation_id: int, at: datetime, now: datetime) -> tuple[Room, bool]:
    """Take one of the times offered; the room, and whether all agree on it now.

    Raises what `mine` raises, RoomMovedOn, and OutOfDate for a time that is not offered any more.
    """
    circle = _movable(db, who, recitation_id, now)
    recitation = circle.recitation
    if at <= now or at.isoformat() not in {
        datetime.fromisoformat(one).isoformat() for one in recitation.offered
    }:
        raise OutOfDate
    for seat in circle.seats:
        if seat.member.discord_id == who.discord_id:
            seat.row.takes = at
    if any(seat.row.takes != at for seat in circle.seats if seat.here):
        db.flush()
        return room_of(db, circle), False
    _meet(db, circle, at, now)
    return room_of(db, circle), True


def _movable(db: Session, who: Person, recitation_id: int, now: datetime) -> Circle:
    circle, seat = mine(db, who, recitation_id)
    arrive(db, seat, now)
    if (
        mended(db, circle, now)
        or circle.recitation.phase != "ready"
        or any(one.row.recited_at for one in circle.seats)
    ):
        raise RoomMovedOn
    return circle


def _meet(db: Session, circle: Circle, at: datetime, now: datetime) -> None:
    recitation = circle.recitation
    call_off(db, recitation, nudges_of(circle))
    recitation.meets_at, recitation.offered = at, []
    # Whoever agreed was here; then is what counts.
    for seat in circle.seats:
        seat.row.takes = seat.row.came_at = seat.row.missed_at = None
    enter(db, circle, circle.stage, now, timed=False)
    until(db, circle, at)
    set_nudges(db, circle)
    set_reminders(
        db,
        noun=NOUN,
        subject_id=recitation.id,
        server_id=recitation.server_id,
        member_ids=[seat.member.id for seat in circle.seats if seat.here],
        at=at,
        now=now,
    )


def appointed(db: Session, recitation_id: int) -> Appointed | None:
    """What a room's people agreed on, while it stands; for their reminders."""
    circle = circle_of(db, recitation_id)
    if circle is None or not (room := room_of(db, circle)).later or room.meets_at is None:
        return None
    recitation = circle.recitation
    link = f"https://discord.com/channels/{circle.server.discord_id}/{recitation.thread_id}"
    return Appointed("A recitation", room.meets_at, link)
