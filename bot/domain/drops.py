"""Drops: which question comes next, when it is revealed, and the readouts its cards draw."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.domain.streaks import Streak

# Kinds a member can answer under a post; the others belong to pairs, groups and meetings.
ANSWERABLE = ("choice", "numeric", "open", "code", "sql")
# Kinds a daily question uses unless its schedule names others: answerable in a minute on a phone.
DAILY_KINDS = ("choice", "numeric", "open")

# Time enough for everyone in every zone to have had a whole day with the question.
REVEAL_AFTER = timedelta(hours=24)
# Below this a distribution would tell who answered what.
DISTRIBUTION_FROM = 5
# After an outage a question older than this would only compete with the next one.
LATE_WITHIN = timedelta(hours=6)

Ramp = Literal["any", "gentle", "steady", "hard"]
RAMPS: dict[Ramp, tuple[int, int]] = {"any": (1, 5), "gentle": (1, 2), "steady": (2, 4), "hard": (4, 5)}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a schedule asks of its questions; empty tuples mean any."""

    track: str = "both"
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = DAILY_KINDS
    ramp: Ramp = "any"

    def as_json(self) -> dict[str, Any]:
        return {
            "track": self.track,
            "topics": list(self.topics),
            "kinds": list(self.kinds),
            "ramp": self.ramp,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Filters":
        return cls(
            track=raw.get("track", "both"),
            topics=tuple(raw.get("topics", ())),
            kinds=tuple(raw.get("kinds", DAILY_KINDS)),
            ramp=raw.get("ramp", "any"),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be asked, and how often this server has had it."""

    item_id: int
    topic: str
    times_asked: int


def choose(candidates: Sequence[Candidate], recent_topics: Sequence[str], rng: random.Random) -> Candidate:
    """Pick the next item: least asked first, then the topic longest unseen, then chance.

    `recent_topics` is newest first. The same candidates, order and rng state give the same item.
    Raises ValueError when there is no candidate.
    """
    if not candidates:
        raise ValueError("no candidate")
    fewest = min(candidate.times_asked for candidate in candidates)
    fresh = [candidate for candidate in candidates if candidate.times_asked == fewest]
    age: dict[str, int] = {}
    for position, topic in enumerate(recent_topics):
        age.setdefault(topic, position)
    never = len(recent_topics)
    oldest = max(age.get(candidate.topic, never) for candidate in fresh)
    topics = sorted({c.topic for c in fresh if age.get(c.topic, never) == oldest})
    # The topic first, then the item, so that a topic with many items is not asked more often.
    topic = rng.choice(topics)
    pool = sorted((c for c in fresh if c.topic == topic), key=lambda c: c.item_id)
    return rng.choice(pool)


def reveals_at(posted_at: datetime, next_due: datetime | None) -> datetime:
    """At the schedule's next question, but never under 24 hours after the post."""
    earliest = posted_at + REVEAL_AFTER
    return earliest if next_due is None else max(earliest, next_due)


@dataclass(frozen=True, slots=True)
class Question:
    """An item as people see it before they answer; `draft` is the version's stored content."""

    item_id: int
    version_id: int
    draft: Mapping[str, Any] = field(hash=False)
    topic_name: str


@dataclass(frozen=True, slots=True)
class OpenDrop:
    """A question in its channel, open for answers."""

    id: int
    server_id: int
    guild_id: int
    question: Question
    channel_id: int
    message_id: int | None
    posted_at: datetime | None
    reveals_at: datetime | None
    late: bool
    due_at: datetime
    answered: int = 0
    revealed_at: datetime | None = None
    reveal_message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a member is told, privately, after answering."""

    answer_id: int
    question: Question
    right: bool | None  # None while an open answer waits for its marks
    chosen: tuple[int, ...] = ()
    text: str | None = None
    marks: tuple[int, ...] | None = None
    practice: bool = False
    joined_now: bool = False
    reps: int = 0
    points: int = 0
    streak: Streak | None = None
    reveals_at: datetime | None = None
    # A guide checked the marks of an open answer, perhaps with a word on it.
    confirmed: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Reveal:
    """What everyone sees once a question is revealed."""

    drop: OpenDrop
    answered: int
    right: int
    marked: int
    # Choice: answers per option. Empty where under DISTRIBUTION_FROM answers or not a choice.
    distribution: tuple[int, ...]
    tempting: int | None  # the most chosen wrong option


@dataclass(frozen=True, slots=True)
class Explained:
    """A member's explanation in a drop's discussion."""

    id: int
    drop_id: int
    name: str
    text: str
    votes: int
    message_id: int | None
    best: bool = False
