"""The server's own questions as files: taken out whole, and put in only after an admin has seen what would change."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.orm import Session

from bot.bank.exchange import SUFFIXES, csv_files, json_files, read_file
from bot.bank.intake import Tracks
from bot.bank.markdown import FILE_LIMIT
from bot.clock import Clock
from bot.domain.errors import FileTooLarge, ImportOver, OwnBankFull, WrongFile
from bot.domain.members import Person
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.audit import note
from bot.services.questions import OWN_AT_MOST, Content, own_slug, refuse_full, shelve
from bot.services.rights import require_admin
from bot.storage.database import Database
from bot.storage.tables import BankImport, Item, ItemVersion, Server

IMPORTS_KEPT = timedelta(days=1)
# Files of one server that wait to be decided about; one more takes the place of the oldest.
LOOKED_AT = 3
# Characters of all own items together: five JSON files and five of CSV, and a message takes ten.
TEXT_AT_MOST = 4 * FILE_LIMIT
FILES_AT_MOST = 10
# Few enough that reading them holds up nobody.
PAGE = 200


@dataclass(frozen=True, slots=True)
class Exported:
    """The server's own items, in either format; several files only where one would be too large to import.

    There is no CSV where both would be more files than a message takes.
    """

    items: int
    json: tuple[bytes, ...]
    csv: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would change, told by its items' titles; `seen` changes with what it would do."""

    id: int
    name: str
    seen: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    back: tuple[str, ...]
    unchanged: int
    done: bool = False


class BankFiles:
    """Export and import."""

    def __init__(self, database: Database, clock: Clock, tracks: Tracks) -> None:
        self._database = database
        self._clock = clock
        self._tracks = tracks

    async def export(self, who: Person) -> Exported:
        """The server's own items that are asked, in the order of their ids. Raises SetupNotAllowed."""
        require_admin(who)
        texts: list[str] = []
        after = ""
        while page := await self._database.read(lambda db, after=after: _page(db, who, after)):  # type: ignore[misc]
            texts += [body for _, body in page]
            after = page[-1][0]
        return await asyncio.to_thread(_exported, texts)

    def may_import(self, who: Person, name: str, size: int) -> None:
        """Raises SetupNotAllowed, WrongFile or FileTooLarge before a file of `size` bytes is even downloaded."""
        require_admin(who)
        if not name.lower().endswith(SUFFIXES):
            raise WrongFile
        if size > FILE_LIMIT:
            raise FileTooLarge(FILE_LIMIT)

    async def propose(self, who: Person, name: str, data: bytes) -> Plan:
        """Read a file and keep what it would change for the admin to look at; nothing changes yet.

        Raises BankInvalid with every problem, and what `may_import` and `refuse_full` raise.
        """
        self.may_import(who, name, len(data))
        now = self._clock.now()
        items = await asyncio.to_thread(self._read, name, data)
        kept_name = cleaned(name)[:100]

        def work(db: Session) -> Plan:
            server = members.server_row(db, who, now)
            row = BankImport(
                server_id=server.id, name=kept_name, items=items, drafted_by=who.discord_id, drafted_at=now
            )
            plan = _plan(db, row)
            db.add(row)
            db.flush()
            # A file can be a whole mebibyte, and nothing else keeps anybody from sending another.
            here = BankImport.server_id == server.id
            latest = select(BankImport.id).where(here).order_by(BankImport.id.desc()).limit(LOOKED_AT)
            db.execute(delete(BankImport).where(here, BankImport.id.not_in(latest)))
            return _numbered(plan, row)

        return await self._database.write(work)

    async def carry_out(self, who: Person, import_id: int, seen: str) -> Plan:
        """Do what was shown, once; a plan that is not `done` says what would change now that the bank is another.

        Raises SetupNotAllowed, ImportOver, OwnBankFull.
        """
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> Plan:
            row = _waiting(db, who, import_id)
            plan = _numbered(_plan(db, row), row)
            if plan.seen != seen:
                return plan
            shelve(db, _contents(row), row.server_id, now)
            db.delete(row)
            counts = f"{len(plan.new)} new, {len(plan.changed)} changed, {len(plan.back)} back: {row.name}"
            note(db, row.server_id, who, "bank.import", f"import:{row.id}", now, counts)
            return _numbered(plan, row, done=True)

        return await self._database.write(work)

    async def discard(self, who: Person, import_id: int) -> None:
        """Forget a file that was looked at. Raises SetupNotAllowed, ImportOver."""
        require_admin(who)
        await self._database.write(lambda db: db.delete(_waiting(db, who, import_id)))

    async def sweep(self) -> None:
        """Let go of what nobody decided about for a day."""
        before = self._clock.now() - IMPORTS_KEPT
        await self._database.write(
            lambda db: db.execute(delete(BankImport).where(BankImport.drafted_at < before))
        )

    def _read(self, name: str, data: bytes) -> list[list[Any]]:
        contents = map(Content.of, read_file(name, data, self._tracks))
        return [[content.digest, content.body] for content in contents]


