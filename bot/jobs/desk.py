"""The desk: what every duty works with, and the handlers it looks up by kind."""

from dataclasses import dataclass, field
from typing import Protocol

from bot.client.cards import Card
from bot.client.forums import Forums
from bot.client.guilds import Guilds
from bot.client.posting import Poster
from bot.client.rooms import Rooms
from bot.client.weather import Weather
from bot.clock import Clock
from bot.domain.schedules import Due
from bot.metrics import Metrics
from bot.services.bundle import Services


class PostHandler(Protocol):
    """How one kind of scheduled post is drawn, found again, and settled."""

    async def marker(self, desk: "Desk", due: Due) -> str | None:
        """The custom_id an earlier attempt's message carries; None when no attempt can have posted."""
        ...

    async def card(self, desk: "Desk", due: Due) -> Card:
        """What to post; a repeated call gives the same content."""
        ...

    async def posted(self, desk: "Desk", due: Due, message_id: int) -> bool:
        """Settle the delivery; False when another holder has it."""
        ...


class Way(Protocol):
    """How one kind of scheduled post goes out that is more than a message in its channel."""

    async def find(self, desk: "Desk", due: Due, marker: str | None) -> int | None:
        """What an earlier attempt got through (D1)."""
        ...

    async def send(self, desk: "Desk", due: Due, card: Card) -> int:
        """Post it, and return its message's id."""
        ...


class TimerHandler(Protocol):
    """What one kind of timer does, every step repeatable, up to settling its row.

    False when there was nothing left to do: then no trouble of its kind is over.
    """

    async def __call__(self, desk: "Desk", due: Due) -> bool | None: ...


@dataclass(frozen=True)
class Desk:
    """Services, ways out, and the two registries; a new kind of post or timer is one more entry."""

    services: Services
    poster: Poster
    rooms: Rooms
    forums: Forums
    guilds: Guilds
    clock: Clock
    metrics: Metrics
    weather: Weather
    posts: dict[str, PostHandler] = field(default_factory=dict)
    timers: dict[str, TimerHandler] = field(default_factory=dict)
    # For the few posts that need one of their own.
    ways: dict[str, Way] = field(default_factory=dict)
    # Timers whose messages are worth as much later: refused, they wait until they are allowed.
    patient: frozenset[str] = frozenset()
