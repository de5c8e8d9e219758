"""Guides: the queue of what members ask of them, and what they may do for and about members."""

from bot.clock import Clock
from bot.storage.database import Database


class Guides:
    """What guides do."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
