"""GUARANTEES P1: answering a posted question, from the gateway's frame to the committed row and the reply.

Beside it, in the same rounds, a bare discord.py client that sends the same two acknowledgements around one bare
sqlite3 transaction, and one around an async ORM session. Run: python -m tests.bench.bench_answers
"""

import asyncio
import gc
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.assembly import build_bot, open_house
from bot.config import DATA
from bot.domain.drops import OpenDrop, Question, Verdict
from bot.domain.streaks import Streak
from bot.logs import start_logging
from bot.storage.tables import (
    Delivery,
    Drop,
    Item,
    ItemVersion,
    Member,
    Server,
)
from bot.ui.answers import feedback_card
from bot.ui.drops import drop_card
from tests.bench.bare import Bare, Save, orm_save, sqlite_save
from tests.bench.figures import Figure, median, milliseconds, percentile, report
from tests.bench.gateway import CHANNEL_OF, GUILD, Line, frame, guild, message, person, press
from tests.support.clock import TurnedClock

ROUNDS = 7
WARM = 2
PRESSES = 640
AT_ONCE = (8, 64)
BARE_SHARE, ORM_TENTH = 0.70, 0.10

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHANNEL = GUILD * 10_000 + CHANNEL_OF
DAYS = (ROUNDS + WARM) * len(AT_ONCE)
NO_ONE = Streak.none()


@dataclass(frozen=True)
class Scene:
    """A posted question a day, and the members who answer it."""

    items: list[tuple[int, int]]  # item and version, by drop
    reply: str
    frames: Callable[[int], list[tuple[str, str]]]


@dataclass
class Contender:
    """One way to answer, and what each round found."""

    name: str
    line: Line
    turn: Callable[[datetime], None]
    rates: dict[int, list[float]] = field(default_factory=lambda: {many: [] for many in AT_ONCE})
    tails: dict[int, list[float]] = field(default_factory=lambda: {many: [] for many in AT_ONCE})

    async def round(self, presses: list[tuple[str, str]], at_once: int, *, counts: bool) -> None:
        """All presses, `at_once` waiting at any time."""
        waiting = iter(presses)
        took: list[float] = []

        async def somebody() -> None:
            for words, token in waiting:
                took.append(await self.line.press(words, token))

        gc.collect()
        before = time.perf_counter()
        await asyncio.gather(*(somebody() for _ in range(at_once)))
        spent = time.perf_counter() - before
        if counts:
            self.rates[at_once].append(len(presses) / spent)
            self.tails[at_once].append(percentile(took, 0.99))


def day(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


async def prepare(url: str) -> None:
    """A server whose members have answered before, and a posted question for every round."""
    async with open_house(url, bank_dir=DATA / "bank", clock=TurnedClock(MONDAY)) as house:

        def work(db: Session) -> None:
            db.execute(
                insert(Server),
                [{"id": 1, "discord_id": GUILD, "name": "Study server", "zone": "UTC", "created_at": MONDAY}],
            )
            db.execute(
                insert(Member),
                [
                    {
                        "id": 1 + who,
                        "server_id": 1,
                        "discord_id": int(person(who)["id"]),
                        "display_name": person(who)["global_name"],
                        "track": "undecided",
                        "shown_as": "name",
                        "joined_at": MONDAY,
                        "last_seen_at": MONDAY,
                    }
                    for who in range(PRESSES)
                ],
            )
            items = db.execute(
                select(Item.id, ItemVersion.id).join(ItemVersion).where(Item.kind == "choice").limit(DAYS)
            ).all()
            for number in range(DAYS):
                item_id, version_id = items[number % len(items)]
                db.execute(
                    insert(Delivery).values(
                        id=1 + number,
                        key=f"day{number}",
                        server_id=1,
                        kind="question",
                        channel_id=CHANNEL,
                        due_at=day(number),
                        state="done",
                        attempts=1,
                        late=False,
                    )
                )
                db.execute(
                    insert(Drop).values(
                        id=1 + number,
                        server_id=1,
                        delivery_id=1 + number,
                        item_id=item_id,
                        item_version_id=version_id,
                        channel_id=CHANNEL,
                        message_id=1 + number,
                        posted_at=day(number),
                        reveals_at=day(number + 1),
                        late=False,
                    )
                )

        await house.database.write(work)


def scene(path: Path) -> Scene:
    """The frames of every round, as Discord would send them."""
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT d.id, v.item_id, v.id, v.body FROM drops d JOIN item_versions v ON v.id = d.item_version_id"
        ).fetchall()
    questions = {row[0]: Question(row[1], row[2], json.loads(row[3]), "Topic") for row in rows}

    def posted(number: int) -> dict[str, Any]:
        drop = OpenDrop(
            1 + number, 1, GUILD, questions[1 + number], CHANNEL, 1, day(number), None, False, day(number)
        )
        return message(1 + number, drop_card(drop).layout().to_components())

    def frames(number: int) -> list[tuple[str, str]]:
        on = posted(number)
        presses = []
        for who in range(PRESSES):
            token = f"{number}-{who}"
            data = press(who, who=who, custom_id=f"drop.choose:{1 + number}.0", token=token, on=on)
            presses.append((frame("INTERACTION_CREATE", data), token))
        return presses

    told = Verdict(1, questions[1], True, (0,), reps=1, points=10, streak=NO_ONE, reveals_at=day(1))
    reply = json.dumps(message(2, feedback_card(told).layout().to_components()))
    return Scene([(row[1], row[2]) for row in rows], reply, frames)


