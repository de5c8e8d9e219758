"""Concepts for recitations: which one a member recites next, by what they recited and how it went."""

import random
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import concepts
from bot.domain.concepts import Concept, Recited
from bot.services.questions import live
from bot.storage.tables import Item, ItemVersion, Member, RecitationFeedback, Reciter


def choose(
    db: Session,
    *,
    server_id: int,
    member_id: int,
    topic: str | None,
    rng: random.Random,
    now: datetime,
    besides: Collection[int] = (),
) -> ItemVersion | None:
    """The current version of the concept a member recites next; None only where no concept is left at all.

    Of the topic they wish, whatever its track; without a wish, or where the topic has none left, of their own track;
    and where that has none left, any. `besides` are items the same people recite or hear already.
    """
    offered = db.execute(
        select(Item.id, Item.topic, Item.track).where(live(server_id), Item.kind == "concept")
    ).all()
    track = db.scalar(select(Member.track).where(Member.id == member_id))
    tracks = {track, "both"} if track in ("ds", "mle") else {"ds", "mle", "both"}
    past = _past(db, member_id)
    wishes = (
        [one for one in offered if one.topic == topic],
        [one for one in offered if one.track in tracks],
        offered,
    )
    for wished in wishes:
        known = [Concept(one.id, one.topic, past.get(one.id, ())) for one in wished]
        chosen = concepts.choose(known, rng, now, besides)
        if chosen is not None:
            return db.scalars(
                select(ItemVersion)
                .join(
                    Item, (Item.id == ItemVersion.item_id) & (Item.content_hash == ItemVersion.content_hash)
                )
                .where(Item.id == chosen.item_id)
            ).one()
    return None


def _past(db: Session, member_id: int) -> dict[int, tuple[Recited, ...]]:
    """What a member recited to the end, by item, oldest first; of two listeners' marks the mean counts."""
    shares: dict[int, list[float]] = {}
    mine = select(Reciter.id).where(Reciter.member_id == member_id)
    for reciter_id, covered, key_points in db.execute(
        select(
            RecitationFeedback.reciter_id, RecitationFeedback.covered, RecitationFeedback.key_points
        ).where(RecitationFeedback.reciter_id.in_(mine))
    ):
        shares.setdefault(reciter_id, []).append(len(covered) / max(key_points, 1))
    found: dict[int, list[Recited]] = {}
    for row in db.execute(
        select(Reciter.id, Reciter.item_id, Reciter.finished_at)
        .where(Reciter.member_id == member_id, Reciter.finished_at.is_not(None))
        .order_by(Reciter.finished_at, Reciter.id)
    ):
        marks = shares.get(row.id)
        found.setdefault(row.item_id, []).append(
            Recited(row.finished_at, sum(marks) / len(marks) if marks else None)
        )
    return {item_id: tuple(recited) for item_id, recited in found.items()}
