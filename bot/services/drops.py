"""Drops: choosing the question of the day, noting that it was posted, and revealing it."""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.drops import (
    DISTRIBUTION_FROM,
    Candidate,
    Filters,
    OpenDrop,
    Reveal,
    choose,
    reveals_at,
)
from bot.domain.errors import (
    NoOpenQuestion,
    QuestionsExhausted,
)
from bot.domain.members import Person
from bot.domain.schedules import Due
from bot.services.notices import plan_reminder
from bot.services.questions import live_items, question_of
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import (
    Answer,
    Delivery,
    Drop,
    Item,
    ItemVersion,
    Member,
    Schedule,
    Server,
    Timer,
)
from bot.storage.upsert import insert_into

REVEAL = "drop.reveal"
RECENT_TOPICS = 40


class Drops:
    """One question's life in a server: prepared, posted, answered elsewhere, revealed."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, topic_names: Mapping[str, str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._names = topic_names

    # --- posting

    async def prepare(self, due: Due) -> OpenDrop:
        """The drop of a delivery, chosen on the first attempt and the same on every later one.

        Raises QuestionsExhausted when no item fits the schedule's filters.
        """
        known = await self.known(due)
        if known is not None:
            return known
        candidates, recent = await self._database.read(lambda db: _candidates(db, due))
        if not candidates:
            raise QuestionsExhausted
        chosen = choose(candidates, recent, self._rng)

        def work(db: Session) -> OpenDrop:
            version = db.scalar(
                select(ItemVersion.id)
                .join(
                    Item, (Item.id == ItemVersion.item_id) & (Item.content_hash == ItemVersion.content_hash)
                )
                .where(Item.id == chosen.item_id)
            )
            db.execute(
                insert_into(db, Drop)
                .values(
                    server_id=due.server_id,
                    delivery_id=due.id,
                    item_id=chosen.item_id,
                    item_version_id=version,
                    channel_id=due.channel_id,
                    late=due.late,
                )
                .on_conflict_do_nothing()
            )
            drop = self._of_delivery(db, due.id)
            assert drop is not None
            return drop

        return await self._database.write(work)

    async def known(self, due: Due) -> OpenDrop | None:
        """The drop an earlier attempt chose for this delivery."""
        return await self._database.read(lambda db: self._of_delivery(db, due.id))

    async def posted(self, due: Due, drop: OpenDrop, message_id: int) -> bool:
        """Note that the drop is out: its delivery is settled and its reveal set; False when another holder did."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            if not leases.settle(db, Delivery, due.id, due.token, now, message_id=message_id, late=due.late):
                return False
            next_due = (
                db.scalar(select(Schedule.next_due_at).where(Schedule.id == due.schedule_id))
                if due.schedule_id is not None
                else None
            )
            moment = reveals_at(now, next_due)
            db.execute(
                update(Drop)
                .where(Drop.id == drop.id)
                .values(message_id=message_id, posted_at=now, reveals_at=moment, late=due.late)
            )
            set_timer(
                db,
                key=f"{REVEAL}:{drop.id}",
                kind=REVEAL,
                server_id=due.server_id,
                subject_id=drop.id,
                due_at=moment,
            )
            plan_reminder(db, due.server_id, drop.id, now)
            return True

        return await self._database.write(work)

    # --- reading

    async def open_for(self, who: Person) -> OpenDrop:
        """The newest open question this person has not answered, else the newest; raises NoOpenQuestion."""

        def work(db: Session) -> OpenDrop:
            drop = open_drop(db, who, self._names)
            if drop is None:
                raise NoOpenQuestion(next_question_at(db, who.guild_id))
            return drop

        return await self._database.read(work)

    # --- revealing

    async def close(self, drop_id: int) -> Reveal | None:
        """Close a drop for answers and read what its reveal shows; None for a drop that never went out."""
        now = self._clock.now()

        def work(db: Session) -> Reveal | None:
            db.execute(
                update(Drop)
                .where(Drop.id == drop_id, Drop.revealed_at.is_(None), Drop.posted_at.is_not(None))
                .values(revealed_at=now)
            )
            row = db.execute(_DROP.where(Drop.id == drop_id)).one()
            if row.Drop.revealed_at is None:
                return None
            return _reveal(db, _open_drop(db, row, self._names))

        return await self._database.write(work)

    async def revealed(self, due: Due, message_id: int | None, thread_id: int | None) -> bool:
        """Note that the reveal is out; False when another holder did."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return False
            db.execute(
                update(Drop)
                .where(Drop.id == due.subject_id)
                .values(reveal_message_id=message_id, thread_id=thread_id)
            )
            return True

        return await self._database.write(work)

    def _of_delivery(self, db: Session, delivery_id: int) -> OpenDrop | None:
        row = db.execute(_DROP.where(Drop.delivery_id == delivery_id)).first()
        return _open_drop(db, row, self._names) if row else None


_DROP = (
    select(Drop, Delivery.due_at, Server.discord_id.label("guild_id"))
    .join(Delivery, Delivery.id == Drop.delivery_id)
    .join(Server, Server.id == Drop.server_id)
)


def open_drop(db: Session, who: Person, names: Mapping[str, str]) -> OpenDrop | None:
    """The newest posted and unrevealed drop of a server that this person has not answered, else the newest."""
    answered = (
        exists()
        .where(Answer.drop_id == Drop.id, Answer.member_id == Member.id)
        .where(Member.server_id == Drop.server_id, Member.discord_id == who.discord_id)
    )
    row = db.execute(
        _DROP.where(
            Server.discord_id == who.guild_id, Drop.posted_at.is_not(None), Drop.revealed_at.is_(None)
        )
        .order_by(answered, Drop.posted_at.desc())
        .limit(1)
    ).first()
    return _open_drop(db, row, names) if row else None


def next_question_at(db: Session, guild_id: int) -> datetime | None:
    """When this server's next question comes."""
    return db.scalar(
        select(func.min(Schedule.next_due_at))
        .join(Server, Server.id == Schedule.server_id)
        .where(Server.discord_id == guild_id, Schedule.kind == "question")
    )


