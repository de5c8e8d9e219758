"""Answering: the buttons, selects and forms under a question, and the private feedback after it."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, Part, Row, Rule, Text, card, row
from bot.client.controls import (
    Fields,
    Ticket,
    TicketButton,
    TicketModal,
    TicketSelect,
    Values,
    places_of,
    written,
)
from bot.client.replies import ask, asker, defer, show
from bot.domain.drops import Filters, OpenDrop, Question, Verdict
from bot.domain.errors import OutOfDate
from bot.domain.texts import escaped, shortened
from bot.services.answers import ANSWER_LIMIT, Chosen, Draw, Submission, Written
from bot.ui.asked import asked_card
from bot.ui.item_reports import report_button
from bot.ui.lobby import NowButton
from bot.ui.phrases import LETTERS, PRIVACY, stamp
from bot.ui.questions import (
    answer_modal_fields,
    colour_of,
    feedback_parts,
    option_buttons_fit,
    plain,
    question_parts,
    select_options,
    trimmed,
)

WRITE = "Answer"
NONE_OF_THEM = "None of them"


@dataclass(frozen=True, slots=True)
class DropTicket(Ticket):
    drop_id: int


@dataclass(frozen=True, slots=True)
class DropOption(Ticket):
    drop_id: int
    option: int


@dataclass(frozen=True, slots=True)
class AnswerTicket(Ticket):
    answer_id: int


@dataclass(frozen=True, slots=True)
class AnswerOption(Ticket):
    answer_id: int
    option: int


# --- a posted question


class ChooseButton(TicketButton):
    verb, ticket = "drop.choose", DropOption

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DropOption) -> None:
        await _answer_drop(interaction, ticket.drop_id, Chosen((ticket.option,)))


class ChooseSelect(TicketSelect):
    verb, ticket = "drop.select", DropTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: DropTicket, values: Values) -> None:
        await _answer_drop(interaction, ticket.drop_id, Chosen(places_of(values)))


class WriteButton(TicketButton):
    verb, ticket = "drop.write", DropTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DropTicket) -> None:
        question = await interaction.client.services.answers.may_write(asker(interaction), ticket.drop_id)
        await ask(interaction, WriteModal(ticket, question=question))


class AnswerModal(TicketModal):
    """The form of both posted and practised questions."""

    def __init__(self, ticket: Ticket, *, question: Question) -> None:
        super().__init__(ticket, title=shortened(question.draft["title"], 45))
        label, how, long = answer_modal_fields(question)
        self.add_item(discord.ui.TextDisplay(shortened(question.draft["question"], 1500)))
        limit = ANSWER_LIMIT if long else 100
        self.add_item(written("answer", label, limit=limit, long=long, placeholder=how))


class WriteModal(AnswerModal):
    verb, ticket = "drop.form", DropTicket

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: DropTicket, fields: Fields) -> None:
        await _answer_drop(interaction, ticket.drop_id, Written(str(fields.get("answer", ""))))


async def _answer_drop(interaction: Interaction, drop_id: int, submission: Submission) -> None:
    await defer(interaction)
    verdict = await interaction.client.services.answers.to_drop(asker(interaction), drop_id, submission)
    await show(interaction, feedback_card(verdict))


def answer_controls(drop: OpenDrop) -> tuple[Row, ...]:
    """The controls under a posted question; the first custom_id is its marker."""
    draft, id = drop.question.draft, drop.id
    if draft["kind"] != "choice":
        button = WriteButton(DropTicket(id), label=WRITE, style=discord.ButtonStyle.primary)
        return (Row((button,)),)
    if option_buttons_fit(draft):
        return (
            Row(
                tuple(
                    ChooseButton(DropOption(id, place), label=LETTERS[place])
                    for place in range(len(draft["options"]))
                )
            ),
        )
    return (Row((ChooseSelect(DropTicket(id), **_choice(draft)),)),)


def marker(drop: OpenDrop) -> str:
    """The custom_id by which a posted question is found again."""
    first: Any = answer_controls(drop)[0].controls[0]
    return str(first.custom_id)


# --- practice


class PracticeChooseButton(TicketButton):
    verb, ticket = "practice.choose", AnswerOption

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AnswerOption) -> None:
        await _answer_draw(interaction, ticket.answer_id, Chosen((ticket.option,)))


class PracticeSelect(TicketSelect):
    verb, ticket = "practice.select", AnswerTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: AnswerTicket, values: Values) -> None:
        await _answer_draw(interaction, ticket.answer_id, Chosen(places_of(values)))


class PracticeWriteButton(TicketButton):
    verb, ticket = "practice.write", AnswerTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AnswerTicket) -> None:
        question = await interaction.client.services.answers.may_write_draw(
            asker(interaction), ticket.answer_id
        )
        await ask(interaction, PracticeModal(ticket, question=question))


class PracticeModal(AnswerModal):
    verb, ticket = "practice.form", AnswerTicket

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: AnswerTicket, fields: Fields) -> None:
        await _answer_draw(interaction, ticket.answer_id, Written(str(fields.get("answer", ""))))


class AnotherButton(TicketButton):
    """Draws one more question to practise."""

    verb = "practice.another"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await practise(interaction, Filters())


class OpenItemSelect(TicketSelect):
    """Opens one of the questions a search found."""

    verb = "practice.open"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await defer(interaction)
        chosen = places_of(values)
        if len(chosen) != 1:
            raise OutOfDate
        draw = await interaction.client.services.answers.draw(asker(interaction), item_id=chosen[0])
        await show(interaction, practice_card(draw))


async def practise(interaction: Interaction, filters: Filters) -> None:
    """Draw a question and show it privately."""
    await defer(interaction)
    draw = await interaction.client.services.answers.draw(asker(interaction), filters=filters)
    await show(interaction, practice_card(draw))


async def _answer_draw(interaction: Interaction, answer_id: int, submission: Submission) -> None:
    await defer(interaction)
    verdict = await interaction.client.services.answers.to_draw(asker(interaction), answer_id, submission)
    await show(interaction, feedback_card(verdict))


def practice_card(draw: Draw) -> Card:
    """A practice question, only its owner sees it."""
    draft, id = draw.question.draft, draw.answer_id
    if draft["kind"] != "choice":
        controls = Row(
            (PracticeWriteButton(AnswerTicket(id), label=WRITE, style=discord.ButtonStyle.primary),)
        )
    elif option_buttons_fit(draft):
        controls = Row(
            tuple(
                PracticeChooseButton(AnswerOption(id, place), label=LETTERS[place])
                for place in range(len(draft["options"]))
            )
        )
    else:
        controls = Row((PracticeSelect(AnswerTicket(id), **_choice(draft)),))
    return card(
        f"## Practice: {escaped(draft['title'])}",
        *question_parts(draw.question),
        controls,
        row(_undo()) if draw.joined_now else None,
        PRIVACY if draw.joined_now else None,
    )


# --- feedback


class MarkSelect(TicketSelect):
    """Which key points one's own answer covered."""

    verb, ticket = "answer.mark", AnswerTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: AnswerTicket, values: Values) -> None:
        await _mark(interaction, ticket.answer_id, places_of(values))


