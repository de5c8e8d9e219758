"""What people are told about mock interviews and their own project."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors.base import AboutSomebody, Refusal, stamp


class PartnerNotAvailable(AboutSomebody):
    words = (
        "Right now {who} is not available for a mock interview. Leave `partner` out, and I look for somebody."
    )


class PartnerYourself(Refusal):
    words = (
        "Nobody can interview themselves here. Name somebody else, or leave `partner` out and I look for one."
    )


class RequestOpen(Refusal):
    words = (
        "You are asking somebody already, and one request at a time is enough. `/mock status` shows it, "
        "`/mock cancel` takes it back."
    )


@dataclass(eq=False)
class TooManyMocks(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return (
            f"You have {self.limit} mock interviews arranged already. Do one of them first, or cancel one: "
            "`/mock status` shows them."
        )


class NoScript(Refusal):
    words = "The bank has no script for this round type yet. Choose another `type`, please."


class ConductFirst(Refusal):
    words = "Please read the rules first: `/mock request` shows them, and *I agree* goes on from there."


class NothingToCancel(Refusal):
    words = "You are not waiting for a partner. Interviews that are arranged are cancelled in `/mock status`."


class NotYourMock(Refusal):
    words = "Only the two people of this interview can do this. `/mock request` finds you a partner."


class MockOver(Refusal):
    words = (
        "This interview is over or was called off, so nothing was changed. `/mock request` asks for another."
    )


class InterviewerOnly(Refusal):
    words = "The script is for the interviewer alone, and in this half that is your partner. You have the other half."


class NoScriptNow(Refusal):
    words = "The script is open while its half runs, and not now. *Start* in the interview's thread begins a half."


class TimeGone(Refusal):
    words = "This time is not offered any more. Choose one on the newest card in the thread."


class NoOtherTimes(Refusal):
    words = (
        "I have no other times that fit you both in the next two weeks. Choose one of those above, or add hours in "
        "`/me availability` and ask again."
    )


@dataclass(eq=False)
class TooEarly(Refusal):
    at: datetime

    @property
    def sentence(self) -> str:
        return f"That can be said from {stamp(self.at, 't')} on. Give your partner a few minutes, please."


class CardGiven(Refusal):
    words = "You gave this one already, and it stays as it is. `/mock history` shows what was said about you."


class CardSealed(Refusal):
    words = (
        "It is sealed until you both gave your cards, or until 24 hours have passed. Then a message in the thread "
        "opens it."
    )


class NothingTold(Refusal):
    words = "Your partner has not written anything about you, so there is nothing to open."


class NotMarked(Refusal):
    words = "One of the choices was left empty, so nothing was saved. Open the card again and mark all three."


class NoMocksYet(Refusal):
    words = "You have no mock interview behind you yet. `/mock request` finds you a partner."


class EmptyProject(Refusal):
    words = (
        "There was nothing in the form, so nothing was saved. A sentence or two about the problem is a start."
    )
