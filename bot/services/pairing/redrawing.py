"""Redrawing: the messages of a round once somebody in them is erased; their line stays, and says "a former member"."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.domain.rounds import PAIRS_AT_FIRST, PAIRS_AT_ONCE, Part
from bot.domain.schedules import Due
from bot.services.pairing import rounds
from bot.services.timers import set_timer
from bot.storage.tables import Delivery, Recitation

REDRAW = "round.redraw"


@dataclass(frozen=True, slots=True)
class Stands:
    """A message of a round, and what it should say."""

    part: Part
    message_id: int
    first: bool
    late: bool


def redraw(db: Session, recitation_ids: Select[int], now: datetime) -> None:
    """Have the messages drawn again that name the people of these recitations."""
    of_rounds = select(Recitation.id, Recitation.server_id).where(
        Recitation.id.in_(recitation_ids), Recitation.round_id.is_not(None)
    )
    for recitation_id, server_id in db.execute(of_rounds).all():
        set_timer(
            db,
            key=f"{REDRAW}:{recitation_id}:{now.isoformat()}",
            kind=REDRAW,
            server_id=server_id,
            subject_id=recitation_id,
            due_at=now,
        )


def stands(db: Session, due: Due) -> Stands | None:
    """Where the line of a recitation stands; None where nobody knows."""
    found = rounds.of_recitation(db, due)
    if found is None or found[1].number is None:
        return None
    round_, number = found[0], found[1].number
    delivery = db.get_one(Delivery, round_.delivery_id)
    if number <= PAIRS_AT_FIRST:
        part = rounds.part_of(db, round_, 1, PAIRS_AT_FIRST, whole=True)
        return Stands(part, delivery.message_id, True, delivery.late) if delivery.message_id else None
    begins, message_id = max((one for one in round_.messages if one[0] <= number), default=(0, 0))
    if not begins:
        return None
    part = rounds.part_of(db, round_, begins, PAIRS_AT_ONCE, whole=True)
    return Stands(part, message_id, False, delivery.late)
