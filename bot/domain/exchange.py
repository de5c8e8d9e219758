"""An async recitation: everybody hands in, is marked with one question, and replies to it, in any order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.domain.recitation import Concept, Outline, Phase, Rubric

# With a day left: late enough that it seldom goes out, early enough to be done by.
EXCHANGE_NUDGED_AFTER: Final = timedelta(hours=48)
# What Discord takes from a bot in a server without boosts.
RECORDING_LIMIT: Final = 10 * 1024 * 1024
RECORDING_KINDS: Final = ("audio/", "video/")

Step = Literal["hand-in", "mark", "reply"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one recitation has come."""

    handed_in: bool = False
    marked: bool = False
    replied: bool = False


def owed(
    place: int, progress: Mapping[int, Progress], listeners: Mapping[int, int | None]
) -> tuple[Step, ...]:
    """What somebody can do now and has not done; `listeners` tells who marks each place."""
    own = progress[place]
    marks = [told for told, listener in listeners.items() if listener == place]
    steps: list[Step] = []
    if not own.handed_in:
        steps.append("hand-in")
    if any(progress[told].handed_in and not progress[told].marked for told in marks):
        steps.append("mark")
    if own.marked and not own.replied:
        steps.append("reply")
    return tuple(steps)


def complete(progress: Mapping[int, Progress], listeners: Mapping[int, int | None]) -> bool:
    """Whether nothing is left to do: a recitation nobody can mark needs only to be handed in."""
    return all(
        one.handed_in and (listeners[place] is None or (one.marked and one.replied))
        for place, one in progress.items()
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """A file somebody uploaded, where Discord keeps it for now."""

    url: str
    kind: str
    size: int

    @property
    def fit(self) -> bool:
        return self.kind.startswith(RECORDING_KINDS) and self.size <= RECORDING_LIMIT


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part of an exchange."""

    reciter_id: int
    place: int
    discord_id: int
    name: str
    concept: Concept
    progress: Progress
    # Who marks it, and what they can do now.
    listener_id: int | None
    owed: tuple[Step, ...]
    # Where what they handed in stands, once it does.
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An async recitation as its card shows it."""

    id: int
    guild_id: int
    step: int
    phase: Phase
    thread_id: int | None
    message_id: int | None
    ends_at: datetime | None
    parts: tuple[Part, ...]
    # Whether nothing is left to do.
    done: bool

    @property
    def open(self) -> bool:
        """Whether anything is still handed in, marked or replied."""
        return self.phase == "exchange"

    def part(self, reciter_id: int) -> Part:
        return next(part for part in self.parts if part.reciter_id == reciter_id)


@dataclass(frozen=True, slots=True)
class Posting:
    """What the bot is to post in the thread for somebody: what they handed in, wrote as a question, or replied."""

    exchange: Exchange
    reciter_id: int
    # "lost" is a recording Discord does not keep any more: nothing is left of it.
    what: Literal["hand-in", "question", "reply", "lost"]
    text: str = ""
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class Marking:
    """What whoever marks reads first: what was handed in, and what it is compared with."""

    exchange: Exchange
    outline: Outline
    text: str
    message_id: int
    rubric: Rubric | None = None
