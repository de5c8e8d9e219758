"""Schedules' faces: what is planned with its next times, the draft to look at before it is saved, and what is amiss."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import discord

from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, TEXT_LIMIT, Card, card, row
from bot.client.controls import Ticket, TicketButton
from bot.client.guilds import missing_in
from bot.client.replies import asker, defer_redraw, show
from bot.domain.calendar import describe
from bot.domain.calendar.recurrence import WEEKDAYS
from bot.domain.drops import Filters
from bot.domain.meetings import USUAL
from bot.domain.permissions import Trouble
from bot.domain.problems import Terms
from bot.domain.schedules import FEW_UNSEEN, NOWHERE, Clash, ClockChange, Draft, Planned, Supply
from bot.domain.schedules import KINDS as SCHEDULED
from bot.ui.permissions import missing_words, permission_name
from bot.ui.phrases import many, stamp

KINDS = {kind: one.name for kind, one in SCHEDULED.items()}
GONE = "I cannot find this channel any more; `/setup schedule edit` moves the schedule to another."
Topics = Mapping[str, str]
Guild = discord.Guild | None

# Otherwise a first round finds nobody.
JOINED = "Rounds pair whoever has joined them: tell members of `/recite join`."


@dataclass(frozen=True, slots=True)
class DraftTicket(Ticket):
    draft_id: int


@dataclass(frozen=True, slots=True)
class ScheduleTicket(Ticket):
    schedule_id: int


class SaveButton(TicketButton):
    """Makes a draft live; of two presses one finds it saved already."""

    verb, ticket = "schedule.save", DraftTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DraftTicket) -> None:
        await defer_redraw(interaction)
        services = interaction.client.services
        planned = await services.schedules.save(asker(interaction), ticket.draft_id)
        await show(interaction, schedule_card(planned, "Saved", interaction.guild, services.questions.topics))


class DiscardButton(TicketButton):
    verb, ticket = "schedule.discard", DraftTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: DraftTicket) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.schedules.discard(asker(interaction), ticket.draft_id)
        await show(interaction, card("Discarded. Everything stays as it was."))


class RemoveButton(TicketButton):
    verb, ticket = "schedule.remove", ScheduleTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ScheduleTicket) -> None:
        await defer_redraw(interaction)
        await interaction.client.services.schedules.remove(asker(interaction), ticket.schedule_id)
        await show(interaction, card("Removed. What it posted stays where it is."))


# --- one schedule in words


def planned_words(planned: Planned, topics: Topics | None = None) -> str:
    """One schedule in plain words with its next occurrences in the reader's own time."""
    return "\n".join(
        filter(
            None,
            (
                planned_line(planned, f" ({planned.zone})"),
                filter_words(planned, topics or {}),
                next_words(planned),
                warning_words(warnings(planned)),
            ),
        )
    )


def place(planned: Planned) -> str:
    """Where a schedule posts."""
    return "the new #reps" if planned.channel_id == NOWHERE else f"<#{planned.channel_id}>"


def planned_line(planned: Planned, zone: str = "") -> str:
    """A schedule's number, what it posts where, and when."""
    number = "" if planned.id is None else f"{planned.id}. "
    state = " · **paused**" if planned.paused else ""
    return (
        f"**{number}{KINDS[planned.kind]}** in {place(planned)}, {describe(planned.recurrence)}{zone}{state}"
    )


def next_words(planned: Planned) -> str:
    """The next times in the reader's own zone; none while it is paused."""
    coming = ", ".join(stamp(moment, "f") for moment in planned.upcoming)
    return "" if planned.paused else f"-# Next: {coming}"


def filter_words(planned: Planned, topics: Topics) -> str:
    """What a schedule draws its questions from, when it is not everything."""
    if planned.supply is None:
        return terms_words(planned)
    filters = Filters.from_json(planned.options)
    parts = []
    if filters.track != "both":
        parts.append(f"track {filters.track.upper()}")
    if filters.topics:
        parts.append("topic " + ", ".join(topics.get(one, one.replace("-", " ")) for one in filters.topics))
    if filters.ramp != "any":
        parts.append(f"difficulty {filters.ramp}")
    only = "-# Only " + "; ".join(parts) if parts else ""
    return "\n".join(filter(None, (only, terms_words(planned))))


def terms_words(planned: Planned) -> str:
    """How a group problem or a meeting goes, in one line; nothing for other kinds."""
    if planned.kind == "meeting":
        voice = planned.options.get("voice")
        return f"-# {planned.options.get('minutes', USUAL)} minutes in {f'<#{voice}>' if voice else 'text'}"
    if planned.kind != "problem":
        return ""
    terms = Terms.from_json(planned.options)
    names = "without names" if terms.anonymous else "with names"
    return f"-# {terms.propose_hours} h to propose, {terms.discuss_hours} h to discuss, proposals {names}"


# --- what is amiss


def warnings(planned: Planned) -> Iterator[str]:
    """Each thing an admin should know about a schedule, in a sentence."""
    if planned.clashes:
        yield clash_words(planned.clashes)
    if planned.supply is not None and planned.supply.unseen < FEW_UNSEEN:
        yield supply_words(planned.supply, "problem" if planned.kind == "problem" else "question")
    yield from (change_words(change, f"{planned.recurrence.at:%H:%M}") for change in planned.changes)


def clash_words(clashes: Sequence[Clash]) -> str:
    """Which schedules of the same kind come too near here; the one at the same moment, if any, by name."""
    worst = next((clash for clash in clashes if clash.same_moment), clashes[0])
    other = "The new one" if worst.schedule_id is None else f"Schedule {worst.schedule_id}"
    near = "at the same moment" if worst.same_moment else "less than an hour apart"
    more = {1: "", 2: " One more comes near it."}.get(len(clashes), f" {len(clashes) - 1} more come near it.")
    return f"{other} posts the same kind here {near} on some days.{more}"


