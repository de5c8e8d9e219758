"""What is left to do in an exchange, in words, and what its controls name."""

from dataclasses import dataclass

from bot.client.controls import Ticket
from bot.domain.exchange import Exchange, Part
from bot.ui.phrases import stamp

STEPS = {"hand-in": "hand in", "mark": "mark {whose}", "reply": "reply to the question"}


@dataclass(frozen=True, slots=True)
class PartTicket(Ticket):
    """A recitation, and whose part of it; 0 for whichever is the presser's."""

    recitation_id: int
    reciter_id: int = 0


@dataclass(frozen=True, slots=True)
class TimedTicket(Ticket):
    """The same with the second in which somebody began, so that their minutes can be measured."""

    recitation_id: int
    reciter_id: int
    since: int


def left_words(exchange: Exchange) -> str:
    """Who still owes what."""
    if exchange.done or not exchange.open:
        return "Nothing: everybody has done their part."
    lines = [
        f"- <@{part.discord_id}>: {owed_words(exchange, part)}"
        if part.owed
        else f"- <@{part.discord_id}>: nothing right now"
        for part in exchange.parts
    ]
    return "\n".join(lines)


def owed_words(exchange: Exchange, part: Part) -> str:
    """What one person can do now, in one line."""
    told = next((one for one in exchange.parts if one.listener_id == part.discord_id), None)
    whose = f"<@{told.discord_id}>'s" if told else ""
    return ", ".join(STEPS[step].format(whose=whose) for step in part.owed)


def until_words(exchange: Exchange) -> str:
    """By when."""
    return (
        f"Until {stamp(exchange.ends_at, 'f')}, {stamp(exchange.ends_at, 'R')}." if exchange.ends_at else ""
    )
