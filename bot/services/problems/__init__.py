"""Group problems: what members and guides do with them."""

import random
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain import problems as domain
from bot.domain.drops import Filters
from bot.domain.errors import NoOpenProblem, NotDiscussedYet, OutOfDate, ProposeFirst
from bot.domain.members import Person
from bot.domain.problems import Hint, Preview, Proposed, Taking, Terms
from bot.services import members
from bot.services.members import Present
from bot.services.problems import choosing, guiding, taking
from bot.services.problems.credit import Gain
from bot.services.problems.guiding import COMMENT_LIMIT
from bot.services.problems.readouts import (
    OPEN_PHASES,
    here,
    problem_of,
    proposal_rows,
    proposed_of,
    readable,
    seat_of,
)
from bot.services.problems.taking import PROPOSAL_LIMIT, RESPONSE_LIMIT
from bot.services.questions import question_of
from bot.services.rights import require_guide
from bot.storage.database import Database
from bot.storage.tables import Problem, Proposal, Schedule, Server
from bot.storage.upsert import insert_into

__all__ = ["COMMENT_LIMIT", "PER_SIGNING", "PROPOSAL_LIMIT", "RESPONSE_LIMIT", "Problems"]

# A preview is for looking at once.
DRAFT_KEPT = timedelta(days=1)
SHOWN = 5
PER_SIGNING = 25

T = TypeVar("T")


