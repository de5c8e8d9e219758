"""Requests: asking for a mock interview, being put together, a named partner's yes or no, and taking it back."""

import random
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import (
    ConductFirst,
    MockOver,
    NoScript,
    NothingToCancel,
    NotSetUp,
    NotYourMock,
    OutOfDate,
    PartnerNotAvailable,
    PartnerYourself,
    RequestOpen,
    RestingNow,
    TooManyMocks,
)
from bot.domain.interviews import ARRANGED, ARRANGED_AT_MOST, ROUNDS, Round
from bot.domain.interviews.readouts import Mock, Requested, Status
from bot.domain.interviews.scripts import length
from bot.domain.members import LEVELS, TRACKS, Level, Person, Track
from bot.services import members
from bot.services.interviews.fit import Sought, available, may_meet, newest, sought
from bot.services.interviews.scripts import give_script, has_script
from bot.services.interviews.standing import (
    ASK,
    OPEN,
    answered,
    arranged_count,
    ask,
    end,
    enter,
    mock_of,
    of_member,
    offer,
    own,
    seats_of,
    standing,
    together,
)
from bot.services.members import Present
from bot.services.safety import blocked_pairs
from bot.storage.database import Database
from bot.storage.tables import Member, MockInterview, MockSeat, Server
from bot.storage.upsert import insert_into

# Somebody else may ask in the same instant.
TRIES = 5


