"""Replies: the few ways to answer an interaction, private unless said otherwise."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord
import structlog

from bot.client.cards import Card
from bot.domain.errors import NotHere
from bot.domain.members import Person

if TYPE_CHECKING:
    from bot.client.bot import Interaction
    from bot.client.controls import TicketModal


log = structlog.get_logger()

# Discord's words for an interaction that was answered already, and for one whose three seconds are over.
ACKNOWLEDGED, EXPIRED = 40060, 10062
# discord.py tries the other 5xx again by itself; an acknowledgement has three seconds in all.
BUSY = 503
WAITS = (0.25, 0.75)


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
    await _acknowledge(interaction, ephemeral=True, thinking=True)


async def defer_redraw(interaction: "Interaction") -> None:
    """Acknowledge a press on a private card that will be redrawn in place."""
    await _acknowledge(interaction)


async def _acknowledge(interaction: "Interaction", **how: bool) -> None:
    if interaction.response.is_done():
        return
    try:
        await _patiently(lambda: interaction.response.defer(**how))
    except discord.HTTPException as error:
        # Applied already and retried by the library (I9), or too late to be shown: what was asked is done all the same.
        if error.code not in (ACKNOWLEDGED, EXPIRED):
            raise
        log.warning("acknowledgement not taken", code=error.code)


async def show(interaction: "Interaction", card: Card) -> None:
    """Show a card where the acknowledgement left room for it: in the private reply, or over the redrawn card."""
    try:
        await _patiently(
            lambda: interaction.edit_original_response(
                view=card.layout(), attachments=card.files(), allowed_mentions=card.mentions()
            )
        )
    except discord.NotFound as error:
        # The person cannot be reached by this interaction any more; what they did is saved.
        log.warning("reply not shown", code=error.code)


async def ask(interaction: "Interaction", modal: "TicketModal") -> None:
    """Open a form; it must be the first answer to the press."""
    await _patiently(lambda: interaction.response.send_modal(modal))


async def _patiently(answer: Callable[[], Awaitable[Any]]) -> None:
    """Say it again when Discord was too busy to hear it; raises what the last try raises."""
    for wait in WAITS:
        try:
            await answer()
        except discord.HTTPException as error:
            if error.status != BUSY:
                raise
            log.warning("Discord is busy; answering again")
            await asyncio.sleep(wait)
        else:
            return
    await answer()
