"""Checks' faces: an open answer as a guide reads it, and the form that marks it anew."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Attached, Card, Rule, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, places_of, written
from bot.client.replies import ask, asker, defer, show
from bot.domain.guides import Checking
from bot.domain.texts import escaped, shortened
from bot.services.checks import COMMENT_LIMIT
from bot.ui.questions import key_point_lines, plain, question_parts, trimmed

# A longer answer may not fit beside its question, so it comes as a file too.
WHOLE = 1000


@dataclass(frozen=True, slots=True)
class CheckTicket(Ticket):
    request_id: int


class OpenAnswerButton(TicketButton):
    verb, ticket = "guide.open", CheckTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: CheckTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.checks.open(asker(interaction), ticket.request_id)
        await show(interaction, checking_card(found))


class ConfirmButton(TicketButton):
    verb, ticket = "guide.confirm", CheckTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: CheckTicket) -> None:
        await defer(interaction)
        done = await interaction.client.services.checks.confirm(asker(interaction), ticket.request_id)
        await show(interaction, checked_card(done))


class MarkAnewButton(TicketButton):
    verb, ticket = "guide.mark", CheckTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: CheckTicket) -> None:
        # Whoever may not mark it does not see its key points either.
        found = await interaction.client.services.checks.open(asker(interaction), ticket.request_id)
        await ask(interaction, MarkModal(ticket, found))


class MarkModal(TicketModal):
    verb, ticket = "guide.mark-form", CheckTicket

    def __init__(self, ticket: Ticket, checking: Checking) -> None:
        super().__init__(ticket, title="Check this answer")
        points = checking.question.draft["key_points"]
        select: discord.ui.Select[Any] = discord.ui.Select(
            custom_id="marks",
            required=False,
            min_values=0,
            max_values=len(points),
            options=[
                discord.SelectOption(
                    label=shortened(f"{place + 1}. {plain(point)}", 100),
                    value=str(place),
                    default=place in checking.marks,
                )
                for place, point in enumerate(points)
            ],
        )
        self.add_item(discord.ui.Label(text="Which key points does it cover?", component=select))
        self.add_item(written("comment", "A word to them, if you like", limit=COMMENT_LIMIT, required=False))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: CheckTicket, fields: Fields) -> None:
        await defer(interaction)
        chosen = fields.get("marks")
        done = await interaction.client.services.checks.confirm(
            asker(interaction),
            ticket.request_id,
            places_of(chosen) if isinstance(chosen, tuple) else (),
            str(fields.get("comment", "")),
        )
        await show(interaction, checked_card(done))


def checking_card(checking: Checking) -> Card:
    """The answer, its key points and its writer's own marks, for a guide's eyes."""
    ticket = CheckTicket(checking.request_id)
    texts = [
        *question_parts(checking.question),
        Rule(),
        Text(f"**<@{checking.discord_id}> wrote**\n{escaped(checking.text)}"),
        Text(f"**Their own marks**\n{marks_words(checking)}"),
    ]
    return card(
        f"## {escaped(checking.question.draft['title'])}",
        *trimmed(texts, 3600),
        Attached("answer.txt", checking.text.encode()) if len(checking.text) > WHOLE else None,
        row(
            ConfirmButton(ticket, label="Confirm the marks", style=discord.ButtonStyle.primary),
            MarkAnewButton(ticket, label="Mark anew or comment"),
        ),
    )


def checked_card(checking: Checking) -> Card:
    """After a guide checked an answer."""
    verdict = "right" if checking.right else "not right"
    return card(
        f"Thank you. <@{checking.discord_id}>'s answer counts as **{verdict}** now, and they see that a guide "
        f"confirmed it.\n{marks_words(checking)}",
        colour=GOOD,
    )


def marks_words(checking: Checking) -> str:
    """The key points, ticked where the answer covers them."""
    return key_point_lines(checking.question.draft["key_points"], checking.marks)


CONTROLS = (OpenAnswerButton, ConfirmButton, MarkAnewButton, MarkModal)
