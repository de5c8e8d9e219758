"""Questions: the bank in the database, and finding something in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot.bank.drafts import Draft, content_hash
from bot.bank.loader import Bank
from bot.clock import Clock
from bot.domain.drops import ANSWERABLE, RAMPS, Filters, Question
from bot.domain.errors import NothingFound, OwnBankFull
from bot.domain.members import Person
from bot.domain.texts import cleaned, escaped
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Drop, Item, ItemReport, ItemVersion, Server
from bot.storage.upsert import insert_into

FOUND_AT_MOST = 10
# What an item is chosen and listed by stands in columns of its own.
SHOWN_BY = ("kind", "topic", "track", "difficulty", "title", "reserved")
# Of one server's own items, retired ones too; a round number no study group needs.
OWN_AT_MOST = 5_000
# So many members who report an item, each for themselves, are hardly all mistaken.
DOUBTED_FROM = 3


@dataclass(frozen=True, slots=True)
class Content:
    """What an item says, as it is stored, and the hash that tells two apart."""

    digest: str
    body: Mapping[str, Any]

    @classmethod
    def of(cls, draft: Draft) -> Self:
        return cls(content_hash(draft), draft.model_dump(mode="json"))


def shelve(
    db: Session, contents: Mapping[str, Content], server_id: int | None, now: datetime
) -> tuple[int, int]:
    """Bring items, by their slugs, to these contents, a new version for each that changed; how many came and changed.

    One that was retired comes back. Items that are not named stay as they are.
    """
    query = select(Item.slug, Item.content_hash, Item.retired_at).where(Item.slug.in_(contents))
    known = {row.slug: row for row in db.execute(query)}
    touched = {
        slug: content
        for slug, content in contents.items()
        if slug not in known
        or known[slug].content_hash != content.digest
        or known[slug].retired_at is not None
    }
    if not touched:
        return 0, 0
    # Thousands may come at once, and every other write waits: Core, not the ORM.
    connection = db.connection()
    insert = insert_into(db, Item)
    kept = {name: insert.excluded[name] for name in (*SHOWN_BY, "content_hash", "retired_at")}
    connection.execute(
        insert.on_conflict_do_update(index_elements=["slug"], set_=kept),
        [
            {name: one.body[name] for name in SHOWN_BY}
            | {"slug": slug, "server_id": server_id, "added_at": now}
            | {"content_hash": one.digest, "retired_at": None}
            for slug, one in touched.items()
        ],
    )
    ids = {row.slug: row.id for row in db.execute(select(Item.slug, Item.id).where(Item.slug.in_(touched)))}
    connection.execute(
        insert_into(db, ItemVersion).on_conflict_do_nothing(),
        [
            {"item_id": ids[slug], "content_hash": one.digest, "body": one.body, "created_at": now}
            for slug, one in touched.items()
        ],
    )
    came = len(touched.keys() - known.keys())
    return came, len(touched) - came


def own_slug(server_id: int, name: str) -> str:
    """How an item of a server's own is called in the whole bank; no file's id holds a colon."""
    return f"{server_id}:{name}"


def taken(db: Session, slug: str) -> bool:
    """Whether an item of this slug is there, retired ones too."""
    return db.scalar(select(Item.id).where(Item.slug == slug)) is not None


def refuse_full(db: Session, server_id: int, *, coming: int) -> None:
    """Raises OwnBankFull when a server's own bank cannot take so many more items."""
    query = select(func.count()).select_from(Item).where(Item.server_id == server_id)
    if (db.scalar(query) or 0) + coming > OWN_AT_MOST:
        raise OwnBankFull(OWN_AT_MOST)


def live_items(server_id: int | None, filters: Filters) -> Select[int, str]:
    """Items that may be asked: not retired, not doubted, not kept for readiness tests, and what the filters say."""
    easiest, hardest = RAMPS[filters.ramp]
    query = select(Item.id, Item.topic).where(
        live(server_id),
        Item.kind.in_([kind for kind in filters.kinds if kind in ANSWERABLE]),
        Item.difficulty.between(easiest, hardest),
    )
    if filters.track in ("ds", "mle"):
        query = query.where(Item.track.in_((filters.track, "both")))
    if filters.topics:
        query = query.where(Item.topic.in_(filters.topics))
    return query


def live(server_id: int | None) -> ColumnElement[bool]:
    """That an item is used here: the bank's or this server's, not retired, not doubted, not kept for tests."""
    return and_(
        Item.retired_at.is_(None),
        Item.reserved.is_(False),
        or_(Item.server_id.is_(None), Item.server_id == server_id),
        Item.id.not_in(doubted(server_id)),
    )


def doubted(server_id: int | None) -> Select[int]:
    """Items that enough of a server's members have reported: not asked there until a guide has looked."""
    return (
        select(ItemReport.item_id)
        .where(ItemReport.server_id == server_id, ItemReport.closed_at.is_(None))
        .group_by(ItemReport.item_id)
        .having(func.count() >= DOUBTED_FROM)
    )


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
        contents = {draft.id: Content.of(draft) for draft in bank.drafts}

        def work(db: Session) -> tuple[int, int, int]:
            came, changed = shelve(db, contents, None, now)
            known = db.execute(
                select(Item.id, Item.slug).where(Item.server_id.is_(None), Item.retired_at.is_(None))
            )
            gone = [row.id for row in known if row.slug not in contents]
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
