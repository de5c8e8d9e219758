"""Rooms: which threads and voice channels the bot opened, so that none is left behind."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.storage.database import Database
from bot.storage.tables import Room
from bot.storage.upsert import insert_into


@dataclass(frozen=True, slots=True)
class Left:
    """A room whose time is over and which nobody closed."""

    id: int
    kind: str
    discord_id: int | None


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
    """Remember a room before or after it is made; the same key is the same room."""
    insert = insert_into(db, Room)
    db.execute(
        insert.values(
            key=key, server_id=server_id, kind=kind, discord_id=discord_id, opened_at=now, close_by=close_by
        ).on_conflict_do_update(
            index_elements=["key"],
            set_={"discord_id": func.coalesce(insert.excluded.discord_id, Room.discord_id)},
        )
    )


class Rooms:
    """The register of rooms, read by the janitor."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

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
            lambda db: db.execute(update(Room).where(Room.id == room_id).values(closed_at=now)) and None
        )
