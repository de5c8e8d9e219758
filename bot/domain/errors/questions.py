"""What is told about questions: answering, the bank, and suggestions."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors.base import Refusal, stamp
from bot.domain.texts import escaped

# --- questions


class QuestionUnknown(Refusal):
    words = "That question is no longer in the bank. `/question random` gives you another."


class QuestionsExhausted(Refusal):
    words = "No question in the bank fits these filters. Choose a wider topic, track or kind and try again."


@dataclass(eq=False)
class NothingFound(Refusal):
    text: str

    @property
    def sentence(self) -> str:
        return f"I found no question about “{self.text}”. Try one word, such as “variance” or “join”."


@dataclass(eq=False)
class NoOpenQuestion(Refusal):
    next_at: datetime | None

    @property
    def sentence(self) -> str:
        if self.next_at is None:
            return "No question is open right now, and none is scheduled. `/question random` gives you one to practise."
        return (
            f"No question is open right now. The next one comes {stamp(self.next_at, 'R')}. "
            "Until then, `/question random` gives you one to practise."
        )


# --- answers


@dataclass(eq=False)
class AnswerUnreadable(Refusal):
    text: str
    unit: str | None = None

    @property
    def sentence(self) -> str:
        unit = f" in {self.unit}" if self.unit else ""
        return (
            f"I could not read “{escaped(self.text)}” as a number. Write one number{unit}, such as 0.25 or 1,200. "
            "Your answer was not counted; you can try again."
        )


class EmptyText(Refusal):
    words = "Your answer was empty, so nothing was saved. Write at least a few words and try again."


@dataclass(eq=False)
class AnsweredAlready(Refusal):
    at: datetime
    right: bool | None

    @property
    def sentence(self) -> str:
        verdict = {True: " and it was right", False: " and it was not right", None: ""}[self.right]
        return (
            f"You answered this one {stamp(self.at, 'R')}{verdict}; the first answer counts. "
            "For another rep, try `/question random`."
        )


@dataclass(eq=False)
class AnswerClosed(Refusal):
    revealed_at: datetime

    @property
    def sentence(self) -> str:
        return (
            f"This question was revealed {stamp(self.revealed_at, 'R')}, so answers no longer count. "
            "`/daily` shows the open one, and `/question random` gives you one to practise."
        )


class AnswerNotYours(Refusal):
    words = "That answer belongs to somebody else. Open the question yourself with `/daily`."


class MarkedAlready(Refusal):
    words = "You have marked this answer already, and marks are given once. `/question random` has another."


class OpenAsDaily(Refusal):
    words = "This one is the daily question now. Answer it with `/daily`, where it counts for points too."


class AnswerFirst(Refusal):
    words = "Answer this question first, or wait for its reveal; then you can see and write explanations."


class OwnExplanation(Refusal):
    words = "You cannot vote for your own explanation. Which of the others helped you most?"


# --- suggestions


@dataclass(eq=False)
class UnknownTopic(Refusal):
    name: str

    @property
    def sentence(self) -> str:
        return f"The bank has no topic “{escaped(self.name[:60])}”. Type a word of it and pick one from the list."


@dataclass(eq=False)
class TooManySuggestions(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return (
            f"You have {self.limit} suggestions waiting, and that is the most. A guide looks at them; "
            "`/question suggest` shows what becomes of each."
        )


class SuggestionOver(Refusal):
    words = "That suggestion is decided or gone. `/question suggest` shows what became of yours."


class SuggestionChanged(Refusal):
    words = "Somebody changed this suggestion after it was shown to you. Press *Next* until you see it as it is now."


class OwnSuggestion(Refusal):
    words = "This is your own suggestion, so another guide decides about it. *Next* shows what else waits."


class NothingToReport(Refusal):
    words = "You can report a question that you have answered. Answer one with `/daily` or `/question random` first."


class NotOwnItem(Refusal):
    words = "That question is not one of this server's own, so it cannot be changed here. You can close its reports."


class WrongFile(Refusal):
    words = "I read only `.json` and `.csv` files, in the shape of an export. Nothing was imported."


@dataclass(eq=False)
class FileTooLarge(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return f"The file is larger than {self.limit // 1024**2} MiB; split it up. Nothing was imported."


class ImportOver(Refusal):
    words = (
        "This import is over: it was carried out or discarded, or a day has passed. "
        "`/setup bank import` takes the file again."
    )


@dataclass(eq=False)
class OwnBankFull(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return (
            f"With these the server would have more than {self.limit:,} questions of its own, or more text than "
            "one export holds. Nothing was changed; leave some of them out."
        )
