"""What guides see of a round before it is made: who would be together, and each part of the score."""

from dataclasses import dataclass

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.rounds import Preview, Previewed
from bot.ui.guides import pages_row
from bot.ui.pairing.reasons import THEY, Topics, people_words, reason_words, style_words
from bot.ui.phrases import many
from bot.ui.questions import trimmed

NOTHING_KEPT = (
    "-# Nothing of this is saved, and nobody is told. Who joins, skips or leaves meanwhile changes it."
)
# The parts of a score of domain/pairing/score.py, as guides read them.
PARTS = {
    "kept": "kept",
    "met": "met before",
    "track": "track",
    "topics": "topics",
    "time": "shared time",
    "level": "levels",
    "reliability": "reliability",
}


@dataclass(frozen=True, slots=True)
class PreviewTicket(Ticket):
    """A page of the round that a seed gives."""

    seed: int
    page: int


class PreviewButton(TicketButton):
    """Turns the preview's page."""

    verb, ticket = "guide.pairs", PreviewTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PreviewTicket) -> None:
        await defer_redraw(interaction)
        await show_preview(interaction, ticket.seed, ticket.page)


async def preview(interaction: Interaction, seed: int | None) -> None:
    """Show a guide the pairs of a round made now."""
    await defer(interaction)
    await show_preview(interaction, seed)


async def show_preview(interaction: Interaction, seed: int | None, page: int = 0) -> None:
    services = interaction.client.services
    found = await services.pairing.preview(asker(interaction), seed, page)
    await show(interaction, preview_card(found, services.questions.topics))


async def run(interaction: Interaction, seed: int | None, number: int | None) -> None:
    """Have a round made and posted now."""
    await defer(interaction)
    pairing = interaction.client.services.pairing
    channel_id = await pairing.run(asker(interaction), interaction.id, seed, number)
    interaction.client.wake()
    words = f"The round appears in <#{channel_id}> within seconds. The calendar stays as it is."
    await show(interaction, card("## On its way", words, colour=GOOD))


def preview_card(found: Preview, topics: Topics) -> Card:
    """A page of the round that would come of it now."""
    if not found.groups:
        return card("## Nobody is in the rounds", "`/recite join` takes people in.")
    return card(
        f"## A round now: {many(found.people, 'person', 'people')}\n-# Seed {found.seed}: "
        f"`/guide pairs run seed:{found.seed}` makes these pairs, if nothing changes.",
        *trimmed([Text(group_words(group, topics)) for group in found.groups]),
        pages_row(
            PreviewButton, lambda page: PreviewTicket(found.seed, page), page=found.page, pages=found.pages
        ),
        NOTHING_KEPT,
    )


def group_words(group: Previewed, topics: Topics) -> str:
    """Who would be together, how, with which score and why."""
    head = f"**{people_words(group.people)}**: {style_words(group.mode, group.medium)}"
    if group.parts is None:
        return f"{head}\n-# Nobody is left for them this time."
    parts = ", ".join(f"{PARTS[name]} {points:+,}" for name, points in group.parts.items() if points)
    names = {place: f"<@{id}>" for place, id in enumerate(group.people)}
    reasons = reason_words(group.reasons, topics, names, THEY)
    return f"{head}\n-# Score {group.score:,}: {parts or 'no part of it counts'}\n{reasons}"


CONTROLS = (PreviewButton,)
