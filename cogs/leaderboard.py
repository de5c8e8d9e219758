"""/leaderboard: who did how much, and my own place."""

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import defer, show
from bot.domain.scoring import ACTIVITIES, ANY
from bot.ui import board

ACTIVITY_CHOICES = [app_commands.Choice(name=name, value=value) for value, name in ACTIVITIES.items()]


class Leaderboard(commands.Cog):
    """The week, the month, all time."""

    @app_commands.command(
        name="leaderboard", description="This week, this month or all time, and your own place"
    )
    @app_commands.describe(
        period="Which time (this week)", measure="Points or reps (points)", activity="Only one activity"
    )
    @app_commands.choices(activity=ACTIVITY_CHOICES)
    @app_commands.guild_only()
    async def leaderboard(
        self,
        interaction: Interaction,
        period: Literal["week", "month", "all"] = "week",
        measure: Literal["points", "reps"] = "points",
        activity: str = ANY,
    ) -> None:
        await defer(interaction)
        ticket = board.BoardTicket(period, measure, activity, 0)
        await show(interaction, await board.private_board(interaction, ticket))


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*board.CONTROLS)
    await bot.add_cog(Leaderboard())
