"""What the controls of interviews name, and words several of their cards share."""

from dataclasses import dataclass

from bot.client.controls import Ticket
from bot.domain.interviews import ROUNDS
from bot.domain.interviews.readouts import Mock, Seat
from bot.domain.members import LEVELS
from bot.ui.phrases import many

# Stands in a ticket for what was not chosen.
OPEN = "open"


@dataclass(frozen=True, slots=True)
class MockTicket(Ticket):
    mock_id: int


@dataclass(frozen=True, slots=True)
class TurnTicket(Ticket):
    """An interview and which of its cards this is, by which that card is found again."""

    mock_id: int
    turn: int


@dataclass(frozen=True, slots=True)
class HalfTicket(Ticket):
    """A half of an interview: the place of whoever is asked in it."""

    mock_id: int
    place: int


def person(seat: Seat) -> str:
    """One of the two, in a sentence."""
    return f"<@{seat.discord_id}>"


def both(mock: Mock) -> str:
    """The two, or whoever of them is still there."""
    return " and ".join(person(seat) for seat in mock.seats)


def asked_about(seat: Seat) -> str:
    """What somebody is interviewed on."""
    level = f", {LEVELS[seat.level].lower()}" if seat.level else ""
    return f"**{ROUNDS[seat.round]}**{level}"


def half_words(mock: Mock, seat: Seat) -> str:
    """Who interviews whom on what, and for how long."""
    return (
        f"{person(mock.other(seat))} interviews {person(seat)} on {asked_about(seat)}, "
        f"{many(seat.minutes, 'minute')}"
    )
