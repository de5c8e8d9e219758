"""/me data: everything kept about me, to take along or to erase."""

from discord import app_commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.ui import privacy


class Data(app_commands.Group):
    """A member's data."""

    def __init__(self) -> None:
        super().__init__(name="data", description="Everything kept about you: take it along, or erase it")

    @app_commands.command(name="export", description="A file with everything kept about you on this server")
    async def export(self, interaction: Interaction) -> None:
        await defer(interaction)
        found = await interaction.client.services.privacy.export(asker(interaction))
        await show(interaction, privacy.export_card(found))

    @app_commands.command(name="delete", description="Erase everything about you on this server; asks first")
    async def delete(self, interaction: Interaction) -> None:
        await defer(interaction)
        await show(interaction, privacy.delete_card())


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*privacy.CONTROLS)
    parent = bot.tree.get_command("me")
    assert isinstance(parent, app_commands.Group), "cogs.me comes first"
    parent.add_command(Data())
