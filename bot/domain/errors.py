"""Every way Reps says no, each with its facts and one sentence: what happened, what to do next.

Refusal
├── Setup:      NotSetUp, SetupNotAllowed, UnknownZone, WrongChannel, MissingPermissions,
│               ChannelGone, ChannelNotMade, ChannelInTheMaking, RoleOfEveryone
├── Rights:     GuidesOnly, ModeratorsOnly
├── Members:    NotAMember, ZoneChangedRecently, NothingToUndo, LongAgoJoined, NoSuchMember, PausedByGuide
├── Guides:     GuideAlready, NotAGuide, NoBots, RequestOver, TakenAlready, OwnAnswer, NotMarkedYet, GuideAnswersFirst,
│               NoReason, NotThisPerson, PausedAlready, NotPaused, VoidedAlready, NothingToVoid,
│               DayUnreadable, NotRepairable
├── Safety:     SubjectGone, AboutYourself, TooManyReports, ReportUnknown, ReportClosed, ReportAboutYou
├── Notices:    QuietAllDay
├── Privacy:
├── Schedules:  ScheduleUnknown, ScheduleInvalid, TooManySchedules, DraftOver, NothingToAsk
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


@dataclass(eq=False)
class AboutSomebody(Refusal):
    """The base of refusals whose one fact is whom they are about: `{who}` in their words."""

    discord_id: int

    @property
    def sentence(self) -> str:
        return self.words.format(who=f"<@{self.discord_id}>")


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


class ChannelGone(Refusal):
    words = "The channel for questions is gone. Choose another one, or a new #reps, with `/setup start`."


@dataclass(eq=False)
class ChannelNotMade(Refusal):
    reason: str

    @property
    def sentence(self) -> str:
        return (
            f"I could not create #reps; Discord says: {escaped(self.reason[:80])}. Give the Reps role "
            "**Manage Channels** (Server Settings, then Roles), or choose an existing channel with `/setup start`."
        )


class ChannelInTheMaking(Refusal):
    words = "Somebody pressed this a moment ago: #reps is being created right now. Not there in a minute? Press again."


class RoleOfEveryone(Refusal):
    words = "That role belongs to everyone here. Choose one that only your guides or your moderators have."


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


class NoSuchMember(AboutSomebody):
    words = (
        "So far {who} has not taken part on this server, so there is nothing to change. "
        "Answering a question with `/daily` is how people begin."
    )


class PausedByGuide(Refusal):
    words = (
        "A guide has paused you here. You can still answer questions privately; what others read waits. "
        "Talk to a guide or an admin: they end it with `/guide people resume`."
    )


# --- guides


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
    what: str

    @property
    def sentence(self) -> str:
        return f"{self.what} Nothing was changed; choose another day if you meant another."


# --- safety


class SubjectGone(Refusal):
    words = (
        "I cannot find this here any more; perhaps it was deleted. You can report or block the person instead: "
        "open the menu on their name, then *Apps*, then *Report or block*."
    )


class AboutYourself(Refusal):
    words = (
        "This is about you, and nobody can report or block themselves. To stop taking part, use `/me leave`."
    )


@dataclass(eq=False)
class TooManyReports(Refusal):
    limit: int

    @property
    def sentence(self) -> str:
        return (
            f"You made {self.limit} reports today that the moderators have not closed yet, so I did not save this one. "
            "If it is urgent, write to a moderator."
        )


class ReportUnknown(Refusal):
    words = "This server has no such report, or it is so old that it was erased. `/guide queue` shows what is open."


@dataclass(eq=False)
class ReportClosed(Refusal):
    at: datetime

    @property
    def sentence(self) -> str:
        return f"This report was closed {stamp(self.at, 'R')} already. `/guide queue` shows what is open."


class ReportAboutYou(Refusal):
    words = (
        "This report is about you, so another moderator or an admin looks after it. Please leave it to them."
    )


# --- notices


class QuietAllDay(Refusal):
    words = (
        "Quiet hours cannot begin and end at the same time, so nothing was changed. To hear nothing at all, "
        "switch the notices off instead."
    )


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


class DraftOver(Refusal):
    words = (
        "This draft is over: it was saved or discarded, or it is more than a day old. "
        "`/setup schedule list` shows what is planned; `/setup schedule add` begins a new one."
    )


class NothingToAsk(Refusal):
    words = (
        "No question in the bank fits these filters, so this schedule would post nothing. "
        "Choose a wider topic, track or difficulty; nothing was saved."
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
