"""Deliveries and timers alike: planning what is due, claiming it, and settling it exactly once."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import Recurrence, next_due, week_of, zone_named
from bot.domain.drops import LATE_WITHIN
from bot.domain.errors import NotSetUp
from bot.domain.schedules import KINDS, NOWHERE, Due, week_told
from bot.services.timers import put_off
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Schedule, Server, Timer
from bot.storage.types import UtcDateTime
from bot.storage.upsert import insert_into

Queue = Literal["deliveries", "timers"]
TABLES: dict[Queue, leases.Leasable] = {"deliveries": Delivery, "timers": Timer}

PLAN_AT_ONCE = 500
# A post a few minutes behind is not worth an apology.
LATE_AFTER = timedelta(minutes=10)
RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=5)
DOUBLED_AT_MOST = 10  # more would be longer than any timedelta
# A timer has no "next one" that replaces it, so it is tried for longer than a delivery.
TIMER_WITHIN = timedelta(days=3)
# What waits for a permission is tried again this often, for so long: each try is one more refusal by Discord.
REFUSED_AGAIN = timedelta(minutes=30)
REFUSED_WITHIN = timedelta(days=14)

_NOW = bindparam("now", type_=UtcDateTime())
# Put together once: that takes longer than the look itself.
ANYTHING_DUE = select(
    exists().where(Schedule.next_due_at <= _NOW)
    | exists().where(Delivery.state == leases.DUE, Delivery.due_at <= _NOW)
    | exists().where(Timer.state == leases.DUE, Timer.due_at <= _NOW)
)


@dataclass(frozen=True, slots=True)
class Missed:
    """A delivery or timer that will not go out, for the staff to hear of once."""

    due: Due
    reason: str
    # It goes out by itself once what is in its way is mended.
    waits: bool = False

    @property
    def news(self) -> str:
        """What would make it news: while it waits, another reason at another try is none."""
        return "" if self.waits else self.reason


def nonce_of(key: str) -> str:
    """The message nonce of a row: 24 hex characters, the same for every attempt (D1)."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


_HAD_ITS_POST = select(
    exists().where(
        Delivery.schedule_id == bindparam("schedule_id"), Delivery.local_date == bindparam("local_date")
    )
)


def plan_next(db: Session, schedule: Schedule, zone: str, after: datetime) -> None:
    """Write a schedule's next occurrence after an instant; none while it is paused, removed or has no channel."""
    if schedule.paused_at or schedule.removed_at or schedule.channel_id == NOWHERE:
        schedule.next_due_at = schedule.next_date = None
        return
    recurrence, local = Recurrence.from_json(schedule.recurrence), zone_named(zone)
    due = next_due(recurrence, local, after)
    # A date that had its post gets no second one when the hour or the zone moves, so none is promised.
    while db.scalar(_HAD_ITS_POST, {"schedule_id": schedule.id, "local_date": due.local_date}) or (
        _nothing_to_tell(db, schedule, local, due.local_date)
    ):
        due = next_due(recurrence, local, due.at_utc)
    schedule.next_due_at, schedule.next_date = due.at_utc, due.local_date


def _nothing_to_tell(db: Session, schedule: Schedule, zone: ZoneInfo, day: date) -> bool:
    """Whether the week that a post of this day would tell of was over before Reps began in the server."""
    kind = KINDS.get(schedule.kind)
    if kind is None or not kind.looks_back:
        return False
    server = db.get_one(Server, schedule.server_id)
    began = (server.set_up_at or server.created_at).astimezone(zone).date()
    return week_told(day) < week_of(began)


def plan_due(db: Session, schedule: Schedule, zone: str, now: datetime) -> None:
    """Write a delivery row for each occurrence that came due, one per local date, and the next occurrence."""
    while schedule.next_due_at is not None and schedule.next_due_at <= now:
        db.execute(
            insert_into(db, Delivery)
            .values(
                key=f"s{schedule.id}:{schedule.next_date}",
                schedule_id=schedule.id,
                server_id=schedule.server_id,
                kind=schedule.kind,
                local_date=schedule.next_date,
                due_at=schedule.next_due_at,
                channel_id=schedule.channel_id,
                state=leases.DUE,
                attempts=0,
                late=False,
            )
            .on_conflict_do_nothing()
        )
        plan_next(db, schedule, zone, schedule.next_due_at)


