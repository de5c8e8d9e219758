"""How a group problem stands: what its cards are told, with names as people show them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.domain import problems as domain
from bot.domain.errors import OutOfDate
from bot.domain.members import Person
from bot.domain.problems import Contributor, Gone, Outcome, Proposed, Responded, Terms
from bot.services.problems.credit import OF_MEETING
from bot.services.questions import question_of
from bot.services.safety import blocked_by
from bot.storage.tables import (
    Delivery,
    InsightVote,
    Member,
    Minutes,
    Problem,
    ProblemSeat,
    Proposal,
    Response,
    Server,
)

OPEN_PHASES = ("propose", "discuss", "reveal")
UNNAMED = "A member"


def here(db: Session, who: Person, problem_id: int) -> Problem:
    """A problem that is out in this person's server. Raises OutOfDate."""
    problem = db.scalars(
        select(Problem)
        .join(Server, Server.id == Problem.server_id)
        .where(Problem.id == problem_id, Server.discord_id == who.guild_id, Problem.posted_at.is_not(None))
    ).first()
    if problem is None:
        raise OutOfDate
    return problem


def problem_of(db: Session, problem: Problem, names: Mapping[str, str]) -> domain.Problem:
    """A problem's readout."""
    db.flush()
    terms = Terms.from_json(problem.options)
    proposals = db.execute(
        select(
            Proposal.id,
            Proposal.member_id,
            Proposal.number,
            Proposal.late,
            Proposal.message_id,
            Member.display_name,
            Member.shown_as,
        )
        .join(Member, Member.id == Proposal.member_id)
        .where(Proposal.problem_id == problem.id, Member.left_at.is_(None))
    ).all()
    responses = db.execute(
        select(Response.member_id, Response.proposal_id, Member.display_name, Member.shown_as)
        .join(Member, Member.id == Response.member_id)
        .where(Response.problem_id == problem.id, Member.left_at.is_(None))
        .order_by(Response.id)
    ).all()
    answered = {row.proposal_id for row in responses}
    server = db.get_one(Server, problem.server_id)
    return domain.Problem(
        id=problem.id,
        server_id=problem.server_id,
        guild_id=server.discord_id,
        question=question_of(db, problem.item_version_id, names),
        terms=terms,
        phase=problem.phase,  # type: ignore[arg-type]
        ends_at=problem.phase_ends_at or terms.ends_at("propose", problem.drawn_at),
        channel_id=problem.channel_id,
        message_id=problem.message_id,
        thread_id=problem.thread_id,
        forum=problem.forum,
        late=problem.late,
        due_at=db.scalar(select(Delivery.due_at).where(Delivery.id == problem.delivery_id)),
        guide=problem.guided_by or None,
        comment=problem.comment,
        people=_people(proposals, responses, terms),
        unanswered=sum(row.number is not None and row.id not in answered for row in proposals),
        unopened=sum(row.message_id is None for row in proposals),
        reveal_message_id=problem.reveal_message_id,
        changes=problem.changes,
        guide_role=server.guide_role_id,
        in_meeting=problem.key.startswith(OF_MEETING),
        gone=Gone(
            problem.gone_people, problem.gone_proposals, problem.gone_responders, problem.gone_responses
        ),
        summary_message_id=problem.summary_message_id,
    )


def _people(proposals: Sequence[Any], responses: Sequence[Any], terms: Terms) -> tuple[Contributor, ...]:
    """Everyone who took part, by name: an order of time would tell whose proposal is whose."""
    called = {row.id: name_of(row, terms) for row in proposals}
    to: defaultdict[int, list[str]] = defaultdict(list)
    people = {row.member_id: row for row in responses} | {row.member_id: row for row in proposals}
    for row in responses:
        to[row.member_id].append(called.get(row.proposal_id, "a proposal that is gone"))
    late = {row.member_id: row.late for row in proposals}
    found = (
        Contributor(
            name=row.display_name if row.shown_as == "name" else None,
            proposed=member_id in late,
            late=late.get(member_id, False),
            responded_to=tuple(sorted(to[member_id])),
        )
        for member_id, row in people.items()
    )
    return tuple(sorted(found, key=lambda one: (one.name is None, (one.name or "").casefold())))


def name_of(row: Any, terms: Terms) -> str:
    """What a proposal is called: its number where they have no names, else its writer's name."""
    number = f"Proposal {row.number}" if row.number else "A proposal"
    if terms.anonymous:
        return number
    return row.display_name if row.shown_as == "name" else f"{UNNAMED} ({number.lower()})"


def writer_of(row: Any) -> str:
    """The name somebody shows."""
    return row.display_name if row.shown_as == "name" else UNNAMED


# --- proposals and responses


