"""Mock interviews: the time is found, the halves run by their scripts, and time does its part."""

import random
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import (
    EmptyText,
    InterviewerOnly,
    MockOver,
    NoOtherTimes,
    NoScriptNow,
    TimeGone,
    TooEarly,
)
from bot.domain.guides import Asked
from bot.domain.interviews import ARRANGED, HALVES, NO_SHOW_AFTER, NO_SHOW_STANDS, TOLD, State
from bot.domain.interviews.readouts import Mock, ScriptPage
from bot.domain.members import Person
from bot.domain.safety import Subject
from bot.domain.texts import cleaned
from bot.services import guides, members
from bot.services.appointments import set_reminders
from bot.services.interviews.scripts import give_probes, read_script
from bot.services.interviews.standing import (
    CARD,
    NOUN,
    OPEN,
    VOICE,
    arrange_anew,
    ask,
    end,
    enter,
    finish_half,
    mock_of,
    offer,
    own,
    own_standing,
    redraw,
    say,
    seats_of,
    tell_each_other,
    together,
)
from bot.storage.database import Database
from bot.storage.tables import MockCard, MockInterview, MockSeat

__all__ = ["CARD", "OPEN", "VOICE", "Interviews", "subject"]

BEFORE_IT: tuple[State, ...] = ("arranging", "agreed", "ready")


def subject(db: Session, who: Person, mock_id: int) -> Subject | None:
    """The partner in an interview, to be reported or blocked; evidence is what they wrote of whoever asks."""
    mock = mock_of(db, mock_id)
    seat = mock.seat_of(who.discord_id) if mock and mock.guild_id == who.guild_id else None
    if mock is None or len(mock.seats) < 2:
        return None
    if seat is None:
        # A moderator who reads the report: whom it is about is in the report.
        return None
    told = db.scalars(
        select(MockCard)
        .join(MockSeat, MockSeat.id == MockCard.seat_id)
        .join(MockInterview, MockInterview.id == MockSeat.mock_id)
        .where(
            MockSeat.mock_id == mock_id,
            MockSeat.member_id == seat.member_id,
            MockInterview.opened_at.is_not(None),
        )
        .order_by(MockCard.id)
    )
    words = "\n".join(text for card in told for text in (card.well, card.improve) if text)
    return Subject(NOUN, mock_id, mock.other(seat).discord_id, evidence=words)


