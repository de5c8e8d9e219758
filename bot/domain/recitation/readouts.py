"""What the cards of a recitation draw, and what its handlers are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bot.domain.recitation.phases import Medium, Stage, listener_of


@dataclass(frozen=True, slots=True)
class Concept:
    """What somebody recites, as far as everyone may see it."""

    title: str
    prompt: str
    # Definition, intuition, maths, when it fails, example: the same five for every concept.
    cover: Mapping[str, str]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        return cls(body["title"], body["question"], body["cover"])


@dataclass(frozen=True, slots=True)
class Outline:
    """What only the listener sees."""

    reciter_id: int
    discord_id: int
    title: str
    key_points: tuple[str, ...]
    model_answer: str
    follow_ups: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, reciter_id: int, discord_id: int, body: Mapping[str, Any]) -> Self:
        follow_ups = tuple((one["question"], one["reply"]) for one in body["follow_ups"])
        points = tuple(body["key_points"])
        return cls(reciter_id, discord_id, body["title"], points, body["model_answer"], follow_ups)


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a listener says of a recitation: the key points covered, and three marks from 1 to 3."""

    covered: tuple[int, ...]
    clarity: int
    depth: int
    follow_ups: int | None
    improve: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Feedback as whoever recited reads it; `id` names it for a report."""

    id: int
    about: int  # the Discord id of whoever recited
    by: int | None
    own: bool
    title: str
    key_points: tuple[str, ...]
    rubric: Rubric


@dataclass(frozen=True, slots=True)
class Chair:
    """One person in a room."""

    reciter_id: int
    place: int
    discord_id: int
    name: str
    zone: str
    topic: str | None
    came: bool
    # Not here is who left, and whom the others waited for in vain.
    here: bool
    concept: Concept | None
    recited_at: datetime | None
    finished_at: datetime | None
    # Whether feedback on their recitation was given, or they wait for none any more.
    given: bool
    takes: datetime | None
    thanked: bool
    keeps: bool


@dataclass(frozen=True, slots=True)
class Room:
    """A recitation as its cards show it; `step` counts its changes, and a card's buttons name it."""

    id: int
    guild_id: int
    step: int
    stage: Stage
    since: datetime
    ends_at: datetime | None
    mode: str
    medium: Medium
    channel_id: int
    thread_id: int | None
    message_id: int | None
    # Messages of earlier cards that may have their buttons still.
    outdated: tuple[int, ...]
    voice_id: int | None
    chairs: tuple[Chair, ...]
    meets_at: datetime | None
    offered: tuple[datetime, ...]
    signed_off_by: int | None
    noted_by: int | None
    guide_note: str | None

    @property
    def later(self) -> bool:
        """Whether they agreed on a time that has not come."""
        return self.meets_at is not None and self.meets_at == self.ends_at

    @property
    def here(self) -> tuple[Chair, ...]:
        return tuple(chair for chair in self.chairs if chair.here)

    def at(self, place: int | None) -> Chair | None:
        """Whoever sits there."""
        return next((chair for chair in self.chairs if chair.place == place), None)

    @property
    def reciter(self) -> Chair | None:
        return self.at(self.stage.turn)

    def listener(self, turn: int | None = None) -> Chair | None:
        """Who listens to a turn, the present one if none is named."""
        turn = self.stage.turn if turn is None else turn
        return self.at(listener_of(turn, [chair.place for chair in self.here]))

    @property
    def owing(self) -> tuple[Chair, ...]:
        """Who still owes feedback to somebody who recited."""
        owed = [chair.place for chair in self.chairs if chair.finished_at and not chair.given]
        found = {one.place: one for place in owed if (one := self.listener(place)) is not None}
        return tuple(found.values())
