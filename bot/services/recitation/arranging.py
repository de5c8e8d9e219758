"""Arranging: people are put together to recite; whoever does it, a round, the lobby or one person alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.domain.recitation import Medium, Origin, Style
from bot.storage.tables import Recitation, Reciter


def arrange(
    db: Session,
    *,
    server_id: int,
    channel_id: int,
    origin: Origin,
    mode: Style,
    medium: Medium,
    member_ids: Sequence[int],
    now: datetime,
    topic: str | None = None,
    round_id: int | None = None,
    number: int | None = None,
    score: int = 0,
    reasons: Iterable[Any] = (),
    waited: int | None = None,
) -> int:
    """Put one to three members together, in the order in which they recite; the recitation's id.

    `reasons` are JSON values. Nothing is opened, and no concept is chosen, before one of them opens the room.
    """
    recitation = Recitation(
        server_id=server_id,
        channel_id=channel_id,
        origin=origin,
        mode=mode,
        medium=medium,
        topic=topic,
        round_id=round_id,
        number=number,
        score=score,
        reasons=list(reasons),
        made_at=now,
        waited=waited,
        phase_since=now,
    )
    db.add(recitation)
    db.flush()
    db.add_all(
        Reciter(recitation_id=recitation.id, member_id=member_id, place=place)
        for place, member_id in enumerate(member_ids)
    )
    db.flush()
    return recitation.id
