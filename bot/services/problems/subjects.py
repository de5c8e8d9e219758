"""What can be reported of a group problem, and removed: proposals and responses."""

from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.orm import Session

from bot.domain.members import Person
from bot.domain.problems import Terms
from bot.domain.safety import Subject
from bot.services.problems.phases import answer_again, redraw
from bot.services.problems.readouts import name_of, writer_of
from bot.storage.tables import InsightVote, Member, Problem, Proposal, Response, Server


def proposal(db: Session, who: Person, proposal_id: int) -> Subject | None:
    """A proposal in this person's server."""
    row = _written(db, who, Proposal, proposal_id, Proposal.number, Problem.options)
    return _subject("proposal", row, name_of(row, Terms.from_json(row.options))) if row is not None else None


def response(db: Session, who: Person, response_id: int) -> Subject | None:
    """A response from the form in this person's server."""
    row = _written(db, who, Response, response_id)
    return _subject("response", row, writer_of(row)) if row is not None else None


def _written(
    db: Session, who: Person, table: type[Proposal] | type[Response], id: int, *more: Any
) -> Row[Any] | None:
    room = func.coalesce(Problem.thread_id, Problem.channel_id).label("room")
    writer = Member.discord_id, Member.display_name, Member.shown_as
    return db.execute(
        select(table.id, table.text, table.message_id, room, *writer, *more)
        .join(Problem, Problem.id == table.problem_id)
        .join(Server, Server.id == Problem.server_id)
        .join(Member, Member.id == table.member_id)
        .where(table.id == id, table.text.is_not(None), Server.discord_id == who.guild_id)
    ).first()


def _subject(kind: str, row: Any, name: str) -> Subject:
    return Subject(
        kind=kind,
        id=row.id,
        about_discord_id=row.discord_id,
        name=name,
        evidence=row.text,
        place=(row.room, row.message_id) if row.message_id else None,
    )


def remove_proposal(db: Session, proposal_id: int) -> None:
    """Remove a proposal with its votes; what others said to it stays theirs."""
    problem = _recount(db, Proposal, proposal_id)
    if problem is not None:
        answer_again(db, problem, [proposal_id])
    db.execute(delete(InsightVote).where(InsightVote.proposal_id == proposal_id))
    db.execute(update(Response).where(Response.proposal_id == proposal_id).values(proposal_id=None))
    db.execute(delete(Proposal).where(Proposal.id == proposal_id))


def remove_response(db: Session, response_id: int) -> None:
    """Remove a response with its votes."""
    _recount(db, Response, response_id)
    db.execute(delete(InsightVote).where(InsightVote.response_id == response_id))
    db.execute(delete(Response).where(Response.id == response_id))


def _recount(db: Session, table: type[Proposal] | type[Response], id: int) -> Problem | None:
    problem = db.scalars(
        select(Problem).join(table, table.problem_id == Problem.id).where(table.id == id)
    ).first()
    if problem is not None:
        redraw(db, problem)
    return problem
