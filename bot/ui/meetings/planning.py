"""Planning and beginning a meeting: the typed date and time, and what is answered."""

from datetime import date, datetime

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, QUIET, Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.calendar import instant, zone_named
from bot.domain.errors import MeetingTimeUnreadable, NoVoiceHere
from bot.domain.meetings import USUAL, Meeting
from bot.ui.appointments import in_words
from bot.ui.meetings.tickets import MeetingTicket
from bot.ui.meetings.words import agenda_lines, where_words
from bot.ui.permissions import postable
from bot.ui.phrases import many, stamp
from bot.ui.schedule_options import local_time


class CallOffButton(TicketButton):
    """Calls a planned meeting off."""

    verb, ticket = "meeting.call-off", MeetingTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MeetingTicket) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.meetings.call_off(asker(interaction), ticket.meeting_id)
        interaction.client.wake()
        await show(interaction, card("The meeting is called off, and so is its event.", colour=QUIET))


async def schedule(
    interaction: Interaction,
    day: str,
    time: str,
    minutes: int | None,
    voice: discord.VoiceChannel | None,
    channel: discord.TextChannel | None,
) -> None:
    """Plan one meeting."""
    await defer(interaction)
    services, who = interaction.client.services, asker(interaction)
    zone = await services.meetings.zone(who)
    meeting = await services.meetings.schedule(
        who,
        interaction.id,
        starts_at=moment(day, time, zone),
        minutes=minutes or USUAL,
        channel_id=postable(channel or interaction.channel).id,
        voice_id=_voice(interaction, voice),
    )
    interaction.client.wake()
    await show(interaction, planned_card(meeting, zone))


async def start(
    interaction: Interaction,
    minutes: int | None,
    voice: discord.VoiceChannel | None,
    channel: discord.TextChannel | None,
) -> None:
    """Begin a meeting now; whoever is in voice means that channel."""
    await defer(interaction)
    state = interaction.user.voice if isinstance(interaction.user, discord.Member) else None
    theirs = state.channel if state and isinstance(state.channel, discord.VoiceChannel) else None
    meeting = await interaction.client.services.meetings.start(
        asker(interaction),
        interaction.id,
        minutes=minutes or USUAL,
        channel_id=postable(channel or interaction.channel).id,
        voice_id=_voice(interaction, voice or theirs),
    )
    interaction.client.wake()
    await show(interaction, begun_card(meeting))


def moment(day: str, clock: str, zone: str) -> datetime:
    """The instant that a typed date and time of day name in a zone. Raises MeetingTimeUnreadable, ScheduleInvalid."""
    try:
        read = date.fromisoformat(day.strip())
    except ValueError:
        raise MeetingTimeUnreadable(day) from None
    return instant(read, local_time(clock), zone_named(zone))


def _voice(interaction: Interaction, voice: discord.VoiceChannel | None) -> int | None:
    if voice is None:
        return None
    if interaction.guild is None or interaction.guild.get_channel(voice.id) is None:
        raise NoVoiceHere
    return voice.id


def planned_card(meeting: Meeting, zone: str) -> Card:
    """A meeting that was planned, for whoever planned it."""
    return card(
        "## Planned",
        f"{many(meeting.minutes, 'minute')} in {where_words(meeting)}, {stamp(meeting.starts_at, 'F')}, "
        f"{stamp(meeting.starts_at, 'R')}.\n-# {in_words(meeting.starts_at, [zone])}",
        agenda_lines(meeting),
        "I make an event of it now; whoever presses *Interested* there, and chose so in `/me settings`, is reminded "
        f"an hour before. It begins by itself in <#{meeting.channel_id}>, when the event is begun, or by "
        "`/meeting start`.",
        row(CallOffButton(MeetingTicket(meeting.id), label="Call it off")),
        "-# For meetings that come back: `/setup schedule add`.",
        colour=GOOD,
    )


def begun_card(meeting: Meeting) -> Card:
    """The way to a meeting that begins."""
    return card(
        f"The meeting begins: its card appears in <#{meeting.channel_id}>. Press *I'm here* there; "
        "*For the guide* on it lets you pause, lengthen, skip or end it.",
        colour=GOOD,
    )


CONTROLS = (CallOffButton,)
