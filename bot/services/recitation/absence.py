"""Absence: somebody does not come, a room stays unfinished; kindly asked once, then closed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.domain.errors import NobodyMissing, RecitationOver, RoomMovedOn, WaitALittle
from bot.domain.members import Person
from bot.domain.recitation import (
    ABSENT_AFTER,
    ANSWERED_WITHIN,
    CLOSED_AFTER,
    ENDS,
    NUDGED_AFTER,
    Room,
)
from bot.domain.schedules import Due
from bot.services import members
from bot.services.members import Present
from bot.services.recitation.circle import Circle, arrive, circle_of, mine, missed, room_of
from bot.services.recitation.phases import end, ended_for, keep_open, mended, nudges_of
from bot.services.recitation.timers import NUDGE, set_for
from bot.storage.tables import Recitation

# What a nudge is for, by the third part of its timer's key.
Purpose = Literal["nudge", "close", "ask", "miss", "left", "rest"]
UNFINISHED = ("ready", "reciting", "rubric")


@dataclass(frozen=True, slots=True)
class Nudge:
    """What is said in a room, to whom."""

    room: Room
    purpose: Purpose
    discord_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waited:
    """What becomes of somebody who waited: whether they are first in line, and the recitation found at once."""

    room: Room
    in_line: bool = False
    found: int | None = None


# How somebody who waited in vain gets into the lobby; the recitation they are in at once, if anybody waits there.
Strand = Callable[[Session, Present, Recitation, datetime], int | None]


def set_nudges(db: Session, circle: Circle) -> None:
    """Set when a room is nudged and when it is closed, counted from when its people meet."""
    for what, wait in zip(nudges_of(circle), (NUDGED_AFTER, CLOSED_AFTER), strict=True):
        set_for(db, circle.recitation, NUDGE, what, circle.begins + wait)
    keep_open(db, circle, circle.begins + CLOSED_AFTER)


def absent(
    db: Session, who: Person, recitation_id: int, now: datetime, strand: Strand | None = None
) -> Waited:
    """Say that the others have not come: they are asked once, and whoever waits need wait no longer.

    Raises what `mine` raises, NobodyMissing, and WaitALittle within ten minutes of the time.
    """
    circle, seat = mine(db, who, recitation_id)
    arrive(db, seat, now)
    if mended(db, circle, now):
        return Waited(room_of(db, circle))
    if circle.recitation.phase not in UNFINISHED:
        raise RoomMovedOn
    missing = [one for one in circle.seats if one.row.came_at is None and one.member.id != seat.member.id]
    if not missing:
        raise NobodyMissing
    if now < (until := circle.begins + ABSENT_AFTER):
        raise WaitALittle(until)
    for one in missing:
        if one.row.missed_at is None:
            one.row.missed_at = now
            set_for(db, circle.recitation, NUDGE, f"ask:{one.row.id}", now)
            set_for(db, circle.recitation, NUDGE, f"miss:{one.row.id}", now + ANSWERED_WITHIN)
    db.flush()
    # Two of three go on without the third.
    mended(db, circle, now)
    if len(circle.places) > 1 or strand is None:
        return Waited(room_of(db, circle))
    return Waited(room_of(db, circle), True, strand(db, circle.present(seat), circle.recitation, now))


def again(
    db: Session, who: Person, recitation_id: int, now: datetime, strand: Strand | None = None
) -> Waited:
    """Be first in line for somebody else, after the only partner has left.

    Raises NotYourRecitation, PausedByGuide, and RecitationOver where that was no such end, or a day ago.
    """
    circle, seat = mine(db, who, recitation_id, ended=True)
    members.require_active(db, who)
    closed_at = circle.recitation.closed_at
    alone = not any(one.here for one in circle.seats if one is not seat)
    if strand is None or not alone or closed_at is None or closed_at < now - ANSWERED_WITHIN:
        raise RecitationOver
    return Waited(room_of(db, circle), True, strand(db, circle.present(seat), circle.recitation, now))


def nudge(db: Session, due: Due, now: datetime) -> Nudge | None:
    """What to say now, if anything; a repeat by the same timer says the same. Closing and counting say nothing."""
    assert due.subject_id is not None
    circle = circle_of(db, due.subject_id)
    _, _, purpose, which = due.key.split(":")
    # Also once it is over.
    if circle is not None and circle.recitation.thread_id is not None and purpose in ("left", "rest"):
        return _telling(db, circle, int(which), rests=purpose == "rest")
    if circle is None or circle.recitation.phase in ENDS or mended(db, circle, now):
        return None
    match purpose:
        case "ask":
            return _asking(db, circle, int(which))
        case "miss":
            _count_missing(db, circle, int(which), now)
        case "nudge":
            return _nudging(db, circle, now)
        case "close":
            if circle.recitation.phase in UNFINISHED:
                end(db, circle, now, ended_for(circle))
    return None


def _asking(db: Session, circle: Circle, reciter_id: int) -> Nudge | None:
    seat = next((one for one in circle.seats if one.row.id == reciter_id), None)
    if seat is None or seat.row.missed_at is None:
        return None
    return Nudge(room_of(db, circle), "ask", (seat.member.discord_id,))


def _telling(db: Session, circle: Circle, reciter_id: int, *, rests: bool) -> Nudge | None:
    """To whoever is left that somebody is not, or to somebody that they rest from the rounds."""
    people = tuple(
        seat.member.discord_id
        for seat in circle.seats
        if (seat.row.id == reciter_id) == rests and (not seat.gone if rests else seat.here)
    )
    return Nudge(room_of(db, circle), "rest" if rests else "left", people) if people else None


def _nudging(db: Session, circle: Circle, now: datetime) -> Nudge | None:
    # Whoever waited in vain has nothing to finish here.
    if circle.recitation.phase not in UNFINISHED or len(circle.places) < 2:
        return None
    circle.recitation.nudged_at = circle.recitation.nudged_at or now
    people = tuple(seat.member.discord_id for seat in circle.seats if seat.here)
    return Nudge(room_of(db, circle), "nudge", people)


def _count_missing(db: Session, circle: Circle, reciter_id: int, now: datetime) -> None:
    """Somebody has not answered for a day: that counts."""
    seat = next((one for one in circle.seats if one.row.id == reciter_id), None)
    if seat is None or seat.row.missed_at is None or seat.row.came_at is not None:
        return
    missed(db, circle, seat, now)
    if len(circle.places) < 2:
        end(db, circle, now, ended_for(circle))
