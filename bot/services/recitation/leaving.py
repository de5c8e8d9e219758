"""Leaving: somebody stops taking part in the middle of a recitation; whoever is left hears of it at once."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.recitation import Phase, Stage
from bot.services.recitation import credit
from bot.services.recitation.circle import Circle, Seat, circle_of
from bot.services.recitation.exchange.parts import settle
from bot.services.recitation.phases import call_time, end, ended_for, mended, redraw
from bot.services.recitation.timers import NUDGE, set_for
from bot.storage.tables import Recitation, Reciter

UNDER_WAY: Final[tuple[Phase, ...]] = ("ready", "reciting", "rubric", "exchange")


def left(db: Session, member_id: int, now: datetime) -> None:
    """Have every room go on, or end, without a member who has just left; meetings see to their own."""
    found = db.scalars(
        select(Recitation.id)
        .join(Reciter, Reciter.recitation_id == Recitation.id)
        .where(
            Reciter.member_id == member_id,
            Recitation.phase.in_(UNDER_WAY),
            Recitation.mode != "solo",
            Recitation.origin != "meeting",
        )
    ).all()
    for recitation_id in found:
        circle = circle_of(db, recitation_id)
        assert circle is not None
        _without(db, circle, next(one for one in circle.seats if one.member.id == member_id), now)


def _without(db: Session, circle: Circle, seat: Seat, now: datetime) -> None:
    if len(circle.places) < 2:
        # It stays open for whoever is left: there they read what becomes of it.
        end(db, circle, now, ended_for(circle), lingers=True)
    else:
        if circle.stage == Stage("reciting", seat.place):
            call_time(db, circle, now, until=seat.place + 1)
        if not mended(db, circle, now):
            redraw(db, circle, now)
        if circle.recitation.phase == "exchange":
            # What was owed to them, or by them, may have been the last of it.
            settle(db, circle, now)
    credit.unconfirmed(db, circle, seat, now)
    set_for(db, circle.recitation, NUDGE, f"left:{seat.row.id}", now)
