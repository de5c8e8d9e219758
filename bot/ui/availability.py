"""Availability's face: weekly slots, chosen from presets and refined day by day."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, card, row
from bot.client.controls import Ticket, TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.availability import DAYS, HOUR, PRESETS, Slots, Week, clock, described, includes, on
from bot.domain.calendar.recurrence import WEEKDAYS
from bot.domain.errors import OutOfDate

PRESETS_IN_A_ROW = 3
TICKS = "     " + "".join(f"{hour:<3}" for hour in range(0, 24, 3))
FREE, HALF, BUSY = "█", "▄", "·"


@dataclass(frozen=True, slots=True)
class PresetTicket(Ticket):
    preset: str


@dataclass(frozen=True, slots=True)
class DayTicket(Ticket):
    weekday: int


# --- the whole week


class AvailabilityButton(TicketButton):
    verb = "me.availability"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        week = await interaction.client.services.availability.week(asker(interaction))
        await show(interaction, availability_card(week))


class WholeWeekButton(TicketButton):
    verb = "availability.week"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer_redraw(interaction)
        week = await interaction.client.services.availability.week(asker(interaction))
        await show(interaction, availability_card(week))


class PresetButton(TicketButton):
    verb, ticket = "availability.preset", PresetTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PresetTicket) -> None:
        if ticket.preset not in PRESETS:
            raise OutOfDate
        await _saved(
            interaction, interaction.client.services.availability.toggle(asker(interaction), ticket.preset)
        )


class ClearWeekButton(TicketButton):
    verb = "availability.clear"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await _saved(interaction, interaction.client.services.availability.clear(asker(interaction)))


async def _saved(interaction: Interaction, change: Awaitable[Week]) -> None:
    await defer_redraw(interaction)
    await show(interaction, availability_card(await change, saved=True))


def availability_card(week: Week, *, saved: bool = False) -> Card:
    """`/me availability`: the week in words and as a table, presets that switch on and off, and each day."""
    buttons = [
        PresetButton(
            PresetTicket(name),
            label=preset.label,
            style=discord.ButtonStyle.success
            if includes(week.slots, preset.slots)
            else discord.ButtonStyle.secondary,
        )
        for name, preset in PRESETS.items()
    ]
    return card(
        "## When you can meet",
        "-# Saved." if saved else None,
        f"{described(week.slots)}\n{week_table(week.slots)}"
        if week.slots
        else "You have not said yet. It helps to find people who can meet at the same hours.",
        _zone_line(week),
        "**Tap what fits**; a second tap takes it away.",
        row(*buttons[:PRESETS_IN_A_ROW]),
        row(*buttons[PRESETS_IN_A_ROW:]),
        row(
            DaySelect(
                placeholder="Change one day…",
                options=[
                    discord.SelectOption(label=WEEKDAYS[weekday - 1], value=str(weekday)) for weekday in DAYS
                ],
            )
        ),
        row(ClearWeekButton(label="Clear the week")) if week.slots else None,
    )


def week_table(slots: Slots) -> str:
    """A week as a small table of fixed width, one sign for an hour."""
    lines = [
        f"{WEEKDAYS[weekday - 1][:3]}  " + "".join(_sign(slots, weekday, hour) for hour in range(24))
        for weekday in DAYS
    ]
    return "\n".join(["```", TICKS.rstrip(), *lines, "```"])


def _sign(slots: Slots, weekday: int, hour: int) -> str:
    if includes(slots, on((weekday,), hour, hour + 1)):
        return FREE
    touched = any(
        slot.weekday == weekday and slot.start_minute < (hour + 1) * HOUR and slot.end_minute > hour * HOUR
        for slot in slots
    )
    return HALF if touched else BUSY


def _zone_line(week: Week) -> str:
    how = "your time zone" if week.own_zone else "the server's time zone; `/me settings zone:` sets yours"
    return f"-# Hours are those of {week.zone_name}, {how}."


# --- one day


class DaySelect(TicketSelect):
    verb = "availability.day"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        weekday = _weekday(values[0])
        await defer_redraw(interaction)
        week = await interaction.client.services.availability.week(asker(interaction))
        await show(interaction, day_card(week, weekday))


class HoursSelect(TicketSelect):
    verb, ticket = "availability.hours", DayTicket
    least = 0

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: DayTicket, values: Values) -> None:
        if any(value not in _HOURS for value in values):
            raise OutOfDate
        await _set_day(interaction, ticket.weekday, [_HOURS[value] for value in values])


class ClearDayButton(TicketButton):
    verb, ticket = "availability.clear-day", DayTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DayTicket) -> None:
        await _set_day(interaction, ticket.weekday, [])


_HOURS = {str(hour): hour for hour in range(24)}


async def _set_day(interaction: Interaction, number: int, hours: list[int]) -> None:
    weekday = _weekday(str(number))
    await defer_redraw(interaction)
    week = await interaction.client.services.availability.set_day(asker(interaction), weekday, hours)
    await show(interaction, day_card(week, weekday, saved=True))


def _weekday(text: str) -> int:
    """The weekday of a select's value or a ticket; raises OutOfDate for any other number."""
    found = {str(weekday): weekday for weekday in DAYS}.get(text)
    if found is None:
        raise OutOfDate
    return found


def day_card(week: Week, weekday: int, *, saved: bool = False) -> Card:
    """The hours of one day, all of them to choose from."""
    own = tuple(slot for slot in week.slots if slot.weekday == weekday)
    name = WEEKDAYS[weekday - 1]
    return card(
        f"## {name}s",
        "-# Saved." if saved else None,
        described(own) or f"{name}: no hours yet.",
        _zone_line(week),
        row(
            HoursSelect(
                DayTicket(weekday),
                placeholder="Choose every hour in which you can meet",
                options=[
                    discord.SelectOption(
                        label=f"{clock(hour * HOUR)}–{clock((hour + 1) * HOUR)}",
                        value=value,
                        default=includes(own, on((weekday,), hour, hour + 1)),
                    )
                    for value, hour in _HOURS.items()
                ],
                most=len(_HOURS),
            )
        ),
        row(
            WholeWeekButton(label="Back to the week"),
            ClearDayButton(DayTicket(weekday), label=f"Clear {name}s") if own else None,
        ),
    )


CONTROLS = (
    AvailabilityButton,
    WholeWeekButton,
    PresetButton,
    ClearWeekButton,
    DaySelect,
    HoursSelect,
    ClearDayButton,
)
