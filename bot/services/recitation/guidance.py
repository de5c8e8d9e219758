"""Guidance: guides are called into a room, leave a word, and sign a recitation off."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.errors import EmptyText, NotYourRecitation, OutOfDate, OwnRecitation
from bot.domain.guides import Asked
from bot.domain.members import Person
from bot.domain.recitation import Room
from bot.domain.texts import cleaned
from bot.services import guides, members
from bot.services.audit import note
from bot.services.recitation.circle import Circle, arrive, mine, of_server, room_of
from bot.services.recitation.phases import redraw
from bot.services.rights import require_guide

NOTE_LIMIT = 500
SUBJECT = "recitation"


def raise_hand(db: Session, who: Person, recitation_id: int, text: str, now: datetime) -> Asked:
    """Ask the guides to come to a room. Raises what `mine` raises, EmptyText, PausedByGuide."""
    kept = cleaned(text)[: guides.HAND_LIMIT]
    if not kept:
        raise EmptyText
    circle, seat = mine(db, who, recitation_id, ended=True)
    present = members.require_active(db, who)
    arrive(db, seat, now)
    return guides.ask(
        db,
        present,
        kind="hand",
        subject=f"{SUBJECT}:{recitation_id}",
        channel_id=circle.recitation.thread_id,
        note=kept,
        now=now,
    )


def enter_room(db: Session, who: Person, recitation_id: int, now: datetime) -> Room:
    """A guide is about to join a room. Raises GuidesOnly, OutOfDate for one without a thread."""
    circle = _guided(db, who, recitation_id)
    if circle.recitation.thread_id is None:
        raise OutOfDate
    note(db, circle.server.id, who, "recitation.join", f"{SUBJECT}:{recitation_id}", now)
    return room_of(db, circle)


def leave_note(db: Session, who: Person, recitation_id: int, text: str, now: datetime) -> Room:
    """A guide's word, for everyone in the room to read. Raises GuidesOnly, EmptyText, OwnRecitation."""
    circle = _guided(db, who, recitation_id)
    kept = cleaned(text)[:NOTE_LIMIT]
    if not kept:
        raise EmptyText
    recitation = circle.recitation
    recitation.guide_note, recitation.noted_at, recitation.noted_by = kept, now, who.discord_id
    redraw(db, circle, now)
    note(db, circle.server.id, who, "recitation.note", f"{SUBJECT}:{recitation_id}", now)
    db.flush()
    return room_of(db, circle)


def sign_off(db: Session, who: Person, recitation_id: int, now: datetime) -> Room:
    """A guide vouches for a recitation that was held. Raises GuidesOnly, OwnRecitation, OutOfDate."""
    circle = _guided(db, who, recitation_id)
    if not any(seat.row.finished_at for seat in circle.seats):
        raise OutOfDate
    if circle.recitation.signed_off_at is None:
        circle.recitation.signed_off_at, circle.recitation.signed_off_by = now, who.discord_id
        note(db, circle.server.id, who, "recitation.sign", f"{SUBJECT}:{recitation_id}", now)
        redraw(db, circle, now)
    db.flush()
    return room_of(db, circle)


def _guided(db: Session, who: Person, recitation_id: int) -> Circle:
    require_guide(db, who)
    circle = of_server(db, who, recitation_id)
    if circle is None:
        raise NotYourRecitation
    if any(seat.member.discord_id == who.discord_id for seat in circle.seats):
        raise OwnRecitation
    return circle