def plan_all_due(db: Session, server: Server, now: datetime) -> None:
    """What came due a moment ago goes out as it was planned, whatever is changed now."""
    due = select(Schedule).where(Schedule.server_id == server.id, Schedule.next_due_at <= now)
    for schedule in db.scalars(due):
        plan_due(db, schedule, server.zone, now)


class Deliveries:
    """The calendar's clerk: what is due becomes a row once, and a row is settled once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def idle(self) -> bool:
        """Whether nothing at all is due; three looks at an index."""
        now = self._clock.now()
        return not await self._database.read(lambda db: db.scalar(ANYTHING_DUE, {"now": now}))

    async def next_moment(self, besides: Collection[str] = ()) -> tuple[datetime, str] | None:
        """When something is due next and of what kind, for the demo's clock; some kinds may not count."""

        def work(db: Session) -> tuple[datetime, str] | None:
            found = [
                db.execute(
                    select(Schedule.next_due_at, Schedule.kind)
                    .where(Schedule.next_due_at.is_not(None), Schedule.kind.not_in(besides))
                    .order_by(Schedule.next_due_at)
                    .limit(1)
                ).first(),
                *(
                    db.execute(
                        select(table.due_at, table.kind)
                        .where(table.state == leases.DUE, table.kind.not_in(besides))
                        .order_by(table.due_at)
                        .limit(1)
                    ).first()
                    for table in TABLES.values()
                ),
            ]
            return min(((at, kind) for at, kind in filter(None, found) if at is not None), default=None)

        return await self._database.read(work)

    async def counts(self) -> tuple[int, int]:
        """How many deliveries are due and not out, and how many were ever missed."""
        now = self._clock.now()

        def work(db: Session) -> tuple[int, int]:
            count = select(func.count()).select_from(Delivery)
            due = db.scalar(count.where(Delivery.state == leases.DUE, Delivery.due_at <= now))
            return due or 0, db.scalar(count.where(Delivery.state == leases.MISSED)) or 0

        return await self._database.read(work)

    async def plan(self) -> int:
        """Turn every schedule that came due into delivery rows, one per local date; how many were planned."""
        now = self._clock.now()

        def work(db: Session) -> int:
            rows = db.execute(
                select(Schedule, Server.zone)
                .join(Server, Server.id == Schedule.server_id)
                .where(Schedule.next_due_at <= now)
                .order_by(Schedule.next_due_at)
                .limit(PLAN_AT_ONCE)
                .with_for_update(skip_locked=True, of=Schedule)
            ).all()
            for schedule, zone in rows:
                plan_due(db, schedule, zone, now)
            return len(rows)

        return await self._database.write(work)

    async def claim(self, queue: Queue, most: int = 50) -> tuple[Due, ...]:
        """Take due rows for about a minute. A delivery too old, or overtaken by a newer one, comes back stale (D4)."""
        now = self._clock.now()

        def work(db: Session) -> tuple[Due, ...]:
            table = TABLES[queue]
            found = []
            rows = leases.claim(db, table, now, most)
            troubled = _troubled(db, {row.server_id for (row,) in rows})
            for (row,) in rows:
                due = Due(
                    id=row.id,
                    key=row.key,
                    kind=row.kind,
                    server_id=row.server_id,
                    due_at=row.due_at,
                    token=row.token,
                    attempts=row.attempts,
                    first_attempt_at=row.first_attempt_at,
                    troubled=row.server_id in troubled,
                )
                if isinstance(row, Delivery):
                    due = replace(
                        due,
                        schedule_id=row.schedule_id,
                        local_date=row.local_date,
                        channel_id=row.channel_id,
                        late=now - row.due_at > LATE_AFTER,
                        stale=now - row.due_at > LATE_WITHIN or _overtaken(db, row, now),
                    )
                else:
                    due = replace(
                        due,
                        subject_id=row.subject_id,
                        stale=now - row.first_attempt_at > TIMER_WITHIN,
                    )
                found.append(due)
            return tuple(found)

        return await self._database.write(work)

    async def holds(self, queue: Queue, due: Due) -> bool:
        """Whether this holder may still send: the lease has at least a third of its time left."""
        now = self._clock.now()
        table = TABLES[queue]
        return await self._database.read(
            lambda db: (
                db.scalar(
                    select(table.id).where(
                        table.id == due.id,
                        table.token == due.token,
                        table.claimed_until > now + leases.LEASE / 3,
                    )
                )
                is not None
            )
        )

    async def done(self, queue: Queue, due: Due, **values: Any) -> bool:
        """Settle a row as done; False when another holder has it by now."""
        now = self._clock.now()
        table = TABLES[queue]
        return await self._database.write(
            lambda db: leases.settle(db, table, due.id, due.token, now, **values)
        )

    async def retry(self, queue: Queue, due: Due) -> None:
        """Give a row back after a passing failure; the wait doubles with each attempt."""
        wait = min(RETRY_FIRST * 2 ** min(due.attempts - 1, DOUBLED_AT_MOST), RETRY_LONGEST)
        until = self._clock.now() + wait
        table = TABLES[queue]
        await self._database.write(lambda db: leases.postpone(db, table, due.id, due.token, until))

    async def wait(self, due: Due, reason: str) -> Missed | None:
        """Give a timer back that lacks a permission, to be tried again in a while; not where Reps was removed."""
        now = self._clock.now()

        def work(db: Session) -> Missed | None:
            if db.get_one(Server, due.server_id).left_at is None:
                put_off(db, due, now + REFUSED_AGAIN)
                return Missed(due, reason[:200], waits=True)
            leases.settle(db, Timer, due.id, due.token, now, state=leases.MISSED, reason=reason[:200])
            return None

        return await self._database.write(work)

    async def again(self, guild_id: int, kinds: Collection[str]) -> int:
        """Have a server's timers of these kinds tried now that were tried before; how many there are."""
        now = self._clock.now()
        waiting = (
            Timer.server_id == select(Server.id).where(Server.discord_id == guild_id).scalar_subquery(),
            Timer.kind.in_(kinds),
            Timer.state == leases.DUE,
            Timer.attempts > 0,
            Timer.due_at > now,
            Timer.due_at <= now + REFUSED_AGAIN,
        )
        return await self._database.write(
            lambda db: len(
                db.scalars(update(Timer).where(*waiting).values(due_at=now).returning(Timer.id)).all()
            )
        )

    async def miss(self, queue: Queue, due: Due, reason: str) -> Missed | None:
        """Record that a row will not go out; None when another holder settled it."""
        now = self._clock.now()
        table, kept = TABLES[queue], reason[:200]
        settled = await self._database.write(
            lambda db: leases.settle(db, table, due.id, due.token, now, state=leases.MISSED, reason=kept)
        )
        return Missed(due, kept) if settled else None


