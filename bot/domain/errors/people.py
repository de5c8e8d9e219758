"""What people are told about themselves and each other: rights, membership, safety, notices."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors.base import AboutSomebody, Refusal, stamp

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


# --- privacy


class DeletionNotConfirmed(Refusal):
    words = (
        "That was not the word DELETE, so nothing was deleted. "
        "If you mean it, press the button again and type the word."
    )


class NothingKept(Refusal):
    words = "I keep nothing about you on this server, so there is nothing to take along or to delete."
