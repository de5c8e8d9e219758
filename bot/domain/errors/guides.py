"""What guides are told."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.domain.errors.base import AboutSomebody, Refusal
from bot.domain.guides import REPAIRABLE
from bot.domain.texts import escaped


class GuideAlready(AboutSomebody):
    words = "Nothing to add: {who} is a guide already. `/guide people list` shows everyone who guides."


class NotAGuide(AboutSomebody):
    words = (
        "Nobody named {who} a guide. Whoever guides by their role stops when an admin takes the role away; "
        "`/guide people list` shows both."
    )


class NoBots(Refusal):
    words = "That is a bot, and bots neither guide nor take part. Choose a person and try again."


class RequestOver(Refusal):
    words = "This is not in the queue any more; somebody may have seen to it. `/guide queue` shows what waits now."


class TakenAlready(AboutSomebody):
    words = "Another guide, {who}, has taken this one. `/guide queue` shows what else waits."


class OwnAnswer(Refusal):
    words = "This answer is your own, and nobody marks their own answer here. Another guide or an admin can."


class NotMarkedYet(Refusal):
    words = "Mark this answer yourself first; then a guide can check it. `/daily` opens the marks again."


class GuideAnswersFirst(Refusal):
    words = (
        "This question is still open and you have not answered it, so its answers are closed to you. "
        "Answer it with `/daily` first, or wait for its reveal."
    )


class NoReason(Refusal):
    words = (
        "A reason is needed, for those who ask later. Write a few words and try again; nothing was changed."
    )


class NotThisPerson(AboutSomebody):
    words = (
        "A guide cannot do this to an admin or to themselves, so {who} stays as they are. "
        "Another guide can help with yourself; talk to the admins about an admin."
    )


class PausedAlready(AboutSomebody):
    words = "A guide has paused {who} already. `/guide people resume` ends it."


class NotPaused(AboutSomebody):
    words = (
        "No guide has paused {who}, so there is nothing to end. A pause of their own ends with `/me pause`."
    )


class VoidedAlready(Refusal):
    words = "This was voided already, and a rep is voided once. `/guide points list` shows by whom and why."


class NothingToVoid(AboutSomebody):
    words = "There is nothing to void: {who} has no rep that counts. `/guide points list` shows those that were voided."


@dataclass(eq=False)
class DayUnreadable(Refusal):
    text: str

    @property
    def sentence(self) -> str:
        return (
            f"I could not read “{escaped(self.text)}” as a day. Write it as 2026-12-07; nothing was changed."
        )


@dataclass(eq=False)
class NotRepairable(Refusal):
    day: date
    why: Literal["not over", "too long ago", "no question", "counts", "repaired"]

    @property
    def sentence(self) -> str:
        what = {
            "not over": f"The day {self.day} is not over where they are; a rep on it counts by itself.",
            "too long ago": f"The day {self.day} is more than {REPAIRABLE.days} days ago, too long to repair.",
            "no question": f"No question was posted on {self.day}, so no streak broke on it.",
            "counts": f"There is a rep on {self.day}, so it counts already.",
            "repaired": f"The day {self.day} was repaired already.",
        }[self.why]
        return f"{what} Nothing was changed; choose another day if you meant another."
