"""Discord without a network: frames go in through discord.py's own gateway client, requests end at once."""

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Any

import discord
from discord.gateway import DiscordWebSocket

APPLICATION = 900
GUILD = 1_000_000
CHANNEL_OF = 7  # a guild's channels are its id times ten thousand, plus their place


class Response:
    """What the library reads of a response."""

    def __init__(self, words: str) -> None:
        self.status = 200
        self.headers = {"content-type": "application/json"}
        self._words = words

    async def text(self, encoding: str = "utf-8") -> str:
        return self._words

    async def __aenter__(self) -> "Response":
        return self

    async def __aexit__(self, *error: object) -> None:
        return None


class Wire:
    """The client's HTTP session: answers every request at once, and tells when a reply was sent."""

    def __init__(self, reply: str) -> None:
        self._reply = Response(reply)
        self._callback = Response(json.dumps({"interaction": {"id": "1", "type": 3}}))
        self._other = Response("[]")
        self.replied: dict[str, asyncio.Future[float]] = {}

    def request(self, method: str, url: str, **options: Any) -> Response:
        if method == "POST" and url.endswith("/callback"):
            return self._callback
        if method == "PATCH" and url.endswith("/messages/@original"):
            self.replied.pop(url.split("/")[-3]).set_result(time.perf_counter())
            return self._reply
        if method == "POST":
            # A refusal's follow-up: in a benchmark every answer must count.
            raise AssertionError(f"unexpected request to {url}: {options.get('data')!r}")
        return self._other

    async def close(self) -> None:
        return None


class Line:
    """A client that believes itself connected, and the way to send it frames."""

    def __init__(self, client: discord.Client, reply: str = "{}") -> None:
        """`reply` is the message Discord answers a reply with. To be made inside `async with client`."""
        self.wire = Wire(reply)
        client.http._HTTPClient__session = self.wire  # type: ignore[attr-defined]
        client.http._global_over = asyncio.Event()
        client.http._global_over.set()
        state = client._connection
        me: Any = {
            "id": str(APPLICATION),
            "username": "Reps",
            "discriminator": "0",
            "avatar": None,
            "bot": True,
        }
        state.user = discord.ClientUser(state=state, data=me)
        state.application_id = APPLICATION
        state.shard_count = 1
        self._ws = DiscordWebSocket(None, loop=asyncio.get_running_loop())  # type: ignore[arg-type]
        self._ws._discord_parsers = state.parsers
        self._ws._dispatch = client.dispatch
        self._ws.shard_id = 0

    async def hear(self, frame: str) -> None:
        """Hand over one frame as the gateway sends it."""
        await self._ws.received_message(frame)

    async def press(self, frame: str, token: str) -> float:
        """Hand over a press and wait for its reply; the seconds in between."""
        reply = self.wire.replied[token] = asyncio.get_running_loop().create_future()
        before = time.perf_counter()
        await self._ws.received_message(frame)
        return await reply - before


def frame(event: str, data: dict[str, Any]) -> str:
    """One dispatch of the gateway."""
    return json.dumps({"op": 0, "s": 1, "t": event, "d": data})


def person(number: int) -> dict[str, Any]:
    """A user as Discord describes one."""
    return {
        "id": str(5_000_000 + number),
        "username": f"member{number}",
        "global_name": f"Member {number}",
        "discriminator": "0",
        "avatar": f"{number:032x}",
        "public_flags": 0,
    }


