"""Readouts: mock interviews as their cards draw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.interviews import ARRANGED, HALVES, Kind, Round, State, Why
from bot.domain.interviews.scripts import Page
from bot.domain.members import Level, Track


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
    voice_id: int | None
    seats: tuple[Seat, ...]
    offered: tuple[datetime, ...]
    starts_at: datetime | None
    agreed_at: datetime | None
    asked_at: datetime
    minutes: int
    why: Why | None
    nudged: bool
    given: frozenset[tuple[Kind, int]] = frozenset()
    card_id: int | None = None  # where that card stands, once it is out

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

    def waits_for(self, discord_id: int) -> bool:
        """Whether one of two has something to do in it, now or at the time they agreed on."""
        seat = self.seat_of(discord_id)
        if seat is None or len(self.seats) < 2:
            return False
        asked, owes = (
            self.state == "asked" and seat.place == 1,
            self.state == "feedback" and self.owed_by(seat),
        )
        return self.state in ARRANGED or asked or bool(owes)

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
class Waiters:
    """Whom Discord is to be asked for before anybody is put together."""

    guild_id: int
    discord_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fitting:
    """Two requests that wait and fit, and whose they are."""

    mock_ids: tuple[int, int]
    people: Waiters


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
    place: int
    title: str
    page: Page
    number: int
    pages: int
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    solution: str


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
    """One page of the past, newest first; and by dimension the marks of the last scorecards, oldest first."""

    past: tuple[Past, ...]
    page: int
    pages: int
    trend: Mapping[str, tuple[int, ...]]
