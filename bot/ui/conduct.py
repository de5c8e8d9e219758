"""The rules of conduct, agreed to once before the first pairing."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.ui.phrases import PRIVACY, text_of


class AgreeButton(TicketButton):
    """Agrees to the rules and goes on with what they stood before; each way in has one with its own ticket."""

    def __init__(self, ticket: Any) -> None:
        super().__init__(ticket, label="I agree", style=discord.ButtonStyle.success)

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await interaction.client.services.members.agree(asker(interaction))
        await cls.go_on(interaction, ticket)

    @classmethod
    async def go_on(cls, interaction: Interaction, ticket: Any) -> None:
        """Do what the person came for; the interaction is deferred privately."""
        raise NotImplementedError


async def show_rules(interaction: Interaction, go_on: AgreeButton) -> None:
    """Show somebody the rules instead of what they asked for; the interaction is deferred."""
    joins = not await interaction.client.services.members.takes_part(asker(interaction))
    await show(interaction, conduct_card(go_on, joins=joins))


def conduct_card(go_on: AgreeButton, *, joins: bool) -> Card:
    """The rules, before the first time somebody is put together with others; agreeing may be joining, too."""
    return card(
        text_of("conduct"),
        row(go_on),
        "-# You are asked this once. Moderators can read threads and enter rooms; what you write is kept as "
        "`/me data` shows.",
        PRIVACY if joins else None,
    )
