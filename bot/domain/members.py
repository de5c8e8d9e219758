"""Members: who someone is to Reps, and the cards' readouts about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.drops import OpenDrop
from bot.domain.scoring import Goal, ShownAs
from bot.domain.streaks import Streak

Track = Literal["ds", "mle", "undecided"]
TRACKS: dict[Track, str] = {
    "ds": "Data scientist",
    "mle": "Machine-learning engineer",
    "undecided": "Not decided yet",
}
SHOWN: dict[ShownAs, str] = {
    "name": "With my name",
    "anonymous": "Without my name (Member)",
    "hidden": "Not at all",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking, as Discord says: never taken from a custom_id."""

    guild_id: int
    discord_id: int
    name: str
    guild_name: str = ""
    manages_server: bool = False
    role_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Profile:
    """A member's settings."""

    name: str
    zone: str | None
    server_zone: str
    track: Track
    shown_as: ShownAs
    joined_at: datetime
    paused: bool
    zone_locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Home:
    """Where someone stands, and the one next thing to do now."""

    name: str
    set_up: bool
    member: bool
    paused: bool
    week_reps: int
    week_points: int
    streak: Streak
    answered_today: bool
    open_drop: OpenDrop | None
    next_drop_at: datetime | None
    goal: Goal | None
