"""How long starting takes: imports, an empty and a populated database, and the demo as text.

Run: python -m tests.bench.bench_start
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.bench_answers import prepare
from tests.bench.figures import Figure, median, report

ROUNDS = 5

IMPORT = "import bot.assembly, bot.cli"
OPEN = """
import asyncio, sys, time
from bot.assembly import open_house
from bot.config import DATA
from bot.logs import start_logging

async def start():
    before = time.perf_counter()
    async with open_house(sys.argv[1], bank_dir=DATA / "bank"):
        print(time.perf_counter() - before)

start_logging("ERROR", "text")
asyncio.run(start())
"""


def python(*arguments: str, folder: Path) -> tuple[float, str]:
    """Wall seconds of a fresh interpreter, and what it printed."""
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "REPS_DATA_DIR": str(folder)},
    )
    return time.perf_counter() - before, done.stdout


def seconds(value: float) -> str:
    return f"{value:.2f} s"


def medians(*measures: Callable[[], float]) -> Sequence[float]:
    """Each measure's median over interleaved rounds."""
    rounds = [[measure() for measure in measures] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*rounds, strict=True)]


def opening(path: Path, *, fresh: bool) -> float:
    if fresh:
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
    _, said = python("-c", OPEN, f"sqlite+aiosqlite:///{path}", folder=path.parent)
    return float(said)


def main() -> int:
    from bot.logs import start_logging

    start_logging("ERROR", "text")
    with tempfile.TemporaryDirectory(prefix="reps-bench-") as name:
        folder = Path(name)
        asyncio.run(prepare(f"sqlite+aiosqlite:///{folder / 'populated.db'}"))
        bare, ours, empty, populated, demo = medians(
            lambda: python("-c", "import discord", folder=folder)[0],
            lambda: python("-c", IMPORT, folder=folder)[0],
            lambda: opening(folder / "empty.db", fresh=True),
            lambda: opening(folder / "populated.db", fresh=False),
            lambda: python("-m", "bot", "demo", "--script", folder=folder)[0],
        )
    return report(
        [
            Figure(
                "", "imports, beside discord.py's alone", seconds(ours), seconds(bare), f"{ours / bare:.1f} ×"
            ),
            Figure("", "an empty database: tables made, bank read and saved", seconds(empty), ""),
            Figure("", "a database in use, beside an empty one", seconds(populated), seconds(empty)),
            Figure("", "demo --script, from the shell", seconds(demo), ""),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
