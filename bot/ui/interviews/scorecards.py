"""What two tell each other afterwards: the forms, what was said, and the history with its trend."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Part, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.errors import NotMarked
from bot.domain.interviews import DIMENSIONS, RATINGS, ROUNDS, WORDS_LIMIT, Kind
from bot.domain.interviews.readouts import Given, History, Mock, Owed, Past, Told
from bot.domain.texts import escaped
from bot.ui.interviews.tickets import MockTicket
from bot.ui.phrases import somebody, stamp
from bot.ui.questions import trimmed
from bot.ui.safety import SafetyButton, SafetySelect, SafetyTicket

TITLES: dict[Kind, str] = {"scorecard": "How did they answer?", "feedback": "How did they interview?"}


@dataclass(frozen=True, slots=True)
class PageTicket(Ticket):
    page: int


# --- giving


class CardsButton(TicketButton):
    """The cards that are still to come from whoever presses."""

    verb, ticket = "mock.cards", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await defer(interaction)
        mock = await interaction.client.services.interviews.look(asker(interaction), ticket.mock_id)
        seat = mock.seat_of(interaction.user.id)
        assert seat is not None
        await show(interaction, owed_card(mock, mock.owed_by(seat)))


class ScorecardButton(TicketButton):
    verb, ticket = "mock.scorecard", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await interaction.client.services.scorecards.blank(asker(interaction), ticket.mock_id, "scorecard")
        await ask(interaction, ScorecardModal(ticket))


class FeedbackButton(TicketButton):
    verb, ticket = "mock.feedback", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await interaction.client.services.scorecards.blank(asker(interaction), ticket.mock_id, "feedback")
        await ask(interaction, FeedbackModal(ticket))


class ScorecardModal(TicketModal):
    verb, ticket = "mock.scorecard-form", MockTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title=TITLES["scorecard"])
        for name, label in DIMENSIONS["scorecard"].items():
            self.add_item(_marked(name, label))
        self.add_item(written("well", "One thing they did well", limit=WORDS_LIMIT))
        self.add_item(written("improve", "One thing to work on", limit=WORDS_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: MockTicket, fields: Fields) -> None:
        await _give(interaction, ticket, "scorecard", fields)


class FeedbackModal(TicketModal):
    verb, ticket = "mock.feedback-form", MockTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title=TITLES["feedback"])
        for name, label in DIMENSIONS["feedback"].items():
            self.add_item(_marked(name, label))
        label = "One thing to keep, or to do differently"
        self.add_item(written("improve", label, limit=WORDS_LIMIT, required=False))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: MockTicket, fields: Fields) -> None:
        await _give(interaction, ticket, "feedback", fields)


def _marked(name: str, label: str) -> discord.ui.Label[Any]:
    options = [discord.RadioGroupOption(label=words, value=str(mark)) for mark, words in enumerate(RATINGS)]
    group: discord.ui.RadioGroup[Any] = discord.ui.RadioGroup(custom_id=name, options=options)
    return discord.ui.Label(text=label, component=group)


async def _give(interaction: Interaction, ticket: MockTicket, kind: Kind, fields: Fields) -> None:
    await defer(interaction)
    marks = {name: str(fields.get(name) or "") for name in DIMENSIONS[kind]}
    if not set(marks.values()) <= {str(mark) for mark in range(len(RATINGS))}:
        raise NotMarked
    given = await interaction.client.services.scorecards.give(
        asker(interaction),
        ticket.mock_id,
        kind,
        {name: int(mark) for name, mark in marks.items()},
        str(fields.get("well", "")),
        str(fields.get("improve", "")),
    )
    interaction.client.wake()
    await show(interaction, given_card(given))


def owed_card(mock: Mock, left: tuple[Owed, ...]) -> Card:
    """The cards that are to come, or that there is none."""
    if not left:
        return card(
            "You gave all your cards. "
            + (
                "What was said about you can be read: the thread has the button."
                if mock.state != "feedback"
                else "They open when your partner has given theirs, or after 24 hours."
            )
        )
    return card(
        "Your partner reads these once you both gave yours, or after 24 hours. Speak about the answers, never about "
        "accent or grammar.",
        row(*_buttons(mock, left)),
    )


def given_card(given: Given) -> Card:
    """Thanks, what it confirmed, and what is left."""
    return card(
        "Thank you, it is saved and sealed."
        if given.mock.state == "feedback"
        else "Thank you, it is saved. Your cards are open now: the thread has the button.",
        "It confirmed your partner's part, which counts as a rep for them."
        if given.confirmed
        else "-# No rep for your partner: a half counts from ten minutes on, and for who still takes part.",
        "One more, please:" if given.left else None,
        row(*_buttons(given.mock, given.left)),
        colour=GOOD,
    )


def _buttons(mock: Mock, left: tuple[Owed, ...]) -> list[TicketButton]:
    kinds: dict[Kind, type[TicketButton]] = {"scorecard": ScorecardButton, "feedback": FeedbackButton}
    return [
        kinds[one.kind](MockTicket(mock.id), label=TITLES[one.kind], style=discord.ButtonStyle.primary)
        for one in left
    ]


# --- reading


class ReadButton(TicketButton):
    verb, ticket = "mock.read", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await defer(interaction)
        mock, told = await interaction.client.services.scorecards.read(asker(interaction), ticket.mock_id)
        await show(interaction, told_card(mock, told))


def told_card(mock: Mock, told: tuple[Told, ...]) -> Card:
    """What the partner said, for the one it is about."""
    return card(
        "## What your partner said",
        *trimmed([Text(_told_words(one)) for one in told], 3700),
        row(SafetyButton(SafetyTicket("mock", mock.id))) if len(mock.seats) > 1 else None,
        "-# Only you see this. `/mock history` keeps it.",
    )


def _told_words(told: Told) -> str:
    lines = [f"**{'How you answered' if told.kind == 'scorecard' else 'How you interviewed'}**"]
    lines += [
        f"{label}: {RATINGS[told.marks[name]]}"
        for name, label in DIMENSIONS[told.kind].items()
        if name in told.marks
    ]
    if told.well:
        lines.append(f"Done well: {escaped(told.well)}")
    if told.improve:
        lines.append(f"To work on: {escaped(told.improve)}")
    return "\n".join(lines)


# --- history


class HistoryButton(TicketButton):
    verb, ticket = "mock.history", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        await defer_redraw(interaction)
        await show_history(interaction, ticket.page)


async def show_history(interaction: Interaction, page: int = 0) -> None:
    """Show a page of one's past interviews."""
    found = await interaction.client.services.scorecards.history(asker(interaction), page)
    await show(interaction, history_card(found))


