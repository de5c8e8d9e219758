"""Scorecards: what the two tell each other, sealed until both have, what it confirms, and what is left of it."""

from collections.abc import Mapping
from datetime import datetime, time

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from bot.clock import Clock
from bot.domain.calendar import instant, week_of
from bot.domain.errors import CardGiven, CardSealed, MockOver, NoMocksYet, NothingTold, NotMarked
from bot.domain.interviews import (
    DIMENSIONS,
    HISTORY_PAGE,
    LEAST_HALF,
    RATINGS,
    TOLD,
    TREND_SHOWN,
    WORDS_LIMIT,
    Kind,
)
from bot.domain.interviews.readouts import Given, History, Mock, Owed, Past, Seat, Told
from bot.domain.members import Person
from bot.domain.recitation import SCORED_WITH_ONE
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.interviews.standing import NOUN, enter, mock_of, own, present_of, seats_of
from bot.services.scoring import award
from bot.services.scoring.partners import scored_with
from bot.storage.database import Database
from bot.storage.tables import Member, MockCard, MockInterview, MockSeat
from bot.storage.upsert import insert_into


class Scorecards:
    """What is said after an interview, and the history of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def blank(self, who: Person, mock_id: int, kind: Kind) -> None:
        """Whether a card may be given now. Raises NotYourMock, MockOver, CardGiven, PausedByGuide."""
        await self._database.read(lambda db: _owed(db, who, mock_id, kind) and None)

    async def give(
        self, who: Person, mock_id: int, kind: Kind, marks: Mapping[str, int], well: str, improve: str
    ) -> Given:
        """Give a card, once: it confirms the partner's part. When all are given they open.

        Raises NotMarked, and what `blank` raises.
        """
        now = self._clock.now()
        if set(marks) != set(DIMENSIONS[kind]) or not all(
            0 <= mark < len(RATINGS) for mark in marks.values()
        ):
            raise NotMarked
        words = {"well": cleaned(well)[:WORDS_LIMIT], "improve": cleaned(improve)[:WORDS_LIMIT]}

        def work(db: Session) -> Given:
            kept, mock, owed = _owed(db, who, mock_id, kind)
            about = next(seat for seat in seats_of(db, mock_id) if seat.member_id == owed.about)
            fresh = db.scalar(
                insert_into(db, MockCard)
                .values(
                    seat_id=about.id,
                    member_id=owed.by,
                    kind=kind,
                    marks=dict(marks),
                    given_at=now,
                    **words,
                )
                .on_conflict_do_nothing()
                .returning(MockCard.id)
            )
            if fresh is None:
                raise CardGiven
            confirmed = _confirm(db, mock, about, owed, now)
            db.flush()
            mock = mock_of(db, mock_id) or mock
            if mock.state == "feedback" and not any(mock.owed_by(seat) for seat in mock.seats):
                kept.opened_at = now
                enter(db, kept, "opened", now)
                db.flush()
                mock = mock_of(db, mock_id) or mock
            seat = mock.seat_of(who.discord_id)
            return Given(mock, confirmed, mock.owed_by(seat) if seat else ())

        return await self._database.write(work)

    async def read(self, who: Person, mock_id: int) -> tuple[Mock, tuple[Told, ...]]:
        """What the partner said. Raises NotYourMock, CardSealed, NothingTold."""

        def work(db: Session) -> tuple[Mock, tuple[Told, ...]]:
            kept, mock, seat = own(db, who, mock_id)
            if kept.opened_at is None:
                raise CardSealed
            told = _told(db, mock_id, seat.member_id)
            if not told:
                raise NothingTold
            return mock, told

        return await self._database.read(work)

    async def history(self, who: Person, page: int = 0) -> History:
        """One page of the interviews that took place, and the trend. Raises NotAMember, NoMocksYet."""

        def work(db: Session) -> History:
            present = members.require(db, who)
            mine = _past(present.member_id)
            total = db.scalar(select(func.count()).select_from(mine.subquery())) or 0
            if not total:
                raise NoMocksYet
            pages = -(-total // HISTORY_PAGE)
            at = min(max(page, 0), pages - 1)
            ids = db.scalars(
                mine.order_by(MockInterview.id.desc()).limit(HISTORY_PAGE).offset(at * HISTORY_PAGE)
            ).all()
            return History(
                tuple(_remembered(db, mock_id, present.member_id) for mock_id in ids),
                at,
                pages,
                _trend(db, present.member_id),
            )

        return await self._database.read(work)


def _owed(db: Session, who: Person, mock_id: int, kind: Kind) -> tuple[MockInterview, Mock, Owed]:
    """The card of this kind that somebody can still give. Raises NotYourMock, MockOver, CardGiven, PausedByGuide."""
    kept, mock, seat = own(db, who, mock_id)
    members.require_active(db, who)
    if mock.state not in TOLD:
        raise MockOver
    mine = [one for one in mock.owed if one.by == seat.member_id and one.kind == kind]
    if not mine:
        raise MockOver
    if (kind, seat.member_id) in mock.given:
        raise CardGiven
    return kept, mock, mine[0]


def _confirm(db: Session, mock: Mock, about: MockSeat, owed: Owed, now: datetime) -> bool:
    """The partner did what they did: a rep, and points within the week's pairs.

    False where the half was too short, and for somebody who takes part no more: nobody's word lists them again.
    """
    partner: Seat = next(seat for seat in mock.seats if seat.member_id == owed.about)
    role, asked = (
        ("interviewee", partner) if owed.kind == "scorecard" else ("interviewer", mock.other(partner))
    )
    member = db.get_one(Member, owed.about)
    if asked.lasted < LEAST_HALF or member.left_at is not None or member.gone_at is not None:
        return False
    present = present_of(db, mock, partner)
    monday = instant(week_of(now.astimezone(present.server_zone).date()), time(), present.server_zone)
    # The two roles of one interview are one pair.
    scores = about.scored_at is not None or (
        scored_with(db, mock.server_id, owed.about, owed.by, monday) < SCORED_WITH_ONE
    )
    key = f"{NOUN}:{mock.id}:{owed.about}:{role}"
    awarded = award(db, present, activity="mock", key=key, at=now, scores=scores)
    if awarded is not None and awarded.points and about.scored_at is None:
        about.scored_at = now
    return awarded is not None


def _told(db: Session, mock_id: int, member_id: int) -> tuple[Told, ...]:
    """What was said of somebody in an interview, the scorecard first."""
    cards = db.scalars(
        select(MockCard)
        .join(MockSeat, MockSeat.id == MockCard.seat_id)
        .where(MockSeat.mock_id == mock_id, MockSeat.member_id == member_id)
        .order_by(MockCard.kind.desc())
    )
    return tuple(Told(card.kind, card.marks, card.well, card.improve) for card in cards)  # type: ignore[arg-type]


def _past(member_id: int) -> Select[int]:
    """Interviews of somebody's of which at least a half took place."""
    either = aliased(MockSeat)
    half = exists().where(either.mock_id == MockInterview.id, either.ended_at.is_not(None))
    return (
        select(MockInterview.id)
        .join(MockSeat, MockSeat.mock_id == MockInterview.id)
        .where(MockSeat.member_id == member_id, half)
    )


