"""What the controls of a group problem name."""

from dataclasses import dataclass

from bot.client.controls import Ticket


@dataclass(frozen=True, slots=True)
class ProblemTicket(Ticket):
    problem_id: int


@dataclass(frozen=True, slots=True)
class MessageTicket(Ticket):
    """A problem, and which of its messages the control stands on: by it the message is found again."""

    problem_id: int
    message: str


@dataclass(frozen=True, slots=True)
class PageTicket(Ticket):
    problem_id: int
    page: int


@dataclass(frozen=True, slots=True)
class HintTicket(Ticket):
    problem_id: int
    number: int


@dataclass(frozen=True, slots=True)
class PhaseTicket(Ticket):
    """A problem, and the phase in which somebody saw it."""

    problem_id: int
    phase: str


@dataclass(frozen=True, slots=True)
class ProposalTicket(Ticket):
    proposal_id: int


@dataclass(frozen=True, slots=True)
class ResponseTicket(Ticket):
    response_id: int
