"""Timers: what is to be done at a moment, set, moved, taken back, put off or ended inside a transaction."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bot.domain.schedules import Due
from bot.storage.queries import leases
from bot.storage.tables import Timer
from bot.storage.upsert import insert_into


def set_timer(db: Session, *, key: str, kind: str, server_id: int, subject_id: int, due_at: datetime) -> None:
    """Set a timer, or move one that has not gone off yet."""
    db.execute(
        insert_into(db, Timer)
        .values(
            key=key,
            kind=kind,
            server_id=server_id,
            subject_id=subject_id,
            due_at=due_at,
            state=leases.DUE,
            attempts=0,
        )
        .on_conflict_do_update(
            index_elements=["key"], set_={"due_at": due_at}, where=Timer.state == leases.DUE
        )
    )


def drop_timers(db: Session, *keys: str) -> None:
    """Take timers back that have nothing left to do; one that was taken up finishes what it began."""
    db.execute(delete(Timer).where(Timer.key.in_(keys), Timer.state == leases.DUE, Timer.attempts == 0))


def end_timer(db: Session, due: Due) -> None:
    """Take a held timer away instead of settling it, so that its key can be set again."""
    db.execute(delete(Timer).where(*leases.held(Timer, due.id, due.token)))


def put_off(db: Session, due: Due, until: datetime) -> None:
    """Give a held timer back, due later; attempts stay counted: an earlier one may have sent before it died."""
    held = leases.held(Timer, due.id, due.token)
    db.execute(update(Timer).where(*held).values(due_at=until, claimed_until=None))
