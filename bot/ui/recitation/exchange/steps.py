"""The steps of an exchange: the buttons and forms by which people hand in, mark and reply."""

from datetime import UTC, datetime

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Text, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, upload_in, uploaded, written
from bot.client.replies import ask, asker, defer, show
from bot.domain.exchange import RECORDING_LIMIT, Exchange, Marking, Part, Recording
from bot.domain.recitation import WRITTEN_FROM, Outline
from bot.domain.texts import escaped, shortened
from bot.services.recitation.exchange import REPLY_LIMIT, TEXT_LIMIT
from bot.services.recitation.feedback import QUESTION_LIMIT
from bot.ui.questions import trimmed
from bot.ui.recitation.concepts import follow_up_words, outline_parts
from bot.ui.recitation.exchange.words import PartTicket, TimedTicket, left_words, owed_words, until_words
from bot.ui.recitation.marks import NEVER, rubric_fields, rubric_in

# --- handing in


class HandInButton(TicketButton):
    verb, ticket = "exchange.hand-in", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        bot = interaction.client
        title = await bot.services.exchanges.may_hand_in(asker(interaction), ticket.recitation_id)
        timed = TimedTicket(ticket.recitation_id, ticket.reciter_id, _second(bot.clock.now()))
        await ask(interaction, HandInModal(timed, title=title))


class HandInModal(TicketModal):
    verb, ticket = "exchange.hand-in-form", TimedTicket

    def __init__(self, ticket: Ticket, *, title: str) -> None:
        super().__init__(ticket, title=shortened(title, 45))
        how = f"Sound or film, at most {RECORDING_LIMIT // 1024**2} MB. About 90 seconds are plenty."
        self.add_item(uploaded("recording", "Your recording", how))
        label, hint = f"Or in writing, {WRITTEN_FROM} characters or more", "As you would say it aloud."
        self.add_item(written("text", label, limit=TEXT_LIMIT, required=False, placeholder=hint))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: TimedTicket, fields: Fields) -> None:
        await defer(interaction)
        file = upload_in(interaction, fields, "recording")
        found = await interaction.client.services.exchanges.hand_in(
            asker(interaction),
            ticket.recitation_id,
            str(fields.get("text", "")),
            Recording(file.url, file.kind, file.size) if file else None,
            _moment(ticket.since),
        )
        interaction.client.wake()
        await show(interaction, _taken(found, interaction, "Handed in. In a moment it stands in the thread."))


# --- marking


class MarkButton(TicketButton):
    """Shows whoever marks what was handed in, with the key points to compare it with."""

    verb, ticket = "exchange.mark", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        await defer(interaction)
        bot = interaction.client
        found = await bot.services.exchanges.to_mark(
            asker(interaction), ticket.recitation_id, ticket.reciter_id
        )
        await show(interaction, marking_card(found, bot.clock.now()))


class MarksButton(TicketButton):
    verb, ticket = "exchange.marks", TimedTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: TimedTicket) -> None:
        found = await interaction.client.services.exchanges.to_mark(
            asker(interaction), ticket.recitation_id, ticket.reciter_id
        )
        await ask(interaction, MarksModal(ticket, outline=found.outline))


class MarksModal(TicketModal):
    verb, ticket = "exchange.marks-form", TimedTicket

    def __init__(self, ticket: Ticket, *, outline: Outline) -> None:
        super().__init__(ticket, title=shortened(outline.title, 45))
        covered, improve = "Which key points were covered?", "One thing to improve (optional, opens later)"
        for field in rubric_fields(outline.key_points, covered=covered, improve=improve):
            self.add_item(field)
        label, hint = "One follow-up question, asked in the thread", "What would you like to hear more about?"
        self.add_item(written("question", label, limit=QUESTION_LIMIT, placeholder=hint))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: TimedTicket, fields: Fields) -> None:
        await defer(interaction)
        found = await interaction.client.services.exchanges.mark(
            asker(interaction),
            ticket.recitation_id,
            ticket.reciter_id,
            rubric_in(fields),
            str(fields.get("question", "")),
            _moment(ticket.since),
        )
        interaction.client.wake()
        said = "Marked. Your question goes to the thread; your marks stay sealed until everything is done."
        await show(interaction, _taken(found, interaction, said))


# --- replying


class ReplyButton(TicketButton):
    verb, ticket = "exchange.reply", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        question = await interaction.client.services.exchanges.may_reply(
            asker(interaction), ticket.recitation_id, ticket.reciter_id
        )
        await ask(interaction, ReplyModal(ticket, question=question))


class ReplyModal(TicketModal):
    verb, ticket = "exchange.reply-form", PartTicket

    def __init__(self, ticket: Ticket, *, question: str) -> None:
        super().__init__(ticket, title="Your reply")
        self.add_item(discord.ui.TextDisplay(escaped(question)))
        hint = "“I don't know, but I would …” is a good reply."
        self.add_item(written("text", "As you would say it aloud", limit=REPLY_LIMIT, placeholder=hint))

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: PartTicket, fields: Fields) -> None:
        await defer(interaction)
        found = await interaction.client.services.exchanges.reply(
            asker(interaction), ticket.recitation_id, ticket.reciter_id, str(fields.get("text", ""))
        )
        interaction.client.wake()
        await show(interaction, _taken(found, interaction, "Sent. In a moment it stands in the thread."))


class LeftButton(TicketButton):
    """Shows what is left to do, and by when."""

    verb, ticket = "exchange.left", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.exchanges.of(asker(interaction), ticket.recitation_id)
        await show(interaction, card("## What is left to do", left_words(found), until_words(found)))


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(second: int) -> datetime:
    # A number in a custom_id can be forged; what is measured from it is capped.
    return datetime.fromtimestamp(min(max(second, 0), 2**33), UTC)


def _taken(exchange: Exchange, interaction: Interaction, said: str) -> Card:
    """After somebody did their part: what they can do next."""
    if not exchange.open:
        return card(
            "This recitation has ended meanwhile, so nothing was saved. `/recite now` begins another."
        )
    mine = next((part for part in exchange.parts if part.discord_id == interaction.user.id), None)
    return card(said, _next_words(exchange, mine) if mine else None, colour=GOOD)


def _next_words(exchange: Exchange, mine: Part) -> str:
    if exchange.done:
        return "That was everything: the feedback opens in the thread now."
    if mine.owed:
        return f"Next for you: {owed_words(exchange, mine)}. {until_words(exchange)}"
    return "Nothing more for you right now. I mention you in the thread when there is."


def marking_card(marking: Marking, now: datetime) -> Card:
    """For whoever marks alone: key points, model answer, and questions to ask."""
    exchange, outline = marking.exchange, marking.outline
    place = f"https://discord.com/channels/{exchange.guild_id}/{exchange.thread_id}/{marking.message_id}"
    follow_ups = follow_up_words(outline)
    return card(
        f"## Mark: {escaped(outline.title)}",
        f"What <@{outline.discord_id}> handed in stands [here]({place}). Compare it with this; only you see it.",
        *trimmed(
            [*outline_parts(outline), Text(f"**Questions you could ask**\n{follow_ups}")],
            3300,
        ),
        NEVER,
        row(
            MarksButton(
                TimedTicket(exchange.id, outline.reciter_id, _second(now)),
                label="Write my marks",
                style=discord.ButtonStyle.primary,
            )
        ),
    )


CONTROLS = (
    HandInButton,
    HandInModal,
    MarkButton,
    MarksButton,
    MarksModal,
    ReplyButton,
    ReplyModal,
    LeftButton,
)
