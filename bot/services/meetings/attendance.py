"""Attendance: who is here, by voice or by the button, and for how long."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.meetings import RECITED, STEPPED_OUT, WORKED
from bot.domain.members import Person
from bot.services import members, rooms
from bot.services.meetings.gathering import (
    RUNNING,
    Gathering,
    Guest,
    ends_for,
    gathering_of,
    table_key,
    table_rows,
)
from bot.services.meetings.gathering import group_rows as groups_of
from bot.services.recitation.circle import voice_key
from bot.services.timers import set_timer
from bot.storage.tables import Meeting, MeetingAttendee, Member, Server
from bot.storage.upsert import insert_into

GONE = "meeting.gone"


def come(db: Session, gathering: Gathering, member_id: int, now: datetime, *, by_voice: bool = False) -> bool:
    """Note that somebody is here; whether that is news, so that they need a place."""
    meeting = gathering.meeting
    fresh = db.scalar(
        insert_into(db, MeetingAttendee)
        .values(
            meeting_id=meeting.id,
            member_id=member_id,
            came_at=now,
            since=now,
            by_voice=by_voice,
            seconds=0,
            recited_seconds=0,
            worked_seconds=0,
            spoken="",
        )
        .on_conflict_do_nothing()
        .returning(MeetingAttendee.id)
    )
    if fresh is not None:
        return True
    row = db.scalars(
        select(MeetingAttendee).where(
            MeetingAttendee.meeting_id == meeting.id, MeetingAttendee.member_id == member_id
        )
    ).one()
    back = row.left_at is not None
    if row.since is None or (by_voice and not row.by_voice):
        # Whoever comes into voice anew is brought to their room anew.
        row.moved_to = None
    row.since, row.left_at, row.by_voice = row.since or now, None, row.by_voice or by_voice
    return back


def step_out(db: Session, gathering: Gathering, guest: Guest, now: datetime) -> None:
    """Somebody dropped out of voice: in a minute they have left, unless they are back."""
    _count(gathering, guest, now)
    guest.row.since = None
    set_timer(
        db,
        key=f"{GONE}:{guest.row.id}:{now.isoformat()}",
        kind=GONE,
        server_id=gathering.server.id,
        subject_id=guest.row.id,
        due_at=now + STEPPED_OUT,
    )


def leave(gathering: Gathering, guest: Guest, now: datetime) -> None:
    """Somebody has left."""
    _count(gathering, guest, now)
    guest.row.since, guest.row.left_at, guest.row.by_voice = None, now, False


def fold(gathering: Gathering, now: datetime) -> None:
    """Count what everybody was here for, before the part changes or the clock stops."""
    for guest in gathering.guests:
        _count(gathering, guest, now)


def _count(gathering: Gathering, guest: Guest, now: datetime) -> None:
    row, meeting = guest.row, gathering.meeting
    if row.since is None:
        return
    # What comes after the end of a part belongs to the next, which may begin there.
    until = max(row.since, ends_for(gathering, now))
    measured = int((until - row.since).total_seconds())
    row.since = until
    row.seconds += measured
    # A pause is time together, and no study.
    if meeting.paused_at is not None:
        return
    if meeting.phase in RECITED:
        row.recited_seconds += measured
    elif meeting.phase in WORKED:
        row.worked_seconds += measured


def stay(gathering: Gathering, now: datetime) -> None:
    """There is no voice channel any more: whoever is here stays, whether or not they are heard."""
    for guest in gathering.here:
        guest.row.by_voice, guest.row.since = False, guest.row.since or now


# --- by voice


def by_voice(db: Session, guild_id: int) -> Gathering | None:
    """The meeting by voice that goes on in a server."""
    meeting_id = db.scalar(
        select(Meeting.id)
        .join(Server, Server.id == Meeting.server_id)
        .where(Server.discord_id == guild_id, Meeting.phase.in_(RUNNING), Meeting.voice_id.is_not(None))
    )
    return gathering_of(db, meeting_id)


def voice_channels(db: Session, gathering: Gathering) -> frozenset[int]:
    """Every voice channel in which being is attending: where people gather, and the rooms they are sent to."""
    meeting = gathering.meeting
    keys = [voice_key(one.id) for one in groups_of(db, meeting.id)]
    keys += [table_key(row, "voice") for row in table_rows(db, meeting.id)]
    found = (rooms.whereabouts(db, key) for key in keys)
    return frozenset(filter(None, (meeting.voice_id, *found)))


def heard(db: Session, gathering: Gathering, discord_id: int, *, inside: bool, now: datetime) -> int | None:
    """Somebody is in the meeting's voice now, or is not; their member id where they need a place in it.

    Who takes part in Reps and knows its rules attends by being there; anybody else has the button.
    """
    guest = next((one for one in gathering.guests if one.member.discord_id == discord_id), None)
    if not inside:
        if guest is not None and guest.row.by_voice and guest.row.since is not None:
            step_out(db, gathering, guest, now)
        return None
    member_id = db.scalar(
        select(Member.id).where(
            Member.server_id == gathering.server.id,
            Member.discord_id == discord_id,
            Member.left_at.is_(None),
            Member.paused_at.is_(None),
            Member.conduct_at.is_not(None),
        )
    )
    if member_id is None:
        return None
    return member_id if come(db, gathering, member_id, now, by_voice=True) else None


def recount(
    db: Session, gathering: Gathering, inside: Mapping[int, Collection[int]], now: datetime
) -> list[int]:
    """Make up for what was not heard while the bot was away; who needs a place."""
    there = {person for people in inside.values() for person in people}
    for guest in gathering.guests:
        if guest.row.by_voice and guest.member.discord_id not in there:
            heard(db, gathering, guest.member.discord_id, inside=False, now=now)
    return list(_fresh(db, gathering, there, now))


def _fresh(db: Session, gathering: Gathering, there: Iterable[int], now: datetime) -> Iterable[int]:
    for person in sorted(there):
        member_id = heard(db, gathering, person, inside=True, now=now)
        if member_id is not None:
            yield member_id


# --- by the button


def press_here(db: Session, gathering: Gathering, who: Person, now: datetime) -> int | None:
    """Come by the button; None, and nothing done, before the rules of conduct. Raises PausedByGuide."""
    present = members.find(db, who)
    if present is None or not members.conduct_agreed(db, present):
        return None
    members.require_active(db, who)
    present = members.join(db, who, now)
    come(db, gathering, present.member_id, now)
    return present.member_id
