"""The queue: everybody who waits in a server, and the one write that puts two of them together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.domain.lobby import (
    FEW,
    LASTS,
    Prospect,
    Waiter,
    lasts_until,
    next_look,
    partner,
    prospects,
    topics_of,
)
from bot.domain.recitation import AFTER, Phase
from bot.services.lobby.readouts import topic_of
from bot.services.members import Present
from bot.services.pairing.peers import kept_of, met_of, peers_of
from bot.services.recitation.arranging import arrange
from bot.services.recitation.opening import open_room
from bot.services.safety import blocked_pairs
from bot.services.timers import set_timer
from bot.storage.tables import LobbyTicket, Member, Recitation, Reciter
from bot.storage.upsert import insert_into

LOOK = "lobby.look"
# Two who wait for each other are both here, whatever their weeks say: nobody is preferred for their hours.
HERE_NOW: Final = "UTC"
HOURS: Final = ("time", "no-hours")
# Where somebody is who is not waiting any more, once they have done anything there.
UNDER_WAY: Final[tuple[Phase, ...]] = ("opening", "ready", "reciting", "rubric")
# A recitation that is still ahead, or under way: whoever asks for a partner again is shown it.
BEGUN: Final[tuple[Phase, ...]] = ("arranged", *UNDER_WAY, "exchange")

_ELSEWHERE = exists().where(
    Reciter.member_id == LobbyTicket.member_id,
    Recitation.id == Reciter.recitation_id,
    Recitation.mode != "async",
    Recitation.phase.in_(UNDER_WAY),
    # When only feedback is owed, everybody has gone.
    Recitation.turn < AFTER,
    Recitation.phase_since > LobbyTicket.since,
    Reciter.came_at.is_not(None),
)
_ABSENT = func.coalesce(Member.left_at, Member.paused_at, Member.gone_at)


def place(
    db: Session,
    present: Present,
    *,
    mode: str,
    medium: str,
    topic: str | None,
    channel_id: int,
    now: datetime,
) -> LobbyTicket:
    """A member's place in the queue with what they wish now; where they have one already, it is the same."""
    ticket = ticket_of(db, present.member_id)
    if ticket is None:
        db.execute(
            insert_into(db, LobbyTicket)
            .values(
                server_id=present.server_id,
                member_id=present.member_id,
                mode=mode,
                medium=medium,
                channel_id=channel_id,
                since=now,
                seen_at=now,
            )
            .on_conflict_do_nothing()
        )
        ticket = db.scalars(select(LobbyTicket).where(LobbyTicket.member_id == present.member_id)).one()
    if ticket.mode != mode:
        # Another queue: its waiting begins now.
        ticket.mode, ticket.since, ticket.stranded_in = mode, now, None
    ticket.medium, ticket.topic, ticket.channel_id, ticket.seen_at = medium, topic, channel_id, now
    db.flush()
    return ticket


def strand(db: Session, present: Present, recitation: Recitation, now: datetime) -> int | None:
    """Put somebody whose partner did not come first in line; the recitation they are in at once, if anybody waits.

    Whoever waits for an async partner is taken out of that queue: they are here, and waiting now. Said again, it
    changes nothing.
    """
    lately = found_lately(db, present, "live", now)
    if lately is not None and lately.id > recitation.id:
        return lately.id
    ticket = place(
        db,
        present,
        mode="live",
        medium=recitation.medium,
        topic=topic_of(db, present, recitation),
        channel_id=recitation.channel_id,
        now=now,
    )
    ticket.stranded_in = recitation.id
    sweep(db, present.server_id, now)
    kept = ticket_of(db, present.member_id)
    return None if kept is None else look(db, kept, now)[0]


def ticket_of(db: Session, member_id: int) -> LobbyTicket | None:
    """A member's place, which may be over."""
    return db.scalars(select(LobbyTicket).where(LobbyTicket.member_id == member_id)).first()


def sweep(db: Session, server_id: int, now: datetime) -> None:
    """Let the places of those end who do not wait any more."""
    over = [row.LobbyTicket.id for row in _rows(db, server_id) if not _waits(row, now)]
    if over:
        db.execute(delete(LobbyTicket).where(LobbyTicket.id.in_(over)))


def waiting(db: Session, server_id: int, now: datetime) -> list[tuple[LobbyTicket, Member]]:
    """Everybody who waits in a server."""
    return [(row.LobbyTicket, row.Member) for row in _rows(db, server_id) if _waits(row, now)]


def _rows(db: Session, server_id: int) -> Sequence[Any]:
    return db.execute(
        select(LobbyTicket, Member, _ABSENT.label("absent"), _ELSEWHERE.label("elsewhere"))
        .join(Member, Member.id == LobbyTicket.member_id)
        .where(LobbyTicket.server_id == server_id)
        .order_by(LobbyTicket.id)
    ).all()


