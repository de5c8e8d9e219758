"""Duties' heartbeats, and the small facts the bot remembers about itself."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.storage.database import Database
from bot.storage.tables import Fact, Heartbeat
from bot.storage.upsert import insert_into

# Two missed beats are a fault; one may be a slow round.
BEATS_MISSED = 2


@dataclass(frozen=True, slots=True)
class Silent:
    """A duty that should have reported by now."""

    worker: str
    duty: str
    seconds: int


class Duties:
    """Who last reported when."""

    def __init__(self, database: Database, clock: Clock, worker: str) -> None:
        self._database = database
        self._clock = clock
        self.worker = worker
        # In a container the worker's name outlives the process; its time away is no missed beat.
        self._since = clock.now()
        self._expected: dict[str, timedelta] = {}

    def expect(self, duty: str, every: timedelta) -> None:
        """Say that a duty will report from now on, so that one stuck in its first round is noticed too."""
        self._expected[duty] = every

    async def beat(self, duty: str, every: timedelta, *, failures: int) -> None:
        """Report that a duty ran its round, and how many rounds in a row have failed."""
        values = {
            "beat_at": self._clock.now(),
            "every_seconds": max(1, int(every.total_seconds())),
            "failures": failures,
        }

        def work(db: Session) -> None:
            db.execute(
                insert_into(db, Heartbeat)
                .values(worker=self.worker, duty=duty, **values)
                .on_conflict_do_update(index_elements=["worker", "duty"], set_=values)
            )

        await self._database.write(work)

    async def silent(self) -> tuple[Silent, ...]:
        """This worker's duties that missed two beats, or fail every time."""
        now = self._clock.now()

        def work(db: Session) -> tuple[Silent, ...]:
            rows = {
                row.duty: row for row in db.scalars(select(Heartbeat).where(Heartbeat.worker == self.worker))
            }
            found = []
            for duty in sorted(rows.keys() | self._expected.keys()):
                row = rows.get(duty)
                beat_at = max(row.beat_at, self._since) if row else self._since
                every = self._expected.get(duty) or timedelta(seconds=row.every_seconds if row else 0)
                failing = row is not None and row.failures >= BEATS_MISSED and row.beat_at >= self._since
                if failing or now - beat_at > every * BEATS_MISSED:
                    found.append(Silent(self.worker, duty, int((now - beat_at).total_seconds())))
            return tuple(found)

        return await self._database.read(work)

    async def fact(self, name: str) -> str | None:
        """A remembered value."""
        return await self._database.read(lambda db: db.scalar(select(Fact.value).where(Fact.name == name)))

    async def remember(self, name: str, value: str) -> None:
        """Remember a value under a name."""

        def work(db: Session) -> None:
            db.execute(
                insert_into(db, Fact)
                .values(name=name, value=value)
                .on_conflict_do_update(index_elements=["name"], set_={"value": value})
            )

        await self._database.write(work)
