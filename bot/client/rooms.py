"""Rooms on Discord: private threads and temporary voice channels for two or three, opened once and closed again."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol

import discord
import structlog

from bot.client.posting import (
    ARCHIVED,
    PASSING,
    THREAD_RESTS_AFTER,
    Unpostable,
    give_up,
    may_pass,
    requesting,
)
from bot.client.weather import Weather
from bot.clock import Clock
from bot.domain.texts import shortened

log = structlog.get_logger()

NAME_LIMIT: Final = 100
PER_CATEGORY: Final = 50
MEMBER_ROUTE: Final = "/guilds/{guild_id}/members/{user_id}"
# Until Discord has told its limit: ten in ten seconds is what others have seen.
MOVE_TAKES: Final = timedelta(seconds=1)
PRIVATE_THREAD: Final = discord.ChannelType.private_thread.value
VOICE: Final = discord.ChannelType.voice.value
ROLE: Final = 0
MEMBER: Final = 1
# What Discord means as its last word; everything else may pass.
REFUSALS = (400, 403, 404)
INVALID: Final = 50035  # also said of a category that is full
FULL = {
    30013: "the server has as many channels as Discord allows",
    160006: "the server has as many open threads as Discord allows",
}
# What people need of a voice room, and what the bot needs to close it: a channel it cannot enter it cannot delete.
ENTER = discord.Permissions(view_channel=True, connect=True)
KEEP = discord.Permissions(view_channel=True, connect=True, manage_channels=True)
# Nobody tries to open a room for longer than this; an older one of the same mark is from another database.
SOUGHT_WITHIN = timedelta(days=3)
NO_WAY_IN = (
    "I may not change who sees a voice room here (Manage Permissions is missing), so I can only move in whoever is in "
    "another voice channel already"
)


class Rooms(Protocol):
    """Opens and closes rooms, and lets people in."""

    async def close(self, kind: str, discord_id: int) -> bool: ...

    async def open_thread(self, channel_id: int, *, mark: str, name: str, people: Collection[int]) -> int: ...

    async def open_voice(
        self, guild_id: int, *, mark: str, name: str, people: Collection[int], beside: int | None
    ) -> int: ...

    async def bring(self, guild_id: int, channel_id: int, people: Collection[int]) -> tuple[int, ...]: ...

    @property
    def pace(self) -> timedelta: ...

    async def admit(self, kind: str, discord_id: int, person: int) -> None: ...

    def inside(self, guild_id: int, channel_id: int) -> frozenset[int] | None: ...


class DiscordRooms:
    """The rooms of a running client. All but `inside` asks Discord, so any shard's process may."""

    def __init__(self, client: discord.Client, clock: Clock, weather: Weather) -> None:
        self._client = client
        self._clock = clock
        self._request = partial(requesting, client, clock, weather)
        self._pace = MOVE_TAKES

    async def close(self, kind: str, discord_id: int) -> bool:
        """Archive a thread or delete a voice channel; True also when it is gone already or no longer ours.

        A thread is not locked, so that its buttons work for days: whoever writes there wakes it.
        """
        try:
            with self._request():
                if kind == "thread":
                    await self._client.http.edit_channel(discord_id, archived=True, reason="Its time is over")
                else:
                    await self._client.http.delete_channel(discord_id, reason="Its time is over")
        except PASSING as error:
            if not isinstance(error, discord.HTTPException) or not _is_final(error):
                return False
            log.info("room is gone or not ours", room=discord_id, code=error.code)
        return True

    async def open_thread(self, channel_id: int, *, mark: str, name: str, people: Collection[int]) -> int:
        """Open a private thread of a text channel with these people in it; a repeat finds the first by its mark.

        Raises Unpostable when trying again would not help: no permission, no channel, too many threads.
        """
        with self._last_word(f"no private thread in <#{channel_id}>"):
            guild_id = await self._guild_of(channel_id)
            thread_id = await self._known_thread(guild_id, channel_id, mark)
            if thread_id is None:
                with self._request():
                    made = await self._client.http.start_thread_without_message(
                        channel_id,
                        name=_named(name, mark),
                        auto_archive_duration=THREAD_RESTS_AFTER,
                        type=PRIVATE_THREAD,
                        # Closed, only who has Manage Threads may add anybody, which Reps does not ask for.
                        invitable=True,
                    )
                thread_id = int(made["id"])
        try:
            for person in people:
                await self._add(thread_id, person)
        except Unpostable:
            # Nobody would ever come to know of it.
            await self.close("thread", thread_id)
            raise
        return thread_id

    async def open_voice(
        self, guild_id: int, *, mark: str, name: str, people: Collection[int], beside: int | None
    ) -> int:
        """Open a voice channel that only these people and the bot see; a repeat finds the first by its mark.

        It stands in the category of `beside` while that has room. Raises Unpostable when trying again would not
        help: no permission, too many channels.
        """
        me = self._me
        with self._last_word("no voice room"):
            with self._request():
                channels = await self._client.http.get_all_guild_channels(guild_id)
            known = _marked(channels, mark, VOICE, self._oldest)
            # An overwrite of the bot's own has hardly any channel it did not make.
            for channel in known:
                if any(int(one["id"]) == me for one in channel["permission_overwrites"]):
                    return int(channel["id"])
            overwrites = [
                # Its own first: what everyone is denied shuts the bot out too.
                _overwrite(me, MEMBER, allow=KEEP),
                _overwrite(guild_id, ROLE, deny=ENTER),
                *(_overwrite(person, MEMBER, allow=ENTER) for person in people),
            ]
            for category in dict.fromkeys((_category(channels, beside), None)):
                try:
                    with self._request():
                        made = await self._client.http.create_channel(
                            guild_id,
                            VOICE,
                            name=_named(name, mark),
                            parent_id=category,
                            user_limit=len(people) + 1,
                            permission_overwrites=overwrites,
                            reason="For a pair that asked for it",
                        )
                    break
                except discord.HTTPException as error:
                    # Somebody else took the category's last place.
                    if error.code != INVALID or category is None:
                        raise
            return int(made["id"])

    async def bring(self, guild_id: int, channel_id: int, people: Collection[int]) -> tuple[int, ...]:
        """Move those who are in voice already into a voice room; who was moved, nobody without the permission."""
        moved = []
        for person in self._elsewhere(guild_id, channel_id, people):
            try:
                with self._request():
                    await self._client.http.edit_member(guild_id, person, channel_id=channel_id)
                self._learn_pace(guild_id)
            except discord.HTTPException as error:
                if not _is_final(error):
                    raise
                log.info("not moved", code=error.code)
            else:
                moved.append(person)
        return tuple(moved)

    async def admit(self, kind: str, discord_id: int, person: int) -> None:
        """Let one more person in: add them to a thread, or let them see a voice room and move them there.

        Raises Unpostable when that is not possible.
        """
        if kind == "thread":
            await self._add(discord_id, person)
            return
        with self._last_word("no way into the voice room"):
            guild_id = await self._guild_of(discord_id)
        allowed = await self._show(discord_id, person)
        if not await self.bring(guild_id, discord_id, (person,)) and not allowed:
            raise Unpostable(NO_WAY_IN)

    @property
    def pace(self) -> timedelta:
        """How long moving one person after the other takes for each, by the limit that Discord last told."""
        return self._pace

    def inside(self, guild_id: int, channel_id: int) -> frozenset[int] | None:
        """Who is in a voice room now; None when this process does not see the server."""
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable:
            return None
        channel = guild.get_channel(channel_id)
        return frozenset(channel.voice_states if isinstance(channel, discord.VoiceChannel) else ())

    # --- one by one

    def _elsewhere(self, guild_id: int, channel_id: int, people: Collection[int]) -> Collection[int]:
        """Those of these people who are in voice, but not there; all of them where this process does not see it."""
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable:
            return people
        channels = (one for one in (*guild.voice_channels, *guild.stage_channels) if one.id != channel_id)
        return {person for one in channels for person in one.voice_states} & set(people)

    def _learn_pace(self, guild_id: int) -> None:
        """Look what the library was just told of the limit on moving people; only a fresh one is told whole."""
        http = self._client.http
        route = discord.http.Route("PATCH", MEMBER_ROUTE, guild_id=guild_id, user_id=0)
        bucket = http._bucket_hashes.get(route.key)
        if bucket is not None:
            limit = http.get_ratelimit(f"{bucket}:{route.major_parameters}")
            if limit.remaining == limit.limit - 1 and limit.reset_after:
                self._pace = timedelta(seconds=limit.reset_after / limit.limit)

    @property
    def _me(self) -> int:
        assert self._client.user is not None
        return self._client.user.id

    @property
    def _oldest(self) -> int:
        """The id of whatever was made just as long ago as a room is looked for."""
        return discord.utils.time_snowflake(self._clock.now() - SOUGHT_WITHIN)

    async def _guild_of(self, channel_id: int) -> int:
        channel = self._client.get_channel(channel_id)
        if isinstance(channel, discord.abc.GuildChannel):
            return channel.guild.id
        with self._request():
            found: Any = await self._client.http.get_channel(channel_id)
        return int(found["guild_id"])

    async def _known_thread(self, guild_id: int, channel_id: int, mark: str) -> int | None:
        """The bot's own private thread of this mark, open or archived."""

        def ours(threads: Iterable[Any]) -> int | None:
            for thread in _marked(threads, mark, PRIVATE_THREAD, self._oldest):
                if int(thread["parent_id"]) == channel_id and int(thread["owner_id"]) == self._me:
                    return int(thread["id"])
            return None

        with self._request():
            active = await self._client.http.get_active_threads(guild_id)
        if found := ours(active["threads"]):
            return found
        before = None
        while True:
            with self._request():
                page = await self._client.http.get_joined_private_archived_threads(channel_id, before, 100)
            if found := ours(page["threads"]):
                return found
            # They come by their ids, the newest first.
            before = min((int(thread["id"]) for thread in page["threads"]), default=0)
            if not page["has_more"] or before < self._oldest:
                return None

    async def _add(self, thread_id: int, person: int) -> None:
        """Add somebody to a thread; an archived one is woken first (I8)."""

        async def add() -> None:
            with self._request():
                await self._client.http.add_user_to_thread(thread_id, person)

        with self._last_word(f"<@{person}> cannot be added to <#{thread_id}>"):
            try:
                await add()
            except discord.HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                with self._request():
                    await self._client.http.edit_channel(thread_id, archived=False)
                await add()

    async def _show(self, channel_id: int, person: int) -> bool:
        """Let somebody see and enter a voice room; False when the bot may not."""
        overwrite = _overwrite(person, MEMBER, allow=ENTER)
        with self._last_word("no way into the voice room"):
            try:
                with self._request():
                    await self._client.http.edit_channel_permissions(
                        channel_id, person, overwrite["allow"], overwrite["deny"], MEMBER
                    )
            except discord.Forbidden as error:
                if may_pass(error):
                    raise
                return False
        return True

    @contextmanager
    def _last_word(self, what: str) -> Iterator[None]:
        """Around requests that Discord may refuse for good: raises Unpostable then."""
        try:
            yield
        except discord.HTTPException as error:
            if error.status not in REFUSALS:
                raise
            give_up(error, f"{what}: {FULL.get(error.code, error.text)}")


