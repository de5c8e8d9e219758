"""Pairing: who is in the recitation rounds, and the rounds themselves."""

import random
from collections.abc import Callable
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import OutOfDate
from bot.domain.members import Person
from bot.domain.recitation import Medium
from bot.domain.rounds import Enrolled, Mode
from bot.services import members
from bot.services.pairing import enrolment
from bot.storage.database import Database
from bot.storage.tables import Member, Server


class Pairing:
    """Being in the rounds, and what each round comes to."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng

    # --- being in the rounds

    async def standing(self, who: Person) -> Enrolled:
        """How this person stands with the rounds; looking joins nobody."""

        def work(db: Session) -> Enrolled:
            present = members.find(db, who)
            if present is not None:
                return enrolment.enrolled(db, present)
            server_id = db.scalar(select(Server.id).where(Server.discord_id == who.guild_id))
            return Enrolled(
                None,
                enrolment.DEFAULT_MODE,
                enrolment.DEFAULT_MEDIUM,
                skips=False,
                rests=False,
                paused=False,
                paused_by_guide=False,
                next_at=enrolment.next_round_at(db, server_id) if server_id else None,
            )

        return await self._database.read(work)

    async def join(
        self, who: Person, mode: Mode | None = None, medium: Medium | None = None
    ) -> Enrolled | None:
        """Take part in every round from now on; None, and nothing done, before the rules of conduct are agreed to.

        What is not given is as it was the last time. Raises PausedByGuide, and OutOfDate for what is not offered.
        """
        _require_offered(mode, medium)
        now = self._clock.now()

        def work(db: Session) -> Enrolled | None:
            present = members.find(db, who)
            if present is None or db.get_one(Member, present.member_id).conduct_at is None:
                return None
            members.require_active(db, who)
            enrolment.choose(db, present, mode, medium, now)
            return enrolment.enrolled(db, present)

        return await self._database.write(work)

    async def choose(self, who: Person, mode: Mode | None = None, medium: Medium | None = None) -> Enrolled:
        """Change how one recites; whoever chooses takes part here, if not in the rounds. Raises OutOfDate."""
        _require_offered(mode, medium)
        now = self._clock.now()

        def work(db: Session) -> Enrolled:
            present = members.join(db, who, now)
            enrolment.choose(db, present, mode, medium, None)
            return enrolment.enrolled(db, present)

        return await self._database.write(work)

    async def skip(self, who: Person) -> Enrolled:
        """Let the next round go without one; again takes it back. Raises NotAMember, NotEnrolled."""

        def work(db: Session, present: members.Present) -> None:
            row = enrolment.require_enrolled(db, present)
            row.skips = not row.skips

        return await self._change(who, work)

    async def leave(self, who: Person) -> Enrolled:
        """Be in no round any more; how one recites is kept for another time. Raises NotAMember, NotEnrolled."""

        def work(db: Session, present: members.Present) -> None:
            row = enrolment.require_enrolled(db, present)
            row.enrolled_at, row.skips = None, False

        return await self._change(who, work)

    async def back(self, who: Person) -> Enrolled:
        """After a rest for missed recitations, be in the rounds again. Raises NotAMember."""
        return await self._change(who, lambda db, present: enrolment.come_back(db, present.member_id))

    async def _change(self, who: Person, change: Callable[[Session, members.Present], None]) -> Enrolled:
        def work(db: Session) -> Enrolled:
            present = members.require(db, who)
            change(db, present)
            db.flush()
            return enrolment.enrolled(db, present)

        return await self._database.write(work)


def _require_offered(mode: Mode | None, medium: Medium | None) -> None:
    if mode not in (None, *get_args(Mode)) or medium not in (None, *get_args(Medium)):
        raise OutOfDate
