"""Whose voice was heard in a group problem, by replies and after reconnecting; and the one nudge to the silent."""

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.notices import PROBLEM
from bot.domain.problems import Nudge
from bot.domain.schedules import Due
from bot.services import members
from bot.services.notices import APART, may_tell_now, member_of, wants
from bot.services.problems.phases import REMIND, read_again
from bot.services.problems.taking import responded
from bot.services.timers import end_timer, set_timer
from bot.storage.database import Database
from bot.storage.tables import (
    ItemVersion,
    Member,
    NotificationChoice,
    Problem,
    Proposal,
    Response,
    Server,
)
from bot.storage.upsert import insert_into

DISCUSSED = ("discuss", "reveal")


class ProblemVoices:
    """Who has spoken, and who has not."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- replies

    async def heard(self, guild_id: int, author_id: int, to: int) -> bool:
        """Count a reply to a proposal's message, once per member and proposal; whether it counted now.

        Only of those who take part already: a reply is no consent to anything.
        """
        if await self._database.read(lambda db: _proposal_at(db, to) is None):
            return False
        now = self._clock.now()

        def work(db: Session) -> bool:
            found = _proposal_at(db, to)
            if found is None:
                return False
            proposal, problem = found
            row = db.execute(
                select(Member.id, Server.discord_id)
                .join(Server, Server.id == Member.server_id)
                .where(
                    Member.server_id == problem.server_id,
                    Member.discord_id == author_id,
                    Server.discord_id == guild_id,
                    Member.left_at.is_(None),
                    Member.paused_by.is_(None),
                )
            ).first()
            if row is None or row.id == proposal.member_id:
                return False
            fresh = db.scalar(
                insert_into(db, Response)
                .values(problem_id=problem.id, proposal_id=proposal.id, member_id=row.id, responded_at=now)
                .on_conflict_do_nothing()
                .returning(Response.id)
            )
            if fresh is not None:
                responded(db, members.known(db, guild_id, author_id), problem, now)
            return fresh is not None

        return await self._database.write(work)

    async def listen_again(self) -> int:
        """After a time without a gateway, have every open discussion read; how many there are."""
        now = self._clock.now()

        def work(db: Session) -> int:
            found = db.scalars(
                select(Problem)
                .join(Server, Server.id == Problem.server_id)
                .where(Problem.phase.in_(DISCUSSED), Server.left_at.is_(None))
            ).all()
            for problem in found:
                read_again(db, problem, now)
            return len(found)

        return await self._database.write(work)

    async def unread(self, due: Due) -> tuple[int, int, int] | None:
        """The server and the room a timer has read again, and after which message; None when there is none."""

        def work(db: Session) -> tuple[int, int, int] | None:
            row = db.execute(
                select(Problem, Server.discord_id)
                .join(Server, Server.id == Problem.server_id)
                .where(Problem.id == due.subject_id)
            ).first()
            if row is None or row.Problem.message_id is None:
                return None
            problem = row.Problem
            return (
                row.discord_id,
                problem.thread_id or problem.channel_id,
                problem.seen_message_id or problem.message_id,
            )

        return await self._database.read(work)

    async def read_up_to(self, due: Due, message_id: int | None) -> None:
        """Note up to where a room was read."""

        def work(db: Session) -> None:
            problem = db.get(Problem, due.subject_id)
            if problem is not None and message_id is not None:
                problem.seen_message_id = message_id
            end_timer(db, due)

        await self._database.write(work)

    # --- the silent

    async def call(self, due: Due) -> int:
        """Give everybody who is to be nudged a timer of their own, once per problem; how many they are."""
        now = self._clock.now()

        def work(db: Session) -> int:
            problem = db.get(Problem, due.subject_id)
            phase = due.key.rpartition(":")[2]
            silent = _silent(problem) if problem is not None and problem.phase == phase else None
            ids = db.scalars(silent).all() if silent is not None else []
            for place, member_id in enumerate(ids):
                set_timer(
                    db,
                    key=f"{REMIND}:{due.subject_id}:{member_id}",
                    kind=REMIND,
                    server_id=due.server_id,
                    subject_id=due.subject_id or 0,
                    due_at=now + place * APART,
                )
            if problem is not None:
                problem.nudged_at = now
            end_timer(db, due)
            return len(ids)

        return await self._database.write(work)

    async def nudge(self, due: Due) -> Nudge | None:
        """Whom to nudge of what now; None when there is no need any more, or it is quiet."""
        now = self._clock.now()

        def work(db: Session) -> Nudge | None:
            row = db.execute(
                select(Problem, Member, Server, ItemVersion.body)
                .join(Server, Server.id == Problem.server_id)
                .join(Member, Member.server_id == Server.id)
                .join(ItemVersion, ItemVersion.id == Problem.item_version_id)
                .where(Problem.id == due.subject_id, Member.id == member_of(due), Server.left_at.is_(None))
            ).first()
            proposed = row is not None and _has(db, Proposal, row.Problem.id, row.Member.id)
            if (
                row is None
                or row.Problem.phase not in ("propose", "discuss")
                or wants(db, row.Member.id, PROBLEM) != "dm"
                or (proposed and row.Problem.phase == "propose")
                or (proposed and _has(db, Response, row.Problem.id, row.Member.id))
            ):
                end_timer(db, due)
                return None
            if not may_tell_now(db, due, row.Member, row.Server, now, until=row.Problem.phase_ends_at):
                return None
            problem = row.Problem
            place = problem.thread_id if problem.forum else problem.channel_id
            return Nudge(
                problem_id=problem.id,
                server_id=row.Server.id,
                discord_id=row.Member.discord_id,
                server_name=row.Server.name,
                title=row.body["title"],
                link=f"https://discord.com/channels/{row.Server.discord_id}/{place}/{problem.message_id}",
                proposed=proposed,
            )

        return await self._database.write(work)


def _proposal_at(db: Session, message_id: int) -> tuple[Proposal, Problem] | None:
    """The proposal under discussion whose message this is."""
    row = db.execute(
        select(Proposal, Problem)
        .join(Problem, Problem.id == Proposal.problem_id)
        .where(Proposal.message_id == message_id, Problem.phase.in_(DISCUSSED))
    ).first()
    return (row.Proposal, row.Problem) if row is not None else None


def _has(db: Session, table: type[Proposal] | type[Response], problem_id: int, member_id: int) -> bool:
    query = select(table.id).where(table.problem_id == problem_id, table.member_id == member_id).limit(1)
    return db.scalar(query) is not None


def _silent(problem: Problem) -> Select[int]:
    """Who asked to be nudged and is silent: while proposals come, who has none; then, of those who had one by the
    first nudge and so heard nothing of it, who has not responded."""
    proposed = exists().where(Proposal.problem_id == problem.id, Proposal.member_id == Member.id)
    responded = exists().where(Response.problem_id == problem.id, Response.member_id == Member.id)
    query = (
        select(Member.id)
        .join(NotificationChoice, NotificationChoice.member_id == Member.id)
        .where(
            Member.server_id == problem.server_id,
            NotificationChoice.kind == PROBLEM,
            NotificationChoice.channel == "dm",
            Member.left_at.is_(None),
            Member.paused_at.is_(None),
            Member.gone_at.is_(None),
        )
        .order_by(Member.id)
    )
    if problem.phase == "propose":
        return query.where(~proposed)
    # Without a first nudge nobody has heard anything yet.
    unheard = (
        proposed if problem.nudged_at is None else proposed.where(Proposal.written_at <= problem.nudged_at)
    )
    return query.where(unheard, ~responded)
