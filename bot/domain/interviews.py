"""Mock interviews: round types, phases, who fits whom, which script, and the readouts their cards draw."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.domain.availability import GRID
from bot.domain.members import Level, Track
from bot.domain.projects import Project, stage_for

Round = Literal[
    "ml-concepts",
    "statistics",
    "sql",
    "coding",
    "system-design",
    "product-case",
    "project-walkthrough",
    "behavioural",
]
ROUNDS: dict[Round, str] = {
    "ml-concepts": "ML concepts",
    "statistics": "Statistics",
    "sql": "SQL",
    "coding": "Coding",
    "system-design": "ML system design",
    "product-case": "Product case",
    "project-walkthrough": "Project walk-through",
    "behavioural": "Behavioural",
}
WALKTHROUGH: Final = "project-walkthrough"
# From least to most experience; a script's level is the nearer, the fewer steps lie between.
BY_EXPERIENCE: tuple[Level, ...] = ("new-grad", "switching", "1-3-years")

State = Literal[
    "waiting",
    "asked",
    "arranging",
    "agreed",
    "ready",
    "first",
    "swap",
    "second",
    "feedback",
    "opened",
    "over",
]
Why = Literal["expired", "declined", "cancelled", "off", "no-room", "room-gone", "not-begun", "done"]
REQUESTED: tuple[State, ...] = ("waiting", "asked")
ARRANGED: tuple[State, ...] = ("arranging", "agreed", "ready", "first", "swap", "second")
HALVES: tuple[State, ...] = ("first", "second")
TOLD: tuple[State, ...] = ("feedback", "opened")


@dataclass(frozen=True, slots=True)
class Phase:
    """How long a state lasts at most, and after how long whoever it waits for is reminded, once."""

    lasts: timedelta | None
    nudge: timedelta | None = None


PHASES: dict[State, Phase] = {
    # After that the wish is perhaps an old one.
    "waiting": Phase(timedelta(days=14)),
    "asked": Phase(timedelta(days=3)),
    "arranging": Phase(timedelta(days=7), timedelta(days=1)),
    # Until the time that was agreed on.
    "agreed": Phase(None),
    "ready": Phase(timedelta(days=1), timedelta(minutes=10)),
    # Until half of the script's minutes are over.
    "first": Phase(None),
    "swap": Phase(timedelta(hours=3), timedelta(minutes=20)),
    "second": Phase(None),
    "feedback": Phase(timedelta(hours=24), timedelta(hours=12)),
    "opened": Phase(timedelta(days=3)),
    "over": Phase(None),
}

# A partner this late may be asked whether they come at all.
NO_SHOW_AFTER = timedelta(minutes=10)
# Who answers within this time did not stay away for good.
NO_SHOW_STANDS = timedelta(hours=24)
# Less is no interview, and brings no points.
LEAST_HALF = timedelta(minutes=10)
# For hello, the change of roles, and feedback.
AROUND_MINUTES = 10
# Threads somebody has to keep an eye on; more appointments are hardly kept.
ARRANGED_AT_MOST = 3
# A thread stays open so long after its end, for a last word.
ROOM_KEPT = timedelta(days=1)
# Together again so soon is a last resort.
MET_RECENTLY = timedelta(days=28)
# In two weeks: enough to choose a time from.
PLENTY_SHARED = 3 * 60

# --- the scorecard, and what is said of the interviewer

LevelOfThree = Literal[0, 1, 2]
RATINGS = ("No", "Leaning", "Yes")
Kind = Literal["scorecard", "feedback"]
DIMENSIONS: dict[Kind, dict[str, str]] = {
    "scorecard": {
        "solving": "Problem solving",
        "depth": "Technical depth",
        "communication": "Communication",
    },
    "feedback": {"clear": "Clear", "fair": "Fair", "helped": "Helped me"},
}
WORDS_LIMIT = 500
HISTORY_PAGE = 3
TREND_SHOWN = 8


# --- putting two together


@dataclass(frozen=True, slots=True)
class Seeker:
    """Somebody who waits, as one who asks sees them: what they have in common."""

    mock_id: int
    member_id: int
    shared_minutes: int
    same_track: bool
    met_at: datetime | None
    since: datetime


def by_fit(seekers: Iterable[Seeker], now: datetime) -> list[Seeker]:
    """Best first: hours enough in common, not met recently, the same track, then whoever has waited longest."""
    return sorted(
        seekers,
        key=lambda one: (
            one.shared_minutes < PLENTY_SHARED,
            one.met_at is not None and now - one.met_at < MET_RECENTLY,
            not one.same_track,
            one.since,
            one.mock_id,
        ),
    )


def same_track(one: str, other: str) -> bool:
    """Whether two prepare for the same; whoever has not decided fits both."""
    return one == other or "undecided" in (one, other)


# --- scripts


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
    """The minutes of one half, of a script's."""
    return max(minutes // 2, LEAST_HALF // timedelta(minutes=1))


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


# --- readouts


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the two: what they wish to be asked about, and how far that is."""

    member_id: int
    discord_id: int
    place: int
    round: Round
    track: Track
    level: Level | None
    zone: str
    minutes: int
    takes: datetime | None = None
    missed_at: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def half(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def lasted(self) -> timedelta:
        """How long they were interviewed."""
        if self.began_at is None or self.ended_at is None:
            return timedelta()
        return self.ended_at - self.began_at


@dataclass(frozen=True, slots=True)
class Owed:
    """A card somebody can give: the scorecard of whom they interviewed, or feedback on who interviewed them."""

    kind: Kind
    by: int
    about: int


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock interview as it stands; `turn` is the card now in force."""

    id: int
    server_id: int
    guild_id: int
    state: State
    turn: int
    channel_id: int | None
    message_id: int | None
    thread_id: int | None
    seats: tuple[Seat, ...]
    offered: tuple[datetime, ...]
    starts_at: datetime | None
    agreed_at: datetime | None
    asked_at: datetime
    minutes: int
    why: Why | None
    nudged: bool
    given: frozenset[tuple[Kind, int]] = frozenset()

    @property
    def interviewee(self) -> Seat:
        """Who is asked in the half under way, or in the next one."""
        return self.seats[1 if self.state in ("swap", "second") else 0]

    @property
    def interviewer(self) -> Seat:
        return self.other(self.interviewee)

    def seat_of(self, discord_id: int) -> Seat | None:
        return next((seat for seat in self.seats if seat.discord_id == discord_id), None)

    def other(self, seat: Seat) -> Seat:
        return next(one for one in self.seats if one is not seat)

    @property
    def zones(self) -> tuple[str, ...]:
        return tuple(seat.zone for seat in self.seats)

    @property
    def ends_at(self) -> datetime | None:
        """When the time of the half under way is over."""
        seat = self.interviewee
        return seat.began_at + seat.half if self.state in HALVES and seat.began_at else None

    @property
    def owed(self) -> tuple[Owed, ...]:
        """The cards of the halves that took place, given or not."""
        if len(self.seats) < 2:
            return ()
        found: list[Owed] = []
        for seat in self.seats:
            if seat.ended_at is not None:
                asked, asking = seat.member_id, self.other(seat).member_id
                found += (Owed("scorecard", asking, asked), Owed("feedback", asked, asking))
        return tuple(found)

    def owed_by(self, seat: Seat) -> tuple[Owed, ...]:
        """What is still to come from one of the two."""
        return tuple(
            one
            for one in self.owed
            if one.by == seat.member_id and (one.kind, seat.member_id) not in self.given
        )


@dataclass(frozen=True, slots=True)
class Requested:
    """What became of a request; without a partner so far, how many others wait."""

    mock: Mock
    waiting: int = 0
    matched: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Somebody's interviews that are not over, newest first, and the last that ended without one."""

    mocks: tuple[Mock, ...]
    waiting: int
    fell_through: Mock | None


@dataclass(frozen=True, slots=True)
class ScriptPage:
    """A page of the script as its interviewer reads it."""

    mock: Mock
    title: str
    page: Page
    number: int
    pages: int
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    solution: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What one of the two says of the other."""

    kind: Kind
    marks: Mapping[str, int]
    well: str
    improve: str


@dataclass(frozen=True, slots=True)
class Given:
    """After a card was given: what it confirmed for the partner, and whether another is still to come."""

    mock: Mock
    confirmed: bool
    left: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One interview that took place, as one of the two remembers it."""

    mock_id: int
    at: datetime
    partner: int | None  # empty once their data was erased
    round: Round | None  # what they were asked about, if their half took place
    asked: Round | None  # what they asked about, if the other half did
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One page of the past, newest first, and the trend: by dimension the marks of the last scorecards, oldest first."""

    past: tuple[Past, ...]
    page: int
    pages: int
    trend: Mapping[str, tuple[int, ...]]
