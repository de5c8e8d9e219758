"""What the controls of a recitation name, and words several of its faces share."""

from dataclasses import dataclass

from bot.client.controls import Ticket
from bot.domain.recitation import Room
from bot.domain.texts import escaped

WATCHED = "-# Moderators can read threads and enter rooms."
MODERATED = f"{WATCHED} If something is wrong: *More*, then *Report or block*."


@dataclass(frozen=True, slots=True)
class RecitationTicket(Ticket):
    recitation_id: int


@dataclass(frozen=True, slots=True)
class RoomTicket(Ticket):
    """A recitation, and the step at which its card was drawn: an older card is refused."""

    recitation_id: int
    step: int


@dataclass(frozen=True, slots=True)
class ReciterTicket(Ticket):
    reciter_id: int


@dataclass(frozen=True, slots=True)
class CalledTicket(Ticket):
    """A recitation, and which raised hand calls there: two may in one room."""

    recitation_id: int
    request_id: int


@dataclass(frozen=True, slots=True)
class WordTicket(Ticket):
    """A recitation, and what a message in its thread was for, so that it is found again."""

    recitation_id: int
    word: str


def link(room: Room) -> str:
    """The way to the newest card, or to the thread."""
    ends = f"/{room.message_id}" if room.message_id else ""
    return f"https://discord.com/channels/{room.guild_id}/{room.thread_id}{ends}"


def names(room: Room, besides: int) -> str:
    """The others in a room, as they are called."""
    others = [f"**{escaped(chair.name)}**" for chair in room.chairs if chair.discord_id != besides]
    return " and ".join(others) or "somebody whose data was erased"
