"""The one way to report something and to block whoever made it, wherever it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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
    written,
)
from bot.client.replies import ask, asker, defer, show
from bot.domain.errors import OutOfDate, SubjectGone
from bot.domain.safety import REASONS, REPORT_TEXT_LIMIT, Reported, Subject
from bot.domain.texts import cleaned, escaped, shortened
from bot.ui.phrases import PRIVACY
from bot.ui.safety.blocks import LABEL, chosen_ids

QUOTED = 300


@dataclass(frozen=True, slots=True)
class SafetyTicket(Ticket):
    kind: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class KindTicket(Ticket):
    kind: str


class SafetyButton(TicketButton):
    """Stands on whatever somebody else made: the one way to report it, and to block whoever made it."""

    verb, ticket = "safety.open", SafetyTicket

    def __init__(self, ticket: SafetyTicket) -> None:
        super().__init__(ticket, label=LABEL)

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SafetyTicket) -> None:
        await open_safety(interaction, ticket)


class SafetySelect(TicketSelect):
    """The same for a list: choose which one."""

    verb, ticket = "safety.choose", KindTicket

    def __init__(self, kind: str, choices: Iterable[tuple[int, str]]) -> None:
        options = [
            discord.SelectOption(
                label=shortened(" ".join(cleaned(words).split()), 100), value=str(subject_id)
            )
            for subject_id, words in choices
        ]
        super().__init__(KindTicket(kind), placeholder=f"{LABEL} one of these", options=options)

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: KindTicket, values: Values) -> None:
        (subject_id,) = chosen_ids(values, 1)
        await open_safety(interaction, SafetyTicket(ticket.kind, subject_id))


class ReportButton(TicketButton):
    verb, ticket = "safety.report", SafetyTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SafetyTicket) -> None:
        await ask(interaction, ReportModal(ticket))


class ReportModal(TicketModal):
    verb, ticket = "safety.report-form", SafetyTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Report to the moderators")
        reasons = [discord.SelectOption(label=words, value=code) for code, words in REASONS.items()]
        select: discord.ui.Select[Any] = discord.ui.Select(custom_id="reason", options=reasons)
        self.add_item(discord.ui.Label(text="What is wrong?", component=select))
        label = "What should the moderators know? (optional)"
        self.add_item(written("text", label, limit=REPORT_TEXT_LIMIT, required=False))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: SafetyTicket, fields: Fields) -> None:
        await defer(interaction)
        chosen = fields.get("reason")
        reason = chosen[0] if isinstance(chosen, tuple) and chosen else ""
        if reason not in REASONS:
            raise OutOfDate
        await _still_here(interaction, ticket)
        reported = await interaction.client.services.safety.report(
            asker(interaction), ticket.kind, ticket.subject_id, reason, str(fields.get("text", ""))
        )
        interaction.client.wake()
        await show(interaction, reported_card(reported))


class BlockButton(TicketButton):
    verb, ticket = "safety.block", SafetyTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SafetyTicket) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        await _still_here(interaction, ticket)
        joins = not await services.members.takes_part(who)
        await services.safety.block(who, ticket.kind, ticket.subject_id)
        interaction.client.wake()
        await show(interaction, blocked_card(joins))


async def open_safety(interaction: Interaction, ticket: SafetyTicket) -> None:
    """Show privately what it is about and what can be done."""
    await defer(interaction)
    found = await interaction.client.services.safety.subject(
        asker(interaction), ticket.kind, ticket.subject_id
    )
    await show(interaction, safety_card(found))


async def _still_here(interaction: Interaction, ticket: SafetyTicket) -> None:
    """Raises SubjectGone for somebody who is not in this server: Reps knows only who takes part, Discord knows all."""
    if ticket.kind == "member" and interaction.guild is not None:
        try:
            await interaction.guild.fetch_member(ticket.subject_id)
        except discord.NotFound:
            raise SubjectGone from None


def safety_card(subject: Subject) -> Card:
    """What it is about, and what each of the two buttons does."""
    name = f"**{escaped(subject.name)}**" if subject.name else f"<@{subject.about_discord_id}>"
    quote = f": {escaped(shortened(subject.evidence, QUOTED))}" if subject.evidence else ""
    ticket = SafetyTicket(subject.kind, subject.id)
    return card(
        f"## {LABEL}",
        f"This is about {name}{quote}",
        "**Report**: the moderators of this server read what it is about, what you write, and your name; nobody else.\n"
        "**Block**: I never put you two together, and my lists no longer show you what they write. "
        "They are never told.",
        row(
            ReportButton(ticket, label="Report", style=discord.ButtonStyle.danger),
            BlockButton(ticket, label="Block this person"),
        ),
    )


def reported_card(reported: Reported) -> Card:
    """Thanks, and what happens next."""
    return card(
        "Thank you for telling us. "
        + (
            "You reported this less than a day ago, so I added to that report."
            if reported.again
            else "I kept what it is about as it is now, even if it is changed or deleted later."
        ),
        (
            "The moderators are told that a report came in, and read it privately."
            if reported.alerts
            else "No alert channel is set on this server, so the moderators see it in `/guide queue`."
        )
        + " They decide what to do. Whom it is about does not learn of it from me, and it is erased within 90 days.",
        colour=GOOD,
    )


def blocked_card(joins: bool) -> Card:
    """After blocking; the same words whether it was done before or not."""
    return card(
        "Blocked. I never put you two together, and my lists no longer show you what they write. They are not told. "
        "Their messages in channels and threads are Discord's; there, Discord's own *Block* hides them.",
        "-# `/me blocks` shows whom you block, and takes it back.",
        PRIVACY if joins else None,
        colour=GOOD,
    )


CONTROLS = (SafetyButton, SafetySelect, ReportButton, ReportModal, BlockButton)
