"""Recitation's faces: alone, in a room, by handing in, and what became of each."""

from bot.ui.recitation import feedback, guidance, more, notes, room, times
from bot.ui.recitation.room import OpenButton
from bot.ui.recitation.tickets import RecitationTicket

__all__ = ["CONTROLS", "OpenButton", "RecitationTicket"]

CONTROLS = (
    *room.CONTROLS,
    *more.CONTROLS,
    *notes.CONTROLS,
    *feedback.CONTROLS,
    *times.CONTROLS,
    *guidance.CONTROLS,
)
