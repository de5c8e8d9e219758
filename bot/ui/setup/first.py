"""How set-up begins and what follows it: the channel, a first guess at the zone, the first question."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import card
from bot.client.controls import TicketButton
from bot.client.guilds import first_writable, make_study_channel, own_channel
from bot.client.replies import asker, defer, show
from bot.domain.calendar import guessed_zone
from bot.domain.errors import (
    ChannelGone,
    ChannelInTheMaking,
    NotHere,
    NotSetUp,
    RoleOfEveryone,
    WrongChannel,
)
from bot.domain.members import Person
from bot.domain.schedules import NOWHERE, Setup
from bot.ui.permissions import postable
from bot.ui.phrases import text_of
from bot.ui.setup.card import first_question_card


def server_of(interaction: Interaction) -> discord.Guild:
    """The server somebody is in. Raises NotHere."""
    if interaction.guild is None:
        raise NotHere
    return interaction.guild


def study_channel(interaction: Interaction, setup: Setup) -> int | None:
    """Where a server's questions go unless the admin says otherwise; None keeps it as it is.

    A channel of Reps' own, which is there or may be made, or else where the admin is. Raises WrongChannel.
    """
    guild = server_of(interaction)
    if setup.channel_id is not None and guild.get_channel(setup.channel_id) is not None:
        return None
    if setup.channel_id is None and any(one.channel_id == NOWHERE for one in setup.schedules):
        return None
    own = own_channel(guild)
    if own is not None:
        return own.id
    if guild.me.guild_permissions.manage_channels:
        return NOWHERE
    here = interaction.channel if isinstance(interaction.channel, discord.TextChannel) else None
    here = here or first_writable(guild)
    if here is None:
        raise WrongChannel
    return here.id


def zone_guess(interaction: Interaction) -> str:
    """The zone to begin with, so that most admins need not choose one."""
    locales = (interaction.locale, server_of(interaction).preferred_locale)
    return guessed_zone(locale.value for locale in locales)


def narrow_role(role: discord.Role | None) -> int:
    """The id of a role that only some have; 0 for none. Raises RoleOfEveryone."""
    if role is not None and role.is_default():
        raise RoleOfEveryone
    return role.id if role is not None else 0


class FirstQuestionButton(TicketButton):
    """Posts a question now, in a channel made for it if need be; pressing the same button twice posts one."""

    verb = "setup.first"

    @classmethod
    def drawn(cls) -> "FirstQuestionButton":
        return cls(label="Post the first question", style=discord.ButtonStyle.primary)

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        service, who = interaction.client.services.setup, asker(interaction)
        await _have_channel(interaction, who)
        # The message the button is on, not the press: a double click asks for one question.
        card_id = interaction.message.id if interaction.message else interaction.id
        setup = await service.first_question(who, card_id)
        interaction.client.wake()
        await show(interaction, first_question_card(setup))


async def _have_channel(interaction: Interaction, who: Person) -> None:
    """See to it that the questions' channel is there and takes them, making it if that was chosen."""
    service, guild = interaction.client.services.setup, server_of(interaction)
    setup = await service.show(who)
    if setup.channel_id is None:
        if not setup.schedules:
            raise NotSetUp
        turn = await service.making(who)
        if turn is None:
            raise ChannelInTheMaking
        if turn.channel_id is None:
            try:
                made = await make_study_channel(guild)
            except Exception:
                await service.not_made(who)
                raise
            await service.start(who, channel_id=made.id)
        return
    channel = guild.get_channel(setup.channel_id)
    if channel is None:
        raise ChannelGone
    postable(channel)


class ConductButton(TicketButton):
    """Shows the rules of conduct."""

    verb = "setup.conduct"

    @classmethod
    def drawn(cls) -> "ConductButton":
        return cls(label="Conduct rules")

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await show(interaction, card(text_of("conduct")))
