"""Within a transaction: who waits for an interview, and fits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.domain.appointments import LOOKED_AHEAD, NOT_BEFORE, WAKING
from bot.domain.availability import Interval, occurrences, shared_minutes
from bot.domain.calendar import zone_named
from bot.domain.interviews import ARRANGED_AT_MOST, Seeker, by_fit, same_track
from bot.domain.interviews.readouts import Fitting, Waiters
from bot.domain.members import Person, Track
from bot.services import members
from bot.services.availability import slots_of
from bot.services.interviews.scripts import has_script
from bot.services.interviews.standing import arranged_count, seats_of
from bot.services.safety import blocked_pairs
from bot.storage.tables import Member, MockInterview, MockSeat, Server

# Each looks for hours in common; whoever waits longest is looked at first.
LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Sought:
    """Who could fit, best first, and the newest of those who waited when it was looked at."""

    mock_ids: tuple[int, ...]
    newest: int


def sought(db: Session, who: Person, track: Track | None, now: datetime) -> Sought | None:
    """Those who wait and fit, best first; None for somebody who takes no part."""
    present = members.find(db, who)
    if present is None:
        return None
    me = db.get_one(Member, present.member_id)
    waiting, blocked = _waiting(db, me.server_id), blocked_pairs(db, me.server_id)
    fitting = _fitting(db, me, track or me.track, waiting, blocked, now)
    return Sought(fitting, newest(db, me.server_id, me.id))


def first_fitting(db: Session, server_id: int, now: datetime) -> Fitting | None:
    """Whoever waits longest of those who fit somebody who waits as well, and who fits them best."""
    waiting, blocked = _waiting(db, server_id), blocked_pairs(db, server_id)
    for kept, seat, me in waiting:
        for mock_id in _fitting(db, me, seat.track, waiting, blocked, now):
            them = next(other for other_kept, _, other in waiting if other_kept.id == mock_id)
            theirs = db.get_one(MockInterview, mock_id)
            if may_meet(db, theirs, me) and may_meet(db, kept, them):
                guild_id = db.get_one(Server, server_id).discord_id
                return Fitting((kept.id, mock_id), Waiters(guild_id, (me.discord_id, them.discord_id)))
    return None


def _waiting(db: Session, server_id: int) -> Sequence[Any]:
    """Everybody who waits and can be put together with somebody, longest first."""
    return db.execute(
        select(MockInterview, MockSeat, Member)
        .join(MockSeat, MockSeat.mock_id == MockInterview.id)
        .join(Member, Member.id == MockSeat.member_id)
        .where(
            MockInterview.server_id == server_id,
            MockInterview.state == "waiting",
            Member.left_at.is_(None),
            Member.gone_at.is_(None),
            Member.paused_at.is_(None),
        )
        .order_by(MockInterview.id)
    ).all()


def _fitting(
    db: Session,
    me: Member,
    track: str,
    waiting: Sequence[Any],
    blocked: Collection[frozenset[int]],
    now: datetime,
) -> tuple[int, ...]:
    """The interviews of those who wait and fit somebody, best first."""
    # Whom one can never meet takes nobody's place among those who are looked at.
    able = (
        row
        for row in waiting
        if row.Member.id != me.id
        and not set(me.languages).isdisjoint(row.Member.languages)
        and frozenset((me.id, row.Member.id)) not in blocked
    )
    start = now + NOT_BEFORE
    server_zone = db.get_one(Server, me.server_id).zone
    mine: list[Interval] | None = None
    seekers = []
    for kept, seat, other in islice(able, LOOKED_AT):
        mine = _hours(db, me, me.zone or server_zone, start) if mine is None else mine
        # Where two weeks share nothing, waking hours always do: a time is found for everybody.
        theirs = _hours(db, other, other.zone or server_zone, start)
        seekers.append(
            Seeker(
                kept.id,
                other.id,
                shared_minutes(mine, theirs),
                same_track(track, seat.track),
                _met_at(db, me.id, other.id),
                kept.asked_at,
            )
        )
    return tuple(one.mock_id for one in by_fit(seekers, now))


def _hours(db: Session, member: Member, zone: str, start: datetime) -> list[Interval]:
    """When somebody has time in the next two weeks, or is awake if they have not said."""
    return occurrences(slots_of(db, member.id) or WAKING, zone_named(zone), start, start + LOOKED_AHEAD)


def _met_at(db: Session, member_id: int, other_id: int) -> datetime | None:
    """When two were last put together."""
    mine, theirs = (select(MockSeat.mock_id).where(MockSeat.member_id == id) for id in (member_id, other_id))
    return db.scalar(
        select(func.max(MockInterview.paired_at)).where(
            MockInterview.id.in_(mine), MockInterview.id.in_(theirs)
        )
    )


def newest(db: Session, server_id: int, member_id: int) -> int:
    """The newest of the others' requests that wait."""
    return db.scalar(_others(server_id, member_id).with_only_columns(func.max(MockInterview.id))) or 0


def waiting_besides(db: Session, server_id: int, member_id: int) -> int:
    """How many others wait for a partner."""
    return db.scalar(_others(server_id, member_id).with_only_columns(func.count())) or 0


def _others(server_id: int, member_id: int) -> Select[int]:
    return (
        select(MockInterview.id)
        .join(MockSeat, MockSeat.mock_id == MockInterview.id)
        .where(
            MockInterview.server_id == server_id,
            MockInterview.state == "waiting",
            MockSeat.member_id != member_id,
        )
    )


def may_meet(db: Session, theirs: MockInterview, me: Member) -> bool:
    """The hard limits, at the moment of putting two together: still waiting, there, a language, and no block."""
    seats = seats_of(db, theirs.id)
    if theirs.state != "waiting" or len(seats) != 1 or seats[0].member_id == me.id:
        return False
    other = db.get_one(Member, seats[0].member_id)
    return (
        available(db, other.id)
        and not set(me.languages).isdisjoint(other.languages)
        and frozenset((me.id, other.id)) not in blocked_pairs(db, me.server_id)
        and arranged_count(db, other.id) < ARRANGED_AT_MOST
        and has_script(db, theirs.server_id, seats[0].round)
    )


def available(db: Session, member_id: int) -> bool:
    """Whether somebody takes part now."""
    member = db.get_one(Member, member_id)
    return member.left_at is None and member.gone_at is None and member.paused_at is None
