"""Suggestions: questions members propose for their server, and items they report."""

from bot.clock import Clock
from bot.storage.database import Database


class Suggestions:
    """A server's own questions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
