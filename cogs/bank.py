"""/setup bank: the server's own questions as files, in and out."""

import discord
from discord import app_commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.ui import bank as face


class Bank(app_commands.Group):
    """The server's own questions."""

    def __init__(self) -> None:
        super().__init__(name="bank", description="Your server's own questions, as files")

    @app_commands.command(
        name="export", description="All your server's own questions, as JSON and as a table"
    )
    async def export(self, interaction: Interaction) -> None:
        await defer(interaction)
        exported = await interaction.client.services.bank_files.export(asker(interaction))
        await show(interaction, face.export_card(exported))

    @app_commands.command(
        name="import", description="Take questions in from a file; first you see what changes"
    )
    @app_commands.describe(file="A .json or .csv file in the shape of an export, at most 1 MiB")
    async def take_in(self, interaction: Interaction, file: discord.Attachment) -> None:
        await face.take_in(interaction, file)


async def setup(bot: StudyBot) -> None:
    parent = bot.tree.get_command("setup")
    assert isinstance(parent, app_commands.Group), "cogs.setup comes first"
    bot.controls.add(*face.CONTROLS)
    parent.add_command(Bank())
