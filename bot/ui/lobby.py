"""The lobby's faces: waiting for a partner, what to do instead, and the partner who was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, card, row
from bot.client.controls import Ticket, TicketButton
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.lobby import Together, Waiting, Wish
from bot.domain.pairing import Mode
from bot.domain.recitation import Medium
from bot.ui.conduct import AgreeButton, show_rules
from bot.ui.pairing.reasons import people_words, reason_words, style_words
from bot.ui.phrases import many, stamp
from bot.ui.recitation.room import OpenButton
from bot.ui.recitation.solo import solo_button
from bot.ui.recitation.tickets import RecitationTicket

LIVE, ASYNC = "live", "async"
NOBODY = "Nobody else who would fit you waits right now."
UNKNOWN = "How long it takes I cannot tell yet: too few have found a partner here at this time of the week."
HALF = "At this time of the week, half of those who found a partner here had one within {}."
HOW = (
    "When somebody fits, a private room opens and mentions you both, so you need not watch this. The longer you wait, "
    "the less I ask for: first somebody with another topic will do (you keep yours), then with another track, then "
    "somebody you met lately."
)
INSTEAD = (
    "**Rather not wait?** *Do it async* finds you a partner with whom you hand in and mark within 72 hours, and "
    "*Recite solo* begins at once and ends your wait. Both are reps."
)
STRANDED = "I am sorry that your partner did not come. You are first in line: whoever comes next is yours."
AGAIN = "• You have been put together {} before."
OPENS = "Your room opens in a moment: a private thread that mentions you both."
CLOSED = (
    "Your room could not be opened; the staff hear why. Meet in any voice channel meanwhile, or try again."
)
HOW_ASYNC = (
    "You need not be here. When somebody else wants the same, a private room opens and mentions you both; each of you "
    "hands in a recording or a text there and marks the other's, within 72 hours, for equal credit."
)


@dataclass(frozen=True, slots=True)
class WishTicket(Ticket):
    """What somebody wants; the medium and the topic are empty where they left them open."""

    mode: str = LIVE
    medium: str = ""
    topic: str = ""

    @classmethod
    def of(cls, wish: Wish, mode: Mode) -> "WishTicket":
        """The same wish, to be met live or async."""
        return cls(mode, wish.medium, wish.topic or "")


class NowButton(TicketButton):
    """Does as `/recite now`, from elsewhere."""

    verb = "lobby.now"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Ticket) -> None:
        await now(interaction, None, None)


class WaitButton(TicketButton):
    """Waits for a partner; for somebody who does so already it is a sign of life, and shows what was found."""

    verb, ticket = "lobby.wait", WishTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: WishTicket) -> None:
        await defer_redraw(interaction)
        await _wait(interaction, ticket)


class LeaveButton(TicketButton):
    """Gives up one's place."""

    verb, ticket = "lobby.leave", WishTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: WishTicket) -> None:
        await defer_redraw(interaction)
        found = await interaction.client.services.lobby.leave(asker(interaction))
        topics = interaction.client.services.questions.topics
        await show(interaction, left_card(ticket) if found is None else together_card(found, topics))


class AgreeAndWaitButton(AgreeButton):
    """Agrees to the rules, and waits as was wished before them."""

    verb, ticket = "lobby.agree", WishTicket

    @classmethod
    async def go_on(cls, interaction: Interaction, ticket: WishTicket) -> None:
        await _wait(interaction, ticket)


async def now(interaction: Interaction, topic: str | None, style: Medium | None) -> None:
    """Find somebody who has time at this moment, or wait for them."""
    await defer(interaction)
    await _wait(interaction, WishTicket(LIVE, style or "", topic or ""))


async def _wait(interaction: Interaction, wish: WishTicket) -> None:
    bot, who = interaction.client, asker(interaction)
    others = await bot.services.lobby.others(who)
    if others.discord_ids:
        # Who has gone from the server would never come to the room.
        await bot.membership.check(others.guild_id, others.discord_ids)
    found = await bot.services.lobby.wait(
        who,
        mode=cast(Mode, wish.mode),
        medium=cast(Medium, wish.medium) if wish.medium else None,
        topic=wish.topic or None,
        channel_id=_place(interaction),
    )
    if found is None:
        await show_rules(interaction, AgreeAndWaitButton(wish))
        return
    # A room may be due to open.
    bot.wake()
    await show(interaction, lobby_card(found, bot.services.questions.topics))


def _place(interaction: Interaction) -> int:
    """The text channel this happens in: a room is a thread, and a thread has none of its own."""
    channel = interaction.channel
    place = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    assert place is not None
    return place


# --- cards


