"""The script as its interviewer reads it: page by page, and never in a message that others see."""

from dataclasses import dataclass

import discord

from bot.client.bot import Interaction
from bot.client.cards import TEXT_LIMIT, Card, Part, Text, card, row
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.interviews.readouts import ScriptPage
from bot.domain.interviews.scripts import Ask, Page
from bot.domain.texts import escaped
from bot.ui.phrases import stamp
from bot.ui.questions import trimmed

PROJECT = "Their project"


@dataclass(frozen=True, slots=True)
class ScriptTicket(Ticket):
    """A page of the script by which the one at this place is interviewed."""

    mock_id: int
    place: int
    page: int


class PageButton(TicketButton):
    """Shows something of a script in private, over the page before."""

    ticket = ScriptTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ScriptTicket) -> None:
        await defer_redraw(interaction)
        await show(interaction, cls.drawn(await _page(interaction, ticket)))

    @staticmethod
    def drawn(script: ScriptPage) -> Card:
        return page_card(script)


class OpenScriptButton(PageButton):
    """Stands in the thread, so what it shows is a private reply of its own."""

    verb = "mock.script"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ScriptTicket) -> None:
        await defer(interaction)
        await super().press(interaction, ticket)


class TurnButton(PageButton):
    verb = "mock.page"


class AnswersButton(PageButton):
    verb = "mock.answers"

    @staticmethod
    def drawn(script: ScriptPage) -> Card:
        return answers_card(script)


class SolutionButton(PageButton):
    verb = "mock.solution"

    @staticmethod
    def drawn(script: ScriptPage) -> Card:
        return solution_card(script)


async def _page(interaction: Interaction, ticket: ScriptTicket) -> ScriptPage:
    return await interaction.client.services.interviews.script(
        asker(interaction), ticket.mock_id, ticket.place, ticket.page
    )


def _ticket(script: ScriptPage, page: int | None = None) -> ScriptTicket:
    return ScriptTicket(script.mock.id, script.place, script.number if page is None else page)


def _head(script: ScriptPage, title: str) -> str:
    ends = script.mock.ends_at if script.mock.interviewee.place == script.place else None
    clock = (
        f"\n-# The half ends {stamp(ends, 'R')}. Only you see this." if ends else "\n-# Only you see this."
    )
    return f"## {title}\n**{escaped(script.title)}**{clock}"


def _fitting(head: str, texts: list[Text]) -> list[Part]:
    """A head, and as much of the texts as one card holds; a stage within the bank's limit is always whole."""
    return [Text(head), *trimmed(texts, TEXT_LIMIT - len(head))]


def page_card(script: ScriptPage) -> Card:
    """One page, with what a good answer holds under each question."""
    page = script.page
    last = script.number + 1 >= script.pages
    texts = [Text(page.words)] if page.words else []
    texts += [Text(_ask_words(page, one)) for one in page.asks]
    return card(
        *_fitting(_head(script, f"{escaped(page.title)} ({script.number + 1} of {script.pages})"), texts),
        row(
            TurnButton(_ticket(script, script.number - 1), label="Back") if script.number else None,
            None
            if last
            else TurnButton(
                _ticket(script, script.number + 1), label="Next stage", style=discord.ButtonStyle.primary
            ),
            AnswersButton(_ticket(script), label="Strong and weak answers"),
            SolutionButton(_ticket(script), label="Model solution"),
        ),
    )


def _ask_words(page: Page, one: Ask) -> str:
    if page.title == PROJECT:
        # In the member's own words, so nothing in them is Markdown.
        return f"**{one.question}**\n{escaped(' '.join(one.key_points))}"
    return "\n".join((f"**{one.question}**", *(f"- {point}" for point in one.key_points)))


def answers_card(script: ScriptPage) -> Card:
    """What tells a strong answer from a weak one."""
    texts = [
        Text(f"**Strong**\n{_listed(script.strong)}"),
        Text(f"**Weak**\n{_listed(script.weak)}"),
    ]
    return card(
        *_fitting(_head(script, "Strong and weak answers"), texts),
        row(
            TurnButton(_ticket(script), label="Back to the script"),
            SolutionButton(_ticket(script), label="Model solution"),
        ),
    )


def solution_card(script: ScriptPage) -> Card:
    """The model solution."""
    return card(
        *_fitting(_head(script, "Model solution"), [Text(script.solution)]),
        row(
            TurnButton(_ticket(script), label="Back to the script"),
            AnswersButton(_ticket(script), label="Strong and weak answers"),
        ),
    )


def _listed(points: tuple[str, ...]) -> str:
    return "\n".join(f"- {point}" for point in points)


CONTROLS = (OpenScriptButton, TurnButton, AnswersButton, SolutionButton)
