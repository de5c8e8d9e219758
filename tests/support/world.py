"""A whole Reps in a simulated Discord: the real bot, a real database, people who press real buttons."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import simcord
from simcord import interactions
from simcord.backend import serializers
from simcord.results import InteractionResult

from bot.assembly import House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.client.cards import shown
from bot.config import DATA
from bot.domain.errors import Refusal

EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday
TOPICS = """- area: Programming
  topics:
    - {id: sql, name: SQL, track: both, about: joins}
    - {id: gpu, name: GPUs, track: mle, about: memory}
"""
PRESS, SUBMIT = 3, 5  # Discord's numbers for an interaction with a component, and with a form


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

    async def post_question(self) -> discord.Message:
        """Set the server up, if it is not, and have a question posted now; its message."""
        begun: Any = await self.admin.slash(self.channel, "setup start", channel=self.channel)
        await self.admin.click(begun.response, label="Post the first question")
        await self.rounds()
        return self.channel.history()[-1]

    async def write(self, who: Any, message: Any, text: str) -> Any:
        """Open the form under a question, fill it in and send it."""
        return await who.submit_modal(await who.click(message, label="Answer"), {"answer": text})

    def sees(self, who: Any, channel: Any = None) -> str:
        """Everything this person reads in a channel, what is private to them included."""
        return "\n".join(words(message) for message in (channel or self.channel).history(viewer=who))

    async def raw(self, *sent: tuple[Any, Any, dict[str, Any]], kind: int = PRESS) -> list[Any]:
        """Let interactions reach the bot in one instant and unchecked: double clicks, replays, forged ids.

        Each is who sends it, on which message, and its data. SimCord's own verbs wait for each other and
        refuse what Discord's client would not offer.
        """
        backend, results = self.env.backend, []
        for who, message, data in sent:
            record, payload = interactions.base_payload(
                backend,
                type=kind,
                channel_id=message.channel.id if isinstance(message, discord.Message) else message.channel_id,
                guild_id=who.guild.id,
                user_id=who.id,
                data=data,
            )
            stored = backend.get_message(record.channel_id, message.id)
            record.source_message_id = stored.id
            payload["message"] = dict(serializers.message_payload(backend, stored))
            backend.emit("INTERACTION_CREATE", payload)
            results.append(InteractionResult(self.env, record))
        await self.env.settle()
        return results

    async def rounds(self) -> None:
        """Let every duty run once."""
        assert self.bot.clockwork is not None
        with self.env.time_context():
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
            yield World(house, bot, env)
        finally:
            await env.shutdown()
        # SimCord notes what a command raised even when the tree told the person; a refusal is no fault.
        faults = [error for error in env.errors_since(0) if not isinstance(unwrapped(error), Refusal)]
        if faults:
            raise ExceptionGroup("the bot failed", faults)  # type: ignore[type-var]


@asynccontextmanager
async def small_world(folder: Path, *texts: str, **named: str) -> AsyncIterator[World]:
    """Open a world on SQLite over a few items; a name such as `sql__first` is topic and id."""
    items = {f"sql/item-{number}": text for number, text in enumerate(texts)}
    items |= {name.replace("__", "/"): text for name, text in named.items()}
    bank = lay_bank(folder / "bank", items)
    async with world(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank=bank) as made:
        yield made


def lay_bank(folder: Path, items: Mapping[str, str]) -> Path:
    """A small bank in a folder: the items' texts by topic and id, such as `sql/first`."""
    folder.mkdir()
    (folder / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    for name, text in items.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def choice_item(*options: str, title: str = "A title") -> str:
    """A choice as a file of the bank; right options begin with `+`."""
    listed = "".join(
        f"- [{'x' if option.startswith('+') else ' '}] {option.removeprefix('+')}\n\n"
        f"  Why: {option.removeprefix('+')}.\n"
        for option in options
    )
    return (
        f'---\nkind: choice\ntitle: {title}\ntrack: both\ndifficulty: 2\nsources:\n  - "A book, ch. 1"\n---\n'
        f"\n## Question\nWhich?\n\n## Options\n{listed}\n## Explanation\nBecause it is so.\n"
    )


def button(custom_id: str) -> dict[str, Any]:
    """The data of a pressed button."""
    return {"custom_id": custom_id, "component_type": 2}


def choice(custom_id: str, *values: str) -> dict[str, Any]:
    """The data of a select's choice."""
    return {"custom_id": custom_id, "component_type": 3, "values": list(values)}


def form(custom_id: str, **fields: str | list[str]) -> dict[str, Any]:
    """The data of a submitted form; what is chosen in its selects comes as lists."""
    inputs = [
        {"type": 4, "custom_id": name, "value": value}
        if isinstance(value, str)
        else {"type": 3, "custom_id": name, "values": value}
        for name, value in fields.items()
    ]
    return {"custom_id": custom_id, "components": [{"type": 18, "component": one} for one in inputs]}


def unwrapped(error: BaseException) -> BaseException:
    """What a command really raised."""
    return getattr(error, "original", error)


def said(result: Any) -> str:
    """Everything a person reads in what came back: the reply and its follow-ups."""
    messages = [result.response, *result.followups] if hasattr(result, "followups") else [result]
    return "\n".join(shown(message.components) for message in messages if message is not None)


def words(message: discord.Message) -> str:
    """Everything a person reads in a channel message."""
    controls = shown([component.to_dict() for component in message.components])
    return "\n".join(filter(None, (message.content, controls)))


def chosen(message: Any) -> dict[str, list[str]]:
    """What is chosen in each select of a private card, by custom_id."""
    selects = [
        part["components"][0]
        for part in message.components[0]["components"]
        if part["type"] == 1 and part["components"][0]["type"] == 3
    ]
    return {
        select["custom_id"]: [option["value"] for option in select["options"] if option["default"]]
        for select in selects
    }
