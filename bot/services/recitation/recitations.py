"""What is done in the rooms of recitations: each act one transaction, in the words of whoever does it."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.guides import Asked
from bot.domain.members import Person
from bot.domain.recitation import ENDS, Heard, Outline, Room, Rubric
from bot.domain.schedules import Due
from bot.services.recitation import absence, feedback, guidance, opening, phases, rescheduling
from bot.services.recitation.absence import Nudge, Strand, Waited
from bot.services.recitation.circle import arrive, circle_of, mine, of_server, room_of
from bot.services.recitation.opening import Entrance
from bot.services.recitation.phases import NOUN
from bot.services.rights import require_guide
from bot.storage.database import Database

T = TypeVar("T")


class Recitations:
    """Rooms of two or three who recite to each other, from opening to the feedback."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, strand: Strand | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._strand = strand

    # --- the room

    async def open(self, who: Person, recitation_id: int) -> Entrance:
        """Open the room of one's recitation, or find the way there. Raises NotYourRecitation, PausedByGuide."""
        return await self._write(lambda db, now: opening.open_by(db, who, recitation_id, now))

    async def present(self, who: Person, recitation_id: int) -> Room:
        """Somebody looks in, which is a sign that they are here. Raises NotYourRecitation."""

        def work(db: Session, now: datetime) -> Room:
            circle, seat = mine(db, who, recitation_id, ended=True)
            if circle.recitation.phase not in ENDS:
                arrive(db, seat, now)
                db.flush()
            return room_of(db, circle)

        return await self._write(work)

    async def begin(self, who: Person, recitation_id: int, step: int) -> Room:
        """Begin to recite. Raises NotYourRecitation, RecitationOver, RoomMovedOn, NotYourTurn, PausedByGuide."""
        return await self._write(lambda db, now: phases.begin(db, who, recitation_id, step, now))

    async def finish(self, who: Person, recitation_id: int, step: int) -> Room:
        """Say that the recitation is done. Raises as `begin`."""
        return await self._write(lambda db, now: phases.finish(db, who, recitation_id, step, now))

    async def another_concept(self, who: Person, recitation_id: int, step: int) -> Room:
        """Recite another concept. Raises NotYourRecitation, RecitationOver, RoomMovedOn, NoOtherConcept."""
        return await self._write(
            lambda db, now: opening.another_concept(db, who, recitation_id, step, self._rng, now)
        )

    async def ask_voice(self, who: Person, recitation_id: int) -> Room:
        """Have a voice channel made. Raises NotYourRecitation, RecitationOver."""
        return await self._write(lambda db, now: opening.ask_voice(db, who, recitation_id, now))

    # --- the listener, and feedback

    async def outline(self, who: Person, recitation_id: int) -> Outline:
        """What the listener alone sees. Raises NotYourRecitation, RecitationOver, ForTheListener."""
        return await self._write(lambda db, now: feedback.outline(db, who, recitation_id, now))

    async def to_mark(self, who: Person, recitation_id: int) -> Outline:
        """Whom to give feedback to. Raises NotYourRecitation, RecitationOver, NothingToMark, FeedbackGiven."""
        return await self._database.read(lambda db: feedback.to_mark(db, who, recitation_id))

    async def mark(self, who: Person, reciter_id: int, rubric: Rubric) -> tuple[Room, bool]:
        """Give feedback; the room, and whether it moved on.

        Raises NotYourRecitation, PausedByGuide, NothingToMark, FeedbackGiven, MarksMissing.
        """
        return await self._write(lambda db, now: feedback.mark(db, who, reciter_id, rubric, now))

    async def heard(self, who: Person, recitation_id: int) -> tuple[Room, tuple[Heard, ...]]:
        """Feedback on one's own recitation. Raises NotYourRecitation, FeedbackSealed, NoFeedback."""
        return await self._write(lambda db, now: feedback.heard(db, who, recitation_id, now))

    async def thank(self, who: Person, recitation_id: int) -> Room:
        """Thank whoever listened. Raises NotYourRecitation, NobodyToThank."""
        return await self._write(lambda db, now: feedback.thank(db, who, recitation_id, now))

    async def keep(self, who: Person, recitation_id: int) -> Room:
        """Wish for the same partner again, or take it back. Raises NotYourRecitation."""
        return await self._write(lambda db, now: feedback.keep(db, who, recitation_id, now))

    # --- when it does not go as planned

    async def absent(self, who: Person, recitation_id: int) -> Waited:
        """Say that somebody has not come; whoever is left alone is first in line for somebody else.

        Raises NotYourRecitation, RecitationOver, RoomMovedOn, NobodyMissing, WaitALittle.
        """
        return await self._write(lambda db, now: absence.absent(db, who, recitation_id, now, self._strand))

    async def again(self, who: Person, recitation_id: int) -> Waited:
        """Be first in line for another partner, after one who left.

        Raises NotYourRecitation, PausedByGuide, RecitationOver.
        """
        return await self._write(lambda db, now: absence.again(db, who, recitation_id, now, self._strand))

    async def offer_times(self, who: Person, recitation_id: int, *, others: bool = False) -> Room:
        """Three times that suit everyone. Raises NotYourRecitation, RecitationOver, RoomMovedOn, NoSharedTime."""
        return await self._write(
            lambda db, now: rescheduling.offer(db, who, recitation_id, now, others=others)
        )

    async def take_time(self, who: Person, recitation_id: int, at: datetime) -> tuple[Room, bool]:
        """Take one of the times offered; whether all agree now. Raises as `offer_times`, and OutOfDate."""
        return await self._write(lambda db, now: rescheduling.take(db, who, recitation_id, at, now))

    # --- guides

    async def raise_hand(self, who: Person, recitation_id: int, text: str) -> Asked:
        """Ask a guide to come. Raises NotYourRecitation, EmptyText, PausedByGuide."""
        return await self._write(lambda db, now: guidance.raise_hand(db, who, recitation_id, text, now))

    async def as_guide(self, who: Person, recitation_id: int) -> Room | None:
        """A recitation for a guide to look at; None for one there is not. Raises GuidesOnly."""

        def work(db: Session) -> Room | None:
            require_guide(db, who)
            circle = of_server(db, who, recitation_id)
            return room_of(db, circle) if circle else None

        return await self._database.read(work)

    async def enter(self, who: Person, recitation_id: int) -> Room:
        """A guide joins a room. Raises GuidesOnly, NotYourRecitation, OwnRecitation, OutOfDate."""
        return await self._write(lambda db, now: guidance.enter_room(db, who, recitation_id, now))

    async def leave_note(self, who: Person, recitation_id: int, text: str) -> Room:
        """A guide leaves a note. Raises GuidesOnly, NotYourRecitation, OwnRecitation, EmptyText."""
        return await self._write(lambda db, now: guidance.leave_note(db, who, recitation_id, text, now))

    async def sign_off(self, who: Person, recitation_id: int) -> Room:
        """A guide vouches for a recitation. Raises GuidesOnly, NotYourRecitation, OwnRecitation, OutOfDate."""
        return await self._write(lambda db, now: guidance.sign_off(db, who, recitation_id, now))

    # --- time

    async def to_open(self, due: Due) -> Room | None:
        """The room to make now, everybody with a concept; None when there is none to make."""
        return await self._write(lambda db, now: opening.to_open(db, due, self._rng, now))

    async def opened(self, recitation_id: int, thread_id: int) -> Room | None:
        """The thread is there; None when it ended meanwhile."""
        return await self._write(lambda db, now: opening.opened(db, recitation_id, thread_id, now))

    async def not_opened(self, recitation_id: int) -> None:
        """The thread could not be made."""
        await self._write(lambda db, now: opening.not_opened(db, recitation_id, now))

    async def voice_wanted(self, recitation_id: int) -> Room | None:
        """A room for which a voice channel is to be made, if it still goes on."""
        return await self._database.read(lambda db: opening.voice_wanted(db, recitation_id))

    async def voice_opened(self, recitation_id: int, voice_id: int) -> None:
        """The voice channel is there."""
        await self._write(lambda db, now: opening.voice_opened(db, recitation_id, voice_id, now))

    async def elapsed(self, due: Due) -> None:
        """The time of a phase is up."""
        await self._write(lambda db, now: phases.elapsed(db, due, now))

    async def unshown(self, due: Due) -> Room | None:
        """The room whose card is to be posted now, if it is not."""
        return await self._database.read(lambda db: phases.unshown(db, due))

    async def posted(self, room: Room, message_id: int) -> None:
        """The card of a room stands in this message now."""
        await self._write(lambda db, now: phases.posted(db, room.id, room.step, message_id))

    async def passed(self, room: Room) -> None:
        """The cards of a room that were out of date have lost their buttons."""
        await self._write(lambda db, now: phases.passed(db, room))

    async def nudge(self, due: Due) -> Nudge | None:
        """What to say in an unfinished room, if anything."""
        return await self._write(lambda db, now: absence.nudge(db, due, now))

    async def standing(self, recitation_id: int) -> Room | None:
        """A recitation as it stands, for whoever draws its card again."""

        def work(db: Session) -> Room | None:
            circle = circle_of(db, recitation_id)
            return room_of(db, circle) if circle else None

        return await self._database.read(work)

    async def room_gone(self, key: str) -> None:
        """Somebody deleted the thread or the voice channel of a room by hand; other rooms' keys are ignored."""
        noun, _, rest = key.partition(":")
        recitation_id, _, kind = rest.partition(":")
        if noun == NOUN and kind == "thread":
            await self.thread_gone(int(recitation_id))

    async def thread_gone(self, recitation_id: int) -> None:
        """Somebody deleted the thread: it ends, with credit for what was done."""
        await self._write(lambda db, now: phases.thread_gone(db, recitation_id, now))

    async def _write(self, work: Callable[[Session, datetime], T]) -> T:
        now = self._clock.now()
        return await self._database.write(lambda db: work(db, now))
