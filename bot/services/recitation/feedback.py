"""Feedback: what listeners say of a recitation, sealed until all have, and what one wishes afterwards."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.errors import (
    FeedbackGiven,
    FeedbackSealed,
    ForTheListener,
    MarksMissing,
    NobodyToThank,
    NoFeedback,
    NothingToMark,
)
from bot.domain.members import Person
from bot.domain.recitation import AFTER, FEEDBACK_OPEN, Heard, Outline, Room, Rubric, Stage, listener_of
from bot.domain.safety import Subject
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.members import Present
from bot.services.recitation import credit
from bot.services.recitation.circle import (
    Circle,
    Seat,
    arrive,
    body_of,
    circle_of,
    mine,
    of_server,
    room_of,
)
from bot.services.recitation.phases import mended, moved, redraw
from bot.services.rights import rights_of
from bot.services.safety.blocks import blocked_by
from bot.storage.tables import Member, Recitation, RecitationFeedback, Reciter, Server
from bot.storage.upsert import insert_into

IMPROVE_LIMIT, QUESTION_LIMIT = 500, 300
MARKS = (1, 2, 3)


def give(
    db: Session,
    present: Present,
    reciter_id: int,
    rubric: Rubric,
    now: datetime,
    question: str | None = None,
) -> None:
    """Save what somebody says of a recitation, once, and credit whom it confirms; of one's own it credits nobody.

    Who may is for the caller to know. Raises FeedbackGiven, MarksMissing.
    """
    reciter = db.get_one(Reciter, reciter_id)
    circle = circle_of(db, reciter.recitation_id)
    assert circle is not None
    seat = next(one for one in circle.seats if one.row is reciter)
    points = len((body_of(db, seat) or {}).get("key_points", ()))
    marks = (rubric.clarity, rubric.depth, *(() if rubric.follow_ups is None else (rubric.follow_ups,)))
    if any(mark not in MARKS for mark in marks) or any(not 0 <= one < points for one in rubric.covered):
        raise MarksMissing
    fresh = db.scalar(
        insert_into(db, RecitationFeedback)
        .values(
            reciter_id=reciter_id,
            member_id=present.member_id,
            covered=sorted(set(rubric.covered)),
            key_points=points,
            clarity=rubric.clarity,
            depth=rubric.depth,
            follow_ups=rubric.follow_ups,
            improve=cleaned(rubric.improve)[:IMPROVE_LIMIT],
            question=cleaned(question)[:QUESTION_LIMIT] if question else None,
            given_at=now,
        )
        .on_conflict_do_nothing()
        .returning(RecitationFeedback.id)
    )
    if fresh is None:
        raise FeedbackGiven
    giver = next((one for one in circle.seats if one.member.id == present.member_id), None)
    if giver is None or giver is seat:
        return
    credit.confirmed(db, circle, seat, "reciting", giver, now)
    if giver.row.finished_at is not None and circle.listener(giver.place) is seat:
        # Whoever recited to them knows that they listened.
        credit.confirmed(db, circle, seat, "listening", giver, now)


# --- the listener


def outline(db: Session, who: Person, recitation_id: int, now: datetime) -> Outline:
    """What the listener of this turn may see. Raises what `mine` raises, ForTheListener."""
    circle, seat = mine(db, who, recitation_id)
    arrive(db, seat, now)
    turn = _turn_of(db, circle, seat)
    told = circle.at(turn if turn is not None else circle.recitation.turn)
    if turn is None or told is None:
        listener = circle.listener(circle.recitation.turn)
        raise ForTheListener(listener.member.discord_id) if listener else NothingToMark
    return _outline(db, told)


def to_mark(db: Session, who: Person, recitation_id: int) -> Outline:
    """Whom this person may give feedback to now. Raises what `mine` raises, NothingToMark, FeedbackGiven."""
    circle, seat = mine(db, who, recitation_id)
    turn = _turn_of(db, circle, seat)
    told = circle.at(turn)
    if told is None or told.row.finished_at is None:
        place = next((one.place for one in circle.seats if circle.listener(one.place) is seat), None)
        raise FeedbackGiven if _marked(db, circle.at(place), seat) else NothingToMark
    return _outline(db, told)


def mark(db: Session, who: Person, reciter_id: int, rubric: Rubric, now: datetime) -> tuple[Room, bool]:
    """The listener gives their feedback; the room, and whether it moved on by that.

    Raises what `mine` raises, PausedByGuide, NothingToMark, FeedbackGiven, MarksMissing.
    """
    reciter = db.get(Reciter, reciter_id)
    circle, seat = mine(db, who, reciter.recitation_id if reciter else 0, ended=True)
    members.require_active(db, who)
    told = next(one for one in circle.seats if one.row.id == reciter_id)
    if _marked(db, told, seat):
        raise FeedbackGiven
    if (
        told.row.finished_at is None
        or circle.listener(told.place) is not seat
        or circle.recitation.phase not in ("ready", "reciting", "rubric")
    ):
        raise NothingToMark
    arrive(db, seat, now)
    give(db, circle.present(seat), reciter_id, rubric, now)
    # Whoever gives feedback was there, though they may have pressed nothing before.
    credit.minutes(db, circle, told)
    if mended(db, circle, now):
        return room_of(db, circle), True
    waits = circle.recitation.phase == "rubric" and circle.recitation.turn in (told.place, AFTER)
    changed = waits and moved(db, circle, "given", now)
    return room_of(db, circle), changed


def _turn_of(db: Session, circle: Circle, seat: Seat) -> int | None:
    """The turn this person listens to: the present one, or the last that waits for their feedback."""
    turn = circle.recitation.turn
    if circle.recitation.phase not in ("ready", "reciting", "rubric"):
        return None
    listens = [
        one for one in circle.seats if listener_of(one.place, circle.places) == seat.place and one is not seat
    ]
    present = next((one for one in listens if one.place == turn), None)
    waiting = [one for one in listens if one.row.finished_at is not None and not _marked(db, one, seat)]
    if present is not None and (present in waiting or present.row.finished_at is None):
        return present.place
    return waiting[-1].place if waiting else None


def _marked(db: Session, told: Seat | None, by: Seat) -> bool:
    if told is None:
        return False
    query = select(RecitationFeedback.id).where(
        RecitationFeedback.reciter_id == told.row.id, RecitationFeedback.member_id == by.member.id
    )
    return db.scalar(query) is not None


def _outline(db: Session, told: Seat) -> Outline:
    body = body_of(db, told)
    if body is None:
        raise NothingToMark
    return Outline.of(told.row.id, told.member.discord_id, body)


# --- whoever recited


def heard(db: Session, who: Person, recitation_id: int, now: datetime) -> tuple[Room, tuple[Heard, ...]]:
    """The feedback on one's own recitation, once it is open; reading it confirms that whoever gave it listened.

    Raises what `mine` raises, FeedbackSealed, NoFeedback.
    """
    circle, seat = mine(db, who, recitation_id, ended=True)
    room = room_of(db, circle)
    if circle.recitation.phase not in FEEDBACK_OPEN:
        raise FeedbackSealed(room.ends_at if room.stage == Stage("rubric", AFTER) else None)
    arrive(db, seat, now)
    rows = db.execute(
        select(RecitationFeedback, Member)
        .outerjoin(Member, Member.id == RecitationFeedback.member_id)
        .where(RecitationFeedback.reciter_id == seat.row.id)
        .order_by(RecitationFeedback.id)
    ).all()
    if not rows:
        raise NoFeedback
    givers = {row.Member.id for row in rows if row.Member is not None}
    for one in circle.seats:
        if one.member.id in givers and one is not seat:
            credit.confirmed(db, circle, one, "listening", seat, now)
    body = body_of(db, seat) or {"title": "", "key_points": []}
    blocked = set(db.scalars(blocked_by(who)))
    return room, tuple(_heard(row.RecitationFeedback, row.Member, seat, body, blocked) for row in rows)


def _heard(
    said: RecitationFeedback, by: Member | None, seat: Seat, body: dict[str, object], blocked: Collection[int]
) -> Heard:
    # What was covered is the reciter's own; what somebody they block wrote is not shown to them.
    unread = by is not None and by.discord_id in blocked
    return Heard(
        id=said.id,
        about=seat.member.discord_id,
        by=by.discord_id if by else None,
        own=by is not None and by.id == seat.member.id,
        title=str(body["title"]),
        key_points=tuple(body["key_points"]),  # type: ignore[arg-type]
        rubric=replace(said_in(said), improve="") if unread else said_in(said),
    )


def said_in(row: RecitationFeedback, *, words: bool = True) -> Rubric:
    """A rubric as it was saved, with or without the giver's own words."""
    improve = row.improve if words else ""
    return Rubric(tuple(row.covered), row.clarity, row.depth, row.follow_ups, improve)


