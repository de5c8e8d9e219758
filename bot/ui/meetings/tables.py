"""A table's speaking order: one is done, or passes, and the next has the word."""

from collections.abc import Collection

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, QUIET, STUDY, Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer_redraw, show
from bot.domain.meetings import Seat, Spoken, Table
from bot.ui.meetings.tickets import TableTicket
from bot.ui.phrases import stamp
from bot.ui.problems.taking import ProposalsButton
from bot.ui.problems.tickets import MessageTicket


class DoneButton(TicketButton):
    verb, ticket = "meeting.done", TableTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: TableTicket) -> None:
        await _hand_on(interaction, ticket, "spoke")


class PassButton(TicketButton):
    verb, ticket = "meeting.pass", TableTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: TableTicket) -> None:
        await _hand_on(interaction, ticket, "passed")


async def _hand_on(interaction: Interaction, ticket: TableTicket, spoken: Spoken) -> None:
    await defer_redraw(interaction)
    table = await interaction.client.services.meetings.hand_on(
        asker(interaction), ticket.table_id, ticket.step, spoken
    )
    interaction.client.wake()
    await show(interaction, handed_on_card(table))


def handed_on_card(table: Table) -> Card:
    """What a card becomes when the word was handed on: in writing, the next one's is a new message below it."""
    if table.by_voice or table.speaker is None:
        return table_card(table)
    return card(_heading(table), _order(table), "-# The newest card is at the end.", colour=QUIET)


def table_card(table: Table, *, pings: Collection[int] = (), reason: str | None = None) -> Card:
    """A speaking order, and whose turn it is."""
    ticket, speaker = TableTicket(table.id, table.step), table.speaker
    if not table.open:
        return card(_heading(table), _order(table), colour=QUIET)
    if speaker is None:
        now = "Everyone has had their turn. What is left is for questions to each other."
    elif len(table.seats) == 1:
        now = (
            "You are alone this time: say your solution aloud, or write it; then compare it with the model's."
        )
    else:
        until = f" until {stamp(table.ends_at, 't')}, {stamp(table.ends_at, 'R')}" if table.ends_at else ""
        now = (
            f"**<@{speaker.discord_id}>** speaks{' (paused)' if table.paused else until}. The others listen."
        )
    return card(
        _heading(table),
        f"-# {reason}" if reason else None,
        _order(table),
        now,
        row(
            DoneButton(ticket, label="Done", style=discord.ButtonStyle.primary) if speaker else None,
            PassButton(ticket, label="Pass") if speaker else None,
            ProposalsButton(_message(table)) if table.problem_id else None,
        ),
        colour=STUDY if speaker else GOOD,
        pings=pings,
    )


def table_marker(table: Table) -> str:
    """The custom_id by which a table's card is found again."""
    return ProposalsButton.custom_id_for(_message(table))


def _message(table: Table) -> MessageTicket:
    turn = "" if table.by_voice else f"s{table.step}"
    return MessageTicket(table.problem_id or 0, f"table{table.id}{turn}")


def _heading(table: Table) -> str:
    where = f" in <#{table.voice_id}>" if table.voice_id else ""
    return f"### Table {table.number}{where}" if table.of > 1 else "### Speaking order"


def _order(table: Table) -> str:
    return "\n".join(
        f"{number}. {_seat(seat, table.open and number == table.turn + 1)}"
        for number, seat in enumerate(table.seats, 1)
    )


def _seat(seat: Seat, now: bool) -> str:
    name = f"<@{seat.discord_id}>"
    if seat.spoken:
        return f"{name} · {'passed' if seat.spoken == 'passed' else 'done'}"
    if not seat.here:
        return f"{name} · left"
    return f"**{name}**" if now else name


CONTROLS = (DoneButton, PassButton)
