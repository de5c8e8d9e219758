"""Exchange: an async recitation is handed in, marked with one question, and replied to, in whatever order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import (
    EmptyText,
    FeedbackGiven,
    HandedInAlready,
    NotHandedInYet,
    NothingToMark,
    NothingToReply,
    OutOfDate,
    RecitationOver,
    RecordingUnfit,
    RepliedAlready,
    TooShort,
)
from bot.domain.exchange import (
    EXCHANGE_NUDGED_AFTER,
    RECORDING_LIMIT,
    Exchange,
    Marking,
    Part,
    Posting,
    Progress,
    Recording,
    complete,
    owed,
)
from bot.domain.members import Person
from bot.domain.recitation import WRITTEN_FROM, Concept, Outline, Rubric, Stage
from bot.domain.schedules import Due
from bot.domain.solo import measured
from bot.domain.texts import cleaned
from bot.services import ledger, members
from bot.services.deliveries import set_timer
from bot.services.recitation import credit
from bot.services.recitation.circle import Circle, Seat, arrive, body_of, circle_of, mine
from bot.services.recitation.feedback import QUESTION_LIMIT, give
from bot.services.recitation.phases import enter, keep_open, mended, until
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import RecitationFeedback, Reciter, Timer

POST, NUDGE = "recitation.post", "exchange.nudge"
TEXT_LIMIT, REPLY_LIMIT = 4000, 2000
# So that the last reply stands in the thread before the feedback opens below it.
AFTER_THE_LAST = timedelta(seconds=2)
T = TypeVar("T")


def begin(db: Session, circle: Circle, now: datetime) -> None:
    """The room is there: from now on everybody has 72 hours, and whoever owes something then is asked once."""
    enter(db, circle, Stage("exchange"), now)
    recitation = circle.recitation
    assert recitation.phase_ends_at is not None
    keep_open(db, circle, recitation.phase_ends_at)
    set_timer(
        db,
        key=f"{NUDGE}:{recitation.id}",
        kind=NUDGE,
        server_id=recitation.server_id,
        subject_id=recitation.id,
        due_at=now + EXCHANGE_NUDGED_AFTER,
    )


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
            _, seat = _going_on(db, who, recitation_id, now)
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
            circle, seat = _going_on(db, who, recitation_id, now)
            members.require_active(db, who)
            if seat.row.recited_at is not None:
                raise HandedInAlready
            arrive(db, seat, now)
            if not mended(db, circle, now):
                seat.row.text, seat.row.recording = kept or None, recording.url if recording else None
                seat.row.recited_at = seat.row.finished_at = now
                _spent(db, circle, seat, seat, since, now)
                _post(db, circle, seat, "hand-in", now)
                _settle(db, circle, now)
            return exchange_of(db, circle)

        return await self._write(work)

    async def to_mark(self, who: Person, recitation_id: int, reciter_id: int) -> Marking:
        """What this person is to mark, whichever it is if `reciter_id` is 0.

        Raises NotYourRecitation, RecitationOver, NothingToMark, NotHandedInYet, FeedbackGiven.
        """
        now = self._clock.now()

        def work(db: Session) -> Marking:
            circle, seat = _going_on(db, who, recitation_id, now)
            told = _told(db, circle, seat, reciter_id)
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
            circle, seat = _going_on(db, who, recitation_id, now)
            members.require_active(db, who)
            told = _told(db, circle, seat, reciter_id)
            arrive(db, seat, now)
            if not mended(db, circle, now):
                give(db, circle.present(seat), told.row.id, rubric, now, question=asked)
                _spent(db, circle, told, seat, since, now)
                _post(db, circle, told, "question", now)
            return exchange_of(db, circle)

        return await self._write(work)

    async def may_reply(self, who: Person, recitation_id: int, reciter_id: int) -> str:
        """The question this person is to reply to.

        Raises NotYourRecitation, RecitationOver, NothingToReply, RepliedAlready.
        """
        now = self._clock.now()

        def work(db: Session) -> str:
            _, seat = _going_on(db, who, recitation_id, now)
            asked = _asked(db, seat, reciter_id)
            return asked.question or ""

        return await self._database.read(work)

    async def reply(self, who: Person, recitation_id: int, reciter_id: int, text: str) -> Exchange:
        """Reply to the question, once. Raises what `may_reply` raises, PausedByGuide, EmptyText."""
        kept = cleaned(text)[:REPLY_LIMIT]
        if not kept:
            raise EmptyText

        def work(db: Session, now: datetime) -> Exchange:
            circle, seat = _going_on(db, who, recitation_id, now)
            members.require_active(db, who)
            asked = _asked(db, seat, reciter_id)
            arrive(db, seat, now)
            if not mended(db, circle, now):
                seat.row.reply, seat.row.replied_at = kept, now
                _post(db, circle, seat, "reply", now)
                listener = next((one for one in circle.seats if one.member.id == asked.member_id), None)
                if listener is not None:
                    # Whoever replies to a question has seen that it was asked.
                    credit.confirmed(db, circle, listener, "listening", seat, now)
                _settle(db, circle, now)
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
                case "question" if (asked := _question(db, reciter_id)) is not None:
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
                case "question" if (asked := _question(db, posting.reciter_id)) is not None:
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
                _post(db, circle, seat, "hand-in", now, again=True)
            else:
                row.recited_at = row.finished_at = None
                _post(db, circle, seat, "lost", now)
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


# --- within a transaction


def exchange_of(db: Session, circle: Circle) -> Exchange:
    """The readout of an exchange, with those who are still there."""
    recitation = circle.recitation
    here = [seat for seat in circle.seats if seat.here]
    marked = set(
        db.scalars(
            select(RecitationFeedback.reciter_id).where(
                RecitationFeedback.reciter_id.in_([seat.row.id for seat in here])
            )
        )
    )
    progress = {
        seat.place: Progress(
            seat.row.recited_at is not None, seat.row.id in marked, seat.row.replied_at is not None
        )
        for seat in here
    }
    listeners = {seat.place: circle.listener(seat.place) for seat in here}
    places = {place: one.place if one else None for place, one in listeners.items()}
    parts = []
    for seat in here:
        body, listener = body_of(db, seat), listeners[seat.place]
        if body is None:
            continue
        parts.append(
            Part(
                reciter_id=seat.row.id,
                place=seat.place,
                discord_id=seat.member.discord_id,
                name=seat.member.display_name,
                concept=Concept.of(body),
                progress=progress[seat.place],
                listener_id=listener.member.discord_id if listener else None,
                owed=owed(seat.place, progress, places) if recitation.phase == "exchange" else (),
                message_id=seat.row.message_id,
            )
        )
    return Exchange(
        id=recitation.id,
        guild_id=circle.server.discord_id,
        step=recitation.step,
        phase=recitation.phase,  # type: ignore[arg-type]
        thread_id=recitation.thread_id,
        message_id=recitation.message_id,
        ends_at=recitation.phase_ends_at,
        parts=tuple(parts),
        done=complete(progress, places),
    )


def _going_on(db: Session, who: Person, recitation_id: int, now: datetime) -> tuple[Circle, Seat]:
    """One's exchange while it lasts. Raises NotYourRecitation, RecitationOver, OutOfDate."""
    circle, seat = mine(db, who, recitation_id)
    recitation = circle.recitation
    if recitation.mode != "async":
        raise OutOfDate
    if recitation.phase != "exchange" or (recitation.phase_ends_at and recitation.phase_ends_at <= now):
        raise RecitationOver
    return circle, seat


