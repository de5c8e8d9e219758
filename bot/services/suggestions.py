"""Suggestions: questions members propose for their server, and what guides make of them."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.bank.drafts import Draft
from bot.bank.forms import FORMS, draft_from
from bot.bank.intake import Tracks, draft_of
from bot.bank.problems import BankInvalid, Problem, Report
from bot.clock import Clock
from bot.domain.drops import Question
from bot.domain.errors import (
    NoReason,
    OutOfDate,
    OwnSuggestion,
    SuggestionChanged,
    SuggestionOver,
    TooManySuggestions,
    UnknownTopic,
)
from bot.domain.guides import Pile
from bot.domain.members import Person
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.audit import note
from bot.services.questions import Content, own_slug, refuse_full, shelve, taken
from bot.services.rights import require_guide
from bot.storage.database import Database
from bot.storage.tables import Guide, Item, Member, Server, Suggestion

WAITING_AT_MOST = 5
RECENT = 8
REASON_LIMIT = 500
DRAFTS_KEPT = timedelta(days=1)
# What a draft is called until it is approved.
UNNAMED = "suggestion"


@dataclass(frozen=True, slots=True)
class Suggested:
    """One of a member's own suggestions, as their list shows it."""

    title: str
    state: str
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A filled form that is no question yet, kept so that nothing typed is lost."""

    id: int
    kind: str
    topic: str
    fields: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Handed:
    """A suggestion that now waits for a guide."""

    question: Question
    joined_now: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A waiting suggestion as guides see it; `seen` changes with its content, `waiting` counts all of them."""

    id: int
    seen: str
    question: Question
    by: str
    written_at: datetime
    waiting: int


