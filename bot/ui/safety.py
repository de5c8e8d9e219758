"""Safety's faces: the way to report or block, one's own blocks, and what moderators read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Attached, Card, Text, card, row
from bot.client.controls import (
    Fields,
    NoTicket,
    Ticket,
    TicketButton,
    TicketModal,
    TicketSelect,
    Values,
    number,
)
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.errors import OutOfDate, SubjectGone
from bot.domain.safety import REASONS, REPORT_TEXT_LIMIT, Blocked, Reported, ReportShown, Subject
from bot.domain.texts import cleaned, escaped, shortened
from bot.ui.phrases import PRIVACY, stamp
from bot.ui.questions import trimmed

LABEL = "Report or block"
QUOTED = 300
NOTE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class SafetyTicket(Ticket):
    kind: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class KindTicket(Ticket):
    kind: str


@dataclass(frozen=True, slots=True)
class ReportTicket(Ticket):
    report_id: int


@dataclass(frozen=True, slots=True)
class PageTicket(Ticket):
    page: int


# --- reporting and blocking


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
        (subject_id,) = _numbers(values, 1)
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
        text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="text",
            style=discord.TextStyle.paragraph,
            max_length=REPORT_TEXT_LIMIT,
            required=False,
        )
        self.add_item(discord.ui.Label(text="What is wrong?", component=select))
        self.add_item(discord.ui.Label(text="What should the moderators know? (optional)", component=text))

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


# --- one's own blocks


class BlocksButton(TicketButton):
    verb, ticket = "safety.blocks", PageTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PageTicket) -> None:
        await defer_redraw(interaction)
        await show_blocks(interaction, max(ticket.page, 0))


class UnblockSelect(TicketSelect):
    verb, ticket = "safety.unblock", NoTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: NoTicket, values: Values) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.safety.unblock(asker(interaction), _numbers(values))
        await show_blocks(interaction, 0, "-# Unblocked.")


async def show_blocks(interaction: Interaction, page: int = 0, said: str | None = None) -> None:
    """Show a page of one's blocks."""
    found, pages = await interaction.client.services.safety.blocks(asker(interaction), page)
    await show(interaction, blocks_card(found, page, pages, said))


def blocks_card(found: Sequence[Blocked], page: int, pages: int, said: str | None = None) -> Card:
    """Whom I block, and the way to take it back."""
    if not found and page == 0:
        return card(
            said,
            f"You block nobody here. To block somebody, press *{LABEL}* under what they wrote, or open the menu on "
            f"their name, then *Apps*, then *{LABEL}*.",
        )
    names = [shortened(cleaned(one.name or "Somebody without a shown name"), 50) for one in found]
    options = [
        discord.SelectOption(label=name, description=f"Blocked on {one.at:%d %B %Y}", value=str(one.id))
        for name, one in zip(names, found, strict=True)
    ]
    return card(
        "## Whom you block",
        said,
        "\n".join(f"- {escaped(name)}, {stamp(one.at, 'd')}" for name, one in zip(names, found, strict=True)),
        row(UnblockSelect(placeholder="Unblock", options=options, most=len(options))) if options else None,
        row(
            BlocksButton(PageTicket(page - 1), label="Earlier") if page > 0 else None,
            BlocksButton(PageTicket(page + 1), label="Later") if page + 1 < pages else None,
        ),
        "-# Only you see this. Nobody is told when you block or unblock them.",
    )


# --- moderators


class OpenReportButton(TicketButton):
    verb, ticket = "report.open", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.safety.open(asker(interaction), ticket.report_id)
        await show(interaction, report_card(found))


class ReportsButton(TicketButton):
    """The open reports one by one; `ReportTicket(0)` begins with the oldest."""

    verb, ticket = "report.list", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await _redraw_if_private(interaction)
        found = await interaction.client.services.safety.next(asker(interaction), ticket.report_id)
        await show(interaction, report_card(found) if found else no_reports_card())


class CloseReportButton(TicketButton):
    verb, ticket = "report.close", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await ask(interaction, CloseReportModal(ticket))


