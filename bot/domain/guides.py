"""Guides: the readouts of what waits for them, what they check, and what they correct."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.drops import Question
from bot.domain.scoring import Activity
from bot.domain.streaks import Streak

# The shortest history in which somebody notices a lost day; older ones are past repairing.
REPAIRABLE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody an act is about, as Discord says."""

    discord_id: int
    admin: bool
    bot: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked of the guides: since when, how many wait before them, and who took it.

    `guided` is whether anybody else is named to guide here; if not, it waits for an admin.
    """

    at: datetime
    ahead: int
    taken_by: int | None
    guided: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request in the queue; `kind` names its face."""

    id: int
    kind: str
    discord_id: int
    subject: str
    title: str
    note: str
    channel_id: int | None
    asked_at: datetime
    taken_by: int | None


@dataclass(frozen=True, slots=True)
class Pile:
    """What waits elsewhere: how many, and since when the oldest."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of what waits, oldest first; a pile that is not for this person to see is None.

    Requests, suggested and reported questions are for guides, reports for moderators.
    """

    requests: tuple[Waiting, ...]
    page: int
    pages: int
    total: int
    suggestions: Pile | None
    doubts: Pile | None
    reports: Pile | None


@dataclass(frozen=True, slots=True)
class Checking:
    """An open answer as a guide checks it, with its writer's own marks."""

    request_id: int
    discord_id: int
    question: Question
    text: str
    marks: tuple[int, ...]
    right: bool


@dataclass(frozen=True, slots=True)
class GuideNamed:
    """A guide by row, and who named them when."""

    discord_id: int
    added_by: int
    added_at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """Who guides on a server: the holders of a role, and those named one by one."""

    role_id: int | None
    named: tuple[GuideNamed, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """One rep of the record with the points added to it later; voided ones say when, by whom and why."""

    id: int
    activity: Activity
    title: str
    points: int
    at: datetime
    day: date
    voided_at: datetime | None
    voided_by: int | None
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A member's latest reps that count, and those that were voided, newest first."""

    discord_id: int
    reps: int
    points: int
    counted: tuple[Counted, ...]
    voided: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Voided:
    """What voiding took away, and what is left."""

    discord_id: int
    reps: int
    points: int
    streak: Streak


@dataclass(frozen=True, slots=True)
class Repaired:
    """A streak before and after one of its days was repaired."""

    discord_id: int
    day: date
    before: Streak
    after: Streak


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the audit trail; `discord_id` is the person it is about, `subject` anything else."""

    actor: int
    action: str
    discord_id: int | None
    subject: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """One page of the audit trail, newest first; `about` keeps it to one person."""

    acts: tuple[Act, ...]
    page: int
    pages: int
    about: int | None
