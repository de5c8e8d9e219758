"""A drop's faces: the question in its channel, its reveal, and the explanations in its thread."""

import asyncio
from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, QUIET, Card, Picture, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal
from bot.client.posting import Unpostable
from bot.client.replies import ask, asker, defer, show
from bot.domain.drops import DISTRIBUTION_FROM, Explained, OpenDrop, Reveal
from bot.domain.texts import escaped, shortened
from bot.services.deliveries import nonce_of
from bot.services.drops import EXPLANATION_LIMIT
from bot.ui.answers import DropTicket, answer_controls
from bot.ui.charts import distribution_alt, distribution_png
from bot.ui.phrases import LETTERS, PRIVACY, many, stamp
from bot.ui.questions import (
    explanation_words,
    key_point_lines,
    question_parts,
    right_places,
    solution_words,
    sources_line,
    trimmed,
)

HOW = (
    "-# Answers are private, the first one counts, and answering joins. "
    "The solution comes with the next question, after at least 24 hours."
)
NO_DISTRIBUTION = (
    f"-# With fewer than {DISTRIBUTION_FROM} answers I do not show how they went, "
    "so that nobody's answer can be guessed."
)


def drop_card(drop: OpenDrop) -> Card:
    """The daily question as it is posted."""
    return card(
        f"## {escaped(drop.question.draft['title'])}",
        f"-# Posted late: it was due {stamp(drop.due_at, 'f')}, but I was away. Sorry!"
        if drop.late
        else None,
        *question_parts(drop.question),
        *answer_controls(drop),
        HOW,
    )


def closed_card(reveal: Reveal, reveal_message_id: int | None) -> Card:
    """The question's own message once it is revealed: no controls, a way to the answer."""
    drop = reveal.drop
    link = (
        f"Revealed: [see the answer](https://discord.com/channels/{drop.guild_id}/{drop.channel_id}/{reveal_message_id})"
        if reveal_message_id
        else "Revealed."
    )
    return card(
        f"## {escaped(drop.question.draft['title'])}",
        *question_parts(drop.question),
        f"{link} · {many(reveal.answered, 'answer')}",
        colour=QUIET,
    )


async def reveal_card(reveal: Reveal) -> Card:
    """The right answer, why, and how it went; the chart only when it tells on nobody."""
    draft = reveal.drop.question.draft
    picture = None
    if reveal.distribution:
        labels = [LETTERS[place] for place in range(len(reveal.distribution))]
        right = right_places(draft)
        picture = Picture(
            "answers.png",
            await asyncio.to_thread(distribution_png, labels, reveal.distribution, right),
            distribution_alt(labels, reveal.distribution, right),
        )
    texts = [
        f"## Answer: {escaped(draft['title'])}",
        solution_words(reveal.drop.question),
        explanation_words(reveal.drop.question),
        f"**Key points**\n{key_point_lines(draft['key_points'])}" if "key_points" in draft else None,
        how_it_went(reveal),
        picture,
        tempting_words(reveal),
        sources_line(reveal.drop.question),
    ]
    return card(
        *trimmed(card(*texts).parts),
        row(
            ExplainButton(
                DropTicket(reveal.drop.id),
                label="Explain it in your words",
                style=discord.ButtonStyle.primary,
            ),
            ExplanationsButton(DropTicket(reveal.drop.id), label="Explanations"),
        ),
        colour=GOOD,
    )


def reveal_marker(drop_id: int) -> str:
    """The custom_id by which a posted reveal is found again."""
    return ExplainButton.custom_id_for(DropTicket(drop_id))


def how_it_went(reveal: Reveal) -> str:
    """How many answered and how many were right, in words."""
    if not reveal.answered:
        return "Nobody answered this one. It will come round again."
    if reveal.answered < DISTRIBUTION_FROM:
        return f"{many(reveal.answered, 'answer')}\n{NO_DISTRIBUTION}"
    words = f"{many(reveal.answered, 'answer')}, **{reveal.right} right**"
    if reveal.marked < reveal.answered:
        words += f" ({reveal.answered - reveal.marked} not marked yet)"
    if reveal.distribution:
        counts = " · ".join(f"{LETTERS[place]} {count}" for place, count in enumerate(reveal.distribution))
        return f"{words}\n-# {counts}"
    return words


def tempting_words(reveal: Reveal) -> str | None:
    """The wrong answer most people chose, and why it is wrong."""
    if reveal.tempting is None:
        return None
    option = reveal.drop.question.draft["options"][reveal.tempting]
    return f"**Most tempting: {LETTERS[reveal.tempting]}.** {option['why']}"


def thread_name(drop: OpenDrop) -> str:
    """The discussion's name."""
    return shortened(f"Discuss: {drop.question.draft['title']}", 100)


# --- explanations


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
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="text",
            style=discord.TextStyle.paragraph,
            max_length=EXPLANATION_LIMIT,
            placeholder="As you would tell a friend who got it wrong.",
        )
        self.add_item(discord.ui.Label(text="Your explanation, shown with your name", component=field))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: DropTicket, fields: Fields) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        joins = not await services.members.takes_part(who)
        mine, thread_id = await services.drops.explain(who, ticket.drop_id, str(fields.get("text", "")))
        said = await _post(interaction, mine, thread_id)
        await show(interaction, card(said, PRIVACY if joins else None, colour=GOOD))


class ExplanationsButton(TicketButton):
    verb, ticket = "drop.explanations", DropTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DropTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.drops.explanations(asker(interaction), ticket.drop_id)
        await show(interaction, explanations_card(found))


class VoteButton(TicketButton):
    verb, ticket = "drop.vote", VoteTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: VoteTicket) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        joins = not await services.members.takes_part(who)
        changed, thread_id = await services.drops.vote(who, ticket.drop_id, ticket.explanation_id)
        for explained in changed:
            await _post(interaction, explained, thread_id)
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
    await bot.services.drops.explained(explained.id, message_id)
    return "Thank you! Your explanation is in the thread, where others can vote for it."


def explanation_card(explained: Explained) -> Card:
    """One member's explanation, with its votes."""
    crown = " · best so far" if explained.best else ""
    return card(
        f"**{escaped(explained.name)} explains**",
        escaped(explained.text),
        f"-# {many(explained.votes, 'vote')}{crown}",
        row(VoteButton(VoteTicket(explained.drop_id, explained.id), label="This helped me most")),
    )


def explanations_card(found: tuple[Explained, ...]) -> Card:
    """Every explanation in one private list, best first."""
    if not found:
        return card("Nobody has explained this one yet. Press *Explain it in your words* and be the first.")
    lines = [
        Text(f"**{escaped(one.name)}** · {many(one.votes, 'vote')}\n{escaped(shortened(one.text, 600))}")
        for one in found[:6]
    ]
    return card("## Explanations", *trimmed(lines))


CONTROLS = (ExplainButton, ExplainModal, ExplanationsButton, VoteButton)
