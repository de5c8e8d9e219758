"""Parts: how far everybody has come in an exchange, and what each step writes."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.errors import (
    FeedbackGiven,
    NotHandedInYet,
    NothingToMark,
    NothingToReply,
    OutOfDate,
    RecitationOver,
    RepliedAlready,
)
from bot.domain.exchange import EXCHANGE_NUDGED_AFTER, Exchange, Part, Progress, complete, owed
from bot.domain.members import Person
from bot.domain.recitation import Concept, Stage
from bot.domain.solo import measured
from bot.services import ledger
from bot.services.recitation.circle import Circle, Seat, body_of, mine
from bot.services.recitation.phases import enter, keep_open, until
from bot.services.recitation.timers import set_for
from bot.services.timers import set_timer
from bot.storage.tables import RecitationFeedback

POST, NUDGE = "recitation.post", "exchange.nudge"
# So that the last reply stands in the thread before the feedback opens below it.
AFTER_THE_LAST = timedelta(seconds=2)


def begin(db: Session, circle: Circle, now: datetime) -> None:
    """The room is there: from now on everybody has 72 hours, and whoever owes something then is asked once."""
    enter(db, circle, Stage("exchange"), now)
    recitation = circle.recitation
    assert recitation.phase_ends_at is not None
    keep_open(db, circle, recitation.phase_ends_at)
    set_for(db, recitation, NUDGE, "owed", now + EXCHANGE_NUDGED_AFTER)


def exchange_of(db: Session, circle: Circle) -> Exchange:
    """The readout of an exchange, with those who are still there."""
    recitation = circle.recitation
    here = [seat for seat in circle.seats if seat.here]
    marked = set(
        db.scalars(
            select(RecitationFeedback.reciter_id).where(
                RecitationFeedback.reciter_id.in_([seat.row.id for seat in here])
            )
        )
    )
    progress = {
        seat.place: Progress(
            seat.row.recited_at is not None, seat.row.id in marked, seat.row.replied_at is not None
        )
        for seat in here
    }
    listeners = {seat.place: circle.listener(seat.place) for seat in here}
    places = {place: one.place if one else None for place, one in listeners.items()}
    parts = []
    for seat in here:
        body, listener = body_of(db, seat), listeners[seat.place]
        if body is None:
            continue
        parts.append(
            Part(
                reciter_id=seat.row.id,
                place=seat.place,
                discord_id=seat.member.discord_id,
                name=seat.member.display_name,
                concept=Concept.of(body),
                progress=progress[seat.place],
                listener_id=listener.member.discord_id if listener else None,
                owed=owed(seat.place, progress, places) if recitation.phase == "exchange" else (),
                message_id=seat.row.message_id,
            )
        )
    return Exchange(
        id=recitation.id,
        guild_id=circle.server.discord_id,
        step=recitation.step,
        phase=recitation.phase,  # type: ignore[arg-type]
        thread_id=recitation.thread_id,
        message_id=recitation.message_id,
        ends_at=recitation.phase_ends_at,
        parts=tuple(parts),
        done=complete(progress, places),
    )


def going_on(db: Session, who: Person, recitation_id: int, now: datetime) -> tuple[Circle, Seat]:
    """One's exchange while it lasts. Raises NotYourRecitation, RecitationOver, OutOfDate."""
    circle, seat = mine(db, who, recitation_id)
    recitation = circle.recitation
    if recitation.mode != "async":
        raise OutOfDate
    if recitation.phase != "exchange" or (recitation.phase_ends_at and recitation.phase_ends_at <= now):
        raise RecitationOver
    return circle, seat


def told_by(db: Session, circle: Circle, seat: Seat, reciter_id: int) -> Seat:
    """Whose recitation somebody marks. Raises NothingToMark, NotHandedInYet, FeedbackGiven."""
    told = next((one for one in circle.seats if one.here and circle.listener(one.place) is seat), None)
    if told is None or reciter_id not in (0, told.row.id):
        raise NothingToMark
    if question_on(db, told.row.id) is not None:
        raise FeedbackGiven
    if told.row.message_id is None:
        raise NotHandedInYet(told.member.discord_id)
    return told


def asked_of(db: Session, seat: Seat, reciter_id: int) -> RecitationFeedback:
    """The question somebody is to reply to. Raises NothingToReply, RepliedAlready."""
    asked = question_on(db, seat.row.id)
    if asked is None or reciter_id != seat.row.id:
        raise NothingToReply
    if seat.row.replied_at is not None:
        raise RepliedAlready
    return asked


def question_on(db: Session, reciter_id: int) -> RecitationFeedback | None:
    """What was said of a recitation, with the question on it."""
    return db.scalars(select(RecitationFeedback).where(RecitationFeedback.reciter_id == reciter_id)).first()


def spent(db: Session, circle: Circle, told: Seat, seat: Seat, since: datetime, now: datetime) -> None:
    """Enter the minutes between two presses; a part that was done has taken one at least."""
    ledger.record(
        db,
        circle.present(seat),
        key=f"recite:{told.row.id}:{seat.row.id}",
        kind="recitation",
        minutes=max(measured(since, now), 1),
        at=now,
    )


def have_posted(
    db: Session, circle: Circle, seat: Seat, what: str, now: datetime, *, again: bool = False
) -> None:
    """Have something posted in the thread for somebody."""
    set_timer(
        db,
        # What is handed in again is another message.
        key=f"{POST}:{seat.row.id}:{what}:{int(now.timestamp())}{'+' if again else ''}",
        kind=POST,
        server_id=circle.recitation.server_id,
        subject_id=seat.row.id,
        due_at=now,
    )


def settle(db: Session, circle: Circle, now: datetime) -> None:
    """Everything was done: the feedback opens by the timer of the phase, after what was said last is posted."""
    db.flush()
    if exchange_of(db, circle).done:
        until(db, circle, now + AFTER_THE_LAST)
