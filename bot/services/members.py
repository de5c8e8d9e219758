"""Members: joining by doing, settings, pausing and leaving."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import zone_named
from bot.domain.errors import (
    LongAgoJoined,
    NoSuchMember,
    NotAMember,
    NothingToUndo,
    OutOfDate,
    PausedByGuide,
    UnknownZone,
    ZoneChangedRecently,
)
from bot.domain.members import LANGUAGES, LEVEL_OPEN, LEVELS, Level, Person, Profile, Track
from bot.domain.notices import UNREACHABLE
from bot.domain.scoring import ShownAs
from bot.domain.streaks import zone_change_allowed
from bot.storage.database import Database
from bot.storage.queries.members import FIND, SEE
from bot.storage.tables import Answer, AuditEntry, Member, NotificationChoice, Rep, Server, StreakRow, Total
from bot.storage.upsert import insert_into

# Writing "last seen" at every press would double the writes; an hour is exact enough for what reads it.
SEEN_EVERY = timedelta(hours=1)
# Where the tap that joins leaves its rows.
OF_ONE_TAP = (Rep, Total, StreakRow, Answer)


@dataclass(frozen=True, slots=True)
class Present:
    """A member within a transaction: ids, and the zones that count for them."""

    member_id: int
    server_id: int
    zone_name: str
    server_zone_name: str
    shown_as: ShownAs = "name"
    joined_now: bool = False

    @property
    def listed(self) -> bool:
        """Whether leaderboards show them at all."""
        return self.shown_as != "hidden"

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.zone_name)

    @property
    def server_zone(self) -> ZoneInfo:
        return zone_named(self.server_zone_name)


def find(db: Session, who: Person) -> Present | None:
    """The member, if this person takes part in this server and has not left."""
    row = _found(db, who)
    if row is None or row.id is None or row.left_at is not None:
        return None
    return _present(row)


def _found(db: Session, who: Person) -> Any:
    return FIND.first(db, guild_id=who.guild_id, discord_id=who.discord_id)


def _present(row: Any) -> Present:
    return Present(
        member_id=row.id,
        server_id=row.server_id,
        zone_name=row.zone or row.server_zone,
        server_zone_name=row.server_zone,
        shown_as=row.shown_as,
        joined_now=row.left_at is not None,
    )


def require(db: Session, who: Person) -> Present:
    """The member; raises NotAMember for somebody who never took part or has left."""
    present = find(db, who)
    if present is None:
        raise NotAMember
    return present


def require_active(db: Session, who: Person) -> Present:
    """The member, for what others will read; raises NotAMember, and PausedByGuide while a guide's pause lasts."""
    present = require(db, who)
    if db.scalar(select(Member.paused_by).where(Member.id == present.member_id)) is not None:
        raise PausedByGuide
    return present


def conduct_agreed(db: Session, present: Present) -> bool:
    """Whether a member has agreed to the rules of conduct."""
    return db.scalar(select(Member.conduct_at).where(Member.id == present.member_id)) is not None


def known(db: Session, guild_id: int, discord_id: int) -> Present:
    """Somebody else on this server who takes part, or did; raises NoSuchMember."""
    row = FIND.first(db, guild_id=guild_id, discord_id=discord_id)
    if row is None or row.id is None:
        raise NoSuchMember(discord_id)
    return _present(row)


def server_row(db: Session, who: Person, now: datetime) -> Server:
    """The server's row, made on first use: defaults always work."""
    db.execute(
        insert_into(db, Server)
        .values(discord_id=who.guild_id, name=who.guild_name, zone="UTC", created_at=now)
        .on_conflict_do_nothing()
    )
    return db.scalars(select(Server).where(Server.discord_id == who.guild_id)).one()


