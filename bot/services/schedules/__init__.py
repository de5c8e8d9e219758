"""Schedules: what a server has planned, and changing it: drafted, looked at, saved."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import Recurrence
from bot.domain.errors import DraftOver, NothingToAsk, ScheduleUnknown, TooManySchedules
from bot.domain.members import Person
from bot.domain.schedules import DRAFT_KEPT, NOWHERE, SCHEDULES_PER_SERVER, Draft, Planned
from bot.services import members
from bot.services.audit import note
from bot.services.deliveries import plan_all_due, plan_due, plan_next, queue_run
from bot.services.rights import require_admin
from bot.services.schedules.readouts import live, planned_of, planned_one, readouts, supply_of
from bot.storage.database import Database
from bot.storage.tables import Schedule, ScheduleDraft, Server

__all__ = ["Schedules", "add_schedule", "planned_of"]

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
        return await self._database.read(lambda db: planned_one(db, *_own(db, who, schedule_id), now))

    # --- drafting and saving

    async def draft(
        self,
        who: Person,
        *,
        kind: str,
        channel_id: int,
        recurrence: Recurrence,
        options: dict[str, Any],
    ) -> Draft:
        """Lay something new down to look at; nothing is planned yet.

        Raises SetupNotAllowed, TooManySchedules, NothingToAsk.
        """
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> Draft:
            server = members.server_row(db, who, now)
            _room_for_one_more(db, server)
            return _drafted(db, server, who, None, kind, channel_id, recurrence, options, now)

        return await self._database.write(work)

    async def draft_change(
        self,
        who: Person,
        schedule_id: int,
        *,
        recurrence: Recurrence | None = None,
        channel_id: int | None = None,
        options: dict[str, Any] | None = None,
    ) -> Draft:
        """Lay a change of the given parts down to look at; the schedule goes on as it is until saved.

        Raises SetupNotAllowed, ScheduleUnknown, NothingToAsk.
        """
        now = self._clock.now()

        def work(db: Session) -> Draft:
            schedule, server = _own(db, who, schedule_id)
            return _drafted(
                db,
                server,
                who,
                schedule,
                schedule.kind,
                channel_id or schedule.channel_id,
                recurrence or Recurrence.from_json(schedule.recurrence),
                {**schedule.options, **(options or {})},
                now,
            )

        return await self._change(who, work)

    async def save(self, who: Person, draft_id: int) -> Planned:
        """Make a draft live, once, whoever of the admins laid it down.

        A date that had its post never gets a second one. Raises SetupNotAllowed, DraftOver, TooManySchedules,
        NothingToAsk, and ScheduleUnknown for a change of what was removed meanwhile.
        """
        now = self._clock.now()

        def work(db: Session) -> Planned:
            draft, server = _own_draft(db, who, draft_id, now)
            recurrence = Recurrence.from_json(draft.recurrence)
            _require_supply(db, server, draft.kind, draft.options)
            if draft.schedule_id is None:
                schedule = add_schedule(
                    db, server, who, draft.kind, draft.channel_id, recurrence, draft.options, now
                )
            else:
                schedule, _ = _own(db, who, draft.schedule_id)
                plan_all_due(db, server, now)
                schedule.recurrence, schedule.options = draft.recurrence, draft.options
                # Laid down before the channel was made, it must not take it away again.
                if draft.channel_id != NOWHERE:
                    schedule.channel_id = draft.channel_id
                plan_next(db, schedule, server.zone, now)
                note(db, server.id, who, "schedule.edit", f"schedule:{schedule.id}", now)
            db.delete(draft)
            return planned_one(db, schedule, server, now)

        return await self._change(who, work)

    async def discard(self, who: Person, draft_id: int) -> None:
        """Throw a draft away. Raises SetupNotAllowed, DraftOver."""
        now = self._clock.now()
        return await self._change(who, lambda db: db.delete(_own_draft(db, who, draft_id, now)[0]))

    async def sweep(self) -> None:
        """Throw away the drafts that can no longer be saved."""
        old = self._clock.now() - DRAFT_KEPT
        await self._database.write(
            lambda db: db.execute(delete(ScheduleDraft).where(ScheduleDraft.drafted_at < old)) and None
        )

    # --- pausing, running, removing

    async def set_paused(self, who: Person, schedule_id: int, paused: bool) -> Planned:
        """Pause or resume; a pause posts nothing and misses nothing. Raises ScheduleUnknown."""
        now = self._clock.now()

        def work(db: Session) -> Planned:
            schedule, server = _own(db, who, schedule_id)
            if not paused:
                # It may never have been paused: what came due a moment ago still goes out.
                plan_due(db, schedule, server.zone, now)
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
            return planned_one(db, schedule, server, now)

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
            if queue_run(db, schedule, interaction_id, now):
                note(db, server.id, who, "schedule.run", f"schedule:{schedule.id}", now)
            return planned_one(db, schedule, server, now)

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
    _room_for_one_more(db, server)
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


def _room_for_one_more(db: Session, server: Server) -> None:
    if len(live(db, server)) >= SCHEDULES_PER_SERVER:
        raise TooManySchedules(SCHEDULES_PER_SERVER)


def _own(db: Session, who: Person, schedule_id: int) -> tuple[Schedule, Server]:
    row = db.execute(
        select(Schedule, Server)
        .join(Server, Server.id == Schedule.server_id)
        .where(Schedule.id == schedule_id, Server.discord_id == who.guild_id, Schedule.removed_at.is_(None))
    ).first()
    if row is None:
        raise ScheduleUnknown
    return row[0], row[1]


def _own_draft(db: Session, who: Person, draft_id: int, now: datetime) -> tuple[ScheduleDraft, Server]:
    row = db.execute(
        select(ScheduleDraft, Server)
        .join(Server, Server.id == ScheduleDraft.server_id)
        .where(
            ScheduleDraft.id == draft_id,
            Server.discord_id == who.guild_id,
            ScheduleDraft.drafted_at >= now - DRAFT_KEPT,
        )
    ).first()
    if row is None:
        raise DraftOver
    return row[0], row[1]


def _drafted(
    db: Session,
    server: Server,
    who: Person,
    old: Schedule | None,
    kind: str,
    channel_id: int,
    recurrence: Recurrence,
    options: dict[str, Any],
    now: datetime,
) -> Draft:
    _require_supply(db, server, kind, options)
    draft = ScheduleDraft(
        server_id=server.id,
        schedule_id=old.id if old else None,
        kind=kind,
        channel_id=channel_id,
        recurrence=recurrence.as_json(),
        options=options,
        drafted_by=who.discord_id,
        drafted_at=now,
    )
    db.add(draft)
    db.flush()
    # As it would stand among the others; it never enters the session, so nothing of it is kept.
    would_be = Schedule(
        id=draft.schedule_id,
        server_id=server.id,
        kind=kind,
        channel_id=channel_id,
        recurrence=draft.recurrence,
        options=options,
        paused_at=old.paused_at if old else None,
    )
    plan_next(db, would_be, server.zone, now)
    others = [schedule for schedule in live(db, server) if schedule is not old]
    (planned,) = readouts(db, server, [would_be], [*others, would_be], now)
    return Draft(draft.id, planned)


def _require_supply(db: Session, server: Server, kind: str, options: dict[str, Any]) -> None:
    supply = supply_of(db, server, kind, options)
    if supply is not None and not supply.matching:
        raise NothingToAsk
