"""What P1 is measured against: a bare discord.py client, and two ways in which it may save an answer."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import discord
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from bot.domain.calendar import period_key
from bot.storage.tables import Answer, Rep, StreakRow, Total

# Saves the answer of a member, by number, to a drop at a moment.
Save = Callable[[int, int, datetime], Awaitable[None]]


class Bare(discord.AutoShardedClient):
    """What one writes on the first evening: acknowledge, save, reply."""

    def __init__(self, save: Save) -> None:
        super().__init__(intents=discord.Intents.default(), shard_count=1)
        self.save = save
        self.now: datetime | None = None

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        data: Any = interaction.data
        drop_id = int(data["custom_id"].partition(":")[2].partition(".")[0])
        await interaction.response.defer(ephemeral=True, thinking=True)
        assert self.now is not None
        await self.save(interaction.user.id - 5_000_000, drop_id, self.now)
        await interaction.edit_original_response(view=bare_reply())


def bare_reply() -> discord.ui.LayoutView:
    """A reply of the same shape as ours, its words at hand."""
    view = discord.ui.LayoutView(timeout=None)
    button: discord.ui.Button[Any] = discord.ui.Button(label="Another question", custom_id="again")
    view.add_item(
        discord.ui.Container(
            *(discord.ui.TextDisplay(words) for words in BARE_WORDS),
            discord.ui.Separator(),
            discord.ui.TextDisplay("**+1 rep** · **+2 points**"),
            discord.ui.ActionRow(button),
            accent_colour=0x3E9B6E,
        )
    )
    view.stop()
    return view


BARE_WORDS = ("## Right", "**The right answer**\nB", "Because " + 60 * "it is so, ", "-# Read on: a book")


PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL")


def periods(now: datetime) -> list[str]:
    return [period_key(period, now.date()) for period in ("all", "month", "week")]


def sqlite_save(path: Path, items: list[tuple[int, int]]) -> Save:
    """One transaction on one connection, in the event loop: nothing can be nearer to the driver."""
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    for pragma in PRAGMAS:
        db.execute(pragma)

    async def save(who: int, drop_id: int, now: datetime) -> None:
        at, today = now.strftime("%Y-%m-%d %H:%M:%S.%f"), now.date().isoformat()
        member, (item_id, version_id) = 1 + who, items[drop_id - 1]
        db.execute("BEGIN IMMEDIATE")
        answer = db.execute(
            "INSERT INTO answers (server_id, member_id, drop_id, item_id, item_version_id, drawn_at, answered_at,"
            " chosen, right) VALUES (1, ?, ?, ?, ?, ?, ?, '[0]', 1)",
            (member, drop_id, item_id, version_id, at, at),
        ).lastrowid
        db.execute(
            "INSERT INTO reps (server_id, member_id, key, activity, reps, points, at, server_day, zone)"
            " VALUES (1, ?, ?, 'daily', 1, 2, ?, ?, 'UTC')",
            (member, f"answer:{answer}", at, today),
        )
        db.executemany(
            "INSERT INTO totals (server_id, period, activity, member_id, reps, points, listed)"
            " VALUES (1, ?, ?, ?, 1, 2, 1) ON CONFLICT (server_id, period, activity, member_id)"
            " DO UPDATE SET reps = reps + 1, points = points + 2",
            [(period, activity, member) for period in periods(now) for activity in ("any", "daily")],
        )
        db.execute(
            "INSERT INTO streaks (member_id, current, longest, last_day, last_credit_at, freezes, toward_freeze)"
            " VALUES (?, 1, 1, ?, ?, 0, 1) ON CONFLICT (member_id) DO UPDATE SET current = current + 1,"
            " longest = longest + 1, last_day = excluded.last_day, last_credit_at = excluded.last_credit_at",
            (member, today, at),
        )
        db.execute("COMMIT")

    return save


def orm_save(path: Path, items: list[tuple[int, int]]) -> Save:
    """An async session for each request on the default pool, as SQLAlchemy's tutorial has it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": 60})

    @event.listens_for(engine.sync_engine, "connect")
    def connect(driver: Any, record: object) -> None:
        driver.isolation_level = None
        cursor = driver.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    async def save(who: int, drop_id: int, now: datetime) -> None:
        member, (item_id, version_id), today = 1 + who, items[drop_id - 1], now.date()
        async with AsyncSession(engine) as db, db.begin():
            answer = Answer(
                server_id=1,
                member_id=member,
                drop_id=drop_id,
                item_id=item_id,
                item_version_id=version_id,
                drawn_at=now,
                answered_at=now,
                chosen=[0],
                right=True,
            )
            db.add(answer)
            await db.flush()
            db.add(
                Rep(
                    server_id=1,
                    member_id=member,
                    key=f"answer:{answer.id}",
                    activity="daily",
                    reps=1,
                    points=2,
                    at=now,
                    server_day=today,
                    zone="UTC",
                )
            )
            for period in periods(now):
                for activity in ("any", "daily"):
                    total = await db.get(Total, (1, period, activity, member))
                    if total is None:
                        total = Total(server_id=1, period=period, activity=activity, member_id=member)
                        total.reps, total.points, total.listed = 0, 0, True
                        db.add(total)
                    total.reps, total.points = total.reps + 1, total.points + 2
            streak = await db.get(StreakRow, member)
            if streak is None:
                streak = StreakRow(member_id=member, current=0, longest=0, freezes=0, toward_freeze=0)
                db.add(streak)
            streak.current, streak.longest = streak.current + 1, streak.longest + 1
            streak.last_day, streak.last_credit_at = today, now

    return save
