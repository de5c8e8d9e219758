"""/daily and /question: today's question, and practising from the bank."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.cards import row
from bot.client.replies import asker, defer, show
from bot.domain.drops import ANSWERABLE, DAILY_KINDS, Filters
from bot.ui import answers, explanations, home, item_reports, reviews, suggestions
from bot.ui.choices import topic_choices
from bot.ui.questions import list_card


class Questions(commands.Cog):
    """The question of the day, and the bank."""

    question = app_commands.Group(
        name="question", description="Practise from the question bank", guild_only=True
    )

    @app_commands.command(name="daily", description="Today's question, if you have not answered it yet")
    @app_commands.guild_only()
    async def daily(self, interaction: Interaction) -> None:
        await home.daily(interaction)

    @question.command(name="random", description="A question to practise: no points, but a rep")
    @app_commands.describe(
        topic="Only this topic", track="Only questions of this track", kind="Only this kind"
    )
    @app_commands.autocomplete(topic=topic_choices)
    async def random(
        self,
        interaction: Interaction,
        topic: str | None = None,
        track: Literal["ds", "mle"] | None = None,
        kind: Literal["choice", "numeric", "open", "code", "sql"] | None = None,
    ) -> None:
        kinds = (kind,) if kind else ANSWERABLE if topic else DAILY_KINDS
        topics = (topic,) if topic else ()
        await answers.practise(interaction, Filters(track=track or "both", topics=topics, kinds=kinds))

    @question.command(name="search", description="Find a question by words of its title or topic")
    @app_commands.describe(text="One or two words, such as variance or join")
    async def search(self, interaction: Interaction, text: app_commands.Range[str, 1, 100]) -> None:
        await defer(interaction)
        found = await interaction.client.services.questions.search(asker(interaction), text)
        options = [
            discord.SelectOption(
                label=one.draft["title"],
                description=one.topic_name,
                value=str(one.item_id),
            )
            for one in found
        ]
        select = answers.OpenItemSelect(placeholder="Open one to practise", options=options)
        await show(interaction, list_card(f"{len(found)} found", found, row(select)))

    @question.command(name="suggest", description="Propose a question, or see what became of yours")
    @app_commands.describe(
        topic="What it is about; leave it out to see your suggestions", kind="A choice, if you name no other"
    )
    @app_commands.autocomplete(topic=topic_choices)
    async def suggest(
        self,
        interaction: Interaction,
        topic: str | None = None,
        kind: Literal["choice", "numeric", "open"] = "choice",
    ) -> None:
        await suggestions.suggest(interaction, kind, topic)

    @question.command(name="report", description="Say what is wrong with a question you have answered")
    @app_commands.describe(question="Which one: the one you answered last, if you leave this out")
    @app_commands.autocomplete(question=item_reports.answered_choices)
    async def report(self, interaction: Interaction, question: str | None = None) -> None:
        await item_reports.report(interaction, question)


async def setup(bot: StudyBot) -> None:
    bot.controls.add(
        *answers.CONTROLS,
        *explanations.CONTROLS,
        *suggestions.CONTROLS,
        *item_reports.CONTROLS,
        *reviews.CONTROLS,
    )
    await bot.add_cog(Questions())
