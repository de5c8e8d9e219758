"""Scripts: which one an interview goes by, how long it takes, and its pages as the interviewer turns them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.domain.availability import GRID
from bot.domain.interviews import AROUND_MINUTES, BY_EXPERIENCE, LEAST_HALF, LONGEST_HALF
from bot.domain.members import Level, Track
from bot.domain.projects import Project, stage_for


@dataclass(frozen=True, slots=True)
class Script:
    """A script that could be used, and how often the interviewer and the interviewee have met it."""

    item_id: int
    version_id: int
    track: str
    level: Level
    minutes: int
    asked_before: int
    known_before: int


def choose_script(scripts: Sequence[Script], track: Track, level: Level | None, rng: random.Random) -> Script:
    """The one to use: new to the interviewee, then new to the interviewer, track and level nearest, then chance.

    Raises ValueError when there is none.
    """
    if not scripts:
        raise ValueError("no script")

    def rank(script: Script) -> tuple[int, int, int, int]:
        return (
            script.known_before,
            not _of_track(script.track, track),
            abs(_experience(script.level) - _experience(level)),
            script.asked_before,
        )

    best = min(map(rank, scripts))
    return rng.choice(
        sorted((script for script in scripts if rank(script) == best), key=lambda one: one.item_id)
    )


def _of_track(track: str, wished: str) -> bool:
    return track in ("both", wished) or wished == "undecided"


def _experience(level: Level | None) -> int:
    return BY_EXPERIENCE.index(level) if level in BY_EXPERIENCE else 0


def half(minutes: int) -> int:
    """The minutes of one half, of a script's: each of the two is asked a whole script."""
    return min(max(minutes, LEAST_HALF // timedelta(minutes=1)), LONGEST_HALF // timedelta(minutes=1))


def length(halves: Iterable[int]) -> int:
    """How long both halves take with what is around them, in whole half-hours."""
    return -(-(sum(halves) + AROUND_MINUTES) // GRID) * GRID


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of a script, and what a good answer holds."""

    question: str
    key_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a script as the interviewer goes through it."""

    title: str
    words: str
    asks: tuple[Ask, ...] = ()


def pages_of(
    script: Mapping[str, Any], probes: Sequence[Mapping[str, Any]] = (), project: Project | None = None
) -> tuple[Page, ...]:
    """A script from its opening on; probes follow the stage they belong to, those about tools the last one."""
    titles = [str(stage["title"]) for stage in script["stages"]]
    after: dict[int, list[Page]] = {}
    for body in probes:
        stage = body.get("stage")
        place = stage_for(stage, titles) if stage else len(titles) - 1
        about = f"Probes: {stage}" if stage else f"Probes: {', '.join((body.get('tools') or ())[:3])}"
        after.setdefault(place, []).append(
            Page(about, str(body.get("question") or ""), _asks(body["probes"]))
        )
    pages = [Page("Opening", str(script["question"]))]
    if project is not None:
        pages.append(Page("Their project", "", _told(project)))
    for place, stage in enumerate(script["stages"]):
        pages.append(Page(stage["title"], stage["question"], _asks(stage["follow_ups"])))
        pages += after.get(place, ())
    return tuple(pages)


def _asks(asks: Iterable[Mapping[str, Any]]) -> tuple[Ask, ...]:
    return tuple(Ask(ask["question"], tuple(ask["key_points"])) for ask in asks)


def _told(project: Project) -> tuple[Ask, ...]:
    named = {
        "Problem": project.problem,
        "Data": project.data,
        "Model": project.model,
        "Tools": project.tools,
        "Result": project.result,
    }
    return tuple(Ask(name, (words,)) for name, words in named.items() if words)
