"""Enrolment's faces: being in the rounds or not, how one recites, and what of one's own is open."""

from dataclasses import dataclass
from typing import Any, cast

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Row, card, row
from bot.client.controls import Ticket, TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.errors import PausedByGuide
from bot.domain.pairing import Medium, Mode
from bot.domain.rounds import MEDIUMS, MODES, Enrolled, OpenRecitation
from bot.ui.conduct import AgreeButton, show_rules
from bot.ui.pairing.reasons import people_words, style_words
from bot.ui.phrases import stamp
from bot.ui.recitation import OpenButton, RecitationTicket
from bot.ui.recitation.solo import SoloButton, SoloTicket

CONSENT = (
    "-# Each round names you and your partner once in its channel, with a mention, and reminds you once if you have "
    "not begun. `/recite skip` leaves one round out, `/recite leave` all of them."
)
MEANWHILE = "Until then, `/recite now` finds somebody who has time at this moment."
# Buttons in a row.
WAYS_SHOWN = 5
RESTS = (
    "You rest from the rounds: the last three times your partner waited and something came between, as happens. "
    "Press *I am back* when you have time again, and the next round has you in it."
)


@dataclass(frozen=True, slots=True)
class JoinTicket(Ticket):
    """What was chosen with `/recite join`; empty where nothing was."""

    mode: str = ""
    medium: str = ""


class JoinButton(TicketButton):
    """Takes whoever presses into the rounds; the same as `/recite join`."""

    verb, ticket = "recite.join", JoinTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: JoinTicket) -> None:
        await join(interaction, ticket.mode or None, ticket.medium or None)


class AgreeAndJoinButton(AgreeButton):
    """Agrees to the rules, and joins as was chosen before them."""

    verb, ticket = "recite.agree", JoinTicket

    @classmethod
    async def go_on(cls, interaction: Interaction, ticket: JoinTicket) -> None:
        await join(interaction, ticket.mode or None, ticket.medium or None)


class BackButton(TicketButton):
    """Ends a rest."""

    verb = "recite.back"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.pairing.back(asker(interaction))
        await show(interaction, status_card(found))


class ModeSelect(TicketSelect):
    verb = "recite.mode"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.pairing.choose(
            asker(interaction), mode=cast(Mode, values[0])
        )
        await show(interaction, status_card(found))


class MediumSelect(TicketSelect):
    verb = "recite.medium"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.pairing.choose(
            asker(interaction), medium=cast(Medium, values[0])
        )
        await show(interaction, status_card(found))


class RestButton(TicketButton):
    """Stands where others read, and tells whoever presses how they stand with the rounds."""

    verb, ticket = "round.rest", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await status(interaction)


# --- what the commands do


async def join(interaction: Interaction, mode: Any, medium: Any) -> None:
    """Take somebody into the rounds."""
    await defer(interaction)
    found = await interaction.client.services.pairing.join(asker(interaction), mode, medium)
    if found is None:
        await show_rules(interaction, AgreeAndJoinButton(JoinTicket(mode or "", medium or "")))
        return
    await show(interaction, joined_card(found))


async def skip(interaction: Interaction) -> None:
    """Leave the next round out, or take that back."""
    await defer(interaction)
    await show(interaction, skip_card(await interaction.client.services.pairing.skip(asker(interaction))))


async def leave(interaction: Interaction) -> None:
    """Take somebody out of the rounds."""
    await defer(interaction)
    await show(interaction, left_card(await interaction.client.services.pairing.leave(asker(interaction))))


async def status(interaction: Interaction) -> None:
    """Show somebody how they stand with the rounds."""
    await defer(interaction)
    found = await interaction.client.services.pairing.standing(asker(interaction))
    await show(interaction, status_card(found))


# --- cards


def rest_card(recitation_id: int, discord_id: int) -> Card:
    """To somebody who rests from the rounds by now, in a room of which nobody else should learn it."""
    return card(
        f"<@{discord_id}>, a word about the coming rounds, for you alone:",
        row(RestButton(RecitationTicket(recitation_id), label="Read it")),
        pings=[discord_id],
    )


def rest_marker(recitation_id: int) -> str:
    """The custom_id by which it is found again."""
    return RestButton.custom_id_for(RecitationTicket(recitation_id))


def joined_card(found: Enrolled) -> Card:
    """After joining: how, from when, and what it means."""
    return card(
        "## You are in the rounds",
        how_words(found),
        next_words(found),
        paused_words(found),
        CONSENT,
        colour=GOOD,
    )