def queue_run(db: Session, schedule: Schedule, interaction_id: int, now: datetime) -> bool:
    """One delivery run by hand, keyed by the interaction that asked for it; False for a repeat.

    Raises NotSetUp without a channel.
    """
    if schedule.channel_id == NOWHERE:
        raise NotSetUp
    fresh = db.scalar(
        insert_into(db, Delivery)
        .values(
            key=_key_of_run(db, interaction_id),
            schedule_id=schedule.id,
            server_id=schedule.server_id,
            kind=schedule.kind,
            due_at=now,
            channel_id=schedule.channel_id,
            state=leases.DUE,
            attempts=0,
            late=False,
        )
        .on_conflict_do_nothing()
        .returning(Delivery.id)
    )
    return fresh is not None


def _key_of_run(db: Session, interaction_id: int) -> str:
    """Of one press or one card one run goes out; where it could not, the next press is another."""
    keys = (f"i{interaction_id}{f'.{again}' if again else ''}" for again in count())
    states = ((key, db.scalar(select(Delivery.state).where(Delivery.key == key))) for key in keys)
    return next(key for key, state in states if state != leases.MISSED)


def _troubled(db: Session, server_ids: set[int]) -> set[int]:
    """Which of these servers' staff were told of a trouble."""
    told = select(Server.id).where(Server.id.in_(server_ids), Server.trouble_told.is_not(None))
    return set(db.scalars(told)) if server_ids else set()


def _overtaken(db: Session, row: Delivery, now: datetime) -> bool:
    if row.local_date is None:
        return False
    newer = exists().where(
        Delivery.schedule_id == row.schedule_id,
        Delivery.local_date.is_not(None),
        Delivery.due_at > row.due_at,
        Delivery.due_at <= now,
    )
    return bool(db.scalar(select(newer)))


def reschedule(db: Session, server_id: int, zone: str, now: datetime) -> None:
    """Write every schedule's next occurrence anew after the server's zone changed."""
    for schedule in db.scalars(
        select(Schedule).where(Schedule.server_id == server_id, Schedule.removed_at.is_(None))
    ):
        plan_next(db, schedule, zone, now)
