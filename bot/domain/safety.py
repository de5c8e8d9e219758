"""Safety: what a report or a block is about, why something is reported, and what is read of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

REASONS = {
    "harassment": "Harassment or threats",
    "spam": "Spam or advertising",
    "cheating": "Cheating, or leaking answers",
    "hate": "Hate",
    "other": "Something else",
}
# A report keeps its reason's code on the first line, and what was written below it, in 1,000 characters.
REPORT_TEXT_LIMIT = 1000 - 1 - max(map(len, REASONS))
EVIDENCE_LIMIT = 4000
# At most 90 days; a day less leaves room for an outage.
REPORTS_KEPT = timedelta(days=89)
SAME_REPORT_WITHIN = timedelta(days=1)
OPEN_REPORTS_PER_DAY = 10
BLOCKS_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Subject:
    """What somebody wants to report or whose author they want to block, as it stands now."""

    kind: str
    id: int
    about_discord_id: int
    name: str = ""  # as everybody sees it, which may hide who it is; empty: the person themselves
    evidence: str = ""
    place: tuple[int, int] | None = None  # the channel and the message

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Reported:
    """What happened with a report, for whoever made it."""

    again: bool
    alerts: bool


@dataclass(frozen=True, slots=True)
class ReportShown:
    """A report as its moderators read it; `number` of `waiting` counts the open ones."""

    id: int
    subject: str
    reason: str
    text: str
    evidence: str
    at: datetime
    reporter_discord_id: int
    about_discord_id: int | None
    link: tuple[int, int, int] | None  # server, channel, message
    removable: bool
    closed_at: datetime | None
    closed_by: int | None
    number: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """One block, for whoever made it; without a name where the other person shows none."""

    id: int
    name: str | None
    at: datetime


def gathered(before: str, seen: str) -> str:
    """The evidence of something reported again: what was there first stays, what is new is added, if there is room."""
    if seen in before:
        return before
    return f"{before}\n\n{seen}"[:EVIDENCE_LIMIT] if before else seen[:EVIDENCE_LIMIT]