def supply_words(supply: Supply, noun: str = "question") -> str:
    """How far the bank goes for a schedule."""
    if not supply.matching:
        return f"No {noun} in the bank fits these filters any more, so nothing is posted."
    if not supply.unseen:
        return f"This server has seen every {noun} that fits, so they come again."
    return (
        f"Only {many(supply.unseen, noun)} left that fit and this server has not seen; then they come again."
    )


def change_words(change: ClockChange, at: str) -> str:
    """What a change of the clocks does to an occurrence."""
    if change.what == "skipped":
        return f"On {change.day:%d %B} the clocks skip {at}, so it comes at {change.comes:%H:%M}."
    return f"On {change.day:%d %B} the clocks show {at} twice; it comes once, at the first."


def trouble(guild: Guild, planned: Planned) -> str | None:
    """What Reps lacks in a schedule's channel, in a sentence; nothing while the channel is still to be made."""
    if planned.channel_id == NOWHERE:
        return None
    channel = guild.get_channel(planned.channel_id) if guild else None
    if channel is None:
        return GONE
    missing = missing_in(channel, planned.kind)
    lacking = ", ".join(f"**{permission_name(one.name)}**" for one in missing)
    return f"I am missing {lacking} there; `/setup check` tells how to grant it." if lacking else None


def warning_words(found: Iterable[str]) -> str:
    """Warnings under a schedule, a line each."""
    return "\n".join(f"-# (!) {one}" for one in found)


# --- cards


def draft_card(draft: Draft, guild: Guild, topics: Topics) -> Card:
    """What would be planned, to look at before it is saved."""
    planned = draft.planned
    new = planned.id is None
    ticket = DraftTicket(draft.id)
    return card(
        "## Plan this?" if new else "## Change it to this?",
        planned_words(planned, topics),
        _lacking(guild, planned),
        row(
            SaveButton(ticket, label="Save", style=discord.ButtonStyle.primary),
            DiscardButton(ticket, label="Discard"),
        ),
        "-# Nothing changes before you press *Save*. The draft waits for a day.",
    )


def schedule_card(planned: Planned, what: str, guild: Guild, topics: Topics) -> Card:
    """One schedule after something was done to it."""
    lacking = _lacking(guild, planned)
    return card(
        f"## {what}",
        planned_words(planned, topics),
        JOINED if planned.kind == "round" and planned.upcoming else None,
        lacking,
        colour=CARE if lacking else GOOD,
    )


def run_card(planned: Planned, guild: Guild) -> Card:
    """After a run by hand: where it will appear."""
    lacking = _lacking(guild, planned)
    return card(
        "## On its way",
        f"One more **{KINDS[planned.kind]}** appears in {place(planned)} within seconds. "
        "The calendar stays as it is.",
        lacking,
        colour=CARE if lacking else GOOD,
    )


def remove_card(planned: Planned, number: int, topics: Topics) -> Card:
    """Asks once before removing."""
    return card(
        "## Remove this schedule?",
        planned_words(planned, topics),
        "It cannot be brought back, only planned anew; what it posted stays. "
        "To let it rest instead, use `/setup schedule pause`.",
        row(RemoveButton(ScheduleTicket(number), label="Remove", style=discord.ButtonStyle.danger)),
    )


def _lacking(guild: Guild, planned: Planned) -> str | None:
    channel = guild.get_channel(planned.channel_id) if guild else None
    if channel is None:
        return GONE
    missing = missing_in(channel, planned.kind)
    return missing_words(Trouble((channel.id,), missing)) if missing else None


# --- the list


def schedules_card(planned: Sequence[Planned], guild: Guild, topics: Topics) -> Card:
    """Every schedule of a server, each with as much as fits into one card for all of them."""
    if not planned:
        return card(
            "Nothing is scheduled. `/setup start` plans a daily question; `/setup schedule add` plans more."
        )
    title = f"## Schedules\n-# Times of day are those of {planned[0].zone}."
    amiss = {one.id: list(warnings(one)) for one in planned}
    for one in planned:
        if found := trouble(guild, one):
            amiss[one.id].insert(0, found)
    marks = (
        "\n-# `/setup schedule edit` says what is amiss with those marked (!)." if any(amiss.values()) else ""
    )
    told: tuple[Callable[[Planned], str], ...] = (partial(filter_words, topics=topics), next_words)
    # What matters least gives way first; warnings last of all, and then to a mark.
    for warned, shown in ((True, 2), (True, 1), (True, 0), (False, 2), (False, 1), (False, 0)):
        head = title if warned else title + marks
        lines = []
        for one in planned:
            mark = " (!)" if amiss[one.id] and not warned else ""
            warning = warning_words(amiss[one.id]) if warned else ""
            words = (planned_line(one) + mark, warning, *(tell(one) for tell in told[:shown]))
            lines.append("\n".join(filter(None, words)))
        if len(head) + sum(map(len, lines)) <= TEXT_LIMIT:
            return card(head, *lines)
    lines = [_shortest(one) + (" (!)" if amiss[one.id] else "") for one in planned]
    return card(title + marks, *lines)


def _shortest(planned: Planned) -> str:
    line = planned_line(planned)
    for day in WEEKDAYS:
        line = line.replace(day, day[:3])
    return line


CONTROLS = (SaveButton, DiscardButton, RemoveButton)
