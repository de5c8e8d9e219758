"""An exchange in its thread: the card, and what is posted for somebody or to remind them."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import discord

from bot.client.cards import QUIET, Attached, Card, Text, card, row
from bot.client.controls import TicketButton
from bot.domain.exchange import Exchange, Posting
from bot.domain.texts import escaped, shortened
from bot.ui.questions import trimmed
from bot.ui.recitation.concepts import concept_words
from bot.ui.recitation.exchange.steps import HandInButton, LeftButton, MarkButton, ReplyButton
from bot.ui.recitation.exchange.words import PartTicket, left_words, until_words
from bot.ui.recitation.room import MoreButton
from bot.ui.recitation.tickets import MODERATED, RoomTicket
from bot.ui.safety import SafetyButton, SafetyTicket

# With the heading and the mention in one message, or in a plain one.
SHOWN, SHOWN_PLAINLY = 3300, 1700
HOW = (
    "Explain your concept in a recording or a text, mark another's and ask one question about it, and reply to the one "
    "you are asked. Anybody may begin; nobody waits for anybody."
)


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
            shown = SHOWN if recording is None else SHOWN_PLAINLY
            turn = f"<@{part.listener_id}>, this is yours to mark." if part.listener_id else None
            return card(
                f"## {name} recites: {title}",
                shortened(text, shown) or None,
                Attached("recitation.txt", posting.text.encode()) if len(text) > shown else None,
                Attached(_name(posting.recording), recording) if recording and posting.recording else None,
                turn,
                row(MarkButton(ticket, label="Mark", style=discord.ButtonStyle.primary), safety),
                pings=listener,
                # So that it can be listened to where it stands.
                plain=recording is not None,
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
