"""GUARANTEES P6: resident memory with 1,000 servers of 50 members, beside bare discord.py clients fed the same frames.

Each is measured in a process of its own, on Linux. Run: python -m tests.bench.bench_memory
"""

import asyncio
import gc
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import discord
import uvloop

from tests.bench.figures import Figure, median, report
from tests.bench.gateway import CHANNEL_OF, GUILD, Line, frame, guild, person

SERVERS, MEMBERS = 1000, 50
ROUNDS = 5
TIMES = 1.6


def resident() -> int:
    """This process's resident bytes."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("The kernel does not say how much memory is resident.")


# --- the children; ours imports ours inside, so that the others do not carry it


@asynccontextmanager
async def reps(folder: Path) -> AsyncIterator[discord.Client]:
    """The real bot, with all that the command line and the probes load, over its set-up servers."""
    import bot.cli
    import bot.probes  # noqa: F401
    from bot.assembly import build_bot, open_house
    from bot.config import DATA
    from bot.logs import start_logging

    start_logging("ERROR", "text")
    async with open_house(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank_dir=DATA / "bank") as house:
        client = build_bot(house, tick=None, shard_count=1)
        async with client:
            yield client


@asynccontextmanager
async def same(folder: Path) -> AsyncIterator[discord.Client]:
    """A bare client that asks the gateway for no more than Reps does."""
    intents = discord.Intents(
        guilds=True, guild_messages=True, voice_states=True, guild_scheduled_events=True
    )
    async with discord.AutoShardedClient(intents=intents, shard_count=1) as client:
        yield client


@asynccontextmanager
async def default(folder: Path) -> AsyncIterator[discord.Client]:
    """A bare client as its documentation begins: every intent that is not privileged."""
    async with discord.AutoShardedClient(intents=discord.Intents.default(), shard_count=1) as client:
        yield client


Child = Callable[[Path], AbstractAsyncContextManager[discord.Client]]
CHILDREN: dict[str, Child] = {"reps": reps, "same": same, "default": default}


async def fed(child: Child, folder: Path) -> tuple[int, int]:
    """Resident bytes before and after hearing of every server."""
    async with child(folder) as client:
        line = Line(client)
        await client.setup_hook()
        gc.collect()
        before = resident()
        for number in range(SERVERS):
            await line.hear(frame("GUILD_CREATE", guild(GUILD + number, members=MEMBERS)))
        await asyncio.sleep(0.5)
        assert len(client.guilds) == SERVERS
        gc.collect()
        return before, resident()


async def prepare(folder: Path) -> None:
    """Every server set up, every member in the database."""
    from sqlalchemy import insert
    from sqlalchemy.orm import Session

    from bot.assembly import open_house
    from bot.config import DATA
    from bot.domain.members import Person
    from bot.storage.tables import Member

    async with open_house(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank_dir=DATA / "bank") as house:
        now = house.clock.now()
        for number in range(SERVERS):
            admin = Person(
                guild_id=GUILD + number,
                discord_id=int(person(number)["id"]),
                name="Ada",
                guild_name=f"Study server {number}",
                manages_server=True,
                role_ids=frozenset(),
            )
            channel = (GUILD + number) * 10_000 + CHANNEL_OF
            await house.services.setup.start(admin, channel_id=channel, zone="Europe/Berlin")

        def work(db: Session) -> None:
            db.execute(
                insert(Member),
                [
                    {
                        "server_id": 1 + number // MEMBERS,
                        "discord_id": 9_000_000 + number,
                        "display_name": f"Member {number}",
                        "track": "ds",
                        "shown_as": "name",
                        "joined_at": now,
                        "last_seen_at": now,
                    }
                    for number in range(SERVERS * MEMBERS)
                ],
            )

        await house.database.write(work)


def measured(name: str, folder: Path) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_memory", name, folder],
        check=True,
        capture_output=True,
        text=True,
    )
    before, after = done.stdout.split()
    return int(before), int(after)


def mebibytes(values: list[int]) -> str:
    return f"{median(values) / 2**20:.0f} MiB"


def main() -> int:
    from bot.logs import start_logging

    if len(sys.argv) > 1:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            print(*runner.run(fed(CHILDREN[sys.argv[1]], Path(sys.argv[2]))))
        return 0
    start_logging("ERROR", "text")
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in CHILDREN}
    with tempfile.TemporaryDirectory(prefix="reps-bench-") as folder:
        asyncio.run(prepare(Path(folder)))
        for _ in range(ROUNDS):
            for name in CHILDREN:
                found[name].append(measured(name, Path(folder)))
    before = {name: [pair[0] for pair in pairs] for name, pairs in found.items()}
    after = {name: [pair[1] for pair in pairs] for name, pairs in found.items()}
    figures = []
    for name, what in (("same", "the same intents"), ("default", "default intents")):
        times = median(ours / theirs for ours, theirs in zip(after["reps"], after[name], strict=True))
        figures.append(
            Figure(
                "P6",
                f"resident with {SERVERS:,} servers of {MEMBERS}, beside a bare client with {what}",
                mebibytes(after["reps"]),
                mebibytes(after[name]),
                f"{times:.2f} ×",
                f"≤ {TIMES} ×",
                times <= TIMES,
            )
        )
    figures.append(
        Figure(
            "P6",
            "of that before the first server is heard of",
            mebibytes(before["reps"]),
            mebibytes(before["same"]),
            f"{median(before['reps']) / median(before['same']):.2f} ×",
        )
    )
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