def skip_card(found: Enrolled) -> Card:
    """After leaving a round out, or taking it back."""
    if found.skips:
        return card(
            "## The next round goes without you",
            next_words(found),
            "You are in the one after it again. `/recite skip` once more takes this back.",
        )
    return card("## You are in the next round", next_words(found), paused_words(found), colour=GOOD)


def left_card(found: Enrolled) -> Card:
    """After leaving the rounds."""
    return card(
        "## You are in no rounds any more",
        "What is arranged already stays. How you recite is kept, and `/recite join` takes you back in at any time.",
        open_words(found),
    )


def status_card(found: Enrolled) -> Card:
    """How somebody stands with the rounds, with what can be changed."""
    if found.rests:
        state = RESTS
    elif found.since is None:
        state = "You are not in the rounds. Joining them, you get a partner in each."
    elif found.skips:
        state = (
            "You are in the rounds, and **the next one goes without you**. `/recite skip` takes that back."
        )
    else:
        state = f"You have been in the rounds since {stamp(found.since, 'D')}."
    return card(
        "## You and the rounds",
        state,
        paused_words(found),
        next_words(found),
        open_words(found),
        row(*map(way_in, found.open[:WAYS_SHOWN])),
        *_choices(found),
        row(
            BackButton(label="I am back", style=discord.ButtonStyle.primary) if found.rests else None,
            JoinButton(label="Join the rounds", style=discord.ButtonStyle.primary)
            if found.since is None
            else None,
        ),
    )


def _choices(found: Enrolled) -> tuple[Row | None, Row | None]:
    return (
        row(
            ModeSelect(
                placeholder="Live or async",
                options=[
                    discord.SelectOption(
                        label=words.partition(":")[0], value=mode, default=mode == found.mode
                    )
                    for mode, words in MODES.items()
                ],
            )
        ),
        row(
            MediumSelect(
                placeholder="By voice or typed",
                options=[
                    discord.SelectOption(label=words, value=medium, default=medium == found.medium)
                    for medium, words in MEDIUMS.items()
                ],
            )
        ),
    )


# --- words


def how_words(found: Enrolled) -> str:
    """How somebody recites."""
    return (
        f"**{style_words(found.mode, found.medium).capitalize()}**; your partner chose the same. "
        "`/recite status` changes it, `/me availability` says when you can meet."
    )


def next_words(found: Enrolled) -> str:
    """When the next round comes, or what to do where none is planned."""
    if found.next_at is None:
        return f"No round is planned on this server yet; an admin can plan them. {MEANWHILE}"
    return f"The next round comes {stamp(found.next_at, 'F')}, {stamp(found.next_at, 'R')}. {MEANWHILE}"


def paused_words(found: Enrolled) -> str | None:
    """Why the rounds go without somebody who is paused."""
    if found.paused_by_guide:
        return PausedByGuide.words
    if found.paused:
        return "You are paused, so the rounds go without you until `/me pause` ends it."
    return None


def open_words(found: Enrolled) -> str | None:
    """Everything of somebody's that is not over, a line each."""
    lines = [open_line(one) for one in found.open[:WAYS_SHOWN]]
    if len(found.open) > WAYS_SHOWN:
        lines.append(f"and {len(found.open) - WAYS_SHOWN} more")
    return "**Open now**\n" + "\n".join(lines) if lines else None


def open_line(one: OpenRecitation) -> str:
    """A recitation that is not over: its number, with whom, how, where, and whether only reading is left."""
    with_whom = f"{one.id}. With {people_words(one.partners)}" if one.partners else f"{one.id}. On your own"
    where = f": <#{one.thread_id}>" if one.thread_id else ""
    meets = f", {stamp(one.meets_at, 'F')}" if one.meets_at else ""
    done = "; what was said of it can be read" if one.phase == "feedback" else ""
    return f"{with_whom}, {style_words(one.mode, one.medium)}{meets}{where}{done}"


def way_in(one: OpenRecitation) -> TicketButton:
    """The button that leads on with a recitation."""
    if one.partners:
        return OpenButton(RecitationTicket(one.id), label=f"Open {one.id}")
    return SoloButton(SoloTicket(one.id), label=f"Recite {one.id} solo")


CONTROLS = (JoinButton, AgreeAndJoinButton, BackButton, ModeSelect, MediumSelect, RestButton)
