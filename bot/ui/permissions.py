"""Permissions: what Reps may do in a channel, what breaks without it, and how to grant it."""

from typing import Any

import discord

from bot.domain.errors import MissingPermissions, WrongChannel

# Every permission the invite link asks for, in Discord's API names, and what is amiss without it.
BREAKS = {
    "view_channel": "I cannot see the channel at all",
    "send_messages": "I cannot post questions",
    "send_messages_in_threads": "explanations cannot go into discussions",
    "create_public_threads": "reveals have no discussion thread",
    "attach_files": "leaderboards and reveals have no picture",
    "embed_links": "cards may be shown without their links",
    "read_message_history": "after a crash I cannot see whether a question is posted already, so I skip it",
}
NEEDED = ("view_channel", "send_messages", "read_message_history", "attach_files")


def missing_permissions(channel: discord.abc.GuildChannel) -> tuple[str, ...]:
    """The permissions the bot lacks in a channel, in Discord's API names."""
    allowed = channel.permissions_for(channel.guild.me)
    return tuple(name for name in BREAKS if not getattr(allowed, name))


def permission_name(name: str) -> str:
    """A permission as Discord's settings call it."""
    return {"send_messages_in_threads": "Send Messages in Threads", "embed_links": "Embed Links"}.get(
        name, name.replace("_", " ").title()
    )


def postable(channel: Any) -> discord.TextChannel:
    """A channel questions can be posted to. Raises WrongChannel and MissingPermissions."""
    if not isinstance(channel, discord.TextChannel):
        raise WrongChannel
    lacking = [name for name in missing_permissions(channel) if name in NEEDED]
    if lacking:
        raise MissingPermissions(channel.id, tuple(permission_name(name) for name in lacking))
    return channel


def missing_words(missing: tuple[str, ...], channel_id: int | None) -> str:
    """Each missing permission, what breaks without it, and how to grant it."""
    lines = "\n".join(f"• **{permission_name(name)}**: {BREAKS[name]}" for name in missing)
    return (
        f"**Missing in <#{channel_id}>**\n{lines}\n"
        "-# To grant: channel settings → Permissions → add Reps → switch these on."
    )
