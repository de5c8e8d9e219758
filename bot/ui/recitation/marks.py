"""The rubric's face: the fields of its form, and its marks in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.client.controls import Fields, graded, number, one_of, ticked, written
from bot.domain.errors import MarksMissing
from bot.domain.recitation import Rubric
from bot.services.recitation.feedback import IMPROVE_LIMIT
from bot.ui.questions import plain

CLARITY = {1: "Hard to follow", 2: "Clear in most places", 3: "Clear from beginning to end"}
DEPTH = {1: "What it is", 2: "How it works", 3: "Why it works, and when it fails"}
FOLLOW_UPS = {
    1: "No way in yet",
    2: "Partly, or with help",
    3: "Well: knows it, or says “I don't know”, then reasons",
}
NEVER = "-# It is about the concept: never about accent or grammar."


def rubric_fields(
    key_points: Sequence[str], *, covered: str, improve: str
) -> tuple[discord.ui.Label[Any], ...]:
    """Key points, clarity, depth, and one thing to improve."""
    return (
        ticked(
            "covered",
            covered,
            {place: f"{place + 1}. {plain(point)}" for place, point in enumerate(key_points)},
        ),
        graded("clarity", "How clear was it?", CLARITY),
        graded("depth", "How deep did it go?", DEPTH),
        written("improve", improve, limit=IMPROVE_LIMIT, required=False),
    )


def rubric_in(fields: Fields) -> Rubric:
    """What was ticked and chosen in a form; what is missing is refused where it is saved. Raises MarksMissing."""
    ticks = fields.get("covered")
    try:
        covered = tuple(number(value) for value in ticks) if isinstance(ticks, tuple) else ()
    except ValueError:
        raise MarksMissing from None
    return Rubric(
        covered=covered,
        clarity=one_of(fields, "clarity"),
        depth=one_of(fields, "depth"),
        follow_ups=one_of(fields, "follow_ups") or None,
        improve=str(fields.get("improve", "")),
    )


def marks_words(rubric: Rubric) -> str:
    """The marks in one line."""
    marks: list[tuple[str, Mapping[int, str], int | None]] = [
        ("clarity", CLARITY, rubric.clarity),
        ("depth", DEPTH, rubric.depth),
        ("follow-ups", FOLLOW_UPS, rubric.follow_ups),
    ]
    return " · ".join(f"{name}: {_lowered(words[mark])}" for name, words, mark in marks if mark)


def _lowered(words: str) -> str:
    return words[0].lower() + words[1:]
