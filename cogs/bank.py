"""/setup bank: the server's own questions as files, in and out."""

from discord import app_commands

from bot.client.bot import StudyBot


class Bank(app_commands.Group):
    """The server's own questions."""

    def __init__(self) -> None:
        super().__init__(name="bank", description="Your server's own questions, as files")


async def setup(bot: StudyBot) -> None:
    """Hangs on `/setup` once it has commands."""
