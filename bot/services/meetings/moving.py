"""Moving: where everybody in a meeting by voice should be now, and by when they are there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import rooms
from bot.services.meetings.gathering import RUNNING, Gathering, group_rows, table_key, table_rows
from bot.services.recitation.circle import voice_key
from bot.services.timers import set_timer
from bot.storage.tables import Recitation, Reciter

MOVE = "meeting.move"
# Their room is being made.
TO_COME = ("arranged", "opening")


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody who is not yet where they should be, as far as they were brought anywhere."""

    attendee_id: int
    discord_id: int
    guild_id: int
    channel_id: int
    back: bool  # to where everyone is


@dataclass(frozen=True, slots=True)
class Moves:
    """Who is still to be brought to where they should be, and how many have to wait for their room."""

    waiting: tuple[Move, ...]
    to_come: int


@dataclass(slots=True)
class _Places:
    """The rooms of a part: whose they are, who waits for one, and every one there is."""

    of: dict[int, int | None]  # by member
    to_come: set[int]
    all: set[int]


def set_move(db: Session, gathering: Gathering, now: datetime) -> None:
    """Have everybody brought to where they should be; there is one timer for it, however often it is wished."""
    meeting = gathering.meeting
    if meeting.voice_id is not None:
        set_timer(
            db,
            key=f"{MOVE}:{meeting.id}",
            kind=MOVE,
            server_id=gathering.server.id,
            subject_id=meeting.id,
            # Before the rooms that are still to be made: so many can be moved meanwhile.
            due_at=min(now, meeting.phase_since or now),
        )


def moves_of(db: Session, gathering: Gathering) -> Moves:
    """Who is to be brought where now.

    Whoever has no room of their own stays where they are, but in no room of a part that is over.
    """
    meeting = gathering.meeting
    home = meeting.voice_id
    if home is None:
        return Moves((), 0)
    waiting, to_come = list[Move](), 0
    places = _places(db, gathering)
    for guest in gathering.here:
        row = guest.row
        if meeting.phase in RUNNING and row.by_voice and row.since is None:
            # They dropped out a moment ago.
            continue
        if guest.member.id in places.to_come:
            to_come += row.by_voice
            continue
        target = places.of.get(guest.member.id)
        if target is None:
            if row.moved_to is None or row.moved_to in places.all:
                continue
            target = home
        if row.moved_to != target:
            waiting.append(
                Move(
                    row.id, guest.member.discord_id, gathering.server.discord_id, target, back=target == home
                )
            )
    return Moves(tuple(waiting), to_come)


def _places(db: Session, gathering: Gathering) -> _Places:
    match gathering.meeting.phase:
        case "recite":
            return _of_groups(db, gathering)
        case "speak":
            return _of_tables(db, gathering)
    return _Places({}, set(), set())


def _of_groups(db: Session, gathering: Gathering) -> _Places:
    meeting, places = gathering.meeting, _Places({}, set(), set())
    recitations = group_rows(db, meeting.id, meeting.place)
    people = db.execute(
        select(Reciter.recitation_id, Reciter.member_id).where(
            Reciter.recitation_id.in_([one.id for one in recitations])
        )
    ).all()
    for recitation in recitations:
        room = rooms.whereabouts(db, voice_key(recitation.id))
        own = {one.member_id for one in people if one.recitation_id == recitation.id}
        # Whoever was put together with others meanwhile belongs there.
        places.of |= dict.fromkeys(own, room)
        places.all |= {room} if room is not None else set()
        places.to_come = places.to_come | own if _is_to_come(recitation) else places.to_come - own
    return places


def _is_to_come(recitation: Recitation) -> bool:
    return recitation.mode != "solo" and recitation.phase in TO_COME


def _of_tables(db: Session, gathering: Gathering) -> _Places:
    places = _Places({}, set(), set())
    rows = {row.id: row for row in table_rows(db, gathering.meeting.id)}
    for guest in gathering.here:
        row = rows.get(guest.row.table_id or 0)
        if row is not None:
            places.of[guest.member.id] = rooms.whereabouts(db, table_key(row, "voice"))
            if row.number > 1 and row.message_id is None and row.voice_id is None:
                places.to_come.add(guest.member.id)
    return places


def foresee(gathering: Gathering, moves: Moves, pace: timedelta, now: datetime) -> None:
    """Reckon by when everybody is where they should be."""
    left = len(moves.waiting) + moves.to_come
    gathering.meeting.moved_by = now + left * pace if left else None


def close_rooms(db: Session, gathering: Gathering, now: datetime) -> None:
    """Close the rooms of parts that are over: at once when everybody was brought elsewhere, else when empty."""
    meeting, rooms_over = gathering.meeting, dict[str, set[int]]()
    present = group_rows(db, meeting.id, meeting.place) if meeting.phase == "recite" else ()
    for recitation in group_rows(db, meeting.id):
        if recitation not in present and recitation.voice_id is not None:
            query = select(Reciter.member_id).where(Reciter.recitation_id == recitation.id)
            rooms_over[voice_key(recitation.id)] = set(db.scalars(query))
    for row in table_rows(db, meeting.id) if meeting.phase != "speak" else ():
        seated = {guest.member.id for guest in gathering.guests if guest.row.table_id == row.id}
        rooms_over[table_key(row, "voice")] = seated
    for key, people in rooms_over.items():
        room = rooms.whereabouts(db, key)
        inside = [
            one for one in gathering.here if one.member.id in people and one.row.moved_to in (None, room)
        ]
        (rooms.empty if inside else rooms.leave)(db, key, now)