class CloseReportModal(TicketModal):
    verb, ticket = "report.close-form", ReportTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Close this report")
        text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id="note", style=discord.TextStyle.paragraph, max_length=NOTE_LIMIT
        )
        self.add_item(discord.ui.Label(text="What was done? For the audit trail", component=text))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ReportTicket, fields: Fields) -> None:
        await _redraw_if_private(interaction)
        safety, who = interaction.client.services.safety, asker(interaction)
        await safety.close(who, ticket.report_id, str(fields.get("note", "")))
        await show(interaction, report_card(await safety.open(who, ticket.report_id)))


class RemoveButton(TicketButton):
    verb, ticket = "report.remove", ReportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ReportTicket) -> None:
        await _redraw_if_private(interaction)
        safety, who = interaction.client.services.safety, asker(interaction)
        place = await safety.removable(who, ticket.report_id)
        if place is not None:
            # First the message: should this fail half-way, the button is still there to press again.
            await interaction.client.poster.delete(*place)
        await safety.remove(who, ticket.report_id)
        await show(interaction, report_card(await safety.open(who, ticket.report_id)))


async def _redraw_if_private(interaction: Interaction) -> None:
    """A report is never drawn over a message that others see."""
    message = interaction.message
    await (defer_redraw if message is not None and message.flags.ephemeral else defer)(interaction)


def alert_marker(report_id: int) -> str:
    """The custom_id by which the message about a report is found again."""
    return OpenReportButton.custom_id_for(ReportTicket(report_id))


def alert_card(report_id: int) -> Card:
    """Tells the moderators that there is something to read, and nothing of it."""
    return card(
        "A report came in. Moderators: press *Open*; only you see what it says.",
        row(OpenReportButton(ReportTicket(report_id), label="Open")),
        colour=CARE,
    )


def no_reports_card() -> Card:
    """Nothing is waiting."""
    return card("No report is open. Thank you for looking.", colour=GOOD)


def report_card(report: ReportShown) -> Card:
    """One report, and what a moderator can do about it."""
    ticket, closed = ReportTicket(report.id), report.closed_at
    facts = [
        f"**Reason:** {REASONS.get(report.reason, 'Not given')}",
        f"**About:** {_mention(report.about_discord_id)} ({report.subject.replace(':', ' ')})",
        f"**Reported by:** {_mention(report.reporter_discord_id)} {stamp(report.at, 'R')}",
        "**Where:** https://discord.com/channels/" + "/".join(map(str, report.link)) if report.link else "",
        f"**Closed** {stamp(closed, 'R')} by {_mention(report.closed_by)}" if closed else "",
    ]
    texts = [Text("\n".join(filter(None, facts)))]
    if report.text:
        texts.append(Text(f"**What they write**\n{escaped(report.text)}"))
    if report.evidence:
        texts.append(Text(f"**What it was when reported**\n{escaped(report.evidence)}"))
    parts = trimmed(texts, 3700)
    whole = f"{report.text}\n\n---\n\n{report.evidence}\n"
    return card(
        "## A closed report" if closed else f"## Report {report.number} of {report.waiting} open",
        *parts,
        Attached(f"report-{report.id}.txt", whole.encode()) if parts != texts else None,
        row(
            None if closed else CloseReportButton(ticket, label="Close", style=discord.ButtonStyle.success),
            RemoveButton(ticket, label="Remove what it is about", style=discord.ButtonStyle.danger)
            if report.removable
            else None,
            ReportsButton(ticket, label="Next") if report.waiting > (not closed) else None,
        ),
        "-# Names are for moderators only. A report is erased within 90 days.",
        colour=GOOD if closed else CARE,
    )


def _mention(discord_id: int | None) -> str:
    return f"<@{discord_id}>" if discord_id else "somebody whose data was erased"


def _numbers(values: Values, most: int | None = None) -> tuple[int, ...]:
    """The chosen ids. Raises OutOfDate for what no select of ours offers."""
    try:
        found = tuple(number(value) for value in values)
    except ValueError:
        raise OutOfDate from None
    if not found or (most is not None and len(found) > most):
        raise OutOfDate
    return found


CONTROLS = (
    SafetyButton,
    SafetySelect,
    ReportButton,
    ReportModal,
    BlockButton,
    BlocksButton,
    UnblockSelect,
    OpenReportButton,
    ReportsButton,
    CloseReportButton,
    CloseReportModal,
    RemoveButton,
)
