"""What guides do with a group problem: post it, move it on, sign proposals off; each act is in the audit trail."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.errors import EmptyText, OutOfDate, PhaseOver, ProblemClosed
from bot.domain.members import Person
from bot.domain.problems import AFTER, EXTENDED_BY
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.audit import note
from bot.services.problems.credit import give
from bot.services.problems.phases import begin, changed, set_end
from bot.services.problems.readouts import OPEN_PHASES, here
from bot.services.rights import require_guide
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Member, Problem, Proposal, Server
from bot.storage.upsert import insert_into

COMMENT_LIMIT = 500


def drafted(db: Session, who: Person, problem_id: int) -> Problem:
    """A preview of this server's. Raises GuidesOnly, OutOfDate."""
    require_guide(db, who)
    problem = db.scalars(
        select(Problem)
        .join(Server, Server.id == Problem.server_id)
        .where(Problem.id == problem_id, Server.discord_id == who.guild_id)
    ).first()
    if problem is None:
        raise OutOfDate
    return problem


def post(db: Session, who: Person, problem_id: int, now: datetime) -> Problem:
    """Have a preview posted, once; whoever posts it guides it."""
    problem = drafted(db, who, problem_id)
    if problem.delivery_id is not None:
        return problem
    fresh = db.scalar(
        insert_into(db, Delivery)
        .values(
            key=f"p{problem.id}",
            server_id=problem.server_id,
            kind="problem",
            due_at=now,
            channel_id=problem.channel_id,
            state=leases.DUE,
            attempts=0,
            late=False,
        )
        .on_conflict_do_nothing()
        .returning(Delivery.id)
    )
    if fresh is not None:
        problem.delivery_id, problem.drawn_at = fresh, now
        problem.guided_by, problem.guided_at = who.discord_id, now
        note(db, problem.server_id, who, "problem.post", _target(problem), now)
    return problem


def guided(db: Session, who: Person, problem_id: int) -> Problem:
    """A problem as a guide sees it. Raises GuidesOnly, OutOfDate."""
    require_guide(db, who)
    return here(db, who, problem_id)


def move_on(db: Session, who: Person, problem_id: int, phase: str, now: datetime) -> Problem:
    """End the phase the guide sees. Raises GuidesOnly, OutOfDate, PhaseOver when it has ended."""
    problem = guided(db, who, problem_id)
    if problem.phase != phase or problem.phase not in AFTER:
        raise PhaseOver
    begin(db, problem, AFTER[problem.phase], now)
    note(db, problem.server_id, who, "problem.move", _target(problem), now)
    return problem


def extend(db: Session, who: Person, problem_id: int, phase: str, now: datetime) -> Problem:
    """A day more for the phase the guide sees. Raises GuidesOnly, OutOfDate, PhaseOver."""
    problem = guided(db, who, problem_id)
    if problem.phase != phase or problem.phase_ends_at is None or problem.phase not in OPEN_PHASES:
        raise PhaseOver
    set_end(db, problem, max(problem.phase_ends_at, now) + EXTENDED_BY)
    changed(db, problem, now)
    note(db, problem.server_id, who, "problem.extend", _target(problem), now)
    return problem


def take(db: Session, who: Person, problem_id: int, now: datetime) -> Problem:
    """Be the guide of a problem. Raises GuidesOnly, OutOfDate, ProblemClosed."""
    problem = guided(db, who, problem_id)
    if problem.phase == "closed":
        raise ProblemClosed
    if problem.guided_by != who.discord_id:
        problem.guided_by, problem.guided_at = who.discord_id, now
        changed(db, problem, now)
        note(db, problem.server_id, who, "problem.guide", _target(problem), now)
    return problem


def sign_off(
    db: Session, who: Person, problem_id: int, proposal_ids: Collection[int], text: str, now: datetime
) -> Problem:
    """Sign proposals off, with a word on all of them that everyone reads; the guide's own is left out.

    Raises GuidesOnly, OutOfDate, EmptyText when there is neither.
    """
    problem = guided(db, who, problem_id)
    kept = cleaned(text)[:COMMENT_LIMIT]
    if not kept and not proposal_ids:
        raise EmptyText
    found = db.execute(
        select(Proposal, Member.discord_id)
        .join(Member, Member.id == Proposal.member_id)
        .where(
            Proposal.problem_id == problem.id,
            Proposal.id.in_(proposal_ids),
            Proposal.signed_off_at.is_(None),
            Member.discord_id != who.discord_id,
        )
    ).all()
    for proposal, discord_id in found:
        proposal.signed_off_at, proposal.signed_off_by = now, who.discord_id
        give(db, members.known(db, who.guild_id, discord_id), problem, "sign-off", now)
    if kept:
        problem.comment = kept
    problem.guided_by, problem.guided_at = who.discord_id, now
    changed(db, problem, now)
    note(db, problem.server_id, who, "problem.sign-off", _target(problem), now)
    return problem


def _target(problem: Problem) -> str:
    return f"problem:{problem.id}"
