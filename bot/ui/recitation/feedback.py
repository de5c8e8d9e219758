"""Feedback as whoever recited reads it, and what they wish afterwards."""

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Part, Text, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.recitation import Heard, Room
from bot.domain.texts import escaped
from bot.ui.phrases import somebody
from bot.ui.questions import key_point_lines, trimmed
from bot.ui.recitation.marks import marks_words
from bot.ui.recitation.tickets import RecitationTicket, names
from bot.ui.safety import SafetyButton, SafetyTicket

CONFIRMS = "That you have read this confirms that they listened, which their points for it waited for."
READ, THANK, KEEP = "Read my feedback", "Thank my listener", "Keep this partner"


class ReadButton(TicketButton):
    verb, ticket = "recite.read", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        who = asker(interaction)
        room, found = await interaction.client.services.recitations.heard(who, ticket.recitation_id)
        await show(interaction, heard_card(room, found, who.discord_id))


class ThankButton(TicketButton):
    verb, ticket = "recite.thank", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        who = asker(interaction)
        room = await interaction.client.services.recitations.thank(who, ticket.recitation_id)
        interaction.client.wake()
        await show(interaction, thanked_card(room, who.discord_id))


class KeepButton(TicketButton):
    verb, ticket = "recite.keep", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        who = asker(interaction)
        room = await interaction.client.services.recitations.keep(who, ticket.recitation_id)
        await show(interaction, kept_card(room, who.discord_id))


def heard_card(room: Room, found: tuple[Heard, ...], reader: int) -> Card:
    """What was said of one's recitation, and what one can do about it."""
    parts: list[Part | None] = [Text("## Feedback on your recitation")]
    for one in found:
        rubric = one.rubric
        who = "You yourself" if one.own else somebody(one.by)
        improve = f"\n**One thing to improve:** {escaped(rubric.improve)}" if rubric.improve else ""
        parts += [
            Text(
                f"**{escaped(one.title)}**: {len(rubric.covered)} of {len(one.key_points)} key points, "
                f"says {who}\n{marks_words(rubric)}{improve}"
            ),
            Text(key_point_lines(one.key_points, rubric.covered)),
            row(SafetyButton(SafetyTicket("feedback", one.id))) if one.by and not one.own else None,
        ]
    ticket, me = RecitationTicket(room.id), _chair(room, reader)
    parts += [
        Text(CONFIRMS) if room.stage.phase == "feedback" and any(not one.own for one in found) else None,
        Text(
            "*Thank my listener* tells them on the card. *Keep this partner*: if you both wish it, the next round "
            "puts you together again."
        ),
        row(
            ThankButton(ticket, label=THANK, style=discord.ButtonStyle.primary, disabled=me),
            KeepButton(ticket, label=KEEP),
        ),
    ]
    return card(*trimmed([part for part in parts if part]), colour=GOOD)


def _chair(room: Room, reader: int) -> bool:
    return any(chair.thanked for chair in room.chairs if chair.discord_id == reader)


def thanked_card(room: Room, reader: int) -> Card:
    """After thanking."""
    me = next(chair for chair in room.chairs if chair.discord_id == reader)
    listener = room.listener(me.place)
    who = f"<@{listener.discord_id}>" if listener else "Your listener"
    return card(
        f"Thank you. {who} sees it on the card in the thread, and their listening counts.", colour=GOOD
    )


def kept_card(room: Room, reader: int) -> Card:
    """After wishing to keep a partner, or taking that back."""
    if not any(chair.keeps for chair in room.chairs if chair.discord_id == reader):
        return card("Taken back: the next round chooses for you again.")
    return card(
        f"Noted. If {names(room, reader)} wishes it too, the next round puts you together again. "
        "Nobody is told unless you both do. Press again to take it back.",
        colour=GOOD,
    )


CONTROLS = (ReadButton, ThankButton, KeepButton)
