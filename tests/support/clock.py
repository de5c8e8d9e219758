"""A clock that tests turn."""

from datetime import UTC, datetime, timedelta


class TurnedClock:
    """Stands still until it is turned."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def turn(self, by: timedelta) -> None:
        self._now += by

    def turn_to(self, moment: datetime) -> None:
        assert moment >= self._now, "clocks go forward"
        self._now = moment
