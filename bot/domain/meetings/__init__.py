"""Meetings: group study for an hour or so, in which Reps keeps the clock and everyone recites and speaks."""

from datetime import timedelta
from typing import Final

from bot.domain.meetings.agenda import LONGEST, RECITED, SHORTEST, USUAL, WORKED, Part, Slot, agenda
from bot.domain.meetings.placing import refill, seats_at, tables
from bot.domain.meetings.readouts import (
    Attending,
    Grouped,
    Meeting,
    Mine,
    Phase,
    Seat,
    Spoken,
    Table,
    Upcoming,
)

__all__ = [
    "AHEAD",
    "ALOUD_FROM",
    "BEGUN_EARLY",
    "CALLED",
    "ENDS",
    "EXTENDED_BY",
    "LONGEST",
    "RECITED",
    "REMATCHED_UNTIL",
    "RESTED_AT_MOST",
    "SHORTEST",
    "STEPPED_OUT",
    "TOLD_AHEAD",
    "TOO_LATE",
    "USUAL",
    "WORKED",
    "Attending",
    "Grouped",
    "Meeting",
    "Mine",
    "Part",
    "Phase",
    "Seat",
    "Slot",
    "Spoken",
    "Table",
    "Upcoming",
    "agenda",
    "refill",
    "seats_at",
    "tables",
]

ENDS: Final[tuple[Phase, ...]] = ("over", "cancelled")
# So far ahead somebody's home tells of a meeting.
TOLD_AHEAD: Final = timedelta(days=1)
EXTENDED_BY: Final = timedelta(minutes=5)
# Whoever drops out of voice is often back within the minute: until then nobody is told that they left.
STEPPED_OUT: Final = timedelta(minutes=1)
# Two who were in voice together for so long in one's turn have read the concept and talked about it.
ALOUD_FROM: Final = timedelta(minutes=3)
# With less than this left of a round, nobody new is put together: they would only just have read their concept.
REMATCHED_UNTIL: Final = timedelta(minutes=6)
# A little before the hour at which people are reminded, so that whoever is interested by then is.
CALLED: Final = timedelta(minutes=65)
# Its event stands so long before a meeting that comes back.
AHEAD: Final = timedelta(days=7)
# `/meeting start` begins a planned meeting that is this near, instead of another one.
BEGUN_EARLY: Final = timedelta(minutes=30)
# Paused for longer than this it was forgotten: nobody goes on with it.
RESTED_AT_MOST: Final = timedelta(hours=2)
# Nobody waits longer than this for a meeting that an outage kept from beginning.
TOO_LATE: Final = timedelta(minutes=30)
