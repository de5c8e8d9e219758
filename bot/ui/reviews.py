"""The guides' review: suggestions to approve, edit or decline, and reported items to mend, retire or keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.bank.forms import FORMS, fields_of
from bot.bank.problems import BankInvalid
from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Card, Rule, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, written
from bot.client.replies import ask, asker, defer, show
from bot.domain.drops import Question
from bot.domain.errors import OutOfDate
from bot.domain.texts import escaped, shortened
from bot.services.item_reports import REASON_LIMIT as CLOSING_LIMIT
from bot.services.item_reports import Reported
from bot.services.suggestions import REASON_LIMIT, Proposal
from bot.ui.item_reports import ItemTicket
from bot.ui.phrases import many, stamp
from bot.ui.questions import DIFFICULTY, trimmed
from bot.ui.suggestions import (
    QuestionForm,
    SuggestionTicket,
    preview_parts,
    problem_words,
    typed,
    typed_parts,
)

TRACKS = {"both": "Both", "ds": "Data scientist", "mle": "Machine-learning engineer"}
COMPLAINTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SeenTicket(Ticket):
    suggestion_id: int
    seen: str


class ReviewButton(TicketButton):
    """The way in: the oldest waiting suggestion, or else what is reported."""

    verb = "suggest.review"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await next_card(interaction, "")


class NextButton(TicketButton):
    """Goes on to what waits after a suggestion, leaving it as it is."""

    verb, ticket = "suggest.next", SuggestionTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SuggestionTicket) -> None:
        await defer(interaction)
        await next_card(interaction, "", after=ticket.suggestion_id)


class NextReportButton(TicketButton):
    """Goes on to what waits after a reported item."""

    verb, ticket = "suggest.next-report", ItemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ItemTicket) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        reported = await services.item_reports.review(who, ticket.item_id)
        if reported is not None:
            await show(interaction, reported_card(reported))
        else:
            await next_card(interaction, "")


async def next_card(interaction: Interaction, done: str, *, after: int = 0) -> None:
    """Show what waits next: suggestions by age, then reported items; `done` tells of the act before."""
    services, who = interaction.client.services, asker(interaction)
    proposal = await services.suggestions.review(who, after)
    reported = await services.item_reports.review(who) if proposal is None else None
    if proposal is None and reported is None and after:
        proposal = await services.suggestions.review(who)
    if proposal is not None:
        await show(interaction, proposal_card(proposal, done))
    elif reported is not None:
        await show(interaction, reported_card(reported, done))
    else:
        await show(
            interaction, card(done or None, "Nothing waits: no suggestion and no report.", colour=GOOD)
        )


# --- suggestions


class ApproveButton(TicketButton):
    verb, ticket = "suggest.approve", SeenTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SeenTicket) -> None:
        await defer(interaction)
        service, who = interaction.client.services.suggestions, asker(interaction)
        try:
            proposal = await service.approve(who, ticket.suggestion_id, ticket.seen)
        except BankInvalid as invalid:
            await show(interaction, card(problem_words(invalid.problems), colour=CARE))
            return
        title = escaped(proposal.question.draft["title"])
        await next_card(interaction, f"**{title}** is in this server's bank now.", after=proposal.id)


class DeclineButton(TicketButton):
    verb, ticket = "suggest.decline", SuggestionTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SuggestionTicket) -> None:
        # Also whether it still waits, before anybody types for nothing.
        await interaction.client.services.suggestions.opened(asker(interaction), ticket.suggestion_id)
        await ask(interaction, DeclineModal(ticket))


class DeclineModal(TicketModal):
    verb, ticket = "suggest.decline-form", SuggestionTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Decline this suggestion")
        self.add_item(written("reason", "Why? Whoever suggested it reads this", limit=REASON_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: SuggestionTicket, fields: Fields) -> None:
        await defer(interaction)
        service, who = interaction.client.services.suggestions, asker(interaction)
        proposal = await service.decline(who, ticket.suggestion_id, str(fields.get("reason", "")))
        title = escaped(proposal.question.draft["title"])
        await next_card(interaction, f"**{title}** is declined.", after=proposal.id)


class EditButton(TicketButton):
    verb, ticket = "suggest.edit", SuggestionTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SuggestionTicket) -> None:
        proposal = await interaction.client.services.suggestions.opened(
            asker(interaction), ticket.suggestion_id
        )
        draft = proposal.question.draft
        await ask(
            interaction,
            EditModal(ticket, title="Edit the suggestion", kind=draft["kind"], filled=fields_of(draft)),
        )


class EditModal(QuestionForm):
    verb, ticket = "suggest.edit-form", SuggestionTicket

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: SuggestionTicket, fields: Fields) -> None:
        await defer(interaction)
        service, who = interaction.client.services.suggestions, asker(interaction)
        try:
            proposal = await service.edit(who, ticket.suggestion_id, typed(fields))
        except BankInvalid as invalid:
            await show(interaction, unchanged_card(invalid, typed(fields)))
            return
        await show(interaction, proposal_card(proposal, "Saved, and still waiting for your word."))


def unchanged_card(invalid: BankInvalid, fields: Mapping[str, str]) -> Card:
    """After an edit that cannot be: what is wrong, and what was typed, to copy from."""
    kind = next(
        (kind for kind, form in FORMS.items() if {field.name for field in form} == fields.keys()), "open"
    )
    return card(
        "-# Nothing was changed. This is what you had typed, to copy from; *Edit* is on the card above.",
        *trimmed([Text(problem_words(invalid.problems)), *typed_parts(kind, fields)], 3500),
        colour=CARE,
    )


class ClassifyButton(TicketButton):
    verb, ticket = "suggest.classify", SuggestionTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: SuggestionTicket) -> None:
        proposal = await interaction.client.services.suggestions.opened(
            asker(interaction), ticket.suggestion_id
        )
        await ask(interaction, ClassifyModal(ticket, question=proposal.question))


class ClassifyModal(TicketModal):
    verb, ticket = "suggest.classify-form", SuggestionTicket

    def __init__(self, ticket: Ticket, *, question: Question) -> None:
        super().__init__(ticket, title="Title and level")
        draft = question.draft
        label = "Title: it does not give the answer away"
        self.add_item(written("title", label, limit=80, long=False, default=draft["title"]))
        for name, label, choices in (("difficulty", "Difficulty", DIFFICULTY), ("track", "Track", TRACKS)):
            options = [
                discord.SelectOption(label=words, value=str(value), default=draft[name] == value)
                for value, words in choices.items()
            ]
            select: discord.ui.Select[Any] = discord.ui.Select(custom_id=name, options=options)
            self.add_item(discord.ui.Label(text=label, component=select))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: SuggestionTicket, fields: Fields) -> None:
        await defer(interaction)
        service, who = interaction.client.services.suggestions, asker(interaction)
        level = next((one for one in DIFFICULTY if fields.get("difficulty") == (str(one),)), None)
        track = next((one for one in TRACKS if fields.get("track") == (one,)), None)
        if level is None or track is None:
            raise OutOfDate
        try:
            proposal = await service.classify(
                who, ticket.suggestion_id, title=str(fields.get("title", "")), track=track, difficulty=level
            )
        except BankInvalid as invalid:
            await show(
                interaction, card(problem_words(invalid.problems), "-# Nothing was changed.", colour=CARE)
            )
            return
        await show(interaction, proposal_card(proposal, "Saved, and still waiting for your word."))


def proposal_card(proposal: Proposal, done: str = "") -> Card:
    """A waiting suggestion: as members will see it, with its answer, and what can be done about it."""
    id, draft = SuggestionTicket(proposal.id), proposal.question.draft
    return card(
        done or None,
        f"## Suggested by {escaped(proposal.by)}",
        f"-# {stamp(proposal.written_at, 'R')} · for {TRACKS[draft['track']].lower()} · "
        f"{many(proposal.waiting, 'suggestion')} waiting",
        Rule(),
        *preview_parts(proposal.question, 3000),
        row(
            ApproveButton(
                SeenTicket(proposal.id, proposal.seen), label="Approve", style=discord.ButtonStyle.success
            ),
            EditButton(id, label="Edit"),
            ClassifyButton(id, label="Title and level"),
            DeclineButton(id, label="Decline", style=discord.ButtonStyle.danger),
            NextButton(id, label="Next"),
        ),
    )


# --- reports


class RetireButton(TicketButton):
    """Asks one of the server's own questions no more."""

    verb, ticket = "item.retire", ItemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ItemTicket) -> None:
        await defer(interaction)
        await interaction.client.services.item_reports.retire(asker(interaction), ticket.item_id)
        await next_card(interaction, "Retired: it is asked no more. Its answers are kept.")


