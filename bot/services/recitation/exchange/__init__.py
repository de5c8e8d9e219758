"""Exchange: an async recitation is handed in, marked with one question, and replied to, in whatever order."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import EmptyText, HandedInAlready, RecordingUnfit, TooShort
from bot.domain.exchange import RECORDING_LIMIT, Exchange, Marking, Posting, Recording
from bot.domain.members import Person
from bot.domain.recitation import WRITTEN_FROM, Outline, Rubric
from bot.domain.schedules import Due
from bot.domain.texts import cleaned
from bot.services import members
from bot.services.recitation import credit
from bot.services.recitation.circle import arrive, body_of, circle_of, mine
from bot.services.recitation.exchange.parts import (
    NUDGE,
    POST,
    asked_of,
    begin,
    exchange_of,
    going_on,
    have_posted,
    question_on,
    settle,
    spent,
    told_by,
)
from bot.services.recitation.feedback import QUESTION_LIMIT, give
from bot.services.recitation.phases import mended
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Reciter, Timer

__all__ = ["NUDGE", "POST", "REPLY_LIMIT", "TEXT_LIMIT", "Exchanges", "begin"]

TEXT_LIMIT, REPLY_LIMIT = 4000, 2000
T = TypeVar("T")


class Exchanges:
    """Async recitations: handing in, marking, replying, each by a transaction that says what to post."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- what people do

    async def of(self, who: Person, recitation_id: int) -> Exchange:
        """One's exchange as it stands. Raises NotYourRecitation."""
        return await self._database.read(
            lambda db: exchange_of(db, mine(db, who, recitation_id, ended=True)[0])
        )

    async def may_hand_in(self, who: Person, recitation_id: int) -> str:
        """The title of what this person has to hand in. Raises NotYourRecitation, RecitationOver, HandedInAlready."""
        now = self._clock.now()

        def work(db: Session) -> str:
            _, seat = going_on(db, who, recitation_id, now)
            if seat.row.recited_at is not None:
                raise HandedInAlready
            return str((body_of(db, seat) or {}).get("title", ""))

        return await self._database.read(work)

    async def hand_in(
        self, who: Person, recitation_id: int, text: str, recording: Recording | None, since: datetime
    ) -> Exchange:
        """Hand in a text, a recording, or both, once; `since` is when they began to.

        Raises NotYourRecitation, RecitationOver, PausedByGuide, HandedInAlready, TooShort, RecordingUnfit.
        """
        kept = cleaned(text)[:TEXT_LIMIT]
        if recording is not None and not recording.fit:
            raise RecordingUnfit(RECORDING_LIMIT // 1024**2)
        if recording is None and len(kept) < WRITTEN_FROM:
            raise TooShort(WRITTEN_FROM)

        def work(db: Session, now: datetime) -> Exchange:
            circle, seat = going_on(db, who, recitation_id, now)
            members.require_active(db, who)
            if seat.row.recited_at is not None:
                raise HandedInAlready
            arrive(db, seat, now)
            if not mended(db, circle, now):
                seat.row.text, seat.row.recording = kept or None, recording.url if recording else None
                seat.row.recited_at = seat.row.finished_at = now
                spent(db, circle, seat, seat, since, now)
                have_posted(db, circle, seat, "hand-in", now)
                settle(db, circle, now)
            return exchange_of(db, circle)

        return await self._write(work)

    async def to_mark(self, who: Person, recitation_id: int, reciter_id: int) -> Marking:
        """What this person is to mark, whichever it is if `reciter_id` is 0.

        Raises NotYourRecitation, RecitationOver, NothingToMark, NotHandedInYet, FeedbackGiven.
        """
        now = self._clock.now()

        def work(db: Session) -> Marking:
            circle, seat = going_on(db, who, recitation_id, now)
            told = told_by(db, circle, seat, reciter_id)
            body = body_of(db, told)
            assert body is not None
            assert told.row.message_id is not None
            outline = Outline.of(told.row.id, told.member.discord_id, body)
            return Marking(exchange_of(db, circle), outline, told.row.text or "", told.row.message_id)

        return await self._database.read(work)

    async def mark(
        self, who: Person, recitation_id: int, reciter_id: int, rubric: Rubric, question: str, since: datetime
    ) -> Exchange:
        """Mark another's recitation, once, and ask one question about it.

        Raises what `to_mark` raises, PausedByGuide, EmptyText without a question, MarksMissing.
        """
        asked = cleaned(question)[:QUESTION_LIMIT]
        if not asked:
            raise EmptyText

        def work(db: Session, now: datetime) -> Exchange:
            circle, seat = going_on(db, who, recitation_id, now)
            members.require_active(db, who)
            told = told_by(db, circle, seat, reciter_id)
            arrive(db, seat, now)
            if not mended(db, circle, now):
                give(db, circle.present(seat), told.row.id, rubric, now, question=asked)
                spent(db, circle, told, seat, since, now)
                have_posted(db, circle, told, "question", now)
            return exchange_of(db, circle)

        return await self._write(work)

    async def may_reply(self, who: Person, recitation_id: int, reciter_id: int) -> str:
        """The question this person is to reply to.

        Raises NotYourRecitation, RecitationOver, NothingToReply, RepliedAlready.
        """
        now = self._clock.now()

        def work(db: Session) -> str:
            _, seat = going_on(db, who, recitation_id, now)
            asked = asked_of(db, seat, reciter_id)
            return asked.question or ""

        return await self._database.read(work)

    async def reply(self, who: Person, recitation_id: int, reciter_id: int, text: str) -> Exchange:
        """Reply to the question, once. Raises what `may_reply` raises, PausedByGuide, EmptyText."""
        kept = cleaned(text)[:REPLY_LIMIT]
        if not kept:
            raise EmptyText

        def work(db: Session, now: datetime) -> Exchange:
            circle, seat = going_on(db, who, recitation_id, now)
            members.require_active(db, who)
            asked = asked_of(db, seat, reciter_id)
            arrive(db, seat, now)
            if not mended(db, circle, now):
                seat.row.reply, seat.row.replied_at = kept, now
                have_posted(db, circle, seat, "reply", now)
                listener = next((one for one in circle.seats if one.member.id == asked.member_id), None)
                if listener is not None:
                    # Whoever replies to a question has seen that it was asked.
                    credit.confirmed(db, circle, listener, "listening", seat, now)
                settle(db, circle, now)
            return exchange_of(db, circle)

        return await self._write(work)

    # --- the timers' side

    async def standing(self, recitation_id: int) -> Exchange | None:
        """An exchange as it stands, for whoever draws its card again."""

        def work(db: Session) -> Exchange | None:
            circle = circle_of(db, recitation_id)
            return exchange_of(db, circle) if circle else None

        return await self._database.read(work)

    async def to_post(self, due: Due) -> Posting | None:
        """What a timer is to post for somebody; None when they, or the thread, are not there any more."""
        assert due.subject_id is not None
        reciter_id, what = due.subject_id, due.key.split(":")[2]

        def work(db: Session) -> Posting | None:
            row = db.get(Reciter, reciter_id)
            circle = circle_of(db, row.recitation_id) if row else None
            if row is None or circle is None or circle.recitation.thread_id is None:
                return None
            exchange = exchange_of(db, circle)
            if all(part.reciter_id != reciter_id for part in exchange.parts):
                return None
            match what:
                case "hand-in" if row.recited_at is not None:
                    return Posting(exchange, reciter_id, "hand-in", row.text or "", row.recording)
                case "question" if (asked := question_on(db, reciter_id)) is not None:
                    return Posting(exchange, reciter_id, "question", asked.question or "")
                case "reply" if row.reply is not None:
                    return Posting(exchange, reciter_id, "reply", row.reply)
                case "lost" if row.recited_at is None and exchange.open:
                    return Posting(exchange, reciter_id, "lost")
            return None

        return await self._database.read(work)

    async def posted(self, due: Due, posting: Posting, message_id: int) -> Exchange | None:
        """Note where it stands; the exchange as it is now, or None when another holder did."""

        def work(db: Session, now: datetime) -> Exchange | None:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return None
            row = db.get(Reciter, posting.reciter_id)
            circle = circle_of(db, posting.exchange.id)
            match posting.what:
                case "hand-in" if row is not None:
                    row.message_id, row.recording = message_id, None
                case "reply" if row is not None:
                    row.reply_message_id = message_id
                case "question" if (asked := question_on(db, posting.reciter_id)) is not None:
                    asked.message_id = message_id
            db.flush()
            return exchange_of(db, circle) if circle else None

        return await self._write(work)

    async def lost(self, due: Due, posting: Posting) -> None:
        """Discord does not keep a recording any more: what was written stands alone, or it is asked for again."""

        def work(db: Session, now: datetime) -> None:
            row = db.get(Reciter, posting.reciter_id)
            circle = circle_of(db, posting.exchange.id)
            if row is None or circle is None or row.recording != posting.recording:
                return
            seat = next(seat for seat in circle.seats if seat.row is row)
            row.recording = None
            if len(row.text or "") >= WRITTEN_FROM:
                have_posted(db, circle, seat, "hand-in", now, again=True)
            else:
                row.recited_at = row.finished_at = None
                have_posted(db, circle, seat, "lost", now)
            leases.settle(db, Timer, due.id, due.token, now)

        await self._write(work)

    async def to_nudge(self, due: Due) -> Exchange | None:
        """An exchange in which somebody still owes something, to be asked once."""
        assert due.subject_id is not None
        recitation_id = due.subject_id

        def work(db: Session, now: datetime) -> Exchange | None:
            circle = circle_of(db, recitation_id)
            if circle is None or mended(db, circle, now):
                return None
            exchange = exchange_of(db, circle)
            if not exchange.open or not any(part.owed for part in exchange.parts):
                return None
            circle.recitation.nudged_at = circle.recitation.nudged_at or now
            return exchange

        return await self._write(work)

    async def _write(self, work: Callable[[Session, datetime], T]) -> T:
        now = self._clock.now()
        return await self._database.write(lambda db: work(db, now))
