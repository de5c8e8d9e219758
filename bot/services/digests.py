"""Digests: a server's week in one post."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import instant, period_key, week_of, zone_named
from bot.domain.drops import DISTRIBUTION_FROM
from bot.domain.errors import OutOfDate
from bot.domain.members import Person
from bot.domain.schedules import Due, week_told
from bot.domain.scoring import ANY, PAGE, RANKS_FROM, Digest, Place
from bot.services import members, scoring
from bot.services.scoring.boards import standing_of
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Answer, Delivery, Member, Server, Total

IMPROVED_SHOWN = 3


class Digests:
    """The weekly digest: what was done together, and who came further than the week before."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def read(self, due: Due) -> Digest:
        """The week the digest of this due day tells of."""
        return await self._database.read(lambda db: _digest(db, due))

    async def place(self, who: Person, delivery_id: int) -> Place:
        """One's own place in the week a posted digest told of. Raises OutOfDate for no digest of this server."""
        now = self._clock.now()

        def work(db: Session) -> Place:
            row = db.execute(
                select(Delivery.due_at, Server)
                .join(Server, Server.id == Delivery.server_id)
                .where(
                    Delivery.id == delivery_id, Delivery.kind == "digest", Server.discord_id == who.guild_id
                )
            ).first()
            if row is None:
                raise OutOfDate
            due_at, server = row
            zone = zone_named(server.zone)
            day = _day_told(due_at, zone)
            board = scoring.board_of(db, server, day, "week", "points", ANY, 0, who.discord_id)
            present = members.find(db, who)
            standing = standing_of(db, present, period_key("week", day), "points", ANY) if present else None
            return Place(board, standing, over=week_of(day) < week_of(now.astimezone(zone).date()))

        return await self._database.read(work)

    async def posted(self, due: Due, message_id: int) -> bool:
        """Note that the digest is out; False when another holder did."""
        now = self._clock.now()
        return await self._database.write(
            lambda db: leases.settle(
                db, Delivery, due.id, due.token, now, message_id=message_id, late=due.late
            )
        )


def _day_told(due_at: datetime, zone: ZoneInfo) -> date:
    """The last day of the week a digest tells of, so far."""
    day = due_at.astimezone(zone).date()
    return min(day, week_told(day) + timedelta(days=6))


def _digest(db: Session, due: Due) -> Digest:
    server = db.get_one(Server, due.server_id)
    zone = zone_named(server.zone)
    day = _day_told(due.due_at, zone)
    monday = week_of(day)
    begins, ends = (instant(first, time(), zone) for first in (monday, monday + timedelta(weeks=1)))
    over = ends <= due.due_at
    board = scoring.board_of(db, server, day, "week", "points", ANY, 0, None)
    this, last = period_key("week", day), period_key("week", day - timedelta(days=7))
    before = (
        select(Total.member_id, Total.points)
        .where(Total.server_id == server.id, Total.period == last, Total.activity == ANY)
        .subquery()
    )
    reps_before = db.scalar(
        select(func.coalesce(func.sum(Total.reps), 0)).where(
            # As the board it is compared with: without members who hide.
            Total.server_id == server.id,
            Total.period == last,
            Total.activity == ANY,
            Total.listed.is_(True),
        )
    )
    gain = Total.points - func.coalesce(before.c.points, 0)
    improved = db.execute(
        select(Member.display_name, func.coalesce(before.c.points, 0), Total.points)
        .join(Member, Member.id == Total.member_id)
        .outerjoin(before, before.c.member_id == Total.member_id)
        .where(
            Total.server_id == server.id,
            Total.period == this,
            Total.activity == ANY,
            Total.listed.is_(True),
            Member.shown_as == "name",
            gain > 0,
        )
        .order_by(gain.desc(), Total.member_id)
        .limit(IMPROVED_SHOWN)
    ).all()
    right, marked, people = db.execute(
        select(
            func.count().filter(Answer.right.is_(True)),
            func.count(Answer.right),
            func.count(Answer.member_id.distinct()).filter(Answer.right.is_not(None)),
        ).where(
            Answer.server_id == server.id,
            Answer.drop_id.is_not(None),
            Answer.answered_at >= (begins if over else due.due_at - timedelta(days=7)),
            Answer.answered_at < ends if over else Answer.answered_at <= due.due_at,
        )
    ).one()
    return Digest(
        server_name=server.name,
        first_day=monday,
        last_day=monday + timedelta(days=6),
        total_reps=board.total_reps,
        total_points=board.total_points,
        reps_before=reps_before or 0,
        participants=board.participants,
        goal=board.goal,
        rows=board.rows[:PAGE],
        improved=tuple((row[0], row[1], row[2]) for row in improved)
        if board.participants >= RANKS_FROM
        else (),
        share_right=right / marked if people >= DISTRIBUTION_FROM else None,
        over=over,
    )
