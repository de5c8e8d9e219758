"""Schedules: what a server has planned, and changing it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import Recurrence, upcoming, zone_named
from bot.domain.errors import ScheduleUnknown, TooManySchedules
from bot.domain.members import Person
from bot.domain.schedules import SCHEDULES_PER_SERVER, Planned
from bot.services import members
from bot.services.audit import note
from bot.services.deliveries import plan_all_due, plan_next, queue_run
from bot.services.rights import require_admin
from bot.storage.database import Database
from bot.storage.tables import Schedule, Server

OCCURRENCES_SHOWN = 3
T = TypeVar("T")


class Schedules:
    """Every planned post of a server."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list(self, who: Person) -> tuple[Planned, ...]:
        """The server's schedules with their next occurrences. Raises SetupNotAllowed."""
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> tuple[Planned, ...]:
            server = db.scalars(select(Server).where(Server.discord_id == who.guild_id)).first()
            return planned_of(db, server, now) if server else ()

        return await self._database.read(work)

    async def one(self, who: Person, schedule_id: int) -> Planned:
        """One schedule of this server. Raises SetupNotAllowed, ScheduleUnknown."""
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> Planned:
            schedule, server = _own(db, who, schedule_id)
            return _planned(schedule, server, now, db)

        return await self._database.read(work)

    async def add(
        self,
        who: Person,
        *,
        kind: str,
        channel_id: int,
        recurrence: Recurrence,
        options: dict[str, Any],
    ) -> Planned:
        """Plan something new. Raises SetupNotAllowed, TooManySchedules."""
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> Planned:
            server = members.server_row(db, who, now)
            schedule = add_schedule(db, server, who, kind, channel_id, recurrence, options, now)
            return _planned(schedule, server, now, db)

        return await self._database.write(work)

    async def edit(
        self,
        who: Person,
        schedule_id: int,
        *,
        recurrence: Recurrence | None = None,
        channel_id: int | None = None,
        options: dict[str, Any] | None = None,
    ) -> Planned:
        """Change the given parts. A date that had its post never gets a second one. Raises ScheduleUnknown."""
        now = self._clock.now()

        def work(db: Session) -> Planned:
            schedule, server = _own(db, who, schedule_id)
            plan_all_due(db, server, now)
            if recurrence is not None:
                schedule.recurrence = recurrence.as_json()
            if channel_id is not None:
                schedule.channel_id = channel_id
            if options is not None:
                schedule.options = {**schedule.options, **options}
            plan_next(db, schedule, server.zone, now)
            note(db, server.id, who, "schedule.edit", f"schedule:{schedule.id}", now)
            return _planned(schedule, server, now, db)

        return await self._change(who, work)

    async def set_paused(self, who: Person, schedule_id: int, paused: bool) -> Planned:
        """Pause or resume; a pause posts nothing and misses nothing. Raises ScheduleUnknown."""
        now = self._clock.now()

        def work(db: Session) -> Planned:
            schedule, server = _own(db, who, schedule_id)
            schedule.paused_at = now if paused else None
            plan_next(db, schedule, server.zone, now)
            note(
                db,
                server.id,
                who,
                "schedule.pause" if paused else "schedule.resume",
                f"schedule:{schedule.id}",
                now,
            )
            return _planned(schedule, server, now, db)

        return await self._change(who, work)

    async def remove(self, who: Person, schedule_id: int) -> None:
        """Remove a schedule; what it posted stays. Raises ScheduleUnknown."""
        now = self._clock.now()

        def work(db: Session) -> None:
            schedule, server = _own(db, who, schedule_id)
            schedule.removed_at = now
            plan_next(db, schedule, server.zone, now)
            note(db, server.id, who, "schedule.remove", f"schedule:{schedule.id}", now)

        return await self._change(who, work)

    async def run(self, who: Person, schedule_id: int, interaction_id: int) -> Planned:
        """Post once now, besides the calendar; a repeated press posts nothing more. Raises ScheduleUnknown."""
        now = self._clock.now()

        def work(db: Session) -> Planned:
            schedule, server = _own(db, who, schedule_id)
            queue_run(db, schedule, interaction_id, now)
            note(db, server.id, who, "schedule.run", f"schedule:{schedule.id}", now)
            return _planned(schedule, server, now, db)

        return await self._change(who, work)

    async def _change(self, who: Person, work: Callable[[Session], T]) -> T:
        require_admin(who)
        return await self._database.write(work)


def add_schedule(
    db: Session,
    server: Server,
    who: Person,
    kind: str,
    channel_id: int,
    recurrence: Recurrence,
    options: dict[str, Any],
    now: datetime,
) -> Schedule:
    """Insert a schedule with its first occurrence. Raises TooManySchedules."""
    live = db.scalar(
        select(func.count())
        .select_from(Schedule)
        .where(Schedule.server_id == server.id, Schedule.removed_at.is_(None))
    )
    if (live or 0) >= SCHEDULES_PER_SERVER:
        raise TooManySchedules(SCHEDULES_PER_SERVER)
    schedule = Schedule(
        server_id=server.id,
        kind=kind,
        channel_id=channel_id,
        recurrence=recurrence.as_json(),
        options=options,
        created_by=who.discord_id,
        created_at=now,
    )
    plan_next(db, schedule, server.zone, now)
    db.add(schedule)
    db.flush()
    note(db, server.id, who, "schedule.add", f"schedule:{schedule.id}", now)
    return schedule


def planned_of(db: Session, server: Server, now: datetime) -> tuple[Planned, ...]:
    """A server's schedules, oldest first."""
    return tuple(
        _planned(schedule, server, now, db)
        for schedule in db.scalars(
            select(Schedule)
            .where(Schedule.server_id == server.id, Schedule.removed_at.is_(None))
            .order_by(Schedule.id)
        )
    )


def _own(db: Session, who: Person, schedule_id: int) -> tuple[Schedule, Server]:
    row = db.execute(
        select(Schedule, Server)
        .join(Server, Server.id == Schedule.server_id)
        .where(Schedule.id == schedule_id, Server.discord_id == who.guild_id, Schedule.removed_at.is_(None))
    ).first()
    if row is None:
        raise ScheduleUnknown
    return row[0], row[1]


def _planned(schedule: Schedule, server: Server, now: datetime, db: Session) -> Planned:
    recurrence = Recurrence.from_json(schedule.recurrence)
    same = db.scalar(
        select(func.count())
        .select_from(Schedule)
        .where(
            Schedule.server_id == server.id,
            Schedule.id != schedule.id,
            Schedule.kind == schedule.kind,
            Schedule.channel_id == schedule.channel_id,
            Schedule.removed_at.is_(None),
            Schedule.next_due_at == schedule.next_due_at,
            # Neither posts anything while both are paused.
            Schedule.next_due_at.is_not(None),
        )
    )
    first = schedule.next_due_at or now
    following = upcoming(recurrence, zone_named(server.zone), first, OCCURRENCES_SHOWN)
    # The row knows which date had its post already; what it says comes first.
    shown = (
        [schedule.next_due_at, *(due.at_utc for due in following[:-1])]
        if schedule.next_due_at
        else [due.at_utc for due in following]
    )
    warning = "Another schedule posts the same kind here at the same moment." if same else None
    return Planned(
        id=schedule.id,
        kind=schedule.kind,
        channel_id=schedule.channel_id,
        recurrence=recurrence,
        options=schedule.options,
        zone=server.zone,
        paused=schedule.paused_at is not None,
        upcoming=tuple(shown),
        warning=warning,
    )
