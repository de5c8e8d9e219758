"""Enrolment: who is in the rounds of their server, and how they recite."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.domain.errors import NotEnrolled
from bot.domain.pairing import Medium, Mode
from bot.domain.recitation import ENDS
from bot.domain.rounds import Enrolled, OpenRecitation
from bot.services.members import Present
from bot.storage.tables import Enrolment, Member, Recitation, Reciter, Schedule
from bot.storage.upsert import insert_into

DEFAULT_MODE: Mode = "live"
DEFAULT_MEDIUM: Medium = "voice"


def choose(
    db: Session, present: Present, mode: Mode | None, medium: Medium | None, enrolled_at: datetime | None
) -> None:
    """Keep how a member recites; what is not given stays as it was. With a time, they are in the rounds since then."""
    given: dict[str, Any] = {}
    if mode is not None:
        given["mode"] = mode
    if medium is not None:
        given["medium"] = medium
    changed = dict(given)
    if enrolled_at is not None:
        # Whoever joins means the next round too, however often they missed the last ones.
        changed |= {"skips": False, "no_shows": 0, "rests_since": None}
        changed["enrolled_at"] = func.coalesce(Enrolment.enrolled_at, enrolled_at)
    insert = insert_into(db, Enrolment).values(
        server_id=present.server_id,
        member_id=present.member_id,
        enrolled_at=enrolled_at,
        skips=False,
        no_shows=0,
        **{"mode": DEFAULT_MODE, "medium": DEFAULT_MEDIUM, **given},
    )
    db.execute(
        insert.on_conflict_do_update(index_elements=["member_id"], set_=changed)
        if changed
        else insert.on_conflict_do_nothing()
    )


def require_enrolled(db: Session, present: Present) -> Enrolment:
    """The enrolment of somebody who is in the rounds. Raises NotEnrolled."""
    row = db.scalars(
        select(Enrolment).where(Enrolment.member_id == present.member_id, Enrolment.enrolled_at.is_not(None))
    ).first()
    if row is None:
        raise NotEnrolled
    return row


def come_back(db: Session, member_id: int) -> None:
    """Whoever missed too many recitations is in the rounds again."""
    db.execute(update(Enrolment).where(Enrolment.member_id == member_id).values(no_shows=0, rests_since=None))


def next_round_at(db: Session, server_id: int) -> datetime | None:
    """When a server's next round comes; None when none is planned."""
    return db.scalar(
        select(func.min(Schedule.next_due_at)).where(
            Schedule.server_id == server_id, Schedule.kind == "round"
        )
    )


def enrolled(db: Session, present: Present) -> Enrolled:
    """How a member stands with the rounds."""
    member = db.get_one(Member, present.member_id)
    row = db.scalars(select(Enrolment).where(Enrolment.member_id == present.member_id)).first()
    return Enrolled(
        since=row.enrolled_at if row else None,
        mode=row.mode if row else DEFAULT_MODE,  # type: ignore[arg-type]
        medium=row.medium if row else DEFAULT_MEDIUM,  # type: ignore[arg-type]
        skips=row.skips if row else False,
        rests=row is not None and row.rests_since is not None,
        paused=member.paused_at is not None,
        paused_by_guide=member.paused_by is not None,
        next_at=next_round_at(db, present.server_id),
        open=open_of(db, present),
    )


def open_of(db: Session, present: Present) -> tuple[OpenRecitation, ...]:
    """A member's recitations that are not over, newest first."""
    mine = db.scalars(
        select(Recitation)
        .join(Reciter, Reciter.recitation_id == Recitation.id)
        .where(Reciter.member_id == present.member_id, Recitation.phase.not_in(ENDS))
        .order_by(Recitation.id.desc())
    ).all()
    return readouts(db, present, mine)


def readouts(db: Session, present: Present, recitations: Sequence[Recitation]) -> tuple[OpenRecitation, ...]:
    """A member's recitations with whom they are with."""
    partners: dict[int, list[int]] = {}
    for recitation_id, discord_id in db.execute(
        select(Reciter.recitation_id, Member.discord_id)
        .join(Member, Member.id == Reciter.member_id)
        .where(Reciter.recitation_id.in_([one.id for one in recitations]), Member.id != present.member_id)
        .order_by(Reciter.place)
    ):
        partners.setdefault(recitation_id, []).append(discord_id)
    return tuple(
        OpenRecitation(
            id=one.id,
            mode=one.mode,  # type: ignore[arg-type]
            medium=one.medium,  # type: ignore[arg-type]
            phase=one.phase,  # type: ignore[arg-type]
            partners=tuple(partners.get(one.id, ())),
            thread_id=one.thread_id,
            meets_at=one.meets_at,
        )
        for one in recitations
    )