class EditItemButton(TicketButton):
    verb, ticket = "item.edit", ItemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ItemTicket) -> None:
        question = await interaction.client.services.item_reports.opened(asker(interaction), ticket.item_id)
        draft = question.draft
        if draft["kind"] not in FORMS:
            raise OutOfDate
        await ask(
            interaction,
            EditItemModal(ticket, title="Edit the question", kind=draft["kind"], filled=fields_of(draft)),
        )


class EditItemModal(QuestionForm):
    verb, ticket = "item.edit-form", ItemTicket

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ItemTicket, fields: Fields) -> None:
        await defer(interaction)
        try:
            await interaction.client.services.item_reports.edit(
                asker(interaction), ticket.item_id, typed(fields)
            )
        except BankInvalid as invalid:
            await show(interaction, unchanged_card(invalid, typed(fields)))
            return
        await next_card(interaction, "Saved: it is asked like this from now on, and its reports are closed.")


class CloseReportsButton(TicketButton):
    verb, ticket = "item.close", ItemTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: ItemTicket) -> None:
        await interaction.client.services.item_reports.may_close(asker(interaction), ticket.item_id)
        await ask(interaction, CloseReportsModal(ticket))


class CloseReportsModal(TicketModal):
    verb, ticket = "item.close-form", ItemTicket

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, title="Close these reports")
        self.add_item(written("reason", "Your word on it, for the server's record", limit=CLOSING_LIMIT))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ItemTicket, fields: Fields) -> None:
        await defer(interaction)
        await interaction.client.services.item_reports.close(
            asker(interaction), ticket.item_id, str(fields.get("reason", ""))
        )
        await next_card(interaction, "Closed: the question is asked here as before.")


