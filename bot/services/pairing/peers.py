"""Peers: what pairing has to know of people and of their past together, read for many at once."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from bot.domain.availability import Slot, Slots
from bot.domain.pairing import Met, PairKey, Peer
from bot.services.pairing.enrolment import DEFAULT_MEDIUM, DEFAULT_MODE
from bot.storage.tables import (
    Answer,
    Availability,
    Enrolment,
    Item,
    Member,
    Recitation,
    RecitationFeedback,
    Reciter,
    Server,
)

# What was longer ago says little of what somebody knows now.
LOOKED_BACK = timedelta(days=180)
# With so many answers in a topic and less than this share of them right, it is one to recite.
WEAK_FROM, WEAK_BELOW = 3, 0.7
# The weakest only: who is weak everywhere would otherwise share a topic with everybody.
WEAK_TOPICS = 3
# Shares begin as if so many answers, or recitations, had been so: one mistake is no weakness, one miss no habit.
STRENGTH_FIRST, STRENGTH_WEIGHT = 0.5, 5
RELIABLE_FIRST, RELIABLE_WEIGHT = 1.0, 3

Counts = tuple[float, float]  # how much of how much


def peers_of(db: Session, server_id: int, member_ids: Collection[int], now: datetime) -> tuple[Peer, ...]:
    """These members of a server as pairing sees them, by their ids; each recites as they chose last."""
    rows = db.execute(
        select(Member, Server.zone.label("server_zone"), Enrolment.mode, Enrolment.medium)
        .join(Server, Server.id == Member.server_id)
        .outerjoin(Enrolment, Enrolment.member_id == Member.id)
        .where(Member.server_id == server_id, Member.id.in_(member_ids))
        .order_by(Member.id)
    ).all()
    since = now - LOOKED_BACK
    answered, covered = _answered(db, member_ids, since), _covered(db, member_ids, since)
    came, weeks, trios = _came(db, member_ids), _weeks(db, member_ids), _trios(db, member_ids)
    found = []
    for member, server_zone, mode, medium in rows:
        topics = answered.get(member.id, {})
        times, last = trios.get(member.id, (0, None))
        found.append(
            Peer(
                member_id=member.id,
                mode=mode or DEFAULT_MODE,  # type: ignore[arg-type]
                medium=medium or DEFAULT_MEDIUM,  # type: ignore[arg-type]
                languages=frozenset(member.languages),
                track=member.track,  # type: ignore[arg-type]
                zone=member.zone or server_zone,
                level=member.level,  # type: ignore[arg-type]
                topics=_weakest(topics),
                slots=weeks.get(member.id, ()),
                strength=_strength([*topics.values(), covered.get(member.id, (0, 0))]),
                reliability=_smoothed(came.get(member.id, (0, 0)), RELIABLE_FIRST, RELIABLE_WEIGHT),
                trios=times,
                last_trio_at=last,
            )
        )
    return tuple(found)


def met_of(db: Session, member_ids: Collection[int]) -> dict[PairKey, Met]:
    """How often, and when last, each of these members was put together with whom, whatever came of it."""
    mine, theirs = aliased(Reciter), aliased(Reciter)
    rows = db.execute(
        select(mine.member_id, theirs.member_id, func.count(), func.max(Recitation.made_at))
        .join(theirs, theirs.recitation_id == mine.recitation_id)
        .join(Recitation, Recitation.id == mine.recitation_id)
        .where(mine.member_id.in_(member_ids), theirs.member_id != mine.member_id)
        .group_by(mine.member_id, theirs.member_id)
    )
    return {frozenset((one, other)): Met(times, last) for one, other, times, last in rows}


def kept_of(db: Session, member_ids: Collection[int]) -> set[PairKey]:
    """Which of these members wish to keep which partner: both said so after the last time they both came."""
    mine, theirs, later, later_theirs = (aliased(Reciter) for _ in range(4))
    came_again = exists().where(
        later.member_id == mine.member_id,
        later_theirs.member_id == theirs.member_id,
        later.recitation_id == later_theirs.recitation_id,
        later.recitation_id > mine.recitation_id,
        later.came_at.is_not(None),
        later_theirs.came_at.is_not(None),
    )
    rows = db.execute(
        select(mine.member_id, theirs.member_id)
        .join(theirs, theirs.recitation_id == mine.recitation_id)
        .where(
            mine.member_id.in_(member_ids),
            theirs.member_id != mine.member_id,
            mine.keeps.is_(True),
            theirs.keeps.is_(True),
            ~came_again,
        )
    )
    return {frozenset(row) for row in rows}


# --- what is known of each


def _answered(db: Session, member_ids: Collection[int], since: datetime) -> dict[int, dict[str, Counts]]:
    """Right answers of how many, by member and topic."""
    rows = db.execute(
        select(
            Answer.member_id,
            Item.topic,
            func.count().filter(Answer.right.is_(True)),
            func.count(),
        )
        .join(Item, Item.id == Answer.item_id)
        .where(Answer.member_id.in_(member_ids), Answer.right.is_not(None), Answer.answered_at >= since)
        .group_by(Answer.member_id, Item.topic)
    )
    found: defaultdict[int, dict[str, Counts]] = defaultdict(dict)
    for member_id, topic, right, marked in rows:
        found[member_id][topic] = right, marked
    return found


def _covered(db: Session, member_ids: Collection[int], since: datetime) -> dict[int, Counts]:
    """How much of their concepts' key points members covered, each recitation counting like one answer."""
    rows = db.execute(
        select(Reciter.member_id, RecitationFeedback.covered, RecitationFeedback.key_points)
        .join(Reciter, Reciter.id == RecitationFeedback.reciter_id)
        .where(
            Reciter.member_id.in_(member_ids),
            RecitationFeedback.key_points > 0,
            RecitationFeedback.given_at >= since,
        )
    )
    found: dict[int, Counts] = {}
    for member_id, covered, key_points in rows:
        share, times = found.get(member_id, (0, 0))
        found[member_id] = share + len(covered) / key_points, times + 1
    return found


