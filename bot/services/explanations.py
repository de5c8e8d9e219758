"""Explanations: members explain a revealed question in their own words, and vote for the best."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.drops import Explained
from bot.domain.errors import AnswerFirst, EmptyText, OutOfDate, OwnExplanation
from bot.domain.members import Person
from bot.domain.safety import Subject
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.safety import blocked_by
from bot.storage.database import Database
from bot.storage.tables import Drop, Explanation, ExplanationVote, Member, Server
from bot.storage.upsert import insert_into

EXPLANATION_LIMIT = 1500


class Explanations:
    """The discussion of a revealed question, as far as Reps takes part in it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def write(self, who: Person, drop_id: int, text: str) -> tuple[Explained, int | None]:
        """Write, or rewrite, one's explanation of a revealed drop; it comes back with the thread's id.

        Raises EmptyText, PausedByGuide, and AnswerFirst before the reveal.
        """
        now = self._clock.now()
        kept = cleaned(text)[:EXPLANATION_LIMIT]
        if not kept:
            raise EmptyText

        def work(db: Session) -> tuple[Explained, int | None]:
            drop = revealed(db, who, drop_id)
            present = members.join(db, who, now)
            members.require_active(db, who)
            explanation_id = db.scalar(
                insert_into(db, Explanation)
                .values(drop_id=drop_id, member_id=present.member_id, text=kept, written_at=now)
                .on_conflict_do_update(
                    index_elements=["drop_id", "member_id"], set_={"text": kept, "written_at": now}
                )
                .returning(Explanation.id)
            )
            mine = [one for one in _explanations(db, drop_id) if one.id == explanation_id]
            return mine[0], drop.thread_id

        return await self._database.write(work)

    async def posted(self, explanation_id: int, message_id: int) -> None:
        """Note where an explanation stands."""

        def work(db: Session) -> None:
            db.execute(
                update(Explanation).where(Explanation.id == explanation_id).values(message_id=message_id)
            )

        await self._database.write(work)

    async def read(self, who: Person, drop_id: int) -> tuple[Explained, ...]:
        """The explanations of a revealed drop, best first, without those of people this one blocks.

        Raises AnswerFirst before the reveal.
        """

        def work(db: Session) -> tuple[Explained, ...]:
            revealed(db, who, drop_id)
            return _explanations(db, drop_id, Member.discord_id.not_in(blocked_by(who)))

        return await self._database.read(work)

    async def posted_by(self, who: Person) -> tuple[tuple[Explained, int], ...]:
        """A member's explanations that stand in threads, newest first, each with its thread's id."""

        def work(db: Session) -> tuple[tuple[Explained, int], ...]:
            present = members.find(db, who)
            if present is None:
                return ()
            rows = db.execute(
                select(Explanation.id, Explanation.drop_id, Drop.thread_id)
                .join(Drop, Drop.id == Explanation.drop_id)
                .where(Explanation.member_id == present.member_id, Explanation.message_id.is_not(None))
                .where(Drop.thread_id.is_not(None))
                .order_by(Explanation.id.desc())
            ).all()
            return tuple(
                (one, row.thread_id)
                for row in rows
                for one in _explanations(db, row.drop_id)
                if one.id == row.id
            )

        return await self._database.read(work)

    async def vote(
        self, who: Person, drop_id: int, explanation_id: int
    ) -> tuple[tuple[Explained, ...], int | None]:
        """Vote for the best explanation, once per drop; a second vote moves the first.

        The explanations whose count or crown changed come back with the thread's id.
        Raises OwnExplanation, PausedByGuide.
        """
        now = self._clock.now()

        def work(db: Session) -> tuple[tuple[Explained, ...], int | None]:
            drop = revealed(db, who, drop_id)
            present = members.join(db, who, now)
            members.require_active(db, who)
            author = db.scalar(
                select(Explanation.member_id).where(
                    Explanation.id == explanation_id, Explanation.drop_id == drop_id
                )
            )
            if author is None:
                raise OutOfDate
            if author == present.member_id:
                raise OwnExplanation
            before = _explanations(db, drop_id)
            db.execute(
                insert_into(db, ExplanationVote)
                .values(
                    drop_id=drop_id, explanation_id=explanation_id, member_id=present.member_id, voted_at=now
                )
                .on_conflict_do_update(
                    index_elements=["drop_id", "member_id"],
                    set_={"explanation_id": explanation_id, "voted_at": now},
                )
            )
            after = _explanations(db, drop_id)
            return tuple(one for one in after if one not in before), drop.thread_id

        return await self._database.write(work)


def revealed(db: Session, who: Person, drop_id: int) -> Drop:
    """A revealed drop of this server; raises OutOfDate, and AnswerFirst before the reveal."""
    drop = db.scalars(
        select(Drop)
        .join(Server, Server.id == Drop.server_id)
        .where(Drop.id == drop_id, Server.discord_id == who.guild_id)
    ).first()
    if drop is None:
        raise OutOfDate
    if drop.revealed_at is None:
        raise AnswerFirst
    return drop


def subject(db: Session, who: Person, explanation_id: int) -> Subject | None:
    """An explanation in this person's server, for a report or a block."""
    row = db.execute(
        select(Explanation, Drop.thread_id, Member.discord_id, Member.display_name, Member.shown_as)
        .join(Drop, Drop.id == Explanation.drop_id)
        .join(Server, Server.id == Drop.server_id)
        .join(Member, Member.id == Explanation.member_id)
        .where(Explanation.id == explanation_id, Server.discord_id == who.guild_id)
    ).first()
    if row is None:
        return None
    return Subject(
        kind="explanation",
        id=explanation_id,
        about_discord_id=row.discord_id,
        name=_name(row),
        evidence=row.Explanation.text,
        place=(row.thread_id, row.Explanation.message_id)
        if row.thread_id and row.Explanation.message_id
        else None,
    )


def remove(db: Session, explanation_id: int) -> None:
    """Remove an explanation with its votes."""
    db.execute(delete(ExplanationVote).where(ExplanationVote.explanation_id == explanation_id))
    db.execute(delete(Explanation).where(Explanation.id == explanation_id))


def _name(row: Any) -> str:
    return row.display_name if row.shown_as == "name" else "A member"


def _explanations(db: Session, drop_id: int, *only: ColumnElement[bool]) -> tuple[Explained, ...]:
    votes = func.count(ExplanationVote.id)
    rows = db.execute(
        select(Explanation, Member.display_name, Member.shown_as, votes.label("votes"))
        .join(Member, Member.id == Explanation.member_id)
        .outerjoin(ExplanationVote, ExplanationVote.explanation_id == Explanation.id)
        .where(Explanation.drop_id == drop_id, Member.left_at.is_(None), *only)
        .group_by(Explanation.id, Member.display_name, Member.shown_as)
        .order_by(votes.desc(), Explanation.id)
    ).all()
    found = [
        Explained(
            id=row.Explanation.id,
            drop_id=drop_id,
            name=_name(row),
            text=row.Explanation.text,
            votes=row.votes,
            message_id=row.Explanation.message_id,
        )
        for row in rows
    ]
    if found and found[0].votes > 0:
        found[0] = replace(found[0], best=True)
    return tuple(found)
