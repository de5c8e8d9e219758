"""How a server's schedules stand side by side: their next occurrences, and what an admin should know of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.calendar import Due, Recurrence, clock_change, upcoming, zone_named
from bot.domain.drops import Filters
from bot.domain.schedules import KINDS, Clash, ClockChange, Planned, Supply, clashes
from bot.services.problems import choosing
from bot.services.questions import live_items
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Drop, Schedule, Server

OCCURRENCES_SHOWN = 3


def planned_of(db: Session, server: Server, now: datetime) -> tuple[Planned, ...]:
    """A server's schedules, oldest first."""
    schedules = live(db, server)
    return readouts(db, server, schedules, schedules, now)


def planned_one(db: Session, schedule: Schedule, server: Server, now: datetime) -> Planned:
    """One schedule as it stands among the server's others."""
    db.flush()
    (planned,) = readouts(db, server, [schedule], live(db, server), now)
    return planned


def live(db: Session, server: Server) -> Sequence[Schedule]:
    """A server's schedules that nobody removed, oldest first."""
    return db.scalars(
        select(Schedule)
        .where(Schedule.server_id == server.id, Schedule.removed_at.is_(None))
        .order_by(Schedule.id)
    ).all()


def readouts(
    db: Session, server: Server, shown: Sequence[Schedule], beside: Sequence[Schedule], now: datetime
) -> tuple[Planned, ...]:
    """Some of a server's schedules as they stand beside all of them."""
    groups: dict[tuple[str, int], list[Schedule]] = {(one.kind, one.channel_id): [] for one in shown}
    for schedule in beside:
        # One that rests gets in nobody's way.
        if schedule.next_due_at is not None and (schedule.kind, schedule.channel_id) in groups:
            groups[schedule.kind, schedule.channel_id].append(schedule)
    wall = now.astimezone(zone_named(server.zone)).replace(tzinfo=None)
    near: dict[int | None, tuple[Clash, ...]] = {}
    for group in groups.values():
        near |= clashes([(one.id, Recurrence.from_json(one.recurrence)) for one in group], wall)
    return tuple(_readout(db, server, schedule, near.get(schedule.id, ()), now) for schedule in shown)


def _readout(
    db: Session, server: Server, schedule: Schedule, near: tuple[Clash, ...], now: datetime
) -> Planned:
    recurrence, zone = Recurrence.from_json(schedule.recurrence), zone_named(server.zone)
    coming = upcoming(recurrence, zone, schedule.next_due_at or now, OCCURRENCES_SHOWN)
    if schedule.next_due_at is not None and schedule.next_date is not None:
        # The row knows which date had its post already; what it says comes first.
        coming = (Due(schedule.next_date, schedule.next_due_at), *coming[:-1])
    return Planned(
        id=schedule.id,
        kind=schedule.kind,
        channel_id=schedule.channel_id,
        recurrence=recurrence,
        options=schedule.options,
        zone=server.zone,
        paused=schedule.paused_at is not None,
        upcoming=tuple(due.at_utc for due in coming),
        clashes=near,
        changes=tuple(
            ClockChange(due.local_date, what, due.at_utc.astimezone(zone).time())
            for due in coming
            if (what := clock_change(due.local_date, recurrence.at, zone))
        ),
        supply=supply_of(db, server, schedule.kind, schedule.options),
    )


def supply_of(db: Session, server: Server, kind: str, options: dict[str, Any]) -> Supply | None:
    """What the bank has for a schedule; None for kinds that draw nothing from it."""
    if not KINDS[kind].draws:
        return None
    if kind == "problem":
        return choosing.supply(db, server.id, Filters.from_json(options))
    matching = live_items(server.id, Filters.from_json(options)).subquery()
    # As the draw counts: chosen but missed is not asked.
    asked = (
        select(Drop.item_id)
        .join(Delivery, Delivery.id == Drop.delivery_id)
        .where(Drop.server_id == server.id, Delivery.state != leases.MISSED)
    )
    counted = select(func.count(), func.count().filter(matching.c.id.not_in(asked))).select_from(matching)
    return Supply(*db.execute(counted).one())
