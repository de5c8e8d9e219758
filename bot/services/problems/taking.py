"""Taking part in a group problem, within a transaction: proposing, responding, voting, hints, checking oneself."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.errors import (
    EmptyText,
    NotDiscussedYet,
    NotRevealedYet,
    OutOfDate,
    OwnInsight,
    OwnProposal,
    ProblemClosed,
    ProposalOpened,
    SolutionOut,
)
from bot.domain.members import Person
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.members import Present
from bot.services.problems.credit import Gain, give, spend
from bot.services.problems.phases import changed, number_proposals, post_response
from bot.services.problems.readouts import here, seat_of
from bot.storage.tables import InsightVote, ItemVersion, Member, Problem, ProblemSeat, Proposal, Response
from bot.storage.upsert import insert_into

PROPOSAL_LIMIT, RESPONSE_LIMIT = 3000, 1500


def own_proposal(db: Session, problem: Problem, discord_id: int) -> Proposal | None:
    """What somebody proposed."""
    return db.scalars(
        select(Proposal)
        .join(Member, Member.id == Proposal.member_id)
        .where(Proposal.problem_id == problem.id, Member.discord_id == discord_id)
    ).first()


def proposable(db: Session, who: Person, problem_id: int) -> tuple[Problem, Proposal | None]:
    """A problem that still takes this person's proposal, and what they wrote so far.

    Raises OutOfDate, SolutionOut, and ProposalOpened once others can read it.
    """
    problem = here(db, who, problem_id)
    if problem.phase not in ("propose", "discuss"):
        raise SolutionOut
    mine = own_proposal(db, problem, who.discord_id)
    if mine is not None and mine.number is not None:
        raise ProposalOpened
    return problem, mine


def propose(
    db: Session, who: Person, problem_id: int, text: str, now: datetime
) -> tuple[Problem, Present, Gain, bool]:
    """Write, or rewrite, one's proposal; whoever proposes takes part. The last says whether it was there before."""
    problem, mine = proposable(db, who, problem_id)
    kept = cleaned(text)[:PROPOSAL_LIMIT]
    if not kept:
        raise EmptyText
    present = members.join(db, who, now)
    members.require_active(db, who)
    late = problem.phase == "discuss"
    db.execute(
        insert_into(db, Proposal)
        .values(problem_id=problem.id, member_id=present.member_id, text=kept, written_at=now, late=late)
        .on_conflict_do_update(index_elements=["problem_id", "member_id"], set_={"text": kept})
    )
    gain = give(db, present, problem, "proposal", now)
    assert problem.posted_at is not None
    spend(db, present, problem, "proposal", problem.posted_at, now)
    if late:
        number_proposals(db, problem, now)
    changed(db, problem, now)
    return problem, present, gain, mine is not None


def respondable(db: Session, who: Person, proposal_id: int) -> tuple[Problem, Proposal]:
    """Somebody else's proposal under discussion. Raises OutOfDate, NotDiscussedYet, ProblemClosed, OwnProposal."""
    proposal = db.get(Proposal, proposal_id)
    if proposal is None:
        raise OutOfDate
    problem = here(db, who, proposal.problem_id)
    if problem.phase == "closed":
        raise ProblemClosed
    if proposal.number is None:
        raise NotDiscussedYet
    mine = own_proposal(db, problem, who.discord_id)
    if mine is not None and mine.id == proposal.id:
        raise OwnProposal
    return problem, proposal


def respond(
    db: Session, who: Person, proposal_id: int, text: str, now: datetime
) -> tuple[Problem, Present, Gain]:
    """Respond by the form; a second time rewrites it. Whoever responds takes part."""
    problem, proposal = respondable(db, who, proposal_id)
    kept = cleaned(text)[:RESPONSE_LIMIT]
    if not kept:
        raise EmptyText
    present = members.join(db, who, now)
    members.require_active(db, who)
    response_id = db.scalar(
        insert_into(db, Response)
        .values(
            problem_id=problem.id,
            proposal_id=proposal.id,
            member_id=present.member_id,
            text=kept,
            responded_at=now,
        )
        .on_conflict_do_update(index_elements=["proposal_id", "member_id"], set_={"text": kept})
        .returning(Response.id)
    )
    assert response_id is not None
    post_response(db, problem, response_id, now)
    return problem, present, responded(db, present, problem, now)


