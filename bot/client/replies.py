"""Replies: the few ways to answer an interaction, private unless said otherwise."""

from typing import TYPE_CHECKING

import discord

from bot.client.cards import Card
from bot.domain.errors import NotHere
from bot.domain.members import Person

if TYPE_CHECKING:
    from bot.client.bot import Interaction
    from bot.client.controls import TicketModal


def asker(interaction: "Interaction") -> Person:
    """Who is asking, from Discord itself. Raises NotHere outside a server."""
    guild, user = interaction.guild, interaction.user
    if interaction.guild_id is None or not isinstance(user, discord.Member):
        raise NotHere
    return Person(
        guild_id=interaction.guild_id,
        discord_id=user.id,
        name=user.display_name,
        guild_name=guild.name if guild else "",
        manages_server=interaction.permissions.manage_guild,
        role_ids=frozenset(role.id for role in user.roles),
    )


async def defer(interaction: "Interaction") -> None:
    """Acknowledge at once, privately; a first public follow-up could not be made private again."""
    if not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True, thinking=True)


async def defer_redraw(interaction: "Interaction") -> None:
    """Acknowledge a press on a private card that will be redrawn in place."""
    if not interaction.response.is_done():
        await interaction.response.defer()


async def show(interaction: "Interaction", card: Card) -> None:
    """Show a card privately: into the deferred reply, over the redrawn card, or as the first answer."""
    view, files = card.layout(), card.files()
    if interaction.response.is_done():
        await interaction.edit_original_response(
            view=view, attachments=files, allowed_mentions=card.mentions()
        )
    else:
        await interaction.response.send_message(
            view=view, files=files, ephemeral=True, allowed_mentions=card.mentions()
        )


async def ask(interaction: "Interaction", modal: "TicketModal") -> None:
    """Open a form; it must be the first answer to the press."""
    await interaction.response.send_modal(modal)
