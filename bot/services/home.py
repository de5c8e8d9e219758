"""Home: where someone stands and the one next thing to do."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import period_key, zone_named
from bot.domain.home import NEAR, Home
from bot.domain.interviews.readouts import Mock
from bot.domain.members import Person
from bot.domain.rounds import OpenRecitation
from bot.domain.scoring import ANY
from bot.domain.streaks import Streak
from bot.services import drops, members, scoring
from bot.services.interviews.standing import standing
from bot.services.meetings.upcoming import upcoming
from bot.services.pairing.enrolment import open_of
from bot.services.problems.waiting import waiting
from bot.storage.database import Database
from bot.storage.tables import Answer, Member, Server, Total


class Homes:
    """What `/reps` shows."""

    def __init__(self, database: Database, clock: Clock, topic_names: Mapping[str, str]) -> None:
        self._database = database
        self._clock = clock
        self._names = topic_names

    async def of(self, who: Person) -> Home:
        """The home card of anyone, member or not."""
        now = self._clock.now()

        def work(db: Session) -> Home:
            server = db.scalars(select(Server).where(Server.discord_id == who.guild_id)).first()
            present = members.find(db, who)
            if server is None:
                return Home(
                    who.name, False, False, False, False, 0, 0, Streak.none(), False, None, None, None
                )
            day = now.astimezone(zone_named(server.zone)).date()
            drop = drops.open_drop(db, who, self._names)
            week = None
            answered = paused = by_guide = False
            streak = Streak.none()
            recitations: tuple[OpenRecitation, ...] = ()
            mocks: tuple[Mock, ...] = ()
            if present is not None:
                week = db.get(Total, (server.id, period_key("week", day), ANY, present.member_id))
                streak = scoring.streak_now(db, present, now)
                me = db.get_one(Member, present.member_id)
                paused, by_guide = me.paused_at is not None, me.paused_by is not None
                recitations = tuple(one for one in open_of(db, present) if one.waits)
                mocks = tuple(one for one in standing(db, present.member_id) if one.waits_for(who.discord_id))
                answered = drop is not None and (
                    db.scalar(
                        select(Answer.id).where(
                            Answer.drop_id == drop.id, Answer.member_id == present.member_id
                        )
                    )
                    is not None
                )
            meeting = None if paused else upcoming(db, who, now)
            return Home(
                name=who.name,
                set_up=server.set_up_at is not None,
                member=present is not None,
                paused=paused,
                paused_by_guide=by_guide,
                week_reps=week.reps if week else 0,
                week_points=week.points if week else 0,
                streak=streak,
                answered_today=answered,
                open_drop=drop,
                next_drop_at=drops.next_question_at(db, who.guild_id),
                goal=scoring.weekly_goal(db, server, day),
                recitations=recitations,
                mocks=mocks,
                problems=() if paused else waiting(db, who, present),
                meeting=meeting,
                meeting_first=meeting is not None and (meeting.running or meeting.starts_at - now <= NEAR),
            )

        return await self._database.read(work)