class MarkNoneButton(TicketButton):
    verb, ticket = "answer.none", AnswerTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AnswerTicket) -> None:
        await _mark(interaction, ticket.answer_id, ())


async def _mark(interaction: Interaction, answer_id: int, covered: tuple[int, ...]) -> None:
    await defer(interaction)
    verdict = await interaction.client.services.answers.mark(asker(interaction), answer_id, covered)
    await show(interaction, feedback_card(verdict))


class UndoButton(TicketButton):
    """Takes back the tap that joined."""

    verb = "member.undo"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await interaction.client.services.members.undo_joining(asker(interaction))
        await show(
            interaction, card("Done: you are not taking part, and I kept nothing of it. Come back any time.")
        )


class AskGuideButton(TicketButton):
    """Asks a guide to check the marks; once one has, it shows the answer again with their word."""

    verb, ticket = "guide.ask-answer", AnswerTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: AnswerTicket) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        asked = await services.guides.ask_about_answer(who, ticket.answer_id)
        if asked is None:
            await show(interaction, feedback_card(await services.answers.checked(who, ticket.answer_id)))
        else:
            await show(
                interaction, asked_card(asked, "Press *Ask a guide to check* again to see their word.")
            )


def checked_words(verdict: Verdict) -> str | None:
    """A guide's word on an open answer."""
    if not verdict.confirmed:
        return None
    comment = f" They write: {escaped(verdict.comment)}" if verdict.comment else ""
    return f"**A guide confirmed this.**{comment}"


def feedback_card(verdict: Verdict) -> Card:
    """What a member learns privately after answering; first marks, then what next."""
    id = verdict.answer_id
    checked = checked_words(verdict)
    parts: list[Part | None] = [*trimmed(feedback_parts(verdict), 3500 - len(checked or ""))]
    if checked:
        parts.append(Text(checked))
    if verdict.right is None:
        points = verdict.question.draft["key_points"]
        parts.append(Text("**Which of these did your answer cover?** Be honest: only you see it."))
        parts.append(
            Row(
                (
                    MarkSelect(
                        AnswerTicket(id),
                        placeholder="Choose all that you covered",
                        options=[
                            discord.SelectOption(
                                label=shortened(f"{place + 1}. {plain(point)}", 100), value=str(place)
                            )
                            for place, point in enumerate(points)
                        ],
                        most=len(points),
                    ),
                )
            )
        )
    if verdict.reveals_at is not None:
        parts.append(Text(f"-# Everyone's answers are revealed {stamp(verdict.reveals_at, 'R')}."))
    parts.append(
        row(
            MarkNoneButton(AnswerTicket(id), label=NONE_OF_THEM) if verdict.right is None else None,
            AnotherButton(label="Another question", style=discord.ButtonStyle.primary),
            AskGuideButton(AnswerTicket(id), label="Ask a guide to check")
            if verdict.marks is not None and not verdict.confirmed
            else None,
            _undo() if verdict.joined_now else None,
            NowButton(label="Recite"),
            report_button(verdict.question.item_id),
        )
    )
    if verdict.joined_now:
        parts += [Rule(), Text(PRIVACY)]
    return card(*parts, colour=colour_of(verdict))


def _undo() -> UndoButton:
    return UndoButton(label="Undo, I don't want to join")


def _choice(draft: Any) -> dict[str, Any]:
    several = sum(option["right"] for option in draft["options"]) > 1
    return {
        "placeholder": "Choose every right option" if several else "Choose one option",
        "options": select_options(draft),
        "most": len(draft["options"]) if several else 1,
    }


CONTROLS = (
    ChooseButton,
    ChooseSelect,
    WriteButton,
    WriteModal,
    PracticeChooseButton,
    PracticeSelect,
    PracticeWriteButton,
    PracticeModal,
    AnotherButton,
    OpenItemSelect,
    MarkSelect,
    MarkNoneButton,
    AskGuideButton,
    UndoButton,
)
