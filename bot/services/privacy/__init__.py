"""Privacy: everything kept about a person, handed out or erased; and who left, erased seven days later."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import DeletionNotConfirmed, NothingKept
from bot.domain.members import Person
from bot.domain.schedules import Due
from bot.domain.texts import cleaned
from bot.services.members import Leaving, set_listed
from bot.services.privacy import exporting
from bot.services.privacy.erasing import ERASE, PURGE, erase, erase_rest, timer_key
from bot.services.privacy.exporting import Export
from bot.services.privacy.posts import Posted, draw_again, forget_post, posts_of
from bot.services.privacy.traces import MEMBERS, NAMING, NOBODY, PERSONS, column_named, of_server, rare
from bot.services.problems import whose
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Member, Server, Timer

__all__ = ["ERASE", "PURGE", "Export", "Posted", "Privacy", "Shards"]

# A kick may be a mistake, and so may be the bot's.
KEPT_FOR = timedelta(days=7)
ASK_EVERY = timedelta(days=1)
# After an answer that did not come, or a crash.
ASK_AGAIN = timedelta(hours=1)
# Rows of each table in one write, besides one member's, so that nobody else waits long.
ERASED_AT_ONCE = 20
WORD = "delete"


@dataclass(frozen=True, slots=True)
class Shards:
    """Which servers this process hears of: Discord deals them out by their ids."""

    count: int
    ids: frozenset[int]

    def condition(self) -> Any:
        # Divided, not shifted: the engines disagree about a shift's types.
        return (Server.discord_id // 2**22 % self.count).in_(self.ids)


class Privacy:
    """A member's data."""

    def __init__(self, database: Database, clock: Clock, leavings: Collection[Leaving] = ()) -> None:
        self._database = database
        self._clock = clock
        self._leavings = tuple(leavings)

    # --- what somebody asks for

    async def export(self, who: Person) -> Export:
        """Everything about a person on this server. Raises NothingKept."""
        server_id = await self._database.read(lambda db: _server_id(db, who.guild_id))
        if server_id is None:
            raise NothingKept
        sections: dict[str, dict[str, list[Any]]] = {}
        for section, name, query in exporting.reads(server_id, who.discord_id):
            sections.setdefault(section, {})[name] = await self._all(query, who.discord_id)
        many = sum(len(rows) for section in sections.values() for rows in section.values())
        if not many:
            raise NothingKept
        whole = {
            "made_at": self._clock.now().isoformat(),
            "server": {"discord_id": str(who.guild_id), "name": who.guild_name},
            "person": {"discord_id": str(who.discord_id), "name": who.name},
            "left_out": exporting.LEFT_OUT,
            **sections,
        }
        return await asyncio.to_thread(exporting.packed, whole, many)

    async def _all(self, query: Select[Any], discord_id: int) -> list[dict[str, Any]]:
        """A page at a time: a long history would hold up everyone else's presses."""
        rows: list[dict[str, Any]] = []
        while True:
            page = partial(exporting.page, query=query, discord_id=discord_id, after=len(rows))
            found = await self._database.read(page)
            rows += found
            if len(found) < exporting.PAGE:
                return rows

    async def ask_erasure(self, who: Person, typed: str) -> None:
        """Off every board at once; a timer due now erases the rest.

        Raises DeletionNotConfirmed when another word was typed, and NothingKept where nobody knows the server.
        """
        if cleaned(typed).casefold() != WORD:
            raise DeletionNotConfirmed
        now = self._clock.now()

        def work(db: Session) -> None:
            server_id = _server_id(db, who.guild_id)
            if server_id is None:
                raise NothingKept
            member = _member(db, server_id, who.discord_id)
            if member is not None:
                member.left_at = member.left_at or now
                set_listed(db, member.id, False)
                self._go_on_without(db, member.id, now)
            # Also for somebody who never took part: to say that nothing names them would tell of blocks.
            _set(db, ERASE, server_id, who.discord_id, now)

        await self._database.write(work)

    # --- the timers' side

    async def posted(self, due: Due, most: int = 20) -> tuple[Posted, ...]:
        """Messages the bot posted for whom a timer will erase."""
        assert due.subject_id is not None
        discord_id = due.subject_id
        return await self._database.read(lambda db: posts_of(db, due.server_id, discord_id, most))

    async def taken_down(self, posted: Posted) -> None:
        """Note that a message is gone, so that a repeat goes on from there."""
        await self._database.write(lambda db: forget_post(db, posted))

    async def erase(self, due: Due) -> None:
        """Erase whom a timer names, and the timer with them; nothing if another holder did, or they came back."""
        now = self._clock.now()
        assert due.subject_id is not None
        discord_id = due.subject_id

        def work(db: Session) -> None:
            if db.scalar(select(Timer.id).where(*leases.held(Timer, due.id, due.token))) is None:
                return
            member = _member(db, due.server_id, discord_id)
            if due.kind == PURGE and member is not None:
                if member.gone_at is None:
                    db.execute(delete(Timer).where(Timer.id == due.id))
                    return
                if member.gone_at + KEPT_FOR > now:
                    _set(db, PURGE, due.server_id, discord_id, member.gone_at + KEPT_FOR)
                    return
            draw_again(db, due.server_id, discord_id, now)
            erase(db, due.server_id, discord_id)

        await self._database.write(work)

    async def unconfirmed(self, due: Due) -> int | None:
        """The Discord server that must be asked once more before a purge; None when Reps itself has left it."""
        return await self._database.read(
            lambda db: db.scalar(
                select(Server.discord_id).where(Server.id == due.server_id, Server.left_at.is_(None))
            )
        )

    # --- who is still there

    async def next_to_ask(self, shards: Shards) -> int | None:
        """A Discord server of these shards whose people nobody asked for since yesterday, given out for an hour."""
        now = self._clock.now()

        def work(db: Session) -> int | None:
            server = db.scalars(
                select(Server)
                .where(
                    or_(Server.ask_members_at.is_(None), Server.ask_members_at <= now),
                    Server.left_at.is_(None),
                    shards.condition(),
                )
                .order_by(Server.ask_members_at, Server.id)
                .limit(1)
            ).first()
            if server is None:
                return None
            server.ask_members_at = now + ASK_AGAIN
            return server.discord_id

        return await self._database.write(work)

    async def people(self, guild_id: int) -> tuple[int, ...]:
        """Everyone of whom a server keeps something; who was only blocked is not asked for."""
        columns = [
            MEMBERS.c.discord_id,
            *(column_named(name) for name in PERSONS if name not in NAMING),
            column_named("guides.discord_id"),
        ]

        def work(db: Session) -> tuple[int, ...]:
            server_id = _server_id(db, guild_id)
            found: set[int] = set()
            if server_id is None:
                return ()
            for column in columns:
                of_this = of_server(column.table, server_id)
                if rare(column):
                    # Its own index is short, and a large server's is not: an expression keeps SQLite from that one.
                    of_this = column.table.c.server_id + 0 == server_id
                found.update(db.scalars(select(column).where(column > NOBODY, of_this).distinct()))
            return tuple(sorted(found))

        return await self._database.read(work)

    async def asked(self, guild_id: int) -> None:
        """Note that everyone of a server was asked for today."""
        again = self._clock.now() + ASK_EVERY

        def work(db: Session) -> None:
            db.execute(update(Server).where(Server.discord_id == guild_id).values(ask_members_at=again))

        await self._database.write(work)

    async def note(self, guild_id: int, *, here: Collection[int], gone: Collection[int]) -> None:
        """Who was seen is shown as before; who is gone is hidden, and erased in seven days."""
        now = self._clock.now()

        def work(db: Session) -> None:
            server_id = _server_id(db, guild_id)
            if server_id is None:
                return
            for discord_id in gone:
                fresh = _note_gone(db, server_id, discord_id, now)
                if fresh is not None:
                    self._go_on_without(db, fresh, now)
            came_back = db.execute(
                update(Member)
                .where(
                    Member.server_id == server_id,
                    Member.discord_id.in_(here),
                    Member.gone_at.is_not(None),
                )
                .values(gone_at=None)
                .returning(Member.id, Member.shown_as, Member.left_at)
            ).all()
            for member_id, shown_as, left_at in came_back:
                set_listed(db, member_id, left_at is None and shown_as != "hidden")
            db.execute(delete(Timer).where(Timer.key.in_(timer_key(PURGE, server_id, one) for one in here)))

        await self._database.write(work)

    def _go_on_without(self, db: Session, member_id: int, now: datetime) -> None:
        for leave in self._leavings:
            leave(db, member_id, now)

    # --- servers

    async def servers(self, shards: Shards) -> tuple[int, ...]:
        """The Discord servers of these shards that have Reps, as far as Reps knows."""
        return await self._database.read(
            lambda db: tuple(
                db.scalars(select(Server.discord_id).where(Server.left_at.is_(None), shards.condition()))
            )
        )

    async def erase_servers(self) -> int:
        """Erase a slice of each server that removed Reps seven days ago; how many are not wholly erased yet."""
        before = self._clock.now() - KEPT_FOR
        left = await self._database.read(
            lambda db: list(db.scalars(select(Server.id).where(Server.left_at <= before)))
        )
        more = 0
        for server_id in left:
            more += not await self._database.write(partial(_erase_slice, server_id=server_id, before=before))
        return more


