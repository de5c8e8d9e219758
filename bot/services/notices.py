"""Notices: what a member asked to be told, how, and at which hours; and whose turn it is to be told."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import zone_named
from bot.domain.errors import OutOfDate, QuietAllDay
from bot.domain.members import Person
from bot.domain.notices import (
    DAY,
    QUESTION,
    QUIET_MINUTES,
    REMIND_AFTER,
    REMIND_WITHIN,
    UNREACHABLE,
    Choices,
    Quiet,
    Reminder,
    Way,
    next_allowed,
)
from bot.domain.schedules import Due
from bot.services import members
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Answer, Drop, ItemVersion, Member, NotificationChoice, Server, Timer
from bot.storage.upsert import insert_into

# The timer of a question, and those of the people who are then to be reminded of it.
REMIND, TELL = "drop.remind", "notice.tell"
# Discord distrusts a bot that opens many direct messages at once, and other posts must not wait behind them.
APART = timedelta(seconds=3)


def wants(db: Session, member_id: int, kind: str) -> str | None:
    """In which way a member asked to be told of a kind of thing; None when they did not."""
    return db.scalar(
        select(NotificationChoice.channel).where(
            NotificationChoice.member_id == member_id,
            NotificationChoice.kind == kind,
            NotificationChoice.channel != UNREACHABLE,
        )
    )


def plan_reminder(db: Session, server_id: int, drop_id: int, posted_at: datetime) -> None:
    """Set a posted question's timer, if anybody in the server asked to be reminded."""
    asked = exists().where(
        Member.server_id == server_id,
        NotificationChoice.member_id == Member.id,
        NotificationChoice.kind == QUESTION,
        NotificationChoice.channel != UNREACHABLE,
    )
    if db.scalar(select(asked)):
        set_timer(
            db,
            key=f"{REMIND}:{drop_id}",
            kind=REMIND,
            server_id=server_id,
            subject_id=drop_id,
            due_at=posted_at + REMIND_AFTER,
        )


class Notices:
    """What may notify a member."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- choosing

    async def choices(self, who: Person) -> Choices:
        """What the member asked for; looking joins nobody."""

        def work(db: Session) -> Choices:
            present = members.find(db, who)
            if present is None:
                zone = db.scalar(select(Server.zone).where(Server.discord_id == who.guild_id))
                return Choices({}, None, zone or "UTC")
            return _choices(db, present)

        return await self._database.read(work)

    async def choose(self, who: Person, kind: str, way: Way | None) -> Choices:
        """Be told of a kind of thing in a way from now on, or not at all; whoever chooses takes part."""
        now = self._clock.now()

        def work(db: Session) -> Choices:
            present = members.join(db, who, now)
            if way is None:
                _forget(db, present.member_id, kind)
            else:
                _keep(db, present.member_id, kind, way)
            if way is not None and kind == QUESTION:
                # Nobody may have asked yet when today's question came.
                today = select(Drop).where(
                    Drop.server_id == present.server_id, Drop.posted_at > now - REMIND_AFTER
                )
                for drop in db.scalars(today.where(Drop.revealed_at.is_(None))):
                    assert drop.posted_at is not None
                    plan_reminder(db, drop.server_id, drop.id, drop.posted_at)
            return _choices(db, present)

        return await self._database.write(work)

    async def set_quiet(
        self, who: Person, *, start_minute: int | None = None, end_minute: int | None = None
    ) -> Choices:
        """Move the beginning or the end of the quiet hours; what is not given stays. Raises QuietAllDay.

        The first beginning brings an end with it, and an end without a beginning is not kept.
        """
        now = self._clock.now()

        def work(db: Session) -> Choices:
            present = members.join(db, who, now)
            member = db.get_one(Member, present.member_id)
            if start_minute is not None:
                if member.quiet_until is None:
                    member.quiet_until = (start_minute + QUIET_MINUTES) % DAY
                member.quiet_from = start_minute
            if end_minute is not None and member.quiet_from is not None:
                member.quiet_until = end_minute
            if member.quiet_from is not None and member.quiet_from == member.quiet_until:
                raise QuietAllDay
            db.flush()
            return _choices(db, present)

        return await self._database.write(work)

    async def end_quiet(self, who: Person) -> Choices:
        """Have no quiet hours."""
        now = self._clock.now()

        def work(db: Session) -> Choices:
            present = members.join(db, who, now)
            member = db.get_one(Member, present.member_id)
            member.quiet_from = member.quiet_until = None
            db.flush()
            return _choices(db, present)

        return await self._database.write(work)

    async def stop(self, discord_id: int, server_id: int, kind: str) -> str:
        """Switch a notice off from a direct message, which comes from no server; the server's name.

        Raises OutOfDate for somebody who is no member of it any more.
        """

        def work(db: Session) -> str:
            found = db.execute(
                select(Member.id, Server.name)
                .join(Server, Server.id == Member.server_id)
                .where(Member.server_id == server_id, Member.discord_id == discord_id)
            ).first()
            if found is None:
                raise OutOfDate
            _forget(db, found.id, kind)
            return str(found.name)

        return await self._database.write(work)

    # --- telling

    async def call(self, due: Due) -> int:
        """Give everybody who is to be reminded of a question a timer of their own; how many they are."""
        now = self._clock.now()

        def work(db: Session) -> int:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return 0
            ids = db.scalars(_to_remind(due.subject_id, now).with_only_columns(Member.id)).all()
            if ids:
                db.execute(
                    insert_into(db, Timer).on_conflict_do_nothing(),
                    [
                        {
                            "key": f"{TELL}:{due.subject_id}:{member_id}",
                            "kind": TELL,
                            "server_id": due.server_id,
                            "subject_id": due.subject_id,
                            "due_at": now + place * APART,
                            "state": leases.DUE,
                            "attempts": 0,
                        }
                        for place, member_id in enumerate(ids)
                    ],
                )
            return len(ids)

        return await self._database.write(work)

    async def reminder(self, due: Due) -> Reminder | None:
        """What a member is to be told now; None when it is not wanted any more, or only after their quiet hours."""
        now = self._clock.now()

        def work(db: Session) -> Reminder | None:
            row = db.execute(
                _to_remind(due.subject_id, now)
                .where(Member.id == member_of(due))
                .with_only_columns(Member, Drop, Server, ItemVersion.body)
            ).first()
            if row is None:
                settle(db, due)
                return None
            if not may_tell_now(db, due, row.Member, row.Server, now):
                return None
            return Reminder(
                drop_id=row.Drop.id,
                server_id=row.Server.id,
                discord_id=row.Member.discord_id,
                server_name=row.Server.name,
                title=row.body["title"],
                link=f"https://discord.com/channels/{row.Server.discord_id}/{row.Drop.channel_id}/{row.Drop.message_id}",
            )

        return await self._database.write(work)

    async def told(self, due: Due) -> None:
        """Note that a member was told, or cannot be."""
        await self._database.write(lambda db: settle(db, due))

    async def unreachable(self, due: Due, kind: str) -> None:
        """Switch a notice off whose direct message Discord turned away; the member's settings say so."""

        def work(db: Session) -> None:
            db.execute(
                update(NotificationChoice)
                .where(_chose(member_of(due), kind), NotificationChoice.channel == "dm")
                .values(channel=UNREACHABLE)
            )
            settle(db, due)

        await self._database.write(work)


