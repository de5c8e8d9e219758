"""/reps: home."""

from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.ui import home


class Reps(commands.Cog):
    """Where I stand, and what to do next."""

    @app_commands.command(
        name="reps", description="Where you stand, one next thing to do, help, and the method"
    )
    @app_commands.guild_only()
    async def reps(self, interaction: Interaction) -> None:
        await defer(interaction)
        found = await interaction.client.services.home.of(asker(interaction))
        await show(interaction, home.home_card(found, interaction.user.id))


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*home.CONTROLS)
    await bot.add_cog(Reps())