def _page(db: Session, who: Person, after: str) -> list[tuple[str, str]]:
    # As text: taking all those documents apart is left to a thread.
    rows = db.execute(
        select(Item.slug, cast(ItemVersion.body, Text).label("body"))
        .join(ItemVersion, (ItemVersion.item_id == Item.id) & (ItemVersion.content_hash == Item.content_hash))
        .join(Server, Server.id == Item.server_id)
        .where(Server.discord_id == who.guild_id, Item.retired_at.is_(None), Item.slug > after)
        .order_by(Item.slug)
        .limit(PAGE)
    )
    return [(row.slug, row.body) for row in rows]


def _exported(texts: Iterable[str]) -> Exported:
    bodies = [json.loads(text) for text in texts]
    as_json, as_csv = json_files(bodies), csv_files(bodies)
    fits = len(as_json) + len(as_csv) <= FILES_AT_MOST
    return Exported(len(bodies), tuple(as_json), tuple(as_csv) if fits else ())


def _contents(row: BankImport) -> dict[str, Content]:
    return {own_slug(row.server_id, body["id"]): Content(digest, body) for digest, body in row.items}


def _plan(db: Session, row: BankImport) -> Plan:
    """What an import would change right now. Raises OwnBankFull."""
    contents = _contents(row)
    known = {
        item.slug: item
        for item in db.execute(
            select(Item.slug, Item.content_hash, Item.retired_at).where(Item.server_id == row.server_id)
        )
    }
    new: list[str] = []
    changed: list[str] = []
    back: list[str] = []
    found: list[tuple[str, str | None]] = []
    for slug, content in contents.items():
        item = known.get(slug)
        if item is not None and item.retired_at is None and item.content_hash == content.digest:
            continue
        kind = new if item is None else changed if item.retired_at is None else back
        kind.append(content.body["title"])
        found.append((slug, item.content_hash if item is not None else None))
    refuse_full(db, row.server_id, coming=len(new))
    length = func.coalesce(func.sum(func.length(cast(ItemVersion.body, Text))), 0)
    others = db.scalar(
        select(length)
        .join(Item, (Item.id == ItemVersion.item_id) & (Item.content_hash == ItemVersion.content_hash))
        .where(Item.server_id == row.server_id, Item.slug.not_in(contents))
    )
    if (others or 0) + sum(len(json.dumps(content.body)) for content in contents.values()) > TEXT_AT_MOST:
        raise OwnBankFull(OWN_AT_MOST)
    seen = hashlib.sha256(json.dumps([found, back]).encode()).hexdigest()[:8]
    return Plan(0, row.name, seen, tuple(new), tuple(changed), tuple(back), len(contents) - len(found))


def _numbered(plan: Plan, row: BankImport, *, done: bool = False) -> Plan:
    return replace(plan, id=row.id, done=done)


def _waiting(db: Session, who: Person, import_id: int) -> BankImport:
    row = db.scalars(
        select(BankImport)
        .join(Server, Server.id == BankImport.server_id)
        .where(BankImport.id == import_id, Server.discord_id == who.guild_id)
    ).first()
    if row is None:
        raise ImportOver
    return row
