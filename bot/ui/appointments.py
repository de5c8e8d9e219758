"""Appointments' faces: times to choose from, in everybody's own, and the reminder by direct message."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import discord

from bot.client.cards import Attached, Card, card, row
from bot.domain.appointments import Call, ics
from bot.domain.calendar import zone_named
from bot.domain.notices import APPOINTMENT
from bot.domain.texts import escaped
from bot.ui.notices import StopButton, StopTicket
from bot.ui.phrases import stamp


def in_words(moment: datetime, zones: Iterable[str]) -> str:
    """A moment on the clock of each zone, in words: for whoever plans with somebody far away."""
    return " · ".join(
        f"{moment.astimezone(zone_named(zone)):%a} {moment.astimezone(zone_named(zone)).day} "
        f"{moment.astimezone(zone_named(zone)):%b, %H:%M} in {zone}"
        for zone in dict.fromkeys(zones)
    )


def moment_lines(moments: Sequence[datetime], zones: Sequence[str]) -> str:
    """Moments one below the other: as each reader's own clock reads them, and in words."""
    return "\n".join(
        f"**{place}.** {stamp(moment, 'F')}\n-# {in_words(moment, zones)}"
        for place, moment in enumerate(moments, 1)
    )


def moment_options(moments: Sequence[datetime], zones: Sequence[str]) -> list[discord.SelectOption]:
    """The same to choose from; a select shows no reader's own clock, so each says whose it is."""
    return [
        discord.SelectOption(
            label=f"{place}. {in_words(moment, zones[:1])}"[:100],
            description=in_words(moment, zones[1:])[:100] or None,
            value=str(int(moment.timestamp())),
        )
        for place, moment in enumerate(moments, 1)
    ]


def calendar_file(
    noun: str, subject_id: int, title: str, start: datetime, minutes: int, description: str, *, at: datetime
) -> Attached:
    """What was agreed on, for any calendar."""
    uid = f"{noun}-{subject_id}"
    return Attached(f"{uid}.ics", ics(uid, title, start, minutes, description, at=at))


def call_card(call: Call) -> Card:
    """Reminds of an appointment, says which server it comes from, and how to stop it."""
    return card(
        f"{escaped(call.appointed.title)} in **{escaped(call.server_name)}** begins "
        f"{stamp(call.appointed.starts_at, 'R')}: {call.appointed.link}",
        "-# You asked me there to remind you. `/me settings` on that server has all your notices.",
        row(StopButton(_stop_ticket(call), label="Stop these reminders")),
    )


def call_marker(call: Call) -> str:
    """The custom_id by which a reminder that was sent is found again."""
    return StopButton.custom_id_for(_stop_ticket(call))


def _stop_ticket(call: Call) -> StopTicket:
    return StopTicket(APPOINTMENT, call.server_id, call.subject_id)
