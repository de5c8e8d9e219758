"""Reciting alone: the private card with a concept, the key points after it, and one's own marks."""

from dataclasses import dataclass

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.recitation import Outline
from bot.domain.solo import Solo
from bot.domain.texts import escaped, shortened
from bot.ui.phrases import many, streak_line
from bot.ui.questions import trimmed
from bot.ui.recitation.concepts import concept_words, outline_parts
from bot.ui.recitation.marks import marks_words, rubric_fields, rubric_in

ANY_TOPIC = "any"
ALONE = "Recite solo"
NO_POINTS = (
    "A rep, without points: those need a partner who heard you. `/recite now` looks for one at any time."
)


@dataclass(frozen=True, slots=True)
class SoloTicket(Ticket):
    """A recitation nobody else is in, or 0; and a topic, or `any`."""

    recitation_id: int = 0
    topic: str = ANY_TOPIC


@dataclass(frozen=True, slots=True)
class AloneTicket(Ticket):
    recitation_id: int


class SoloButton(TicketButton):
    """Gives whoever presses a concept to recite alone."""

    verb, ticket = "recite.solo", SoloTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SoloTicket) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        topic = ticket.topic if ticket.topic in services.questions.topics else None
        assert interaction.channel_id is not None
        found = await services.solo.start(
            who, interaction.channel_id, recitation_id=ticket.recitation_id or None, topic=topic
        )
        await show(interaction, solo_card(found))


class AnotherConceptButton(TicketButton):
    verb, ticket = "solo.another", AloneTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AloneTicket) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.solo.another(asker(interaction), ticket.recitation_id)
        await show(interaction, solo_card(found))


class RecitedButton(TicketButton):
    """Ends the reciting: now there are the key points."""

    verb, ticket = "solo.recited", AloneTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AloneTicket) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.solo.recited(asker(interaction), ticket.recitation_id)
        await show(interaction, solo_card(found))


class MarkMyselfButton(TicketButton):
    verb, ticket = "solo.mark", AloneTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AloneTicket) -> None:
        outline = await interaction.client.services.solo.to_mark(asker(interaction), ticket.recitation_id)
        await ask(interaction, MarkMyselfModal(ticket, outline=outline))


class MarkMyselfModal(TicketModal):
    verb, ticket = "solo.form", AloneTicket

    def __init__(self, ticket: Ticket, *, outline: Outline) -> None:
        super().__init__(ticket, title=shortened(outline.title, 45))
        covered, improve = "Which of these did you say?", "One thing to do better next time (optional)"
        for field in rubric_fields(outline.key_points, covered=covered, improve=improve):
            self.add_item(field)

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: AloneTicket, fields: Fields) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.solo.mark(
            asker(interaction), ticket.recitation_id, rubric_in(fields)
        )
        await show(interaction, solo_card(found))


def solo_button(
    recitation_id: int = 0,
    topic: str | None = None,
    *,
    label: str = ALONE,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
) -> SoloButton:
    """The way to recite alone, from wherever nobody else is there."""
    return SoloButton(SoloTicket(recitation_id, topic or ANY_TOPIC), label=label, style=style)


def solo_card(solo: Solo) -> Card:
    """A recitation of one person, as far as it has come."""
    if solo.outline is None:
        return _recite_card(solo)
    return _mark_card(solo, solo.outline) if solo.rubric is None else _marked_card(solo, solo.outline)


def _recite_card(solo: Solo) -> Card:
    ticket = AloneTicket(solo.id)
    return card(
        "## Recite this alone",
        f"-# {solo.topic_name}",
        concept_words(solo.concept),
        "Say it aloud, as to somebody who does not know it, or write it down. Take about 90 seconds, without notes. "
        "Then press the button: the key points come after it, and you mark yourself.",
        row(
            RecitedButton(ticket, label="I have recited it", style=discord.ButtonStyle.primary),
            AnotherConceptButton(ticket, label="Another concept"),
        ),
    )


def _mark_card(solo: Solo, outline: Outline) -> Card:
    return card(
        f"## {escaped(solo.concept.title)}",
        "Compare what you said with this, and mark yourself. Be honest: only you see it, and what you left out comes "
        "back sooner.",
        *trimmed(outline_parts(outline), 3400),
        row(MarkMyselfButton(AloneTicket(solo.id), label="Mark myself", style=discord.ButtonStyle.primary)),
    )


def _marked_card(solo: Solo, outline: Outline) -> Card:
    assert solo.rubric is not None
    covered = len(solo.rubric.covered)
    before = f" The time before it was {solo.before[0]} of {solo.before[1]}." if solo.before else ""
    minutes = f" · {many(solo.minutes, 'minute')} of oral recitation" if solo.minutes else ""
    improve = f"\nNext time: {escaped(solo.rubric.improve)}" if solo.rubric.improve else ""
    return card(
        f"## {escaped(solo.concept.title)}: {covered} of {len(outline.key_points)} key points",
        f"-# {marks_words(solo.rubric)}{improve}",
        before.strip() or None,
        *trimmed(outline_parts(outline, solo.rubric.covered), 3000),
        f"**+1 rep**{minutes}",
        streak_line(solo.streak) if solo.streak else None,
        f"-# {NO_POINTS}",
        row(solo_button(label="Another one")),
        colour=GOOD,
    )


CONTROLS = (SoloButton, AnotherConceptButton, RecitedButton, MarkMyselfButton, MarkMyselfModal)
