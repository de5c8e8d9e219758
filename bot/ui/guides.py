"""Guides' faces: asking them, the queue they work through, and who they are."""

from collections.abc import Callable
from dataclasses import dataclass

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Part, Row, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.guides import Named, People, Queue, Waiting
from bot.domain.texts import escaped
from bot.services.guides import HAND_LIMIT
from bot.ui.answers import DropTicket
from bot.ui.asked import asked_card
from bot.ui.checks import CheckTicket, OpenAnswerButton
from bot.ui.item_reports import ItemTicket
from bot.ui.phrases import PRIVACY, many, somebody, stamp
from bot.ui.questions import trimmed
from bot.ui.recitation.guidance import GuideRoomButton
from bot.ui.recitation.tickets import CalledTicket
from bot.ui.reviews import NextReportButton, ReviewButton
from bot.ui.safety import ReportsButton, ReportTicket

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
        label, plenty = "What is unclear? Only the guides read it", "One or two sentences are plenty."
        self.add_item(written("text", label, limit=HAND_LIMIT, placeholder=plenty))

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
    """Show a page of the queue to a guide, or a moderator their reports."""
    await show(
        interaction, queue_card(await interaction.client.services.guides.queue(asker(interaction), page))
    )


def queue_card(queue: Queue) -> Card:
    """What waits for a guide, oldest first; for a moderator who is none, the reports."""
    if queue.suggestions is None:
        head = "## Reports to the moderators"
    elif queue.total:
        head = f"## {many(queue.total, 'request')} for the guides"
    else:
        head = "## Nobody waits for a guide"
    parts: list[Part | None] = [Text(head)]
    for request in queue.requests:
        parts += KINDS[request.kind](request, queue.page)
    parts += queue_parts(queue)
    parts.append(pages_row(QueueButton, QueueTicket, queue.page, queue.pages))
    return card(*trimmed([part for part in parts if part]))


def _answer_parts(request: Waiting, page: int) -> list[Part | None]:
    return [
        Text(_asked_words("An open answer to check", request)),
        row(OpenAnswerButton(CheckTicket(request.id), label="Open", style=discord.ButtonStyle.primary)),
    ]


def _hand_parts(request: Waiting, page: int) -> list[Part | None]:
    ticket = HandTicket(request.id, page)
    noun, _, subject_id = request.subject.partition(":")
    room = CalledTicket(int(subject_id), request.id) if noun == "recitation" else None
    place = "The room" if room else "The discussion"
    where = f"\n{place}: <#{request.channel_id}>" if request.channel_id else ""
    taken = f"\n<@{request.taken_by}> has taken it." if request.taken_by else ""
    return [
        Text(f"{_asked_words('A raised hand', request)}\n{escaped(request.note)}{where}{taken}"),
        row(
            TakeHandButton(ticket, label="I take it", style=discord.ButtonStyle.primary)
            if request.taken_by is None
            else None,
            GuideRoomButton(room, label="Look in") if room else None,
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


def queue_parts(queue: Queue) -> list[Part | None]:
    """What waits in places of its own, each with the way there: suggested and reported questions, and reports."""
    parts: list[Part | None] = []
    for noun, pile, way in (
        ("suggested question", queue.suggestions, ReviewButton(label="Review the questions")),
        ("reported question", queue.doubts, NextReportButton(ItemTicket(0), label="See what is wrong")),
        ("report", queue.reports, ReportsButton(ReportTicket(0), label="Read the reports")),
    ):
        if pile is not None and pile.oldest is not None:
            parts += [
                Text(f"**{many(pile.count, noun)}** waiting, the oldest {stamp(pile.oldest, 'R')}."),
                row(way),
            ]
    if queue.suggestions is None and not parts:
        parts.append(Text("No report is open."))
    return parts


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
        f"<@{one.discord_id}>, named by {somebody(one.added_by)} {stamp(one.added_at, 'd')}"
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
