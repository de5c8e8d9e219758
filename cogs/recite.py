"""/recite: oral recitation with a partner."""

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.ui import lobby, pairing, recitation
from bot.ui.choices import topic_choices
from bot.ui.pairing import enrolment
from bot.ui.recitation import solo


class Recite(commands.Cog):
    """Explaining a concept aloud to somebody."""

    recite = app_commands.Group(
        name="recite", description="Explain a concept to a partner, and hear one", guild_only=True
    )

    @recite.command(name="now", description="Recite to somebody who has time at this moment")
    @app_commands.describe(
        topic="What you would like to recite about",
        style="By voice, or typed with double time",
    )
    @app_commands.autocomplete(topic=topic_choices)
    async def now(
        self,
        interaction: Interaction,
        topic: str | None = None,
        style: Literal["voice", "typed"] | None = None,
    ) -> None:
        await lobby.now(interaction, topic, style)

    @recite.command(name="join", description="Get a partner in every recitation round of this server")
    @app_commands.describe(
        mode="Live: you meet. Async: you hand in and mark within 72 hours",
        style="By voice, or typed with double time",
    )
    async def join(
        self,
        interaction: Interaction,
        mode: Literal["live", "async"] | None = None,
        style: Literal["voice", "typed"] | None = None,
    ) -> None:
        await enrolment.join(interaction, mode, style)

    @recite.command(name="skip", description="Leave the next round out; the same command takes it back")
    async def skip(self, interaction: Interaction) -> None:
        await enrolment.skip(interaction)

    @recite.command(name="leave", description="Be in no recitation round any more")
    async def leave(self, interaction: Interaction) -> None:
        await enrolment.leave(interaction)

    @recite.command(name="status", description="Your place in the rounds, how you recite, and what is open")
    async def status(self, interaction: Interaction) -> None:
        await enrolment.status(interaction)


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*lobby.CONTROLS, *pairing.CONTROLS, *recitation.CONTROLS, *solo.CONTROLS)
    await bot.add_cog(Recite())
