"""/recite: oral recitation with a partner."""

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.ui import lobby, pairing, recitation
from bot.ui.choices import topic_choices
from bot.ui.pairing import enrolment
from bot.ui.recitation import exchange, history, solo


class Recite(commands.Cog):
    """Explaining a concept aloud to somebody."""

    def __init__(self, bot: StudyBot) -> None:
        self._bot = bot

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

    @recite.command(name="history", description="What you recited, what was said, and how you come along")
    async def history(self, interaction: Interaction) -> None:
        await history.history(interaction)

    @commands.Cog.listener()
    async def on_room_gone(self, key: str) -> None:
        """A thread or voice channel of ours was deleted by hand."""
        await self._bot.services.recitations.room_gone(key)


async def setup(bot: StudyBot) -> None:
    bot.controls.add(
        *lobby.CONTROLS,
        *pairing.CONTROLS,
        *recitation.CONTROLS,
        *exchange.CONTROLS,
        *history.CONTROLS,
        *solo.CONTROLS,
    )
    await bot.add_cog(Recite(bot))
