"""Notices' faces: what a member is told and when not, and the direct messages themselves."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import CARE, Card, Row, card, row
from bot.client.controls import Ticket, TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.availability import clock
from bot.domain.errors import OutOfDate
from bot.domain.notices import APPOINTMENT, HOUR, KINDS, PROBLEM, QUESTION, WAYS, Choices, Reminder
from bot.domain.texts import escaped

NO, NEVER = "no", "never"
REMINDED_OF = {QUESTION: "questions", APPOINTMENT: "recitations and interviews", PROBLEM: "group problems"}
UNREACHED = (
    "I could not reach you by direct message, so I switched this off. Open the server's menu, then *Privacy "
    "Settings*, allow direct messages, and choose it again."
)


@dataclass(frozen=True, slots=True)
class KindTicket(Ticket):
    kind: str


@dataclass(frozen=True, slots=True)
class StopTicket(Ticket):
    """Which notice a direct message is; the subject makes it findable."""

    kind: str
    server_id: int
    subject_id: int


# --- choosing


class NoticesButton(TicketButton):
    verb = "me.notices"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        choices = await interaction.client.services.notices.choices(asker(interaction))
        await show(interaction, notices_card(choices))


class WaySelect(TicketSelect):
    verb, ticket = "notice.way", KindTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: KindTicket, values: Values) -> None:
        kind = KINDS.get(ticket.kind)
        way = next((way for way in kind.ways if way == values[0]), None) if kind else None
        if kind is None or (way is None and values[0] != NO):
            raise OutOfDate
        await defer_redraw(interaction)
        choices = await interaction.client.services.notices.choose(asker(interaction), ticket.kind, way)
        await show(interaction, notices_card(choices, saved=True))


class QuietFromSelect(TicketSelect):
    verb = "notice.quiet-from"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        notices, who = interaction.client.services.notices, asker(interaction)
        start = None if values[0] == NEVER else _minute(values)
        await defer_redraw(interaction)
        choices = (
            await notices.end_quiet(who)
            if start is None
            else await notices.set_quiet(who, start_minute=start)
        )
        await show(interaction, notices_card(choices, saved=True))


class QuietUntilSelect(TicketSelect):
    verb = "notice.quiet-until"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        end = _minute(values)
        await defer_redraw(interaction)
        choices = await interaction.client.services.notices.set_quiet(asker(interaction), end_minute=end)
        await show(interaction, notices_card(choices, saved=True))


def _minute(values: Values) -> int:
    """The minute of the day that a select's hour stands for; raises OutOfDate for what it does not offer."""
    if values[0] not in _HOURS:
        raise OutOfDate
    return _HOURS[values[0]]


_HOURS = {str(hour): hour * HOUR for hour in range(24)}


def notices_card(choices: Choices, *, saved: bool = False) -> Card:
    """What may notify a member; each choice is saved at once."""
    quiet = choices.quiet
    hours = f"{clock(quiet.start_minute)}–{clock(quiet.end_minute)}" if quiet else "none"
    return card(
        "## Notices",
        "-# Saved." if saved else None,
        "I send you nothing that you did not choose here.",
        UNREACHED if choices.unreachable else None,
        *(part for kind in KINDS for part in _kind_parts(kind, choices)),
        f"**Quiet hours:** {hours} ({choices.zone_name}). A notice that falls into them waits for their end.",
        row(QuietFromSelect(placeholder="Quiet from…", options=_from_options(choices))),
        row(QuietUntilSelect(placeholder="Quiet until…", options=_until_options(quiet.end_minute)))
        if quiet
        else None,
        colour=CARE if choices.unreachable else card().colour,
    )


def _kind_parts(kind: str, choices: Choices) -> tuple[str | Row | None, ...]:
    # Of what could not be delivered nothing is chosen, so that No can be.
    chosen = choices.chosen.get(kind, NO)
    options = {NO: "No"} | {way: WAYS[way] for way in KINDS[kind].ways}
    return (
        f"**{KINDS[kind].label}**",
        row(
            WaySelect(
                KindTicket(kind),
                placeholder="Choose",
                options=[
                    discord.SelectOption(label=label, value=value, default=value == chosen)
                    for value, label in options.items()
                ],
            )
        ),
    )


def _from_options(choices: Choices) -> list[discord.SelectOption]:
    chosen = choices.quiet.start_minute if choices.quiet else None
    return [
        discord.SelectOption(label="No quiet hours", value=NEVER, default=chosen is None),
        *(
            discord.SelectOption(label=f"Quiet from {clock(minute)}", value=value, default=minute == chosen)
            for value, minute in _HOURS.items()
        ),
    ]


def _until_options(chosen: int) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=f"Quiet until {clock(minute)}", value=value, default=minute == chosen)
        for value, minute in _HOURS.items()
    ]


# --- told by direct message


class StopButton(TicketButton):
    """Switches a notice off from within the direct message, where there is no server to ask in."""

    verb, ticket = "notice.stop", StopTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: StopTicket) -> None:
        await defer_redraw(interaction)
        name = await interaction.client.services.notices.stop(
            interaction.user.id, ticket.server_id, ticket.kind
        )
        await show(interaction, stopped_card(name, ticket.kind))


def reminder_card(reminder: Reminder) -> Card:
    """Reminds of an open question, says which server it comes from, and how to stop it."""
    return card(
        f"Today's question in **{escaped(reminder.server_name)}** waits for your answer: "
        f"[{escaped(reminder.title)}]({reminder.link})",
        "-# You asked me there to remind you after 6 hours. `/me settings` on that server has all your notices.",
        row(StopButton(_stop_ticket(reminder), label="Stop these reminders")),
    )


def reminder_marker(reminder: Reminder) -> str:
    """The custom_id by which a reminder that was sent is found again."""
    return StopButton.custom_id_for(_stop_ticket(reminder))


def _stop_ticket(reminder: Reminder) -> StopTicket:
    return StopTicket(QUESTION, reminder.server_id, reminder.drop_id)


def stopped_card(server_name: str, kind: str) -> Card:
    """In the place of a reminder, after switching it off."""
    return card(
        f"Done: no more reminders of {REMINDED_OF.get(kind, 'anything')} in **{escaped(server_name)}**. "
        "`/me settings` there switches them on again."
    )


CONTROLS = (NoticesButton, WaySelect, QuietFromSelect, QuietUntilSelect, StopButton)
