"""What the lobby shows: a place in it, what waiting here is like, and the partner who was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.lobby import (
    LOOKED_BACK,
    Prospect,
    Together,
    Wait,
    Waiting,
    Wish,
    lasts_until,
    likely_wait,
    next_busy,
)
from bot.domain.pairing import Reason
from bot.services.members import Present
from bot.services.pairing.enrolment import next_round_at
from bot.storage.tables import LobbyTicket, Member, Recitation, Reciter

# What waiting was like is read from so many pairs at most.
PAIRS_READ = 500


def waiting_of(
    db: Session,
    present: Present,
    ticket: LobbyTicket,
    found: Sequence[Prospect],
    names: Mapping[str, str],
    now: datetime,
) -> Waiting:
    """A member's place in the lobby."""
    past = _past(db, present.server_id, now) if ticket.mode == "live" else []
    return Waiting(
        wish=Wish(ticket.mode, ticket.medium, ticket.topic),  # type: ignore[arg-type]
        topic_name=_name(ticket.topic, names),
        since=ticket.since,
        until=lasts_until(ticket.mode, ticket.seen_at),
        others=len(found),
        sure_by=min((one.fits_from for one in found), default=None),
        likely=likely_wait(past, present.server_zone, now),
        busy_at=next_busy(past, present.server_zone, now),
        next_round_at=next_round_at(db, present.server_id),
        stranded=ticket.stranded_in is not None,
    )


def together_of(db: Session, present: Present, recitation: Recitation, names: Mapping[str, str]) -> Together:
    """A recitation the lobby arranged, as one of the two sees it."""
    topic = topic_of(db, present, recitation)
    partners = db.scalars(
        select(Member.discord_id)
        .join(Reciter, Reciter.member_id == Member.id)
        .where(Reciter.recitation_id == recitation.id, Member.id != present.member_id)
        .order_by(Reciter.place)
    )
    return Together(
        recitation_id=recitation.id,
        wish=Wish(recitation.mode, recitation.medium, topic),  # type: ignore[arg-type]
        topic_name=_name(topic, names),
        partners=tuple(partners),
        reasons=tuple(Reason.from_json(one) for one in recitation.reasons),
        phase=recitation.phase,  # type: ignore[arg-type]
        thread_id=recitation.thread_id,
    )


def topic_of(db: Session, present: Present, recitation: Recitation) -> str | None:
    """What a member recites about, where it was wished."""
    mine = (Reciter.recitation_id == recitation.id, Reciter.member_id == present.member_id)
    return db.scalar(select(Reciter.topic).where(*mine))


def _past(db: Session, server_id: int, now: datetime) -> list[Wait]:
    """How long people have waited here of late."""
    rows = db.execute(
        select(Recitation.made_at, Recitation.waited)
        .where(
            Recitation.server_id == server_id,
            Recitation.made_at > now - LOOKED_BACK,
            Recitation.origin == "lobby",
            Recitation.mode == "live",
            Recitation.waited.is_not(None),
        )
        .order_by(Recitation.made_at.desc())
        .limit(PAIRS_READ)
    )
    waits = ((made_at, timedelta(seconds=waited or 0)) for made_at, waited in rows)
    return [Wait(made_at - lasted, lasted) for made_at, lasted in waits]


def _name(topic: str | None, names: Mapping[str, str]) -> str | None:
    return names.get(topic, topic) if topic else None
