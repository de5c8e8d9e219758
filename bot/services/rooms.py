"""Rooms: which threads and voice channels the bot opened, so that none is left behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.schedules import Due
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.queries.leases import held
from bot.storage.tables import Room, Server, Timer
from bot.storage.upsert import insert_into

EMPTY: Final = "room.empty"
# A voice room nobody has come to, one that the last has left, and one with people in it is looked at after so long.
AT_FIRST, EMPTIED, PEOPLED = timedelta(minutes=10), timedelta(minutes=2), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Left:
    """A room whose time is over and which nobody closed."""

    id: int
    kind: str
    discord_id: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An open room, and the server it is in; `over` when its time is."""

    id: int
    key: str
    kind: str
    guild_id: int
    discord_id: int | None
    over: bool


def keep(
    db: Session,
    *,
    key: str,
    server_id: int,
    kind: str,
    discord_id: int | None,
    now: datetime,
    close_by: datetime,
) -> None:
    """Remember a room before or after it is made; the same key is the same room, open again if it was closed.

    A voice room is closed when it is empty, and every room at `close_by`.
    """
    insert = insert_into(db, Room)
    values: dict[str, Any] = {"opened_at": now, "close_by": close_by, "closed_at": None}
    room_id = db.scalars(
        insert.values(key=key, server_id=server_id, kind=kind, discord_id=discord_id, **values)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"discord_id": func.coalesce(insert.excluded.discord_id, Room.discord_id), **values},
        )
        .returning(Room.id)
    ).one()
    if kind == "voice" and discord_id is not None:
        _look(db, room_id, server_id, discord_id, now + AT_FIRST)


def leave(db: Session, key: str, now: datetime) -> None:
    """Have a room closed at once, whoever is in it."""
    for room in db.scalars(select(Room).where(Room.key == key, Room.closed_at.is_(None))):
        room.close_by = min(room.close_by, now)
        set_timer(
            db,
            key=f"room:{room.id}:{now.isoformat()}",
            kind=EMPTY,
            server_id=room.server_id,
            subject_id=room.id,
            due_at=now,
        )


def empty(db: Session, key: str, now: datetime) -> None:
    """Have a voice room closed as soon as nobody is in it."""
    for room in db.scalars(select(Room).where(Room.key == key, Room.closed_at.is_(None))):
        if room.discord_id is not None:
            _look(db, room.id, room.server_id, room.discord_id, now)


def whereabouts(db: Session, key: str) -> int | None:
    """Discord's id of an open room; None when it is closed, or not there yet."""
    return db.scalar(select(Room.discord_id).where(Room.key == key, Room.closed_at.is_(None)))


class Rooms:
    """The register of rooms, read by the janitor and by the client, which sees people come and go."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def is_open(self, key: str) -> bool:
        """Whether a room is there: neither closed nor deleted by hand."""
        return await self._database.read(lambda db: whereabouts(db, key)) is not None

    async def put_away(self, key: str) -> bool:
        """Whether a room was there and is closed."""
        closed = exists().where(Room.key == key, Room.closed_at.is_not(None))
        return bool(await self._database.read(lambda db: db.scalar(select(closed))))

    async def at(self, discord_id: int) -> Kept | None:
        """The open room that is this thread or voice channel."""
        return await self._kept(Room.discord_id == discord_id)

    async def known(self, room_id: int) -> Kept | None:
        """A room by its number, unless it is closed."""
        return await self._kept(Room.id == room_id)

    async def overdue(self, most: int = 50) -> tuple[Left, ...]:
        """Rooms that should be closed by now and are not."""
        now = self._clock.now()

        def work(db: Session) -> tuple[Left, ...]:
            rows = db.execute(
                select(Room.id, Room.kind, Room.discord_id)
                .where(Room.closed_at.is_(None), Room.close_by <= now)
                .order_by(Room.close_by)
                .limit(most)
            )
            return tuple(Left(*row) for row in rows)

        return await self._database.read(work)

    async def closed(self, room_id: int) -> None:
        """Note that a room is gone."""
        now = self._clock.now()
        await self._database.write(
            lambda db: (
                db.execute(
                    update(Room).where(Room.id == room_id, Room.closed_at.is_(None)).values(closed_at=now)
                )
                and None
            )
        )

    async def gone(self, discord_id: int) -> str | None:
        """Note that somebody deleted a thread or voice channel; the room's key if it was open."""
        now = self._clock.now()

        def work(db: Session) -> str | None:
            return db.scalar(
                update(Room)
                .where(Room.closed_at.is_(None), Room.discord_id == discord_id)
                .values(closed_at=now)
                .returning(Room.key)
            )

        return await self._database.write(work)

    async def peopled(self, discord_id: int, *, empty: bool) -> None:
        """Somebody came into a voice channel or left it: if it is a room, it is looked at when it may be closed."""
        if await self.at(discord_id) is None:
            return
        due_at = self._clock.now() + (EMPTIED if empty else PEOPLED)

        def work(db: Session) -> None:
            room = db.scalars(
                select(Room).where(Room.closed_at.is_(None), Room.discord_id == discord_id)
            ).first()
            if room is not None:
                _look(db, room.id, room.server_id, discord_id, due_at)

        await self._database.write(work)

    async def look_again(self, due: Due, wait: timedelta = PEOPLED) -> None:
        """Put a look at a room off, unless somebody coming or leaving has meanwhile set another time for it."""
        at = self._clock.now() + wait

        def work(db: Session) -> None:
            db.execute(
                update(Timer)
                .where(*held(Timer, due.id, due.token), Timer.due_at == due.due_at)
                .values(due_at=at, claimed_until=None, attempts=0, first_attempt_at=None)
            )

        await self._database.write(work)

    async def _kept(self, which: ColumnElement[bool]) -> Kept | None:
        now = self._clock.now()

        def work(db: Session) -> Kept | None:
            row = db.execute(
                select(Room, Server.discord_id)
                .join(Server, Server.id == Room.server_id)
                .where(Room.closed_at.is_(None), which)
            ).first()
            if row is None:
                return None
            room, guild_id = row
            return Kept(room.id, room.key, room.kind, guild_id, room.discord_id, room.close_by <= now)

        return await self._database.read(work)


def _look(db: Session, room_id: int, server_id: int, discord_id: int, at: datetime) -> None:
    """Set the time at which a voice room is looked at next."""
    set_timer(db, key=f"room:{discord_id}", kind=EMPTY, server_id=server_id, subject_id=room_id, due_at=at)
