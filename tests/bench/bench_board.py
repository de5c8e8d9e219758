"""GUARANTEES P2: the board of 20,000 members over a record of five million reps, while 500 awards a second come in.

Beside it, the same answers by GROUP BY over the record, and the bare insert of a record's row.
Run: python -m tests.bench.bench_board
"""

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import repeat
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.assembly import House, open_house
from bot.config import DATA
from bot.domain.calendar import Period, period_key, week_of
from bot.domain.members import Person
from bot.logs import start_logging
from bot.services import members
from bot.services.scoring import award
from bot.storage.tables import Rep
from tests.bench.figures import Figure, median, milliseconds, percentile, report
from tests.support.clock import TurnedClock

MEMBERS = 20_000
REPS_EACH = 250
DAYS = 125
TODAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
FIRST_DAY = TODAY.date() - timedelta(days=DAYS - 1)
GUILD = 1_000_000

ROUNDS = 5
READS = 300  # of each kind, in each round
A_SECOND = 500
EVERY = 0.002
LIMIT_MS, TIMES = 5.0, 200
WRITES = 400

Look = tuple[str, Period]
KINDS = ("top ten", "own rank")
PERIODS: tuple[Period, ...] = ("week", "all")
NOTHING: Look = ("nothing", "all")


def load(path: Path) -> None:
    """The record, and totals as awarding would have left them; bulk-loaded, its indexes made afterwards."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "foreign_keys = OFF"):
        db.execute(f"PRAGMA {pragma}")
    indexes = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN ('reps', 'totals')"
    ).fetchall()
    db.execute("BEGIN")
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    at = TODAY.strftime("%Y-%m-%d %H:%M:%S.%f")
    db.execute(
        "INSERT INTO servers (id, discord_id, name, zone, created_at) VALUES (1, ?, 'Study server', 'UTC', ?)",
        (GUILD, at),
    )
    db.execute(
        f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MEMBERS})
        INSERT INTO members (id, server_id, discord_id, display_name, track, shown_as, joined_at, last_seen_at)
        SELECT i, 1, 5000000 + i, 'Member ' || i, 'ds', 'name', :at, :at FROM n
        """,
        {"at": at},
    )
    db.execute("CREATE TEMP TABLE days (number INTEGER PRIMARY KEY, day, month, week)")
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    db.executemany(
        "INSERT INTO days VALUES (?, ?, ?, ?)",
        [
            (n, day.isoformat(), period_key("month", day), period_key("week", day))
            for n, day in enumerate(days)
        ],
    )
    # A few do a lot and many do little: whose rep it is comes from a hash that every machine computes alike.
    db.execute(
        f"""
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {MEMBERS * REPS_EACH - 1}),
            spread(i, hash) AS (SELECT i, (i * 2654435761) % 4294967296 / 4294967296.0 FROM n)
        INSERT INTO reps (id, server_id, member_id, key, activity, reps, points, at, server_day, zone)
        SELECT i + 1, 1, CAST(hash * hash * {MEMBERS} AS INTEGER) + 1, 'loaded:' || i,
               CASE i % 3 WHEN 0 THEN 'daily' WHEN 1 THEN 'recitation' ELSE 'practice' END,
               1, CASE i % 3 WHEN 0 THEN 1 + i / 3 % 2 WHEN 1 THEN 6 ELSE 0 END,
               day || ' 10:00:00.000000', day, 'UTC'
        FROM spread JOIN days ON number = i / {MEMBERS} % {DAYS}
        """
    )
    for period in ("'all'", "month", "week"):
        for activity in ("'any'", "activity"):
            db.execute(
                "INSERT INTO totals (server_id, period, activity, member_id, reps, points, listed)"
                f" SELECT 1, {period}, {activity}, member_id, sum(reps), sum(points), 1"
                " FROM reps JOIN days ON day = server_day GROUP BY 2, 3, 4"
            )
    for _, words in indexes:
        db.execute(words)
    db.execute("COMMIT")
    db.execute("ANALYZE")
    db.close()


