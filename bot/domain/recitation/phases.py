"""The phases of a live recitation: who recites to whom, for how long, and what comes next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

Medium = Literal["voice", "typed"]
# arranged: put together, no room yet. opening: the room is being made. ready: everybody reads their concept. reciting,
# rubric: of the one whose turn it is. exchange: an async pair hands in and marks. feedback: everything was given, or
# its time is over, and can be read. done and over are ends: done with credit, over without (nobody came, a block).
Phase = Literal["arranged", "opening", "ready", "reciting", "rubric", "exchange", "feedback", "done", "over"]
# A press that begins, one that ends, feedback for whose turn it is (or the last that was owed), time that is up.
Event = Literal["begin", "finish", "given", "time"]

# A turn: a place from 0. When everyone has recited and feedback is still owed, it is the place nobody has.
AFTER: Final = 3

# Long enough to read a concept and collect oneself, short enough to stay.
READY = timedelta(minutes=5)
# A model answer takes 90 seconds; with follow-ups, and in a second language, three times that.
RECITING = timedelta(minutes=5)
RUBRIC = timedelta(minutes=3)
# Writing takes about twice as long as speaking.
TYPED_TIMES = 2
# How long feedback that is still owed keeps the others' sealed.
OWED = timedelta(hours=24)
# How long a recitation stays open for reading and thanking before it is put away.
READ = timedelta(hours=48)

# How long one waits before saying that the other has not come, and how long the other has to answer.
ABSENT_AFTER = timedelta(minutes=10)
ANSWERED_WITHIN = timedelta(hours=24)
NO_SHOWS_REST = 3
NUDGED_AFTER = timedelta(hours=24)
CLOSED_AFTER = timedelta(hours=72)

# Under a minute nobody explains a concept: it is a rep, not points. In writing, so many characters are a minute's work.
COUNTS_FROM = timedelta(seconds=60)
WRITTEN_FROM = 200
# Pairs with one partner in a week that score: more would be two friends pressing buttons.
SCORED_WITH_ONE = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a recitation stands: its phase, and whose turn it is."""

    phase: Phase
    turn: int = 0


def listener_of(turn: int, places: Sequence[int]) -> int | None:
    """The place that listens to a turn: the next one, beginning again at the end; None when nobody else is there."""
    others = [place for place in sorted(places) if place != turn]
    return next((place for place in others if place > turn), others[0] if others else None)


def following(
    stage: Stage, event: Event, *, places: Sequence[int], owed: Collection[int] = ()
) -> Stage | None:
    """What comes after an event; None when it changes nothing.

    `places` are those who are here; `owed` those who recited and have not been given feedback.
    """
    match stage.phase, event:
        case "ready", "begin":
            return Stage("reciting", stage.turn)
        case "reciting", ("finish" | "time"):
            return Stage("rubric", stage.turn)
        case "rubric", "time" if stage.turn == AFTER:
            return Stage("feedback", AFTER)
        case "rubric", ("given" | "time"):
            coming = min((place for place in places if place > stage.turn), default=AFTER)
            if coming < AFTER:
                return Stage("ready", coming)
            if owed:
                return Stage("rubric", AFTER) if stage.turn < AFTER else None
            return Stage("feedback", AFTER)
        case "exchange", "time":
            return Stage("feedback", AFTER)
        case "feedback", "time":
            return Stage("done", AFTER)
    return None


def allowed(stage: Stage, medium: Medium) -> timedelta | None:
    """How long a stage lasts; None where nothing ends it by itself."""
    times = TYPED_TIMES if medium == "typed" else 1
    match stage.phase:
        case "ready":
            return READY * times
        case "reciting":
            return RECITING * times
        case "rubric":
            return OWED if stage.turn == AFTER else RUBRIC * times
        case "exchange":
            return CLOSED_AFTER
        case "feedback":
            return READ
    return None
