"""Questions: the bank in the database, and finding something in it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from bot.bank.drafts import content_hash
from bot.bank.loader import Bank
from bot.clock import Clock
from bot.domain.drops import ANSWERABLE, RAMPS, Filters, Question
from bot.domain.errors import NothingFound
from bot.domain.members import Person
from bot.domain.texts import cleaned, escaped
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Drop, Item, ItemVersion, Server
from bot.storage.upsert import insert_into

FOUND_AT_MOST = 10


def live_items(server_id: int | None, filters: Filters) -> Select[int, str]:
    """Items that may be asked: not retired, not kept for readiness tests, and what the filters say."""
    easiest, hardest = RAMPS[filters.ramp]
    query = select(Item.id, Item.topic).where(
        Item.retired_at.is_(None),
        Item.reserved.is_(False),
        Item.kind.in_([kind for kind in filters.kinds if kind in ANSWERABLE]),
        Item.difficulty.between(easiest, hardest),
        or_(Item.server_id.is_(None), Item.server_id == server_id),
    )
    if filters.track in ("ds", "mle"):
        query = query.where(Item.track.in_((filters.track, "both")))
    if filters.topics:
        query = query.where(Item.topic.in_(filters.topics))
    return query


def not_open(server_id: int | None) -> ColumnElement[bool]:
    """That an item is not a question still open in this server: practice would give its answer away."""
    return Item.id.not_in(
        select(Drop.item_id)
        .join(Delivery, Delivery.id == Drop.delivery_id)
        .where(Drop.server_id == server_id, Drop.revealed_at.is_(None), Delivery.state != leases.MISSED)
    )


class Questions:
    """The bank: kept in step with its files, searched by members."""

    def __init__(self, database: Database, clock: Clock, topic_names: Mapping[str, str]) -> None:
        self._database = database
        self._clock = clock
        self._topic_names = topic_names

    def topic_name(self, topic: str) -> str:
        """A topic's name as members read it."""
        return self._topic_names.get(topic, topic)

    @property
    def topics(self) -> Mapping[str, str]:
        """Every topic's id and name, in the bank's order."""
        return self._topic_names

    async def sync(self, bank: Bank) -> tuple[int, int, int]:
        """Bring the database in step with the files: how many items came, changed and retired.

        An edited item gets a new version and keeps its history; one whose file is gone is retired, not
        deleted, and comes back with its history when the file does.
        """
        now = self._clock.now()
        drafts = {draft.id: (draft, content_hash(draft)) for draft in bank.drafts}

        def work(db: Session) -> tuple[int, int, int]:
            known = {item.slug: item for item in db.scalars(select(Item).where(Item.server_id.is_(None)))}
            came = changed = 0
            for slug, (draft, digest) in drafts.items():
                item = known.get(slug)
                if item is not None and item.content_hash == digest and item.retired_at is None:
                    continue
                if item is None:
                    item = Item(slug=slug, server_id=None, added_at=now)
                    db.add(item)
                    came += 1
                else:
                    changed += 1
                item.kind, item.topic, item.track = draft.kind, draft.topic, draft.track
                item.difficulty, item.title, item.reserved = draft.difficulty, draft.title, draft.reserved
                item.content_hash, item.retired_at = digest, None
                db.flush()
                db.execute(
                    insert_into(db, ItemVersion)
                    .values(
                        item_id=item.id,
                        content_hash=digest,
                        body=draft.model_dump(mode="json"),
                        created_at=now,
                    )
                    .on_conflict_do_nothing()
                )
            gone = [item.id for slug, item in known.items() if slug not in drafts and item.retired_at is None]
            db.execute(update(Item).where(Item.id.in_(gone)).values(retired_at=now))
            return came, changed, len(gone)

        return await self._database.write(work)

    async def search(self, who: Person, text: str) -> tuple[Question, ...]:
        """Questions whose title or topic holds every word of `text`, without those open as a daily one.

        Raises NothingFound.
        """
        words = cleaned(text).casefold().split()[:5]

        def work(db: Session) -> tuple[Question, ...]:
            server_id = db.scalar(select(Server.id).where(Server.discord_id == who.guild_id))
            topics = [
                [topic for topic, name in self._topic_names.items() if word in f"{topic} {name}".casefold()]
                for word in words
            ]
            query = live_items(server_id, Filters(kinds=ANSWERABLE)).where(not_open(server_id))
            for word, matching in zip(words, topics, strict=True):
                query = query.where(
                    or_(func.lower(Item.title).contains(word, autoescape=True), Item.topic.in_(matching))
                )
            ids = (
                [row.id for row in db.execute(query.order_by(Item.title).limit(FOUND_AT_MOST))]
                if words
                else []
            )
            return questions_of(db, ids, self._topic_names)

        found = await self._database.read(work)
        if not found:
            raise NothingFound(escaped(text[:60]))
        return found


def questions_of(db: Session, item_ids: Sequence[int], names: Mapping[str, str]) -> tuple[Question, ...]:
    """The current versions of items, in the order given."""
    rows = {
        version.item_id: version
        for version in db.scalars(
            select(ItemVersion)
            .join(Item, (Item.id == ItemVersion.item_id) & (Item.content_hash == ItemVersion.content_hash))
            .where(Item.id.in_(item_ids))
        )
    }
    return tuple(as_question(rows[item_id], names) for item_id in item_ids if item_id in rows)


def question_of(db: Session, version_id: int, names: Mapping[str, str]) -> Question:
    """One version of an item, as it was when asked."""
    return as_question(db.get_one(ItemVersion, version_id), names)


def as_question(version: ItemVersion, names: Mapping[str, str]) -> Question:
    """A version's readout."""
    return Question(version.item_id, version.id, version.body, names.get(version.body["topic"], ""))