def _is_final(error: discord.HTTPException) -> bool:
    """Whether Discord means it: without a code of its list it was a proxy that refused."""
    return error.status in REFUSALS and bool(error.code)


def _named(name: str, mark: str) -> str:
    """A room's name with its mark at the end, by which it is found again."""
    return shortened(name, NAME_LIMIT - len(_ending(mark))) + _ending(mark)


def _ending(mark: str) -> str:
    return f" · {mark}"


def _marked(channels: Iterable[Any], mark: str, kind: int, oldest: int) -> list[Any]:
    """Channels of a kind with this mark that are not too old."""
    return [
        one
        for one in channels
        if one["type"] == kind and one["name"].endswith(_ending(mark)) and int(one["id"]) >= oldest
    ]


def _category(channels: Iterable[Any], beside: int | None) -> int | None:
    """The category of a channel, if one more fits into it."""
    parents = {int(one["id"]): one.get("parent_id") for one in channels}
    category = parents.get(beside) if beside is not None else None
    taken = sum(parent == category for parent in parents.values())
    return int(category) if category is not None and taken < PER_CATEGORY else None


def _overwrite(
    target: int,
    kind: int,
    *,
    allow: discord.Permissions = discord.Permissions.none(),  # noqa: B008 - never changed
    deny: discord.Permissions = discord.Permissions.none(),  # noqa: B008
) -> dict[str, Any]:
    return {"id": str(target), "type": kind, "allow": str(allow.value), "deny": str(deny.value)}
