"""Servers as the client sees them: where it may write, what it may do there, and the channel it makes."""

import discord

from bot.client.membership import UNKNOWN_MEMBER
from bot.domain.errors import ChannelNotMade
from bot.domain.permissions import FEATURES, NEEDED, Allowed, Missing, Sight, missing_for
from bot.domain.schedules import Setup

STUDY_CHANNEL = "reps"
# By these words it is found again after a crash between making it and remembering it.
TOPIC = "One interview question a day, and what became of it. Made by Reps."
NAMES = tuple(dict.fromkeys(name for feature in FEATURES for name in feature.breaks))


class Guilds:
    """The servers of a running client, for the duties, which know only ids."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    def sight(self, setup: Setup) -> Sight | None:
        """What the check needs to see of a server; None when this process is not connected to it."""
        guild = self._client.get_guild(setup.guild_id)
        return seen(guild, setup) if guild is not None else None

    def writable(self, guild_id: int) -> int | None:
        """The first channel of a server that takes a message."""
        guild = self._client.get_guild(guild_id)
        channel = first_writable(guild) if guild is not None else None
        return channel.id if channel is not None else None

    async def roles_of(self, guild_id: int, discord_id: int) -> frozenset[int] | None:
        """The roles somebody has in a server as Discord says now; None for whoever is not there.

        Raises what a request may fail with.
        """
        try:
            member = await self._client.http.get_member(guild_id, discord_id)
        except discord.NotFound as error:
            if error.code != UNKNOWN_MEMBER:
                raise
            return None
        return frozenset(map(int, member["roles"]))

    def channel_name(self, guild_id: int, channel_id: int) -> str:
        """A channel as it is called, for where no mention is shown."""
        guild = self._client.get_guild(guild_id)
        channel = guild.get_channel(channel_id) if guild is not None else None
        return f"#{channel.name}" if channel is not None else "Discord"


def first_writable(guild: discord.Guild) -> discord.TextChannel | None:
    """The system channel or else the topmost text channel the bot may write in."""
    me = guild.me
    channels = [guild.system_channel, *sorted(guild.text_channels, key=lambda channel: channel.position)]
    for channel in channels:
        if channel is not None:
            allowed = channel.permissions_for(me)
            if allowed.view_channel and allowed.send_messages:
                return channel
    return None


def seen(guild: discord.Guild, setup: Setup) -> Sight:
    """What Discord shows of the channels and roles a set-up names."""
    named = {setup.channel_id, setup.alert_channel_id, *(one.channel_id for one in setup.schedules)}
    channels = [channel for one in named if one and (channel := guild.get_channel(one)) is not None]
    categories = {channel.id: channel.category for channel in channels if channel.category is not None}
    me = guild.me
    return Sight(
        server=Allowed(_granted(me.guild_permissions)),
        channels={channel.id: _allowed(channel) for channel in (*channels, *categories.values())},
        categories={channel_id: category.id for channel_id, category in categories.items()},
        roles=frozenset(role.id for role in guild.roles),
        muted_until=me.timed_out_until if me.is_timed_out() else None,
    )


def missing_in(channel: discord.abc.GuildChannel, kind: str) -> tuple[Missing, ...]:
    """What a kind of schedule would lack in a channel."""
    return missing_for(kind, _allowed(channel), Allowed(_granted(channel.guild.me.guild_permissions)))


def _allowed(channel: discord.abc.GuildChannel) -> Allowed:
    _, denied = channel.overwrites_for(channel.guild.default_role).pair()
    return Allowed(_granted(channel.permissions_for(channel.guild.me)), _granted(denied))


def _granted(permissions: discord.Permissions) -> frozenset[str]:
    return frozenset(name for name in NAMES if getattr(permissions, name))


def own_channel(guild: discord.Guild) -> discord.TextChannel | None:
    """A channel that is there for this already and takes questions: one the bot made, or else one of its name."""
    fitting = [
        one
        for one in guild.text_channels
        if (one.topic == TOPIC or one.name == STUDY_CHANNEL)
        and _granted(one.permissions_for(guild.me)).issuperset(NEEDED)
    ]
    return max(fitting, key=lambda one: one.topic == TOPIC, default=None)


async def make_study_channel(guild: discord.Guild) -> discord.TextChannel:
    """The channel for questions: one made before a crash, or a new one.

    One caller per server at a time, since Discord makes as many as it is asked for. Raises ChannelNotMade.
    """
    # Asked of Discord itself: what the gateway told may be older than a crash.
    for channel in await guild.fetch_channels():
        if isinstance(channel, discord.TextChannel) and channel.topic == TOPIC:
            return channel
    try:
        return await guild.create_text_channel(STUDY_CHANNEL, topic=TOPIC, reason="Set up by an admin")
    except discord.HTTPException as error:
        # Forbidden, or five hundred channels already; a passing fault of Discord's has no code of its own.
        if not error.code:
            raise
        raise ChannelNotMade(error.text) from error