class Requests:
    """What brings two people together for an interview."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng

    async def request(
        self,
        who: Person,
        wished: Round,
        *,
        track: Track | None = None,
        level: Level | None = None,
        partner: int | None = None,
    ) -> Requested:
        """Ask for an interview: with whoever fits, at once or when they come, or with one person alone.

        A repeat changes nothing but what is wished. Raises OutOfDate for what is not offered, NotSetUp, NotAMember,
        PausedByGuide, RestingNow, ConductFirst, TooManyMocks, NoScript, PartnerYourself, PartnerNotAvailable, and
        RequestOpen while somebody else is asked.
        """
        if wished not in ROUNDS or track not in (None, *TRACKS) or level not in (None, *LEVELS):
            raise OutOfDate
        if partner == who.discord_id:
            raise PartnerYourself
        now, seed = self._clock.now(), self._rng.getrandbits(32)

        def work(db: Session, fitting: Sought | None, mine: int | None) -> tuple[Requested, bool]:
            """What became of it, and whether that is all; `mine` is the request of the try before."""
            present, member = _ready(db, who)
            before = db.get(MockInterview, mine) if mine else None
            if before is not None and before.state != "waiting":
                # Somebody else, who asked in the same instant, found it waiting.
                return _requested(db, before, matched=before.state in ARRANGED), True
            server = db.get_one(Server, present.server_id)
            if server.study_channel_id is None:
                raise NotSetUp
            if not has_script(db, server.id, wished):
                raise NoScript
            wish = {
                "round": wished,
                "track": track or member.track,
                "level": level or member.level,
            }
            kept = _open_request(db, present.member_id)
            again = kept is not None and mine is None
            if kept is None:
                if arranged_count(db, present.member_id) >= ARRANGED_AT_MOST:
                    raise TooManyMocks(ARRANGED_AT_MOST)
                kept = _new(db, server, present.member_id, wish, now)
            if kept.state == "asked":
                if not _asks(db, kept, partner):
                    raise RequestOpen
                return _requested(db, kept, again=True), True
            for name, value in wish.items():
                setattr(seats_of(db, kept.id)[0], name, value)
            if partner is not None:
                _ask(db, who, kept, present, partner, now)
                return _requested(db, kept), True
            for mock_id in fitting.mock_ids if fitting else ():
                theirs = db.get(MockInterview, mock_id)
                if theirs is not None and may_meet(db, theirs, present, member):
                    _put_together(db, theirs, kept, now, random.Random(seed))
                    return _requested(db, theirs, matched=True), True
            # Whoever has come since is looked at in another try.
            settled = fitting is not None and newest(db, kept) <= fitting.newest
            return _requested(db, kept, again=again), settled

        found, settled = None, False
        for _ in range(TRIES):
            fitting = await self._database.read(lambda db: sought(db, who, track, now))
            mine = found.mock.id if found else None
            found, settled = await self._database.write(partial(work, fitting=fitting, mine=mine))
            if settled:
                break
        # Not settled, it waits all the same: the next who come find it.
        assert found is not None
        return found

    async def accept(self, who: Person, mock_id: int, wished: Round) -> Mock:
        """Say yes to whoever asked for an interview with this person, and what to be asked about oneself.

        Raises what `request` raises, and NotYourMock, MockOver.
        """
        now, seed = self._clock.now(), self._rng.getrandbits(32)

        def work(db: Session) -> Mock:
            kept, mock, seat = _asked(db, who, mock_id)
            if mock.state in ARRANGED:
                return mock
            _ready(db, who)
            if mock.state != "asked" or not together(db, mock):
                raise MockOver
            if arranged_count(db, seat.member_id) >= ARRANGED_AT_MOST:
                raise TooManyMocks(ARRANGED_AT_MOST)
            if not has_script(db, kept.server_id, wished):
                raise NoScript
            seat.round = wished
            _arrange(db, kept, now, random.Random(seed))
            return _read(db, kept)

        return await self._database.write(work)

    async def invited(self, who: Person, mock_id: int) -> Mock:
        """The request of somebody who asked for this person. Raises NotAMember, NotYourMock, MockOver."""

        def work(db: Session) -> Mock:
            _, mock, _ = _asked(db, who, mock_id)
            if mock.state != "asked" or not together(db, mock):
                raise MockOver
            return mock

        return await self._database.read(work)

    async def decline(self, who: Person, mock_id: int) -> Mock:
        """Say not now, once; whoever asked sees that it does not take place. Raises NotYourMock, MockOver."""
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, _ = _asked(db, who, mock_id)
            if mock.state == "asked":
                end(db, kept, "declined", now)
            elif mock.state != "over":
                raise MockOver
            return _read(db, kept)

        return await self._database.write(work)

    async def cancel(self, who: Person) -> Mock:
        """Take back the request that is open. Raises NotAMember, NothingToCancel."""
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept = _open_request(db, members.require(db, who).member_id)
            if kept is None:
                raise NothingToCancel
            end(db, kept, "cancelled", now)
            return _read(db, kept)

        return await self._database.write(work)

    async def status(self, who: Person) -> Status:
        """What is asked for, arranged or waits for feedback. Raises NotAMember."""

        def work(db: Session) -> Status:
            present = members.require(db, who)
            mocks = standing(db, present.member_id)
            last = db.scalars(of_member(present.member_id).where(MockInterview.state == "over")).first()
            fell = mock_of(db, last) if last else None
            return Status(
                mocks,
                _waiting(db, present.server_id, present.member_id),
                fell if fell and fell.why != "done" and not mocks else None,
            )

        return await self._database.read(work)


def _ready(db: Session, who: Person) -> tuple[Present, Member]:
    """A member who can be put together with others. Raises NotAMember, PausedByGuide, RestingNow, ConductFirst."""
    present = members.require_active(db, who)
    member = db.get_one(Member, present.member_id)
    if member.paused_at is not None:
        raise RestingNow
    if not members.conduct_agreed(db, present):
        raise ConductFirst
    return present, member


def _read(db: Session, kept: MockInterview) -> Mock:
    db.flush()
    mock = mock_of(db, kept.id)
    assert mock is not None
    return mock


def _requested(db: Session, kept: MockInterview, *, matched: bool = False, again: bool = False) -> Requested:
    mock = _read(db, kept)
    return Requested(mock, _waiting(db, kept.server_id, mock.seats[0].member_id), matched, again)


def _waiting(db: Session, server_id: int, besides: int) -> int:
    """How many others wait for a partner."""
    return (
        db.scalar(
            select(func.count())
            .select_from(MockInterview)
            .join(MockSeat, MockSeat.mock_id == MockInterview.id)
            .where(
                MockInterview.server_id == server_id,
                MockInterview.state == "waiting",
                MockSeat.member_id != besides,
            )
        )
        or 0
    )


def _open_request(db: Session, member_id: int) -> MockInterview | None:
    return db.scalars(
        select(MockInterview)
        .join(MockSeat, MockSeat.mock_id == MockInterview.id)
        .where(MockSeat.member_id == member_id, MockSeat.waiting.is_(True))
    ).first()


def _new(
    db: Session, server: Server, member_id: int, wish: dict[str, str | None], now: datetime
) -> MockInterview:
    kept = MockInterview(
        server_id=server.id, state="waiting", channel_id=server.study_channel_id, asked_at=now
    )
    db.add(kept)
    db.flush()
    fresh = db.scalar(
        insert_into(db, MockSeat)
        .values(mock_id=kept.id, member_id=member_id, place=0, waiting=True, minutes=0, probes=[], **wish)
        .on_conflict_do_nothing()
        .returning(MockSeat.id)
    )
    if fresh is None:
        # They asked twice in one instant; the other request is there by now.
        db.delete(kept)
        other = _open_request(db, member_id)
        assert other is not None
        return other
    enter(db, kept, "waiting", now)
    return kept


def _asks(db: Session, kept: MockInterview, partner: int | None) -> bool:
    """Whether an open request is already one to this partner."""
    mock = mock_of(db, kept.id)
    return bool(mock and len(mock.seats) == 2 and mock.seats[1].discord_id == partner)


def _asked(db: Session, who: Person, mock_id: int) -> tuple[MockInterview, Mock, MockSeat]:
    """An interview somebody was asked for by name. Raises NotAMember, NotYourMock."""
    kept, _, seat = own(db, who, mock_id)
    if seat.place != 1:
        raise NotYourMock
    mock = _read(db, kept)
    return kept, mock, seats_of(db, mock_id)[-1]


# --- somebody by name


def _ask(
    db: Session, who: Person, kept: MockInterview, present: Present, partner: int, now: datetime
) -> None:
    """Give a named partner the second seat, and have them asked."""
    other = members.find(db, Person(who.guild_id, partner, ""))
    # Whatever the cause, a block too, it reads the same.
    if other is None or not available(db, other.member_id):
        raise PartnerNotAvailable(partner)
    if frozenset((present.member_id, other.member_id)) in blocked_pairs(db, present.server_id):
        raise PartnerNotAvailable(partner)
    mine = seats_of(db, kept.id)[0]
    theirs = db.get_one(Member, other.member_id)
    db.add(
        MockSeat(
            mock_id=kept.id,
            member_id=other.member_id,
            place=1,
            # Until they choose for themselves: what they are asked about is what they ask.
            round=mine.round,
            track=theirs.track,
            level=theirs.level,
        )
    )
    enter(db, kept, "asked", now)
    ask(db, kept, ASK, now)


# --- together


def _put_together(
    db: Session, theirs: MockInterview, mine: MockInterview, now: datetime, rng: random.Random
) -> None:
    """Give the second seat of a waiting interview to whoever asked later; their own request is no more."""
    (seat,) = seats_of(db, mine.id)
    seat.mock_id, seat.place = theirs.id, 1
    db.flush()
    db.delete(mine)
    db.flush()
    _arrange(db, theirs, now, rng)


def _arrange(db: Session, kept: MockInterview, now: datetime, rng: random.Random) -> None:
    """Two are together: each gets a script for the other, times are offered, and a thread opens."""
    first, second = seats_of(db, kept.id)
    for seat, interviewer in ((first, second), (second, first)):
        give_script(db, kept.server_id, seat, interviewer.member_id, rng)
        seat.waiting = None
    kept.minutes = length((first.minutes, second.minutes))
    kept.paired_at = now
    db.flush()
    mock = mock_of(db, kept.id)
    assert mock is not None
    offer(db, kept, mock, now)
    answered(db, kept, now)
    enter(db, kept, "arranging", now)
    ask(db, kept, OPEN, now)
