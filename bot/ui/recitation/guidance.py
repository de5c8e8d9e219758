"""Guides and rooms: a raised hand, and what a guide does in a room they were called to."""

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.posting import Unpostable
from bot.client.replies import ask, asker, defer, show
from bot.domain.errors import NotYourRecitation
from bot.domain.recitation import Room
from bot.domain.texts import escaped
from bot.services.guides import HAND_LIMIT
from bot.services.recitation.guidance import NOTE_LIMIT
from bot.ui.asked import asked_card
from bot.ui.recitation.tickets import CalledTicket, RecitationTicket, link


class HandButton(TicketButton):
    verb, ticket = "recite.hand", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await ask(interaction, HandModal(ticket))


class HandModal(TicketModal):
    verb, ticket = "recite.hand-form", RecitationTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Ask a guide to come")
        label = "What would help? Only the guides read it"
        self.add_item(
            written("text", label, limit=HAND_LIMIT, placeholder="One or two sentences are plenty.")
        )

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: RecitationTicket, fields: Fields) -> None:
        await defer(interaction)
        asked = await interaction.client.services.recitations.raise_hand(
            asker(interaction), ticket.recitation_id, str(fields.get("text", ""))
        )
        await show(interaction, asked_card(asked, "A guide can join you here, or leave a note on the card."))


# --- guides


class GuideRoomButton(TicketButton):
    """Opens a recitation for a guide, from their queue."""

    verb, ticket = "recite.guide", CalledTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: CalledTicket) -> None:
        await defer(interaction)
        await show(interaction, guide_card(await _looked_at(interaction, ticket.recitation_id)))


async def _looked_at(interaction: Interaction, recitation_id: int) -> Room:
    """A recitation for a guide. Raises GuidesOnly, NotYourRecitation."""
    room = await interaction.client.services.recitations.as_guide(asker(interaction), recitation_id)
    if room is None:
        raise NotYourRecitation
    return room


class EnterButton(TicketButton):
    verb, ticket = "recite.enter", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        bot, who = interaction.client, asker(interaction)
        room = await bot.services.recitations.enter(who, ticket.recitation_id)
        assert room.thread_id is not None
        try:
            await bot.rooms.admit("thread", room.thread_id, who.discord_id)
            if room.voice_id is not None:
                await bot.rooms.admit("voice", room.voice_id, who.discord_id)
        except Unpostable:
            await show(interaction, card("I could not let you in: the room is gone, or closed to me."))
            return
        await show(interaction, card(f"You are in: {link(room)}", colour=GOOD))


class NoteButton(TicketButton):
    verb, ticket = "recite.note", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await _looked_at(interaction, ticket.recitation_id)
        await ask(interaction, NoteModal(ticket))


class NoteModal(TicketModal):
    verb, ticket = "recite.note-form", RecitationTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="A note for this recitation")
        self.add_item(written("text", "Everyone in the room reads it", limit=NOTE_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: RecitationTicket, fields: Fields) -> None:
        await defer(interaction)
        room = await interaction.client.services.recitations.leave_note(
            asker(interaction), ticket.recitation_id, str(fields.get("text", ""))
        )
        interaction.client.wake()
        await show(interaction, guide_card(room, "Your note is on the card in the thread."))


class SignButton(TicketButton):
    verb, ticket = "recite.sign", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        room = await interaction.client.services.recitations.sign_off(
            asker(interaction), ticket.recitation_id
        )
        interaction.client.wake()
        await show(
            interaction, guide_card(room, "Signed off. The people of this recitation see it on the card.")
        )


def guide_card(room: Room, said: str | None = None) -> Card:
    """A recitation as a guide sees it: who, how far, and what a guide can do."""
    people = "\n".join(
        f"- <@{chair.discord_id}>: {escaped(chair.concept.title) if chair.concept else 'no concept yet'}"
        f"{', recited' if chair.finished_at else ''}"
        for chair in room.chairs
    )
    ticket = RecitationTicket(room.id)
    held = any(chair.finished_at for chair in room.chairs)
    return card(
        f"## Recitation {room.id}",
        said,
        people,
        "-# They see that you come in, what you note, and that you signed off. Each of it is in the audit trail.",
        row(
            EnterButton(ticket, label="Join the room", style=discord.ButtonStyle.primary)
            if room.thread_id
            else None,
            NoteButton(ticket, label="Leave a note"),
            SignButton(ticket, label="Sign off", disabled=room.signed_off_by is not None) if held else None,
        ),
    )


CONTROLS = (HandButton, HandModal, GuideRoomButton, EnterButton, NoteButton, NoteModal, SignButton)
