"""Guides: the queue of what members ask of them, who guides, and whom they pause."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, exists, func, null, or_, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import (
    AnswerNotYours,
    EmptyText,
    GuideAlready,
    GuidesOnly,
    NoBots,
    NoReason,
    NotAGuide,
    NotMarkedYet,
    NotPaused,
    NotThisPerson,
    PausedAlready,
    RequestOver,
    TakenAlready,
)
from bot.domain.guides import Asked, GuideNamed, Named, People, Queue, Trail, Waiting
from bot.domain.members import Person
from bot.domain.texts import cleaned
from bot.services import item_reports, members, safety, suggestions
from bot.services.audit import MEMBER, USER, note, trail_of
from bot.services.explanations import revealed
from bot.services.members import Present
from bot.services.problems import whose
from bot.services.rights import require_admin, require_guide, rights_of
from bot.storage.database import Database
from bot.storage.tables import Answer, Drop, Guide, GuideRequest, Item, Member, Server
from bot.storage.upsert import insert_into

PAGE = 5
HAND_LIMIT = 300
REASON_LIMIT = 300
# What a request may be about an item of the bank, by the word before the colon of its subject.
ITEMS: dict[str, type[Answer] | type[Drop]] = {"answer": Answer, "drop": Drop}


def ask(
    db: Session,
    present: Present,
    *,
    kind: str,
    subject: str,
    now: datetime,
    channel_id: int | None = None,
    note: str = "",
) -> Asked:
    """Put something in the guides' queue; asking for the same again opens the same request again."""
    over = GuideRequest.closed_at.is_not(None)
    insert = insert_into(db, GuideRequest).values(
        server_id=present.server_id,
        member_id=present.member_id,
        kind=kind,
        subject=subject,
        channel_id=channel_id,
        note=note,
        asked_at=now,
    )
    request_id = db.scalar(
        insert.on_conflict_do_update(
            index_elements=["member_id", "kind", "subject"],
            set_={
                "note": insert.excluded.note,
                "channel_id": insert.excluded.channel_id,
                "asked_at": case((over, insert.excluded.asked_at), else_=GuideRequest.asked_at),
                "closed_by": case((over, null()), else_=GuideRequest.closed_by),
                "closed_at": None,
            },
        ).returning(GuideRequest.id)
    )
    asked = db.execute(
        select(GuideRequest.asked_at, GuideRequest.closed_by).where(GuideRequest.id == request_id)
    ).one()
    ahead = db.scalar(
        select(func.count())
        .select_from(GuideRequest)
        .where(*_open(present.server_id), GuideRequest.asked_at < asked.asked_at)
    )
    return Asked(asked.asked_at, ahead or 0, asked.closed_by or None, _guided(db, present))


def reasoned(reason: str) -> str:
    """A reason as it is kept; raises NoReason for an empty one."""
    kept = cleaned(reason)[:REASON_LIMIT]
    if not kept:
        raise NoReason
    return kept


def request_of(db: Session, who: Person, request_id: int, kind: str) -> GuideRequest:
    """A request of this server that is still open. Raises RequestOver."""
    request = db.scalars(
        select(GuideRequest)
        .join(Server, Server.id == GuideRequest.server_id)
        .where(
            GuideRequest.id == request_id,
            GuideRequest.kind == kind,
            GuideRequest.closed_at.is_(None),
            Server.discord_id == who.guild_id,
        )
    ).first()
    if request is None:
        raise RequestOver
    return request


