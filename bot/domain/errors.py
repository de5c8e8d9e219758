"""Every way Reps says no, each with its facts and one sentence: what happened, what to do next.

Refusal
├── Setup:      NotSetUp, SetupNotAllowed, UnknownZone, WrongChannel, MissingPermissions
├── Rights:     GuidesOnly, ModeratorsOnly
├── Members:    NotAMember, ZoneChangedRecently, NothingToUndo, LongAgoJoined
├── Guides:
├── Safety:
├── Notices:
├── Privacy:    DeletionNotConfirmed, NothingKept
├── Schedules:  ScheduleUnknown, ScheduleInvalid, TooManySchedules
├── Suggestions:
├── Questions:  QuestionUnknown, QuestionsExhausted, NothingFound, NoOpenQuestion
├── Answers:    AnswerUnreadable, AnsweredAlready, AnswerClosed, AnswerNotYours, MarkedAlready,
│               EmptyText, AnswerFirst, OwnExplanation, OpenAsDaily
└── Platform:   OutOfDate, NotHere
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.domain.texts import escaped


def stamp(moment: datetime, style: str = "f") -> str:
    """Discord's own timestamp, shown to each reader in their own zone and language."""
    return f"<t:{int(moment.timestamp())}:{style}>"


class Refusal(Exception):
    """Something a person asked for that cannot be; `sentence` says what happened and what to do next."""

    @property
    def sentence(self) -> str:
        """One sentence or two: what happened, and what to do next."""
        return self.words

    words: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.sentence


# --- set-up


class NotSetUp(Refusal):
    words = "Reps is not set up on this server yet. An admin can run `/setup start`; it takes a minute."


class SetupNotAllowed(Refusal):
    words = "Only people with the Manage Server permission can change the set-up. Ask one of your admins."


@dataclass(eq=False)
class UnknownZone(Refusal):
    name: str

    @property
    def sentence(self) -> str:
        return (
            f"I don't know the time zone “{self.name}”. Type the name of a big city near you, "
            "such as Berlin or New York, and pick one from the list."
        )


class WrongChannel(Refusal):
    words = "I can post questions only in a text channel. Choose one with the # sign and try again."


@dataclass(eq=False)
class MissingPermissions(Refusal):
    channel_id: int
    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        wanted = ", ".join(f"**{name}**" for name in self.names)
        return (
            f"In <#{self.channel_id}> I am missing: {wanted}. Open the channel's settings, then Permissions, "
            "add Reps and switch these on. Then try again."
        )


# --- rights


class GuidesOnly(Refusal):
    words = "Only guides can do this. Admins name them with `/guide people add` or a role in `/setup start`."


class ModeratorsOnly(Refusal):
    words = "Only the moderators named in `/setup start` can do this. Ask one of them, or an admin."


# --- members


class NotAMember(Refusal):
    words = "You are not taking part on this server right now. Answer today's question with `/daily` and you are in."


@dataclass(eq=False)
class ZoneChangedRecently(Refusal):
    allowed_at: datetime

    @property
    def sentence(self) -> str:
        return (
            "You changed your time zone less than seven days ago, and streaks count by it. "
            f"You can change it again {stamp(self.allowed_at, 'R')}."
        )


class NothingToUndo(Refusal):
    words = "There is nothing to undo. To stop taking part, use `/me leave`."


class LongAgoJoined(Refusal):
    words = "You have done more since then, so I left it as it is. To stop taking part, use `/me leave`."


# --- privacy


class DeletionNotConfirmed(Refusal):
    words = (
        "That was not the word DELETE, so nothing was deleted. "
        "If you mean it, press the button again and type the word."
    )


class NothingKept(Refusal):
    words = "I keep nothing about you on this server, so there is nothing to take along or to delete."


# --- schedules


class ScheduleUnknown(Refusal):
    words = "This server has no such schedule. `/setup schedule list` shows those it has."


@dataclass(eq=False)
class ScheduleInvalid(Refusal):
    what: str

    @property
    def sentence(self) -> str:
        return f"{self.what} Nothing was saved; please try again."


@dataclass(eq=False)
class TooManySchedules(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return (
            f"A server can have {self.limit} schedules and this one has them all. "
            "Remove one with `/setup schedule remove` first."
        )


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


# --- platform


class OutOfDate(Refusal):
    words = "This button belongs to something that is over. Open it fresh with `/reps`."


class NotHere(Refusal):
    words = "Reps works inside a server, not in direct messages. Use this command in your study channel."