def proposal_rows(db: Session, *only: ColumnElement[bool]) -> Sequence[Any]:
    """Proposals with their writers and their votes, in the order of the discussion."""
    votes = (
        select(func.count())
        .where(InsightVote.proposal_id == Proposal.id)
        .correlate(Proposal)
        .scalar_subquery()
    )
    responses = (
        select(func.count()).where(Response.proposal_id == Proposal.id).correlate(Proposal).scalar_subquery()
    )
    return db.execute(
        select(
            Proposal,
            Proposal.number,
            Member.discord_id,
            Member.display_name,
            Member.shown_as,
            votes.label("votes"),
            responses.label("responses"),
        )
        .join(Member, Member.id == Proposal.member_id)
        .where(Member.left_at.is_(None), *only)
        .order_by(Proposal.number, Proposal.id)
    ).all()


def proposed_of(row: Any, terms: Terms, mine: int | None = None) -> Proposed:
    """A proposal's readout; `mine` is the reader's Discord id."""
    proposal: Proposal = row.Proposal
    return Proposed(
        id=proposal.id,
        problem_id=proposal.problem_id,
        name=name_of(row, terms),
        text=proposal.text,
        late=proposal.late,
        votes=row.votes,
        responses=row.responses,
        signed_off=proposal.signed_off_at is not None,
        message_id=proposal.message_id,
        mine=row.discord_id == mine,
    )


def readable(db: Session, who: Person, problem: Problem, page: int) -> tuple[Proposed | None, int, int]:
    """The proposal on a page, without those of people this one blocks; the page's number, and how many there are."""
    only = Proposal.problem_id == problem.id, Member.discord_id.not_in(blocked_by(who))
    pages = (
        db.scalar(
            select(func.count())
            .select_from(Proposal)
            .join(Member, Member.id == Proposal.member_id)
            .where(Member.left_at.is_(None), *only)
        )
        or 0
    )
    at = min(max(page, 0), max(0, pages - 1))
    ids = db.scalars(
        select(Proposal.id)
        .join(Member, Member.id == Proposal.member_id)
        .where(Member.left_at.is_(None), *only)
        .order_by(Proposal.number, Proposal.id)
        .offset(at)
        .limit(1)
    ).all()
    rows = proposal_rows(db, Proposal.id.in_(ids))
    if not rows:
        return None, 0, 0
    return proposed_of(rows[0], Terms.from_json(problem.options), who.discord_id), at, pages


def responded_of(db: Session, response_id: int) -> Responded | None:
    """A response from the form, with what it answers."""
    response = db.get(Response, response_id)
    if response is None or response.text is None:
        return None
    problem, writer = db.get_one(Problem, response.problem_id), db.get_one(Member, response.member_id)
    rows = proposal_rows(db, Proposal.id == response.proposal_id)
    link = None
    if rows and rows[0].Proposal.message_id and problem.thread_id:
        guild_id = db.scalars(select(Server.discord_id).where(Server.id == problem.server_id)).one()
        link = f"https://discord.com/channels/{guild_id}/{problem.thread_id}/{rows[0].Proposal.message_id}"
    return Responded(
        id=response.id,
        problem_id=problem.id,
        name=writer_of(writer),
        to=name_of(rows[0], Terms.from_json(problem.options)) if rows else "a proposal that is gone",
        text=response.text,
        message_id=response.message_id,
        link=link,
    )


def outcome_of(db: Session, problem: Problem, names: Mapping[str, str]) -> Outcome:
    """How a problem went."""
    terms = Terms.from_json(problem.options)
    proposals = proposal_rows(db, Proposal.problem_id == problem.id)
    votes = func.count(InsightVote.id)
    voted = db.execute(
        select(Member.display_name, Member.shown_as, votes.label("votes"))
        .join(Response, Response.member_id == Member.id)
        .join(InsightVote, InsightVote.response_id == Response.id)
        .where(Response.problem_id == problem.id, Member.left_at.is_(None))
        .group_by(Response.id, Member.display_name, Member.shown_as)
    ).all()
    insights = [(name_of(row, terms), row.votes) for row in proposals if row.votes]
    insights += [(f"{writer_of(row)}, responding", row.votes) for row in voted]
    of_this = Minutes.key.startswith(f"problem:{problem.id}:", autoescape=True)
    return Outcome(
        problem=problem_of(db, problem, names),
        responses=db.scalar(select(func.count()).where(Response.problem_id == problem.id)) or 0,
        insights=tuple(sorted(insights, key=lambda one: (-one[1], one[0]))),
        signed_off=tuple(name_of(row, terms) for row in proposals if row.Proposal.signed_off_at),
        voters=db.scalar(select(func.count()).where(InsightVote.problem_id == problem.id)) or 0,
        minutes=db.scalar(select(func.sum(Minutes.minutes)).where(of_this)) or 0,
    )


def seat_of(db: Session, problem: Problem, member_id: int) -> ProblemSeat | None:
    """What a member did with a problem in private."""
    return db.scalars(
        select(ProblemSeat).where(ProblemSeat.problem_id == problem.id, ProblemSeat.member_id == member_id)
    ).first()