def join(db: Session, who: Person, now: datetime, found: Any = None) -> Present:
    """The member, joining them (again) if need be; keeps the name last seen. `found` is what FIND gives, if at hand."""
    row = found or _found(db, who)
    if row is None:
        server = server_row(db, who, now)
        server_id, server_zone = server.id, server.zone
    else:
        server_id, server_zone = row.server_id, row.server_zone
    if row is None or row.id is None:
        member_id = db.execute(
            insert_into(db, Member)
            .values(
                server_id=server_id,
                discord_id=who.discord_id,
                display_name=who.name[:64],
                track="undecided",
                shown_as="name",
                joined_at=now,
                last_seen_at=now,
            )
            .on_conflict_do_nothing()
            .returning(Member.id)
        ).scalar()
        if member_id is not None:
            return Present(member_id, server_id, server_zone, server_zone, joined_now=True)
        return require(db, who)
    present = _present(row)
    if row.left_at is not None or row.gone_at is not None:
        # Whoever was thought gone from Discord is here, and finds everything as it was.
        db.execute(update(Member).where(Member.id == row.id).values(left_at=None, gone_at=None))
        if row.left_at is not None:
            # Leaving and coming back ends one's own pause, never a guide's.
            own = update(Member).where(Member.id == row.id, Member.paused_by.is_(None))
            db.execute(own.values(paused_at=None))
        set_listed(db, row.id, present.listed)
    if row.display_name != who.name[:64] or now - row.last_seen_at > SEEN_EVERY:
        SEE.rows(db, member_id=row.id, name=who.name[:64], now=now)
    return present


def set_listed(db: Session, member_id: int, listed: bool) -> None:
    """Show or hide a member on every leaderboard."""
    db.execute(update(Total).where(Total.member_id == member_id).values(listed=listed))


# What goes on, or ends, without a member who stops taking part.
Leaving = Callable[[Session, int, datetime], None]


