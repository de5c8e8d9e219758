"""A member's own project: what is kept of it, and the form to write it down."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, Text, card, row
from bot.client.controls import Fields, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.projects import FIELD_LIMIT, TOOLS_LIMIT, Project
from bot.domain.texts import escaped
from bot.ui.questions import trimmed

FIELDS = {
    "problem": ("The problem", "What was to be decided or made, and for whom?"),
    "data": ("The data", "Where from, how much, what was wrong with it?"),
    "model": ("The model", "Which one, against what, and why this one?"),
    "tools": ("Tools, with commas between them", "pandas, scikit-learn, Spark"),
    "result": ("The result", "What came of it, in numbers if you can say them?"),
}


class ProjectModal(TicketModal):
    verb = "me.project-form"

    def __init__(self, project: Project | None) -> None:
        super().__init__(title="My project")
        for name, (label, hint) in FIELDS.items():
            self.add_item(
                written(
                    name,
                    label,
                    limit=TOOLS_LIMIT if name == "tools" else FIELD_LIMIT,
                    long=name != "tools",
                    required=False,
                    placeholder=hint,
                    default=getattr(project, name) if project else None,
                )
            )

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: Any, fields: Fields) -> None:
        await defer(interaction)
        project = Project(**{name: str(fields.get(name, "")) for name in FIELDS})
        saved = await interaction.client.services.projects.save(asker(interaction), project)
        await show(interaction, project_card(saved))


class ForgetProjectButton(TicketButton):
    verb = "me.project-forget"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.projects.remove(asker(interaction))
        await show(interaction, card("Your project is forgotten. `/me project` writes down another."))


async def write(interaction: Interaction) -> None:
    """Open the form with what is kept."""
    await ask(interaction, ProjectModal(await interaction.client.services.projects.mine(asker(interaction))))


def project_card(project: Project) -> Card:
    """What is kept, and who reads it."""
    texts = [
        Text(f"**{label}**\n{escaped(getattr(project, name))}")
        for name, label in (
            ("problem", "Problem"),
            ("data", "Data"),
            ("model", "Model"),
            ("tools", "Tools"),
            ("result", "Result"),
        )
        if getattr(project, name)
    ]
    return card(
        "## Your project is saved",
        *trimmed(texts, 3300),
        "-# Whoever interviews you on your project walk-through (`/mock request`) reads it in that half, and nobody "
        "else. `/me project` again changes it. Leave out names and numbers that are secret.",
        row(ForgetProjectButton(label="Forget it", style=discord.ButtonStyle.danger)),
    )


CONTROLS = (ProjectModal, ForgetProjectButton)
