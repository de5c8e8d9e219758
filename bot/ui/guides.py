"""Guides' faces: asking them, the queue they work through, and who they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Part, Row, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.guides import Named, People, Pile, Queue, Waiting
from bot.domain.texts import escaped
from bot.services.guides import HAND_LIMIT
from bot.ui.answers import DropTicket, asked_card
from bot.ui.checks import CheckTicket, OpenAnswerButton
from bot.ui.phrases import PRIVACY, many, stamp
from bot.ui.questions import trimmed

NAMED_SHOWN = 40


@dataclass(frozen=True, slots=True)
class QueueTicket(Ticket):
    page: int


@dataclass(frozen=True, slots=True)
class HandTicket(Ticket):
    """A request, and the page of the queue to draw again."""

    request_id: int
    page: int


# --- asking


class RaiseHandButton(TicketButton):
    verb, ticket = "guide.raise", DropTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DropTicket) -> None:
        await ask(interaction, RaiseHandModal(ticket))


class RaiseHandModal(TicketModal):
    verb, ticket = "guide.raise-form", DropTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Ask a guide")
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="text",
            style=discord.TextStyle.paragraph,
            max_length=HAND_LIMIT,
            placeholder="One or two sentences are plenty.",
        )
        self.add_item(discord.ui.Label(text="What is unclear? Only the guides read it", component=field))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: DropTicket, fields: Fields) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        joins = not await services.members.takes_part(who)
        asked = await services.guides.raise_hand(who, ticket.drop_id, str(fields.get("text", "")))
        face = asked_card(asked, "A guide finds you in the discussion of the question.")
        await show(interaction, card(*face.parts, PRIVACY if joins else None))


# --- the queue


class QueueButton(TicketButton):
    """Turns the queue's page."""

    verb, ticket = "guide.queue", QueueTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: QueueTicket) -> None:
        await defer_redraw(interaction)
        await show_queue(interaction, ticket.page)


class TakeHandButton(TicketButton):
    verb, ticket = "guide.take", HandTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: HandTicket) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.guides.take(asker(interaction), ticket.request_id)
        await show_queue(interaction, ticket.page)


class HandDoneButton(TicketButton):
    verb, ticket = "guide.done", HandTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: HandTicket) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.guides.done(asker(interaction), ticket.request_id)
        await show_queue(interaction, ticket.page)


async def show_queue(interaction: Interaction, page: int = 0) -> None:
    """Show a page of the queue to a guide."""
    await show(
        interaction, queue_card(await interaction.client.services.guides.queue(asker(interaction), page))
    )


def queue_card(queue: Queue) -> Card:
    """What waits for a guide, oldest first."""
    head = (
        f"## {many(queue.total, 'request')} for the guides" if queue.total else "## Nobody waits for a guide"
    )
    parts: list[Part | None] = [Text(head)]
    for request in queue.requests:
        parts += KINDS[request.kind](request, queue.page)
    parts += queue_parts(queue.suggestions, queue.reports)
    parts.append(pages_row(QueueButton, QueueTicket, queue.page, queue.pages))
    return card(*trimmed([part for part in parts if part]))


def _answer_parts(request: Waiting, page: int) -> list[Part | None]:
    return [
        Text(_asked_words("An open answer to check", request)),
        row(OpenAnswerButton(CheckTicket(request.id), label="Open", style=discord.ButtonStyle.primary)),
    ]


def _hand_parts(request: Waiting, page: int) -> list[Part | None]:
    ticket = HandTicket(request.id, page)
    where = f"\nThe discussion: <#{request.channel_id}>" if request.channel_id else ""
    taken = f"\n<@{request.taken_by}> has taken it." if request.taken_by else ""
    return [
        Text(f"{_asked_words('A raised hand', request)}\n{escaped(request.note)}{where}{taken}"),
        row(
            TakeHandButton(ticket, label="I take it", style=discord.ButtonStyle.primary)
            if request.taken_by is None
            else None,
            HandDoneButton(ticket, label="Done"),
        ),
    ]


def _asked_words(what: str, request: Waiting) -> str:
    return (
        f"**{what}** from <@{request.discord_id}>, {stamp(request.asked_at, 'R')}\n{escaped(request.title)}"
    )


# A kind's face: what the queue shows of it, and its buttons.
KINDS: dict[str, Callable[[Waiting, int], list[Part | None]]] = {
    "answer": _answer_parts,
    "hand": _hand_parts,
}


def queue_parts(suggestions: Pile, reports: Pile | None) -> list[Part]:
    """What waits in places of its own: suggested questions, and for moderators the reports."""
    piles = [("suggested question", suggestions), ("report", reports)]
    return [
        Text(f"**{many(pile.count, noun)}** waiting, the oldest since {stamp(pile.oldest, 'f')}.")
        for noun, pile in piles
        if pile is not None and pile.oldest is not None
    ]


def pages_row(button: type[TicketButton], at: Callable[[int], Ticket], page: int, pages: int) -> Row | None:
    """Ways to the page before and the page after."""
    return row(
        button(at(page - 1), label="Back") if page > 0 else None,
        button(at(page + 1), label="More") if page + 1 < pages else None,
    )


# --- people


def person_named(member: discord.Member | discord.User) -> Named:
    """Somebody chosen in a command, as Discord describes them there."""
    manages = isinstance(member, discord.Member) and member.guild_permissions.manage_guild
    return Named(member.id, manages, member.bot)


def people_card(people: People) -> Card:
    """Everyone who guides here."""
    lines = [
        f"<@{one.discord_id}>, named by <@{one.added_by}> {stamp(one.added_at, 'd')}"
        for one in people.named[:NAMED_SHOWN]
    ]
    if len(people.named) > NAMED_SHOWN:
        lines.append(f"and {len(people.named) - NAMED_SHOWN} more")
    role = (
        f"Everyone with <@&{people.role_id}>" if people.role_id else "No role guides (`/setup start guides:`)"
    )
    return card(
        "## Who guides here",
        role,
        "\n".join(lines) or "Nobody is named one by one (`/guide people add`).",
        "-# People with Manage Server may do all that guides do.",
    )


def done_card(words: str) -> Card:
    """After something was done about somebody."""
    return card(words, colour=GOOD)


CONTROLS = (RaiseHandButton, RaiseHandModal, QueueButton, TakeHandButton, HandDoneButton)
