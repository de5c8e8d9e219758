"""What guides see of a group problem: the preview before it is posted, and the panel that moves it on."""

from collections.abc import Awaitable, Mapping
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, places_of, written
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.drops import Filters
from bot.domain.problems import AFTER, PHASES, Preview, Problem, Proposed, Terms
from bot.domain.texts import escaped, shortened
from bot.services.problems import COMMENT_LIMIT, PER_SIGNING
from bot.ui.phrases import somebody, stamp
from bot.ui.problems.tickets import PageTicket, PhaseTicket, ProblemTicket
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


async def _act(interaction: Interaction, act: Awaitable[Problem], said: str, page: int = 0) -> None:
    """Do what a guide pressed, and show the panel as it is then."""
    problem = await act
    interaction.client.wake()
    await show(interaction, panel_card(problem, said, page))


class PanelPageButton(TicketButton):
    """Turns to the next proposals that can be signed off together."""

    verb, ticket = "problem.guide-page", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        await defer_redraw(interaction)
        problem = await interaction.client.services.problems.guided(asker(interaction), ticket.problem_id)
        await show(interaction, panel_card(problem, page=ticket.page))


class MoveOnButton(TicketButton):
    verb, ticket = "problem.move-on", PhaseTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PhaseTicket) -> None:
        await defer_redraw(interaction)
        problems, who = interaction.client.services.problems, asker(interaction)
        moved = problems.move_on(who, ticket.problem_id, ticket.phase)
        await _act(interaction, moved, "-# Done; the card follows within moments.")


class ExtendButton(TicketButton):
    verb, ticket = "problem.extend", PhaseTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PhaseTicket) -> None:
        await defer_redraw(interaction)
        problems, who = interaction.client.services.problems, asker(interaction)
        await _act(interaction, problems.extend(who, ticket.problem_id, ticket.phase), "-# A day more.")


class TakeButton(TicketButton):
    verb, ticket = "problem.take", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer_redraw(interaction)
        problems, who = interaction.client.services.problems, asker(interaction)
        await _act(interaction, problems.take(who, ticket.problem_id), "-# You guide this one now.")


class SignOffButton(TicketButton):
    """Opens the form for the proposals of one page."""

    verb, ticket = "problem.sign-off", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        found = await interaction.client.services.problems.signable(
            asker(interaction), ticket.problem_id, ticket.page
        )
        await ask(interaction, SignOffModal(ticket, found))


class SignOffModal(TicketModal):
    verb, ticket = "problem.sign-off-form", PageTicket

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
    async def submit(cls, interaction: Interaction, ticket: PageTicket, fields: Fields) -> None:
        await defer(interaction)
        chosen = fields.get("proposals")
        signed = interaction.client.services.problems.sign_off(
            asker(interaction),
            ticket.problem_id,
            places_of(chosen) if isinstance(chosen, tuple) else (),
            str(fields.get("comment", "")),
        )
        said = "-# Saved: those you signed off have their point."
        await _act(interaction, signed, said, ticket.page)


def panel_card(problem: Problem, said: str | None = None, page: int = 0) -> Card:
    """Where a problem stands, and what its guide can do; proposals are signed off page by page."""
    ticket, phase = ProblemTicket(problem.id), PhaseTicket(problem.id, problem.phase)
    proposals, signing = len(problem.proposed), problem.phase != "propose"
    pages = max(1, -(-proposals // PER_SIGNING))
    at = min(max(page, 0), pages - 1)
    first, last = at * PER_SIGNING + 1, min((at + 1) * PER_SIGNING, proposals)
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
            SignOffButton(PageTicket(problem.id, at), label="Sign off…") if signing else None,
        ),
        *(
            (
                f"-# *Sign off…* has proposals {first} to {last} of {proposals}, in the order of the list.",
                row(
                    PanelPageButton(PageTicket(problem.id, at - 1), label="Back") if at > 0 else None,
                    PanelPageButton(PageTicket(problem.id, at + 1), label="More") if at + 1 < pages else None,
                ),
            )
            if signing and pages > 1
            else ()
        ),
        "-# Without a guide the phases go on by themselves.",
    )


CONTROLS: tuple[Any, ...] = (
    PostButton,
    AnotherProblemButton,
    GuideButton,
    PanelPageButton,
    MoveOnButton,
    ExtendButton,
    TakeButton,
    SignOffButton,
    SignOffModal,
)