class Members:
    """What a member decides about themselves."""

    def __init__(self, database: Database, clock: Clock, leavings: Collection[Leaving] = ()) -> None:
        self._database = database
        self._clock = clock
        self._leavings = tuple(leavings)

    async def profile(self, who: Person) -> Profile:
        """The member's settings, or the defaults for somebody who takes no part; looking joins nobody."""
        now = self._clock.now()

        def work(db: Session) -> Profile:
            if find(db, who) is not None:
                return _profile(db, who, now)
            zone = db.scalar(select(Server.zone).where(Server.discord_id == who.guild_id)) or "UTC"
            return Profile(who.name, None, zone, "undecided", "name", now, False, None)

        return await self._database.read(work)

    async def settle_in(
        self,
        who: Person,
        *,
        zone: str | None = None,
        track: Track | None = None,
        shown_as: ShownAs | None = None,
        level: Level | Literal["open"] | None = None,
        languages: Collection[str] | None = None,
    ) -> Profile:
        """Save the given settings; whoever sets them takes part. Languages we do not know are left out.

        Raises OutOfDate for what is not offered, UnknownZone, and ZoneChangedRecently within seven days of the last
        change.
        """
        now = self._clock.now()
        offered = ((track, get_args(Track)), (shown_as, get_args(ShownAs)), (level, (*LEVELS, LEVEL_OPEN)))
        if any(one is not None and one not in values for one, values in offered):
            raise OutOfDate
        if zone is not None:
            try:
                zone = zone_named(zone).key
            except ValueError:
                raise UnknownZone(zone[:60]) from None
        known = [code for code in LANGUAGES if code in (languages or ())]

        def work(db: Session) -> Profile:
            present = join(db, who, now)
            member = db.get_one(Member, present.member_id)
            if zone is not None and zone != member.zone:
                allowed_at = zone_change_allowed(member.zone_changed_at, now)
                if allowed_at is not None:
                    raise ZoneChangedRecently(allowed_at)
                member.zone, member.zone_changed_at = zone, now
            if track is not None:
                member.track = track
            if shown_as is not None and shown_as != member.shown_as:
                member.shown_as = shown_as
                set_listed(db, member.id, shown_as != "hidden")
            if level is not None:
                member.level = None if level == LEVEL_OPEN else level
            if known:
                member.languages = known
            db.flush()
            return _profile(db, who, now)

        return await self._database.write(work)

    async def takes_part(self, who: Person) -> bool:
        """Whether this person is a member here."""
        return await self._database.read(lambda db: find(db, who) is not None)

    async def agreed(self, who: Person) -> bool:
        """Whether this person has agreed to the rules of conduct here."""

        def work(db: Session) -> bool:
            present = find(db, who)
            return present is not None and conduct_agreed(db, present)

        return await self._database.read(work)

    async def agree(self, who: Person) -> None:
        """Agree to the rules of conduct, once; whoever agrees takes part."""
        now = self._clock.now()

        def work(db: Session) -> None:
            present = join(db, who, now)
            db.execute(
                update(Member)
                .where(Member.id == present.member_id, Member.conduct_at.is_(None))
                .values(conduct_at=now)
            )

        await self._database.write(work)

    async def toggle_pause(self, who: Person) -> Profile:
        """Rest from rounds and reminders, or come back; nothing is lost. Raises NotAMember, PausedByGuide."""
        now = self._clock.now()

        def work(db: Session) -> Profile:
            member = db.get_one(Member, require_active(db, who).member_id)
            member.paused_at = None if member.paused_at else now
            db.flush()
            return _profile(db, who, now)

        return await self._database.write(work)

    async def leave(self, who: Person) -> None:
        """Stop taking part: off every board at once. Answering again brings everything back."""
        now = self._clock.now()

        def work(db: Session) -> None:
            present = require(db, who)
            db.execute(update(Member).where(Member.id == present.member_id).values(left_at=now))
            set_listed(db, present.member_id, False)
            for leave in self._leavings:
                leave(db, present.member_id, now)

        await self._database.write(work)

    async def undo_joining(self, who: Person) -> None:
        """Take back the tap that joined: the answer, its rep and the membership go without a trace.

        Raises NothingToUndo for somebody who is no member, LongAgoJoined when there is more than one answer.
        """

        def work(db: Session) -> None:
            present = find(db, who)
            if present is None:
                raise NothingToUndo
            mine = present.member_id
            answers = db.scalars(select(Answer.id).where(Answer.member_id == mine).limit(2)).all()
            if len(answers) > 1 or _did_more(db, present):
                raise LongAgoJoined
            for table in OF_ONE_TAP:
                db.execute(delete(table).where(table.member_id == mine))
            db.execute(delete(Member).where(Member.id == mine))

        await self._database.write(work)


def _did_more(db: Session, present: Present) -> bool:
    """Whether a member has left anything that is not of one tap, such as an explanation or a vote."""
    of_one_tap = {table.__table__ for table in OF_ONE_TAP}
    more = [
        exists().where(key.parent == present.member_id)
        for table in Member.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table is Member.__table__ and table not in of_one_tap
    ]
    audited = exists().where(
        AuditEntry.server_id == present.server_id, AuditEntry.target == f"member:{present.member_id}"
    )
    return bool(db.scalar(select(or_(audited, *more))))


def _profile(db: Session, who: Person, now: datetime) -> Profile:
    present = require(db, who)
    member = db.get_one(Member, present.member_id)
    return Profile(
        name=member.display_name,
        zone=member.zone,
        server_zone=present.server_zone_name,
        track=member.track,  # type: ignore[arg-type]
        shown_as=member.shown_as,  # type: ignore[arg-type]
        joined_at=member.joined_at,
        paused=member.paused_at is not None,
        zone_locked_until=zone_change_allowed(member.zone_changed_at, now),
        languages=tuple(member.languages),
        level=member.level,  # type: ignore[arg-type]
        unreachable=bool(
            db.scalar(
                select(
                    exists().where(
                        NotificationChoice.member_id == member.id, NotificationChoice.channel == UNREACHABLE
                    )
                )
            )
        ),
    )
