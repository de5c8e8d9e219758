"""An async recitation's faces: its card in the thread, the forms to hand in, mark and reply, and what is posted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, QUIET, Attached, Card, Text, card, row
from bot.client.controls import (
    Fields,
    Ticket,
    TicketButton,
    TicketModal,
    upload_in,
    uploaded,
    written,
)
from bot.client.replies import ask, asker, defer, show
from bot.domain.exchange import RECORDING_LIMIT, Exchange, Marking, Part, Posting, Recording
from bot.domain.recitation import WRITTEN_FROM, Outline
from bot.domain.texts import escaped, shortened
from bot.services.recitation.exchange import REPLY_LIMIT, TEXT_LIMIT
from bot.services.recitation.feedback import QUESTION_LIMIT
from bot.ui.phrases import stamp
from bot.ui.questions import trimmed
from bot.ui.recitation.concepts import concept_words, follow_up_words, outline_parts
from bot.ui.recitation.marks import NEVER, rubric_fields, rubric_in
from bot.ui.recitation.room import MoreButton
from bot.ui.recitation.tickets import MODERATED, RoomTicket
from bot.ui.safety import SafetyButton, SafetyTicket

# With the heading and the mention in one message.
SHOWN = 3300
STEPS = {"hand-in": "hand in", "mark": "mark {whose}", "reply": "reply to the question"}
HOW = (
    "Each of you explains the own concept in a recording or a text, then marks the other's and asks one question, "
    "which the other answers. Anybody may begin; nobody waits for the other."
)


@dataclass(frozen=True, slots=True)
class PartTicket(Ticket):
    """A recitation, and whose part of it; 0 for whichever is the presser's."""

    recitation_id: int
    reciter_id: int = 0


@dataclass(frozen=True, slots=True)
class TimedTicket(Ticket):
    """The same with the second in which somebody began, so that their minutes can be measured."""

    recitation_id: int
    reciter_id: int
    since: int


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
        return f"Next for you: {_owed_words(exchange, mine)}. {until_words(exchange)}"
    return "Nothing more for you right now. I mention you in the thread when there is."


# --- cards


def exchange_card(exchange: Exchange) -> Card:
    """The card in the thread: the concepts, what is left to do, and until when."""
    if not exchange.open:
        return card("## This recitation is over", "`/recite history` shows your feedback.", colour=QUIET)
    ticket = PartTicket(exchange.id)
    concepts = [Text(f"<@{part.discord_id}> · {concept_words(part.concept)}") for part in exchange.parts]
    return card(
        "## Recite to each other, each in your own time",
        HOW,
        *trimmed(concepts, 2600),
        f"**What is left**\n{left_words(exchange)}",
        until_words(exchange),
        MODERATED,
        row(
            HandInButton(ticket, label="Hand in", style=discord.ButtonStyle.primary),
            MarkButton(ticket, label="Mark"),
            MoreButton(RoomTicket(exchange.id, exchange.step), label="More"),
        ),
        pings=[part.discord_id for part in exchange.parts],
    )


def left_words(exchange: Exchange) -> str:
    """Who still owes what."""
    if exchange.done or not exchange.open:
        return "Nothing: everybody has done their part."
    lines = [
        f"- <@{part.discord_id}>: {_owed_words(exchange, part)}"
        if part.owed
        else f"- <@{part.discord_id}>: nothing right now"
        for part in exchange.parts
    ]
    return "\n".join(lines)


def _owed_words(exchange: Exchange, part: Part) -> str:
    told = next((one for one in exchange.parts if one.listener_id == part.discord_id), None)
    whose = f"<@{told.discord_id}>'s" if told else ""
    return ", ".join(STEPS[step].format(whose=whose) for step in part.owed)


def until_words(exchange: Exchange) -> str:
    """By when."""
    return (
        f"Until {stamp(exchange.ends_at, 'f')}, {stamp(exchange.ends_at, 'R')}." if exchange.ends_at else ""
    )


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


def posting_card(posting: Posting, recording: bytes | None) -> Card:
    """What somebody handed in, asked or replied, in the thread, for whoever is next."""
    exchange = posting.exchange
    part = exchange.part(posting.reciter_id)
    ticket = PartTicket(exchange.id, part.reciter_id)
    name, title, text = escaped(part.name), escaped(part.concept.title), escaped(posting.text)
    safety = SafetyButton(SafetyTicket("recitation", part.reciter_id))
    listener = [part.listener_id] if part.listener_id else []
    match posting.what:
        case "hand-in":
            turn = f"<@{part.listener_id}>, this is yours to mark." if part.listener_id else None
            return card(
                f"## {name} recites: {title}",
                shortened(text, SHOWN) or None,
                Attached("recitation.txt", posting.text.encode()) if len(text) > SHOWN else None,
                Attached(_name(posting.recording), recording) if recording and posting.recording else None,
                turn,
                row(MarkButton(ticket, label="Mark", style=discord.ButtonStyle.primary), safety),
                pings=listener,
            )
        case "question":
            return card(
                f"## A question about {title}",
                f"<@{part.discord_id}>, from <@{part.listener_id}>: {text}"
                if part.listener_id
                else f"<@{part.discord_id}>: {text}",
                row(ReplyButton(ticket, label="Reply", style=discord.ButtonStyle.primary)),
                pings=[part.discord_id],
            )
        case "reply":
            return card(
                f"## {name} replies",
                shortened(text, SHOWN),
                row(LeftButton(ticket, label="What is left to do"), safety),
                pings=listener,
            )
        case "lost":
            return card(
                f"<@{part.discord_id}>, Discord did not keep your recording, so it did not reach this thread. "
                "I am sorry: please hand it in again.",
                row(HandInButton(ticket, label="Hand in", style=discord.ButtonStyle.primary)),
                pings=[part.discord_id],
            )


def _name(url: str) -> str:
    """What a recording is called: by its kind only, since a name is somebody's own words."""
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    return (
        f"recording{suffix}"
        if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 6
        else "recording"
    )


def posting_marker(posting: Posting) -> str:
    """The custom_id by which a message is found again."""
    ticket = PartTicket(posting.exchange.id, posting.reciter_id)
    kinds: dict[str, type[TicketButton]] = {
        "hand-in": MarkButton,
        "question": ReplyButton,
        "reply": LeftButton,
        "lost": HandInButton,
    }
    return kinds[posting.what].custom_id_for(ticket)


def nudge_card(exchange: Exchange) -> Card:
    """The one reminder, for those who owe something."""
    owing = [part for part in exchange.parts if part.owed]
    return card(
        "## A day is left for this recitation",
        left_words(exchange),
        f"{until_words(exchange)} Then it closes, and what everybody did counts.",
        row(
            HandInButton(PartTicket(exchange.id), label="Hand in", style=discord.ButtonStyle.primary),
            MarkButton(PartTicket(exchange.id), label="Mark"),
            # By it this message is found again.
            LeftButton(PartTicket(exchange.id), label="What is left to do"),
        ),
        pings=[part.discord_id for part in owing],
    )


def nudge_marker(exchange: Exchange) -> str:
    """The custom_id by which the reminder is found again."""
    return LeftButton.custom_id_for(PartTicket(exchange.id))


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