def _came(db: Session, member_ids: Collection[int]) -> dict[int, Counts]:
    """To how many of their recitations members came, of those where it is known."""
    rows = db.execute(
        select(Reciter.member_id, func.count(Reciter.came_at), func.count(Reciter.missed_at))
        .where(Reciter.member_id.in_(member_ids))
        .group_by(Reciter.member_id)
    )
    return {member_id: (came, came + missed) for member_id, came, missed in rows}


def _weeks(db: Session, member_ids: Collection[int]) -> dict[int, Slots]:
    rows = db.execute(
        select(
            Availability.member_id,
            Availability.weekday,
            Availability.start_minute,
            Availability.end_minute,
        )
        .where(Availability.member_id.in_(member_ids))
        .order_by(Availability.member_id, Availability.weekday, Availability.start_minute)
    )
    found: defaultdict[int, list[Slot]] = defaultdict(list)
    for member_id, *slot in rows:
        found[member_id].append(Slot(*slot))
    return {member_id: tuple(slots) for member_id, slots in found.items()}


def _trios(db: Session, member_ids: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """How often members were one of three, and when last."""
    third = aliased(Reciter)
    rows = db.execute(
        select(Reciter.member_id, func.count(), func.max(Recitation.made_at))
        .join(third, (third.recitation_id == Reciter.recitation_id) & (third.place == 2))
        .join(Recitation, Recitation.id == Reciter.recitation_id)
        .where(Reciter.member_id.in_(member_ids))
        .group_by(Reciter.member_id)
    )
    return {member_id: (times, last) for member_id, times, last in rows}


# --- what follows from it


def _weakest(topics: dict[str, Counts]) -> frozenset[str]:
    weak = sorted(
        (right / marked, topic)
        for topic, (right, marked) in topics.items()
        if marked >= WEAK_FROM and right / marked < WEAK_BELOW
    )
    return frozenset(topic for _, topic in weak[:WEAK_TOPICS])


def _strength(counts: list[Counts]) -> float | None:
    right, of = (sum(column) for column in zip(*counts, strict=True))
    return _smoothed((right, of), STRENGTH_FIRST, STRENGTH_WEIGHT) if of else None


def _smoothed(counts: Counts, first: float, weight: int) -> float:
    right, of = counts
    return (right + first * weight) / (of + weight)