def _told(db: Session, circle: Circle, seat: Seat, reciter_id: int) -> Seat:
    """Whose recitation somebody marks. Raises NothingToMark, NotHandedInYet, FeedbackGiven."""
    told = next((one for one in circle.seats if one.here and circle.listener(one.place) is seat), None)
    if told is None or reciter_id not in (0, told.row.id):
        raise NothingToMark
    if _question(db, told.row.id) is not None:
        raise FeedbackGiven
    if told.row.message_id is None:
        raise NotHandedInYet(told.member.discord_id)
    return told


def _asked(db: Session, seat: Seat, reciter_id: int) -> RecitationFeedback:
    """The question somebody is to reply to. Raises NothingToReply, RepliedAlready."""
    asked = _question(db, seat.row.id)
    if asked is None or reciter_id != seat.row.id:
        raise NothingToReply
    if seat.row.replied_at is not None:
        raise RepliedAlready
    return asked


def _question(db: Session, reciter_id: int) -> RecitationFeedback | None:
    return db.scalars(select(RecitationFeedback).where(RecitationFeedback.reciter_id == reciter_id)).first()


def _spent(db: Session, circle: Circle, told: Seat, seat: Seat, since: datetime, now: datetime) -> None:
    """Enter the minutes between two presses; a part that was done has taken one at least."""
    ledger.record(
        db,
        circle.present(seat),
        key=f"recite:{told.row.id}:{seat.row.id}",
        kind="recitation",
        minutes=max(measured(since, now), 1),
        at=now,
    )


def _post(db: Session, circle: Circle, seat: Seat, what: str, now: datetime, *, again: bool = False) -> None:
    """Have something posted in the thread for somebody."""
    set_timer(
        db,
        # What is handed in again is another message.
        key=f"{POST}:{seat.row.id}:{what}:{int(now.timestamp())}{'+' if again else ''}",
        kind=POST,
        server_id=circle.recitation.server_id,
        subject_id=seat.row.id,
        due_at=now,
    )


def _settle(db: Session, circle: Circle, now: datetime) -> None:
    """Everything was done: the feedback opens by the timer of the phase, after what was said last is posted."""
    db.flush()
    if exchange_of(db, circle).done:
        until(db, circle, now + AFTER_THE_LAST)
