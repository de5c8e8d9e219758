"""Safety: blocks, which always win, and reports to the moderators."""

from bot.clock import Clock
from bot.storage.database import Database


class Safety:
    """Blocking and reporting."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