class Guides:
    """What members ask of guides, and what guides do for and about people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- asking

    async def ask_about_answer(self, who: Person, answer_id: int) -> Asked | None:
        """Ask a guide to check the marks of one's own open answer; None when a guide has done so.

        Raises NotAMember, PausedByGuide, AnswerNotYours, NotMarkedYet.
        """
        now = self._clock.now()

        def work(db: Session) -> Asked | None:
            present = members.require_active(db, who)
            answer = db.get(Answer, answer_id)
            if answer is None or answer.member_id != present.member_id:
                raise AnswerNotYours
            if answer.marks is None:
                raise NotMarkedYet
            if answer.confirmed_at is not None:
                return None
            return ask(db, present, kind="answer", subject=f"answer:{answer_id}", now=now)

        return await self._database.write(work)

    async def raise_hand(self, who: Person, drop_id: int, text: str) -> Asked:
        """Ask a guide about a revealed question, in a few words; whoever asks takes part.

        Raises EmptyText, PausedByGuide, and AnswerFirst before the reveal.
        """
        now = self._clock.now()
        kept = cleaned(text)[:HAND_LIMIT]
        if not kept:
            raise EmptyText

        def work(db: Session) -> Asked:
            drop = revealed(db, who, drop_id)
            present = members.join(db, who, now)
            members.require_active(db, who)
            return ask(
                db,
                present,
                kind="hand",
                subject=f"drop:{drop_id}",
                channel_id=drop.thread_id or drop.channel_id,
                note=kept,
                now=now,
            )

        return await self._database.write(work)

    # --- the queue

    async def queue(self, who: Person, page: int = 0) -> Queue:
        """One page of what waits, oldest first; moderators who do not guide see their reports. Raises GuidesOnly."""

        def work(db: Session) -> Queue:
            rights = rights_of(db, who)
            reports = safety.reported(db, who) if rights.moderator else None
            if not rights.guide:
                if reports is None:
                    raise GuidesOnly
                return Queue((), 0, 1, 0, None, None, reports)
            server_id = db.scalar(select(Server.id).where(Server.discord_id == who.guild_id)) or 0
            waiting = (
                select(GuideRequest, Member.discord_id)
                .join(Member, Member.id == GuideRequest.member_id)
                .where(*_open(server_id), Member.left_at.is_(None), Member.gone_at.is_(None))
            )
            total = db.scalar(select(func.count()).select_from(waiting.subquery())) or 0
            pages = max(1, -(-total // PAGE))
            at = min(max(page, 0), pages - 1)
            rows = db.execute(
                waiting.order_by(GuideRequest.asked_at, GuideRequest.id).limit(PAGE).offset(at * PAGE)
            ).all()
            return Queue(
                requests=tuple(_waiting(db, request, discord_id) for request, discord_id in rows),
                page=at,
                pages=pages,
                total=total,
                suggestions=suggestions.suggested(db, server_id),
                doubts=item_reports.reported(db, server_id),
                reports=reports,
            )

        return await self._database.read(work)

    async def take(self, who: Person, request_id: int) -> None:
        """Say that one sees to a raised hand. Raises GuidesOnly, RequestOver, TakenAlready."""

        def work(db: Session, now: datetime) -> None:
            request = request_of(db, who, request_id, "hand")
            # Taken by somebody whose data was erased, it is anybody's again.
            if request.closed_by and request.closed_by != who.discord_id:
                raise TakenAlready(request.closed_by)
            if not request.closed_by:
                request.closed_by = who.discord_id
                note(db, request.server_id, who, "hand.take", f"{MEMBER}{request.member_id}", now)

        await self._do(who, work)

    async def done(self, who: Person, request_id: int) -> None:
        """A raised hand was helped. Raises GuidesOnly, RequestOver."""

        def work(db: Session, now: datetime) -> None:
            request = request_of(db, who, request_id, "hand")
            request.closed_at, request.closed_by = now, who.discord_id
            note(db, request.server_id, who, "hand.done", f"{MEMBER}{request.member_id}", now)

        await self._do(who, work)

    # --- people

    async def add(self, who: Person, person: Named) -> None:
        """Name somebody a guide. Raises SetupNotAllowed, NoBots, GuideAlready."""
        require_admin(who)
        now = self._clock.now()
        if person.bot:
            raise NoBots

        def work(db: Session) -> None:
            server = members.server_row(db, who, now)
            fresh = db.scalar(
                insert_into(db, Guide)
                .values(
                    server_id=server.id,
                    discord_id=person.discord_id,
                    added_by=who.discord_id,
                    added_at=now,
                )
                .on_conflict_do_nothing()
                .returning(Guide.id)
            )
            if fresh is None:
                raise GuideAlready(person.discord_id)
            note(db, server.id, who, "guide.add", f"{USER}{person.discord_id}", now)

        await self._database.write(work)

    async def remove(self, who: Person, discord_id: int) -> None:
        """Somebody named a guide is none any more. Raises SetupNotAllowed, NotAGuide."""
        require_admin(who)
        now = self._clock.now()

        def work(db: Session) -> None:
            server = members.server_row(db, who, now)
            gone = delete(Guide).where(Guide.server_id == server.id, Guide.discord_id == discord_id)
            if db.scalar(gone.returning(Guide.id)) is None:
                raise NotAGuide(discord_id)
            whose.leave(db, server.id, discord_id)
            note(db, server.id, who, "guide.remove", f"{USER}{discord_id}", now)

        await self._database.write(work)

    async def people(self, who: Person) -> People:
        """Everyone who guides here. Raises GuidesOnly."""

        def work(db: Session) -> People:
            require_guide(db, who)
            named = db.scalars(
                select(Guide)
                .join(Server, Server.id == Guide.server_id)
                .where(Server.discord_id == who.guild_id)
                .order_by(Guide.id)
            )
            return People(
                db.scalar(select(Server.guide_role_id).where(Server.discord_id == who.guild_id)),
                tuple(GuideNamed(one.discord_id, one.added_by, one.added_at) for one in named),
            )

        return await self._database.read(work)

    async def pause(self, who: Person, person: Named, reason: str) -> None:
        """Pause a member: what others read is closed to them until a guide ends it.

        Raises GuidesOnly, NoReason, NotThisPerson, NoSuchMember, PausedAlready.
        """

        def work(db: Session, now: datetime) -> None:
            kept = reasoned(reason)
            member = _other(db, who, person)
            if member.paused_by is not None:
                raise PausedAlready(person.discord_id)
            member.paused_at, member.paused_by = member.paused_at or now, who.discord_id
            note(db, member.server_id, who, "people.pause", f"{MEMBER}{member.id}", now, kept)

        await self._do(who, work)

    async def resume(self, who: Person, person: Named, reason: str) -> None:
        """End a guide's pause. Raises GuidesOnly, NoReason, NotThisPerson, NoSuchMember, NotPaused."""

        def work(db: Session, now: datetime) -> None:
            kept = reasoned(reason)
            member = _other(db, who, person)
            if member.paused_by is None:
                raise NotPaused(person.discord_id)
            member.paused_at = member.paused_by = None
            note(db, member.server_id, who, "people.resume", f"{MEMBER}{member.id}", now, kept)

        await self._do(who, work)

    # --- what was done

    async def trail(self, who: Person, page: int = 0, about: int | None = None) -> Trail:
        """One page of the audit trail, newest first. Raises GuidesOnly."""

        def work(db: Session) -> Trail:
            require_guide(db, who)
            return trail_of(db, who, page, about)

        return await self._database.read(work)

    async def _do(self, who: Person, work: Callable[[Session, datetime], None]) -> None:
        now = self._clock.now()

        def allowed(db: Session) -> None:
            require_guide(db, who)
            work(db, now)

        await self._database.write(allowed)


