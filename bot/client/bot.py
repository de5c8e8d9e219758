"""StudyBot: one client of Discord, holding the services and the ways in."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Protocol

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.cards import Card
from bot.client.controls import Controls
from bot.client.events import DiscordEvents
from bot.client.guilds import first_writable
from bot.client.membership import Membership
from bot.client.posting import DiscordPoster
from bot.client.refusals import refuse
from bot.client.rooms import DiscordRooms
from bot.client.weather import Weather
from bot.clock import Clock
from bot.domain.errors import OutOfDate, Refusal
from bot.domain.permissions import BREAKS
from bot.metrics import Metrics
from bot.services.bundle import Services

log = structlog.get_logger()


class Clockwork(Protocol):
    """What the client needs of the duties; they stand above it and come from the assembly."""

    def start(self) -> None: ...

    async def run_all(self) -> None: ...

    def wake(self) -> None: ...

    async def stop(self) -> None: ...


Interaction = discord.Interaction["StudyBot"]

# What the bot is told about: no privileged intent, and no messages' content (M8).
INTENTS = discord.Intents(guilds=True, guild_messages=True, voice_states=True, guild_scheduled_events=True)
# What it may do in a server; the invite link asks for exactly this.
PERMISSIONS = discord.Permissions(**dict.fromkeys(BREAKS, True))
# Discord's gateway resumes within seconds; five minutes without it is a fault only a restart mends (D6).
SILENT_AT_MOST = timedelta(minutes=5)


class StudyTree(app_commands.CommandTree["StudyBot"]):
    """The command tree; its errors go the one way all errors go."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(interaction=interaction.id, guild=interaction.guild_id)
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        await interaction.client.tell(interaction, error)


@dataclass(frozen=True, slots=True)
class Shard:
    """One connection to Discord's gateway; `latency` in seconds, None before it was measured."""

    id: int
    connected: bool
    latency: float | None


