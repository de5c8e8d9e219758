"""What moderators are told of a report, read of it, and do about it."""

from dataclasses import dataclass

import discord

from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Attached, Card, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.errors import ReportClosed
from bot.domain.safety import REASONS, ReportShown
from bot.domain.texts import escaped
from bot.ui.phrases import somebody, stamp
from bot.ui.questions import trimmed

NOTE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class ReportTicket(Ticket):
    report_id: int


class OpenReportButton(TicketButton):
    verb, ticket = "report.open", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.safety.open(asker(interaction), ticket.report_id)
        await show(interaction, report_card(found))


class ReportsButton(TicketButton):
    """The open reports one by one; `ReportTicket(0)` begins with the oldest."""

    verb, ticket = "report.list", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await _redraw_if_private(interaction)
        found = await interaction.client.services.safety.next(asker(interaction), ticket.report_id)
        await show(interaction, report_card(found) if found else no_reports_card())


class CloseReportButton(TicketButton):
    verb, ticket = "report.close", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        found = await interaction.client.services.safety.open(asker(interaction), ticket.report_id)
        if found.closed_at is not None:
            raise ReportClosed(found.closed_at)
        await ask(interaction, CloseReportModal(ticket))


class CloseReportModal(TicketModal):
    verb, ticket = "report.close-form", ReportTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Close this report")
        self.add_item(written("note", "What was done? For the audit trail", limit=NOTE_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ReportTicket, fields: Fields) -> None:
        await _redraw_if_private(interaction)
        safety, who = interaction.client.services.safety, asker(interaction)
        await safety.close(who, ticket.report_id, str(fields.get("note", "")))
        await show(interaction, report_card(await safety.open(who, ticket.report_id)))


class RemoveButton(TicketButton):
    verb, ticket = "report.remove", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await _redraw_if_private(interaction)
        safety, who = interaction.client.services.safety, asker(interaction)
        place = await safety.removable(who, ticket.report_id)
        if place is not None:
            # First the message: should this fail half-way, the button is still there to press again.
            await interaction.client.poster.delete(*place)
        await safety.remove(who, ticket.report_id)
        await show(interaction, report_card(await safety.open(who, ticket.report_id)))


async def _redraw_if_private(interaction: Interaction) -> None:
    """A report is never drawn over a message that others see."""
    message = interaction.message
    await (defer_redraw if message is not None and message.flags.ephemeral else defer)(interaction)


def alert_marker(report_id: int) -> str:
    """The custom_id by which the message about a report is found again."""
    return OpenReportButton.custom_id_for(ReportTicket(report_id))


def alert_card(report_id: int) -> Card:
    """Tells the moderators that there is something to read, and nothing of it."""
    return card(
        "A report came in. Moderators: press *Open*; only you see what it says.",
        row(OpenReportButton(ReportTicket(report_id), label="Open")),
        colour=CARE,
    )


def no_reports_card() -> Card:
    """Nothing is waiting."""
    return card("No report is open. Thank you for looking.", colour=GOOD)


def report_card(report: ReportShown) -> Card:
    """One report, and what a moderator can do about it."""
    ticket, closed = ReportTicket(report.id), report.closed_at
    facts = [
        f"**Reason:** {REASONS.get(report.reason, 'Not given')}",
        f"**About:** {somebody(report.about_discord_id)} ({report.subject.replace(':', ' ')})",
        f"**Reported by:** {somebody(report.reporter_discord_id)} {stamp(report.at, 'R')}",
        "**Where:** https://discord.com/channels/" + "/".join(map(str, report.link)) if report.link else "",
        f"**Closed** {stamp(closed, 'R')} by {somebody(report.closed_by)}" if closed else "",
    ]
    texts = [Text("\n".join(filter(None, facts)))]
    if report.text:
        texts.append(Text(f"**What they write**\n{escaped(report.text)}"))
    if report.evidence:
        texts.append(Text(f"**What it was when reported**\n{escaped(report.evidence)}"))
    parts = trimmed(texts, 3700)
    whole = f"{report.text}\n\n---\n\n{report.evidence}\n"
    return card(
        "## A closed report" if closed else f"## Report {report.number} of {report.waiting} open",
        *parts,
        Attached(f"report-{report.id}.txt", whole.encode()) if parts != texts else None,
        row(
            None if closed else CloseReportButton(ticket, label="Close", style=discord.ButtonStyle.success),
            RemoveButton(
                ticket,
                label=f"Remove the {report.subject.partition(':')[0]}",
                style=discord.ButtonStyle.danger,
            )
            if report.removable
            else None,
            ReportsButton(ticket, label="Next") if report.waiting > (not closed) else None,
        ),
        "-# Names are for moderators only. A report is erased within 90 days.",
        colour=GOOD if closed else CARE,
    )


CONTROLS = (OpenReportButton, ReportsButton, CloseReportButton, CloseReportModal, RemoveButton)
