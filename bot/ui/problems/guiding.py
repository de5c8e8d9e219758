"""What guides see of a group problem: the preview before it is posted, and the panel that moves it on."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, places_of, written
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.drops import Filters
from bot.domain.problems import AFTER, PHASES, Preview, Problem, Proposed, Terms
from bot.domain.texts import escaped, shortened
from bot.services.problems import COMMENT_LIMIT
from bot.ui.phrases import somebody, stamp
from bot.ui.problems.tickets import PhaseTicket, ProblemTicket
from bot.ui.problems.words import participation
from bot.ui.questions import DIFFICULTY, trimmed

MOVES = {"propose": "Open the discussion", "discuss": "Show the solution", "reveal": "Close it"}

# --- before it is posted


class PostButton(TicketButton):
    verb, ticket = "problem.publish", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer_redraw(interaction)
        preview = await interaction.client.services.problems.post(asker(interaction), ticket.problem_id)
        interaction.client.wake()
        await show(
            interaction,
            card(
                f"## On its way\n**{escaped(preview.question.draft['title'])}** appears in <#{preview.channel_id}> "
                "within seconds. You are its guide: *For guides* under it moves it on.",
                colour=GOOD,
            ),
        )


class AnotherProblemButton(TicketButton):
    verb, ticket = "problem.another", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer_redraw(interaction)
        preview = await interaction.client.services.problems.another(asker(interaction), ticket.problem_id)
        await show(interaction, preview_card(preview))


async def show_preview(
    interaction: Interaction, channel_id: int, filters: Mapping[str, Any], terms: Mapping[str, Any]
) -> None:
    """Choose a problem by options as a schedule keeps them, and show it to the guide who asked."""
    preview = await interaction.client.services.problems.preview(
        asker(interaction), interaction.id, channel_id, Filters.from_json(filters), Terms.from_json(terms)
    )
    await show(interaction, preview_card(preview))


def preview_card(preview: Preview) -> Card:
    """A problem to look at before it is posted."""
    draft, terms = preview.question.draft, preview.terms
    names = "without names" if terms.anonymous else "with names"
    ticket = ProblemTicket(preview.id)
    return card(
        f"## Post this?\n**{escaped(draft['title'])}**",
        f"-# {preview.question.topic_name} · {DIFFICULTY[draft['difficulty']]} · about {draft['minutes']} minutes"
        f" · {len(draft['hints'])} hints",
        *trimmed(
            [Text(draft["question"]), *([Text(f"**Data**\n{draft['data']}")] if draft["data"] else [])], 3000
        ),
        f"In <#{preview.channel_id}>: {terms.propose_hours} hours to propose, {terms.discuss_hours} to discuss, "
        f"{terms.vote_hours} to check and vote; proposals {names}.",
        "-# (!) This server has had this one before." if preview.seen_before else None,
        row(
            PostButton(ticket, label="Post", style=discord.ButtonStyle.primary),
            AnotherProblemButton(ticket, label="Another") if preview.others else None,
        ),
        "-# Only you see this. Nothing is posted before you press *Post*.",
    )


# --- the panel


class GuideButton(TicketButton):
    verb, ticket = "problem.guide", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer(interaction)
        problem = await interaction.client.services.problems.guided(asker(interaction), ticket.problem_id)
        await show(interaction, panel_card(problem))


class MoveOnButton(TicketButton):
    verb, ticket = "problem.move-on", PhaseTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PhaseTicket) -> None:
        await defer_redraw(interaction)
        problem = await interaction.client.services.problems.move_on(
            asker(interaction), ticket.problem_id, ticket.phase
        )
        interaction.client.wake()
        await show(interaction, panel_card(problem, "-# Done; the card follows within moments."))


class ExtendButton(TicketButton):
    verb, ticket = "problem.extend", PhaseTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PhaseTicket) -> None:
        await defer_redraw(interaction)
        problem = await interaction.client.services.problems.extend(
            asker(interaction), ticket.problem_id, ticket.phase
        )
        interaction.client.wake()
        await show(interaction, panel_card(problem, "-# A day more."))


class TakeButton(TicketButton):
    verb, ticket = "problem.take", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer_redraw(interaction)
        problem = await interaction.client.services.problems.take(asker(interaction), ticket.problem_id)
        interaction.client.wake()
        await show(interaction, panel_card(problem, "-# You guide this one now."))


class SignOffButton(TicketButton):
    verb, ticket = "problem.sign-off", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        found = await interaction.client.services.problems.signable(asker(interaction), ticket.problem_id)
        await ask(interaction, SignOffModal(ticket, found))


class SignOffModal(TicketModal):
    verb, ticket = "problem.sign-off-form", ProblemTicket

    def __init__(self, ticket: Ticket, found: tuple[Proposed, ...]) -> None:
        super().__init__(ticket, title="Sign off and comment")
        if found:
            select: discord.ui.Select[Any] = discord.ui.Select(
                custom_id="proposals",
                required=False,
                min_values=0,
                max_values=len(found),
                options=[
                    discord.SelectOption(
                        label=shortened(one.name, 100),
                        description=shortened(" ".join(one.text.split()), 100),
                        value=str(one.id),
                    )
                    for one in found
                ],
            )
            self.add_item(discord.ui.Label(text="Which proposals do you sign off?", component=select))
        self.add_item(
            written("comment", "A word on them, for everyone (optional)", limit=COMMENT_LIMIT, required=False)
        )

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ProblemTicket, fields: Fields) -> None:
        await defer(interaction)
        chosen = fields.get("proposals")
        problem = await interaction.client.services.problems.sign_off(
            asker(interaction),
            ticket.problem_id,
            places_of(chosen) if isinstance(chosen, tuple) else (),
            str(fields.get("comment", "")),
        )
        interaction.client.wake()
        await show(interaction, panel_card(problem, "-# Saved: those you signed off have their point."))


def panel_card(problem: Problem, said: str | None = None) -> Card:
    """Where a problem stands, and what its guide can do."""
    ticket, phase = ProblemTicket(problem.id), PhaseTicket(problem.id, problem.phase)
    until = f", until {stamp(problem.ends_at, 'f')}" if problem.ends_at and problem.phase in AFTER else ""
    return card(
        f"## For guides: {escaped(problem.question.draft['title'])}",
        f"**{PHASES[problem.phase]}**{until}. Guide: {somebody(problem.guide) if problem.guide else 'nobody yet'}.",
        participation(problem),
        f"**Your comment:** {escaped(problem.comment)}" if problem.comment else None,
        said,
        row(
            MoveOnButton(phase, label=MOVES[problem.phase], style=discord.ButtonStyle.primary)
            if problem.phase in MOVES
            else None,
            ExtendButton(phase, label="24 hours more") if problem.phase in AFTER else None,
            TakeButton(ticket, label="I guide this") if problem.phase in AFTER else None,
            SignOffButton(ticket, label="Sign off…") if problem.phase != "propose" else None,
        ),
        "-# Without a guide the phases go on by themselves.",
    )


CONTROLS: tuple[Any, ...] = (
    PostButton,
    AnotherProblemButton,
    GuideButton,
    MoveOnButton,
    ExtendButton,
    TakeButton,
    SignOffButton,
    SignOffModal,
)