def reported_card(reported: Reported, done: str = "") -> Card:
    """A reported item: what members say, how it is answered, and what can be done about it."""
    id, kind = ItemTicket(reported.question.item_id), reported.question.draft["kind"]
    share = (
        f"{100 * reported.right / reported.answered:.0f} % of {many(reported.answered, 'answer')} right"
        if reported.answered
        else "not answered and marked yet"
    )
    told = "\n".join(
        f"**{escaped(one.by)}** ({stamp(one.at, 'R')}): {escaped(shortened(one.reason, 150))}"
        for one in reported.complaints[:COMPLAINTS_SHOWN]
    )
    return card(
        done or None,
        f"## {many(len(reported.complaints), 'report')} about a question",
        f"-# {'Your server’s own' if reported.own else 'Of the bank that comes with Reps'} · {share} · "
        f"{many(reported.waiting, 'reported question')} in all",
        "It is not asked here until somebody closes these reports." if reported.skipped else None,
        *trimmed([Text(told), Rule(), *preview_parts(reported.question, 2800)], 3400),
        row(
            EditItemButton(id, label="Edit") if reported.own and kind in FORMS else None,
            RetireButton(id, label="Retire it", style=discord.ButtonStyle.danger) if reported.own else None,
            CloseReportsButton(id, label="Close the reports"),
            NextReportButton(id, label="Next"),
        ),
    )


CONTROLS = (
    ReviewButton,
    NextButton,
    NextReportButton,
    ApproveButton,
    DeclineButton,
    DeclineModal,
    EditButton,
    EditModal,
    ClassifyButton,
    ClassifyModal,
    RetireButton,
    EditItemButton,
    EditItemModal,
    CloseReportsButton,
    CloseReportsModal,
)