def person(number: int) -> Person:
    return Person(
        guild_id=GUILD,
        discord_id=5_000_000 + number,
        name=f"Member {number}",
        guild_name="Study server",
        manages_server=False,
        role_ids=frozenset(),
    )


class Awards:
    """Reps coming in at a steady pace, from members at random, through the real award."""

    def __init__(self, house: House, rng: random.Random) -> None:
        self._house, self._rng = house, rng
        self.done = 0
        self._under_way: set[asyncio.Task[None]] = set()

    async def one(self) -> None:
        who, now = person(self._rng.randint(1, MEMBERS)), self._house.clock.now()
        key = f"bench:{self._rng.getrandbits(60)}"

        def work(db: Session) -> None:
            award(db, members.require(db, who), activity="recitation", key=key, at=now)

        await self._house.database.write(work)
        self.done += 1

    async def keep_coming(self) -> None:
        began, asked = time.perf_counter(), 0
        while True:
            await asyncio.sleep(EVERY)
            due = int((time.perf_counter() - began) * A_SECOND)
            for _ in range(due - asked):
                task = asyncio.create_task(self.one())
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            asked = due

    async def settle(self) -> None:
        await asyncio.gather(*self._under_way)


async def timed(acts: Iterable[Callable[[], Awaitable[object]]]) -> list[float]:
    """Seconds that each took, one after another."""
    took = []
    for act in acts:
        before = time.perf_counter()
        await act()
        took.append(time.perf_counter() - before)
    return took


def since(period: Period) -> date:
    return FIRST_DAY if period == "all" else week_of(TODAY.date())


def by_group(path: Path, period: Period, rng: random.Random) -> tuple[float, float]:
    """Seconds for the top ten, and for one's own rank, counted over the record."""
    grouped = (
        "SELECT member_id, sum(points) AS points, sum(reps) AS reps FROM reps"
        " WHERE server_id = 1 AND server_day >= :since AND voided_at IS NULL GROUP BY member_id"
    )
    mine = f"WITH t AS ({grouped}) SELECT count(*) FROM t WHERE points > (SELECT points FROM t WHERE member_id = :me)"
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    took = []
    for words in (f"{grouped} ORDER BY points DESC, member_id DESC LIMIT 10", mine):
        before = time.perf_counter()
        db.execute(words, {"since": since(period).isoformat(), "me": rng.randint(1, MEMBERS)}).fetchall()
        took.append(time.perf_counter() - before)
    db.close()
    return took[0], took[1]


async def measure(path: Path) -> list[Figure]:
    rng = random.Random(2)
    url = f"sqlite+aiosqlite:///{path}"
    async with open_house(url, bank_dir=DATA / "bank", clock=TurnedClock(TODAY), rng=rng) as house:
        scoring = house.services.scoring

        def looks() -> Iterator[tuple[Look, Callable[[Person], Awaitable[object]]]]:
            for period in PERIODS:
                yield ("top ten", period), partial(scoring.board, period=period)
                yield ("own rank", period), partial(scoring.standing, period=period)
            yield NOTHING, lambda who: house.database.read(lambda db: None)

        awards = Awards(house, rng)
        coming = asyncio.create_task(awards.keep_coming())
        tails: defaultdict[Look, list[float]] = defaultdict(list)
        middles: defaultdict[Look, list[float]] = defaultdict(list)
        groups: defaultdict[Look, list[float]] = defaultdict(list)
        began = time.perf_counter()
        for turn in range(ROUNDS + 1):
            for look, read in looks():
                asking = [person(rng.randint(1, MEMBERS)) for _ in range(READS)]
                took = await timed(partial(read, who) for who in asking)
                if turn:
                    tails[look].append(percentile(took, 0.99))
                    middles[look].append(median(took))
            if turn:
                spent = await asyncio.to_thread(by_group, path, "week", rng)
                for kind, seconds in zip(KINDS, spent, strict=True):
                    groups[kind, "week"].append(seconds)
        rate = awards.done / (time.perf_counter() - began)
        coming.cancel()
        await awards.settle()

        # So long that the log would outgrow the disk if awards still came in; it gains by their absence.
        for _ in range(ROUNDS):
            spent = await asyncio.to_thread(by_group, path, "all", rng)
            for kind, seconds in zip(KINDS, spent, strict=True):
                groups[kind, "all"].append(seconds)
        written = await write_cost(house, awards, rng)
    return [*tail_figures(tails, rate), *times_figures(middles, groups), written]


