"""/problem: group problems, and the replies in their discussions."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.posting import reply_in
from bot.client.replies import asker, defer, show
from bot.ui import problems
from bot.ui import schedule_options as options
from bot.ui.choices import topic_choices
from bot.ui.permissions import postable


class Problem(commands.Cog):
    """One problem, everybody's proposal, and a discussion in which every single person talks."""

    problem = app_commands.Group(
        name="problem", description="Group problems: propose, discuss, compare", guild_only=True
    )

    def __init__(self, bot: StudyBot) -> None:
        self._bot = bot

    @problem.command(name="open", description="The group problems that are open here, and what is left to do")
    async def open(self, interaction: Interaction) -> None:
        await defer(interaction)
        found = await interaction.client.services.problems.open_here(asker(interaction))
        await show(interaction, problems.open_card(found))

    @problem.command(name="post", description="Guides: choose a group problem, look at it, and post it")
    @app_commands.describe(
        topic="Only problems on this topic; left out, Reps takes one you have not had, topic by topic",
        difficulty="Only problems this hard",
        track="Only problems of this track",
        channel="Where to post: a text channel or a forum (this channel, if you leave it out)",
        propose_hours="Hours to propose in (24)",
        discuss_hours="Hours to discuss in (48)",
        proposals="Whether proposals are shown with names",
    )
    @app_commands.autocomplete(topic=topic_choices)
    async def post(
        self,
        interaction: Interaction,
        topic: str | None = None,
        difficulty: options.Difficulty | None = None,
        track: options.Track | None = None,
        channel: discord.TextChannel | discord.ForumChannel | None = None,
        propose_hours: options.Hours | None = None,
        discuss_hours: options.Hours | None = None,
        proposals: options.Shown | None = None,
    ) -> None:
        await defer(interaction)
        topics = interaction.client.services.questions.topics
        filters = options.filters("problem", topic, track, difficulty, known=topics, before={})
        terms = options.terms("problem", propose_hours, discuss_hours, proposals, before={})
        where = postable(channel or interaction.channel, "problem")
        await problems.show_preview(interaction, where.id, filters, terms)

    # --- what Discord tells: that somebody replied to something, never what they wrote

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        reply = reply_in(message)
        if reply is not None and message.guild is not None:
            voices = self._bot.services.problem_voices
            if await voices.heard(message.guild.id, reply.author_id, reply.to):
                self._bot.wake()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        # What was said while the gateway was away is not told again.
        if await self._bot.services.problem_voices.listen_again():
            self._bot.wake()


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*problems.CONTROLS)
    await bot.add_cog(Problem(bot))
