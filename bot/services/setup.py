"""Set-up: what an admin chooses for a server, with defaults that always work."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import Recurrence, zone_named
from bot.domain.drops import Filters
from bot.domain.errors import NotSetUp, ScheduleUnknown, UnknownZone
from bot.domain.members import Person
from bot.domain.schedules import KINDS, NOWHERE, Setup
from bot.services import members
from bot.services.audit import note
from bot.services.deliveries import plan_all_due, queue_run, reschedule
from bot.services.rights import require_admin
from bot.services.schedules import add_schedule, planned_of
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Fact, Schedule, Server
from bot.storage.upsert import insert_into

# Reps a week a server may aim for.
GOAL_AT_MOST = 100_000
DAILY_AT = time(9, 0)
DIGEST_AT = time(9, 0)
ROUND_AT = time(10, 0)
# Longer than making a channel takes; a crash while it is made holds the next press up for no longer.
MAKING = timedelta(minutes=1)


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
        channel_id: int | None = None,
        zone: str | None = None,
        guess: str = "UTC",
        at: time | None = None,
        guide_role_id: int | None = None,
        moderator_role_id: int | None = None,
        alert_channel_id: int | None = None,
        weekly_goal: int | None = None,
    ) -> Setup:
        """Set a server up, or change the given parts of its set-up; 0 empties a part.

        The first time, a daily question and a weekly digest are planned in the channel, in the zone given or
        else guessed. NOWHERE wants a new channel: until one is given, nothing is due. Raises
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
            first = server.set_up_at is None and not _waiting(db, server)
            returned, server.name, server.left_at = server.left_at is not None, who.guild_name[:100], None
            wanted = zone or (guess if first else server.zone)
            if returned or wanted != server.zone:
                server.zone = wanted
                reschedule(db, server.id, server.zone, now)
            if guide_role_id is not None:
                server.guide_role_id = guide_role_id or None
            if moderator_role_id is not None:
                server.moderator_role_id = moderator_role_id or None
            if alert_channel_id is not None:
                server.alert_channel_id = alert_channel_id or None
            if weekly_goal is not None:
                server.weekly_goal = min(max(weekly_goal, 0), GOAL_AT_MOST) or None
            left = server.study_channel_id or NOWHERE
            goes_to = left if channel_id is None else channel_id
            if first:
                _plan_defaults(db, server, who, goes_to, at or DAILY_AT, now)
            elif left != goes_to or at is not None:
                _move(db, server, left, goes_to, at, now)
            server.study_channel_id = goes_to or None
            if goes_to != NOWHERE:
                server.set_up_at = server.set_up_at or now
                db.execute(delete(Fact).where(Fact.name == _maker(who)))
            note(db, server.id, who, "setup", f"server:{server.id}", now)
            db.flush()
            return _setup(db, who, now)

        return await self._database.write(work)

    async def making(self, who: Person) -> Setup | None:
        """Take the right to make the study channel, for a minute; None while somebody else holds it.

        A set-up that has its channel by now comes back with it. Raises SetupNotAllowed.
        """
        require_admin(who)
        now = self._clock.now()
        moment, until = (f"{int(one.timestamp()):012d}" for one in (now, now + MAKING))

        def work(db: Session) -> Setup | None:
            setup = _setup(db, who, now)
            if setup.channel_id is not None:
                return setup
            insert = insert_into(db, Fact).values(name=_maker(who), value=until)
            taken = db.execute(
                insert.on_conflict_do_update(
                    index_elements=["name"], set_={"value": until}, where=Fact.value <= moment
                ).returning(Fact.name)
            )
            return setup if taken.scalar() is not None else None

        return await self._database.write(work)

    async def not_made(self, who: Person) -> None:
        """Give the right back: the channel could not be made."""
        await self._database.write(
            lambda db: db.execute(delete(Fact).where(Fact.name == _maker(who))) and None
        )

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
            schedule = db.scalars(_live(server).where(Schedule.kind == "question")).first()
            if schedule is None:
                raise ScheduleUnknown
            if queue_run(db, schedule, card_id, now):
                note(db, server.id, who, "setup.first", f"schedule:{schedule.id}", now)
            return _setup(db, who, now)

        return await self._database.write(work)

    async def plan_rounds(self, who: Person) -> Setup:
        """Plan a weekly recitation round, unless there is one. Raises SetupNotAllowed, NotSetUp, TooManySchedules."""
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> Setup:
            server = members.server_row(db, who, now)
            if server.set_up_at is None and not _waiting(db, server):
                raise NotSetUp
            if db.scalars(_live(server).where(Schedule.kind == "round")).first() is None:
                weekly = Recurrence.weekly(ROUND_AT, KINDS["round"].days)
                add_schedule(db, server, who, "round", server.study_channel_id or NOWHERE, weekly, {}, now)
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
                    server.left_at = server.trouble_told = None
                    reschedule(db, server.id, server.zone, now)

        await self._database.write(work)


def _maker(who: Person) -> str:
    return f"study channel:{who.guild_id}"


def _live(server: Server) -> Select[Schedule]:
    return (
        select(Schedule)
        .where(Schedule.server_id == server.id, Schedule.removed_at.is_(None))
        .order_by(Schedule.id)
    )


def _waiting(db: Session, server: Server) -> bool:
    """Whether a first set-up was begun, and its schedules wait for the new channel."""
    return db.scalars(_live(server).where(Schedule.channel_id == NOWHERE)).first() is not None


def _plan_defaults(
    db: Session, server: Server, who: Person, channel_id: int, at: time, now: datetime
) -> None:
    daily, digest = Recurrence.daily(at), Recurrence.weekly(DIGEST_AT, KINDS["digest"].days)
    add_schedule(db, server, who, "question", channel_id, daily, Filters().as_json(), now)
    add_schedule(db, server, who, "digest", channel_id, digest, {}, now)


def _move(db: Session, server: Server, left: int, channel_id: int, at: time | None, now: datetime) -> None:
    """Let what was posted in the channel left follow to the new one, and the first question to its new hour."""
    schedules = db.scalars(_live(server)).all()
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
        return Setup(who.guild_id, who.guild_name, "UTC", None, None, None, None, None, False, (), None)
    return setup_of(db, server, now)


def setup_of(db: Session, server: Server, now: datetime) -> Setup:
    """A server's set-up as it is now."""
    missed = db.scalar(
        select(Delivery.reason)
        .where(Delivery.server_id == server.id, Delivery.state == leases.MISSED)
        .order_by(Delivery.due_at.desc())
        .limit(1)
    )
    return Setup(
        guild_id=server.discord_id,
        name=server.name,
        zone=server.zone,
        channel_id=server.study_channel_id,
        guide_role_id=server.guide_role_id,
        moderator_role_id=server.moderator_role_id,
        alert_channel_id=server.alert_channel_id,
        weekly_goal=server.weekly_goal,
        set_up=server.set_up_at is not None,
        schedules=planned_of(db, server, now),
        last_miss=missed,
    )