class Problems:
    """A group problem as people take part in it."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, topic_names: Mapping[str, str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._names = topic_names

    # --- reading

    async def open_here(self, who: Person) -> tuple[domain.Problem, ...]:
        """What is open on this server, newest first. Raises NoOpenProblem."""

        def work(db: Session) -> tuple[domain.Problem, ...]:
            found = db.scalars(
                select(Problem)
                .join(Server, Server.id == Problem.server_id)
                .where(Server.discord_id == who.guild_id, Problem.phase.in_(OPEN_PHASES))
                .order_by(Problem.id.desc())
                .limit(SHOWN)
            ).all()
            if not found:
                raise NoOpenProblem(_next_at(db, who.guild_id))
            return tuple(problem_of(db, one, self._names) for one in found)

        return await self._database.read(work)

    async def show(self, who: Person, problem_id: int) -> domain.Problem:
        """One problem as it stands. Raises OutOfDate."""
        return await self._database.read(lambda db: problem_of(db, here(db, who, problem_id), self._names))

    async def read(
        self, who: Person, problem_id: int, page: int
    ) -> tuple[domain.Problem, Proposed | None, int, int]:
        """One proposal, its place, and how many there are; not those of people this one blocks.

        Raises OutOfDate, and ProposeFirst while they are sealed to somebody who has not proposed.
        """

        def work(db: Session) -> tuple[domain.Problem, Proposed | None, int, int]:
            problem = here(db, who, problem_id)
            if problem.phase == "propose" and taking.own_proposal(db, problem, who.discord_id) is None:
                raise ProposeFirst
            return problem_of(db, problem, self._names), *readable(db, who, problem, page)

        return await self._database.read(work)

    # --- taking part

    async def written(self, who: Person, problem_id: int) -> str | None:
        """What somebody has proposed so far. Raises OutOfDate, SolutionOut, ProposalOpened."""

        def work(db: Session) -> str | None:
            _, mine = taking.proposable(db, who, problem_id)
            return mine.text if mine is not None else None

        return await self._database.read(work)

    async def propose(self, who: Person, problem_id: int, text: str) -> Taking:
        """Write one's proposal, or rewrite it; the first is a rep.

        Raises OutOfDate, SolutionOut, ProposalOpened, EmptyText, PausedByGuide.
        """

        def work(db: Session, now: datetime) -> Taking:
            problem, present, gain, again = taking.propose(db, who, problem_id, text, now)
            return _taking(problem, present, gain, again=again)

        return await self._write(work)

    async def respondable(self, who: Person, proposal_id: int) -> Proposed:
        """The proposal somebody wants to respond to. Raises OutOfDate, NotDiscussedYet, ProblemClosed, OwnProposal."""

        def work(db: Session) -> Proposed:
            problem, proposal = taking.respondable(db, who, proposal_id)
            rows = proposal_rows(db, Proposal.id == proposal.id)
            if not rows:
                raise OutOfDate
            return proposed_of(rows[0], Terms.from_json(problem.options))

        return await self._database.read(work)

    async def respond(self, who: Person, proposal_id: int, text: str) -> Taking:
        """Respond to a proposal, for everyone to read. Raises as `respondable`, and EmptyText, PausedByGuide."""

        def work(db: Session, now: datetime) -> Taking:
            problem, present, gain = taking.respond(db, who, proposal_id, text, now)
            return _taking(problem, present, gain)

        return await self._write(work)

    async def vote(
        self, who: Person, *, proposal_id: int | None = None, response_id: int | None = None
    ) -> Taking:
        """Vote for what helped most, once per problem; a second vote moves the first.

        Raises OutOfDate, NotDiscussedYet, ProblemClosed, OwnInsight, PausedByGuide.
        """

        def work(db: Session, now: datetime) -> Taking:
            problem, present = taking.vote(db, who, proposal_id, response_id, now)
            return _taking(problem, present, Gain())

        return await self._write(work)

    async def hint(self, who: Person, problem_id: int, number: int) -> Hint:
        """Take the hint of a number, if it is one's next; those taken come back. Raises OutOfDate."""

        def work(db: Session, now: datetime) -> Hint:
            problem, taken = taking.take_hint(db, who, problem_id, number, now)
            draft = question_of(db, problem.item_version_id, self._names).draft
            hints = tuple(draft["hints"])
            return Hint(problem.id, draft["title"], hints[:taken], len(hints) - taken)

        return await self._write(work)

    async def marks(self, who: Person, problem_id: int) -> tuple[domain.Problem, tuple[int, ...] | None]:
        """A problem to check oneself against, and how one did it before. Raises OutOfDate, NotRevealedYet."""

        def work(db: Session) -> tuple[domain.Problem, tuple[int, ...] | None]:
            problem = taking.revealed(db, who, problem_id)
            present = members.find(db, who)
            seat = seat_of(db, problem, present.member_id) if present is not None else None
            marks = tuple(seat.marks) if seat is not None and seat.marks is not None else None
            return problem_of(db, problem, self._names), marks

        return await self._database.read(work)

    async def mark(self, who: Person, problem_id: int, places: Iterable[int]) -> Taking:
        """Check one's own proposal against the rubric, for oneself alone. Raises OutOfDate, NotRevealedYet."""
        chosen = tuple(places)

        def work(db: Session, now: datetime) -> Taking:
            problem, present, gain = taking.mark(db, who, problem_id, chosen, now)
            return _taking(problem, present, gain)

        return await self._write(work)

    # --- guides

    async def preview(
        self, who: Person, interaction_id: int, channel_id: int, filters: Filters, terms: Terms
    ) -> Preview:
        """Choose a problem to look at before it is posted. Raises GuidesOnly, ProblemsExhausted."""
        seed = self._rng.random()

        def work(db: Session, now: datetime) -> Preview:
            require_guide(db, who)
            server = members.server_row(db, who, now)
            drawn = choosing.draw(db, server.id, filters, random.Random(seed))
            key = f"i{interaction_id}"
            db.execute(
                insert_into(db, Problem)
                .values(
                    key=key,
                    server_id=server.id,
                    item_id=drawn.item_id,
                    item_version_id=choosing.version_of(db, drawn.item_id),
                    options=filters.as_json() | terms.as_json(),
                    drawn_at=now,
                    channel_id=channel_id,
                    phase="draft",
                    late=False,
                    forum=False,
                    changes=0,
                )
                .on_conflict_do_nothing()
            )
            return self._preview(db, db.scalars(select(Problem).where(Problem.key == key)).one())

        return await self._write(work)

    async def another(self, who: Person, problem_id: int) -> Preview:
        """Look at another problem instead. Raises GuidesOnly, OutOfDate once this one is on its way."""
        seed = self._rng.random()

        def work(db: Session, now: datetime) -> Preview:
            problem = guiding.drafted(db, who, problem_id)
            if problem.delivery_id is not None:
                raise OutOfDate
            filters = Filters.from_json(problem.options)
            drawn = choosing.draw(db, problem.server_id, filters, random.Random(seed), problem.item_id)
            problem.item_id, problem.drawn_at = drawn.item_id, now
            problem.item_version_id = choosing.version_of(db, drawn.item_id)
            return self._preview(db, problem)

        return await self._write(work)

    async def post(self, who: Person, problem_id: int) -> Preview:
        """Have what was looked at posted, once. Raises GuidesOnly, OutOfDate."""
        return await self._write(lambda db, now: self._preview(db, guiding.post(db, who, problem_id, now)))

    async def guided(self, who: Person, problem_id: int) -> domain.Problem:
        """A problem as its guide sees it. Raises GuidesOnly, OutOfDate."""
        return await self._database.read(
            lambda db: problem_of(db, guiding.guided(db, who, problem_id), self._names)
        )

    async def move_on(self, who: Person, problem_id: int, phase: str) -> domain.Problem:
        """End the phase the guide sees. Raises GuidesOnly, OutOfDate, PhaseOver."""
        return await self._write(
            lambda db, now: self._shown(db, guiding.move_on(db, who, problem_id, phase, now))
        )

    async def extend(self, who: Person, problem_id: int, phase: str) -> domain.Problem:
        """A day more for the phase the guide sees. Raises GuidesOnly, OutOfDate, PhaseOver."""
        return await self._write(
            lambda db, now: self._shown(db, guiding.extend(db, who, problem_id, phase, now))
        )

    async def take(self, who: Person, problem_id: int) -> domain.Problem:
        """Be a problem's guide. Raises GuidesOnly, OutOfDate, ProblemClosed."""
        return await self._write(lambda db, now: self._shown(db, guiding.take(db, who, problem_id, now)))

    async def signable(self, who: Person, problem_id: int, page: int) -> tuple[Proposed, ...]:
        """Of one page of the proposals, as many as fit a select, those a guide may sign off: others', and new.

        Raises GuidesOnly, OutOfDate, NotDiscussedYet.
        """

        def work(db: Session) -> tuple[Proposed, ...]:
            problem = guiding.guided(db, who, problem_id)
            if problem.phase == "propose":
                raise NotDiscussedYet
            rows = proposal_rows(db, Proposal.problem_id == problem.id)
            terms = Terms.from_json(problem.options)
            return tuple(
                proposed_of(row, terms)
                for row in rows[page * PER_SIGNING : (page + 1) * PER_SIGNING]
                if row.Proposal.signed_off_at is None and row.discord_id != who.discord_id
            )

        return await self._database.read(work)

    async def sign_off(
        self, who: Person, problem_id: int, proposal_ids: Collection[int], text: str
    ) -> domain.Problem:
        """Sign proposals off, with a comment for everyone. Raises GuidesOnly, OutOfDate, EmptyText."""
        return await self._write(
            lambda db, now: self._shown(db, guiding.sign_off(db, who, problem_id, proposal_ids, text, now))
        )

    async def sweep(self) -> None:
        """Throw away the previews nobody posted."""
        old = self._clock.now() - DRAFT_KEPT
        await self._database.write(
            lambda db: (
                db.execute(
                    delete(Problem).where(
                        Problem.phase == "draft",
                        Problem.delivery_id.is_(None),
                        Problem.posted_at.is_(None),
                        Problem.drawn_at < old,
                    )
                )
                and None
            )
        )

    # --- within a transaction

    async def _write(self, work: Callable[[Session, datetime], T]) -> T:
        now = self._clock.now()
        return await self._database.write(lambda db: work(db, now))

    def _shown(self, db: Session, problem: Problem) -> domain.Problem:
        return problem_of(db, problem, self._names)

    def _preview(self, db: Session, problem: Problem) -> Preview:
        given = Problem.posted_at.is_not(None), Problem.server_id == problem.server_id
        seen = db.scalar(select(func.count()).where(*given, Problem.item_id == problem.item_id))
        supply = choosing.supply(db, problem.server_id, Filters.from_json(problem.options))
        return Preview(
            id=problem.id,
            question=question_of(db, problem.item_version_id, self._names),
            terms=Terms.from_json(problem.options),
            channel_id=problem.channel_id,
            seen_before=bool(seen),
            others=supply.matching - 1,
        )


def _taking(problem: Problem, present: Present, gain: Gain, *, again: bool = False) -> Taking:
    return Taking(
        problem.id,
        problem.phase,  # type: ignore[arg-type]
        problem.phase_ends_at,
        present.joined_now,
        again,
        gain.reps,
        gain.points,
    )


def _next_at(db: Session, guild_id: int) -> datetime | None:
    return db.scalar(
        select(func.min(Schedule.next_due_at))
        .join(Server, Server.id == Schedule.server_id)
        .where(Server.discord_id == guild_id, Schedule.kind == "problem")
    )