def _guided(db: Session, present: Present) -> bool:
    """Whether anybody but this member is named to guide their server; who holds a role only Discord knows."""
    asker = select(Member.discord_id).where(Member.id == present.member_id).scalar_subquery()
    others = exists().where(Guide.server_id == Server.id, Guide.discord_id != asker)
    guided = or_(Server.guide_role_id.is_not(None), others)
    return bool(db.scalar(select(guided).where(Server.id == present.server_id)))


def _open(server_id: int) -> tuple[Any, Any]:
    return GuideRequest.server_id == server_id, GuideRequest.closed_at.is_(None)


def _waiting(db: Session, request: GuideRequest, discord_id: int) -> Waiting:
    name, _, id = request.subject.partition(":")
    title: str | None
    if (table := ITEMS.get(name)) is not None:
        title = db.scalar(select(Item.title).join(table, table.item_id == Item.id).where(table.id == int(id)))
    else:
        # A room has no title but what it is: recitation 17.
        title = f"{name.capitalize()} {id}"
    return Waiting(
        id=request.id,
        kind=request.kind,
        discord_id=discord_id,
        subject=request.subject,
        title=title or "",
        note=request.note,
        channel_id=request.channel_id,
        asked_at=request.asked_at,
        taken_by=request.closed_by or None,
    )


def _other(db: Session, who: Person, person: Named) -> Member:
    if person.admin or person.discord_id == who.discord_id:
        raise NotThisPerson(person.discord_id)
    return db.get_one(Member, members.known(db, who.guild_id, person.discord_id).member_id)