def name_of(look: Look) -> str:
    kind, period = look
    return f"{kind}, {'this week' if period == 'week' else 'all time'}"


def tail_figures(tails: Mapping[Look, list[float]], rate: float) -> Iterator[Figure]:
    """Each look's p99, beside a read of nothing."""
    empty = median(tails[NOTHING])
    for look, seen in tails.items():
        if look != NOTHING:
            tail = median(seen)
            yield Figure(
                "P2",
                f"{name_of(look)}: p99 with {rate:.0f} awards a second, beside an empty read's",
                milliseconds(tail),
                milliseconds(empty),
                f"{tail / empty:.1f} ×",
                f"≤ {LIMIT_MS:.0f} ms",
                1000 * tail <= LIMIT_MS,
            )


def times_figures(
    middles: Mapping[Look, list[float]], groups: Mapping[Look, list[float]]
) -> Iterator[Figure]:
    """Each look's median, beside GROUP BY over the record."""
    for look, seen in groups.items():
        ours, group = median(middles[look]), median(seen)
        yield Figure(
            "P2",
            f"{name_of(look)}: median, beside GROUP BY",
            milliseconds(ours),
            milliseconds(group),
            f"{group / ours:,.0f} ×",
            f"≥ {TIMES} ×",
            group / ours >= TIMES,
        )


async def write_cost(house: House, awards: Awards, rng: random.Random) -> Figure:
    """One award after another, beside inserting only the record's row, each in a transaction of its own."""

    async def bare() -> None:
        who, key = rng.randint(1, MEMBERS), f"bare:{rng.getrandbits(60)}"

        def work(db: Session) -> None:
            db.execute(
                insert(Rep.__table__),  # type: ignore[arg-type]
                {
                    "server_id": 1,
                    "member_id": who,
                    "key": key,
                    "activity": "recitation",
                    "reps": 1,
                    "points": 6,
                    "at": TODAY,
                    "server_day": TODAY.date(),
                    "zone": "UTC",
                },
            )

        await house.database.write(work)

    ours, alone = [], []
    for _ in range(ROUNDS):
        ours.append(median(await timed(repeat(awards.one, WRITES))))
        alone.append(median(await timed(repeat(bare, WRITES))))
    return Figure(
        "P2",
        "one award with totals and streak, beside the record's row alone",
        milliseconds(median(ours)),
        milliseconds(median(alone)),
        f"{median(a / b for a, b in zip(ours, alone, strict=True)):.1f} ×",
    )


async def prepare(path: Path) -> None:
    async with open_house(f"sqlite+aiosqlite:///{path}", bank_dir=DATA / "bank", clock=TurnedClock(TODAY)):
        pass


def main() -> int:
    start_logging("ERROR", "text")
    import uvloop

    with (
        tempfile.TemporaryDirectory(prefix="reps-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        path = Path(folder) / "reps.db"
        runner.run(prepare(path))
        before = time.perf_counter()
        load(path)
        print(
            f"{MEMBERS * REPS_EACH:,} reps of {MEMBERS:,} members loaded in {time.perf_counter() - before:.0f} s,"
            f" {path.stat().st_size / 2**20:,.0f} MiB; {ROUNDS} rounds of {READS} reads"
        )
        figures = runner.run(measure(path))
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
