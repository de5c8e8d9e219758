"""Pairing: who is in the recitation rounds, and the rounds themselves."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import OutOfDate
from bot.domain.members import Person
from bot.domain.pairing import Medium, Mode, Paired
from bot.domain.rounds import (
    PAIRS_AT_FIRST,
    PAIRS_AT_ONCE,
    Enrolled,
    OpenRecitation,
    Part,
    Preview,
    Previewed,
    Why,
    reminds_at,
)
from bot.domain.schedules import Due, Planned
from bot.services import members
from bot.services.audit import note
from bot.services.deliveries import queue_run
from bot.services.pairing import enrolment, redrawing, rounds
from bot.services.pairing.matcher import Matcher
from bot.services.pairing.redrawing import Stands
from bot.services.pairing.snapshot import Snapshot, snapshot_of
from bot.services.rights import require_guide
from bot.services.schedules.readouts import planned_of
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Server, Timer

# Timers: the messages after a round's first one, its reminders, and its end.
BATCH, REMIND, CLOSE = "round.batch", "round.remind", "round.close"
PREVIEWED: Final = 10
LAID_OUT_AT_ONCE: Final = 250
# Short enough to read out; a guide may type one.
SEEDS: Final = 1_000_000


class Pairing:
    """Being in the rounds, and what each round comes to."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random, matcher: Matcher) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._matcher = matcher

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
            if present is None or not members.conduct_agreed(db, present):
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

    # --- a round

    async def called(self, due: Due) -> tuple[int, frozenset[int]] | None:
        """The Discord ids of a round's server and of everybody it is for; None once its pairs are saved."""
        now = self._clock.now()

        def work(db: Session) -> tuple[int, frozenset[int]] | None:
            if rounds.known(db, due.id) is not None:
                return None
            guild_id = db.get_one(Server, due.server_id).discord_id
            people = db.execute(rounds.taking_part(due.server_id, now))
            return guild_id, frozenset(discord_id for _, discord_id in people)

        return await self._database.read(work)

    async def prepare(self, due: Due) -> Part:
        """The first message of a delivery's round, its pairs made at the first attempt and the same ever after."""
        now, seed = self._clock.now(), self._seed()

        def opened(db: Session) -> tuple[int, int, datetime]:
            found = rounds.open_round(db, due.id, due.server_id, seed, now)
            return found.id, found.seed, found.cut_at

        known = await self.known(due)
        if known is None:
            opening = await self._database.write(opened)
            while known is None:
                await self._make(due.server_id, *opening)
                known = await self.known(due)
        return known

    async def _make(self, server_id: int, round_id: int, seed: int, cut_at: datetime) -> None:
        """Make a round's pairs outside any transaction, and save them if they are still as they must be then."""
        now = self._clock.now()
        everybody = await snapshot_of(self._database, server_id, cut_at)
        await self._save(round_id, await everybody.paired(self._matcher, seed, cut_at), everybody, now)

    async def _save(self, round_id: int, made: Paired, everybody: Snapshot, now: datetime) -> None:
        """Lay the lines out, so many at once that nobody else's write waits long; then all take their places."""
        seatings = await asyncio.to_thread(rounds.seatings_of, made, everybody.mediums)
        ids: list[int] = []
        for start in range(0, len(seatings), LAID_OUT_AT_ONCE):
            some = seatings[start : start + LAID_OUT_AT_ONCE]
            ids += await self._database.write(
                partial(rounds.lay_out, round_id=round_id, seatings=some, now=now)
            )
        await self._database.write(
            lambda db: rounds.save(db, round_id, seatings, ids, everybody.skipped, now)
        )

    async def known(self, due: Due) -> Part | None:
        """The first message of a delivery's round; None before its pairs are saved."""

        def work(db: Session) -> Part | None:
            found = rounds.known(db, due.id)
            return rounds.part_of(db, found, 1, PAIRS_AT_FIRST) if found else None

        return await self._database.read(work)

    async def posted(self, due: Due, part: Part, message_id: int) -> bool:
        """Note that a round's first message is out, and plan what follows it; False when another holder did."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            if not leases.settle(db, Delivery, due.id, due.token, now, message_id=message_id, late=due.late):
                return False
            _plan(db, BATCH, due.server_id, part.round_id, part.next_id, now)
            first_id = rounds.first_id(db, part.round_id)
            remind = reminds_at(part.cut_at, part.closes_at)
            if remind is not None:
                _plan(db, REMIND, due.server_id, part.round_id, first_id, remind)
            _plan(db, CLOSE, due.server_id, part.round_id, first_id, part.closes_at)
            return True

        return await self._database.write(work)

    async def part(self, due: Due) -> Part | None:
        """A later message of a round; None when what it would tell of was erased."""

        def work(db: Session) -> Part | None:
            found = rounds.of_recitation(db, due)
            if found is None or found[1].number is None:
                return None
            return rounds.part_of(db, found[0], found[1].number, PAIRS_AT_ONCE)

        return await self._database.read(work)

    async def stands(self, due: Due) -> Stands | None:
        """The message to draw again because somebody in it was erased."""
        return await self._database.read(lambda db: redrawing.stands(db, due))

    async def remind(self, due: Due) -> Part | None:
        """A message for those who have not begun, chosen at the first attempt; None when all have."""
        return await self._database.write(lambda db: rounds.reminder(db, due, PAIRS_AT_ONCE))

    async def told(self, due: Due, part: Part | None, message_id: int | None = None) -> bool:
        """Note that a later message of a round is out, and plan the one after it; False when another holder did."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return False
            found = rounds.of_recitation(db, due)
            if found is not None and message_id is not None and due.kind == BATCH:
                found[0].messages = [*found[0].messages, [found[1].number, message_id]]
            if part is not None:
                _plan(db, due.kind, due.server_id, part.round_id, part.next_id, now)
            return True

        return await self._database.write(work)

    async def close(self, due: Due) -> None:
        """What nobody of a round has begun is over."""
        now = self._clock.now()

        def work(db: Session) -> None:
            found = rounds.of_recitation(db, due)
            if leases.settle(db, Timer, due.id, due.token, now) and found is not None:
                rounds.close(db, (found[0].id,), now)

        await self._database.write(work)

    async def mine(self, who: Person, round_id: int) -> OpenRecitation:
        """What somebody does in a round. Raises NotAMember, NotInRound."""

        def work(db: Session) -> OpenRecitation:
            present = members.require(db, who)
            (found,) = enrolment.readouts(db, present, [rounds.mine(db, who, round_id)])
            return found

        return await self._database.read(work)

    async def why(self, who: Person, round_id: int) -> Why:
        """Why somebody is together with whom in a round. Raises NotInRound."""
        return await self._database.read(lambda db: rounds.why(db, who, round_id))

    # --- guides

    async def preview(self, who: Person, seed: int | None, page: int = 0) -> Preview:
        """One page of the round that would be made now; nothing is kept. Raises GuidesOnly."""
        now = self._clock.now()
        seed = self._seed() if seed is None else seed

        def work(db: Session) -> int:
            require_guide(db, who)
            return db.scalar(select(Server.id).where(Server.discord_id == who.guild_id)) or 0

        everybody = await snapshot_of(self._database, await self._database.read(work), now)
        made = await everybody.paired(self._matcher, seed, now)
        mediums, people = everybody.mediums, everybody.people
        groups = [
            Previewed(
                tuple(people[id] for id in one.members),
                one.mode,
                one.medium,
                one.score,
                one.parts,
                one.reasons,
            )
            for one in made.groups
        ] + [Previewed((people[id],), "solo", mediums[id]) for id in made.alone]
        pages = max(1, -(-len(groups) // PREVIEWED))
        at = min(max(page, 0), pages - 1)
        return Preview(seed, len(people), tuple(groups[at * PREVIEWED : (at + 1) * PREVIEWED]), at, pages)

    async def schedules(self, who: Person) -> tuple[Planned, ...]:
        """The schedules of the server's rounds. Raises GuidesOnly."""
        now = self._clock.now()

        def work(db: Session) -> tuple[Planned, ...]:
            require_guide(db, who)
            server = db.scalars(select(Server).where(Server.discord_id == who.guild_id)).first()
            found = planned_of(db, server, now) if server else ()
            return tuple(one for one in found if one.kind == "round")

        return await self._database.read(work)

    async def run(
        self, who: Person, interaction_id: int, seed: int | None, schedule_id: int | None = None
    ) -> int:
        """Have a round made and posted now, besides the calendar; the channel it appears in.

        It is one of the schedule that comes next, unless another is named. With a seed its pairs are those a preview
        with it showed, if nothing has changed. Raises GuidesOnly, NoRounds, ScheduleUnknown, NotSetUp.
        """
        now = self._clock.now()
        seed = self._seed() if seed is None else seed

        def work(db: Session) -> int:
            require_guide(db, who)
            schedule = rounds.schedule_of(db, who.guild_id, schedule_id)
            if queue_run(db, schedule, interaction_id, now):
                rounds.open_round(db, rounds.newest_run(db, schedule), schedule.server_id, seed, now)
                note(db, schedule.server_id, who, "pairs.run", f"schedule:{schedule.id}", now)
            return schedule.channel_id

        return await self._database.write(work)

    def _seed(self) -> int:
        return self._rng.randrange(SEEDS)


def _plan(db: Session, kind: str, server_id: int, round_id: int, next_id: int | None, at: datetime) -> None:
    """Set the timer of a round's next message of a kind, if there is something for it to tell."""
    if next_id is not None:
        key = f"{kind}:{round_id}:{next_id}"
        set_timer(db, key=key, kind=kind, server_id=server_id, subject_id=next_id, due_at=at)


def _require_offered(mode: Mode | None, medium: Medium | None) -> None:
    if mode not in (None, *get_args(Mode)) or medium not in (None, *get_args(Medium)):
        raise OutOfDate
