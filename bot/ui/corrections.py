"""Corrections' faces: a member's record as guides see it, the form that voids, and what a repair changed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, places_of, written
from bot.client.replies import ask, asker, defer, show
from bot.domain.errors import DayUnreadable
from bot.domain.guides import Counted, Record, Repaired, Voided
from bot.domain.scoring import ACTIVITIES
from bot.domain.texts import escaped, shortened
from bot.services.guides import REASON_LIMIT
from bot.ui.phrases import many, somebody, stamp, streak_line
from bot.ui.questions import trimmed


@dataclass(frozen=True, slots=True)
class PersonTicket(Ticket):
    """A person by Discord's id."""

    discord_id: int


class VoidButton(TicketButton):
    verb, ticket = "guide.void", PersonTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PersonTicket) -> None:
        latest = await interaction.client.services.corrections.voidable(asker(interaction), ticket.discord_id)
        await ask(interaction, VoidModal(ticket, latest))


class VoidModal(TicketModal):
    verb, ticket = "guide.void-form", PersonTicket

    def __init__(self, ticket: Ticket, latest: Record) -> None:
        super().__init__(ticket, title="Void reps")
        select: discord.ui.Select[Any] = discord.ui.Select(
            custom_id="reps",
            max_values=len(latest.counted),
            options=[
                discord.SelectOption(
                    label=f"{one.day}: {ACTIVITIES[one.activity]}, {many(one.points, 'point')}",
                    description=shortened(one.title, 100) or None,
                    value=str(one.id),
                )
                for one in latest.counted
            ],
        )
        self.add_item(discord.ui.Label(text="Which reps count no longer?", component=select))
        self.add_item(written("reason", "Why? It stays in the record", limit=REASON_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: PersonTicket, fields: Fields) -> None:
        await defer(interaction)
        chosen = fields.get("reps")
        voided = await interaction.client.services.corrections.void(
            asker(interaction),
            places_of(chosen) if isinstance(chosen, tuple) else (),
            str(fields.get("reason", "")),
        )
        await show(interaction, voided_card(voided))


def void_card(latest: Record) -> Card:
    """A member's latest reps, and the way to void some."""
    return card(
        f"## <@{latest.discord_id}>'s latest reps",
        _standing(latest),
        *trimmed([Text("\n".join(_line(one) for one in latest.counted))], 3600),
        row(VoidButton(PersonTicket(latest.discord_id), label="Void…", style=discord.ButtonStyle.danger)),
    )


def record_card(latest: Record) -> Card:
    """A member's latest reps, and which were voided, by whom and why."""
    counted = "\n".join(_line(one) for one in latest.counted) or "None."
    voided = "\n".join(f"{_line(one)}\n{_why(one)}" for one in latest.voided) or "None."
    return card(
        f"## <@{latest.discord_id}>'s record",
        _standing(latest),
        *trimmed([Text(f"**Voided**\n{voided}"), Text(f"**Latest**\n{counted}")], 3600),
    )


def voided_card(voided: Voided) -> Card:
    """After reps were voided."""
    return card(
        f"Voided: {many(voided.reps, 'rep')} and {many(voided.points, 'point')} of <@{voided.discord_id}>. "
        f"The boards and the streak are counted anew.\n{streak_line(voided.streak)}",
        colour=GOOD,
    )


def repaired_card(repaired: Repaired) -> Card:
    """A streak before and after the repair."""
    return card(
        f"{repaired.day} counts now for <@{repaired.discord_id}>.",
        f"**Before:** {streak_line(repaired.before)}\n**After:** {streak_line(repaired.after)}",
        colour=GOOD,
    )


def typed_day(text: str) -> date:
    """A day typed as 2026-12-07; raises DayUnreadable."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise DayUnreadable(shortened(text.strip(), 20)) from None


def _standing(latest: Record) -> str:
    return f"{many(latest.reps, 'rep')} and {many(latest.points, 'point')} count in all."


def _line(one: Counted) -> str:
    title = f": {escaped(shortened(one.title, 50))}" if one.title else ""
    return f"{stamp(one.at, 'd')} {ACTIVITIES[one.activity]}, {many(one.points, 'point')}{title}"


def _why(one: Counted) -> str:
    assert one.voided_at is not None
    reason = escaped(shortened(one.void_reason or "", 120))
    return f"-# voided {stamp(one.voided_at, 'd')} by {somebody(one.voided_by)}: {reason}"


CONTROLS = (VoidButton, VoidModal)
