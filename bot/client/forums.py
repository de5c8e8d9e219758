"""Forums: where a post is a thread with a first message, and tags say what it is about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import discord
from discord.http import handle_message_parameters

from bot.client.cards import Card
from bot.client.posting import THREAD_RESTS_AFTER, custom_ids, give_up, requesting
from bot.client.weather import Weather
from bot.clock import Clock

# What Discord means as its last word; everything else may pass.
REFUSALS = (400, 403, 404)
ARCHIVED_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Forum:
    """A forum channel: its server, and the ids of its tags by their names as Discord has them."""

    id: int
    guild_id: int
    tags: Mapping[str, int]


class Forums(Protocol):
    """Opens posts in forums, finds them again, and tags them."""

    async def known(self, channel_id: int) -> Forum | None: ...

    async def open(self, forum: Forum, card: Card, *, name: str, tags: Collection[int]) -> int: ...

    async def find(self, forum: Forum, marker: str, *, after: datetime) -> int | None: ...

    async def first_message(self, post_id: int) -> int: ...

    async def add_tags(self, forum: Forum, names: Collection[str]) -> Forum: ...

    async def tag(self, post_id: int, tags: Collection[int]) -> None: ...


class DiscordForums:
    """The forums of a running client; all of it asks Discord, so any shard's process may."""

    def __init__(self, client: discord.Client, clock: Clock, weather: Weather) -> None:
        self._client = client
        self._request = partial(requesting, client, clock, weather)

    async def known(self, channel_id: int) -> Forum | None:
        """The forum a channel is, as it stands now; None for any other channel. Raises Unpostable when it is gone."""
        known = self._client.get_channel(channel_id)
        if known is not None and not isinstance(known, discord.ForumChannel):
            return None
        return _forum(await self._raw(channel_id))

    async def _raw(self, channel_id: int) -> Any:
        try:
            with self._request():
                return await self._client.http.get_channel(channel_id)
        except (discord.Forbidden, discord.NotFound) as error:
            give_up(error, f"channel {channel_id} is gone or closed to me")

    async def open(self, forum: Forum, card: Card, *, name: str, tags: Collection[int]) -> int:
        """Open a post in a forum, and return its id, a thread's. A repeat would open another (D1).

        Raises Unpostable when trying again would not help: no permission, too many threads, a tag that is required.
        """
        try:
            return await self._open(forum, card, name, tags)
        except discord.HTTPException as error:
            if error.status not in REFUSALS:
                raise
            if error.status != 400 or not tags:
                give_up(error, f"no post in <#{forum.id}>: {error.text}")
        # Perhaps somebody has just deleted one of the tags.
        return await self.open(forum, card, name=name, tags=())

    async def _open(self, forum: Forum, card: Card, name: str, tags: Collection[int]) -> int:
        post: dict[str, Any] = {
            "name": name[:100],
            "auto_archive_duration": THREAD_RESTS_AFTER,
            "applied_tags": [str(tag) for tag in tags],
        }
        with (
            handle_message_parameters(
                view=card.layout(),
                files=card.files(),
                allowed_mentions=card.mentions(),
                channel_payload=post,
            ) as params,
            self._request(),
        ):
            made = await self._client.http.start_thread_in_forum(forum.id, params=params)
        return int(made["id"])

    async def find(self, forum: Forum, marker: str, *, after: datetime) -> int | None:
        """The id of our post since `after` whose first message holds a control with this custom_id.

        Raises Unpostable when that cannot be read: then nobody knows, and nothing is posted twice.
        """
        me, oldest = self._client.user, discord.utils.time_snowflake(after)
        try:
            with self._request():
                active = await self._client.http.get_active_threads(forum.guild_id)
                # One that somebody closed already; they come newest first.
                resting = await self._client.http.get_public_archived_threads(
                    forum.id, None, ARCHIVED_LOOKED_AT
                )
            for thread in (*active["threads"], *resting["threads"]):
                post_id = int(thread["id"])
                ours = me is not None and int(thread["owner_id"]) == me.id
                if ours and int(thread.get("parent_id") or 0) == forum.id and post_id >= oldest:
                    message = await self._first(post_id)
                    if message is not None and marker in custom_ids(message):
                        return post_id
        except (discord.Forbidden, discord.NotFound) as error:
            give_up(error, f"cannot read the posts of <#{forum.id}>")
        return None

    async def first_message(self, post_id: int) -> int:
        """The id of a post's first message: Discord gives it the post's own, a stand-in for Discord need not."""
        try:
            message = await self._first(post_id)
        except (discord.Forbidden, discord.NotFound) as error:
            give_up(error, f"cannot read the post <#{post_id}>")
        return message.id if message is not None else post_id

    async def _first(self, post_id: int) -> discord.Message | None:
        channel = self._client.get_partial_messageable(post_id)
        with self._request():
            async for message in channel.history(limit=1, oldest_first=True):
                return message
        return None

    async def add_tags(self, forum: Forum, names: Collection[str]) -> Forum:
        """Give a forum more tags, and the forum as it is then; without the permission it stays as it is."""
        if not names:
            return forum
        raw = await self._raw(forum.id)
        tags = [*raw.get("available_tags", ()), *(discord.ForumTag(name=name).to_dict() for name in names)]
        try:
            with self._request():
                raw = await self._client.http.edit_channel(forum.id, available_tags=tags)
        except discord.HTTPException as error:
            if error.status not in REFUSALS:
                raise
        return _forum(raw) or forum

    async def tag(self, post_id: int, tags: Collection[int]) -> None:
        """Put tags on a post in the place of those it has; where that is not allowed it keeps them."""
        try:
            with self._request():
                await self._client.http.edit_channel(post_id, applied_tags=[str(tag) for tag in tags])
        except discord.HTTPException as error:
            if error.status not in REFUSALS:
                raise


def _forum(raw: Any) -> Forum | None:
    if raw["type"] != discord.ChannelType.forum.value:
        return None
    tags = {tag["name"]: int(tag["id"]) for tag in raw.get("available_tags", ())}
    return Forum(int(raw["id"]), int(raw["guild_id"]), tags)
