"""/me data: everything kept about me, to take along or to erase."""

from discord import app_commands

from bot.client.bot import StudyBot
from bot.ui import privacy


class Data(app_commands.Group):
    """A member's data."""

    def __init__(self) -> None:
        super().__init__(name="data", description="Everything kept about you: take it along, or erase it")


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*privacy.CONTROLS)
