"""Reports about items: what members say is wrong with a question, and what guides do about it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from bot.bank.forms import draft_from
from bot.bank.intake import Tracks
from bot.clock import Clock
from bot.domain.drops import Question
from bot.domain.errors import NoReason, NothingToReport, NotOwnItem, OutOfDate
from bot.domain.members import Person
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.audit import note
from bot.services.questions import Content, doubted, questions_of, shelve
from bot.services.rights import require_guide
from bot.storage.database import Database
from bot.storage.tables import Answer, Item, ItemReport, ItemTally, Member, Server
from bot.storage.upsert import insert_into

REASON_LIMIT = 1000
REPORTABLE = 25


@dataclass(frozen=True, slots=True)
class Complaint:
    """One member's report of an item."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """An item with open reports, as guides see it; `right` of `answered` counts everyone who ever answered."""

    question: Question
    own: bool
    answered: int
    right: int
    complaints: tuple[Complaint, ...]
    skipped: bool
    waiting: int


class ItemReports:
    """From *Something wrong?* to a guide's word."""

    def __init__(
        self, database: Database, clock: Clock, topic_names: Mapping[str, str], tracks: Tracks
    ) -> None:
        self._database = database
        self._clock = clock
        self._names = topic_names
        self._tracks = tracks

    async def reportable(self, who: Person) -> tuple[tuple[int, str], ...]:
        """The items this person answered last, newest first, with their titles."""

        def work(db: Session) -> tuple[tuple[int, str], ...]:
            latest = func.max(Answer.answered_at)
            rows = db.execute(
                select(Item.id, Item.title)
                .join(Answer, Answer.item_id == Item.id)
                .join(Member, Member.id == Answer.member_id)
                .join(Server, Server.id == Member.server_id)
                .where(
                    Server.discord_id == who.guild_id,
                    Member.discord_id == who.discord_id,
                    Answer.answered_at.is_not(None),
                )
                .group_by(Item.id, Item.title)
                .order_by(latest.desc())
                .limit(REPORTABLE)
            )
            return tuple((row.id, row.title) for row in rows)

        return await self._database.read(work)

    async def report(self, who: Person, item_id: int, reason: str) -> None:
        """Say what is wrong with an item one has answered; saying it again replaces what was said.

        Raises NoReason, NothingToReport.
        """
        now = self._clock.now()
        kept = cleaned(reason)[:REASON_LIMIT]
        if not kept:
            raise NoReason

        def work(db: Session) -> None:
            present = members.require(db, who)
            answered = select(Answer.id).where(
                Answer.member_id == present.member_id,
                Answer.item_id == item_id,
                Answer.answered_at.is_not(None),
            )
            if db.scalar(answered.limit(1)) is None:
                raise NothingToReport
            values = {"reason": kept, "at": now, "closed_at": None}
            db.execute(
                insert_into(db, ItemReport)
                .values(server_id=present.server_id, item_id=item_id, member_id=present.member_id, **values)
                .on_conflict_do_update(index_elements=["item_id", "member_id"], set_=values)
            )

        await self._database.write(work)

    # --- guides

    async def review(self, who: Person, after: int = 0) -> Reported | None:
        """The next item with open reports, by its number, or None. Raises GuidesOnly."""

        def work(db: Session) -> Reported | None:
            require_guide(db, who)
            item_id = db.scalar(
                _open(who).where(ItemReport.item_id > after).order_by(ItemReport.item_id).limit(1)
            )
            return self._reported(db, who, item_id) if item_id is not None else None

        return await self._database.read(work)

    async def opened(self, who: Person, item_id: int) -> Question:
        """One of the server's own items, to be changed; one indexed read. Raises GuidesOnly, NotOwnItem."""

        def work(db: Session) -> Question:
            _own(db, who, item_id)
            return questions_of(db, [item_id], self._names)[0]

        return await self._database.read(work)

    async def edit(self, who: Person, item_id: int, fields: Mapping[str, str]) -> None:
        """Change one of the server's own items; its reports are closed. Raises as `opened`, and BankInvalid."""
        now = self._clock.now()
        before = (await self.opened(who, item_id)).draft
        content = await asyncio.to_thread(
            lambda: Content.of(
                draft_from(
                    before["kind"], before["topic"], fields, self._tracks, id=before["id"], before=before
                )
            )
        )

        def work(db: Session) -> None:
            item = _own(db, who, item_id)
            if questions_of(db, [item_id], self._names)[0].draft != before:
                raise OutOfDate
            if item.retired_at is None:
                shelve(db, {item.slug: content}, item.server_id, now)
            _close(db, who, item_id, now, "item.edit")

        await self._database.write(work)

    async def retire(self, who: Person, item_id: int) -> None:
        """Ask one of the server's own items no more; its history stays. Raises GuidesOnly, NotOwnItem."""
        now = self._clock.now()

        def work(db: Session) -> None:
            item = _own(db, who, item_id)
            if item.retired_at is not None:
                raise OutOfDate
            item.retired_at = now
            _close(db, who, item_id, now, "item.retire")

        await self._database.write(work)

    async def close(self, who: Person, item_id: int, reason: str) -> None:
        """Close an item's reports on this server: it is asked as before. Raises NoReason, OutOfDate."""
        now = self._clock.now()
        kept = cleaned(reason)[:REASON_LIMIT]
        if not kept:
            raise NoReason

        def work(db: Session) -> None:
            require_guide(db, who)
            if not _close(db, who, item_id, now, "item.reports", kept):
                raise OutOfDate

        await self._database.write(work)

    def _reported(self, db: Session, who: Person, item_id: int) -> Reported:
        item = db.get_one(Item, item_id)
        complaints = db.execute(
            select(Member.display_name, ItemReport.reason, ItemReport.at, ItemReport.server_id)
            .join(Member, Member.id == ItemReport.member_id)
            .join(Server, Server.id == ItemReport.server_id)
            .where(
                Server.discord_id == who.guild_id,
                ItemReport.item_id == item_id,
                ItemReport.closed_at.is_(None),
            )
            .order_by(ItemReport.at)
        ).all()
        counted = db.execute(
            select(func.count(), func.count().filter(Answer.right.is_(True))).where(
                Answer.item_id == item_id, Answer.right.is_not(None)
            )
        ).one()
        erased = db.get(ItemTally, item_id)
        return Reported(
            question=questions_of(db, [item_id], self._names)[0],
            own=item.server_id is not None,
            answered=counted[0] + (erased.answered if erased else 0),
            right=counted[1] + (erased.right if erased else 0),
            complaints=tuple(Complaint(row.display_name, row.reason, row.at) for row in complaints),
            skipped=item_id in db.scalars(doubted(complaints[0].server_id)).all(),
            waiting=count_reported(db, complaints[0].server_id),
        )


