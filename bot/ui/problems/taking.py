"""Taking part in a group problem: proposing, reading the others, responding, and voting."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card, row
from bot.client.controls import (
    Fields,
    Ticket,
    TicketButton,
    TicketModal,
    written,
)
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.problems import Problem, Proposed, Taking
from bot.domain.texts import escaped, shortened
from bot.services.problems import PROPOSAL_LIMIT, RESPONSE_LIMIT
from bot.ui.phrases import PRIVACY, many, stamp
from bot.ui.problems.tickets import (
    MessageTicket,
    PageTicket,
    ProblemTicket,
    ProposalTicket,
    ResponseTicket,
)
from bot.ui.problems.words import everyone, gain_words, written_parts
from bot.ui.questions import plain, trimmed
from bot.ui.safety import SafetyButton, SafetyTicket

PEOPLE_SHOWN = 20

# --- proposing


class ProposeButton(TicketButton):
    verb, ticket = "problem.propose", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        before = await interaction.client.services.problems.written(asker(interaction), ticket.problem_id)
        await ask(interaction, ProposeModal(ticket, before))


class ProposeModal(TicketModal):
    verb, ticket = "problem.propose-form", ProblemTicket

    def __init__(self, ticket: Ticket, before: str | None) -> None:
        super().__init__(ticket, title="Change your proposal" if before else "Your proposal")
        how = "What would you do, why, and what could go wrong? A rough idea is a good start."
        label = "How would you solve it?"
        self.add_item(written("text", label, limit=PROPOSAL_LIMIT, placeholder=how, default=before))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ProblemTicket, fields: Fields) -> None:
        await defer(interaction)
        text = str(fields.get("text", ""))
        taking = await interaction.client.services.problems.propose(
            asker(interaction), ticket.problem_id, text
        )
        interaction.client.wake()
        await show(interaction, proposed_card(taking))


def proposed_card(taking: Taking) -> Card:
    """After proposing: what happens with it now."""
    if taking.phase == "propose":
        until = f" {stamp(taking.ends_at, 'R')}" if taking.ends_at else ""
        said = (
            f"{'Changed' if taking.again else 'Saved'}. It is sealed until the discussion opens{until}, but for those "
            "who have proposed too. Until then *Propose* lets you change it."
        )
    else:
        said = "Saved, and marked as late. It comes into the discussion within moments, for everyone to read."
    return card(
        said,
        gain_words(taking),
        row(ReadButton(PageTicket(taking.problem_id, 0), label="Read the proposals")),
        PRIVACY if taking.joined_now else None,
        colour=GOOD,
    )


# --- reading


class ReadButton(TicketButton):
    """Turns the page of the private list."""

    verb, ticket = "problem.page", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        await defer_redraw(interaction)
        await _show_page(interaction, ticket.problem_id, ticket.page)


class ProposalsButton(TicketButton):
    """Opens the private list from a message everyone sees."""

    verb, ticket = "problem.read", MessageTicket

    def __init__(self, ticket: MessageTicket) -> None:
        super().__init__(ticket, label="Read the proposals")

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MessageTicket) -> None:
        await defer(interaction)
        await _show_page(interaction, ticket.problem_id, 0)


async def _show_page(interaction: Interaction, problem_id: int, page: int) -> None:
    found = await interaction.client.services.problems.read(asker(interaction), problem_id, page)
    await show(interaction, page_card(*found))


def page_card(problem: Problem, proposed: Proposed | None, page: int, pages: int) -> Card:
    """One proposal in private, and the way to the others."""
    if proposed is None:
        return card("Nobody has proposed anything yet. *Propose* under the problem makes you the first.")
    open_now = problem.phase in ("discuss", "reveal") and not proposed.mine
    ticket = ProposalTicket(proposed.id)
    return card(
        f"## Proposal {page + 1} of {pages}",
        f"**{proposal_title(proposed)}**",
        *written_parts(proposed.text, f"proposal-{proposed.id}"),
        f"-# {many(proposed.responses, 'response')} · {many(proposed.votes, 'vote')}",
        row(
            RespondButton(ticket, label="Respond") if open_now else None,
            HelpedButton(ticket) if open_now else None,
            None if proposed.mine else SafetyButton(SafetyTicket("proposal", proposed.id)),
        ),
        row(
            ReadButton(PageTicket(problem.id, page - 1), label="Back") if page > 0 else None,
            ReadButton(PageTicket(problem.id, page + 1), label="More") if page + 1 < pages else None,
        ),
        "-# Only you see this.",
    )


def proposal_title(proposed: Proposed) -> str:
    """What a proposal is called, and what there is to say of it."""
    mine = " (yours)" if proposed.mine else ""
    marks = (" · late" if proposed.late else "") + (
        " · signed off by the guide" if proposed.signed_off else ""
    )
    return f"{escaped(proposed.name)}{mine}{marks}"


class PeopleButton(TicketButton):
    verb, ticket = "problem.people", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        message = interaction.message
        # A page is turned in place; the first is opened from a message everyone sees.
        await (defer_redraw if message is not None and message.flags.ephemeral else defer)(interaction)
        problem = await interaction.client.services.problems.show(asker(interaction), ticket.problem_id)
        await show(interaction, people_card(problem, ticket.page))


def people_card(problem: Problem, page: int) -> Card:
    """Everyone who took part, page by page."""
    pages = max(1, -(-len(problem.people) // PEOPLE_SHOWN))
    at = min(max(page, 0), pages - 1)
    shown = problem.people[at * PEOPLE_SHOWN : (at + 1) * PEOPLE_SHOWN]
    return card(
        f"## Who took part: {len(problem.people)}",
        *trimmed([Text("\n".join(everyone(shown)) or "Nobody yet.")], 3600),
        row(
            PeopleButton(PageTicket(problem.id, at - 1), label="Back") if at > 0 else None,
            PeopleButton(PageTicket(problem.id, at + 1), label="More") if at + 1 < pages else None,
        ),
        f"-# Page {at + 1} of {pages}. Names as people show them." if pages > 1 else None,
    )


class DataButton(TicketButton):
    verb, ticket = "problem.data", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer(interaction)
        problem = await interaction.client.services.problems.show(asker(interaction), ticket.problem_id)
        await show(interaction, card("## The data", str(problem.question.draft["data"] or "There is none.")))


# --- responding and voting


class RespondButton(TicketButton):
    verb, ticket = "problem.respond", ProposalTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProposalTicket) -> None:
        to = await interaction.client.services.problems.respondable(asker(interaction), ticket.proposal_id)
        await ask(interaction, RespondModal(ticket, to))


class RespondModal(TicketModal):
    verb, ticket = "problem.respond-form", ProposalTicket

    def __init__(self, ticket: Ticket, to: Proposed) -> None:
        super().__init__(ticket, title=shortened(f"Respond to {plain(to.name)}", 45))
        self.add_item(discord.ui.TextDisplay(shortened(escaped(to.text), 1500)))
        how = "What convinces you? What would you ask, add or do differently?"
        label = "Your response, for everyone to read"
        self.add_item(written("text", label, limit=RESPONSE_LIMIT, placeholder=how))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ProposalTicket, fields: Fields) -> None:
        await defer(interaction)
        text = str(fields.get("text", ""))
        taking = await interaction.client.services.problems.respond(
            asker(interaction), ticket.proposal_id, text
        )
        interaction.client.wake()
        await show(
            interaction,
            card(
                "Thank you! Your response comes into the discussion within moments, for everyone to read.",
                gain_words(taking),
                PRIVACY if taking.joined_now else None,
                colour=GOOD,
            ),
        )


class HelpedButton(TicketButton):
    verb, ticket = "problem.helped", ProposalTicket

    def __init__(self, ticket: ProposalTicket) -> None:
        super().__init__(ticket, label="This helped me most")

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProposalTicket) -> None:
        await _vote(interaction, proposal_id=ticket.proposal_id)


class ResponseHelpedButton(TicketButton):
    verb, ticket = "problem.response-helped", ResponseTicket

    def __init__(self, ticket: ResponseTicket) -> None:
        super().__init__(ticket, label="This helped me most")

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ResponseTicket) -> None:
        await _vote(interaction, response_id=ticket.response_id)


async def _vote(interaction: Interaction, **what: int) -> None:
    await defer(interaction)
    taking = await interaction.client.services.problems.vote(asker(interaction), **what)
    await show(interaction, voted_card(taking))


def voted_card(taking: Taking) -> Card:
    """After a vote."""
    return card(
        "Your vote is in. You have one for this problem and can move it until it is closed.",
        PRIVACY if taking.joined_now else None,
    )


CONTROLS: tuple[Any, ...] = (
    ProposeButton,
    ProposeModal,
    ReadButton,
    ProposalsButton,
    PeopleButton,
    DataButton,
    RespondButton,
    RespondModal,
    HelpedButton,
    ResponseHelpedButton,
)
