"""Duties' heartbeats, and the small facts the bot remembers about itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.storage.database import Database
from bot.storage.tables import Fact, Heartbeat
from bot.storage.upsert import insert_into

# Two missed beats are a fault; one may be a slow round.
BEATS_MISSED = 2


@dataclass(frozen=True, slots=True)
class Beat:
    """How one duty of this worker does: when it last reported, and how many rounds in a row failed.

    `seconds` have gone by since it reported, or since the start; `silent` when that is too long.
    """

    duty: str
    at: datetime | None
    seconds: int
    failures: int
    silent: bool

    @property
    def failing(self) -> bool:
        """Whether it fails every time."""
        return self.failures >= BEATS_MISSED


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be looked up about the memory and the duties; bytes, and None where it cannot be known."""

    beats: tuple[Beat, ...]
    database_bytes: int
    free_bytes: int | None


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

    async def beats(self) -> tuple[Beat, ...]:
        """Every duty of this worker that ever reported or is expected to, by name."""
        now = self._clock.now()

        def work(db: Session) -> tuple[Beat, ...]:
            rows = {
                row.duty: row for row in db.scalars(select(Heartbeat).where(Heartbeat.worker == self.worker))
            }
            found = []
            for duty in sorted(rows.keys() | self._expected.keys()):
                row = rows.get(duty)
                at = max(row.beat_at, self._since) if row else self._since
                every = self._expected.get(duty) or timedelta(seconds=row.every_seconds if row else 0)
                found.append(
                    Beat(
                        duty,
                        row.beat_at if row else None,
                        int((now - at).total_seconds()),
                        row.failures if row and row.beat_at >= self._since else 0,
                        now - at > every * BEATS_MISSED,
                    )
                )
            return tuple(found)

        return await self._database.read(work)

    async def vitals(self) -> Vitals:
        """The duties' beats, and how much room the memory takes and has."""
        return Vitals(await self.beats(), await self._database.size(), await self._database.room())

    def waiting(self) -> tuple[int, float]:
        """How many writes have been asked for and not answered, and for how many seconds the oldest waits."""
        return self._database.waiting()

    async def take_turn(self, name: str, hold: timedelta, *, longest: timedelta) -> bool:
        """Whether this process may do now what only one does at a time; nobody else may until `hold` has passed.

        Whoever has done it may `remember` a later moment under the same name, at most `longest` away.
        """
        now = self._clock.now()

        def work(db: Session) -> bool:
            kept = db.scalar(select(Fact.value).where(Fact.name == name))
            # A moment further away was written by a clock that ran ahead.
            if kept is not None and now < datetime.fromisoformat(kept) <= now + longest:
                return False
            _remember(db, name, (now + hold).isoformat())
            return True

        return await self._database.write(work)

    async def fact(self, name: str) -> str | None:
        """A remembered value."""
        return await self._database.read(lambda db: db.scalar(select(Fact.value).where(Fact.name == name)))

    async def remember(self, name: str, value: str) -> None:
        """Remember a value under a name."""

        await self._database.write(lambda db: _remember(db, name, value))


def _remember(db: Session, name: str, value: str) -> None:
    db.execute(
        insert_into(db, Fact)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )
