"""A whole Reps in a simulated Discord: the real bot, a real database, people who press real buttons."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import simcord

from bot.assembly import House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.client.cards import shown
from bot.config import DATA
from bot.domain.errors import Refusal

EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday


class EnvClock:
    """The bot's clock, following the simulated Discord's."""

    def __init__(self) -> None:
        self.env: simcord.Env | None = None

    def now(self) -> datetime:
        return self.env.now() if self.env is not None else EPOCH


class World:
    """One server with a study channel, an admin and some members."""

    def __init__(self, house: House, bot: StudyBot, env: simcord.Env) -> None:
        self.house, self.bot, self.env = house, bot, env
        self.guild = env.create_guild("Study hall")
        self.channel = self.guild.create_text_channel("reps")
        admins = self.guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
        self.admin = self.guild.add_member(env.create_user("ada", global_name="Ada"), roles=[admins])

    def member(self, name: str) -> Any:
        """A new person in the server."""
        return self.guild.add_member(self.env.create_user(name.lower(), global_name=name))

    def now(self) -> datetime:
        return self.env.now()

    async def rounds(self) -> None:
        """Let every duty run once."""
        assert self.bot.clockwork is not None
        await self.bot.clockwork.run_all()
        await self.env.settle()

    async def skip_to(self, moment: datetime) -> None:
        """Turn the clock to a moment and let the duties run."""
        await self.env.advance_time((moment - self.env.now()).total_seconds())
        await self.rounds()

    async def skip(self, seconds: float) -> None:
        await self.env.advance_time(seconds)
        await self.rounds()

    async def restart(self) -> None:
        """Stop the bot and start a new one over the same database and the same Discord."""
        await self.bot.close()
        self.bot = build_bot(self.house, tick=None, shard_count=1)
        await self.env.restart_bot(self.bot)


@asynccontextmanager
async def world(
    url: str, *, bank: Path = DATA / "bank", epoch: datetime = EPOCH, seed: int = 7, **options: Any
) -> AsyncIterator[World]:
    """Open a world over a database URL."""
    clock = EnvClock()
    async with open_house(url, bank_dir=bank, clock=clock, rng=random.Random(seed)) as house:
        bot = build_bot(house, tick=None, shard_count=1)
        env = simcord.Env(bot, check_errors=False, **options)
        env.backend.clock._epoch = epoch
        clock.env = env
        await env.start()
        try:
            with env.time_context():
                yield World(house, bot, env)
        finally:
            await env.shutdown()
        # SimCord notes what a command raised even when the tree told the person; a refusal is no fault.
        faults = [error for error in env.errors_since(0) if not isinstance(unwrapped(error), Refusal)]
        if faults:
            raise ExceptionGroup("the bot failed", faults)  # type: ignore[type-var]


def unwrapped(error: BaseException) -> BaseException:
    """What a command really raised."""
    return getattr(error, "original", error)


def said(result: Any) -> str:
    """Everything a person reads in what came back: the reply and its follow-ups."""
    messages = [result.response, *result.followups] if hasattr(result, "followups") else [result]
    return "\n".join(shown(message.components) for message in messages if message is not None)


def words(message: discord.Message) -> str:
    """Everything a person reads in a channel message."""
    return shown([component.to_dict() for component in message.components])