# --- the contenders


@asynccontextmanager
async def reps(path: Path, reply: str) -> AsyncIterator[Contender]:
    """The real bot over its own database."""
    clock = TurnedClock(MONDAY)
    url = f"sqlite+aiosqlite:///{path}"
    async with open_house(url, bank_dir=DATA / "bank", clock=clock, rng=random.Random(1)) as house:
        bot = build_bot(house, tick=None, shard_count=1)
        async with bot:
            line = Line(bot, reply)
            await bot.setup_hook()
            await line.hear(frame("GUILD_CREATE", guild(GUILD)))
            yield Contender("reps", line, clock.turn_to)


@asynccontextmanager
async def bare(name: str, reply: str, save: Save) -> AsyncIterator[Contender]:
    client = Bare(save)
    async with client:
        line = Line(client, reply)
        await line.hear(frame("GUILD_CREATE", guild(GUILD)))
        yield Contender(name, line, lambda now: setattr(client, "now", now))


# --- the race


async def race(folder: Path) -> list[Contender]:
    ours, plain, orm = (folder / f"{name}.db" for name in ("reps", "plain", "orm"))
    await prepare(f"sqlite+aiosqlite:///{ours}")
    shutil.copy(ours, plain)
    shutil.copy(ours, orm)
    play = scene(ours)
    async with AsyncExitStack() as stack:
        contenders = [
            await stack.enter_async_context(reps(ours, play.reply)),
            await stack.enter_async_context(bare("sqlite3", play.reply, sqlite_save(plain, play.items))),
            await stack.enter_async_context(bare("orm", play.reply, orm_save(orm, play.items))),
        ]
        number = 0
        for turn in range(WARM + ROUNDS):
            for at_once in AT_ONCE:
                presses = play.frames(number)
                for contender in contenders:
                    contender.turn(day(number))
                    await contender.round(presses, at_once, counts=turn >= WARM)
                number += 1
    for path in (ours, plain, orm):
        check(path)
    return contenders


def check(path: Path) -> None:
    """Every press of every contender was saved, with its totals."""
    with sqlite3.connect(path) as db:
        for words in ("answers", "reps"):
            assert db.execute(f"SELECT count(*) FROM {words}").fetchone()[0] == DAYS * PRESSES, path
        (total,) = db.execute(
            "SELECT sum(reps) FROM totals WHERE period = 'all' AND activity = 'any'"
        ).fetchone()
        assert total == DAYS * PRESSES, path


def figures(contenders: list[Contender]) -> list[Figure]:
    ours, plain, orm = contenders
    found = []
    for at_once in AT_ONCE:
        share = median(a / b for a, b in zip(ours.rates[at_once], plain.rates[at_once], strict=True))
        found.append(
            Figure(
                "P1",
                f"answers a second, {at_once} at once, beside discord.py + sqlite3",
                f"{median(ours.rates[at_once]):,.0f}",
                f"{median(plain.rates[at_once]):,.0f}",
                f"{share:.0%}",
                f"≥ {BARE_SHARE:.0%}",
                share >= BARE_SHARE,
            )
        )
    many = AT_ONCE[-1]
    tail = median(a / b for a, b in zip(ours.tails[many], orm.tails[many], strict=True))
    found.append(
        Figure(
            "P1",
            f"p99 at {many} at once, beside an async ORM session each",
            milliseconds(median(ours.tails[many])),
            milliseconds(median(orm.tails[many])),
            f"{tail:.3f}",
            f"≤ {ORM_TENTH}",
            tail <= ORM_TENTH,
        )
    )
    found.append(
        Figure(
            "P1",
            f"answers a second, {many} at once, beside an async ORM session each",
            f"{median(ours.rates[many]):,.0f}",
            f"{median(orm.rates[many]):,.0f}",
            f"{median(ours.rates[many]) / median(orm.rates[many]):.1f} ×",
        )
    )
    return found


def main() -> int:
    import uvloop

    start_logging("ERROR", "text")
    with (
        tempfile.TemporaryDirectory(prefix="reps-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        contenders = runner.run(race(Path(folder)))
    print(f"{ROUNDS} interleaved rounds of {PRESSES} presses, different members")
    return report(figures(contenders))


if __name__ == "__main__":
    sys.exit(main())
