"""Group problems as time sees them: posted when due, moved from phase to phase, and told of."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain import problems as domain
from bot.domain.drops import Filters
from bot.domain.problems import AFTER, Guiding, Outcome, Phase, Proposed, Responded, Terms
from bot.domain.schedules import Due
from bot.services.problems import choosing
from bot.services.problems.phases import (
    OPENED_APART,
    REDRAWN_APART,
    answer_again,
    begin,
    changed,
    open_proposals,
)
from bot.services.problems.readouts import (
    outcome_of,
    problem_of,
    proposal_rows,
    proposed_of,
    responded_of,
)
from bot.services.problems.taking import alone
from bot.services.problems.whose import in_turn
from bot.services.timers import end_timer, put_off
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Problem, Proposal, Response, Schedule
from bot.storage.upsert import insert_into


class ProblemTurns:
    """The timers' side of group problems; every step may be repeated."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, topic_names: Mapping[str, str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._names = topic_names

    # --- posting

    async def known(self, due: Due) -> domain.Problem | None:
        """The problem an earlier attempt chose for a delivery, or a guide did."""

        def work(db: Session) -> domain.Problem | None:
            problem = _of_delivery(db, due)
            return problem_of(db, problem, self._names) if problem is not None else None

        return await self._database.read(work)

    async def guides(self, due: Due) -> Guiding:
        """Who may be asked to guide a delivery's problem."""
        now = self._clock.now()
        return await self._database.read(lambda db: in_turn(db, due.server_id, now))

    async def prepare(self, due: Due, guide: int | None = None) -> domain.Problem:
        """The problem of a delivery and its guide, chosen on the first attempt and the same on every later one.

        Raises ProblemsExhausted when none fits the schedule's filters.
        """
        known = await self.known(due)
        if known is not None:
            return known
        now, seed = self._clock.now(), self._rng.random()

        def work(db: Session) -> domain.Problem:
            raw = db.scalar(select(Schedule.options).where(Schedule.id == due.schedule_id)) or {}
            filters, terms = Filters.from_json(raw), Terms.from_json(raw)
            drawn = choosing.draw(db, due.server_id, filters, random.Random(seed))
            db.execute(
                insert_into(db, Problem)
                .values(
                    key=f"d{due.id}",
                    delivery_id=due.id,
                    server_id=due.server_id,
                    item_id=drawn.item_id,
                    item_version_id=choosing.version_of(db, drawn.item_id),
                    options=filters.as_json() | terms.as_json(),
                    drawn_at=now,
                    channel_id=due.channel_id,
                    guided_by=guide,
                    guided_at=now,
                    phase="draft",
                    late=due.late,
                    forum=False,
                    changes=0,
                )
                .on_conflict_do_nothing()
            )
            problem = _of_delivery(db, due)
            assert problem is not None
            return problem_of(db, problem, self._names)

        return await self._database.write(work)

    async def posted(
        self, due: Due, problem_id: int, *, message_id: int, thread_id: int | None, forum: bool
    ) -> bool:
        """Note that a problem is out, and let it be proposed to; False when another holder did."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            if not leases.settle(db, Delivery, due.id, due.token, now, message_id=message_id, late=due.late):
                return False
            problem = db.get_one(Problem, problem_id)
            problem.message_id, problem.thread_id, problem.forum = message_id, thread_id, forum
            problem.posted_at, problem.late = now, due.late
            begin(db, problem, "propose", now)
            return True

        return await self._database.write(work)

    # --- phases

    async def turn(self, due: Due) -> None:
        """A phase's time is up: the next begins, unless a guide was there first or gave it longer.

        Whoever is alone in a server goes from their proposal to the solution at once: nobody is waited for.
        """
        now = self._clock.now()

        def work(db: Session) -> None:
            problem = db.get(Problem, due.subject_id)
            phase: Any = due.key.rpartition(":")[2]
            if problem is None or problem.phase != phase or problem.phase_ends_at is None:
                end_timer(db, due)
            elif problem.phase_ends_at > now:
                put_off(db, due, problem.phase_ends_at)
            else:
                end_timer(db, due)
                following = AFTER[phase]
                begin(
                    db, problem, "reveal" if following == "discuss" and alone(db, problem) else following, now
                )

        await self._database.write(work)

    async def telling(self, due: Due) -> tuple[Phase, Outcome] | None:
        """What there is to tell of a phase that began; None when the next has begun meanwhile."""

        def work(db: Session) -> tuple[Phase, Outcome] | None:
            problem = db.get(Problem, due.subject_id)
            phase = due.key.rpartition(":")[2]
            # The solution and the summary are told however late; that a discussion is open only while it is.
            if problem is None or (phase == "discuss" and problem.phase != phase):
                return None
            return phase, outcome_of(db, problem, self._names)  # type: ignore[return-value]

        return await self._database.read(work)

    async def told(self, due: Due, message_id: int | None) -> None:
        """Note that a phase was told of."""
        now = self._clock.now()

        def work(db: Session) -> None:
            problem = db.get(Problem, due.subject_id)
            if problem is not None and message_id is not None:
                if due.key.endswith(":reveal"):
                    problem.reveal_message_id = message_id
                if due.key.endswith(":closed"):
                    problem.summary_message_id = message_id
                # What kept it from being told may have kept the card as it was, too.
                if due.key.endswith(":reveal") or due.attempts > 1:
                    changed(db, problem, now)
                if problem.phase in ("discuss", "reveal"):
                    open_proposals(db, problem, now + OPENED_APART)
            end_timer(db, due)

        await self._database.write(work)

    # --- messages of the discussion

    async def opening(self, due: Due) -> tuple[domain.Problem, Proposed] | None:
        """The proposal a timer opens; None when it is gone."""

        def work(db: Session) -> tuple[domain.Problem, Proposed] | None:
            rows = proposal_rows(db, Proposal.id == due.subject_id)
            if not rows:
                return None
            problem = db.get_one(Problem, rows[0].Proposal.problem_id)
            return (
                problem_of(db, problem, self._names),
                proposed_of(rows[0], Terms.from_json(problem.options)),
            )

        return await self._database.read(work)

    async def opened(self, due: Due, message_id: int | None) -> bool:
        """Note where a proposal stands; False when it was removed meanwhile, so that its message must go."""

        def work(db: Session) -> bool:
            end_timer(db, due)
            if message_id is None:
                return True
            proposal = db.get(Proposal, due.subject_id)
            if proposal is None:
                return False
            proposal.message_id = message_id
            # Those that were there before it now lead to it.
            answer_again(db, db.get_one(Problem, proposal.problem_id), [proposal.id])
            return True

        return await self._database.write(work)

    async def responding(self, due: Due) -> tuple[domain.Problem, Responded] | None:
        """The response a timer posts; None when it is gone."""

        def work(db: Session) -> tuple[domain.Problem, Responded] | None:
            assert due.subject_id is not None
            response = responded_of(db, due.subject_id)
            if response is None:
                return None
            return problem_of(db, db.get_one(Problem, response.problem_id), self._names), response

        return await self._database.read(work)

    async def responded(self, due: Due, response: Responded | None, message_id: int | None) -> bool:
        """Note where a response stands, and draw it again if it would look otherwise now; False when it was removed."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            row = db.get(Response, due.subject_id)
            if row is not None and message_id is not None:
                row.message_id = message_id
            as_now = responded_of(db, row.id) if row is not None else None
            if as_now and response and replace(as_now, message_id=response.message_id) != response:
                put_off(db, due, now)
            else:
                end_timer(db, due)
            return row is not None

        return await self._database.write(work)

    # --- the card

    async def redrawing(self, due: Due) -> tuple[domain.Problem, Outcome | None] | None:
        """The problem whose card is to be redrawn, and how it went where a summary is out."""

        def work(db: Session) -> tuple[domain.Problem, Outcome | None] | None:
            problem = db.get(Problem, due.subject_id)
            if problem is None:
                return None
            told = problem.summary_message_id is not None
            shown = problem_of(db, problem, self._names)
            return shown, outcome_of(db, problem, self._names) if told else None

        return await self._database.read(work)

    async def redrawn(self, due: Due, changes: int) -> None:
        """Note that a card shows so many changes; those since are drawn a little later."""
        now = self._clock.now()

        def work(db: Session) -> None:
            problem = db.get(Problem, due.subject_id)
            if problem is not None:
                problem.redrawn_at = now
            if problem is not None and problem.changes != changes:
                put_off(db, due, now + REDRAWN_APART)
            else:
                end_timer(db, due)

        await self._database.write(work)

    async def lost(self, problem_id: int) -> None:
        """Note that a problem's thread is gone: what comes goes into its channel."""
        await self._database.write(
            lambda db: (
                db.execute(
                    update(Problem)
                    .where(Problem.id == problem_id, Problem.forum.is_(False))
                    .values(thread_id=None)
                )
                and None
            )
        )


def _of_delivery(db: Session, due: Due) -> Problem | None:
    return db.scalars(select(Problem).where(Problem.delivery_id == due.id)).first()
