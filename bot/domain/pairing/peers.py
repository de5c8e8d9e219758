"""Peers, who want a partner; groups, what a round makes of them; and the reasons a group is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from bot.domain.availability import Slots
from bot.domain.members import Level, Track

Mode = Literal["live", "async"]
Medium = Literal["voice", "typed"]
PairKey = frozenset[int]  # the ids of two members

# Every code a reason may have, and what its value says. The words are the faces'.
REASONS: Final[Mapping[str, str]] = {
    "kept": "they wished to keep each other",
    "standing": "nobody else takes part, so meeting again says nothing",
    "new": "they never met",
    "again": "they met before; how many times",
    "odd": "the number was odd, so they are three",
    "track": "the track all of them are on",
    "topic": "a topic all of them want or need",
    "language": "a language all of them speak, other than English",
    "time": "the first time that fits all, as an ISO 8601 instant of UTC",
    "no-hours": "no time fits all, so what was live became async",
    "level": "one is stronger, another newer",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody who wants a partner.

    `slots` are weekly hours on the clock of `zone`; without any, the hours people are awake count. Two in the live
    queue are both here now, whatever their weeks say: there `slots` stays empty.
    """

    member_id: int
    mode: Mode
    medium: Medium
    languages: frozenset[str]
    track: Track
    zone: str
    level: Level | None = None
    topics: frozenset[str] = frozenset()  # wished for, or weak
    slots: Slots = ()
    strength: float | None = None  # 0 to 1: the smoothed share of right answers and covered key points
    reliability: float = 1.0  # 0 to 1: the smoothed share of arranged pairs they came to
    trios: int = 0  # how often they were one of three
    last_trio_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """How often two members were put together, and when last."""

    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a group is what it is: a code of REASONS, and its value where it has one.

    Of three it may be true of two only: `among` are their places in the group then.
    """

    code: str
    value: str = ""
    among: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "value": self.value, "among": list(self.among)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Reason":
        return cls(raw["code"], raw.get("value", ""), tuple(raw.get("among", ())))


@dataclass(frozen=True, slots=True)
class Fit:
    """How well two fit: the score, its parts by name, and the mode they would meet in."""

    score: int
    parts: Mapping[str, int]
    mode: Mode
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Two or three put together, in the order in which they begin.

    The score of three is the mean of their three pairs, part by part, so that it compares with that of two.
    """

    members: tuple[int, ...]
    mode: Mode
    medium: Medium
    score: int
    parts: Mapping[str, int]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Paired:
    """A round: everyone is in exactly one group, or alone."""

    groups: tuple[Group, ...]
    alone: tuple[int, ...]