def _remembered(db: Session, mock_id: int, member_id: int) -> Past:
    mock, kept = mock_of(db, mock_id), db.get_one(MockInterview, mock_id)
    assert mock is not None
    mine = next(seat for seat in mock.seats if seat.member_id == member_id)
    other = mock.other(mine) if len(mock.seats) > 1 else None
    began = [seat.began_at for seat in mock.seats if seat.began_at]
    return Past(
        mock_id=mock_id,
        at=min(began, default=kept.asked_at),
        partner=other.discord_id if other else None,
        round=mine.round if mine.ended_at else None,
        asked=other.round if other and other.ended_at else None,
        told=_told(db, mock_id, member_id) if kept.opened_at else (),
    )


def _trend(db: Session, member_id: int) -> dict[str, tuple[int, ...]]:
    """The marks of the last scorecards that were opened, by dimension, oldest first."""
    found = db.scalars(
        select(MockCard.marks)
        .join(MockSeat, MockSeat.id == MockCard.seat_id)
        .join(MockInterview, MockInterview.id == MockSeat.mock_id)
        .where(
            MockSeat.member_id == member_id,
            MockCard.kind == "scorecard",
            MockInterview.opened_at.is_not(None),
        )
        .order_by(MockCard.id.desc())
        .limit(TREND_SHOWN)
    ).all()
    return {
        dimension: tuple(marks[dimension] for marks in reversed(found) if dimension in marks)
        for dimension in DIMENSIONS["scorecard"]
    }