def thank(db: Session, who: Person, recitation_id: int, now: datetime) -> Room:
    """Thank whoever listened, which confirms that they did. Raises what `mine` raises, NobodyToThank."""
    circle, seat = mine(db, who, recitation_id, ended=True)
    arrive(db, seat, now)
    listener = _listened(db, circle, seat)
    if seat.row.finished_at is None or listener is None:
        raise NobodyToThank
    seat.row.thanked_at = seat.row.thanked_at or now
    credit.confirmed(db, circle, listener, "listening", seat, now)
    redraw(db, circle, now)
    db.flush()
    return room_of(db, circle)


def _listened(db: Session, circle: Circle, seat: Seat) -> Seat | None:
    """Who listened to somebody: whoever gave feedback; else whose part it was."""
    givers = select(RecitationFeedback.member_id).where(RecitationFeedback.reciter_id == seat.row.id)
    given = set(db.scalars(givers))
    others = (one for one in circle.seats if one is not seat)
    return next((one for one in others if one.member.id in given), circle.listener(seat.place))


def keep(db: Session, who: Person, recitation_id: int, now: datetime) -> Room:
    """Wish to have the same partner again, or take the wish back. Raises what `mine` raises."""
    circle, seat = mine(db, who, recitation_id, ended=True)
    arrive(db, seat, now)
    seat.row.keeps = not seat.row.keeps
    db.flush()
    return room_of(db, circle)