def guild(
    id: int, *, members: int = 50, emojis: int = 20, in_voice: Iterable[int] = (1, 2, 3)
) -> dict[str, Any]:
    """A server of ordinary size. Without the members intent Discord sends only the bot and who is in a voice room."""
    first = id * 10_000
    everyone = {
        "id": str(id),
        "name": "@everyone",
        "permissions": "2248473465835073",
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    roles = [everyone] + [
        everyone
        | {"id": str(first + 500 + place), "name": f"Role {place}", "position": place, "color": 3447003}
        for place in range(1, 9)
    ]
    overwrite = {"id": str(id), "type": 0, "allow": "0", "deny": "1024"}
    categories = [
        {"id": str(first + 100 + place), "type": 4, "name": f"Room {place}", "position": place}
        | {"permission_overwrites": [], "flags": 0}
        for place in range(3)
    ]
    texts = [
        {
            "id": str(first + CHANNEL_OF + place),
            "type": 0,
            "name": f"channel-{place}",
            "topic": f"What we talk about in channel {place}.",
            "position": place,
            "parent_id": str(first + 100 + place % 3),
            "permission_overwrites": [overwrite] if place % 4 == 0 else [],
            "last_message_id": str(first + 9000),
            "rate_limit_per_user": 0,
            "nsfw": False,
            "flags": 0,
        }
        for place in range(12)
    ]
    voices = [
        {
            "id": str(first + 200 + place),
            "type": 2,
            "name": f"Voice {place}",
            "position": place,
            "parent_id": str(first + 102),
            "permission_overwrites": [],
            "bitrate": 64000,
            "user_limit": 0,
            "nsfw": False,
            "flags": 0,
        }
        for place in range(3)
    ]
    talking = [person(id % 1_000_000 * 100 + number) for number in in_voice]
    me = {"id": str(APPLICATION), "username": "Reps", "discriminator": "0", "avatar": None, "bot": True}
    return {
        "id": str(id),
        "name": f"Study server {id}",
        "owner_id": str(5_000_000 + id % 1_000_000 * 100),
        "member_count": members,
        "large": False,
        "unavailable": False,
        "joined_at": "2026-01-31T08:00:00.000000+00:00",
        "preferred_locale": "en-US",
        "system_channel_id": str(first + CHANNEL_OF),
        "afk_timeout": 300,
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "system_channel_flags": 0,
        "features": ["COMMUNITY", "NEWS"],
        "roles": roles,
        "channels": [*categories, *texts, *voices],
        "emojis": [
            {"id": str(first + 600 + place), "name": f"emoji_{place}", "roles": [], "animated": False}
            | {"require_colons": True, "managed": False, "available": True}
            for place in range(emojis)
        ],
        "stickers": [],
        "members": [
            {"user": user, "roles": [str(first + 501)], "joined_at": "2026-02-01T08:00:00.000000+00:00"}
            | {"deaf": False, "mute": False, "flags": 0, "nick": None}
            for user in (me, *talking)
        ],
        "voice_states": [
            {"user_id": user["id"], "channel_id": str(first + 200), "session_id": user["id"]}
            | {"deaf": False, "mute": False, "self_deaf": False, "self_mute": False}
            | {"self_video": False, "suppress": False, "request_to_speak_timestamp": None}
            for user in talking
        ],
        "presences": [],
        "threads": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def message(id: int, components: list[Any], *, guild_id: int = GUILD) -> dict[str, Any]:
    """A message of the bot's, as Discord repeats it in a press and after a reply."""
    return {
        "id": str(id),
        "type": 0,
        "channel_id": str(guild_id * 10_000 + CHANNEL_OF),
        "author": {
            "id": str(APPLICATION),
            "username": "Reps",
            "discriminator": "0",
            "avatar": None,
            "bot": True,
        },
        "content": "",
        "timestamp": "2026-03-02T09:00:00.000000+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "flags": 1 << 15,
        "components": components,
    }


def press(
    number: int, *, who: int, custom_id: str, token: str, on: dict[str, Any], guild_id: int = GUILD
) -> dict[str, Any]:
    """A press on a button of a message, by one member of a server."""
    channel = guild_id * 10_000 + CHANNEL_OF
    return {
        "id": str(7_000_000 + number),
        "application_id": str(APPLICATION),
        "type": 3,
        "version": 1,
        "token": token,
        "guild_id": str(guild_id),
        "guild": {"id": str(guild_id), "locale": "en-US", "features": []},
        "channel_id": str(channel),
        "channel": {"id": str(channel), "type": 0, "name": "channel-0", "position": 0, "permissions": "0"}
        | {"guild_id": str(guild_id), "flags": 0, "nsfw": False, "parent_id": None, "topic": None},
        "member": {
            "user": person(who),
            "roles": [str(guild_id * 10_000 + 501)],
            "joined_at": "2026-02-01T08:00:00.000000+00:00",
            "permissions": "2248473465835073",
            "nick": None,
            "avatar": None,
            "premium_since": None,
            "pending": False,
            "deaf": False,
            "mute": False,
            "flags": 0,
        },
        "message": on,
        "data": {"id": 3, "custom_id": custom_id, "component_type": 2},
        "locale": "en-US",
        "guild_locale": "en-US",
        "app_permissions": "2248473465835073",
        "attachment_size_limit": 10_485_760,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(guild_id)},
        "context": 0,
    }
