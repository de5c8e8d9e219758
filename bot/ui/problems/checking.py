"""What a member does with a group problem for themselves alone: hints, and checking their proposal."""

from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Rule, Text, card, row
from bot.client.controls import TicketButton, TicketSelect, Values, places_of
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.problems import Hint, Problem, Taking
from bot.domain.texts import escaped, shortened
from bot.ui.phrases import PRIVACY
from bot.ui.problems.tickets import HintTicket, MessageTicket, ProblemTicket
from bot.ui.problems.words import gain_words
from bot.ui.questions import key_point_lines, plain, trimmed

ALONE = (
    "You were alone with this one, so the model solution stands in for the others, and your own check counts as the "
    "response."
)

# --- hints


class HintButton(TicketButton):
    """The first hint, or those taken so far."""

    verb, ticket = "problem.hint", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer(interaction)
        await show(
            interaction,
            hints_card(
                await interaction.client.services.problems.hint(asker(interaction), ticket.problem_id, 1)
            ),
        )


class NextHintButton(TicketButton):
    verb, ticket = "problem.next-hint", HintTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: HintTicket) -> None:
        await defer_redraw(interaction)
        hint = await interaction.client.services.problems.hint(
            asker(interaction), ticket.problem_id, ticket.number
        )
        await show(interaction, hints_card(hint))


def hints_card(hint: Hint) -> Card:
    """The hints somebody has taken, from gentle to strong."""
    taken = len(hint.hints)
    return card(
        f"## Hints: {escaped(hint.title)}",
        key_point_lines(hint.hints),
        row(NextHintButton(HintTicket(hint.problem_id, taken + 1), label="Next hint")) if hint.more else None,
        f"-# {taken} of {taken + hint.more}. Think first, then take the next. Only you see them; that you took them "
        "is noted, and costs nothing.",
    )


# --- checking oneself


class CheckButton(TicketButton):
    verb, ticket = "problem.check", MessageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MessageTicket) -> None:
        await defer(interaction)
        problem, marks = await interaction.client.services.problems.marks(
            asker(interaction), ticket.problem_id
        )
        await show(interaction, check_card(problem, marks))


class SolutionButton(TicketButton):
    """The model solution in private, for where its message is out of reach."""

    verb, ticket = "problem.solution", ProblemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ProblemTicket) -> None:
        await defer(interaction)
        problem, _ = await interaction.client.services.problems.marks(asker(interaction), ticket.problem_id)
        draft = problem.question.draft
        await show(
            interaction,
            card(
                f"## A way to solve it: {escaped(draft['title'])}",
                *trimmed([Text(draft["model_solution"])], 3700),
                colour=GOOD,
            ),
        )


class CheckSelect(TicketSelect):
    verb, ticket = "problem.mark", ProblemTicket
    least = 0

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: ProblemTicket, values: Values) -> None:
        await defer_redraw(interaction)
        problems, who = interaction.client.services.problems, asker(interaction)
        taking = await problems.mark(who, ticket.problem_id, places_of(values))
        problem, marks = await problems.marks(who, ticket.problem_id)
        await show(interaction, check_card(problem, marks, taking))


def check_card(problem: Problem, marks: tuple[int, ...] | None, taking: Taking | None = None) -> Card:
    """What a strong answer has, ticked by whoever checks theirs against it."""
    points = problem.question.draft["strong_answer"]
    options = [
        discord.SelectOption(
            label=shortened(f"{place + 1}. {plain(point)}", 100),
            value=str(place),
            default=place in (marks or ()),
        )
        for place, point in enumerate(points)
    ]
    found = None
    if marks is not None:
        found = f"You found **{len(marks)} of {len(points)}**. What is left is what to take along to the next one."
    return card(
        "## Check your proposal",
        "Which of these did your proposal have? Be honest: only you see it.",
        key_point_lines(points, marks),
        row(
            CheckSelect(
                ProblemTicket(problem.id),
                placeholder="Choose all that yours had",
                options=options,
                most=len(points),
            )
        ),
        found,
        row(SolutionButton(ProblemTicket(problem.id), label="The model solution")),
        ALONE if len(problem.proposed) == 1 and taking is not None else None,
        gain_words(taking) if taking else None,
        *((Rule(), PRIVACY) if taking and taking.joined_now else ()),
    )


CONTROLS: tuple[Any, ...] = (HintButton, NextHintButton, CheckButton, SolutionButton, CheckSelect)