def _to_remind(drop_id: int | None, now: datetime) -> Select[Any]:
    """Those who asked to be reminded of a question that is open and of today, and have not answered it."""
    answered = exists().where(Answer.drop_id == Drop.id, Answer.member_id == Member.id)
    return (
        select(Member.id)
        .select_from(Drop)
        .join(ItemVersion, ItemVersion.id == Drop.item_version_id)
        .join(Server, Server.id == Drop.server_id)
        .join(Member, Member.server_id == Drop.server_id)
        .join(NotificationChoice, _chose(Member.id, QUESTION))
        .where(
            Drop.id == drop_id,
            Drop.posted_at > now - REMIND_WITHIN,
            Drop.reveals_at > now,
            Drop.revealed_at.is_(None),
            Server.left_at.is_(None),
            # As one expression, or SQLite would look through everybody who is not gone, of every server.
            func.coalesce(Member.left_at, Member.paused_at, Member.gone_at).is_(None),
            NotificationChoice.channel == "dm",
            ~answered,
        )
        .order_by(Member.id)
    )


def _chose(member_id: Any, kind: str) -> ColumnElement[bool]:
    return and_(NotificationChoice.member_id == member_id, NotificationChoice.kind == kind)


def member_of(due: Due) -> int:
    """Whom a timer of one person is for; its subject is what they are told of."""
    return int(due.key.rpartition(":")[2])


def may_tell_now(
    db: Session, due: Due, member: Member, server: Server, now: datetime, until: datetime | None = None
) -> bool:
    """Whether no quiet hour keeps this person's timer waiting; after `until` it would be of no use."""
    allowed = next_allowed(now, zone_named(member.zone or server.zone), _quiet(member))
    if allowed <= now:
        return True
    if until is not None and allowed >= until:
        settle(db, due)
    else:
        # Attempts stay counted: an earlier one may have sent before it died.
        db.execute(_held(update(Timer), due).values(due_at=allowed, claimed_until=None))
    return False


def settle(db: Session, due: Due) -> None:
    """Take away the timer of one person."""
    # Nothing sets it a second time, and a row that names a member should not outlive its use.
    db.execute(_held(delete(Timer), due))


def _held(statement: Any, due: Due) -> Any:
    return statement.where(*leases.held(Timer, due.id, due.token))


def _keep(db: Session, member_id: int, kind: str, way: str) -> None:
    db.execute(
        insert_into(db, NotificationChoice)
        .values(member_id=member_id, kind=kind, channel=way)
        .on_conflict_do_update(index_elements=["member_id", "kind"], set_={"channel": way})
    )


def _forget(db: Session, member_id: int, kind: str) -> None:
    db.execute(delete(NotificationChoice).where(_chose(member_id, kind)))


def _quiet(member: Member) -> Quiet | None:
    if member.quiet_from is None or member.quiet_until is None:
        return None
    return Quiet(member.quiet_from, member.quiet_until)


def _choices(db: Session, present: members.Present) -> Choices:
    rows = db.execute(
        select(NotificationChoice.kind, NotificationChoice.channel).where(
            NotificationChoice.member_id == present.member_id
        )
    ).all()
    return Choices(
        {row.kind: row.channel for row in rows},
        _quiet(db.get_one(Member, present.member_id)),
        present.zone_name,
    )
