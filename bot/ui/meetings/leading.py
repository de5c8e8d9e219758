"""Leading a meeting: the private panel that stops the clock, lengthens a part, skips it, or ends the whole."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

import discord

from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.meetings import ENDS, EXTENDED_BY, Meeting
from bot.domain.members import Person
from bot.services.meetings import Meetings
from bot.ui.meetings.tickets import LeadTicket, MeetingTicket
from bot.ui.meetings.words import PARTS, agenda_lines, now_words, useful_words
from bot.ui.phrases import many

MORE = f"{int(EXTENDED_BY.total_seconds() // 60)} more minutes"
Act = Callable[[Meetings, Person, int, int], Awaitable[Meeting]]


class LeadButton(TicketButton):
    """Opens the panel for whoever leads the meeting."""

    verb, ticket = "meeting.lead", MeetingTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MeetingTicket) -> None:
        await defer(interaction)
        await show(
            interaction,
            lead_card(await interaction.client.services.meetings.lead(asker(interaction), ticket.meeting_id)),
        )


class _ActButton(TicketButton):
    """Does one thing to the meeting's clock, and shows the panel as it is then."""

    ticket = LeadTicket
    act: ClassVar[Act]

    @classmethod
    async def press(cls, interaction: Interaction, ticket: LeadTicket) -> None:
        await defer_redraw(interaction)
        meeting = await cls.act(
            interaction.client.services.meetings, asker(interaction), ticket.meeting_id, ticket.step
        )
        interaction.client.wake()
        await show(interaction, lead_card(meeting))


class PauseButton(_ActButton):
    verb, act = "meeting.pause", Meetings.pause


class ResumeButton(_ActButton):
    verb, act = "meeting.resume", Meetings.resume


class ExtendButton(_ActButton):
    verb, act = "meeting.extend", Meetings.extend


class SkipButton(_ActButton):
    verb, act = "meeting.skip", Meetings.skip


class EndButton(_ActButton):
    verb, act = "meeting.end", Meetings.end


def lead_card(meeting: Meeting) -> Card:
    """What whoever leads a meeting can do."""
    ticket = LeadTicket(meeting.id, meeting.step)
    if meeting.phase in ENDS:
        return card("The meeting is over. Thank you for leading it.", useful_words(meeting), colour=GOOD)
    part = PARTS[meeting.slots[meeting.place].part]
    return card(
        "## For the guide",
        f"**{part}**, {now_words(meeting)}. {many(len(meeting.present), 'person', 'people')} here.",
        agenda_lines(meeting),
        row(
            ResumeButton(ticket, label="Go on", style=discord.ButtonStyle.primary)
            if meeting.paused_at
            else PauseButton(ticket, label="Pause"),
            ExtendButton(ticket, label=MORE),
            SkipButton(ticket, label="Next part"),
            EndButton(ticket, label="End", style=discord.ButtonStyle.danger),
        ),
        "-# *End* goes to the summary; minutes and reps until now count. Each of these is in the audit trail.",
        useful_words(meeting),
        colour=CARE if meeting.paused_at else GOOD,
    )


CONTROLS = (LeadButton, PauseButton, ResumeButton, ExtendButton, SkipButton, EndButton)
