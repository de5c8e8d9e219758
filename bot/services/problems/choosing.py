"""Choosing a group problem: unseen by the server first, then the topic longest unseen."""

import random

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.domain.drops import RAMPS, Candidate, Filters, choose
from bot.domain.errors import ProblemsExhausted
from bot.domain.schedules import Supply
from bot.services.questions import live
from bot.storage.tables import Item, ItemVersion, Problem

RECENT_TOPICS = 40


def matching(server_id: int | None, filters: Filters) -> Select[int, str]:
    """The group problems that may be given here."""
    easiest, hardest = RAMPS[filters.ramp]
    query = select(Item.id, Item.topic).where(
        live(server_id), Item.kind == "problem", Item.difficulty.between(easiest, hardest)
    )
    if filters.track in ("ds", "mle"):
        query = query.where(Item.track.in_((filters.track, "both")))
    if filters.topics:
        query = query.where(Item.topic.in_(filters.topics))
    return query


def draw(
    db: Session, server_id: int, filters: Filters, rng: random.Random, besides: int | None = None
) -> Candidate:
    """One of them, another than `besides` where there is another. Raises ProblemsExhausted."""
    given = Problem.server_id == server_id, Problem.posted_at.is_not(None)
    times = dict(
        db.execute(select(Problem.item_id, func.count()).where(*given).group_by(Problem.item_id)).all()
    )
    recent = db.scalars(
        select(Item.topic)
        .join(Problem, Problem.item_id == Item.id)
        .where(*given)
        .order_by(Problem.id.desc())
        .limit(RECENT_TOPICS)
    ).all()
    found = [
        Candidate(row.id, row.topic, times.get(row.id, 0)) for row in db.execute(matching(server_id, filters))
    ]
    if not found:
        raise ProblemsExhausted
    return choose([one for one in found if one.item_id != besides] or found, recent, rng)


def version_of(db: Session, item_id: int) -> int:
    """The version an item has now."""
    return db.scalars(
        select(ItemVersion.id)
        .join(Item, (Item.id == ItemVersion.item_id) & (Item.content_hash == ItemVersion.content_hash))
        .where(Item.id == item_id)
    ).one()


def supply(db: Session, server_id: int, filters: Filters) -> Supply:
    """How many fit, and how many of them this server has not had."""
    fitting = matching(server_id, filters).subquery()
    given = select(Problem.item_id).where(Problem.server_id == server_id, Problem.posted_at.is_not(None))
    counted = select(func.count(), func.count().filter(fitting.c.id.not_in(given))).select_from(fitting)
    return Supply(*db.execute(counted).one())