def lobby_card(found: Waiting | Together, topics: Mapping[str, str]) -> Card:
    """Where somebody stands."""
    return waiting_card(found) if isinstance(found, Waiting) else together_card(found, topics)


def waiting_card(found: Waiting) -> Card:
    """A place in the lobby, private: how long it may take, and what to do instead."""
    wish = found.wish
    if wish.mode == ASYNC:
        return card(
            "## Waiting for an async partner",
            _wish_words(wish, found.topic_name),
            _others_words(found),
            HOW_ASYNC,
            f"Your place lasts until {stamp(found.until, 'f')}, {stamp(found.until, 'R')}.",
            row(
                WaitButton(WishTicket.of(wish, "async"), label="Renew my place"),
                WaitButton(WishTicket.of(wish, "live"), label="Find somebody live"),
                solo_button(topic=wish.topic),
                LeaveButton(WishTicket.of(wish, "async"), label="Leave the queue"),
            ),
        )
    return card(
        "## Waiting for a partner",
        _wish_words(wish, found.topic_name),
        STRANDED if found.stranded else None,
        _others_words(found),
        _patience_words(found),
        HOW,
        f"Your place lasts until {stamp(found.until, 't')}, {stamp(found.until, 'R')}; *I am still here* renews it.",
        INSTEAD,
        row(
            WaitButton(
                WishTicket.of(wish, "live"), label="I am still here", style=discord.ButtonStyle.primary
            ),
            WaitButton(WishTicket.of(wish, "async"), label="Do it async"),
            solo_button(topic=wish.topic),
            LeaveButton(WishTicket.of(wish, "live"), label="Leave the queue"),
        ),
    )


def together_card(found: Together, topics: Mapping[str, str]) -> Card:
    """With whom somebody was put together, why, and where; private."""
    # Elsewhere it speaks of a round.
    again = next((int(reason.value) for reason in found.reasons if reason.code == "again"), 0)
    others = [reason for reason in found.reasons if reason.code != "again"]
    opening = found.phase != "arranged"
    return card(
        f"## You recite with {people_words(found.partners)}",
        _wish_words(found.wish, found.topic_name),
        reason_words(others, topics) or None,
        AGAIN.format(many(again, "time")) if again else None,
        f"Your room is <#{found.thread_id}>." if found.thread_id else OPENS if opening else CLOSED,
        row(_to_room(found)) if found.thread_id is None else None,
        colour=GOOD,
    )


def _to_room(found: Together) -> TicketButton:
    """The way to a room that is being made, or has to be asked for again."""
    style = discord.ButtonStyle.primary
    if found.phase == "arranged":
        return OpenButton(RecitationTicket(found.recitation_id), label="Open my room", style=style)
    return WaitButton(
        WishTicket.of(found.wish, cast(Mode, found.wish.mode)), label="Show my room", style=style
    )


def left_card(wish: WishTicket) -> Card:
    """After leaving, and still a way to a rep."""
    return card(
        "You have left the queue. A rep is still yours today: recite on your own, or come back when it suits you.",
        row(
            WaitButton(WishTicket(LIVE, wish.medium, wish.topic), label="Wait again"),
            WaitButton(WishTicket(ASYNC, wish.medium, wish.topic), label="Do it async")
            if wish.mode == LIVE
            else None,
            solo_button(topic=wish.topic or None),
        ),
    )


# --- words


def _wish_words(wish: Wish, topic_name: str | None) -> str:
    topic = f" Topic: {topic_name}." if topic_name else ""
    return f"**{style_words(wish.mode, wish.medium).capitalize()}.**{topic}"


def _others_words(found: Waiting) -> str:
    if found.sure_by is None:
        return NOBODY
    wait = "waits" if found.others == 1 else "wait"
    return (
        f"**{many(found.others, 'other')}** {wait} who may fit you. If nobody comes who fits you better, you are put "
        f"together with one who is still here {stamp(found.sure_by, 'R')}."
    )


def _patience_words(found: Waiting) -> str:
    """What waiting is like here, and when else people come."""
    lines = []
    if found.sure_by is None:
        lines.append(UNKNOWN if found.likely is None else HALF.format(_minutes(found.likely)))
    if found.busy_at is not None:
        lines.append(f"People often find each other here from {stamp(found.busy_at, 'F')}.")
    if found.next_round_at is not None:
        lines.append(
            f"The next round of pairs is {stamp(found.next_round_at, 'F')}; `/recite join` takes you in."
        )
    return "\n".join(lines)


def _minutes(wait: timedelta) -> str:
    return many(max(1, -(-int(wait.total_seconds()) // 60)), "minute")


CONTROLS = (NowButton, WaitButton, LeaveButton, AgreeAndWaitButton)
