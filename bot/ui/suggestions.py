"""Suggestions' faces for whoever writes one: the form, the preview, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.bank.forms import FORMS
from bot.bank.problems import Problem
from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Card, Part, Rule, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, show
from bot.domain.drops import Question
from bot.domain.errors import OutOfDate
from bot.domain.texts import escaped, shortened
from bot.services.suggestions import Handed, Suggested, Unfinished
from bot.ui.phrases import PRIVACY, stamp
from bot.ui.questions import (
    explanation_words,
    key_point_lines,
    question_parts,
    solution_words,
    sources_line,
    trimmed,
)

HOW = (
    "Write a question for this server: `/question suggest` with a topic, and a kind if it is not a choice. "
    "A guide looks at it, and then it is asked here like any other. Your name is not shown with it."
)
STATES = {
    "waiting": "waits for a guide",
    "approved": "approved: it is asked here now",
    "declined": "declined",
}
PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FormTicket(Ticket):
    kind: str
    topic: str


@dataclass(frozen=True, slots=True)
class SuggestionTicket(Ticket):
    suggestion_id: int


# --- the form


class QuestionForm(TicketModal):
    """The five fields of a kind, empty or filled with what they held before."""

    def __init__(self, ticket: Ticket, *, title: str, kind: str, filled: Mapping[str, str]) -> None:
        super().__init__(ticket, title=title)
        for field in FORMS[kind]:
            self.add_item(
                written(
                    field.name,
                    field.label,
                    limit=field.limit,
                    long=field.long,
                    required=field.needed,
                    placeholder=field.placeholder or None,
                    default=filled.get(field.name, "")[: field.limit] or None,
                )
            )


def typed(fields: Fields) -> dict[str, str]:
    """A form's texts, as they were sent."""
    return {name: value for name, value in fields.items() if isinstance(value, str)}


class SuggestModal(QuestionForm):
    verb, ticket = "suggest.form", FormTicket

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: FormTicket, fields: Fields) -> None:
        await defer(interaction)
        service, who = interaction.client.services.suggestions, asker(interaction)
        done = await service.suggest(who, ticket.kind, ticket.topic, typed(fields))
        if isinstance(done, Unfinished):
            await show(interaction, unfinished_card(done))
        else:
            await show(interaction, handed_card(done))


class AgainButton(TicketButton):
    """Opens the form with what was typed in it."""

    verb, ticket = "suggest.again", SuggestionTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SuggestionTicket) -> None:
        left = await interaction.client.services.suggestions.unfinished(
            asker(interaction), ticket.suggestion_id
        )
        await ask(interaction, suggest_form(left.kind, left.topic, left.fields))


def suggest_form(kind: str, topic: str, filled: Mapping[str, str] | None = None) -> SuggestModal:
    """The form to suggest a question of a kind."""
    return SuggestModal(FormTicket(kind, topic), title="Suggest a question", kind=kind, filled=filled or {})


async def suggest(interaction: Interaction, kind: str, topic: str | None) -> None:
    """Open the form, or without a topic tell how it goes and what became of the last ones."""
    service, who = interaction.client.services.suggestions, asker(interaction)
    if topic is None:
        await defer(interaction)
        await show(interaction, mine_card(await service.mine(who)))
        return
    await service.may_suggest(who, topic)
    if kind not in FORMS:
        raise OutOfDate
    await ask(interaction, suggest_form(kind, topic))


def mine_card(found: Sequence[Suggested]) -> Card:
    """One's own suggestions, a line each."""
    lines = [
        f"**{escaped(one.title)}** {STATES[one.state]} ({stamp(one.at, 'R')})"
        + (f"\n-# {escaped(shortened(one.reason, 200))}" if one.reason else "")
        for one in found
    ]
    return card("## Suggest a question", HOW, *trimmed([Text(line) for line in lines], 3400))


def handed_card(handed: Handed) -> Card:
    """The question as members will see it, and what happens next."""
    return card(
        "## Thank you! A guide will look at it",
        "-# This is how members will see it. `/question suggest` shows what becomes of it.",
        Rule(),
        *preview_parts(handed.question, 3000),
        PRIVACY if handed.joined_now else None,
        colour=GOOD,
    )


def unfinished_card(left: Unfinished) -> Card:
    """What is wrong with a form, and all that was typed into it."""
    again = AgainButton(SuggestionTicket(left.id), label="Try again", style=discord.ButtonStyle.primary)
    return card(
        *trimmed([Text(problem_words(left.problems)), *typed_parts(left.kind, left.fields)], 3500),
        "-# Nothing you typed is lost: *Try again* opens the form as you left it, for a day.",
        row(again),
        colour=CARE,
    )


def problem_words(problems: Iterable[Problem]) -> str:
    """What is wrong, by the form's fields."""
    told = dict.fromkeys(
        f"**{escaped(problem.field)}**: {escaped(shortened(problem.message, 300))}" for problem in problems
    )
    return "\n".join(list(told)[:PROBLEMS_SHOWN])


def typed_parts(kind: str, fields: Mapping[str, str]) -> list[Part]:
    """What was typed, as it was typed, in blocks that nothing in it can end."""
    return [
        Text(f"{field.label}\n```\n{fields[field.name].replace('```', '` ` `')}\n```")
        for field in FORMS[kind]
        if fields.get(field.name)
    ]


def preview_parts(question: Question, limit: int) -> list[Part]:
    """A question as members see it, then its answer."""
    draft = question.draft
    right = solution_words(question)
    if draft["kind"] == "open":
        right = f"{key_point_lines(draft['key_points'])}\n**A strong answer**\n{right}"
    told = [
        Text(f"### {escaped(draft['title'])}"),
        *question_parts(question),
        Rule(),
        Text(f"**The right answer**\n{right}"),
        *(Text(words) for words in (explanation_words(question), sources_line(question)) if words),
    ]
    return trimmed(told, limit)


CONTROLS = (SuggestModal, AgainButton)