def count_reported(db: Session, server_id: int) -> int:
    """How many items have reports that wait for a server's guides."""
    query = select(func.count(ItemReport.item_id.distinct())).where(
        ItemReport.server_id == server_id, ItemReport.closed_at.is_(None)
    )
    return db.scalar(query) or 0


def _open(who: Person) -> Select[int]:
    return (
        select(ItemReport.item_id)
        .join(Server, Server.id == ItemReport.server_id)
        .where(Server.discord_id == who.guild_id, ItemReport.closed_at.is_(None))
    )


def _own(db: Session, who: Person, item_id: int) -> Item:
    require_guide(db, who)
    item = db.scalars(
        select(Item)
        .join(Server, Server.id == Item.server_id)
        .where(Item.id == item_id, Server.discord_id == who.guild_id)
    ).first()
    if item is None:
        raise NotOwnItem
    return item


def _close(db: Session, who: Person, item_id: int, now: datetime, action: str, reason: str = "") -> int:
    """Close an item's open reports on this server and note why; how many there were."""
    server_id = db.scalar(select(Server.id).where(Server.discord_id == who.guild_id))
    assert server_id is not None
    closed = db.scalars(
        update(ItemReport)
        .where(
            ItemReport.server_id == server_id, ItemReport.item_id == item_id, ItemReport.closed_at.is_(None)
        )
        .values(closed_at=now)
        .returning(ItemReport.id)
    ).all()
    note(db, server_id, who, action, f"item:{item_id}", now, reason)
    return len(closed)