def _waits(row: Any, now: datetime) -> bool:
    ticket: LobbyTicket = row.LobbyTicket
    if row.absent is not None or lasts_until(ticket.mode, ticket.seen_at) <= now:
        return False
    return ticket.mode == "async" or not row.elsewhere


def found_lately(db: Session, present: Present, mode: str, now: datetime) -> Recitation | None:
    """What the lobby arranged for a member a moment ago and is not over.

    Whoever wishes to meet now is not kept from it by an async recitation.
    """
    other = aliased(Reciter)
    query = (
        select(Recitation)
        .join(Reciter, Reciter.recitation_id == Recitation.id)
        .where(
            Reciter.member_id == present.member_id,
            # Nobody's partner is who had their data erased, or was waited for in vain.
            exists().where(
                other.recitation_id == Recitation.id,
                other.id != Reciter.id,
                or_(other.missed_at.is_(None), other.came_at.is_not(None)),
            ),
            Recitation.origin == "lobby",
            Recitation.phase.in_(BEGUN),
            Recitation.made_at > now - LASTS,
        )
        .order_by(Recitation.id.desc())
    )
    return db.scalars(query.where(Recitation.mode == "live") if mode == "live" else query).first()


# --- looking


def look(db: Session, ticket: LobbyTicket, now: datetime) -> tuple[int | None, tuple[Prospect, ...]]:
    """Put somebody together with the best who fits by now, or set when to look again; and all who may come to fit.

    Both places and the recitation change in this one transaction: whoever is not first finds a place gone.
    """
    mine, found = prospects_of(db, ticket, now)
    chosen = partner(found, now)
    if chosen is None:
        set_timer(
            db,
            key=f"{LOOK}:{ticket.id}",
            kind=LOOK,
            server_id=ticket.server_id,
            subject_id=ticket.id,
            due_at=next_look(ticket.mode, ticket.since, ticket.seen_at, now),
        )
        return None, found
    first, second = sorted((mine, chosen.other), key=lambda waiter: waiter.since)
    ids = [waiter.peer.member_id for waiter in (first, second)]
    channel_id = db.scalars(
        select(LobbyTicket.channel_id).where(LobbyTicket.member_id == first.peer.member_id)
    ).one()
    server_id, mode, medium = ticket.server_id, ticket.mode, ticket.medium
    db.execute(delete(LobbyTicket).where(LobbyTicket.member_id.in_(ids)))
    recitation_id = arrange(
        db,
        server_id=server_id,
        channel_id=channel_id,
        origin="lobby",
        mode=mode,  # type: ignore[arg-type]
        medium=medium,  # type: ignore[arg-type]
        topics=topics_of(first, second),
        member_ids=ids,
        score=chosen.fit.score,
        reasons=[reason.as_json() for reason in chosen.fit.reasons if reason.code not in HOURS],
        waited=int((now - first.since).total_seconds()),
        now=now,
    )
    open_room(db, recitation_id, now)
    return recitation_id, ()


def prospects_of(db: Session, ticket: LobbyTicket, now: datetime) -> tuple[Waiter, tuple[Prospect, ...]]:
    """Somebody who waits, and everybody who fits them or may come to."""
    server_id = ticket.server_id
    tickets = [
        one
        for one, _ in waiting(db, server_id, now)
        if (one.mode, one.medium) == (ticket.mode, ticket.medium) and one.id != ticket.id
    ]
    ids = [one.member_id for one in (ticket, *tickets)]
    peers = {peer.member_id: peer for peer in peers_of(db, server_id, ids, now)}
    mine, *others = (
        Waiter(
            replace(
                peers[one.member_id],
                mode=one.mode,  # type: ignore[arg-type]
                medium=one.medium,  # type: ignore[arg-type]
                topics=frozenset({one.topic}) if one.topic else peers[one.member_id].topics,
                zone=HERE_NOW,
                slots=(),
            ),
            one.topic,
            one.since,
            stranded=one.stranded_in is not None,
        )
        for one in (ticket, *tickets)
    )
    if not others:
        return mine, ()
    found = prospects(
        mine,
        others,
        met=met_of(db, ids),
        kept=kept_of(db, ids),
        blocked=blocked_pairs(db, server_id),
        few=_few(db, server_id),
        now=now,
    )
    return mine, found


def _few(db: Session, server_id: int) -> bool:
    """Whether so few take part in a server that nobody waits for somebody else."""
    here = select(Member.id).where(Member.server_id == server_id, _ABSENT.is_(None)).limit(FEW + 1)
    return len(db.scalars(here).all()) <= FEW
