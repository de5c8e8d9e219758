"""/mock: interviewing each other, and /me project, which walk-throughs draw on."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.domain.interviews import ROUNDS
from bot.domain.members import LEVELS
from bot.ui import interviews, projects

TYPES = [app_commands.Choice(name=label, value=value) for value, label in ROUNDS.items()]
EXPERIENCE = [app_commands.Choice(name=label, value=value) for value, label in LEVELS.items()]


class Mock(commands.Cog):
    """Peer mock interviews."""

    mock = app_commands.Group(
        name="mock", description="Mock interviews: you interview each other", guild_only=True
    )

    @mock.command(name="request", description="Find a partner, or ask one: each interviews the other")
    @app_commands.describe(
        type="What you want to be asked about",
        track="What you prepare for; yours, if you leave it out",
        level="Where you are; yours, if you leave it out",
        partner="Only this person; leave it out, and I look for somebody",
    )
    @app_commands.choices(type=TYPES, level=EXPERIENCE)
    async def request(
        self,
        interaction: Interaction,
        type: str,  # noqa: A002 - what members read
        track: Literal["ds", "mle", "undecided"] | None = None,
        level: str | None = None,
        partner: discord.Member | discord.User | None = None,
    ) -> None:
        await defer(interaction)
        wish = interviews.RequestTicket(
            type, track or interviews.OPEN, level or interviews.OPEN, partner.id if partner else 0
        )
        await interviews.ask_for(interaction, wish)

    @mock.command(name="status", description="What you asked for, what is arranged, and what waits for you")
    async def status(self, interaction: Interaction) -> None:
        await defer(interaction)
        found = await interaction.client.services.mock_requests.status(asker(interaction))
        await show(interaction, interviews.status_card(found, interaction.user.id))

    @mock.command(name="cancel", description="Take your request back")
    async def cancel(self, interaction: Interaction) -> None:
        await defer(interaction)
        await interviews.take_back(interaction)

    @mock.command(name="history", description="Your past interviews, and what was said about you")
    async def history(self, interaction: Interaction) -> None:
        await defer(interaction)
        await interviews.show_history(interaction)


@app_commands.command(name="project", description="Your own project, for walk-throughs: write it down")
async def project(interaction: Interaction) -> None:
    await projects.write(interaction)


async def setup(bot: StudyBot) -> None:
    parent = bot.tree.get_command("me")
    assert isinstance(parent, app_commands.Group), "cogs.me comes first"
    parent.add_command(project)
    bot.controls.add(*interviews.CONTROLS, *projects.CONTROLS)
    await bot.add_cog(Mock())
