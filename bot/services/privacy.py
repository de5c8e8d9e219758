"""Privacy: everything kept about a member, handed out or erased."""

from bot.clock import Clock
from bot.storage.database import Database


class Privacy:
    """A member's data."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
