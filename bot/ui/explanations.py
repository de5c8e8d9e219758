"""Explanations' faces: the form, the message in the thread with its vote, and the private list."""

from dataclasses import dataclass

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.posting import Unpostable
from bot.client.replies import ask, asker, defer, show
from bot.domain.drops import Explained
from bot.domain.texts import escaped, shortened
from bot.services.deliveries import nonce_of
from bot.services.explanations import EXPLANATION_LIMIT
from bot.ui.answers import DropTicket
from bot.ui.phrases import PRIVACY, many
from bot.ui.questions import trimmed
from bot.ui.safety import SafetyButton, SafetySelect, SafetyTicket


@dataclass(frozen=True, slots=True)
class VoteTicket(Ticket):
    drop_id: int
    explanation_id: int


class ExplainButton(TicketButton):
    verb, ticket = "drop.explain", DropTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DropTicket) -> None:
        await ask(interaction, ExplainModal(ticket))


class ExplainModal(TicketModal):
    verb, ticket = "drop.explain-form", DropTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Explain it in your own words")
        label, how = "Your explanation, for everyone to read", "As you would tell a friend who got it wrong."
        self.add_item(written("text", label, limit=EXPLANATION_LIMIT, placeholder=how))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: DropTicket, fields: Fields) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        joins = not await services.members.takes_part(who)
        mine, thread_id = await services.explanations.write(who, ticket.drop_id, str(fields.get("text", "")))
        said = await _post(interaction, mine, thread_id)
        await show(interaction, card(said, PRIVACY if joins else None, colour=GOOD))


class ExplanationsButton(TicketButton):
    verb, ticket = "drop.explanations", DropTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DropTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.explanations.read(asker(interaction), ticket.drop_id)
        await show(interaction, explanations_card(found))


class VoteButton(TicketButton):
    verb, ticket = "drop.vote", VoteTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: VoteTicket) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        joins = not await services.members.takes_part(who)
        changed, thread_id = await services.explanations.vote(who, ticket.drop_id, ticket.explanation_id)
        for explained in changed:
            # Only redrawn: one that a moderator deleted stays away.
            if thread_id is not None and explained.message_id is not None:
                await interaction.client.poster.edit(
                    thread_id, explained.message_id, explanation_card(explained)
                )
        said = "Your vote is in. You can move it to another explanation any time."
        await show(interaction, card(said, PRIVACY if joins else None))


async def _post(interaction: Interaction, explained: Explained, thread_id: int | None) -> str:
    """Bring an explanation's message in the thread up to date; what its writer is told."""
    bot = interaction.client
    face = explanation_card(explained)
    if thread_id is None:
        return "Saved. This question has no discussion thread, so people find it under *Explanations*."
    try:
        if explained.message_id and await bot.poster.edit(thread_id, explained.message_id, face):
            return "Saved: I changed your explanation in the thread."
        message_id = await bot.poster.post(thread_id, face, nonce=nonce_of(f"explanation:{explained.id}"))
    except Unpostable:
        return "Saved. The discussion thread is gone or closed to me, so people find it under *Explanations*."
    await bot.services.explanations.posted(explained.id, message_id)
    return "Thank you! Your explanation is in the thread, where others can vote for it."


def explanation_card(explained: Explained) -> Card:
    """One member's explanation, with its votes."""
    crown = " · best so far" if explained.best else ""
    return card(
        f"**{escaped(explained.name)} explains**",
        escaped(explained.text),
        f"-# {many(explained.votes, 'vote')}{crown}",
        row(
            VoteButton(VoteTicket(explained.drop_id, explained.id), label="This helped me most"),
            SafetyButton(SafetyTicket("explanation", explained.id)),
        ),
    )


def explanations_card(found: tuple[Explained, ...]) -> Card:
    """Every explanation in one private list, best first."""
    if not found:
        return card("Nobody has explained this one yet. Press *Explain it in your words* and be the first.")
    best = found[:6]
    lines = [
        Text(f"**{escaped(one.name)}** · {many(one.votes, 'vote')}\n{escaped(shortened(one.text, 600))}")
        for one in best
    ]
    select = SafetySelect("explanation", ((one.id, f"{one.name}: {one.text}") for one in best))
    return card("## Explanations", *trimmed(lines), row(select))


CONTROLS = (ExplainButton, ExplainModal, ExplanationsButton, VoteButton)
