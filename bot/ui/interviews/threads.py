"""What is pressed in the thread of an interview, and what stands under *More*."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, card, row
from bot.client.controls import (
    Fields,
    Ticket,
    TicketButton,
    TicketModal,
    TicketSelect,
    Values,
    number,
    written,
)
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.errors import OutOfDate
from bot.domain.interviews import ARRANGED, TOLD
from bot.domain.interviews.readouts import Mock, Seat
from bot.domain.members import Person
from bot.services.guides import HAND_LIMIT
from bot.services.interviews import Interviews
from bot.ui.asked import asked_card
from bot.ui.interviews.scorecards import CardsButton, ReadButton
from bot.ui.interviews.scripts import OpenScriptButton, ScriptTicket
from bot.ui.interviews.tickets import (
    HalfTicket,
    MockTicket,
    TurnTicket,
    half_words,
    person,
)
from bot.ui.phrases import many, stamp
from bot.ui.safety import SafetyButton, SafetyTicket

PRIMARY, SUCCESS, DANGER = (
    discord.ButtonStyle.primary,
    discord.ButtonStyle.success,
    discord.ButtonStyle.danger,
)
AGAIN = "`/mock request` finds you another partner."


class DoneButton(TicketButton):
    """Stands on the private card under *More*: does one thing, after which the thread says the rest."""

    words: ClassVar[str]

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer_redraw(interaction)
        await cls.act(interaction.client.services.interviews, asker(interaction), ticket)
        interaction.client.wake()
        await show(interaction, card(cls.words))

    @classmethod
    async def act(cls, interviews: Interviews, who: Person, ticket: Any) -> None:
        raise NotImplementedError


# --- finding a time


class TimeSelect(TicketSelect):
    verb, ticket = "mock.time", TurnTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: TurnTicket, values: Values) -> None:
        try:
            at = datetime.fromtimestamp(number(values[0]), UTC)
        except (ValueError, OverflowError, OSError):
            raise OutOfDate from None
        await defer(interaction)
        mock = await interaction.client.services.interviews.choose(asker(interaction), ticket.mock_id, at)
        interaction.client.wake()
        seat = mock.seat_of(interaction.user.id)
        assert seat is not None
        words = (
            f"Agreed: {stamp(at, 'F')}."
            if mock.state == "agreed"
            else f"You take {stamp(at, 'F')}. It is agreed once {person(mock.other(seat))} takes it too."
        )
        await show(interaction, card(words, colour=GOOD))


class OtherTimesButton(TicketButton):
    verb, ticket = "mock.other-times", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await defer(interaction)
        await interaction.client.services.interviews.other_times(asker(interaction), ticket.mock_id)
        interaction.client.wake()
        await show(interaction, card("Three other times are in the thread."))


class RescheduleButton(DoneButton):
    verb, ticket = "mock.reschedule", MockTicket
    words = "Other times are in the thread; your partner sees them there."

    @classmethod
    async def act(cls, interviews: Interviews, who: Person, ticket: MockTicket) -> None:
        await interviews.reschedule(who, ticket.mock_id)


class CancelButton(DoneButton):
    verb, ticket = "mock.cancel", MockTicket
    words = "It is cancelled, and your partner is told so in the thread."

    @classmethod
    async def act(cls, interviews: Interviews, who: Person, ticket: MockTicket) -> None:
        await interviews.cancel(who, ticket.mock_id)


class AbsentButton(DoneButton):
    verb, ticket = "mock.absent", MockTicket
    words = (
        "Thank you for waiting. Other times are in the thread, and your partner is asked to choose one. "
        f"You need not wait for that: {AGAIN}"
    )

    @classmethod
    async def act(cls, interviews: Interviews, who: Person, ticket: MockTicket) -> None:
        await interviews.absent(who, ticket.mock_id)


# --- the halves


class StartButton(TicketButton):
    verb, ticket = "mock.start", HalfTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: HalfTicket) -> None:
        await defer(interaction)
        mock = await interaction.client.services.interviews.start(
            asker(interaction), ticket.mock_id, ticket.place
        )
        interaction.client.wake()
        await show(interaction, card(f"It has begun: {half_words(mock, mock.seats[ticket.place])}."))


class FinishButton(DoneButton):
    verb, ticket = "mock.finish", HalfTicket
    words = "Done; the thread says what comes next."

    @classmethod
    async def act(cls, interviews: Interviews, who: Person, ticket: HalfTicket) -> None:
        await interviews.finish(who, ticket.mock_id, ticket.place)


# --- more


class MoreButton(TicketButton):
    """Everything else; stands on each card of a thread, which is found again by it."""

    verb, ticket = "mock.more", TurnTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: TurnTicket) -> None:
        await defer(interaction)
        mock = await interaction.client.services.interviews.look(asker(interaction), ticket.mock_id)
        await show(interaction, more_card(mock, interaction.user.id))


class VoiceButton(DoneButton):
    verb, ticket = "mock.voice", MockTicket
    words = (
        "I open a voice room that only you two see; the thread says where. If nothing comes, this server does not "
        "let me: any other voice channel does as well."
    )

    @classmethod
    async def act(cls, interviews: Interviews, who: Person, ticket: MockTicket) -> None:
        await interviews.want_voice(who, ticket.mock_id)


class HandButton(TicketButton):
    verb, ticket = "mock.hand", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await ask(interaction, HandModal(ticket))


class HandModal(TicketModal):
    verb, ticket = "mock.hand-form", MockTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Ask a guide")
        self.add_item(written("text", "What is it about? Only the guides read it", limit=HAND_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: MockTicket, fields: Fields) -> None:
        await defer(interaction)
        asked = await interaction.client.services.interviews.raise_hand(
            asker(interaction), ticket.mock_id, str(fields.get("text", ""))
        )
        await show(interaction, asked_card(asked, "A guide finds you in the thread of your interview."))


def more_card(mock: Mock, discord_id: int) -> Card:
    """How it stands for one of the two, and what else can be done."""
    seat = mock.seat_of(discord_id)
    assert seat is not None
    ticket = MockTicket(mock.id)
    before = mock.state in ("arranging", "agreed", "ready")
    place = mock.interviewee.place if len(mock.seats) > 1 else 0
    # What the thread offers is offered here too, for a thread that is gone.
    halves = row(
        StartButton(HalfTicket(mock.id, place), label="Start", style=SUCCESS)
        if mock.state in ("ready", "swap")
        else None,
        OpenScriptButton(ScriptTicket(mock.id, place, 0), label="Script for the interviewer")
        if mock.state in ("first", "second")
        else None,
        CardsButton(ticket, label="Give my cards", style=PRIMARY)
        if mock.state in TOLD and mock.owed_by(seat)
        else None,
        ReadButton(ticket, label="Read what was said about me") if mock.state == "opened" else None,
        FinishButton(HalfTicket(mock.id, place), label=_finish_label(mock))
        if mock.state in ("first", "swap", "second")
        else None,
    )
    return card(
        "## This interview",
        _state_words(mock, seat),
        halves,
        row(
            AbsentButton(ticket, label="My partner has not come") if mock.state == "ready" else None,
            RescheduleButton(ticket, label="Reschedule") if mock.state in ("agreed", "ready") else None,
            CancelButton(ticket, label="Cancel", style=DANGER) if before else None,
        ),
        row(
            VoiceButton(ticket, label="Voice room")
            if mock.state in ARRANGED and mock.voice_id is None
            else None,
            HandButton(ticket, label="Raise hand") if mock.state in (*ARRANGED, *TOLD) else None,
            SafetyButton(SafetyTicket("mock", mock.id)) if len(mock.seats) > 1 else None,
        ),
    )


def _finish_label(mock: Mock) -> str:
    return "Leave it at one half" if mock.state == "swap" else "End this half"


def _state_words(mock: Mock, seat: Seat) -> str:
    if len(mock.seats) < 2:
        return "Your partner's data was erased; what they said of you stays, without their words."
    partner = person(mock.other(seat))
    match mock.state:
        case "arranging":
            return f"You and {partner} are choosing a time."
        case "agreed":
            assert mock.starts_at is not None
            return f"You and {partner} meet {stamp(mock.starts_at, 'F')}, {stamp(mock.starts_at, 'R')}."
        case "ready":
            return f"It is time. {half_words(mock, mock.seats[0])}."
        case "first" | "second":
            assert mock.ends_at is not None
            return f"{half_words(mock, mock.interviewee)}; it ends {stamp(mock.ends_at, 'R')}."
        case "swap":
            return f"Half-time. Next: {half_words(mock, mock.seats[1])}."
        case "opened":
            return f"You and {partner} have told each other how it was. `/mock request` begins another."
        case "feedback":
            left = len(mock.owed_by(seat))
            return f"You and {partner} tell each other how it was; {many(left, 'card')} of yours to come."
        case _:
            return "It is over."


CONTROLS = (
    TimeSelect,
    OtherTimesButton,
    RescheduleButton,
    CancelButton,
    AbsentButton,
    StartButton,
    FinishButton,
    MoreButton,
    VoiceButton,
    HandButton,
    HandModal,
)
