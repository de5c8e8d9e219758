"""What is told about reciting alone, and about handing in and marking."""

from dataclasses import dataclass

from bot.domain.errors.base import AboutSomebody, Refusal


class NothingToRecite(Refusal):
    words = "The bank has no concept to recite right now. `/question random` gives you a question to practise instead."


class HandedInAlready(Refusal):
    words = (
        "You have handed in already, and the first one counts. The card in the thread shows what comes next."
    )


@dataclass(eq=False)
class TooShort(Refusal):
    least: int

    @property
    def sentence(self) -> str:
        return (
            f"Please write at least {self.least} characters, or add a recording: that is about a minute's work. "
            "Nothing was saved; press *Hand in* and try again."
        )


@dataclass(eq=False)
class RecordingUnfit(Refusal):
    megabytes: int

    @property
    def sentence(self) -> str:
        return (
            f"I take one audio or video file of at most {self.megabytes} MB, and this is another kind or larger. "
            "Nothing was saved; press *Hand in* and try again, or write it instead."
        )


class NotHandedInYet(AboutSomebody):
    words = "Nothing to mark yet: {who} has not handed in. I mention you in the thread as soon as there is."


class RepliedAlready(Refusal):
    words = "You have replied to this question already, and one reply is enough. Thank you."


class NothingToReply(Refusal):
    words = "There is no question here that waits for your reply. The card in the thread shows what is next."
