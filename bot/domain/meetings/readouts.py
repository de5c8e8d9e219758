"""What the cards of a meeting draw, and what its handlers are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.meetings.agenda import Part, Slot
from bot.domain.recitation import Medium

# planned: it has not begun; over: it was held; cancelled: it was not.
Phase = Literal["planned", "over", "cancelled"] | Part
Spoken = Literal["", "spoke", "passed", "time"]


@dataclass(frozen=True, slots=True)
class Attending:
    """Somebody who came, and what they did so far."""

    attendee_id: int
    discord_id: int
    present: bool
    minutes: int
    recited: int
    concepts: tuple[str, ...]  # the titles of what they recited
    heard: int
    proposed: bool
    spoken: Spoken
    reps: int
    named: bool  # whether they wish to be named with what they did


@dataclass(frozen=True, slots=True)
class Grouped:
    """Two or three who recite to each other now, or one alone; where, as far as their room is open."""

    recitation_id: int
    people: tuple[int, ...]  # Discord ids
    solo: bool
    thread_id: int | None
    voice_id: int | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a table's speaking order."""

    discord_id: int
    here: bool
    spoken: Spoken


@dataclass(frozen=True, slots=True)
class Table:
    """One speaking order; `turn` is whose turn it is, or the number of seats when everyone had theirs."""

    id: int
    meeting_id: int
    number: int
    of: int
    step: int
    turn: int
    ends_at: datetime | None
    seats: tuple[Seat, ...]
    room_id: int | None
    voice_id: int | None
    message_id: int | None
    problem_id: int | None
    open: bool
    paused: bool
    by_voice: bool

    @property
    def speaker(self) -> Seat | None:
        return self.seats[self.turn] if self.open and self.turn < len(self.seats) else None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as it stands; `step` counts its changes, and its guide's buttons name it."""

    id: int
    server_id: int
    guild_id: int
    step: int
    place: int
    phase: Phase
    medium: Medium
    slots: tuple[Slot, ...]
    starts_at: datetime
    started_at: datetime | None
    minutes: int
    since: datetime | None
    ends_at: datetime | None
    paused_at: datetime | None
    moved_by: datetime | None  # when everybody is in their room, while they are brought there
    channel_id: int
    voice_id: int | None
    message_id: int | None
    event_id: int | None
    led_by: int | None  # a Discord id
    by_schedule: bool  # whether a scheduled post is its card
    attending: tuple[Attending, ...]
    groups: tuple[Grouped, ...]
    tables: tuple[Table, ...]
    problem_id: int | None
    problem_link: str | None
    useful: tuple[int, int, int]  # how many found it so: a lot, somewhat, not much

    @property
    def running(self) -> bool:
        return self.phase not in ("planned", "over", "cancelled")

    @property
    def present(self) -> tuple[Attending, ...]:
        return tuple(one for one in self.attending if one.present)

    @property
    def left(self) -> timedelta:
        """What is left of the present part while it is paused."""
        if self.paused_at is None or self.ends_at is None:
            return timedelta()
        return self.ends_at - self.paused_at


@dataclass(frozen=True, slots=True)
class Mine:
    """A meeting as one person in it sees it: their group or table, if they have one now."""

    meeting: Meeting
    group: Grouped | None
    table: Table | None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The meeting of a server that goes on now, or comes next, as somebody's home tells of it."""

    id: int
    starts_at: datetime
    minutes: int
    link: str  # to its card, its event, or the channel in which it begins
    running: bool
    here: bool  # whether they take part in it already
