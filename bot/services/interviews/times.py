"""Mock interviews as time sees them: threads to open, cards to post, phases that are over."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.interviews import ARRANGED, HALVES, REQUESTED, ROOM_KEPT, TOLD
from bot.domain.interviews.readouts import Mock
from bot.domain.schedules import Due
from bot.services import rooms
from bot.services.interviews.standing import (
    ANSWERED,
    ask,
    end,
    enter,
    finish_half,
    mock_of,
    offer,
    part,
    redraw,
    room_key,
    say,
    tell_each_other,
    together,
)
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import MockInterview, Timer

# Whatever happens, no thread stays open longer.
LONGEST = timedelta(days=60)
# A time this near is not offered any more.
SOON = timedelta(hours=1)


class InterviewTimes:
    """What the timers of interviews ask for, and settle."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- rooms

    async def opening(self, due: Due) -> Mock | None:
        """The interview whose thread is to open; None when there is no need, and then the timer is settled."""
        return await self._for_timer(due, lambda mock: mock.state in ARRANGED and mock.thread_id is None)

    async def opened(self, due: Due, thread_id: int) -> None:
        """Note the thread, and have the first card posted there."""
        await self._keep_room(due, "thread", thread_id)

    async def unroomed(self, due: Due) -> None:
        """Nothing can be posted or opened, so there is no interview; its two read why in their status."""
        now = self._clock.now()

        def work(db: Session) -> None:
            kept = db.get_one(MockInterview, due.subject_id)
            if kept.state in ("asked", *ARRANGED):
                end(db, kept, "no-room", now, told=False)

        await self._database.write(work)

    async def voice(self, due: Due) -> Mock | None:
        """The interview that wants a voice room; None when it has one or needs none, and then the timer is settled."""
        return await self._for_timer(due, lambda mock: mock.state in ARRANGED and mock.voice_id is None)

    async def voiced(self, due: Due, channel_id: int) -> None:
        """Note the voice room; the next card says where it is."""
        await self._keep_room(due, "voice", channel_id)

    # --- cards

    async def invitation(self, due: Due) -> Mock | None:
        """Who is to be asked by name; None when that is over, and then the timer is settled."""
        return await self._for_timer(due, lambda mock: mock.state == "asked")

    async def invited(self, due: Due, message_id: int) -> None:
        """Note where somebody was asked."""
        now = self._clock.now()

        def work(db: Session) -> None:
            if leases.settle(db, Timer, due.id, due.token, now):
                kept = db.get_one(MockInterview, due.subject_id)
                kept.message_id = message_id
                if kept.state != "asked":
                    # It was over while the card went out.
                    ask(db, kept, ANSWERED, now)

        await self._database.write(work)

    async def look(self, due: Due) -> Mock | None:
        """The interview of a timer, as it stands; None when it was erased."""
        return await self._database.read(lambda db: mock_of(db, due.subject_id or 0))

    async def card(self, due: Due) -> Mock | None:
        """What the thread is to be told now; None when a newer card follows, and then the timer is settled."""
        now = self._clock.now()

        def work(db: Session) -> Mock | None:
            mock = mock_of(db, due.subject_id or 0)
            if mock is not None and mock.state in ARRANGED and not together(db, mock):
                part(db, db.get_one(MockInterview, mock.id), now)
                mock = None
            if mock is None or mock.thread_id is None or mock.turn != _number(due):
                leases.settle(db, Timer, due.id, due.token, now)
                return None
            return mock

        return await self._database.write(work)

    async def posted(self, due: Due, shown: Mock, message_id: int) -> None:
        """Note where the card now in force stands; what changed while it went out is drawn again."""
        now = self._clock.now()

        def work(db: Session) -> None:
            kept = db.get(MockInterview, shown.id)
            if (
                leases.settle(db, Timer, due.id, due.token, now)
                and kept is not None
                and kept.turn == shown.turn
            ):
                changed = mock_of(db, kept.id) != shown
                kept.card_id = message_id
                if changed:
                    redraw(db, kept, now)

        await self._database.write(work)

    async def drawn(self, due: Due) -> Mock | None:
        """The interview whose card is to be drawn again; None once a newer card follows."""
        mock = await self.look(due)
        return mock if mock is not None and mock.turn == _number(due) and mock.card_id is not None else None

    async def lost(self, due: Due) -> bool:
        """The thread takes no message: what can go on without it does. Whether somebody deleted it by hand."""
        now = self._clock.now()

        def work(db: Session) -> bool:
            kept = db.get_one(MockInterview, due.subject_id)
            deleted = rooms.whereabouts(db, room_key(kept.id, "thread")) is None
            kept.thread_id = None
            mock = mock_of(db, kept.id)
            assert mock is not None
            if mock.state in ARRANGED and not mock.owed:
                end(db, kept, "room-gone", now, told=False)
            elif mock.state in ARRANGED:
                tell_each_other(db, kept, now)
            if deleted:
                leases.settle(db, Timer, due.id, due.token, now)
            return deleted

        return await self._database.write(work)

    # --- phases

    async def nudge(self, due: Due) -> None:
        """Remind whom the interview waits for, once."""
        now = self._clock.now()

        def work(db: Session) -> None:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return
            kept, mock = _in_phase(db, due)
            if kept is None or mock is None:
                return
            if mock.state in ARRANGED and not together(db, mock):
                part(db, kept, now)
                return
            if mock.state == "arranging" and any(moment < now + SOON for moment in mock.offered):
                offer(db, kept, mock, now)
            kept.nudged_at = now
            say(db, kept, now)

        await self._database.write(work)

    async def time_up(self, due: Due) -> None:
        """A phase is over: the next one begins, or the interview ends."""
        now = self._clock.now()

        def work(db: Session) -> None:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return
            kept, mock = _in_phase(db, due)
            if kept is None or mock is None:
                return
            if mock.state in ARRANGED and not together(db, mock):
                part(db, kept, now)
            elif mock.state in REQUESTED:
                end(db, kept, "expired", now, told=False)
            elif mock.state == "arranging":
                end(db, kept, "expired", now)
            elif mock.state == "agreed":
                enter(db, kept, "ready", now)
            elif mock.state == "ready":
                end(db, kept, "not-begun", now)
            elif mock.state in HALVES:
                finish_half(db, kept, now)
            elif mock.state == "swap":
                tell_each_other(db, kept, now)
            elif mock.state == "feedback":
                kept.opened_at = now
                enter(db, kept, "opened", now)
            elif mock.state in TOLD:
                end(db, kept, "done", now, told=False)

        await self._database.write(work)

    async def _keep_room(self, due: Due, kind: str, discord_id: int) -> None:
        now = self._clock.now()

        def work(db: Session) -> None:
            if not leases.settle(db, Timer, due.id, due.token, now):
                return
            kept = db.get_one(MockInterview, due.subject_id)
            if kind == "thread":
                kept.thread_id = discord_id
            lasts = LONGEST if kind == "thread" and kept.state != "over" else ROOM_KEPT
            rooms.keep(
                db,
                key=room_key(kept.id, kind),
                server_id=kept.server_id,
                kind=kind,
                discord_id=discord_id,
                now=now,
                close_by=now + lasts,
            )
            say(db, kept, now)

        await self._database.write(work)

    async def _for_timer(self, due: Due, wanted: Callable[[Mock], bool]) -> Mock | None:
        """The interview of a timer while its two are together and it is wanted; otherwise the timer is settled."""
        now = self._clock.now()

        def work(db: Session) -> Mock | None:
            mock = mock_of(db, due.subject_id or 0)
            if mock is not None and wanted(mock):
                if together(db, mock):
                    return mock
                part(db, db.get_one(MockInterview, mock.id), now)
            leases.settle(db, Timer, due.id, due.token, now)
            return None

        return await self._database.write(work)


def _number(due: Due) -> int:
    """Which card or phase of an interview a timer is for."""
    return int(due.key.rpartition(":")[2])


def _in_phase(db: Session, due: Due) -> tuple[MockInterview | None, Mock | None]:
    """The interview of a timer, if it is still in the phase the timer was set in."""
    kept = db.get(MockInterview, due.subject_id)
    if kept is None or kept.phase != _number(due):
        return None, None
    return kept, mock_of(db, kept.id)
