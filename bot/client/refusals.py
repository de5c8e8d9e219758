"""Refusals: the one way errors reach a person, as one private sentence, and the log with the same reference."""

import secrets
from typing import TYPE_CHECKING

import discord
import structlog
from discord import app_commands

from bot.client.cards import CARE, Card, Text
from bot.client.replies import ACKNOWLEDGED
from bot.domain.errors import Refusal
from bot.domain.texts import escaped

if TYPE_CHECKING:
    from bot.client.bot import Interaction

log = structlog.get_logger()

APOLOGY = (
    "Something went wrong on our side, and nothing of yours was lost. Please try again in a minute. "
    "If it stays, tell an admin this reference: **{reference}**"
)
NO_PERMISSION = (
    "I am not allowed to do that here: **{what}**. An admin can run `/setup check`, which lists what I miss."
)


def sentence_for(error: BaseException, reference: str) -> str:
    """What a person reads about an error."""
    match error:
        case Refusal():
            return error.sentence
        case discord.Forbidden():
            return NO_PERMISSION.format(what=error.text or "missing permission")
        case app_commands.TransformerError():
            typed = escaped(str(error.value)[:60])
            return f"I could not use “{typed}” here. Pick one from the list and try again."
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return "This command was just updated. Close and reopen Discord, then try it again."
        case _:
            return APOLOGY.format(reference=reference)


async def refuse(interaction: "Interaction", error: BaseException) -> None:
    """Tell a person privately why it did not work; anything unforeseen is logged under a reference."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    reference = secrets.token_hex(3)
    words = sentence_for(error, reference)
    if isinstance(error, Refusal):
        log.info("refused", refusal=type(error).__name__)
    else:
        log.error("interaction failed", reference=reference, exc_info=error)
    if interaction.type is discord.InteractionType.autocomplete:
        return  # a list of choices has no room for a sentence
    view = Card((Text(words),), CARE).layout()
    try:
        if not interaction.response.is_done():
            try:
                await interaction.response.send_message(view=view, ephemeral=True)
            except discord.HTTPException as error:
                # Acknowledged already, though the library was told otherwise (I9).
                if error.code != ACKNOWLEDGED:
                    raise
                await interaction.followup.send(view=view, ephemeral=True)
        else:
            await interaction.followup.send(view=view, ephemeral=True)
    except discord.HTTPException as gone:
        # The interaction expired or was answered meanwhile; the log still has the reference.
        log.warning("refusal not shown", reference=reference, status=gone.status, code=gone.code)
