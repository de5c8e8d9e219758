"""Troubles: what the staff was told does not work, so that each trouble is told once."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.schedules import Due, Setup
from bot.domain.troubles import added, is_told, source_of, without
from bot.services.deliveries import Missed
from bot.services.setup import setup_of
from bot.storage.database import Database
from bot.storage.tables import Server


@dataclass(frozen=True, slots=True)
class Untold:
    """Misses the staff has not heard of, and the server's set-up, which says who should."""

    setup: Setup
    missed: tuple[Missed, ...]


class Troubles:
    """Each server's memory of what it was told."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def untold(self, server_id: int, missed: Iterable[Missed]) -> Untold:
        """Those misses of a server that are news to its staff."""
        now = self._clock.now()

        def work(db: Session) -> Untold:
            server = db.get_one(Server, server_id)
            news = tuple(
                one for one in missed if not is_told(server.trouble_told, source_of(one.due), one.news)
            )
            return Untold(setup_of(db, server, now), news)

        return await self._database.read(work)

    async def told(self, server_id: int, missed: Iterable[Missed]) -> None:
        """Remember that the staff was told of these."""

        def work(db: Session) -> None:
            server = db.get_one(Server, server_id)
            for one in missed:
                server.trouble_told = added(server.trouble_told, source_of(one.due), one.news)

        await self._database.write(work)

    async def over(self, due: Due) -> None:
        """It went out: the next trouble of its kind is news again."""

        def work(db: Session) -> None:
            server = db.get_one(Server, due.server_id)
            server.trouble_told = without(server.trouble_told, source_of(due))

        await self._database.write(work)
