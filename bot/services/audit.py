"""The audit trail: what admins and guides did, never changed afterwards."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.members import Person
from bot.storage.tables import AuditEntry


def note(
    db: Session, server_id: int, who: Person, action: str, target: str, now: datetime, reason: str = ""
) -> None:
    """Write one act down, in the transaction that does it."""
    db.add(
        AuditEntry(
            server_id=server_id,
            actor_discord_id=who.discord_id,
            action=action,
            target=target[:100],
            reason=reason[:500],
            at=now,
        )
    )
