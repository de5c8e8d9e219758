"""The course of a meeting: its parts follow each other by time, or when whoever leads it says so."""

import random
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.domain.errors import MeetingMovedOn, MeetingRunning
from bot.domain.meetings import ENDS, EXTENDED_BY, Phase
from bot.services.appointments import drop_reminders
from bot.services.meetings import breakouts, casework, closing, moving, speaking
from bot.services.meetings.attendance import fold
from bot.services.meetings.gathering import Gathering, link_of, running_in
from bot.services.timers import drop_timers, set_timer
from bot.storage.queries import leases
from bot.storage.tables import Timer

NOUN = "meeting"
TURN, TELL, CARD, DONE = "meeting.turn", "meeting.tell", "meeting.card", "meeting.done"
BEGIN, CALL = "meeting.begin", "meeting.call"
# However many come in one moment, the card is not redrawn more often: no editing storms.
REDRAWN_APART = timedelta(seconds=10)
# A part whose end came this late, since a look is not a clock, makes up for it; after an outage the next has its time.
SLACK = timedelta(minutes=1)


def begin(db: Session, gathering: Gathering, now: datetime) -> None:
    """Let a planned meeting begin; once. Raises MeetingRunning while another goes on in the server."""
    meeting = gathering.meeting
    if meeting.phase != "planned":
        return
    other = running_in(db, gathering.server.id)
    if other is not None:
        raise MeetingRunning(link_of(Gathering(other, gathering.server, ())))
    meeting.started_at = now
    drop_reminders(db, NOUN, meeting.id)
    _enter(db, gathering, 0, now)


def advance(db: Session, gathering: Gathering, now: datetime, rng: random.Random) -> None:
    """The present part is over; the next begins, or the meeting ends."""
    meeting, slots = gathering.meeting, gathering.slots
    _leave(db, gathering, now)
    ended = meeting.phase_ends_at
    since = ended if ended is not None and timedelta() <= now - ended < SLACK else now
    coming = meeting.place + 1
    if coming >= len(slots) or not gathering.here:
        # Whoever has gone home is not kept waiting for a summary; and nobody came at all, or stayed.
        _end(db, gathering, now, "over")
        return
    if slots[coming].part == "think" and not casework.choose(db, gathering, rng, now):
        # Without a problem there is nothing left but to close.
        coming = len(slots) - 1
    _enter(db, gathering, coming, since)


def close(db: Session, gathering: Gathering, now: datetime) -> None:
    """End a meeting before its time: what was done is summed up, unless it is being closed already."""
    meeting = gathering.meeting
    _leave(db, gathering, now)
    if meeting.phase in ("arrive", "close") or not gathering.guests:
        _end(db, gathering, now, "over")
    else:
        _enter(db, gathering, len(gathering.slots) - 1, now)


def cancel(db: Session, gathering: Gathering, now: datetime) -> None:
    """Call a planned meeting off; one that goes on is ended at once."""
    if gathering.meeting.phase == "planned":
        drop_reminders(db, NOUN, gathering.meeting.id)
        _end(db, gathering, now, "cancelled")
    elif gathering.meeting.phase not in ENDS:
        stop(db, gathering, now)


def stop(db: Session, gathering: Gathering, now: datetime) -> None:
    """End a meeting where nothing can be said any more: what was done counts."""
    _leave(db, gathering, now)
    _end(db, gathering, now, "over")


def _leave(db: Session, gathering: Gathering, now: datetime) -> None:
    fold(gathering, now)
    match gathering.meeting.phase:
        case "recite":
            breakouts.finish(db, gathering, now)
        case "speak":
            speaking.finish(db, gathering, now)


def _enter(db: Session, gathering: Gathering, place: int, since: datetime) -> None:
    meeting, slot = gathering.meeting, gathering.slots[place]
    meeting.place, meeting.phase = place, slot.part
    meeting.phase_since, meeting.paused_at, meeting.moved_by = since, None, None
    meeting.phase_ends_at = since + timedelta(minutes=slot.minutes)
    _step(db, gathering)
    for guest in gathering.guests:
        if guest.row.since is not None:
            guest.row.since = max(guest.row.since, since)
    match slot.part:
        case "think" | "reveal":
            casework.enter(db, gathering, since)
        case "speak":
            casework.enter(db, gathering, since)
            speaking.seat(db, gathering, since)
        case "close":
            casework.conclude(db, gathering, since)
            closing.settle(db, gathering, since)
    set_clock(db, gathering, since)
    _set(db, gathering, TELL, f"{place}", since)
    moving.set_move(db, gathering, since)
    redraw(db, gathering, since)


