"""The ledger: minutes studied, recorded once."""

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.services.members import Present
from bot.storage.tables import Minutes
from bot.storage.upsert import insert_into

# Individual study: problem sets and information gathering. Group study: oral recitation and group problems.
Kind = Literal["problem-sets", "information", "recitation", "group-problem"]


def record(db: Session, present: Present, *, key: str, kind: Kind, minutes: int, at: datetime) -> bool:
    """Add minutes of one kind; False when `key` was recorded before. Raises ValueError for less than one."""
    if minutes < 1:
        raise ValueError("a ledger entry has at least one minute")
    fresh = db.execute(
        insert_into(db, Minutes)
        .values(
            member_id=present.member_id,
            key=key,
            kind=kind,
            minutes=minutes,
            at=at,
            day=at.astimezone(present.zone).date(),
        )
        .on_conflict_do_nothing()
        .returning(Minutes.id)
    )
    return fresh.scalar() is not None