# --- reports


def feedback_subject(db: Session, who: Person, feedback_id: int) -> Subject | None:
    """Open feedback on this person's own recitation, for a report or a block; a moderator reads any."""
    row = db.execute(
        select(RecitationFeedback, Reciter, Member)
        .join(Reciter, Reciter.id == RecitationFeedback.reciter_id)
        .join(Recitation, Recitation.id == Reciter.recitation_id)
        .join(Server, Server.id == Recitation.server_id)
        .join(Member, Member.id == RecitationFeedback.member_id)
        .where(RecitationFeedback.id == feedback_id, Server.discord_id == who.guild_id)
    ).first()
    if row is None:
        return None
    circle = circle_of(db, row.Reciter.recitation_id)
    own = circle is not None and any(
        seat.row is row.Reciter and seat.member.discord_id == who.discord_id for seat in circle.seats
    )
    opened = circle is not None and circle.recitation.phase in FEEDBACK_OPEN
    if not (own and opened) and not rights_of(db, who).moderator:
        return None
    return Subject(
        kind="feedback",
        id=feedback_id,
        about_discord_id=row.Member.discord_id,
        name=row.Member.display_name,
        evidence=row.RecitationFeedback.improve,
    )


def partner_subject(db: Session, who: Person, reciter_id: int) -> Subject | None:
    """Somebody this person recites with, with what they wrote about them."""
    reciter = db.get(Reciter, reciter_id)
    circle = of_server(db, who, reciter.recitation_id) if reciter else None
    if circle is None:
        return None
    told = next((one for one in circle.seats if one.row.id == reciter_id), None)
    inside = any(seat.member.discord_id == who.discord_id for seat in circle.seats)
    if told is None or not (inside or rights_of(db, who).moderator):
        return None
    wrote = db.scalars(
        select(RecitationFeedback.improve)
        .where(RecitationFeedback.member_id == told.member.id)
        .where(RecitationFeedback.reciter_id.in_([seat.row.id for seat in circle.seats]))
    ).all()
    # To the person who reports it, sealed feedback stays sealed.
    wrote = wrote if circle.recitation.phase in FEEDBACK_OPEN or not inside else ()
    texts = [told.row.text, told.row.reply, *wrote]
    place = (circle.recitation.thread_id, circle.recitation.message_id)
    return Subject(
        kind="recitation",
        id=reciter_id,
        about_discord_id=told.member.discord_id,
        name=told.member.display_name,
        evidence="\n\n".join(filter(None, texts)),
        place=(place[0], place[1]) if place[0] and place[1] else None,
    )
