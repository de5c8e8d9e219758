"""The weather at Discord, learnt from the poster's requests: after trouble posts pause, then one goes before many.

Discord bans an address for a while after 10,000 invalid requests in ten minutes, and a 429 is one of them. Each row
waits by itself before it is tried again, but hundreds of rows waiting at once would still be hundreds of requests.
"""

from datetime import datetime, timedelta
from enum import Enum

import structlog

log = structlog.get_logger()

# The library itself asks five times before it gives a limited request up; and ten posts under way at once are
# enough for Discord's fifty requests a second.
ROOM = 10
PAUSE_FIRST = timedelta(seconds=5)
# Anything but a rate limit costs only time, and may be the trouble of a few channels.
PAUSE_LONGEST, PAUSE_LIMITED = timedelta(minutes=1), timedelta(minutes=5)
DOUBLED_AT_MOST = 6
TROUBLES_IN_A_ROW = 5


class Outcome(Enum):
    """What a request says about Discord as a whole."""

    CALM = "answered"
    TROUBLE = "passing trouble"
    LIMITED = "rate limited"


class Weather:
    """How many rows may be under way at once now."""

    def __init__(self) -> None:
        self._troubles = 0
        self._pauses = 0
        self.paused_until: datetime | None = None

    def room(self, now: datetime) -> int:
        """How many posts may be under way together: none during a pause, and one after it until it succeeds."""
        if self.paused_until is not None and now < self.paused_until:
            return 0
        return 1 if self._pauses else ROOM

    def learn(self, outcome: Outcome, now: datetime) -> None:
        """Draw the conclusion from one request; what was under way when the pause began changes nothing more."""
        if self.paused_until is not None and now < self.paused_until:
            return
        if outcome is Outcome.CALM:
            if self._pauses:
                log.info("Discord answers again")
            self._troubles, self._pauses, self.paused_until = 0, 0, None
            return
        self._troubles += 1
        limited = outcome is Outcome.LIMITED
        if limited or self._pauses or self._troubles >= TROUBLES_IN_A_ROW:
            longest = PAUSE_LIMITED if limited else PAUSE_LONGEST
            pause = min(PAUSE_FIRST * 2 ** min(self._pauses, DOUBLED_AT_MOST), longest)
            self._pauses += 1
            self.paused_until = now + pause
            log.warning("Discord is in trouble; pausing", seconds=pause.total_seconds(), limited=limited)
