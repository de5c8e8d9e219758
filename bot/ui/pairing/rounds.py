"""A round's faces: who is with whom, the way to one's own room, and why."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import QUIET, Card, card, row
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.recitation import ENDS
from bot.domain.rounds import OpenRecitation, Part, Together, Why
from bot.ui.pairing.enrolment import join
from bot.ui.pairing.reasons import YOU, people_words, reason_words, style_words
from bot.ui.phrases import many, stamp
from bot.ui.recitation import OpenButton, RecitationTicket
from bot.ui.recitation.solo import SoloButton, SoloTicket

HOW = (
    "Find your line. *Open my room* makes a private place for you and your partner, where you begin at once or agree "
    "on a time; each of you explains one concept."
)
GOES_ON = "-# The list goes on in the next message."
NOBODY = (
    "Nobody is in the rounds yet. *Join the rounds* gets you a partner each time; until others have joined, "
    "`/recite now` finds whoever has time at this moment."
)
ALONE = (
    "This time nobody was left for you. Reciting solo is a rep as well: *Recite solo* takes a few minutes, and "
    "`/recite now` finds somebody who has time at this moment. You are in the next round again."
)
OVER = (
    "This one is over: it was not begun in time, as happens, and nothing is held against anybody. "
    "`/recite now` finds somebody who has time at this moment."
)


@dataclass(frozen=True, slots=True)
class PartTicket(Ticket):
    """One message of a round: by the number of its first line, or below zero for a reminder of those from there on."""

    round_id: int
    first: int


class JoinRoundsButton(TicketButton):
    """Under a round, takes whoever presses into the next ones."""

    verb, ticket = "round.join", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        await join(interaction, None, None)


class OpenMineButton(TicketButton):
    """Leads whoever presses to their own room."""

    verb, ticket = "round.open", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.pairing.mine(asker(interaction), ticket.round_id)
        if found.phase in ENDS:
            await show(interaction, card(OVER, colour=QUIET))
        elif found.partners:
            await OpenButton.press(interaction, RecitationTicket(found.id))
        else:
            await show(interaction, alone_card(found))


class WhyButton(TicketButton):
    """Tells whoever presses why they are with whom; others it tells nothing."""

    verb, ticket = "round.why", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        await defer(interaction)
        services = interaction.client.services
        found = await services.pairing.why(asker(interaction), ticket.round_id)
        await show(interaction, why_card(found, services.questions.topics))


# --- in the channel


def round_card(part: Part, *, late: bool) -> Card:
    """A round as it is posted: what to do, and the first of its lines."""
    head = f"## Recitation round of {stamp(part.cut_at, 'D')}"
    sorry = f"-# Posted late: it was due {stamp(part.due_at, 'f')}, but I was away. Sorry!" if late else None
    if not part.lines:
        return card(head, sorry, NOBODY, row(_join(part)), colour=QUIET)
    return card(
        head,
        sorry,
        f"**{many(part.people, 'person', 'people')}** in this round. {HOW}",
        f"There is time until {stamp(part.closes_at, 'F')}, {stamp(part.closes_at, 'R')}.",
        _lines(part),
        GOES_ON if part.next_id else None,
        row(*_ways(part, part.first), _join(part)),
        pings=_people(part),
    )


def more_card(part: Part) -> Card:
    """The next lines of a round too large for one message."""
    return card(
        f"### Recitation round of {stamp(part.cut_at, 'D')}, from {part.first}",
        _lines(part),
        GOES_ON if part.next_id else None,
        row(*_ways(part, part.first)),
        pings=_people(part),
    )


def reminder_card(part: Part) -> Card:
    """To those who have not begun, once."""
    return card(
        "### Still to begin",
        f"There is time until {stamp(part.closes_at, 'F')}, {stamp(part.closes_at, 'R')}: *Open my room*, and agree on "
        "a time there. If it does not suit you, that is fine too.",
        _lines(part),
        row(*_ways(part, -part.first)),
        pings=_people(part),
    )


def round_marker(part: Part) -> str:
    """The custom_id by which a round's first message is found again."""
    return JoinRoundsButton.custom_id_for(PartTicket(part.round_id, part.first))


def more_marker(part: Part) -> str:
    """The same of a later one."""
    return OpenMineButton.custom_id_for(PartTicket(part.round_id, part.first))


def reminder_marker(part: Part) -> str:
    """The same of a reminder."""
    return OpenMineButton.custom_id_for(PartTicket(part.round_id, -part.first))


def _join(part: Part) -> JoinRoundsButton:
    return JoinRoundsButton(PartTicket(part.round_id, part.first), label="Join the rounds")


def _ways(part: Part, first: int) -> tuple[TicketButton, ...]:
    ticket = PartTicket(part.round_id, first)
    return (
        OpenMineButton(ticket, label="Open my room", style=discord.ButtonStyle.primary),
        WhyButton(ticket, label="Why this pair?"),
    )


def _lines(part: Part) -> str:
    return "\n".join(line_words(line) for line in part.lines)


def line_words(line: Together) -> str:
    """Who is with whom, and how."""
    if len(line.people) < 1 + (line.mode != "solo"):
        # Somebody was erased: when it was posted, or any time since.
        return (
            f"**{line.number}.** {f'{people_words(line.people)} and ' if line.people else ''}a former member"
        )
    return f"**{line.number}.** {people_words(line.people)}: {style_words(line.mode, line.medium)}"


def _people(part: Part) -> tuple[int, ...]:
    return tuple(discord_id for line in part.lines for discord_id in line.people)


# --- for one's own eyes


def alone_card(found: OpenRecitation) -> Card:
    """To whoever is with nobody in a round, whatever the cause."""
    return card(ALONE, row(SoloButton(SoloTicket(found.id), label="Recite solo")))


def why_card(found: Why, topics: Any) -> Card:
    """Why somebody is with whom in a round."""
    if not found.partners:
        return card(ALONE)
    names = {place: f"<@{id}>" if id in found.partners else YOU for place, id in found.places.items()}
    return card(
        f"## Why you and {people_words(found.partners)}",
        reason_words(found.reasons, topics, names),
        "-# Only you see this. A partner you do not want again: `/me blocks`, and nobody is told.",
    )


CONTROLS = (JoinRoundsButton, OpenMineButton, WhyButton)
