"""One's own blocks, and taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, card, row
from bot.client.controls import NoTicket, Ticket, TicketButton, TicketSelect, Values, number
from bot.client.replies import asker, defer_redraw, show
from bot.domain.errors import OutOfDate
from bot.domain.safety import Blocked
from bot.domain.texts import cleaned, escaped, shortened
from bot.ui.phrases import stamp

LABEL = "Report or block"


@dataclass(frozen=True, slots=True)
class PageTicket(Ticket):
    page: int


class BlocksButton(TicketButton):
    verb, ticket = "safety.blocks", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        await defer_redraw(interaction)
        await show_blocks(interaction, ticket.page)


class UnblockSelect(TicketSelect):
    verb, ticket = "safety.unblock", NoTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: NoTicket, values: Values) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.safety.unblock(asker(interaction), chosen_ids(values))
        await show_blocks(interaction, 0, "-# Unblocked.")


async def show_blocks(interaction: Interaction, page: int = 0, said: str | None = None) -> None:
    """Show a page of one's blocks."""
    found, at, pages = await interaction.client.services.safety.blocks(asker(interaction), page)
    await show(interaction, blocks_card(found, at, pages, said))


def blocks_card(found: Sequence[Blocked], page: int, pages: int, said: str | None = None) -> Card:
    """Whom I block, and the way to take it back."""
    if not found:
        return card(
            said,
            f"You block nobody here. To block somebody, press *{LABEL}* under what they wrote, or open the menu on "
            f"their name, then *Apps*, then *{LABEL}*.",
        )
    names = [shortened(cleaned(one.name or "Somebody without a shown name"), 50) for one in found]
    options = [
        discord.SelectOption(label=name, description=f"Blocked on {one.at:%d %B %Y}", value=str(one.id))
        for name, one in zip(names, found, strict=True)
    ]
    return card(
        "## Whom you block",
        said,
        "\n".join(f"- {escaped(name)}, {stamp(one.at, 'd')}" for name, one in zip(names, found, strict=True)),
        row(UnblockSelect(placeholder="Unblock", options=options, most=len(options))),
        row(
            BlocksButton(PageTicket(page - 1), label="Earlier") if page > 0 else None,
            BlocksButton(PageTicket(page + 1), label="Later") if page + 1 < pages else None,
        ),
        "-# Only you see this. Nobody is told when you block or unblock them.",
    )


def chosen_ids(values: Values, most: int | None = None) -> tuple[int, ...]:
    """The chosen ids. Raises OutOfDate for what no select of ours offers."""
    try:
        found = tuple(number(value) for value in values)
    except ValueError:
        raise OutOfDate from None
    if not found or (most is not None and len(found) > most):
        raise OutOfDate
    return found


CONTROLS = (BlocksButton, UnblockSelect)
