"""Partners: how often two people's work together has scored, so that two friends cannot press themselves to the top."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bot.storage.tables import Recitation, Reciter, Rep

ROLES = ("reciting", "listening")


def rep_key(reciter_id: int, role: str) -> str:
    """The key of the rep that somebody earns in one role of a recitation."""
    return f"recite:{reciter_id}:{role}"


def scored_with(
    db: Session, server_id: int, member_id: int, other_id: int, since: datetime, besides: int | None = None
) -> int:
    """How many recitations of a member with another have brought them points since then, `besides` not counted."""
    own, other = aliased(Reciter), aliased(Reciter)
    together = db.scalars(
        select(own.id)
        .join(other, other.recitation_id == own.recitation_id)
        .join(Recitation, Recitation.id == own.recitation_id)
        .where(
            Recitation.server_id == server_id,
            Recitation.made_at >= since,
            Recitation.id.is_distinct_from(besides),
            own.member_id == member_id,
            other.member_id == other_id,
        )
    ).all()
    keys = {rep_key(id, role): id for id in together for role in ROLES}
    paid = select(Rep.key).where(Rep.key.in_(keys), Rep.points > 0, Rep.voided_at.is_(None))
    return len({keys[key] for key in db.scalars(paid)})
