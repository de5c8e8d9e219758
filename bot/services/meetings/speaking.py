"""Speaking: everybody at a table has their turn to speak about the problem."""

import random
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.domain.errors import NotYourWord, WordOver
from bot.domain.meetings import Spoken, seats_at, tables
from bot.domain.members import Person
from bot.services import rooms
from bot.services.meetings.gathering import (
    Gathering,
    Guest,
    gathering_of,
    here,
    leader_of,
    seated,
    table_key,
    table_rows,
)
from bot.services.meetings.moving import set_move
from bot.services.problems.credit import give
from bot.services.rights import rights_of
from bot.services.safety.blocks import blocked_pairs
from bot.services.timers import drop_timers, set_timer
from bot.storage.tables import MeetingTable, Problem

TABLE, WORD, HOME = "meeting.table", "meeting.word", "meeting.home"
# A table's rooms are closed with the part; should nobody come to do it, then after so long.
KEPT = timedelta(hours=6)


def seat(db: Session, gathering: Gathering, now: datetime) -> None:
    """Seat everybody present, and have each table called to order."""
    meeting = gathering.meeting
    if table_rows(db, meeting.id) or not gathering.here or meeting.phase_ends_at is None:
        return
    people = [guest.member.id for guest in gathering.here]
    random.Random(meeting.seed).shuffle(people)
    minutes = next(slot.minutes for slot in gathering.slots if slot.part == "speak")
    blocked = blocked_pairs(db, gathering.server.id)
    for number, members in enumerate(tables(people, seats_at(minutes), blocked), 1):
        row = MeetingTable(meeting_id=meeting.id, number=number, turn=0, step=0)
        db.add(row)
        db.flush()
        for place, member_id in enumerate(members):
            guest = gathering.guest(member_id)
            assert guest is not None
            guest.row.table_id, guest.row.seat = row.id, place
        _give_word(db, gathering, row, now)
        _set(db, gathering, row, TABLE, f"{row.id}", now)


def _give_word(db: Session, gathering: Gathering, row: MeetingTable, now: datetime) -> None:
    """Whoever is here and comes next has their share of the time that is left."""
    guests = seated(gathering, row.id)
    # Whoever left and is back has been passed over.
    waiting = [one for one in guests if one.here and not one.row.spoken and (one.row.seat or 0) >= row.turn]
    meeting = gathering.meeting
    row.turn = waiting[0].row.seat or 0 if waiting else len(guests)
    _step(db, row)
    if waiting and meeting.phase_ends_at is not None and meeting.paused_at is None:
        share = max(meeting.phase_ends_at - now, timedelta()) / len(waiting)
        row.turn_ends_at = now + share
        _set(db, gathering, row, WORD, f"{row.id}:{row.step}", row.turn_ends_at)
        if meeting.voice_id is None and row.message_id is not None:
            # In writing nobody hears that it is their turn.
            _set(db, gathering, row, TABLE, f"{row.id}:{row.step}", now)


def _step(db: Session, row: MeetingTable) -> None:
    """The word is handed on, and nobody's time runs."""
    drop_timers(db, f"{WORD}:{row.id}:{row.step}")
    row.step += 1
    row.turn_ends_at = None


def _set(
    db: Session, gathering: Gathering, row: MeetingTable, kind: str, what: str, due_at: datetime
) -> None:
    set_timer(
        db,
        key=f"{kind}:{what}",
        kind=kind,
        server_id=gathering.server.id,
        subject_id=row.id,
        due_at=due_at,
    )


def resume(db: Session, gathering: Gathering, now: datetime) -> None:
    """The clock goes again, or differently: whoever has the word has their share of what is left."""
    for row in table_rows(db, gathering.meeting.id):
        _give_word(db, gathering, row, now)


def hand_on(
    db: Session, who: Person, table_id: int, step: int, spoken: Spoken, now: datetime
) -> tuple[Gathering, MeetingTable]:
    """Whoever has the word has spoken, or passes; whoever leads the meeting may say so for them.

    Raises MeetingOver, WordOver, NotYourWord.
    """
    row = db.get(MeetingTable, table_id)
    if row is None:
        raise WordOver
    gathering = here(db, who, row.meeting_id)
    guest = speaker(gathering, row)
    if guest is None or row.step != step:
        raise WordOver
    own = guest.member.discord_id == who.discord_id
    if not own and who.discord_id != leader_of(gathering) and not rights_of(db, who).guide:
        raise NotYourWord(guest.member.discord_id)
    _spoke(db, gathering, row, guest, spoken, now)
    return gathering, row


def speaker(gathering: Gathering, row: MeetingTable) -> Guest | None:
    """Who has the word."""
    if gathering.meeting.phase != "speak":
        return None
    return next((one for one in seated(gathering, row.id) if one.row.seat == row.turn), None)


def _spoke(
    db: Session, gathering: Gathering, row: MeetingTable, guest: Guest, spoken: Spoken, now: datetime
) -> None:
    guest.row.spoken = spoken
    meeting = gathering.meeting
    if spoken == "spoke" and meeting.problem_id is not None and len(seated(gathering, row.id)) > 1:
        # Speaking at a table is what responding is in writing.
        give(db, gathering.present(guest), db.get_one(Problem, meeting.problem_id), "response", now)
    _give_word(db, gathering, row, now)


def time_up(db: Session, table_id: int, step: int, now: datetime) -> Gathering | None:
    """The time of whoever has the word is up; None when it was handed on before."""
    row = db.get(MeetingTable, table_id)
    gathering = gathering_of(db, row.meeting_id) if row is not None else None
    if row is None or gathering is None or gathering.meeting.paused_at is not None:
        return None
    if row.step == step and gathering.meeting.phase == "speak":
        guest = speaker(gathering, row)
        if guest is not None:
            _spoke(db, gathering, row, guest, "time", now)
        else:
            # Whoever had the word had their data erased in the middle of it.
            _give_word(db, gathering, row, now)
    return gathering


def let_go(db: Session, gathering: Gathering, guest: Guest, now: datetime) -> MeetingTable | None:
    """Somebody left: if they had the word, the next has it; the table whose card shows that."""
    row = db.get(MeetingTable, guest.row.table_id) if guest.row.table_id is not None else None
    if row is None or speaker(gathering, row) is not guest:
        return None
    _give_word(db, gathering, row, now)
    _set(db, gathering, row, WORD, f"{row.id}:{row.step - 1}:left", now)
    return row


def finish(db: Session, gathering: Gathering, now: datetime) -> None:
    """The speaking is over, and everyone comes back."""
    for row in table_rows(db, gathering.meeting.id):
        if (guest := speaker(gathering, row)) is not None:
            guest.row.spoken = "time"
        _step(db, row)
        _set(db, gathering, row, HOME, f"{row.id}", now)


def keep_room(db: Session, table_id: int, kind: str, discord_id: int, now: datetime) -> None:
    """Note where a table meets."""
    row = db.get(MeetingTable, table_id)
    gathering = gathering_of(db, row.meeting_id) if row is not None else None
    if row is None or gathering is None:
        return
    if kind == "voice":
        row.voice_id = discord_id
        set_move(db, gathering, now)
    else:
        row.room_id = discord_id
    rooms.keep(
        db,
        key=table_key(row, kind),
        server_id=gathering.server.id,
        kind=kind,
        discord_id=discord_id,
        now=now,
        close_by=now + KEPT,
    )
