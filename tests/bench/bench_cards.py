"""GUARANTEES P5: warm milliseconds per card, and how long drawing in a thread holds up the event loop.

Run from the repository's root: python tests/bench/bench_cards.py
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.domain.scoring import HEAT_WEEKS, Board, Goal, HeatMap, Row
from bot.ui.charts import board_png, distribution_png, heat_map_png

ROUNDS = 15
HEARTBEAT = 0.001
CARD_MS, STALL_MS = 25.0, 15.0

NAMES = (
    "Ada",
    "Grace Hopper",
    "محمد العربي",
    "Linnea",
    "Tomáš Dvořák",
    "李雷",
    "Олена",
    "🔥 Max 🔥",
    "W" * 60,
    "owl",
)


def full_board(seed: int) -> Board:
    rows = tuple(
        Row(place + 1, f"{name} {seed}", None, 900 - 83 * place - seed, 300 - 20 * place, you=place == 6)
        for place, name in enumerate(NAMES)
    )
    return Board(
        server_name="Evening Study Group",
        period="month",
        measure="points",
        activity="any",
        page=1,
        pages=4,
        participants=38,
        total_points=9_100 + seed,
        total_reps=3_004,
        rows=rows,
        goal=Goal(target=190, done=120 + seed),
        since=date(2026, 3, 1),
    )


def full_heat(seed: int) -> HeatMap:
    weeks = tuple(tuple((seed + 5 * week + 3 * day) % 12 for day in range(7)) for week in range(HEAT_WEEKS))
    return HeatMap(date(2025, 11, 17), weeks)


# Each round draws other data, so that nothing is served from a cache that a real card would miss.
CARDS: dict[str, Callable[[int], bytes]] = {
    "board": lambda seed: board_png(full_board(seed)),
    "heat map": lambda seed: heat_map_png(full_heat(seed)),
    "distribution": lambda seed: distribution_png("ABCDEF", [seed, 31, 12, 7, 3, 1], {1}),
}


async def stalls(draw: Callable[[int], bytes] | None) -> list[float]:
    """The heartbeat's worst lateness in each round, in milliseconds; without `draw`, of an idle loop."""
    worst: list[float] = []
    late = 0.0

    async def beat() -> None:
        nonlocal late
        while True:
            before = time.perf_counter()
            await asyncio.sleep(HEARTBEAT)
            late = max(late, time.perf_counter() - before - HEARTBEAT)

    heart = asyncio.create_task(beat())
    for seed in range(ROUNDS):
        await asyncio.sleep(5 * HEARTBEAT)
        late = 0.0
        if draw is None:
            await asyncio.sleep(10 * HEARTBEAT)
        else:
            await asyncio.to_thread(draw, seed)
        await asyncio.sleep(2 * HEARTBEAT)
        worst.append(1000 * late)
    heart.cancel()
    return worst


def warm(draw: Callable[[int], bytes]) -> tuple[float, int]:
    """Median milliseconds of a card, and its size in bytes."""
    draw(0)
    took: list[float] = []
    for seed in range(ROUNDS):
        before = time.perf_counter()
        draw(seed)
        took.append(1000 * (time.perf_counter() - before))
    return statistics.median(took), len(draw(1))


def main() -> int:
    idle = asyncio.run(stalls(None))
    print(f"{ROUNDS} rounds; idle loop late by {statistics.median(idle):.1f} ms (worst {max(idle):.1f})")
    held = True
    for name, draw in CARDS.items():
        took, size = warm(draw)
        late = asyncio.run(stalls(draw))
        held &= took <= CARD_MS and statistics.median(late) <= STALL_MS
        print(
            f"{name:<13} warm {took:5.1f} ms   stall {statistics.median(late):4.1f} ms"
            f" (worst {max(late):.1f})   {size / 1024:.0f} KiB"
        )
    print(f"P5 (card ≤ {CARD_MS:.0f} ms, stall ≤ {STALL_MS:.0f} ms): {'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