def _erase_slice(db: Session, server_id: int, before: datetime) -> bool:
    server = db.get(Server, server_id)
    if server is None or server.left_at is None or server.left_at > before:
        return True
    somebody = db.scalar(select(Member.discord_id).where(Member.server_id == server_id).limit(1))
    if somebody is None:
        return erase_rest(db, server_id, ERASED_AT_ONCE)
    erase(db, server_id, somebody)
    return False


def _note_gone(db: Session, server_id: int, discord_id: int, now: datetime) -> int | None:
    """Hide somebody who is gone, and have them erased in time; the member, where that is news."""
    whose.leave(db, server_id, discord_id)
    member = _member(db, server_id, discord_id)
    if member is None:
        waits = select(Timer.id).where(
            Timer.key == timer_key(PURGE, server_id, discord_id), Timer.state == leases.DUE
        )
        # Nothing else remembers since when.
        if db.scalar(waits) is None:
            _set(db, PURGE, server_id, discord_id, now + KEPT_FOR)
        return None
    news = member.gone_at is None
    member.gone_at = member.gone_at or now
    if news:
        set_listed(db, member.id, False)
    _set(db, PURGE, server_id, discord_id, member.gone_at + KEPT_FOR)
    return member.id if news else None


def _set(db: Session, kind: str, server_id: int, discord_id: int, due_at: datetime) -> None:
    key = timer_key(kind, server_id, discord_id)
    # One that was given up must not stand in the way for ever.
    db.execute(delete(Timer).where(Timer.key == key, Timer.state != leases.DUE))
    set_timer(db, key=key, kind=kind, server_id=server_id, subject_id=discord_id, due_at=due_at)


def _server_id(db: Session, guild_id: int) -> int | None:
    return db.scalar(select(Server.id).where(Server.discord_id == guild_id))


def _member(db: Session, server_id: int, discord_id: int) -> Member | None:
    return db.scalars(
        select(Member).where(Member.server_id == server_id, Member.discord_id == discord_id)
    ).first()
