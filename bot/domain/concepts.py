"""Concepts: which one somebody recites next, and when one they have recited comes back."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# SuperMemo 2 (P. A. Woźniak, "Optimization of learning", 1990): the gap before the first repetition, before the
# second, and the factor by which every later one grows. A grade goes from 0 to 5, and here it is the share of the
# key points that was covered; the factor learns from failures too, as most who adopted the rule have it.
FIRST_GAP, SECOND_GAP = timedelta(days=1), timedelta(days=6)
FACTOR, LEAST_FACTOR = 2.5, 1.3
BEST_GRADE, PASSED = 5, 3
# Below this share the concept is begun anew.
STRUGGLED: Final = PASSED / BEST_GRADE
# Nobody marked it: neither a struggle nor a success.
UNMARKED: Final = STRUGGLED
# An interview is closer than that.
LONGEST_GAP = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Recited:
    """One time somebody recited a concept: when, and the share of its key points covered, if it was marked."""

    at: datetime
    share: float | None


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept that may be recited, and how it went before, oldest first."""

    item_id: int
    topic: str
    past: tuple[Recited, ...] = ()


def gap_after(shares: Sequence[float | None]) -> timedelta:
    """How long a concept rests after it was recited so many times with these shares, the latest last."""
    gap, factor, passed = timedelta(), FACTOR, 0
    for share in shares:
        grade = BEST_GRADE * (UNMARKED if share is None else share)
        short = BEST_GRADE - grade
        factor = max(LEAST_FACTOR, factor + 0.1 - short * (0.08 + short * 0.02))
        passed = passed + 1 if grade >= PASSED else 0
        gap = FIRST_GAP if passed <= 1 else SECOND_GAP if passed == 2 else min(LONGEST_GAP, gap * factor)
    return gap


def due_at(concept: Concept) -> datetime:
    """When a concept that was recited should come again."""
    return concept.past[-1].at + gap_after([one.share for one in concept.past])


def struggled(concept: Concept) -> bool:
    """Whether few of its key points were covered the last time."""
    share = concept.past[-1].share if concept.past else None
    return share is not None and share < STRUGGLED


def choose(
    concepts: Collection[Concept], rng: random.Random, now: datetime, besides: Collection[int] = ()
) -> Concept | None:
    """The concept to recite next; None where there is none besides those named.

    One they struggled with, once its rest is over, but never two such in a row while there is anything new; then one
    they never recited, of the topic that was longest unheard; then whatever is due, and at last what will be due
    first. The same concepts, moment and rng state give the same one.
    """
    offered = sorted(
        (one for one in concepts if one.item_id not in besides), key=lambda concept: concept.item_id
    )
    fresh = [one for one in offered if not one.past]
    again = [one for one in offered if one.past]
    due = sorted(again, key=lambda concept: (due_at(concept), concept.item_id))
    weak = [one for one in due if struggled(one) and due_at(one) <= now]
    if weak and not (fresh and _came_back(concepts)):
        return weak[0]
    if not fresh:
        return due[0] if due else None
    heard = {one.topic: one.past[-1].at for one in sorted(_recited(concepts), key=lambda c: c.past[-1].at)}
    # The topic first, then the concept, so that a topic with many concepts does not come more often.
    unheard = [topic for topic in sorted({one.topic for one in fresh}) if topic not in heard]
    topic = rng.choice(unheard) if unheard else min((one.topic for one in fresh), key=heard.__getitem__)
    return rng.choice([one for one in fresh if one.topic == topic])


def _recited(concepts: Collection[Concept]) -> list[Concept]:
    return [one for one in concepts if one.past]


def _came_back(concepts: Collection[Concept]) -> bool:
    """Whether what was recited last was a concept recited before."""
    latest = max(_recited(concepts), key=lambda concept: (concept.past[-1].at, concept.item_id), default=None)
    return latest is not None and len(latest.past) > 1
