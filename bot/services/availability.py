"""Availability: the weekly slots in which a member can meet."""

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.availability import PRESETS, Slot, Slots, Week, includes, merged, on, without
from bot.domain.members import Person
from bot.services import members
from bot.storage.database import Database
from bot.storage.tables import Availability, Member, Server


def slots_of(db: Session, member_id: int) -> Slots:
    """A member's weekly slots, in order."""
    rows = db.execute(
        select(Availability.weekday, Availability.start_minute, Availability.end_minute)
        .where(Availability.member_id == member_id)
        .order_by(Availability.weekday, Availability.start_minute)
    )
    return tuple(Slot(*row) for row in rows)


class Availabilities:
    """When members can meet."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def week(self, who: Person) -> Week:
        """The member's week, empty for somebody who takes no part; looking joins nobody."""

        def work(db: Session) -> Week:
            present = members.find(db, who)
            if present is None:
                zone = db.scalar(select(Server.zone).where(Server.discord_id == who.guild_id))
                return Week((), zone or "UTC", False)
            return _week(db, present)

        return await self._database.read(work)

    async def toggle(self, who: Person, preset: str) -> Week:
        """Add a preset's hours, or take them away when all of them are there. KeyError for an unknown preset."""
        hours = PRESETS[preset].slots
        return await self._change(
            who, lambda slots: without(slots, hours) if includes(slots, hours) else (*slots, *hours)
        )

    async def set_day(self, who: Person, weekday: int, hours: Collection[int]) -> Week:
        """Let a day (ISO, 1 is Monday) consist of these hours, each from 0 to 23; of none, it is empty."""
        chosen = [slot for hour in hours for slot in on((weekday,), hour, hour + 1)]
        return await self._change(
            who, lambda slots: (*(slot for slot in slots if slot.weekday != weekday), *chosen)
        )

    async def clear(self, who: Person) -> Week:
        """Empty the whole week."""
        return await self._change(who, lambda _: ())

    async def _change(self, who: Person, change: Callable[[Slots], Iterable[Slot]]) -> Week:
        now = self._clock.now()

        def work(db: Session) -> Week:
            present = members.join(db, who, now)
            slots = merged(change(slots_of(db, present.member_id)))
            db.execute(delete(Availability).where(Availability.member_id == present.member_id))
            if slots:
                db.execute(
                    insert(Availability),
                    [
                        {
                            "member_id": present.member_id,
                            "weekday": slot.weekday,
                            "start_minute": slot.start_minute,
                            "end_minute": slot.end_minute,
                        }
                        for slot in slots
                    ],
                )
            return _week(db, present)

        return await self._database.write(work)


def _week(db: Session, present: members.Present) -> Week:
    own = db.scalar(select(Member.zone).where(Member.id == present.member_id))
    return Week(slots_of(db, present.member_id), present.zone_name, own is not None)
