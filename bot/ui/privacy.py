"""Privacy's faces: the note, the export, and the confirmed deletion."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import CARE, Attached, Card, card, row
from bot.client.controls import Fields, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, show
from bot.services.privacy import Export
from bot.ui.phrases import many, text_of

GOES = (
    "**What goes:** your name, settings, answers, reps, points and streak; your explanations, proposals and "
    "responses, also their messages in discussions; recitations, mock interviews, what you handed in and your "
    "project; votes, suggestions, blocks, and your place among the guides."
)
STAYS = (
    "**What stays, without you:** the marks you gave others, without your words; how many answered a question and how "
    "many were right; a question of yours that a guide approved; posts in channels such as digests and announcements; "
    "and for at most 90 days the evidence of a report that is still open. Backups forget you within 30 days."
)


class PrivacyButton(TicketButton):
    verb = "privacy.note"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await show(interaction, note_card())


class DeleteButton(TicketButton):
    verb = "privacy.delete"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await ask(interaction, DeleteModal())


class DeleteModal(TicketModal):
    verb = "privacy.delete-form"

    def __init__(self) -> None:
        super().__init__(title="Delete everything about you?")
        self.add_item(written("word", "Type the word DELETE", limit=20, long=False, placeholder="DELETE"))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: Any, fields: Fields) -> None:
        await defer(interaction)
        await interaction.client.services.privacy.ask_erasure(asker(interaction), str(fields.get("word", "")))
        interaction.client.wake()
        await show(interaction, going_card())


def note_card() -> Card:
    """The privacy note."""
    return card(text_of("privacy"))


def export_card(export: Export) -> Card:
    """The file with everything about a person."""
    return card(
        "## Everything kept about you here",
        f"{many(export.rows, 'entry', 'entries')}, as JSON: a text format that programs read. Only you can see this "
        "message. The file says what it leaves out, and why.",
        Attached(export.name, export.data),
    )


def delete_card() -> Card:
    """Says plainly what goes and what stays, before anything happens."""
    return card(
        "## Delete everything about you on this server?",
        GOES,
        STAYS,
        "This cannot be undone. `/me data export` first gives you a copy; `/me leave` only stops and keeps "
        "your record.",
        row(DeleteButton(label="Delete everything", style=discord.ButtonStyle.danger)),
        colour=CARE,
    )


def going_card() -> Card:
    """After the word was typed."""
    return card(
        "You are off every board now, and everything else about you here is deleted within moments. "
        "Thank you for your reps. If you ever answer again, you start anew."
    )


CONTROLS = (PrivacyButton, DeleteButton, DeleteModal)
