"""Opening: the room of people who were put together, made once by a timer."""

import random
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.errors import NoOtherConcept
from bot.domain.members import Person
from bot.domain.recitation import CLOSED_AFTER, Room, Stage
from bot.domain.schedules import Due
from bot.services import members, rooms
from bot.services.recitation import exchange
from bot.services.recitation.absence import set_nudges
from bot.services.recitation.circle import (
    Circle,
    Seat,
    arrive,
    circle_of,
    mine,
    room_of,
    thread_key,
    voice_key,
)
from bot.services.recitation.concepts import choose
from bot.services.recitation.phases import enter, mended, redraw, require_phase, require_turn
from bot.services.recitation.timers import set_for
from bot.storage.tables import Recitation, Reciter

OPEN, VOICE = "recitation.open", "recitation.voice"


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the room is, for whoever pressed; no thread yet while it is being made."""

    room: Room
    opened_now: bool


def open_room(db: Session, recitation_id: int, now: datetime, kind: str = OPEN) -> bool:
    """Have a room made for people who were put together; False when it is made or being made already.

    `kind` names the timer that makes it.
    """
    recitation = db.get_one(Recitation, recitation_id)
    if recitation.phase != "arranged" or recitation.mode == "solo":
        return False
    recitation.phase, recitation.phase_since = "opening", now
    recitation.step += 1
    # A room that could not be made is asked for anew.
    set_for(db, recitation, kind, f"open:{recitation.step}", now)
    db.flush()
    return True


def open_by(db: Session, who: Person, recitation_id: int, now: datetime) -> Entrance:
    """One of the people opens the room, or is shown the way. Raises what `mine` raises, and PausedByGuide."""
    circle, seat = mine(db, who, recitation_id, ended=True)
    members.require_active(db, who)
    arrive(db, seat, now)
    opened = not mended(db, circle, now) and open_room(db, recitation_id, now)
    return Entrance(room_of(db, circle), opened)


def to_open(db: Session, due: Due, rng: random.Random, now: datetime) -> Room | None:
    """The room to make, everybody with a concept; None when that is done, or nobody needs it any more."""
    assert due.subject_id is not None
    circle = circle_of(db, due.subject_id)
    if circle is None or mended(db, circle, now):
        return None
    recitation = circle.recitation
    if recitation.phase == "opening":
        for seat in circle.seats:
            if seat.row.item_id is None:
                _give_concept(db, circle, seat, rng, now)
    elif recitation.phase not in ("ready", "exchange") or recitation.message_id is not None:
        return None
    return room_of(db, circle)


def _give_concept(db: Session, circle: Circle, seat: Seat, rng: random.Random, now: datetime) -> bool:
    taken = {one.row.item_id for one in circle.seats if one.row.item_id is not None}
    version = choose(
        db,
        server_id=circle.server.id,
        member_id=seat.member.id,
        topic=seat.row.topic,
        rng=rng,
        now=now,
        besides=taken,
    )
    if version is None:
        return False
    seat.row.item_id, seat.row.item_version_id = version.item_id, version.id
    db.flush()
    return True


def opened(db: Session, recitation_id: int, thread_id: int, now: datetime) -> Room | None:
    """The thread is there: it begins. None when it ended meanwhile; a repeat gives the same."""
    circle = circle_of(db, recitation_id)
    if circle is None:
        return None
    recitation = circle.recitation
    if recitation.phase == "opening":
        recitation.thread_id, recitation.opened_at = thread_id, now
        rooms.keep(
            db,
            key=thread_key(recitation_id),
            server_id=recitation.server_id,
            kind="thread",
            discord_id=thread_id,
            now=now,
            close_by=now + CLOSED_AFTER,
        )
        if recitation.mode == "async":
            exchange.begin(db, circle, now)
        else:
            enter(db, circle, Stage("ready"), now)
            set_nudges(db, circle)
    return room_of(db, circle) if recitation.phase in ("ready", "exchange") else None


def opened_in(db: Session, recitation_id: int, channel_id: int, now: datetime) -> Room | None:
    """No thread can be made: it begins in a channel that others use too, and that stays."""
    circle = circle_of(db, recitation_id)
    if circle is None:
        return None
    if circle.recitation.phase == "opening":
        circle.recitation.thread_id, circle.recitation.opened_at = channel_id, now
        enter(db, circle, Stage("ready"), now)
        set_nudges(db, circle)
    return room_of(db, circle) if circle.recitation.phase == "ready" else None


def take_in(db: Session, recitation_id: int, member_id: int, rng: random.Random, now: datetime) -> None:
    """Make three of two: the third recites last."""
    circle = circle_of(db, recitation_id)
    assert circle is not None
    place = max(seat.place for seat in circle.seats) + 1
    db.add(Reciter(recitation_id=recitation_id, member_id=member_id, place=place))
    db.flush()
    circle = circle_of(db, recitation_id)
    assert circle is not None
    _give_concept(db, circle, circle.seats[-1], rng, now)
    redraw(db, circle, now)


def not_opened(db: Session, recitation_id: int, now: datetime) -> None:
    """The thread could not be made: anybody may press again."""
    recitation = db.get(Recitation, recitation_id)
    if recitation is not None and recitation.phase == "opening":
        recitation.phase, recitation.phase_since = "arranged", now


def another_concept(
    db: Session, who: Person, recitation_id: int, step: int, rng: random.Random, now: datetime
) -> Room:
    """Whose turn it is takes another concept before they begin.

    Raises what `mine` raises, RoomMovedOn, NotYourTurn, NoOtherConcept.
    """
    circle, seat = mine(db, who, recitation_id)
    arrive(db, seat, now)
    require_phase(circle, step, "ready")
    require_turn(circle, seat)
    if not _give_concept(db, circle, seat, rng, now):
        raise NoOtherConcept
    redraw(db, circle, now)
    return room_of(db, circle)


# --- a voice room


def ask_voice(db: Session, who: Person, recitation_id: int, now: datetime) -> Room:
    """Have a voice channel made for a room, once at a time. Raises what `mine` raises."""
    circle, seat = mine(db, who, recitation_id)
    arrive(db, seat, now)
    recitation = circle.recitation
    if rooms.whereabouts(db, voice_key(recitation_id)) is None:
        # One that could not be made, or was deleted, is asked for anew; two presses at once are one.
        minute = int(now.timestamp()) // 60
        set_for(db, recitation, VOICE, f"voice:{recitation.voice_id or 0}:{minute}", now)
    return room_of(db, circle)


def voice_wanted(db: Session, recitation_id: int) -> Room | None:
    """A room that still goes on, for which a voice channel is to be made."""
    circle = circle_of(db, recitation_id)
    if circle is None or circle.recitation.closed_at is not None or circle.recitation.thread_id is None:
        return None
    return room_of(db, circle)


def voice_opened(db: Session, recitation_id: int, voice_id: int, now: datetime) -> None:
    """Keep the voice channel of a room."""
    recitation = db.get_one(Recitation, recitation_id)
    if rooms.whereabouts(db, voice_key(recitation_id)) == voice_id:
        return
    recitation.voice_id = voice_id
    rooms.keep(
        db,
        key=voice_key(recitation_id),
        server_id=recitation.server_id,
        kind="voice",
        discord_id=voice_id,
        now=now,
        close_by=now + CLOSED_AFTER,
    )
