"""Rounds: how somebody stands with them, and what a round came to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.recitation import Medium, Phase, Style

Mode = Literal["live", "async"]
MODES: dict[Mode, str] = {
    "live": "Live: you meet at a time that suits both",
    "async": "Async: you hand in a recording or a text, and mark each other's, within 72 hours",
}
MEDIUMS: dict[Medium, str] = {
    "voice": "By voice",
    "typed": "Typed, with double time",
}
# Whoever did not come so often in a row is asked first whether they are back.
NO_SHOWS_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class OpenRecitation:
    """A recitation of mine that is not over, and whom it is with."""

    id: int
    round_id: int | None
    mode: Style
    medium: Medium
    phase: Phase
    partners: tuple[int, ...]  # Discord ids
    thread_id: int | None
    meets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Whether somebody is in the rounds of their server, how they recite, and what of theirs is open."""

    since: datetime | None
    mode: Mode
    medium: Medium
    skips: bool
    rests: bool
    paused: bool
    paused_by_guide: bool
    next_at: datetime | None
    open: tuple[OpenRecitation, ...] = ()
