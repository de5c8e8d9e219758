"""/guide: what guides do. Everyone sees it; each right is checked in the service (M5)."""

from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.ui import guides


class Guide(commands.Cog):
    """The more experienced people's door."""

    guide = app_commands.Group(
        name="guide", description="For guides: the queue, people, points", guild_only=True
    )


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*guides.CONTROLS)
