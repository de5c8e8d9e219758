"""A drop's faces: the question in its channel, closed later, and its reveal."""

import asyncio

import discord

from bot.client.cards import GOOD, QUIET, Card, Picture, card, row
from bot.domain.drops import DISTRIBUTION_FROM, OpenDrop, Reveal
from bot.domain.texts import escaped, shortened
from bot.ui.answers import DropTicket, answer_controls
from bot.ui.charts import distribution_alt, distribution_png
from bot.ui.explanations import ExplainButton, ExplanationsButton
from bot.ui.guides import RaiseHandButton
from bot.ui.phrases import LETTERS, many, stamp
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
            RaiseHandButton(DropTicket(reveal.drop.id), label="Ask a guide"),
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
