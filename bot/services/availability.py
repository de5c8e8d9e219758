"""Availability: the weekly slots in which a member can meet."""

from bot.clock import Clock
from bot.storage.database import Database


class Availabilities:
    """When members can meet."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
