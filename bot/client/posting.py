"""Posting: how cards reach channels, once, and are found again after a crash."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, NoReturn, Protocol

import aiohttp
import discord

from bot.client.cards import Card
from bot.client.weather import Outcome, Weather
from bot.clock import Clock

THREAD_EXISTS = 160004
ARCHIVED = 50083
LOCKED = 160005
CHANNEL_GONE = 10003
RATE_LIMITED, SERVER_ERRORS = 429, 500
# Direct messages are closed to us; or there is no server left that the person and we share.
DM_CLOSED = (50007, 50278)
# Too many direct messages were opened at once; Discord says it as a 403, and it passes.
DM_TOO_FAST = 40003
# What a post may fail with today and not tomorrow: Discord's troubles, the network's, and time running out.
PASSING = (discord.HTTPException, aiohttp.ClientError, OSError)
THREAD_RESTS_AFTER: Final = 4320  # minutes: three days without a message


class Unpostable(Exception):
    """The channel cannot be posted to, now or in a minute: gone, or permissions are missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Vanished(Unpostable):
    """The channel is gone for good."""


class Unreachable(Unpostable):
    """A person to whom Discord delivers no direct message of ours."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's reply to a message, by the ids of the reply, of who wrote it, and of what it answers."""

    id: int
    author_id: int
    to: int


class Poster(Protocol):
    """Posts, edits, deletes and finds cards in channels."""

    async def direct(self, user_id: int) -> int: ...

    async def post(self, channel_id: int, card: Card, *, nonce: str) -> int: ...

    async def edit(self, channel_id: int, message_id: int, card: Card) -> bool: ...

    async def delete(self, channel_id: int, message_id: int) -> None: ...

    async def find(self, channel_id: int, marker: str, *, after: datetime) -> int | None: ...

    async def open_thread(self, channel_id: int, message_id: int, name: str) -> int: ...

    async def fetch(self, url: str) -> bytes: ...

    async def replies(self, channel_id: int, *, after: int) -> tuple[tuple[Reply, ...], int]: ...


