"""Leases: how a worker takes due rows, keeps them for a minute, and settles them by its token (D2)."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.orm import Session

from bot.storage.tables import Delivery, Timer

# Shorter than Discord's memory of a nonce ("the past few minutes"), so that a second holder's post
# finds the first one's message.
LEASE = timedelta(seconds=60)
# Nobody keeps a row, or puts it off, for longer: what is held until then was held by a clock that ran ahead.
HELD_AT_MOST = timedelta(minutes=10)
DUE, DONE, MISSED = "due", "done", "missed"

Leasable = type[Delivery] | type[Timer]


def claim(db: Session, table: Leasable, now: datetime, most: int) -> Sequence[Row[Any]]:
    """Take up to `most` due rows nobody holds; the rows come back with a fresh token and attempt count."""
    free = (
        table.state == DUE,
        table.due_at <= now,
        or_(
            table.claimed_until.is_(None),
            table.claimed_until <= now,
            table.claimed_until > now + HELD_AT_MOST,
        ),
    )
    # A CTE is carried out once. PostgreSQL may run a subquery anew for every row, and each run, skipping what
    # the last one took, would take `most` more.
    chosen = (
        select(table.id)
        .where(*free)
        .order_by(table.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    return db.execute(
        update(table)
        # The same conditions outside: without row locks the inner select alone would let two in.
        .where(table.id.in_(select(chosen.c.id)), *free)
        .values(
            claimed_until=now + LEASE,
            token=secrets.token_hex(8),
            attempts=table.attempts + 1,
            first_attempt_at=func.coalesce(table.first_attempt_at, now),
        )
        .returning(table)
        .execution_options(synchronize_session=False)
    ).all()


def held(table: Leasable, id: int, token: str) -> tuple[ColumnElement[bool], ...]:
    """That a row is still this holder's; its number may have come again for another, its token does not."""
    return table.id == id, table.token == token, table.state == DUE


def settle(
    db: Session, table: Leasable, id: int, token: str, now: datetime, *, state: str = DONE, **values: Any
) -> bool:
    """Finish a held row; False when the lease lapsed and another holder took it."""
    done = db.execute(
        update(table)
        .where(*held(table, id, token))
        .values(state=state, settled_at=now, claimed_until=None, **values)
        .returning(table.id)
    )
    return done.scalar() is not None


def postpone(db: Session, table: Leasable, id: int, token: str, until: datetime) -> None:
    """Give a held row back, to be taken again from `until`."""
    db.execute(update(table).where(*held(table, id, token)).values(claimed_until=until))
