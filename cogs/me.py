"""/me: my statistics, settings, availability, pausing and leaving."""

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.domain.errors import NotAMember
from bot.ui import availability, members, notices
from bot.ui.choices import zone_choices


class Me(commands.Cog):
    """What is mine to see and to decide."""

    me = app_commands.Group(name="me", description="Your statistics and settings", guild_only=True)

    @me.command(name="stats", description="Your reps, streak, topics, and the last 16 weeks")
    async def stats(self, interaction: Interaction) -> None:
        await defer(interaction)
        services = interaction.client.services
        found = await services.scoring.stats(asker(interaction))
        await show(interaction, await members.stats_card(found, services.questions.topics))

    @me.command(name="settings", description="Your time zone, name, track, languages, level and notices")
    @app_commands.describe(
        zone="A big city near you",
        track="What you prepare for",
        shown="How the leaderboard shows you",
    )
    @app_commands.autocomplete(zone=zone_choices)
    async def settings(
        self,
        interaction: Interaction,
        zone: str | None = None,
        track: Literal["ds", "mle", "undecided"] | None = None,
        shown: Literal["name", "anonymous", "hidden"] | None = None,
    ) -> None:
        await defer(interaction)
        service, who = interaction.client.services.members, asker(interaction)
        if not (zone or track or shown):
            await show(interaction, members.settings_card(await service.profile(who)))
            return
        profile = await service.settle_in(who, zone=zone, track=track, shown_as=shown)
        await show(interaction, members.settings_card(profile, saved=True))
        if shown:
            await members.rename(interaction)

    @me.command(name="availability", description="The hours of the week in which you can meet a partner")
    async def availability(self, interaction: Interaction) -> None:
        await defer(interaction)
        week = await interaction.client.services.availability.week(asker(interaction))
        await show(interaction, availability.availability_card(week))

    @me.command(name="pause", description="Rest without losing anything; the same command ends it")
    async def pause(self, interaction: Interaction) -> None:
        await defer(interaction)
        profile = await interaction.client.services.members.toggle_pause(asker(interaction))
        await show(interaction, members.pause_card(profile))

    @me.command(name="leave", description="Stop taking part on this server")
    async def leave(self, interaction: Interaction) -> None:
        await defer(interaction)
        if not await interaction.client.services.members.takes_part(asker(interaction)):
            raise NotAMember
        await show(interaction, members.leave_card())


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*members.CONTROLS, *availability.CONTROLS, *notices.CONTROLS)
    await bot.add_cog(Me())
