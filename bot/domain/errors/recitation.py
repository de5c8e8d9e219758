"""What is told about recitations."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors.base import AboutSomebody, Refusal, stamp


class NotYourRecitation(Refusal):
    words = "Only the people of this recitation can do that. `/recite now` finds you a partner of your own."


class RecitationOver(Refusal):
    words = (
        "This recitation is over. `/recite now` begins another, and `/recite history` shows your feedback."
    )


class RoomMovedOn(Refusal):
    words = "Things have moved on since this card. The newest one, at the end of the thread, is the one that counts."


class NotYourTurn(AboutSomebody):
    words = (
        "It is {who}'s turn, so {who} presses this one. Yours comes; *More* shows what you can do meanwhile."
    )


class ForTheListener(AboutSomebody):
    words = (
        "This is for {who}, who listens: it holds the key points, and reciting works best without them. "
        "You get them with your feedback."
    )


class FeedbackGiven(Refusal):
    words = "You gave your feedback on this one already, and it is given once. Thank you."


class NothingToMark(Refusal):
    words = (
        "There is no recitation here that waits for your feedback. The card in the thread shows what is next."
    )


class MarksMissing(Refusal):
    words = "Some of the marks were missing, so nothing was saved. Please choose one in each row and send it again."


@dataclass(eq=False)
class FeedbackSealed(Refusal):
    opens_at: datetime | None

    @property
    def sentence(self) -> str:
        when = f", or {stamp(self.opens_at, 'R')} at the latest" if self.opens_at else ""
        return f"Feedback opens for everyone at once: when all have given theirs{when}. Come back then."


class NoFeedback(Refusal):
    words = "Nobody gave feedback on your recitation this time. What you did counts as a rep all the same."


class NobodyToThank(Refusal):
    words = "Nobody has listened to you here yet. When somebody has, you can thank them."


@dataclass(eq=False)
class WaitALittle(Refusal):
    until: datetime

    @property
    def sentence(self) -> str:
        return f"Give them a little longer, please; {stamp(self.until, 'R')} I can find you somebody else."


class NobodyMissing(Refusal):
    words = (
        "Everyone of this recitation has been here. If somebody is away just now, *More* has *Another time*."
    )


class NoOtherConcept(Refusal):
    words = "The bank has no other concept for you right now. Recite this one, also if you know it well."


class NoSharedTime(Refusal):
    words = "I find no hour that suits you all. Agree on one in the thread, and set `/me availability` for next time."


class OwnRecitation(Refusal):
    words = "You recite here yourself, so another guide leaves a note or signs it off. Nobody vouches for themselves."
