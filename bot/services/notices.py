"""Notices: what a member asked to be told, how, and at which hours."""

from bot.clock import Clock
from bot.storage.database import Database


class Notices:
    """What may notify a member."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