class Suggestions:
    """A server's own questions, from the form to the guide's word."""

    def __init__(
        self, database: Database, clock: Clock, topic_names: Mapping[str, str], tracks: Tracks
    ) -> None:
        self._database = database
        self._clock = clock
        self._names = topic_names
        self._tracks = tracks

    # --- members

    async def may_suggest(self, who: Person, topic: str) -> None:
        """Raises UnknownTopic, PausedByGuide or TooManySuggestions before anybody types for nothing."""
        if topic not in self._tracks:
            raise UnknownTopic(topic)

        def work(db: Session) -> None:
            present = members.find(db, who)
            if present is None:
                return
            members.require_active(db, who)
            if _waiting_of(db, present.member_id) >= WAITING_AT_MOST:
                raise TooManySuggestions(WAITING_AT_MOST)

        await self._database.read(work)

    async def suggest(
        self, who: Person, kind: str, topic: str, fields: Mapping[str, str]
    ) -> Handed | Unfinished:
        """Hand in a filled form; sent twice it waits once. What cannot be a question yet comes back, kept.

        Raises PausedByGuide.
        """
        if kind not in FORMS:
            raise OutOfDate
        now = self._clock.now()
        typed = {field.name: cleaned(fields.get(field.name, ""))[: field.limit] for field in FORMS[kind]}
        found: tuple[Problem, ...] = ()
        body: dict[str, Any] | None = None
        try:
            draft = await asyncio.to_thread(draft_from, kind, topic, typed, self._tracks, id=UNNAMED)
            body = draft.model_dump(mode="json")
        except BankInvalid as invalid:
            found = invalid.problems

        def work(db: Session) -> Handed | Unfinished:
            present = members.join(db, who, now)
            members.require_active(db, who)
            mine = Suggestion.member_id == present.member_id
            waiting = db.scalars(select(Suggestion).where(mine, Suggestion.state == "waiting")).all()
            problems = found
            if body is not None and body not in [one.body for one in waiting]:
                if len(waiting) >= WAITING_AT_MOST:
                    full = TooManySuggestions(WAITING_AT_MOST).sentence
                    problems = (Problem("form", 1, "Suggestions", full),)
                else:
                    db.add(
                        Suggestion(
                            server_id=present.server_id,
                            member_id=present.member_id,
                            body=body,
                            state="waiting",
                            written_at=now,
                        )
                    )
            # One at a time: a second form replaces what was left of the first.
            db.execute(delete(Suggestion).where(mine, Suggestion.state == "draft"))
            if body is not None and not problems:
                return Handed(self._question(body), present.joined_now)
            kept = Suggestion(
                server_id=present.server_id,
                member_id=present.member_id,
                body={"kind": kind, "topic": topic, "fields": typed},
                state="draft",
                written_at=now,
            )
            db.add(kept)
            db.flush()
            return Unfinished(kept.id, kind, topic, typed, problems)

        return await self._database.write(work)

    async def unfinished(self, who: Person, suggestion_id: int) -> Unfinished:
        """What its writer typed, to go on with. Raises SuggestionOver, PausedByGuide."""

        def work(db: Session) -> Unfinished:
            row = db.get(Suggestion, suggestion_id)
            present = members.find(db, who)
            if row is None or present is None or row.member_id != present.member_id or row.state != "draft":
                raise SuggestionOver
            members.require_active(db, who)
            return Unfinished(row.id, row.body["kind"], row.body["topic"], row.body["fields"])

        return await self._database.read(work)

    async def mine(self, who: Person) -> tuple[Suggested, ...]:
        """A member's last suggestions, newest first, with what became of them."""

        def work(db: Session) -> tuple[Suggested, ...]:
            rows = db.scalars(
                select(Suggestion)
                .join(Member, Member.id == Suggestion.member_id)
                .join(Server, Server.id == Suggestion.server_id)
                .where(
                    Server.discord_id == who.guild_id,
                    Member.discord_id == who.discord_id,
                    Suggestion.state != "draft",
                )
                .order_by(Suggestion.id.desc())
                .limit(RECENT)
            )
            return tuple(
                Suggested(row.body["title"], row.state, row.decided_at or row.written_at, row.reason)
                for row in rows
            )

        return await self._database.read(work)

    # --- guides

    async def review(self, who: Person, after: int = 0) -> Proposal | None:
        """The oldest waiting suggestion after another, or None when there is none. Raises GuidesOnly."""

        def work(db: Session) -> Proposal | None:
            require_guide(db, who)
            row = db.scalars(
                _waiting(who).where(Suggestion.id > after).order_by(Suggestion.id).limit(1)
            ).first()
            return self._proposal(db, row) if row is not None else None

        return await self._database.read(work)

    async def opened(self, who: Person, suggestion_id: int) -> Proposal:
        """One waiting suggestion, to be changed; one indexed read. Raises GuidesOnly, SuggestionOver."""

        def work(db: Session) -> Proposal:
            return self._proposal(db, _under_review(db, who, suggestion_id))

        return await self._database.read(work)

    async def approve(self, who: Person, suggestion_id: int, seen: str) -> Proposal:
        """Take a suggestion, as it was seen, into the server's own bank: it is asked from now on.

        Raises GuidesOnly, SuggestionOver, SuggestionChanged, OwnSuggestion, OwnBankFull.
        """
        now = self._clock.now()

        def work(db: Session) -> Proposal:
            row = _under_review(db, who, suggestion_id)
            proposal = self._proposal(db, row)
            if proposal.seen != seen:
                raise SuggestionChanged
            _refuse_own(db, who, row)
            names = (f"{UNNAMED}-{row.id}{f'-{again}' if again else ''}" for again in count())
            name = next(name for name in names if not taken(db, own_slug(row.server_id, name)))
            draft = draft_of(row.body | {"id": name}, self._tracks, report := Report(UNNAMED))
            if draft is None:
                # The bank's topics changed since it was written.
                raise BankInvalid(tuple(report.problems))
            slug = own_slug(row.server_id, name)
            refuse_full(db, row.server_id, coming=1)
            shelve(db, {slug: Content.of(draft)}, row.server_id, now)
            row.item_id = db.scalar(select(Item.id).where(Item.slug == slug))
            _decide(db, who, row, "approved", now)
            return proposal

        return await self._database.write(work)

    async def decline(self, who: Person, suggestion_id: int, reason: str) -> Proposal:
        """Say no, and why. Raises GuidesOnly, SuggestionOver, NoReason."""
        now = self._clock.now()
        kept = cleaned(reason)[:REASON_LIMIT]
        if not kept:
            raise NoReason

        def work(db: Session) -> Proposal:
            row = _under_review(db, who, suggestion_id)
            proposal = self._proposal(db, row)
            _decide(db, who, row, "declined", now, kept)
            return proposal

        return await self._database.write(work)

    async def edit(self, who: Person, suggestion_id: int, fields: Mapping[str, str]) -> Proposal:
        """Change a waiting suggestion through the form it was written in. Raises as `opened`, and BankInvalid."""
        before = (await self.opened(who, suggestion_id)).question.draft
        made = await asyncio.to_thread(
            draft_from, before["kind"], before["topic"], fields, self._tracks, id=UNNAMED, before=before
        )
        return await self._rewritten(who, suggestion_id, before, made)

    async def classify(
        self, who: Person, suggestion_id: int, *, title: str, track: str, difficulty: int
    ) -> Proposal:
        """Give a waiting suggestion another title, track or difficulty. Raises as `opened`, and BankInvalid."""
        before = (await self.opened(who, suggestion_id)).question.draft
        changes = {"title": cleaned(title), "track": track, "difficulty": difficulty}
        report = Report("form")
        made = await asyncio.to_thread(draft_of, {**before, **changes}, self._tracks, report)
        report.raise_if_any()
        assert made is not None
        return await self._rewritten(who, suggestion_id, before, made)

    async def _rewritten(
        self, who: Person, suggestion_id: int, before: Mapping[str, Any], made: Draft
    ) -> Proposal:
        now = self._clock.now()
        body = made.model_dump(mode="json")

        def work(db: Session) -> Proposal:
            row = _under_review(db, who, suggestion_id)
            if row.body != before:
                raise SuggestionChanged
            row.body = body
            db.flush()
            note(db, row.server_id, who, "suggestion.edit", f"suggestion:{row.id}", now)
            return self._proposal(db, row)

        return await self._database.write(work)

    # --- the janitor

    async def sweep(self) -> None:
        """Let go of what was typed and left unfinished a day ago."""
        before = self._clock.now() - DRAFTS_KEPT

        def work(db: Session) -> None:
            db.execute(delete(Suggestion).where(Suggestion.state == "draft", Suggestion.written_at < before))

        await self._database.write(work)

    # --- the floor below

    def _question(self, body: Mapping[str, Any]) -> Question:
        return Question(0, 0, body, self._names.get(body["topic"], ""))

    def _proposal(self, db: Session, row: Suggestion) -> Proposal:
        by = db.get_one(Member, row.member_id).display_name
        waiting = suggested(db, row.server_id).count
        return Proposal(row.id, _seen(row.body), self._question(row.body), by, row.written_at, waiting)


