"""Scoring: the record of reps, and the boards and statistics read from it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import Period, period_key, zone_named
from bot.domain.members import Person
from bot.domain.scoring import ANY, Board, Counted, Goal, Measure, Standing, Stats
from bot.services import members
from bot.services.scoring.boards import Crowds, board_of, standing_of, weekly_goal
from bot.services.scoring.record import Awarded, add_for_right, add_points, award, streak_now
from bot.services.scoring.stats import stats_of
from bot.storage.database import Database
from bot.storage.tables import Server

__all__ = [
    "Awarded",
    "Scoring",
    "add_for_right",
    "add_points",
    "award",
    "board_of",
    "streak_now",
    "weekly_goal",
]


class Scoring:
    """Boards, standings, statistics and digests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._crowds = Crowds()

    async def board(
        self,
        who: Person,
        *,
        period: Period = "week",
        measure: Measure = "points",
        activity: Counted = ANY,
        page: int = 0,
    ) -> Board:
        """One page of the leaderboard, counted in the server's own week or month."""
        now = self._clock.now()

        def work(db: Session) -> Board:
            server = _server(db, who, now)
            day = now.astimezone(zone_named(server.zone)).date()
            count = self._crowds.at(now)
            return board_of(db, server, day, period, measure, activity, page, who.discord_id, count)

        return await self._database.read(work)

    async def standing(
        self,
        who: Person,
        *,
        period: Period = "week",
        measure: Measure = "points",
        activity: Counted = ANY,
    ) -> Standing:
        """The member's own rank with the two above and the two below; raises NotAMember."""
        now = self._clock.now()

        def work(db: Session) -> Standing:
            present = members.require(db, who)
            key = period_key(period, now.astimezone(present.server_zone).date())
            return standing_of(db, present, key, measure, activity, self._crowds.at(now))

        return await self._database.read(work)

    async def stats(self, who: Person) -> Stats:
        """Everything `/me stats` shows; raises NotAMember."""
        now = self._clock.now()
        return await self._database.read(lambda db: stats_of(db, members.require(db, who), now))

    async def goal(self, who: Person) -> Goal:
        """This week's shared goal."""
        now = self._clock.now()

        def work(db: Session) -> Goal:
            server = _server(db, who, now)
            day = now.astimezone(zone_named(server.zone)).date()
            return weekly_goal(db, server, day, self._crowds.at(now))

        return await self._database.read(work)


def _server(db: Session, who: Person, now: datetime) -> Server:
    found = db.scalars(select(Server).where(Server.discord_id == who.guild_id)).first()
    # A server Reps has never met has an empty board; reading writes nothing.
    return found or Server(id=0, discord_id=who.guild_id, name=who.guild_name, zone="UTC", created_at=now)