def _end(db: Session, gathering: Gathering, now: datetime, phase: Phase) -> None:
    meeting = gathering.meeting
    casework.conclude(db, gathering, now)
    closing.settle(db, gathering, now)
    for guest in gathering.guests:
        guest.row.since = None
    meeting.phase, meeting.ended_at = phase, now
    meeting.phase_ends_at = meeting.paused_at = meeting.moved_by = None
    _step(db, gathering)
    _set(db, gathering, DONE, "event", now)
    moving.set_move(db, gathering, now)
    redraw(db, gathering, now)


# --- the clock


def _step(db: Session, gathering: Gathering) -> None:
    """The clock is set anew: whatever was to be called by the old one is not."""
    meeting = gathering.meeting
    drop_timers(db, f"{TURN}:{meeting.id}:{meeting.step}", *breakouts.swap_keys(meeting))
    meeting.step += 1


def set_clock(db: Session, gathering: Gathering, now: datetime) -> None:
    """Have the present part end when its time is up, and what is called in between be called."""
    meeting = gathering.meeting
    assert meeting.phase_ends_at is not None
    _set(db, gathering, TURN, f"{meeting.step}", meeting.phase_ends_at)
    breakouts.set_swaps(db, gathering, now)
    casework.show_end(db, gathering, now)


def pause(db: Session, gathering: Gathering, now: datetime) -> None:
    """Stop the clock; what is left is kept. Raises MeetingMovedOn when it stands still already."""
    meeting = gathering.meeting
    if meeting.paused_at is not None:
        raise MeetingMovedOn
    fold(gathering, now)
    meeting.paused_at = now
    _step(db, gathering)
    redraw(db, gathering, now)


def resume(db: Session, gathering: Gathering, now: datetime) -> None:
    """Let the clock go on where it stood. Raises MeetingMovedOn when it goes."""
    meeting = gathering.meeting
    if meeting.paused_at is None or meeting.phase_ends_at is None or meeting.phase_since is None:
        raise MeetingMovedOn
    fold(gathering, now)
    rested = now - meeting.paused_at
    meeting.phase_since += rested
    meeting.phase_ends_at += rested
    meeting.paused_at = None
    _step(db, gathering)
    set_clock(db, gathering, now)
    if meeting.phase == "speak":
        speaking.resume(db, gathering, now)
    redraw(db, gathering, now)


def extend(db: Session, gathering: Gathering, now: datetime) -> None:
    """Five minutes more for the present part."""
    meeting = gathering.meeting
    assert meeting.phase_ends_at is not None
    meeting.phase_ends_at += EXTENDED_BY
    _step(db, gathering)
    if meeting.paused_at is None:
        set_clock(db, gathering, now)
    redraw(db, gathering, now)


def redraw(db: Session, gathering: Gathering, now: datetime) -> None:
    """Have the card drawn again soon, once for whatever changes until then."""
    meeting = gathering.meeting
    apart = REDRAWN_APART.total_seconds()
    slot = int(now.timestamp() // apart)
    _set(db, gathering, CARD, f"{slot}:{meeting.step}", now if meeting.phase in ENDS else _after(slot, now))


def _after(slot: int, now: datetime) -> datetime:
    apart = REDRAWN_APART
    return min(now + apart, datetime.fromtimestamp((slot + 1) * apart.total_seconds(), now.tzinfo))


def _set(db: Session, gathering: Gathering, kind: str, what: str, due_at: datetime) -> None:
    set_timer(
        db,
        key=f"{kind}:{gathering.meeting.id}:{what}",
        kind=kind,
        server_id=gathering.server.id,
        subject_id=gathering.meeting.id,
        due_at=due_at,
    )


def forget_timers(db: Session, meeting_id: int, *kinds: str) -> None:
    """Take back what was to happen before a meeting that moved or was called off."""
    db.execute(
        delete(Timer).where(Timer.state == leases.DUE, Timer.kind.in_(kinds), Timer.subject_id == meeting_id)
    )
