"""Arranging: people are put together to recite; whoever does it, a round, the lobby or one person alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.domain.recitation import Medium, Origin, Style
from bot.storage.tables import Recitation, Reciter


@dataclass(frozen=True, slots=True)
class Seating:
    """One to three members together, in the order in which they recite; `reasons` are JSON values."""

    member_ids: Sequence[int]
    mode: Style
    medium: Medium
    # What each recites about, where it was wished.
    topics: Sequence[str | None] = ()
    number: int | None = None
    score: int = 0
    reasons: Iterable[Any] = ()
    waited: int | None = None


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
    topics: Sequence[str | None] = (),
    round_id: int | None = None,
    number: int | None = None,
    score: int = 0,
    reasons: Iterable[Any] = (),
    waited: int | None = None,
) -> int:
    """Put one to three members together, in the order in which they recite; the recitation's id.

    `reasons` are JSON values. Nothing is opened, and no concept is chosen, before one of them opens the room.
    """
    seating = Seating(member_ids, mode, medium, topics, number, score, reasons, waited)
    (id,) = arrange_all(
        db, [seating], server_id=server_id, channel_id=channel_id, origin=origin, now=now, round_id=round_id
    )
    return id


def arrange_all(
    db: Session,
    seatings: Collection[Seating],
    *,
    server_id: int,
    channel_id: int,
    origin: Origin,
    now: datetime,
    round_id: int | None = None,
) -> Sequence[int]:
    """Put many together in as few statements as there can be; the recitations' ids, in their order."""
    ids = lay_out(
        db,
        seatings,
        server_id=server_id,
        channel_id=channel_id,
        origin=origin,
        now=now,
        round_id=round_id,
    )
    seat(db, seatings, ids)
    return ids


def lay_out(
    db: Session,
    seatings: Collection[Seating],
    *,
    server_id: int,
    channel_id: int,
    origin: Origin,
    now: datetime,
    round_id: int | None = None,
) -> Sequence[int]:
    """Recitations in which nobody is yet: until they are seated, nobody finds them."""
    if not seatings:
        return ()
    return db.scalars(
        insert(Recitation).returning(Recitation.id, sort_by_parameter_order=True),
        [
            {
                "server_id": server_id,
                "channel_id": channel_id,
                "origin": origin,
                "round_id": round_id,
                "mode": one.mode,
                "medium": one.medium,
                "number": one.number,
                "score": one.score,
                "reasons": list(one.reasons),
                "made_at": now,
                "waited": one.waited,
                "phase_since": now,
            }
            for one in seatings
        ],
    ).all()


def seat(db: Session, seatings: Collection[Seating], ids: Sequence[int]) -> None:
    """Let people take their places in recitations that were laid out for them."""
    rows = [
        {"recitation_id": id, "member_id": member_id, "place": place, "topic": topic}
        for id, one in zip(ids, seatings, strict=True)
        for place, (member_id, topic) in enumerate(zip_longest(one.member_ids, one.topics))
    ]
    if rows:
        db.execute(insert(Reciter), rows)
