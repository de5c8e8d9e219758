"""Reporting a question: the small button under the feedback, and the form with what is wrong."""

from dataclasses import dataclass

from discord.app_commands import Choice

from bot.client.bot import Interaction
from bot.client.cards import GOOD, card
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, show
from bot.domain.errors import NothingToReport
from bot.domain.texts import shortened
from bot.services.item_reports import REASON_LIMIT

REPORT = "Something wrong with this question?"


@dataclass(frozen=True, slots=True)
class ItemTicket(Ticket):
    item_id: int


class ReportItemButton(TicketButton):
    verb, ticket = "item.report", ItemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ItemTicket) -> None:
        await ask(interaction, ReportItemModal(ticket))


class ReportItemModal(TicketModal):
    verb, ticket = "item.report-form", ItemTicket

    def __init__(self, ticket: Ticket, *, about: str = "Report this question") -> None:
        super().__init__(ticket, title=shortened(about, 45))
        self.add_item(written("reason", "What is wrong or unclear?", limit=REASON_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ItemTicket, fields: Fields) -> None:
        await defer(interaction)
        await interaction.client.services.item_reports.report(
            asker(interaction), ticket.item_id, str(fields.get("reason", ""))
        )
        await show(interaction, card("Thank you. A guide of this server will look at it.", colour=GOOD))


def report_button(item_id: int) -> ReportItemButton:
    """The way to say that a question is wrong."""
    return ReportItemButton(ItemTicket(item_id), label=REPORT)


async def report(interaction: Interaction, item: str | None) -> None:
    """Open the form about an answered question: the one picked, or the last. Raises NothingToReport."""
    answered = await interaction.client.services.item_reports.reportable(asker(interaction))
    found = [(id, title) for id, title in answered if item is None or str(id) == item]
    if not found:
        raise NothingToReport
    id, title = found[0]
    await ask(interaction, ReportItemModal(ItemTicket(id), about=f"Report: {title}"))


async def answered_choices(interaction: Interaction, current: str) -> list[Choice[str]]:
    """The questions answered last whose title holds what was typed."""
    answered = await interaction.client.services.item_reports.reportable(asker(interaction))
    wanted = current.casefold().strip()
    return [Choice(name=title[:100], value=str(id)) for id, title in answered if wanted in title.casefold()]


CONTROLS = (ReportItemButton, ReportItemModal)