def suggested(db: Session, server_id: int) -> Pile:
    """The suggestions that wait for a server's guides."""
    waiting = select(func.count(), func.min(Suggestion.written_at)).where(
        Suggestion.server_id == server_id, Suggestion.state == "waiting"
    )
    return Pile(*db.execute(waiting).one())


def _waiting_of(db: Session, member_id: int) -> int:
    query = select(func.count()).where(Suggestion.member_id == member_id, Suggestion.state == "waiting")
    return db.scalar(query) or 0


def _waiting(who: Person) -> Select[Suggestion]:
    return (
        select(Suggestion)
        .join(Server, Server.id == Suggestion.server_id)
        .where(Server.discord_id == who.guild_id, Suggestion.state == "waiting")
    )


def _under_review(db: Session, who: Person, suggestion_id: int) -> Suggestion:
    require_guide(db, who)
    row = db.scalars(_waiting(who).where(Suggestion.id == suggestion_id)).first()
    if row is None:
        raise SuggestionOver
    return row


def _refuse_own(db: Session, who: Person, row: Suggestion) -> None:
    """Nobody approves their own, except an admin on a server where no one else could."""
    if db.get_one(Member, row.member_id).discord_id != who.discord_id:
        return
    others = exists().where(Guide.server_id == row.server_id, Guide.discord_id != who.discord_id)
    guided = exists().where(Server.id == row.server_id, Server.guide_role_id.is_not(None))
    if not who.manages_server or db.scalar(select(or_(others, guided))):
        raise OwnSuggestion


def _decide(
    db: Session, who: Person, row: Suggestion, state: str, now: datetime, reason: str | None = None
) -> None:
    row.state, row.decided_at, row.decided_by, row.reason = state, now, who.discord_id, reason
    note(
        db,
        row.server_id,
        who,
        "suggestion.approved" if state == "approved" else "suggestion.declined",
        f"suggestion:{row.id}",
        now,
        reason or "",
    )


def _seen(body: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits of what a suggestion says."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:8]