def history_card(history: History) -> Card:
    """What was, newest first, and how each dimension went from one to the next."""
    trend = [
        f"{label}: {' → '.join(RATINGS[mark].lower() for mark in history.trend[name])}"
        for name, label in DIMENSIONS["scorecard"].items()
        if history.trend.get(name)
    ]
    parts: list[Part] = [Text(_past_words(past)) for past in history.past]
    said = [
        (past.mock_id, f"Feedback of {past.at.day} {past.at:%B %Y}")
        for past in history.past
        if past.told and past.partner
    ]
    return card(
        "## Your mock interviews",
        "**How you answered, oldest first**\n" + "\n".join(trend) if trend else None,
        *trimmed(parts, 3300),
        row(
            HistoryButton(PageTicket(history.page - 1), label="Newer") if history.page else None,
            HistoryButton(PageTicket(history.page + 1), label="Older")
            if history.page + 1 < history.pages
            else None,
        ),
        row(SafetySelect("mock", said)) if said else None,
        "-# Only you see this.",
    )


def _past_words(past: Past) -> str:
    about = [
        f"asked about {ROUNDS[past.round]}" if past.round else "",
        f"interviewed on {ROUNDS[past.asked]}" if past.asked else "",
    ]
    head = f"**{stamp(past.at, 'D')}** with {somebody(past.partner)}: {', '.join(filter(None, about))}"
    words = "\n".join(_told_words(one) for one in past.told)
    return f"{head}\n{words or '-# Nothing was said about you, or it is still sealed.'}"


CONTROLS = (
    CardsButton,
    ScorecardButton,
    FeedbackButton,
    ScorecardModal,
    FeedbackModal,
    ReadButton,
    HistoryButton,
)
