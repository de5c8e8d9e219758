"""/setup: what an admin decides for the server."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.guilds import seen
from bot.client.replies import asker, defer, show
from bot.domain.permissions import check
from bot.services.problems.phases import PATIENT
from bot.services.setup import GOAL_AT_MOST
from bot.ui import schedule_options as options
from bot.ui import setup as face
from bot.ui.choices import zone_choices
from bot.ui.permissions import check_card


class Setup(commands.GroupCog, name="setup", description="Set Reps up on this server"):
    """The set-up card. Only people with Manage Server see it (M5)."""

    @app_commands.command(
        name="start", description="Set Reps up here with defaults that work, or change them"
    )
    @app_commands.describe(
        channel="Where questions are posted (a new #reps, or where they go now)",
        zone="The server's time zone: type a big city",
        time="When the daily question comes, as 09:00 or 18:30",
        guides="The role of the more experienced people who guide",
        moderators="The role of those who read reports",
        alerts="Where your staff hears when something could not be posted",
        goal="Reps a week the whole server aims for (0: grows with the group)",
    )
    @app_commands.autocomplete(zone=zone_choices)
    async def start(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        zone: str | None = None,
        time: str | None = None,
        guides: discord.Role | None = None,
        moderators: discord.Role | None = None,
        alerts: discord.TextChannel | None = None,
        goal: app_commands.Range[int, 0, GOAL_AT_MOST] | None = None,
    ) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        done = await services.setup.start(
            who,
            channel_id=channel.id
            if channel
            else face.study_channel(interaction, await services.setup.show(who)),
            zone=zone,
            guess=face.zone_guess(interaction),
            at=options.local_time(time) if time else None,
            guide_role_id=face.narrow_role(guides) if guides else None,
            moderator_role_id=face.narrow_role(moderators) if moderators else None,
            alert_channel_id=alerts.id if alerts else None,
            weekly_goal=goal,
        )
        await show(interaction, face.setup_card(done, interaction.client, face.server_of(interaction)))

    @app_commands.command(name="check", description="What I am not allowed to do here, and how to mend it")
    async def check(self, interaction: Interaction) -> None:
        await defer(interaction)
        services = interaction.client.services
        setup = await services.setup.show(asker(interaction))
        guild = face.server_of(interaction)
        if await services.deliveries.again(guild.id, PATIENT):
            interaction.client.wake()
        await show(interaction, check_card(check(setup, seen(guild, setup)), guild.name))


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*face.CONTROLS)
    cog = Setup()
    assert cog.app_command is not None
    cog.app_command.default_permissions = discord.Permissions(manage_guild=True)
    cog.app_command.guild_only = True
    await bot.add_cog(cog)