class StudyBot(commands.AutoShardedBot):
    """The bot: routes what people do to the services, and shows what comes back."""

    def __init__(
        self,
        services: Services,
        clock: Clock,
        *,
        cogs: Iterable[str],
        invited: Callable[["StudyBot"], Card],
        metrics: Metrics | None = None,
        shard_count: int | None = None,
        shard_ids: list[int] | None = None,
    ) -> None:
        self.metrics = metrics or Metrics()
        # Reps never speaks, so nobody needs to hear that it could not.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=INTENTS,
            tree_cls=StudyTree,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=shard_count,
            http_trace=self.metrics.trace(),
            shard_ids=shard_ids,  # type: ignore[arg-type]  # None means all of them
        )
        self.services = services
        self.clock = clock
        self.controls = Controls()
        self.weather = Weather()
        self.poster = DiscordPoster(self, clock, self.weather)
        self.rooms = DiscordRooms(self, clock, self.weather)
        self.events = DiscordEvents(self, clock, self.weather)
        self.membership = Membership(self, services.privacy)
        # Since when nothing was ever heard, and since when each lost shard is away.
        self._away: datetime | None = clock.now()
        self._lost: dict[int, datetime] = {}
        self._cog_names = tuple(cogs)
        self._invited = invited
        # Set by the assembly, which alone knows the duties.
        self.clockwork: Clockwork | None = None
        self.wakes_itself = False
        self.exit_code = 0
        # Set when the gateway has been away too long: the process should end and be started again (D6).
        self.lost = asyncio.Event()

    # --- life

    async def setup_hook(self) -> None:
        for name in self._cog_names:
            await self.load_extension(name)
        await self.sync_commands()
        log.info("invite link", url=self.invite_url())
        if self.clockwork is not None and self.wakes_itself:
            self.clockwork.start()

    async def close(self) -> None:
        """Stop gracefully: no new rounds, the one under way finishes, then the connection closes."""
        if self.clockwork is not None:
            clockwork, self.clockwork = self.clockwork, None
            await clockwork.stop()
        await super().close()

    def wake(self) -> None:
        """Look for due posts now instead of at the next round."""
        if self.clockwork is not None:
            self.clockwork.wake()

    async def sync_commands(self) -> bool:
        """Tell Discord the commands, only when they changed since last told (I7); whether it was done."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        name = f"commands:{self.application_id}"
        if await self.services.duties.fact(name) == digest:
            return False
        await self.tree.sync()
        await self.services.duties.remember(name, digest)
        log.info("commands synced", commands=len(payload))
        return True

    def invite_url(self) -> str:
        """The link that invites this bot with exactly the permissions it uses, never Administrator."""
        scopes = ("bot", "applications.commands")
        assert self.application_id is not None
        return discord.utils.oauth_url(self.application_id, permissions=PERMISSIONS, scopes=scopes)

    # --- the gateway

    async def on_ready(self) -> None:
        self._away = None
        # Whoever invited Reps again or removed it while it was away is seen only now.
        await self.services.setup.back(*(guild.id for guild in self.guilds))
        for guild_id in await self.membership.removed():
            await self.services.setup.gone(guild_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        self._lost.pop(shard_id, None)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self._lost.pop(shard_id, None)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self._lost.setdefault(shard_id, self.clock.now())

    def silent_too_long(self) -> bool:
        """Whether any shard's gateway has been away for longer than it should ever be."""
        since = min(filter(None, (self._away, *self._lost.values())), default=None)
        return since is not None and self.clock.now() - since > SILENT_AT_MOST

    def gateway(self) -> tuple[Shard, ...]:
        """Every shard of this process, as it is now."""
        return tuple(
            Shard(id, id not in self._lost and not shard.is_closed(), _measured(shard.latency))
            for id, shard in self.shards.items()
        )

    # --- people

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        # Counted where it arrives: its handlers are tasks, which may wait.
        if event_name == "interaction":
            interaction = args[0]
            self.metrics.arrived(interaction.id, interaction.type.name)
        super().dispatch(event_name, *args, **kwargs)

    async def tell(self, interaction: Interaction, error: BaseException) -> None:
        """Let a person know why it did not work, and count it."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        self.metrics.told(refusal=isinstance(cause, Refusal))
        await refuse(interaction, error)

    async def on_message(self, message: discord.Message, /) -> None:
        """Reps reads no messages; without this the command framework would look at each."""

    async def on_interaction(self, interaction: Interaction) -> None:
        """Every press, choice and form goes to the control its custom_id names, restart or not (I2)."""
        if interaction.type not in (
            discord.InteractionType.component,
            discord.InteractionType.modal_submit,
        ):
            return
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(interaction=interaction.id, guild=interaction.guild_id)
        try:
            if not await self.controls.route(interaction):
                raise OutOfDate
        except Exception as error:
            await self.tell(interaction, error)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet in the first channel the bot may write in, with the way to set it up."""
        await self.services.setup.back(guild.id)
        channel = first_writable(guild)
        if channel is None:
            log.warning("nowhere to greet", guild=guild.id)
            return
        card = self._invited(self)
        await channel.send(view=card.layout(), allowed_mentions=card.mentions())

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.services.setup.gone(guild.id)

    # --- rooms

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Somebody came, went or moved: a room that is empty now is closed soon."""
        if before.channel == after.channel:
            return
        for channel in (before.channel, after.channel):
            if isinstance(channel, discord.VoiceChannel):
                await self.services.rooms.peopled(channel.id, empty=not channel.voice_states)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._room_gone(channel.id)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self._room_gone(payload.thread_id)

    async def _room_gone(self, discord_id: int) -> None:
        """Note a room that was deleted, by whomever, and let cogs hear of it as `room_gone` with its key."""
        if (key := await self.services.rooms.gone(discord_id)) is not None:
            log.info("room is gone", key=key)
            self.dispatch("room_gone", key)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("event failed", event_name=event_method)


def _measured(latency: float) -> float | None:
    return latency if isfinite(latency) else None
