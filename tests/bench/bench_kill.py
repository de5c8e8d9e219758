"""GUARANTEES D1 and D2: 2,000 questions and their answers, delivered by workers that are killed hundreds of times.

Run: python -m tests.bench.bench_kill [seed]
"""

import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.support.lives import Toll, kill_run
from tests.support.post_office import small_bank
from tests.support.postgres import PostgresServer

# Engine, deliveries, kills, workers at once.
RUNS = (("sqlite", 2000, 300, 1), ("postgresql", 2000, 300, 1), ("postgresql", 1000, 200, 2))
HEAD = "engine      workers  deliveries  kills  outages  beyond nonces  looked back  lost  doubled     time"


def line(engine: str, toll: Toll) -> str:
    return (
        f"{engine:<10}  {toll.workers:>7}  {toll.deliveries:>10,}  {toll.kills:>5}  {toll.outages:>7}"
        f"  {toll.forgotten:>13}  {toll.looked:>11,}  {toll.lost:>4}  {toll.doubled:>7}  {toll.seconds:>5.0f} s"
    )


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"Seed {seed}. Each delivery is a question, its answer and a thread; 2 % of requests fail besides.")
    print(HEAD)
    held = True
    with tempfile.TemporaryDirectory(prefix="reps-kill-") as folder:
        bank = small_bank(Path(folder) / "bank")
        server = PostgresServer(Path(folder) / "data")
        try:
            for number, (engine, deliveries, kills, workers) in enumerate(RUNS):
                url = f"sqlite+aiosqlite:///{folder}/{number}.db"
                if engine == "postgresql":
                    url = server.url(server.create())
                rng = random.Random(seed + number)
                toll = asyncio.run(
                    kill_run(url, bank, rng, deliveries=deliveries, kills=kills, workers=workers)
                )
                held &= toll.lost == toll.doubled == 0 and toll.kills >= 200
                print(line(engine, toll), flush=True)
        finally:
            server.stop()
    print(f"D1, D2 (none lost, none doubled): {'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
