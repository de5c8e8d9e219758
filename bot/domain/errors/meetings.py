"""What is told about meetings."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors.base import AboutSomebody, Refusal, stamp


class MeetingOver(Refusal):
    words = "This meeting is over, or was called off. `/meeting start` begins another."


class MeetingMovedOn(Refusal):
    words = "The meeting has moved on since this was shown. Press *For the guide* on its card again."


@dataclass(eq=False)
class MeetingRunning(Refusal):
    link: str

    @property
    def sentence(self) -> str:
        return (
            f"A meeting is going on here already: {self.link}. One at a time, so that everyone is together."
        )


class NotYourMeeting(Refusal):
    words = (
        "Only a guide, or whoever started this meeting, can do that. Ask them; the card says who leads it."
    )


class NotInMeeting(Refusal):
    words = "You are not in this meeting yet. Press *I'm here* on its card, and you join its next part."


class NotYourWord(AboutSomebody):
    words = (
        "It is {who}'s turn to speak, so {who} presses this one. Your turn comes; the order is on the card."
    )


class WordOver(Refusal):
    words = "That turn is over. The card shows whose turn it is now."


@dataclass(eq=False)
class MeetingInThePast(Refusal):
    at: datetime

    @property
    def sentence(self) -> str:
        return f"That time, {stamp(self.at, 'f')}, is over, so nothing was planned. Choose one that is still to come."


class MeetingTooFar(Refusal):
    words = "Discord takes events for at most five years ahead. Choose an earlier date."


@dataclass(eq=False)
class MeetingTimeUnreadable(Refusal):
    text: str

    @property
    def sentence(self) -> str:
        return f"I could not read “{self.text[:20]}” as a date. Write it as 2026-12-07; the time as 09:00 or 18:30."


class MeetingPassed(Refusal):
    words = (
        "I was away when it should have begun, and half an hour later nobody waits any more. "
        "`/meeting start` begins one now."
    )


class NoVoiceHere(Refusal):
    words = "That is no voice channel I can see. Choose another one, or leave it out to meet in text."
