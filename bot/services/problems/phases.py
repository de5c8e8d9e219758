"""The phases of a group problem in the database: what begins, and which timers it sets."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from bot.domain.problems import NUDGE_AT, OPENED_AT_MOST, Phase, Terms, opening_order
from bot.services import members
from bot.services.problems.credit import give
from bot.services.timers import drop_timers, set_timer
from bot.storage.tables import InsightVote, Member, Problem, Proposal, Response, Server, Timer

# A phase's time is up; its words go out; a proposal or a response is posted; the card is redrawn; the silent are
# nudged, and each of them told; a thread is read again.
TURN, TELL, OPEN, POST = "problem.turn", "problem.tell", "problem.open", "problem.post"
REDRAW, NUDGE, REMIND, READ = "problem.redraw", "problem.nudge", "problem.remind", "problem.read"
# What a channel refuses today is worth as much when it allows it.
PATIENT = frozenset({TELL, OPEN, POST, READ})
# A channel takes about one message a second from a bot.
OPENED_APART = timedelta(seconds=1)
# The proposals follow the message that opens the discussion; should that not get through, they come by themselves.
OPENED_AT_LEAST = timedelta(minutes=1)
# However many propose in one moment, the card is not redrawn more often: no editing storms.
REDRAWN_APART = timedelta(seconds=10)


def begin(db: Session, problem: Problem, phase: Phase, now: datetime) -> None:
    """Let a phase begin, with everything that is to happen in it."""
    drop_timers(db, *(f"{kind}:{problem.id}:{problem.phase}" for kind in (TURN, NUDGE)))
    ends_at = Terms.from_json(problem.options).ends_at(phase, now)
    problem.phase, problem.phase_since, problem.phase_ends_at = phase, now, ends_at
    if ends_at is not None:
        set_end(db, problem, ends_at)
        if phase in ("propose", "discuss"):
            _set(db, problem, NUDGE, f"{problem.id}:{phase}", now + (ends_at - now) * NUDGE_AT)
    if phase != "propose":
        _set(db, problem, TELL, f"{problem.id}:{phase}", now)
    if phase in ("discuss", "reveal"):
        number_proposals(db, problem, now + OPENED_AT_LEAST)
    if phase == "reveal":
        # That the discussion is open is told while it is, and no trouble with it is over by waiting.
        db.execute(delete(Timer).where(Timer.key == f"{TELL}:{problem.id}:discuss"))
        # Whatever the gateway did not tell is counted at the latest now.
        read_again(db, problem, now)
    elif phase == "closed":
        _credit_insights(db, problem, now)
    changed(db, problem, now)


def set_end(db: Session, problem: Problem, ends_at: datetime) -> None:
    """Have the phase end then."""
    problem.phase_ends_at = ends_at
    _set(db, problem, TURN, f"{problem.id}:{problem.phase}", ends_at)


def changed(db: Session, problem: Problem, now: datetime) -> None:
    """Have the card redrawn soon, once for whatever changes until then."""
    problem.changes += 1
    soon = now if problem.redrawn_at is None else max(now, problem.redrawn_at + REDRAWN_APART)
    _set(db, problem, REDRAW, str(problem.id), soon)


def go_on_without(db: Session, server_id: int, discord_id: int, member_id: int | None) -> None:
    """Have every message drawn again that names somebody who is about to be erased, and count on what they did."""
    theirs = [select(table.problem_id).where(table.member_id == member_id) for table in (Proposal, Response)]
    guided = (Problem.server_id == server_id) & (Problem.guided_by == discord_id)
    named = or_(guided, *(Problem.id.in_(one) for one in theirs))
    for problem in db.scalars(select(Problem).where(named)).all():
        proposals, responses = (
            db.scalars(
                select(table.id).where(table.problem_id == problem.id, table.member_id == member_id)
            ).all()
            for table in (Proposal, Response)
        )
        problem.gone_people += bool(proposals or responses)
        problem.gone_proposals += len(proposals)
        problem.gone_responders += bool(responses)
        problem.gone_responses += len(responses)
        answer_again(db, problem, proposals)
        redraw(db, problem)


def answer_again(db: Session, problem: Problem, proposal_ids: Collection[int]) -> None:
    """Have the responses drawn again that name the writers of proposals about to go."""
    named = select(Response.id).where(
        Response.proposal_id.in_(proposal_ids), Response.message_id.is_not(None), Response.text.is_not(None)
    )
    for response_id in db.scalars(named).all():
        post_response(db, problem, response_id, problem.phase_since or problem.drawn_at)


def redraw(db: Session, problem: Problem) -> None:
    """Have the card redrawn as soon as it may be, whatever the time is."""
    if problem.phase_since is not None:
        changed(db, problem, problem.redrawn_at or problem.phase_since)


def number_proposals(db: Session, problem: Problem, opened_from: datetime) -> None:
    """Give each proposal without one its number, and have those opened for which there is a message."""
    db.flush()
    waiting = {
        one.id: one
        for one in db.scalars(
            select(Proposal).where(Proposal.problem_id == problem.id, Proposal.number.is_(None))
        )
    }
    last = db.scalar(select(func.max(Proposal.number)).where(Proposal.problem_id == problem.id)) or 0
    for place, proposal_id in enumerate(opening_order(problem.id, waiting)):
        waiting[proposal_id].number = last + 1 + place
    db.flush()
    open_proposals(db, problem, opened_from)


def open_proposals(db: Session, problem: Problem, opened_from: datetime) -> None:
    """Have the proposals opened that have no message yet, one after the other."""
    waiting = db.scalars(
        select(Proposal.id)
        .where(
            Proposal.problem_id == problem.id,
            Proposal.message_id.is_(None),
            Proposal.number <= OPENED_AT_MOST,
        )
        .order_by(Proposal.number)
    )
    for place, proposal_id in enumerate(waiting):
        set_timer(
            db,
            key=f"{OPEN}:{proposal_id}",
            kind=OPEN,
            server_id=problem.server_id,
            subject_id=proposal_id,
            due_at=opened_from + place * OPENED_APART,
        )


def post_response(db: Session, problem: Problem, response_id: int, now: datetime) -> None:
    """Have a response from the form posted, or its message changed."""
    set_timer(
        db,
        key=f"{POST}:{response_id}",
        kind=POST,
        server_id=problem.server_id,
        subject_id=response_id,
        due_at=now,
    )


def read_again(db: Session, problem: Problem, now: datetime) -> None:
    """Have the replies counted that came while nobody listened."""
    _set(db, problem, READ, str(problem.id), now)


def _set(db: Session, problem: Problem, kind: str, what: str, due_at: datetime) -> None:
    set_timer(
        db,
        key=f"{kind}:{what}",
        kind=kind,
        server_id=problem.server_id,
        subject_id=problem.id,
        due_at=due_at,
    )


def _credit_insights(db: Session, problem: Problem, now: datetime) -> None:
    """Whoever helped at least one other person has their point."""
    guild_id = db.scalars(select(Server.discord_id).where(Server.id == problem.server_id)).one()
    for table, voted in ((Proposal, InsightVote.proposal_id), (Response, InsightVote.response_id)):
        authors = db.scalars(
            select(Member.discord_id)
            .join(table, table.member_id == Member.id)
            .join(InsightVote, voted == table.id)
            .where(InsightVote.problem_id == problem.id)
            .distinct()
        ).all()
        for discord_id in authors:
            give(db, members.known(db, guild_id, discord_id), problem, "insight", now)