class DiscordPoster:
    """The Poster of a running client; a partial channel is enough, so any shard may post."""

    def __init__(self, client: discord.Client, clock: Clock, weather: Weather) -> None:
        self._client = client
        self._request = partial(requesting, client, clock, weather)

    async def direct(self, user_id: int) -> int:
        """The channel of direct messages with a person, the same at every call. Raises Unreachable or Unpostable."""
        try:
            with self._request():
                channel = await self._client.http.start_private_message(user_id)
        except discord.HTTPException as error:
            # Opening one that is closed has been a 400 as well as a 403.
            if error.status not in (403, 404) and error.code not in DM_CLOSED:
                raise
            give_up(error, f"no direct message to {user_id}: {error.text}")
        return int(channel["id"])

    async def post(self, channel_id: int, card: Card, *, nonce: str) -> int:
        """Send a card and return the message's id; a repeat with the same nonce returns the first (D1).

        Raises Unpostable when trying again would not help (Unreachable where it is a direct message that the
        person does not take), and discord.HTTPException when it may.
        """
        send = partial(
            self._client.get_partial_messageable(channel_id).send,
            files=card.files(),
            nonce=nonce,
            allowed_mentions=card.mentions(),
        )
        try:
            with self._request():
                message = await (
                    send(card.words(), view=card.controls()) if card.plain else send(view=card.layout())
                )
        except discord.Forbidden as error:
            give_up(error, f"not allowed in <#{channel_id}>: {error.text}")
        except discord.NotFound as error:
            give_up(error, f"channel {channel_id} is gone")
        except discord.HTTPException as error:
            # A thread that only rests is woken by a message.
            if error.code not in (ARCHIVED, LOCKED):
                raise
            give_up(error, f"<#{channel_id}> is locked: {error.text}")
        return message.id

    async def edit(self, channel_id: int, message_id: int, card: Card) -> bool:
        """Redraw a message; False when it is gone or no longer ours to edit. An archived thread is woken first (I8)."""
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)

        async def redraw() -> None:
            with self._request():
                await message.edit(
                    view=card.layout(), attachments=card.files(), allowed_mentions=card.mentions()
                )

        try:
            await self._awake(channel_id, redraw)
        except (discord.NotFound, discord.Forbidden) as error:
            if not error.code:
                raise
            return False
        return True

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Delete a message; one that is gone already is fine."""
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)

        async def remove() -> None:
            with self._request():
                await message.delete()

        with suppress(discord.NotFound):
            await self._awake(channel_id, remove)

    async def _awake(self, channel_id: int, act: Callable[[], Awaitable[None]]) -> None:
        """Do something in a channel; should it be a thread at rest, wake it first."""
        try:
            await act()
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            with self._request():
                await self._client.http.edit_channel(channel_id, archived=False)
            await act()

    async def find(self, channel_id: int, marker: str, *, after: datetime) -> int | None:
        """The id of our message since `after` that holds a control with this custom_id.

        Raises Unpostable when the channel's history cannot be read: then nobody knows, and nothing is sent twice.
        """
        channel = self._client.get_partial_messageable(channel_id)
        me = self._client.user
        try:
            with self._request():
                # All of them: a message overlooked in a busy channel would be posted twice.
                async for message in channel.history(after=after, limit=None, oldest_first=True):
                    if me is not None and message.author.id == me.id and marker in custom_ids(message):
                        return message.id
        except discord.Forbidden as error:
            give_up(error, f"cannot read the history of <#{channel_id}>")
        except discord.NotFound as error:
            give_up(error, f"channel {channel_id} is gone")
        return None

    async def open_thread(self, channel_id: int, message_id: int, name: str) -> int:
        """Open the thread of a message; its id is the message's, also when it exists already.

        Raises Unpostable when trying again would not help: no permission, no message, too many threads.
        """
        try:
            with self._request():
                await self._client.http.start_thread_with_message(
                    channel_id, message_id, name=name[:100], auto_archive_duration=THREAD_RESTS_AFTER
                )
        except discord.HTTPException as error:
            if error.status not in (400, 403, 404):
                raise
            if error.code != THREAD_EXISTS:
                give_up(error, f"no thread in <#{channel_id}>: {error.text}")
        return message_id

    async def fetch(self, url: str) -> bytes:
        """A file somebody uploaded, from where Discord keeps it. Raises Unpostable when it keeps it no more."""
        try:
            return await self._client.http.get_from_cdn(url)
        except (discord.NotFound, discord.Forbidden) as error:
            raise Unpostable("Discord does not keep that file any more") from error

    async def replies(self, channel_id: int, *, after: int) -> tuple[tuple[Reply, ...], int]:
        """Everybody's replies in a channel since a message, oldest first, and the newest message looked at.

        Raises Unpostable when the channel's history cannot be read.
        """
        found: list[Reply] = []
        channel = self._client.get_partial_messageable(channel_id)
        try:
            with self._request():
                async for message in channel.history(
                    after=discord.Object(id=after), limit=None, oldest_first=True
                ):
                    after = message.id
                    if (reply := reply_in(message)) is not None:
                        found.append(reply)
        except (discord.Forbidden, discord.NotFound) as error:
            give_up(error, f"cannot read the history of <#{channel_id}>")
        return tuple(found), after


def reply_in(message: discord.Message) -> Reply | None:
    """The reply a message is, if a person wrote it."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None or message.author.bot:
        return None
    return Reply(message.id, message.author.id, reference.message_id) if reference.message_id else None


@contextmanager
def requesting(client: discord.Client, clock: Clock, weather: Weather) -> Iterator[None]:
    """Around each request: the weather learns how it went, and it can be cancelled.

    discord.py 2.7 does not survive that while it waits out a global rate limit: every later request would wait
    for ever. Lifting the limit too early only earns another 429.
    """
    try:
        yield
    except asyncio.CancelledError:
        # It is missing before the client has logged in.
        if pause := client.http._global_over:
            pause.set()
        weather.learn(Outcome.TROUBLE, clock.now())
        raise
    except discord.HTTPException as error:
        weather.learn(outcome_of(error), clock.now())
        raise
    except (aiohttp.ClientError, OSError):
        weather.learn(Outcome.TROUBLE, clock.now())
        raise
    weather.learn(Outcome.CALM, clock.now())


def outcome_of(error: discord.HTTPException) -> Outcome:
    """What an error says of Discord: a refusal with a code of its list is an answer like any other."""
    if error.status == RATE_LIMITED:
        return Outcome.LIMITED
    return Outcome.CALM if error.code and error.status < SERVER_ERRORS else Outcome.TROUBLE


def may_pass(error: BaseException) -> bool:
    """Whether trying again may help: not where Discord itself, rather than a proxy before it, forbids it."""
    return not (isinstance(error, discord.Forbidden) and error.code)


def give_up(error: discord.HTTPException, reason: str) -> NoReturn:
    """Raise Unpostable; but what passes as it is: a 403 or 404 without a code of Discord's is from a proxy."""
    if not error.code or error.code == DM_TOO_FAST:
        raise error
    if error.code in DM_CLOSED:
        raise Unreachable(reason) from error
    raise (Vanished if error.code == CHANNEL_GONE else Unpostable)(reason) from error


def custom_ids(message: discord.Message) -> set[str]:
    """The custom_ids of every control in a message."""
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    return {item.custom_id for item in view.walk_children() if hasattr(item, "custom_id")}
