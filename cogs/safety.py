"""Report or block on any member, and /me blocks."""

import discord
from discord import app_commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import defer
from bot.ui import safety


@app_commands.context_menu(name=safety.LABEL)
@app_commands.guild_only()
async def report_or_block(interaction: Interaction, user: discord.Member) -> None:
    await safety.open_safety(interaction, safety.SafetyTicket("member", user.id))


@app_commands.command(name="blocks", description="Whom you block, and how to take it back; only you see this")
async def blocks(interaction: Interaction) -> None:
    await defer(interaction)
    await safety.show_blocks(interaction)


async def setup(bot: StudyBot) -> None:
    parent = bot.tree.get_command("me")
    assert isinstance(parent, app_commands.Group), "cogs.me comes first"
    parent.add_command(blocks)
    bot.tree.add_command(report_or_block)
    bot.controls.add(*safety.CONTROLS)
