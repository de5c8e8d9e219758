"""Schedules as their cards show them, and what a claimed row tells its handler."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain.calendar import Recurrence

SCHEDULES_PER_SERVER = 25
NOWHERE = 0  # the channel of what waits for the new channel; nothing is due there


@dataclass(frozen=True, slots=True)
class Planned:
    """One schedule of a server."""

    id: int
    kind: str
    channel_id: int
    recurrence: Recurrence
    options: dict[str, Any]
    zone: str
    paused: bool
    upcoming: tuple[datetime, ...]
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery or timer this worker holds until `claimed_until`, by `token`."""

    id: int
    key: str
    kind: str
    server_id: int
    due_at: datetime
    token: str
    attempts: int  # this one included
    first_attempt_at: datetime
    schedule_id: int | None = None
    local_date: date | None = None
    channel_id: int | None = None
    late: bool = False
    stale: bool = False  # too old to go out: only settle it
    subject_id: int | None = None
    troubled: bool = False  # the staff were told of a trouble: going out, it is over


@dataclass(frozen=True, slots=True)
class Setup:
    """A server's set-up as its card shows it."""

    guild_id: int
    name: str
    zone: str
    channel_id: int | None  # empty until the new channel is made
    guide_role_id: int | None
    moderator_role_id: int | None
    alert_channel_id: int | None
    weekly_goal: int | None
    set_up: bool
    schedules: tuple[Planned, ...]
    last_miss: str | None
