"""The lobby: who waits for a partner now, and how two of them are put together, exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import OutOfDate, RestingNow, UnknownTopic
from bot.domain.lobby import Together, Waiting
from bot.domain.members import Person
from bot.domain.pairing import Mode
from bot.domain.recitation import Medium
from bot.domain.schedules import Due
from bot.services import members
from bot.services.lobby import queue
from bot.services.lobby.queue import LOOK, found_lately, strand
from bot.services.lobby.readouts import together_of, waiting_of
from bot.services.pairing.enrolment import DEFAULT_MEDIUM
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Enrolment, LobbyTicket, Member, Recitation, Server, Timer

__all__ = ["LOOK", "Lobby", "strand"]


@dataclass(frozen=True, slots=True)
class People:
    """Whom Discord is to be asked for before anybody is put together."""

    guild_id: int
    discord_ids: tuple[int, ...]


class Lobby:
    """Waiting for a partner."""

    def __init__(self, database: Database, clock: Clock, topic_names: Mapping[str, str]) -> None:
        self._database = database
        self._clock = clock
        self._names = topic_names

    # --- what a member does

    async def others(self, who: Person) -> People:
        """Everybody else who waits in this person's server."""
        now = self._clock.now()

        def work(db: Session) -> People:
            server_id = db.scalar(select(Server.id).where(Server.discord_id == who.guild_id))
            rows = queue.waiting(db, server_id, now) if server_id else []
            ids = (member.discord_id for _, member in rows)
            return People(who.guild_id, tuple(one for one in ids if one != who.discord_id))

        return await self._database.read(work)

    async def wait(
        self, who: Person, *, mode: Mode, medium: Medium | None, topic: str | None, channel_id: int
    ) -> Waiting | Together | None:
        """Be put together with whoever fits now, or have a place; None, and nothing done, before the rules of conduct.

        Done again it is a sign of life: the place stays, with what is wished now, and what is left open is as before;
        a first time it is the medium of the rounds. The room goes to the study channel, or else to `channel_id`.
        Raises UnknownTopic, PausedByGuide, RestingNow, and OutOfDate for what is not offered.
        """
        if mode not in get_args(Mode) or medium not in (None, *get_args(Medium)):
            raise OutOfDate
        if topic is not None and topic not in self._names:
            raise UnknownTopic(topic)
        now = self._clock.now()

        def work(db: Session) -> Waiting | Together | None:
            present = members.find(db, who)
            if present is None or not members.conduct_agreed(db, present):
                return None
            members.require_active(db, who)
            # Whoever was thought gone from Discord is here.
            present = members.join(db, who, now)
            if db.scalar(select(Member.paused_at).where(Member.id == present.member_id)) is not None:
                raise RestingNow
            queue.sweep(db, present.server_id, now)
            before = queue.ticket_of(db, present.member_id)
            if before is None:
                lately = found_lately(db, present, mode, now)
                if lately is not None:
                    return together_of(db, present, lately, self._names)
            ticket = queue.place(
                db,
                present,
                mode=mode,
                medium=medium or (before.medium if before else _usual_medium(db, present)),
                topic=topic or (before.topic if before else None),
                channel_id=db.get_one(Server, present.server_id).study_channel_id or channel_id,
                now=now,
            )
            return self._look(db, present, ticket, now)

        return await self._database.write(work)

    async def place(self, who: Person) -> Waiting | Together | None:
        """Where somebody stands; None for those who neither wait nor were put together a moment ago."""
        now = self._clock.now()

        def work(db: Session) -> Waiting | Together | None:
            present = members.find(db, who)
            if present is None:
                return None
            for ticket, member in queue.waiting(db, present.server_id, now):
                if member.id == present.member_id:
                    _, found = queue.prospects_of(db, ticket, now)
                    return waiting_of(db, present, ticket, found, self._names, now)
            lately = found_lately(db, present, "async", now)
            return None if lately is None else together_of(db, present, lately, self._names)

        return await self._database.read(work)

    async def leave(self, who: Person) -> Together | None:
        """Give up one's place; who was found a moment before is told instead. Raises NotAMember."""
        now = self._clock.now()

        def work(db: Session) -> Together | None:
            present = members.require(db, who)
            gone = db.scalar(
                delete(LobbyTicket)
                .where(LobbyTicket.member_id == present.member_id)
                .returning(LobbyTicket.id)
            )
            lately = found_lately(db, present, "live", now) if gone is None else None
            return None if lately is None else together_of(db, present, lately, self._names)

        return await self._database.write(work)

    # --- what time does

    async def people(self, due: Due) -> People | None:
        """Everybody who waits where a timer wants to look for a partner; None when its place is gone."""
        now = self._clock.now()

        def work(db: Session) -> People | None:
            rows = queue.waiting(db, due.server_id, now)
            if due.subject_id not in {ticket.id for ticket, _ in rows}:
                return None
            guild_id = db.get_one(Server, due.server_id).discord_id
            return People(guild_id, tuple(member.discord_id for _, member in rows))

        return await self._database.read(work)

    async def look(self, due: Due) -> int | None:
        """Look for a partner as somebody's wishes widen, and end places that are over; the recitation, if it is one."""
        now = self._clock.now()

        def work(db: Session) -> int | None:
            # Looking sets it anew while there is a place.
            db.execute(delete(Timer).where(*leases.held(Timer, due.id, due.token)))
            queue.sweep(db, due.server_id, now)
            ticket = db.get(LobbyTicket, due.subject_id)
            return None if ticket is None else queue.look(db, ticket, now)[0]

        return await self._database.write(work)

    def _look(
        self, db: Session, present: members.Present, ticket: LobbyTicket, now: datetime
    ) -> Waiting | Together:
        recitation_id, found = queue.look(db, ticket, now)
        if recitation_id is None:
            return waiting_of(db, present, ticket, found, self._names, now)
        return together_of(db, present, db.get_one(Recitation, recitation_id), self._names)


def _usual_medium(db: Session, present: members.Present) -> Medium:
    chosen = db.scalar(select(Enrolment.medium).where(Enrolment.member_id == present.member_id))
    return chosen or DEFAULT_MEDIUM  # type: ignore[return-value]
