"""Discord's limits for a loopback Discord, and a loop in which waiting for them takes no time."""

import asyncio
import selectors
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# When nothing has happened for so long, half a second goes by in the loop. Both are far from what an answer on this
# machine takes, and from the twenty seconds that one attempt may.
STILL, LEAP = 0.02, 0.5
GLOBAL = 50


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests of a kind in so many seconds, for each channel or server."""

    most: int
    seconds: float


@dataclass(slots=True)
class _Window:
    until: float
    taken: int


class Limits:
    """Counts requests, and says how long one that came too early has to wait."""

    def __init__(self, kinds: Mapping[str, Limit]) -> None:
        self._kinds = kinds
        self._windows: dict[str, _Window] = {}
        # How often a request of a kind was told to wait.
        self.refused: Counter[str] = Counter()

    def take(self, name: str, major: int) -> tuple[float, dict[str, str], bool]:
        """How long to wait, 0 for a request that is done; the headers of its answer; whether everyone waits."""
        wait, _ = self._count("", Limit(GLOBAL, 1))
        if wait:
            self.refused["global"] += 1
            return wait, {}, True
        limit = self._kinds.get(name)
        if limit is None:
            return 0, {}, False
        wait, window = self._count(f"{name}:{major}", limit)
        self.refused[name] += wait > 0
        return (
            wait,
            {
                "X-RateLimit-Limit": str(limit.most),
                "X-RateLimit-Remaining": str(limit.most - window.taken),
                "X-RateLimit-Reset-After": f"{window.until - _time():.3f}",
                "X-RateLimit-Bucket": f"bucket-{name}",
            },
            False,
        )

    def _count(self, key: str, limit: Limit) -> tuple[float, _Window]:
        now = _time()
        window = self._windows.get(key)
        if window is None or window.until <= now:
            window = self._windows[key] = _Window(now + limit.seconds, 0)
        if window.taken >= limit.most:
            return window.until - now, window
        window.taken += 1
        return 0, window


def _time() -> float:
    return asyncio.get_running_loop().time()


class _Hasty(selectors.DefaultSelector):
    """Waits for no more than a moment, and lets more go by for it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= STILL:
            return super().select(timeout)
        found = super().select(STILL)
        if not found:
            self.ahead += min(timeout, LEAP) - STILL
        return found


class HastyLoop(asyncio.SelectorEventLoop):
    """A loop whose time runs ahead while there is nothing to do but wait."""

    def __init__(self) -> None:
        self._hasty = _Hasty()
        super().__init__(self._hasty)

    def time(self) -> float:
        return super().time() + self._hasty.ahead


class LoopClock:
    """The time of day, as the running loop has it."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)) -> None:
        self._start = start - timedelta(seconds=_time())

    def now(self) -> datetime:
        return self._start + timedelta(seconds=_time())
