"""A question's face: how an item is shown, and the form, feedback and marks around an answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.client.cards import CARE, GOOD, STUDY, Card, Part, Rule, Text, card
from bot.domain.drops import Question, Verdict
from bot.domain.texts import escaped, shortened
from bot.ui.phrases import LETTERS, many, streak_line

DIFFICULTY = {1: "warm-up", 2: "easy", 3: "medium", 4: "hard", 5: "very hard"}
KIND = {"choice": "choice", "numeric": "a number", "open": "open answer", "code": "code", "sql": "SQL"}
EMPHASIS = re.compile(r"(\*{1,2})(\S[^*]*)\1")
SEVERAL = "-# More than one option may be right: choose all that are, then send."


def right_places(draft: Mapping[str, Any]) -> list[int]:
    """The places of the right options of a choice."""
    return [place for place, option in enumerate(draft["options"]) if option["right"]]


def headline(question: Question) -> str:
    """Topic, difficulty and kind in one quiet line."""
    draft = question.draft
    return f"-# {question.topic_name} · {DIFFICULTY[draft['difficulty']]} · {KIND[draft['kind']]}"


def question_parts(question: Question) -> list[Part]:
    """The question itself, without anything that gives its answer away."""
    draft = question.draft
    parts: list[Part] = [Text(headline(question)), Text(draft["question"])]
    if draft["kind"] == "choice":
        parts += [Text(option_line(draft, place)) for place in range(len(draft["options"]))]
        if len(right_places(draft)) > 1:
            parts.append(Text(SEVERAL))
    elif draft["kind"] == "sql":
        parts.append(Text(f"```sql\n{draft['tables']}\n```"))
    elif draft["kind"] == "code":
        parts.append(Text(f"```python\n{draft['starter']}\n```"))
    return trimmed(parts, 3300)


def option_line(draft: Mapping[str, Any], place: int) -> str:
    """One option with its letter; its text is plain, so nothing in it is Markdown."""
    return f"**{LETTERS[place]}**  {escaped(draft['options'][place]['text'])}"


def answer_modal_fields(question: Question) -> tuple[str, str, bool]:
    """Label, placeholder and whether the field is long, for the form that takes an answer."""
    draft = question.draft
    if draft["kind"] == "numeric":
        unit = f" in {draft['unit']}" if draft["unit"] else ""
        return f"Your number{unit}"[:45], "for example 0.25 or 1,200", False
    if draft["kind"] == "open":
        return "Your answer, as you would say it aloud", "Three to six sentences are plenty.", True
    return "Your solution", "Paste or type it here.", True


def solution_words(question: Question) -> str:
    """The right answer in words."""
    draft = question.draft
    match draft["kind"]:
        case "choice":
            return "\n".join(option_line(draft, place) for place in right_places(draft))
        case "numeric":
            unit = f" {draft['unit']}" if draft["unit"] else ""
            within = f" (± {figure(draft['tolerance'])})" if draft["tolerance"] else ""
            return f"**{figure(draft['answer'])}{unit}**{within}"
        case "open":
            return shortened(draft["model_answer"], 1500)
        case language:
            fence = "sql" if language == "sql" else "python"
            return f"```{fence}\n{shortened(draft['solution'], 1400)}\n```"


def figure(value: float) -> str:
    """A number as people write it, with all its digits: 1,234,567.8."""
    return f"{value:,.12g}"


def explanation_words(question: Question) -> str:
    """Why, where the item says so."""
    return shortened(str(question.draft.get("explanation") or ""), 1500)


def sources_line(question: Question) -> str | None:
    """Where to read on."""
    sources = question.draft["sources"]
    return "-# Read on: " + " · ".join(escaped(source) for source in sources) if sources else None


def key_point_lines(points: Sequence[str], covered: Sequence[int] | None = None) -> str:
    """Key points as a list, ticked where they were covered."""
    if covered is None:
        return "\n".join(f"{place + 1}. {point}" for place, point in enumerate(points))
    return "\n".join(f"{'✓' if place in covered else '–'} {point}" for place, point in enumerate(points))


def verdict_words(verdict: Verdict) -> str:
    """Right or not, first thing."""
    if verdict.right is None:
        return "## Locked in\nYour answer is saved as it is. Now mark it yourself against the key points."
    return "## Right" if verdict.right else "## Not quite"


def feedback_parts(verdict: Verdict) -> list[Part]:
    """Verdict, the right answer, why, sources, and what the rep brought."""
    draft = verdict.question.draft
    parts: list[Part] = [Text(verdict_words(verdict))]
    if draft["kind"] == "choice":
        if not verdict.right:
            parts += [
                Text(f"**{LETTERS[place]}** is not it: {draft['options'][place]['why']}")
                for place in verdict.chosen
                if not draft["options"][place]["right"]
            ][:3]
        parts.append(Text(f"**The right answer**\n{solution_words(verdict.question)}"))
    elif draft["kind"] == "numeric":
        parts.append(
            Text(
                f"You wrote {escaped(verdict.text or '')}. The answer is {solution_words(verdict.question)}."
            )
        )
    else:
        covered = verdict.marks
        if covered is not None:
            parts.append(Text(f"You covered {len(covered)} of {len(draft['key_points'])} key points."))
        parts.append(Text(f"**Key points**\n{key_point_lines(draft['key_points'], covered)}"))
        if covered is not None or verdict.right is None:
            parts.append(Text(f"**A model answer**\n{solution_words(verdict.question)}"))
    if verdict.right is not None or draft["kind"] in ("choice", "numeric"):
        why = explanation_words(verdict.question)
        if why:
            parts.append(Text(why))
    sources = sources_line(verdict.question)
    if sources:
        parts.append(Text(sources))
    parts.append(Rule())
    parts.append(Text(gain_words(verdict)))
    return parts


def gain_words(verdict: Verdict) -> str:
    """What it brought: reps, points, streak."""
    if not verdict.reps and not verdict.points:
        return (
            "-# Your rep for this one is counted already."
            if verdict.marks is None
            else "-# Marked. The points, if any, are on the board."
        )
    gained = []
    if verdict.reps:
        gained.append(f"**+{many(verdict.reps, 'rep')}**")
    if verdict.points:
        gained.append(f"**+{many(verdict.points, 'point')}**")
    elif verdict.practice:
        gained.append("practice, so no points")
    words = " · ".join(gained)
    return f"{words}\n{streak_line(verdict.streak)}" if verdict.streak else words


def trimmed(parts: Sequence[Part], limit: int = 3900) -> list[Part]:
    """The same parts, with the longest texts cut to one length until Discord takes them all."""
    left, most = limit, limit
    lengths = sorted(len(part.words) for part in parts if isinstance(part, Text))
    for place, length in enumerate(lengths):
        most = left // (len(lengths) - place)
        if length > most:
            break
        left -= length
    return [
        Text(_cut(part.words, most)) if isinstance(part, Text) and len(part.words) > most else part
        for part in parts
    ]


def _cut(words: str, limit: int) -> str:
    """Shortened, and a code block cut in two is closed again."""
    kept = shortened(words, limit)
    return kept if kept.count("```") % 2 == 0 else f"{shortened(words, limit - 4)}\n```"


def colour_of(verdict: Verdict) -> int:
    """Green for right, amber for not quite, blue while unmarked; the words say the same."""
    return STUDY if verdict.right is None else GOOD if verdict.right else CARE


def list_card(title: str, questions: Sequence[Question], controls: Part | None) -> Card:
    """A short list of questions to choose from."""
    lines = [
        f"**{place + 1}.** {escaped(question.draft['title'])}\n{headline(question)}"
        for place, question in enumerate(questions)
    ]
    return card(f"## {title}", "\n".join(lines), controls)


def option_buttons_fit(draft: Mapping[str, Any]) -> bool:
    """One right option among at most five: a tap answers."""
    return len(right_places(draft)) == 1 and len(draft["options"]) <= 5


def select_options(draft: Mapping[str, Any]) -> list[discord.SelectOption]:
    """The options of a choice for a select."""
    return [
        discord.SelectOption(label=f"{LETTERS[place]}  {shortened(option['text'], 90)}", value=str(place))
        for place, option in enumerate(draft["options"])
    ]


def plain(text: str) -> str:
    """Markdown's marks removed, for labels that show text as it is; code between backticks stays whole."""
    return "".join(
        piece if place % 2 else EMPHASIS.sub(r"\2", piece) for place, piece in enumerate(text.split("`"))
    )