def responded(db: Session, present: Present, problem: Problem, now: datetime) -> Gain:
    """What a response brings, by whichever way it came."""
    since = db.scalar(
        select(Proposal.written_at).where(
            Proposal.problem_id == problem.id, Proposal.member_id == present.member_id
        )
    )
    spend(db, present, problem, "response", since or problem.phase_since or now, now)
    changed(db, problem, now)
    return give(db, present, problem, "response", now)


def vote(
    db: Session, who: Person, proposal_id: int | None, response_id: int | None, now: datetime
) -> tuple[Problem, Present]:
    """Vote for what helped most; a second vote moves the first.

    Raises OutOfDate, NotDiscussedYet, ProblemClosed, OwnInsight, PausedByGuide.
    """
    found = db.get(Proposal, proposal_id) if proposal_id is not None else db.get(Response, response_id)
    if found is None:
        raise OutOfDate
    problem = here(db, who, found.problem_id)
    if problem.phase == "closed":
        raise ProblemClosed
    if problem.phase == "propose":
        raise NotDiscussedYet
    present = members.join(db, who, now)
    members.require_active(db, who)
    if found.member_id == present.member_id:
        raise OwnInsight
    kept = {"proposal_id": proposal_id, "response_id": response_id, "voted_at": now}
    db.execute(
        insert_into(db, InsightVote)
        .values(problem_id=problem.id, member_id=present.member_id, **kept)
        .on_conflict_do_update(index_elements=["problem_id", "member_id"], set_=kept)
    )
    return problem, present


def take_hint(db: Session, who: Person, problem_id: int, number: int, now: datetime) -> tuple[Problem, int]:
    """Take the hints up to a number, one after the other; how many this person has taken now.

    Each one is noted; whoever takes one takes part.
    """
    problem = here(db, who, problem_id)
    present = members.join(db, who, now)
    seat = _seat(db, problem, present)
    most = len(_body(db, problem)["hints"])
    if number == seat.hints + 1 and number <= most:
        seat.hints = number
        seat.hinted = [*seat.hinted, now.isoformat()]
    return problem, seat.hints


def revealed(db: Session, who: Person, problem_id: int) -> Problem:
    """A problem whose solution is out. Raises OutOfDate, NotRevealedYet."""
    problem = here(db, who, problem_id)
    if problem.phase not in ("reveal", "closed"):
        raise NotRevealedYet
    return problem


def mark(
    db: Session, who: Person, problem_id: int, places: Iterable[int], now: datetime
) -> tuple[Problem, Present, Gain]:
    """Check one's own proposal against the rubric, as often as one likes. Raises NotRevealedYet.

    Where nobody else proposed there was nobody to respond to: then this counts in its place.
    """
    problem = revealed(db, who, problem_id)
    points = len(_body(db, problem)["strong_answer"])
    present = members.join(db, who, now)
    seat = _seat(db, problem, present)
    seat.marks, seat.marked_at = sorted({place for place in places if 0 <= place < points}), now
    gain = Gain()
    writers = db.scalars(select(Proposal.member_id).where(Proposal.problem_id == problem.id).limit(2)).all()
    if list(writers) == [present.member_id]:
        gain = give(db, present, problem, "response", now)
    return problem, present, gain


def _seat(db: Session, problem: Problem, present: Present) -> ProblemSeat:
    db.execute(
        insert_into(db, ProblemSeat)
        .values(problem_id=problem.id, member_id=present.member_id, hints=0, hinted=[])
        .on_conflict_do_nothing()
    )
    seat = seat_of(db, problem, present.member_id)
    assert seat is not None
    return seat


def _body(db: Session, problem: Problem) -> dict[str, list[str]]:
    return db.get_one(ItemVersion, problem.item_version_id).body


def alone(db: Session, problem: Problem) -> bool:
    """Whether at most one person takes part in the whole server, so that there is nobody to wait for."""
    active = select(func.count()).where(
        Member.server_id == problem.server_id, Member.left_at.is_(None), Member.gone_at.is_(None)
    )
    return (db.scalar(active) or 0) <= 1
