"""What the controls of a meeting name."""

from dataclasses import dataclass
from typing import Final

from bot.client.controls import Ticket

# The meeting's own card, where a message of one of its parts has that part's place.
CARD: Final = -1


@dataclass(frozen=True, slots=True)
class MeetingTicket(Ticket):
    meeting_id: int


@dataclass(frozen=True, slots=True)
class PartTicket(Ticket):
    """A meeting, and the part whose message the control stands on: by it the message is found again."""

    meeting_id: int
    place: int = CARD


@dataclass(frozen=True, slots=True)
class LeadTicket(Ticket):
    """A meeting, and the step at which its guide saw it: an older panel is refused."""

    meeting_id: int
    step: int


@dataclass(frozen=True, slots=True)
class TableTicket(Ticket):
    """A table, and the step at which its card was drawn."""

    table_id: int
    step: int


@dataclass(frozen=True, slots=True)
class UsefulTicket(Ticket):
    meeting_id: int
    useful: int