def _open_drop(db: Session, row: Any, names: Mapping[str, str]) -> OpenDrop:
    drop: Drop = row.Drop
    answered = db.scalar(select(func.count()).select_from(Answer).where(Answer.drop_id == drop.id))
    return OpenDrop(
        id=drop.id,
        server_id=drop.server_id,
        guild_id=row.guild_id,
        question=question_of(db, drop.item_version_id, names),
        channel_id=drop.channel_id,
        message_id=drop.message_id,
        posted_at=drop.posted_at,
        reveals_at=drop.reveals_at,
        late=drop.late,
        due_at=row.due_at,
        answered=answered or 0,
        revealed_at=drop.revealed_at,
        reveal_message_id=drop.reveal_message_id,
    )


def _candidates(db: Session, due: Due) -> tuple[list[Candidate], list[str]]:
    options = db.scalar(select(Schedule.options).where(Schedule.id == due.schedule_id))
    # Chosen but missed is not asked: nobody has seen it.
    seen = (Drop.server_id == due.server_id, Delivery.id == Drop.delivery_id, Delivery.state != leases.MISSED)
    asked = dict(db.execute(select(Drop.item_id, func.count()).where(*seen).group_by(Drop.item_id)).all())
    recent = db.scalars(
        select(Item.topic)
        .join(Drop, Drop.item_id == Item.id)
        .where(*seen)
        .order_by(Drop.id.desc())
        .limit(RECENT_TOPICS)
    ).all()
    items = db.execute(live_items(due.server_id, Filters.from_json(options or {})))
    return [Candidate(row.id, row.topic, asked.get(row.id, 0)) for row in items], list(recent)


def _reveal(db: Session, drop: OpenDrop) -> Reveal:
    answers = db.execute(select(Answer.right, Answer.chosen).where(Answer.drop_id == drop.id)).all()
    counts: list[int] = []
    tempting = None
    draft = drop.question.draft
    if draft["kind"] == "choice" and len(answers) >= DISTRIBUTION_FROM:
        counts = [
            sum(place in (answer.chosen or ()) for answer in answers)
            for place in range(len(draft["options"]))
        ]
        wrong = [
            place for place, option in enumerate(draft["options"]) if not option["right"] and counts[place]
        ]
        tempting = max(wrong, key=lambda place: counts[place], default=None)
    return Reveal(
        drop=drop,
        answered=len(answers),
        right=sum(answer.right is True for answer in answers),
        marked=sum(answer.right is not None for answer in answers),
        distribution=tuple(counts),
        tempting=tempting,
    )
