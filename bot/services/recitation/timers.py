"""Timers: what a recitation waits for, each by its key, so that what it waits for no more is called off."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.services.timers import set_timer
from bot.storage.queries import leases
from bot.storage.tables import Recitation, Timer

# Something is said in a room, or counted; what it is stands in the timer's key.
NUDGE = "recitation.nudge"


def set_for(db: Session, recitation: Recitation, kind: str, what: str, due_at: datetime) -> None:
    """Set one of a recitation's timers, or move it."""
    set_timer(
        db,
        key=_key(recitation, what),
        kind=kind,
        server_id=recitation.server_id,
        subject_id=recitation.id,
        due_at=due_at,
    )


def call_off(db: Session, recitation: Recitation, whats: Iterable[str]) -> None:
    """Have these of a recitation's timers not go off any more."""
    keys = [_key(recitation, what) for what in whats]
    db.execute(delete(Timer).where(Timer.key.in_(keys), Timer.state == leases.DUE))


def _key(recitation: Recitation, what: str) -> str:
    return f"recitation:{recitation.id}:{what}"
