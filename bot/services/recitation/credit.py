"""Credit: the reps, points and minutes of a recitation, confirmed by whoever was there."""

from datetime import datetime, time, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.calendar import instant, week_of, zone_named
from bot.domain.recitation import COUNTS_FROM, SCORED_WITH_ONE, WRITTEN_FROM
from bot.services import ledger, scoring
from bot.services.recitation.circle import Circle, Seat
from bot.services.scoring.partners import rep_key, scored_with
from bot.storage.tables import RecitationFeedback, Reciter

Role = Literal["reciting", "listening"]
MINUTE = timedelta(minutes=1)


def confirmed(db: Session, circle: Circle, seat: Seat, role: Role, by: Seat, now: datetime) -> None:
    """Credit somebody's role in a recitation that another confirms; a repeat changes nothing."""
    if role == "listening" and circle.recitation.mode == "async" and not _marked(db, by.row, seat):
        return
    told = seat if role == "reciting" else by
    counts = _enough(circle, told.row) and _may_score(db, circle, seat, by, now)
    _award(db, circle, seat, role, now, scores=counts)


def remaining(db: Session, circle: Circle, now: datetime) -> None:
    """At the end: what nobody confirmed is a rep without points."""
    ids = {seat.row.id: seat for seat in circle.seats}
    given = db.execute(
        select(RecitationFeedback.reciter_id, RecitationFeedback.member_id).where(
            RecitationFeedback.reciter_id.in_(ids)
        )
    ).all()
    listened = {row.member_id for row in given if ids[row.reciter_id].member.id != row.member_id}
    for seat in circle.seats:
        if seat.row.finished_at is not None:
            _award(db, circle, seat, "reciting", now, scores=False)
        if seat.member.id in listened:
            _award(db, circle, seat, "listening", now, scores=False)


def unconfirmed(db: Session, circle: Circle, gone: Seat, now: datetime) -> None:
    """Whoever listened to somebody who has left did their part, though nobody is there to confirm it."""
    listener = circle.listener(gone.place)
    if listener is None or gone.row.finished_at is None or not _enough(circle, gone.row):
        return
    if circle.recitation.mode != "async" or _marked(db, gone.row, listener):
        _award(db, circle, listener, "listening", now, scores=False)


def minutes(db: Session, circle: Circle, seat: Seat) -> None:
    """Enter the minutes somebody recited for everybody who was there, as far as that is known by now."""
    begun, ended = seat.row.recited_at, seat.row.finished_at
    spent = round((ended - begun) / MINUTE) if begun and ended else 0
    # A meeting measures the whole of its time itself.
    if ended is None or spent < 1 or circle.recitation.origin == "meeting":
        return
    for one in circle.seats:
        if one.here and (one is seat or one.row.came_at is not None):
            ledger.record(
                db,
                circle.present(one),
                key=f"recite:{seat.row.id}:{one.row.id}",
                kind="recitation",
                minutes=spent,
                at=ended,
            )


def _award(db: Session, circle: Circle, seat: Seat, role: Role, now: datetime, *, scores: bool) -> None:
    if seat.member.left_at is not None or seat.member.gone_at is not None:
        return
    key = rep_key(seat.row.id, role)
    scoring.award(db, circle.present(seat), activity="recitation", key=key, at=now, scores=scores)


def _enough(circle: Circle, row: Reciter) -> bool:
    """Whether what was recited is enough for points."""
    if circle.recitation.mode == "async":
        return row.message_id is not None or len(row.text or "") >= WRITTEN_FROM
    if row.recited_at is None or row.finished_at is None:
        return False
    return row.finished_at - row.recited_at >= COUNTS_FROM


def _marked(db: Session, row: Reciter, by: Seat) -> bool:
    """Whether somebody has marked a recitation: where people do not meet, that is how they listen."""
    query = select(RecitationFeedback.id).where(
        RecitationFeedback.reciter_id == row.id, RecitationFeedback.member_id == by.member.id
    )
    return db.scalar(query) is not None


def _may_score(db: Session, circle: Circle, seat: Seat, by: Seat, now: datetime) -> bool:
    zone = zone_named(circle.server.zone)
    since = instant(week_of(now.astimezone(zone).date()), time(), zone)
    recitation = circle.recitation
    with_them = scored_with(db, circle.server.id, seat.member.id, by.member.id, since, recitation.id)
    return seat is not by and with_them < SCORED_WITH_ONE
