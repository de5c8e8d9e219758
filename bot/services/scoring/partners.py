"""Partners: how often two people's work together has scored, so that two friends cannot press themselves to the top."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.storage.tables import MockInterview, MockSeat, Recitation, Reciter, Rep

ROLES = ("reciting", "listening")


def rep_key(reciter_id: int, role: str) -> str:
    """The key of the rep that somebody earns in one role of a recitation."""
    return f"recite:{reciter_id}:{role}"


def scored_with(
    db: Session, server_id: int, member_id: int, other_id: int, since: datetime, besides: int | None = None
) -> int:
    """How many recitations and mock interviews of a member with another have brought them points since then.

    The recitation `besides` is not counted.
    """
    own, other = aliased(Reciter), aliased(Reciter)
    together = db.scalars(
        select(own.id)
        .join(other, other.recitation_id == own.recitation_id)
        .join(Recitation, Recitation.id == own.recitation_id)
        .where(
            Recitation.server_id == server_id,
            or_(own.finished_at >= since, other.finished_at >= since),
            Recitation.id.is_distinct_from(besides),
            own.member_id == member_id,
            other.member_id == other_id,
        )
    ).all()
    keys = {rep_key(id, role): id for id in together for role in ROLES}
    paid = select(Rep.key).where(Rep.key.in_(keys), Rep.points > 0, Rep.voided_at.is_(None))
    return len({keys[key] for key in db.scalars(paid)}) + _interviewed(
        db, server_id, member_id, other_id, since
    )


def _interviewed(db: Session, server_id: int, member_id: int, other_id: int, since: datetime) -> int:
    """The same of mock interviews, which note when they first paid."""
    own, other = aliased(MockSeat), aliased(MockSeat)
    query = (
        select(func.count())
        .select_from(own)
        .join(other, other.mock_id == own.mock_id)
        .join(MockInterview, MockInterview.id == own.mock_id)
        .where(
            MockInterview.server_id == server_id,
            own.member_id == member_id,
            other.member_id == other_id,
            own.scored_at >= since,
        )
    )
    return db.scalar(query) or 0
