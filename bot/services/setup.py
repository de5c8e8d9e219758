"""Set-up: what an admin chooses for a server, with defaults that always work."""

from dataclasses import replace
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import Recurrence, zone_named
from bot.domain.drops import Filters
from bot.domain.errors import NotSetUp, ScheduleUnknown, UnknownZone
from bot.domain.members import Person
from bot.domain.schedules import KINDS, Setup
from bot.services import members
from bot.services.audit import note
from bot.services.deliveries import plan_all_due, queue_run, reschedule
from bot.services.rights import require_admin
from bot.services.schedules import add_schedule, planned_of
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Schedule, Server

DAILY_AT = time(9, 0)
DIGEST_AT = time(9, 0)


class ServerSetup:
    """A server's set-up, changed one choice at a time and saved at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def show(self, who: Person) -> Setup:
        """The set-up as it is now. Raises SetupNotAllowed."""
        require_admin(who)
        now = self._clock.now()
        return await self._database.read(lambda db: _setup(db, who, now))

    async def start(
        self,
        who: Person,
        *,
        channel_id: int,
        zone: str | None = None,
        at: time | None = None,
        guide_role_id: int | None = None,
        alert_channel_id: int | None = None,
        weekly_goal: int | None = None,
    ) -> Setup:
        """Set a server up, or change the given parts of its set-up.

        The first time, a daily question and a weekly digest are planned in the channel. Raises
        SetupNotAllowed and UnknownZone.
        """
        require_admin(who)
        now = self._clock.now()
        if zone is not None:
            try:
                zone = zone_named(zone).key
            except ValueError:
                raise UnknownZone(zone[:60]) from None

        def work(db: Session) -> Setup:
            server = members.server_row(db, who, now)
            plan_all_due(db, server, now)
            returned, server.name, server.left_at = server.left_at is not None, who.guild_name[:100], None
            if returned or zone not in (None, server.zone):
                server.zone = zone or server.zone
                reschedule(db, server.id, server.zone, now)
            if guide_role_id is not None:
                server.guide_role_id = guide_role_id
            if alert_channel_id is not None:
                server.alert_channel_id = alert_channel_id
            if weekly_goal is not None:
                server.weekly_goal = weekly_goal or None
            left = server.study_channel_id
            first = server.set_up_at is None
            server.study_channel_id, server.set_up_at = channel_id, server.set_up_at or now
            if first:
                daily, digest = (
                    Recurrence.daily(at or DAILY_AT),
                    Recurrence.weekly(DIGEST_AT, KINDS["digest"].days),
                )
                add_schedule(db, server, who, "question", channel_id, daily, Filters().as_json(), now)
                add_schedule(db, server, who, "digest", channel_id, digest, {}, now)
            elif left != channel_id or at is not None:
                _move(db, server, left, channel_id, at, now)
            note(db, server.id, who, "setup", f"server:{server.id}", now)
            db.flush()
            return _setup(db, who, now)

        return await self._database.write(work)

    async def first_question(self, who: Person, card_id: int) -> Setup:
        """Post a question now, besides the calendar; a second press on the same card posts nothing more.

        Raises SetupNotAllowed, NotSetUp, and ScheduleUnknown when no question is scheduled any more.
        """
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> Setup:
            server = members.server_row(db, who, now)
            if server.set_up_at is None:
                raise NotSetUp
            schedule = db.scalars(
                select(Schedule)
                .where(
                    Schedule.server_id == server.id,
                    Schedule.kind == "question",
                    Schedule.removed_at.is_(None),
                )
                .order_by(Schedule.id)
            ).first()
            if schedule is None:
                raise ScheduleUnknown
            queue_run(db, schedule, card_id, now)
            return _setup(db, who, now)

        return await self._database.write(work)

    async def gone(self, guild_id: int) -> None:
        """Reps was removed from a server: its schedules rest until it is invited again."""
        now = self._clock.now()

        def work(db: Session) -> None:
            server = db.scalars(select(Server).where(Server.discord_id == guild_id)).first()
            if server is None:
                return
            server.left_at = now
            for schedule in db.scalars(select(Schedule).where(Schedule.server_id == server.id)):
                schedule.next_due_at = schedule.next_date = None

        await self._database.write(work)

    async def back(self, *guild_ids: int) -> None:
        """Reps is in these servers (again): schedules go on from now; what fell in between is not made up."""
        now = self._clock.now()

        def work(db: Session) -> None:
            for server in db.scalars(select(Server).where(Server.left_at.is_not(None))).all():
                if server.discord_id in guild_ids:
                    server.left_at = None
                    reschedule(db, server.id, server.zone, now)

        await self._database.write(work)


def _move(
    db: Session, server: Server, left: int | None, channel_id: int, at: time | None, now: datetime
) -> None:
    """Let what was posted in the channel left follow to the new one, and the first question to its new hour."""
    schedules = db.scalars(
        select(Schedule)
        .where(Schedule.server_id == server.id, Schedule.removed_at.is_(None))
        .order_by(Schedule.id)
    ).all()
    for schedule in schedules:
        if schedule.channel_id == left:
            schedule.channel_id = channel_id
    questions = [schedule for schedule in schedules if schedule.kind == "question"]
    if at is not None and questions:
        old = Recurrence.from_json(questions[0].recurrence)
        questions[0].recurrence = replace(old, at=at).as_json()
    reschedule(db, server.id, server.zone, now)


def _setup(db: Session, who: Person, now: datetime) -> Setup:
    server = db.scalars(select(Server).where(Server.discord_id == who.guild_id)).first()
    if server is None:
        return Setup(who.guild_id, who.guild_name, "UTC", None, None, None, False, (), None)
    missed = db.scalar(
        select(Delivery.reason)
        .where(Delivery.server_id == server.id, Delivery.state == leases.MISSED)
        .order_by(Delivery.due_at.desc())
        .limit(1)
    )
    return Setup(
        guild_id=who.guild_id,
        name=server.name,
        zone=server.zone,
        channel_id=server.study_channel_id,
        guide_role_id=server.guide_role_id,
        weekly_goal=server.weekly_goal,
        set_up=server.set_up_at is not None,
        schedules=planned_of(db, server, now),
        last_miss=missed,
    )
