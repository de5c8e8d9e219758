"""Requests' faces: what became of one, a named partner's card, and how one's interviews stand."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, QUIET, Card, Part, Text, card, row
from bot.client.controls import Ticket, TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, show
from bot.domain.errors import OutOfDate
from bot.domain.interviews import ARRANGED, PHASES, ROUNDS, TOLD, WALKTHROUGH, Why
from bot.domain.interviews.readouts import Mock, Requested, Seat, Status
from bot.domain.members import LEVELS, TRACKS
from bot.ui.conduct import AgreeButton, show_rules
from bot.ui.interviews.threads import MoreButton
from bot.ui.interviews.tickets import OPEN, MockTicket, TurnTicket, asked_about, person
from bot.ui.phrases import many, stamp
from bot.ui.safety import SafetyButton, SafetyTicket

EXPIRES = {state: f"{phase.lasts.days} days" for state, phase in PHASES.items() if phase.lasts}
# What is said of one that came to nothing.
FELL: dict[Why, str] = {
    "expired": "Nobody was found or no time was agreed on, so your last request ended.",
    "declined": "Your last request was answered with *Not now*.",
    "cancelled": "Your last interview was cancelled.",
    "off": "Your last interview was cancelled.",
    "no-room": (
        "I could not open a thread for your last interview: this server does not let me. Its admins were told; "
        "`/setup check` shows them what is missing."
    ),
    "room-gone": "The thread of your last interview is gone, so it ended.",
    "not-begun": "Your last interview did not begin.",
}


@dataclass(frozen=True, slots=True)
class RequestTicket(Ticket):
    """What somebody asked for, kept while they read the rules."""

    round: str
    track: str
    level: str
    partner: int


# --- asking


class AgreeToAskButton(AgreeButton):
    verb, ticket = "mock.agree", RequestTicket

    @classmethod
    async def go_on(cls, interaction: Interaction, ticket: Any) -> None:
        await _request(interaction, ticket)


async def ask_for(interaction: Interaction, ticket: RequestTicket) -> None:
    """Ask for an interview, after the rules of conduct the first time; the interaction is deferred."""
    # What no client of Discord's offers does not get into a ticket.
    if (
        ticket.round not in ROUNDS
        or ticket.track not in (OPEN, *TRACKS)
        or ticket.level not in (OPEN, *LEVELS)
    ):
        raise OutOfDate
    if await interaction.client.services.members.agreed(asker(interaction)):
        await _request(interaction, ticket)
    else:
        await show_rules(interaction, AgreeToAskButton(ticket))


async def _request(interaction: Interaction, ticket: RequestTicket) -> None:
    others = await interaction.client.services.mock_requests.others(asker(interaction))
    if others.discord_ids and not ticket.partner:
        # Who has gone from the server would never come.
        await interaction.client.membership.check(others.guild_id, others.discord_ids)
    found = await interaction.client.services.mock_requests.request(
        asker(interaction),
        ticket.round,  # type: ignore[arg-type]
        track=None if ticket.track == OPEN else ticket.track,  # type: ignore[arg-type]
        level=None if ticket.level == OPEN else ticket.level,  # type: ignore[arg-type]
        partner=ticket.partner or None,
    )
    interaction.client.wake()
    await show(interaction, requested_card(found, interaction.user.id))


def requested_card(found: Requested, discord_id: int) -> Card:
    """A partner, somebody who is asked, or the wait for one."""
    mock = found.mock
    seat = mock.seat_of(discord_id)
    assert seat is not None
    if found.matched:
        return card(
            f"## You have a partner: {person(mock.other(seat))}",
            f"You are asked about {asked_about(seat)}, your partner about {asked_about(mock.other(seat))}; each "
            "interviews the other by a script. I open a private thread for you two, where you choose a time.",
            _own_project(seat),
            colour=GOOD,
        )
    if mock.state == "asked":
        return card(
            f"I ask {person(mock.other(seat))} in <#{mock.channel_id}>; nobody else can accept. "
            f"Without an answer it ends after {EXPIRES['asked']}. `/mock cancel` takes it back."
        )
    return card(
        "## Your request is still waiting" if found.again else "## Your request waits",
        f"You want to be asked about {asked_about(seat)}. As soon as somebody fits, I open a private thread for you "
        "two and mention you there; you need not come back and look.",
        _others_wait(found.waiting),
        _own_project(seat),
        f"-# `/mock status` shows it, `/mock cancel` takes it back; after {EXPIRES['waiting']} it ends by itself. "
        "With hours in `/me availability` somebody fits sooner.",
    )


def _own_project(seat: Seat) -> str | None:
    """What a walk-through draws on, for whoever wishes one."""
    if seat.round != WALKTHROUGH:
        return None
    return "Write your project down with `/me project`: the questions draw on it, and only your interviewer reads it."


def _others_wait(waiting: int) -> str:
    if not waiting:
        return "Nobody else is waiting right now, so yours is the one the next person meets."
    others = "1 other person waits" if waiting == 1 else f"{waiting} other people wait"
    return f"{others} here right now, and as soon as two fit, I put them together."


# --- somebody by name


class AcceptButton(TicketButton):
    verb, ticket = "mock.accept", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await defer(interaction)
        # For whom it is not, nothing is asked; the rules come before the choice.
        mock = await interaction.client.services.mock_requests.invited(asker(interaction), ticket.mock_id)
        if await interaction.client.services.members.agreed(asker(interaction)):
            await show(interaction, wish_card(mock))
        else:
            await show_rules(interaction, AgreeToMeetButton(ticket))


class AgreeToMeetButton(AgreeButton):
    verb, ticket = "mock.agree-too", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        # For whom it is not agrees to nothing by it.
        await interaction.client.services.mock_requests.invited(asker(interaction), ticket.mock_id)
        await super().press(interaction, ticket)

    @classmethod
    async def go_on(cls, interaction: Interaction, ticket: Any) -> None:
        mock = await interaction.client.services.mock_requests.invited(asker(interaction), ticket.mock_id)
        await show(interaction, wish_card(mock))


class WishSelect(TicketSelect):
    """Accepts, by saying what to be interviewed on."""

    verb, ticket = "mock.wish", MockTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: MockTicket, values: Values) -> None:
        wished = next((one for one in ROUNDS if one == values[0]), None)
        if wished is None:
            raise OutOfDate
        await defer(interaction)
        mock = await interaction.client.services.mock_requests.accept(
            asker(interaction), ticket.mock_id, wished
        )
        interaction.client.wake()
        await show(interaction, requested_card(Requested(mock, matched=True), interaction.user.id))


class NotNowButton(TicketButton):
    verb, ticket = "mock.decline", MockTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MockTicket) -> None:
        await defer(interaction)
        await interaction.client.services.mock_requests.decline(asker(interaction), ticket.mock_id)
        interaction.client.wake()
        await show(interaction, card("That is fine; they see it in their `/mock status`."))


def wish_card(mock: Mock) -> Card:
    """Asks what the one who was asked wants to be asked about themselves."""
    theirs = mock.seats[0]
    return card(
        f"{person(theirs)} wants to be asked about {asked_about(theirs)}. And you? You interview each other, one "
        "half each.",
        row(
            WishSelect(
                MockTicket(mock.id),
                placeholder="I want to be asked about…",
                options=[
                    discord.SelectOption(label=label, value=value, default=False)
                    for value, label in ROUNDS.items()
                ],
            )
        ),
    )


def invitation_card(mock: Mock) -> Card:
    """Asks a named partner, once; after their answer it is only a line."""
    if len(mock.seats) < 2 or mock.state != "asked":
        words = "This request was answered." if mock.state in (*ARRANGED, *TOLD) else "This request is over."
        return card(words, colour=QUIET)
    asking, asked = mock.seats
    ticket = MockTicket(mock.id)
    return card(
        f"{person(asked)}, {person(asking)} would like a mock interview with you: you interview each other, one half "
        f"each, by a script. They want to be asked about {asked_about(asking)}.",
        row(
            AcceptButton(ticket, label="Accept", style=discord.ButtonStyle.success),
            NotNowButton(ticket, label="Not now"),
            SafetyButton(SafetyTicket("mock", mock.id)),
        ),
        "-# Only the person who is asked can answer.",
        pings=(asked.discord_id,),
    )


def invitation_marker(mock: Mock) -> str:
    """The custom_id by which the card that asks is found again."""
    return AcceptButton.custom_id_for(MockTicket(mock.id))


# --- how things stand


def status_card(status: Status, discord_id: int) -> Card:
    """`/mock status`: what is asked for, arranged, or waits for feedback."""
    parts: list[Part | None] = []
    for mock in status.mocks:
        parts.append(Text(standing_words(mock, discord_id, status.waiting)))
        if mock.state in (*ARRANGED, *TOLD):
            parts.append(row(MoreButton(TurnTicket(mock.id, mock.turn), label="Open it")))
    if not parts:
        fell = FELL.get(status.fell_through.why) if status.fell_through and status.fell_through.why else None
        return card(
            "## No mock interview ahead",
            fell,
            "`/mock request` finds you a partner, or asks one you name.",
        )
    return card("## Your mock interviews", *parts)


def standing_words(mock: Mock, discord_id: int, waiting: int = 0) -> str:
    """One interview in a line."""
    seat = mock.seat_of(discord_id)
    assert seat is not None
    if mock.state == "waiting":
        since = stamp(mock.asked_at, "R")
        return (
            f"**Waiting** since {since} for a partner; you are asked about {asked_about(seat)}.\n"
            f"-# Others who wait: {waiting}. `/mock cancel` takes your request back."
        )
    partner = person(mock.other(seat)) if len(mock.seats) > 1 else "somebody whose data was erased"
    where = f" in <#{mock.thread_id}>" if mock.thread_id else ""
    match mock.state:
        case "asked" if seat.place == 0:
            return f"**Asked** {partner} {stamp(mock.asked_at, 'R')}; no answer so far."
        case "asked":
            return f"{partner} **asks you** in <#{mock.channel_id}>."
        case "arranging":
            return f"**Choosing a time** with {partner}{where}."
        case "agreed":
            assert mock.starts_at is not None
            return f"**Agreed** with {partner}: {stamp(mock.starts_at, 'F')}{where}."
        case "ready" | "first" | "swap" | "second":
            return f"**Now**, with {partner}{where}."
        case "feedback":
            left = mock.owed_by(seat)
            words = (
                f"{many(len(left), 'card')} of yours to come" if left else "waiting for your partner's cards"
            )
            return f"**Feedback** with {partner}: {words}{where}."
        case _:
            return f"**Feedback** with {partner} can be read{where}."


async def take_back(interaction: Interaction) -> None:
    """Take back the open request; where somebody was asked, their card loses its buttons."""
    await interaction.client.services.mock_requests.cancel(asker(interaction))
    interaction.client.wake()
    await show(interaction, cancelled_card())


def cancelled_card() -> Card:
    """After taking a request back."""
    return card("Your request is taken back. `/mock request` asks anew whenever you like.")


CONTROLS = (AgreeToAskButton, AcceptButton, AgreeToMeetButton, WishSelect, NotNowButton)
