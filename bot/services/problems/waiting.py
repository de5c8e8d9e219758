"""Waiting: the open problems that wait for somebody's proposal or response, for whoever asks what to do now."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.members import Person
from bot.domain.problems import RESPONSES_WANTED, Waiting
from bot.services.members import Present
from bot.services.problems.credit import OF_MEETING
from bot.services.problems.readouts import OPEN_PHASES
from bot.storage.tables import ItemVersion, Member, Problem, Proposal, Response, Server

LOOKED_AT = 5


def waiting(db: Session, who: Person, present: Present | None) -> tuple[Waiting, ...]:
    """What waits for somebody who may not take part yet, what ends soonest first; not what a meeting works on."""
    found = []
    for problem, link, title in _open(db, who.guild_id):
        ends_at = problem.phase_ends_at
        if problem.phase != "reveal" and (left := _left(db, problem, present)) != 0:
            found.append(Waiting(problem.id, title, link, ends_at, left))
        if problem.guided_by == who.discord_id and (unsigned := _unsigned(db, problem, present)):
            found.append(Waiting(problem.id, title, link, ends_at, unsigned, guiding=True))
    return tuple(found)


def _open(db: Session, guild_id: int) -> Iterator[tuple[Problem, str, str]]:
    """The open problems of a server, each with the way to its card and its title."""
    rows = db.execute(
        select(Problem, Server.discord_id, ItemVersion.body)
        .join(Server, Server.id == Problem.server_id)
        .join(ItemVersion, ItemVersion.id == Problem.item_version_id)
        .where(
            Server.discord_id == guild_id,
            Problem.phase.in_(OPEN_PHASES),
            Problem.key.not_like(f"{OF_MEETING}%"),
        )
        .order_by(Problem.phase_ends_at, Problem.id)
        .limit(LOOKED_AT)
    ).all()
    for problem, guild, body in rows:
        place = problem.thread_id if problem.forum else problem.channel_id
        yield problem, f"https://discord.com/channels/{guild}/{place}/{problem.message_id}", body["title"]


def _left(db: Session, problem: Problem, present: Present | None) -> int | None:
    """How many responses are left to give; None for somebody whose own proposal comes first."""
    member_id = present.member_id if present is not None else None
    mine = Proposal.member_id == member_id
    of_this = select(func.count()).where(Proposal.problem_id == problem.id)
    if not db.scalar(of_this.where(mine)):
        return None
    if problem.phase == "propose":
        return 0
    given = select(Response.proposal_id).where(
        Response.problem_id == problem.id, Response.member_id == member_id
    )
    there = select(Member.id).where(Member.server_id == problem.server_id, Member.left_at.is_(None))
    answered = db.scalar(select(func.count()).select_from(given.subquery())) or 0
    others = db.scalar(
        of_this.where(
            ~mine,
            Proposal.member_id.in_(there),
            Proposal.id.not_in(given.where(Response.proposal_id.is_not(None))),
        )
    )
    return max(0, min(RESPONSES_WANTED - answered, others or 0))


def _unsigned(db: Session, problem: Problem, present: Present | None) -> int:
    """How many open proposals of others nobody has signed off."""
    mine = present.member_id if present is not None else 0
    waiting = Proposal.number.is_not(None), Proposal.signed_off_at.is_(None), Proposal.member_id != mine
    return db.scalar(select(func.count()).where(Proposal.problem_id == problem.id, *waiting)) or 0
