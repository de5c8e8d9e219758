"""Requests: asking for a mock interview, being put together, a named partner's yes or no, and taking it back."""

import random
from datetime import datetime
from functools import partial

from sqlalchemy import select
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
from bot.domain.interviews.readouts import Fitting, Mock, Requested, Status, Waiters
from bot.domain.members import LEVELS, TRACKS, Level, Person, Track
from bot.domain.schedules import Due
from bot.services import members
from bot.services.interviews.fit import (
    Sought,
    available,
    first_fitting,
    may_meet,
    newest,
    sought,
    waiting_besides,
)
from bot.services.interviews.meeting import arrange, look_again, put_together
from bot.services.interviews.scripts import has_script
from bot.services.interviews.standing import (
    ASK,
    arranged_count,
    ask,
    end,
    enter,
    mock_of,
    of_member,
    own,
    seats_of,
    standing,
    together,
)
from bot.services.members import Present
from bot.services.safety import blocked_pairs
from bot.services.timers import end_timer
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
                if theirs is not None and may_meet(db, theirs, member):
                    put_together(db, theirs, kept, now, random.Random(seed))
                    return _requested(db, theirs, matched=True), True
            if waiting_besides(db, server.id, present.member_id):
                look_again(db, server.id, now)
            # Whoever has come since is looked at in another try.
            settled = fitting is not None and newest(db, server.id, present.member_id) <= fitting.newest
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
            arrange(db, kept, now, random.Random(seed))
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
                waiting_besides(db, present.server_id, present.member_id),
                fell if fell and fell.why != "done" and not mocks else None,
            )

        return await self._database.read(work)

    # --- what time does

    async def others(self, who: Person) -> Waiters:
        """Everybody else who waits in this person's server, so that who has gone from it can be left out."""

        def work(db: Session) -> Waiters:
            rows = db.scalars(
                select(Member.discord_id)
                .join(MockSeat, MockSeat.member_id == Member.id)
                .join(MockInterview, MockInterview.id == MockSeat.mock_id)
                .join(Server, Server.id == MockInterview.server_id)
                .where(Server.discord_id == who.guild_id, MockInterview.state == "waiting")
            )
            return Waiters(who.guild_id, tuple(one for one in rows if one != who.discord_id))

        return await self._database.read(work)

    async def fitting(self, due: Due) -> Fitting | None:
        """Two who wait where a timer looks and have come to fit; whoever waits longest comes first."""
        now = self._clock.now()
        return await self._database.read(lambda db: first_fitting(db, due.server_id, now))

    async def bring_together(self, found: Fitting) -> bool:
        """Put two together who wait; False when they do not fit any more."""
        now, seed = self._clock.now(), self._rng.getrandbits(32)

        def work(db: Session) -> bool:
            first, second = (db.get(MockInterview, id) for id in sorted(found.mock_ids))
            if first is None or second is None:
                return False
            for mine, theirs in ((first, second), (second, first)):
                seats = seats_of(db, mine.id)
                if not seats or not may_meet(db, theirs, db.get_one(Member, seats[0].member_id)):
                    return False
            put_together(db, first, second, now, random.Random(seed))
            return True

        return await self._database.write(work)

    async def looked(self, due: Due) -> None:
        """Have those who still wait looked at again; nobody alone needs to be."""
        now = self._clock.now()

        def work(db: Session) -> None:
            end_timer(db, due)
            here = db.scalar(select(Server.id).where(Server.id == due.server_id, Server.left_at.is_(None)))
            if here is not None and waiting_besides(db, here, 0) > 1:
                look_again(db, here, now)

        await self._database.write(work)


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
    waiting = waiting_besides(db, kept.server_id, mock.seats[0].member_id)
    return Requested(mock, waiting, matched, again)


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