class Interviews:
    """What the two of an interview do, from the arranging of a time to the end of the second half."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng

    async def look(self, who: Person, mock_id: int) -> Mock:
        """How one's own interview stands. Raises NotAMember, NotYourMock."""
        return await self._database.read(lambda db: own(db, who, mock_id)[1])

    # --- finding a time

    async def choose(self, who: Person, mock_id: int, at: datetime) -> Mock:
        """Take one of the times that are offered; once both take the same one, it is agreed.

        A first choice stands on the card; another one than the partner's is told anew, once.
        Raises NotYourMock, MockOver, PausedByGuide, TimeGone.
        """
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, seat = own_standing(db, who, mock_id, now, "arranging", "agreed")
            if mock.state == "agreed" and mock.starts_at == at:
                return mock
            if mock.state == "agreed" or at not in mock.offered or at <= now:
                raise TimeGone
            before = seat.takes
            for row in seats_of(db, mock_id):
                if row.member_id == seat.member_id:
                    row.takes = at
                    if row.missed_at is not None and now - row.missed_at < NO_SHOW_STANDS:
                        row.missed_at = None
            theirs = mock.other(seat).takes
            if theirs == at:
                kept.starts_at, kept.agreed_at = at, now
                set_reminders(
                    db,
                    noun=NOUN,
                    subject_id=mock_id,
                    server_id=kept.server_id,
                    member_ids=[one.member_id for one in mock.seats],
                    at=at,
                    now=now,
                )
                enter(db, kept, "agreed", now, at)
            elif before is None and theirs is not None:
                say(db, kept, now)
            elif before != at:
                redraw(db, kept, now)
            return _read(db, mock_id)

        return await self._database.write(work)

    async def other_times(self, who: Person, mock_id: int) -> Mock:
        """Have three other times offered. Raises NotYourMock, MockOver, PausedByGuide, NoOtherTimes."""
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, _ = own_standing(db, who, mock_id, now, "arranging")
            if not offer(db, kept, mock, now):
                raise NoOtherTimes
            say(db, kept, now)
            return _read(db, mock_id)

        return await self._database.write(work)

    async def reschedule(self, who: Person, mock_id: int) -> Mock:
        """Look for another time than was agreed. Raises NotYourMock, MockOver, PausedByGuide, NoOtherTimes."""
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, _ = own_standing(db, who, mock_id, now, *BEFORE_IT)
            if mock.state != "arranging" and not arrange_anew(db, kept, mock, now):
                raise NoOtherTimes
            return _read(db, mock_id)

        return await self._database.write(work)

    async def cancel(self, who: Person, mock_id: int) -> Mock:
        """Call an interview off before it has begun; a repeat changes nothing. Raises NotYourMock, MockOver."""
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, _ = own(db, who, mock_id)
            if mock.state in BEFORE_IT:
                end(db, kept, "cancelled", now)
            elif mock.state != "over":
                raise MockOver
            return _read(db, mock_id)

        return await self._database.write(work)

    async def absent(self, who: Person, mock_id: int) -> Mock:
        """Say that the partner has not come, ten minutes after the time: another one is looked for.

        Raises NotYourMock, MockOver, PausedByGuide, TooEarly.
        """
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, seat = own_standing(db, who, mock_id, now, "ready")
            assert mock.starts_at is not None
            if now < mock.starts_at + NO_SHOW_AFTER:
                raise TooEarly(mock.starts_at + NO_SHOW_AFTER)
            for row in seats_of(db, mock_id):
                if row.member_id != seat.member_id:
                    row.missed_at = now
            if not arrange_anew(db, kept, mock, now):
                end(db, kept, "not-begun", now)
            return _read(db, mock_id)

        return await self._database.write(work)

    # --- the halves

    async def start(self, who: Person, mock_id: int, place: int) -> Mock:
        """Begin the half in which this seat is interviewed; begun already, nothing changes.

        Raises NotYourMock, MockOver, PausedByGuide.
        """
        now, seed = self._clock.now(), self._rng.getrandbits(32)

        def work(db: Session) -> Mock:
            kept, mock, _ = own(db, who, mock_id)
            members.require_active(db, who)
            if place not in (0, 1) or not together(db, mock):
                raise MockOver
            if mock.seats[place].began_at is not None:
                return mock
            if mock.state != ("ready", "swap")[place]:
                raise MockOver
            seat = seats_of(db, mock_id)[place]
            seat.began_at = now
            give_probes(db, kept.server_id, seat, random.Random(seed))
            enter(db, kept, HALVES[place], now, now + mock.seats[place].half)
            return _read(db, mock_id)

        return await self._database.write(work)

    async def finish(self, who: Person, mock_id: int, place: int) -> Mock:
        """End a half before its time, or, before the second one, the interview. Raises NotYourMock, MockOver."""
        now = self._clock.now()

        def work(db: Session) -> Mock:
            kept, mock, _ = own(db, who, mock_id)
            if place not in (0, 1) or len(mock.seats) < 2:
                raise MockOver
            if mock.state == HALVES[place]:
                finish_half(db, kept, now)
            elif place == 1 and mock.state == "swap":
                tell_each_other(db, kept, now)
            elif mock.seats[place].ended_at is None and mock.state not in TOLD:
                raise MockOver
            return _read(db, mock_id)

        return await self._database.write(work)

    async def script(self, who: Person, mock_id: int, place: int, page: int) -> ScriptPage:
        """A page of the script by which this seat is interviewed, for the interviewer alone, while the half runs.

        Raises NotYourMock, MockOver, InterviewerOnly, NoScriptNow.
        """

        def work(db: Session) -> ScriptPage:
            _, mock, seat = own(db, who, mock_id)
            if place not in (0, 1) or len(mock.seats) < 2:
                raise MockOver
            if mock.seats[place].discord_id == seat.discord_id:
                raise InterviewerOnly
            if mock.state != HALVES[place]:
                raise NoScriptNow
            asked = seats_of(db, mock_id)[place]
            body, pages = read_script(db, asked)
            at = min(max(page, 0), len(pages) - 1)
            return ScriptPage(
                mock=mock,
                place=place,
                title=body["title"],
                page=pages[at],
                number=at,
                pages=len(pages),
                strong=tuple(body["strong_answers"]),
                weak=tuple(body["weak_answers"]),
                solution=body["model_solution"],
            )

        return await self._database.read(work)

    async def raise_hand(self, who: Person, mock_id: int, text: str) -> Asked:
        """Ask a guide into the thread. Raises EmptyText, NotYourMock, MockOver, PausedByGuide."""
        now = self._clock.now()
        kept_text = cleaned(text)[: guides.HAND_LIMIT]
        if not kept_text:
            raise EmptyText

        def work(db: Session) -> Asked:
            kept, _, _ = own_standing(db, who, mock_id, now, *ARRANGED, *TOLD)
            return guides.ask(
                db,
                members.require(db, who),
                kind="hand",
                subject=f"{NOUN}:{mock_id}",
                channel_id=kept.thread_id,
                note=kept_text,
                now=now,
            )

        return await self._database.write(work)

    async def want_voice(self, who: Person, mock_id: int) -> None:
        """Have a voice room opened for the two. Raises NotYourMock, MockOver, PausedByGuide."""
        now = self._clock.now()

        def work(db: Session) -> None:
            kept, mock, _ = own_standing(db, who, mock_id, now, *ARRANGED)
            if mock.voice_id is None:
                ask(db, kept, VOICE, now, kept.turn)

        await self._database.write(work)


def _read(db: Session, mock_id: int) -> Mock:
    db.flush()
    mock = mock_of(db, mock_id)
    assert mock is not None
    return mock
