"""The faces of the server's own questions as files: the export, and the import that is looked at first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.bank.problems import BankInvalid, Problem
from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Attached, Card, Text, card, row
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.texts import cleaned, escaped, shortened
from bot.services.bank_files import Exported, Plan
from bot.ui.phrases import many
from bot.ui.questions import trimmed

PROBLEMS_SHOWN = 20
TITLES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ImportTicket(Ticket):
    import_id: int
    seen: str


def export_card(exported: Exported) -> Card:
    """The server's own questions, to keep or to change and import again."""
    if not exported.items:
        return card(
            "This server has no questions of its own yet. They come from `/question suggest`, or from a file with "
            "`/setup bank import`."
        )
    return card(
        f"## {many(exported.items, 'question')} of this server’s own",
        "The JSON file holds everything; the CSV is the same as a table. Change either and take it in again with "
        "`/setup bank import`, which first shows what would change.",
        None if exported.csv else "-# There are too many questions for tables beside the JSON files.",
        *_attached("questions", "json", exported.json),
        *_attached("questions", "csv", exported.csv),
    )


def _attached(stem: str, suffix: str, files: Sequence[bytes]) -> list[Attached]:
    if len(files) == 1:
        return [Attached(f"{stem}.{suffix}", files[0])]
    return [Attached(f"{stem}-{number}.{suffix}", data) for number, data in enumerate(files, 1)]


async def take_in(interaction: Interaction, file: discord.Attachment) -> None:
    """Read a file and show what it would change; too large a file is not even downloaded."""
    await defer(interaction)
    service, who = interaction.client.services.bank_files, asker(interaction)
    service.may_import(who, file.filename, file.size)
    try:
        plan = await service.propose(who, file.filename, await file.read())
    except BankInvalid as invalid:
        # Thousands of problems are more than a moment's reading.
        await show(interaction, await asyncio.to_thread(problems_card, invalid.problems))
        return
    await show(interaction, plan_card(plan))


def problems_card(problems: Sequence[Problem]) -> Card:
    """Every problem of a file by row and field: the first ones here, all of them in a file."""
    lines = [
        f"Row {problem.line} · **{escaped(_line(problem.field[:80]))}**: "
        + escaped(_line(shortened(problem.message, 90)))
        for problem in problems[:PROBLEMS_SHOWN]
    ]
    whole = "\n".join(
        f"row {problem.line}: {_line(problem.field)}: {_line(problem.message)}" for problem in problems
    )
    return card(
        "## Nothing was imported",
        f"There {'is 1 problem' if len(problems) == 1 else f'are {len(problems):,} problems'} to mend first"
        + (f"; these are the first {PROBLEMS_SHOWN}." if len(problems) > PROBLEMS_SHOWN else "."),
        shortened("\n".join(lines), 3600),
        Attached("problems.txt", whole.encode()) if len(problems) > PROBLEMS_SHOWN else None,
        colour=CARE,
    )


def _line(text: str) -> str:
    return " ".join(cleaned(text).split())


class ImportButton(TicketButton):
    """Does what was shown, once."""

    verb, ticket = "bank.import", ImportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ImportTicket) -> None:
        await defer(interaction)
        plan = await interaction.client.services.bank_files.carry_out(
            asker(interaction), ticket.import_id, ticket.seen
        )
        await show(interaction, done_card(plan) if plan.done else plan_card(plan, again=True))


class DiscardButton(TicketButton):
    verb, ticket = "bank.discard", ImportTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ImportTicket) -> None:
        await defer(interaction)
        await interaction.client.services.bank_files.discard(asker(interaction), ticket.import_id)
        await show(interaction, card("Discarded. Nothing was changed."))


def plan_card(plan: Plan, *, again: bool = False) -> Card:
    """What an import would change, before it changes anything."""
    groups = (("New", plan.new), ("Changed", plan.changed), ("Back, after it was retired", plan.back))
    told = [
        f"**{heading}: {len(titles):,}**\n"
        + "\n".join(f"• {escaped(title)}" for title in titles[:TITLES_SHOWN])
        + (f"\n… and {len(titles) - TITLES_SHOWN:,} more" if len(titles) > TITLES_SHOWN else "")
        for heading, titles in groups
        if titles
    ]
    ticket = ImportTicket(plan.id, plan.seen)
    return card(
        f"## {escaped(shortened(plan.name, 80))}",
        "The bank was changed after you looked, so nothing is imported yet. This is how it stands now."
        if again
        else None,
        *trimmed([Text(words) for words in told], 3400),
        f"Unchanged: {plan.unchanged:,}. Questions that are not in the file stay as they are.",
        row(
            ImportButton(ticket, label="Import", style=discord.ButtonStyle.primary) if told else None,
            DiscardButton(ticket, label="Discard"),
        ),
        "-# This waits for a day.",
    )


def done_card(plan: Plan) -> Card:
    """After an import."""
    return card(
        f"Imported: {len(plan.new):,} new, {len(plan.changed):,} changed, {len(plan.back):,} back, "
        f"{plan.unchanged:,} unchanged. They are asked here from now on.",
        colour=GOOD,
    )


CONTROLS = (ImportButton, DiscardButton)
