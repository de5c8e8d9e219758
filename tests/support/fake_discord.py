"""A loopback Discord: the REST routes that DiscordPoster and its like use, with faults to switch on."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import discord
from aiohttp import web
from discord.http import Route

from bot.client.cards import shown
from bot.clock import Clock
from tests.support.limits import Limits

ME: dict[str, Any] = {"id": "1", "username": "Reps", "discriminator": "0", "avatar": None, "bot": True}
SOMEBODY: dict[str, Any] = {"id": "2", "username": "ada", "discriminator": "0", "avatar": None}
MESSAGES = "/channels/{channel}/messages"
EVENTS = "/guilds/{guild}/scheduled-events"
GUILD = 7  # the server of every channel
# The channel of direct messages with somebody has their id and this.
DIRECT = 10**9
PAGE = 50  # messages of a history nobody gave a limit for
OK, TORN = 200, 0
FORUM, POST = 15, 11
SCHEDULED, ACTIVE, COMPLETED, CANCELLED = 1, 2, 3, 4
EVENT_WAYS = {SCHEDULED: (ACTIVE, CANCELLED), ACTIVE: (COMPLETED,)}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request, and whether Discord had done it by then.

    A status other than OK and TORN is answered as text, the way a proxy before Discord does, unless
    `retry_after` makes it Discord's own 429, for the channel or `everywhere`. `hold` keeps the request
    waiting, done or not, until it is set.
    """

    status: int = 503
    applied: bool = False
    retry_after: float = 0.0
    everywhere: bool = False
    hold: asyncio.Event | None = None


class Refused(Exception):
    """Discord's own no: a status and a code of its list."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


GONE = Refused(404, 10003, "Unknown Channel")
FORBIDDEN = Refused(403, 50013, "Missing Permissions")
MESSAGE_GONE = Refused(404, 10008, "Unknown Message")
THREAD_EXISTS = Refused(400, 160004, "A thread has already been created for this message")
ARCHIVED = Refused(400, 50083, "Thread is archived")
TOO_MANY_THREADS = Refused(400, 160006, "Maximum number of active threads reached")
TOO_MANY_CHANNELS = Refused(400, 30013, "Maximum number of server channels reached (500)")
CATEGORY_FULL = Refused(400, 50035, "Invalid Form Body")
EVENT_GONE = Refused(404, 10070, "Unknown Guild Scheduled Event")
WRONG_WAY = Refused(400, 50035, "Invalid Form Body")
NOT_IN_VOICE = Refused(400, 40032, "Target user is not connected to voice")


class FakeDiscord:
    """Channels that hold messages. Every channel exists unless it was closed."""

    def __init__(self, clock: Clock, nonce_memory: timedelta) -> None:
        self._clock = clock
        self._numbers = count()
        self._nonce_memory = nonce_memory
        self._nonces: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._closed: dict[tuple[int, str], Refused] = {}
        self._faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.base = ""
        self.channels: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        self.threads: dict[int, str] = {}
        self.archived: set[int] = set()
        # What stands in the one server there is: channels, categories and threads without a message.
        self.rooms: dict[int, dict[str, Any]] = {}
        self.inside: defaultdict[int, list[int]] = defaultdict(list)
        self.in_voice: dict[int, int] = {}
        self.events: dict[int, dict[str, Any]] = {}
        # What somebody uploaded, by its name.
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        # Called with a step ("login"; "asked", "done") and a request's name: for whoever kills at such a moment.
        self.watch: Callable[[str, str], None] = lambda step, name: None
        # How fast it may be asked; as fast as one likes, unless a test says otherwise.
        self.limits: Limits | None = None
        # What goes wrong next, where no fault was ordered.
        self.chance: Callable[[str], Fault | None] = lambda name: None

    # --- what a test does

    def order(self, name: str, *faults: Fault) -> None:
        """Let the next requests of a name, one of ROUTES, go wrong."""
        self._faults[name] += faults

    def close(self, channel: int, refusal: Refused, *names: str) -> None:
        """Refuse everything in a channel from now on, or the named requests."""
        for name in names or ROUTES:
            self._closed[channel, name] = refusal

    def open(self, channel: int) -> None:
        """Refuse nothing in a channel any more."""
        for name in ROUTES:
            self._closed.pop((channel, name), None)

    def forget_nonces(self) -> None:
        """As after an outage that was longer than Discord's memory."""
        self._nonces.clear()

    def chat(self, channel: int, messages: int) -> None:
        """Let somebody else write in a channel."""
        for _ in range(messages):
            self._add(channel, SOMEBODY, {"content": "hello"})

    def words(self, channel: int) -> list[str]:
        """What people read in a channel, message by message."""
        return [shown(message["components"]) for message in self.channels[channel]]

    def nonces(self) -> Counter[str]:
        """How many messages there are of each nonce."""
        return Counter(
            message["nonce"]
            for messages in self.channels.values()
            for message in messages
            if message["nonce"] is not None
        )

    # --- what Discord does

    def post(self, channel: int, body: dict[str, Any]) -> Any:
        nonce = body.get("nonce")
        if body.get("enforce_nonce") and nonce in self._nonces:
            at, first = self._nonces[nonce]
            if self._clock.now() - at < self._nonce_memory:
                return first
        message = self._add(channel, ME, body)
        if nonce is not None:
            self._nonces[nonce] = self._clock.now(), message
        return message

    def history(self, channel: int, query: dict[str, Any]) -> Any:
        after, limit = int(query.get("after", 0)), int(query.get("limit", PAGE))
        page = [message for message in self.channels[channel] if int(message["id"]) > after][:limit]
        return page[::-1]

    def edit(self, channel: int, body: dict[str, Any], message: int) -> Any:
        found = self._message(channel, message)
        if channel in self.archived:
            raise ARCHIVED
        found["components"] = body["components"]
        return found

    def delete(self, channel: int, body: dict[str, Any], message: int) -> Any:
        self.channels[channel].remove(self._message(channel, message))

    def thread(self, channel: int, body: dict[str, Any], message: int) -> Any:
        self._message(channel, message)
        if message in self.threads:
            raise THREAD_EXISTS
        self.threads[message] = body["name"]
        return {"id": str(message)}

    def wake(self, channel: int, body: dict[str, Any]) -> Any:
        if "available_tags" in body:
            tags = [{"id": str(place), **tag} for place, tag in enumerate(body["available_tags"], 1)]
            self.rooms[channel]["available_tags"] = tags
            return self.rooms[channel]
        if "applied_tags" in body:
            self.rooms[channel].update(body)
            return self.rooms[channel]
        assert body in ({"archived": False}, {"archived": True}), body
        (self.archived.add if body["archived"] else self.archived.discard)(channel)
        return {"id": str(channel)}

    def direct(self, channel: int, body: dict[str, Any]) -> Any:
        return {"id": str(DIRECT + int(body["recipient_id"])), "type": 1}

    def place(self, **fields: Any) -> dict[str, Any]:
        """One more channel, category or thread."""
        number = discord.utils.time_snowflake(self._clock.now()) + next(self._numbers)
        fields = {"id": str(number), "parent_id": None, "permission_overwrites": [], **fields}
        self.rooms[int(fields["id"])] = fields
        return fields

    def look_up(self, channel: int, query: dict[str, Any]) -> Any:
        found = self.rooms.get(channel, {})
        if found.get("type") == FORUM:
            return found
        return {"id": str(channel), "type": 0, "guild_id": str(GUILD)}

    def forum(self, number: int) -> None:
        """Let a channel be a forum without tags."""
        self.place(id=str(number), type=FORUM, guild_id=str(GUILD), available_tags=[])

    def open_private(self, channel: int, body: dict[str, Any]) -> Any:
        if self.rooms.get(channel, {}).get("type") == FORUM:
            message = self._add(channel, ME, body["message"])
            # The post has its first message's id, and the message stands in the post.
            self.channels[int(message["id"])] = [self.channels[channel].pop()]
            fields = {"id": message["id"], "parent_id": str(channel), "owner_id": ME["id"]}
            return self.place(type=POST, name=body["name"], applied_tags=body["applied_tags"], **fields)
        assert (body["type"], body["invitable"]) == (12, True)
        return self.place(type=12, name=body["name"], parent_id=str(channel), owner_id=ME["id"])

    def active(self, channel: int, query: dict[str, Any], guild: int) -> Any:
        posts = [one for one in self.rooms.values() if one["type"] == POST]
        return {"threads": [*self._threads(archived=False), *posts], "members": []}

    def resting(self, channel: int, query: dict[str, Any]) -> Any:
        return {"threads": [], "members": [], "has_more": False}

    def archive(self, channel: int, query: dict[str, Any]) -> Any:
        before, limit = int(query.get("before", 1 << 62)), int(query["limit"])
        older = [one for one in self._threads(archived=True) if int(one["id"]) < before]
        return {"threads": older[:limit], "members": [], "has_more": len(older) > limit}

    def let_in(self, channel: int, body: dict[str, Any], person: int) -> Any:
        if channel in self.archived:
            raise ARCHIVED
        if person not in self.inside[channel]:
            self.inside[channel].append(person)

    def listed(self, channel: int, query: dict[str, Any], guild: int) -> Any:
        return [one for one in self.rooms.values() if one["type"] != 12]

    def make(self, channel: int, body: dict[str, Any], guild: int) -> Any:
        parents = [one["parent_id"] for one in self.rooms.values()]
        if body.get("parent_id") and parents.count(str(body["parent_id"])) >= 50:
            raise CATEGORY_FULL
        return self.place(**body | {"parent_id": body.get("parent_id") and str(body["parent_id"])})

    def unmake(self, channel: int, body: dict[str, Any]) -> Any:
        if self.rooms.pop(channel, None) is None:
            raise GONE
        return {"id": str(channel)}

    def move(self, channel: int, body: dict[str, Any], guild: int, person: int) -> Any:
        if person not in self.in_voice:
            raise NOT_IN_VOICE
        self.in_voice[person] = int(body["channel_id"])
        return {"user": {"id": str(person)}}

    def events_there(self, channel: int, query: dict[str, Any], guild: int) -> Any:
        return list(self.events.values())

    def make_event(self, channel: int, body: dict[str, Any], guild: int) -> Any:
        number = discord.utils.time_snowflake(self._clock.now()) + next(self._numbers)
        self.events[number] = {"id": str(number), "creator_id": ME["id"], "status": SCHEDULED, **body}
        return self.events[number]

    def event(self, channel: int, query: dict[str, Any], guild: int, event: int) -> Any:
        if event not in self.events:
            raise EVENT_GONE
        return self.events[event]

    def move_event(self, channel: int, body: dict[str, Any], guild: int, event: int) -> Any:
        found = self.event(channel, {}, guild, event)
        if body["status"] not in EVENT_WAYS.get(found["status"], ()):
            raise WRONG_WAY
        found.update(body)
        return found

    def interested(self, channel: int, query: dict[str, Any], guild: int, event: int) -> Any:
        return []

    def _threads(self, *, archived: bool) -> list[dict[str, Any]]:
        """The newest first."""
        return [
            one
            for number, one in sorted(self.rooms.items(), reverse=True)
            if one["type"] == 12 and (number in self.archived) == archived
        ]

    def _message(self, channel: int, message: int) -> dict[str, Any]:
        for found in self.channels[channel]:
            if int(found["id"]) == message:
                return found
        raise MESSAGE_GONE

    def _add(self, channel: int, author: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        message = {
            "id": str(discord.utils.time_snowflake(now) + next(self._numbers)),
            "channel_id": str(channel),
            "author": author,
            "content": body.get("content") or "",
            "components": body.get("components", []),
            "flags": body.get("flags", 0),
            "nonce": body.get("nonce"),
            "uploaded": [one["filename"] for one in body.get("attachments", ())],
            "timestamp": now.isoformat(),
            "edited_timestamp": None,
            "type": 0,
            "tts": False,
            "pinned": False,
            "mention_everyone": False,
            **{many: [] for many in ("mentions", "mention_roles", "attachments", "embeds")},
        }
        self.channels[channel].append(message)
        return message

    # --- how it answers

    async def file(self, request: web.Request) -> web.Response:
        """An uploaded file, as long as it is kept."""
        found = self.files.get(request.match_info["name"])
        return web.Response(status=404) if found is None else web.Response(body=found)

    async def answer(self, request: web.Request) -> web.Response:
        """One request: what should go wrong with it does, the rest is done."""
        name = request.match_info.route.name or ""
        if name in ACCOUNT:
            self.watch("login", name)
            return _json(ACCOUNT[name])
        body = await _body(request)
        self.asked.append(name)
        self.watch("asked", name)
        ids = {key: int(id) for key, id in request.match_info.items()}
        headers: dict[str, str] = {}
        if self.limits is not None:
            wait, headers, everywhere = self.limits.take(name, ids.get("channel") or ids.get("guild") or 0)
            if wait:
                limited = {"retry_after": wait, "global": everywhere}
                return _json(limited, status=429, Via="1.1 google", **headers)
        fault = self._faults[name].pop(0) if self._faults[name] else self.chance(name) or Fault(OK)
        if fault.hold is not None and not fault.applied:
            await fault.hold.wait()
        response = web.Response()
        if fault.applied or fault.status == OK:
            response = self._done(name, body, **ids)
            response.headers.update(headers)
            self.watch("done", name)
        if fault.hold is not None and fault.applied:
            await fault.hold.wait()
        if fault.status == OK:
            return response
        if fault.status == TORN:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.retry_after:
            limited = {"retry_after": fault.retry_after, "global": fault.everywhere}
            return _json(limited, status=429, Via="1.1 google")
        return web.Response(status=fault.status, text="upstream trouble")

    def _done(self, name: str, body: dict[str, Any], channel: int = 0, **ids: int) -> web.Response:
        try:
            if (channel, name) in self._closed:
                raise self._closed[channel, name]
            result = getattr(self, name)(channel, body, **ids)
        except Refused as error:
            return _json({"code": error.code, "message": error.message}, status=error.status)
        return web.Response(status=204) if result is None else _json(result)


ROUTES = {
    "post": ("POST", MESSAGES),
    "history": ("GET", MESSAGES),
    "edit": ("PATCH", f"{MESSAGES}/{{message}}"),
    "delete": ("DELETE", f"{MESSAGES}/{{message}}"),
    "thread": ("POST", f"{MESSAGES}/{{message}}/threads"),
    "wake": ("PATCH", "/channels/{channel}"),
    "direct": ("POST", "/users/@me/channels"),
    "look_up": ("GET", "/channels/{channel}"),
    "unmake": ("DELETE", "/channels/{channel}"),
    "open_private": ("POST", "/channels/{channel}/threads"),
    "active": ("GET", "/guilds/{guild}/threads/active"),
    "resting": ("GET", "/channels/{channel}/threads/archived/public"),
    "archive": ("GET", "/channels/{channel}/users/@me/threads/archived/private"),
    "let_in": ("PUT", "/channels/{channel}/thread-members/{person}"),
    "listed": ("GET", "/guilds/{guild}/channels"),
    "make": ("POST", "/guilds/{guild}/channels"),
    "move": ("PATCH", "/guilds/{guild}/members/{person}"),
    "events_there": ("GET", EVENTS),
    "make_event": ("POST", EVENTS),
    "event": ("GET", f"{EVENTS}/{{event}}"),
    "move_event": ("PATCH", f"{EVENTS}/{{event}}"),
    "interested": ("GET", f"{EVENTS}/{{event}}/users"),
}
ACCOUNT: dict[str, dict[str, Any]] = {
    "me": ME,
    "application": {
        "id": "1",
        "name": "Reps",
        "description": "",
        "icon": None,
        "verify_key": "",
        "owner": SOMEBODY,
        "bot_public": True,
        "bot_require_code_grant": False,
    },
}


def _json(value: object, status: int = OK, **headers: str) -> web.Response:
    # Without the charset aiohttp would add: discord.py compares the whole header.
    return web.Response(
        body=json.dumps(value).encode(),
        status=status,
        headers={"Content-Type": "application/json", **headers},
    )


async def _body(request: web.Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.query)
    if request.content_type == "multipart/form-data":
        form = await request.post()
        for field in form.values():
            if isinstance(field, web.FileField):
                field.file.close()
        parsed: dict[str, Any] = json.loads(str(form["payload_json"]))
        return parsed
    return json.loads(await request.text() or "{}") or {}


def _routes(fake: FakeDiscord) -> Iterator[web.RouteDef]:
    for name, (method, path) in ROUTES.items():
        yield web.route(method, path, fake.answer, name=name)
    yield web.get("/files/{name}", fake.file)
    yield web.get("/users/@me", fake.answer, name="me")
    yield web.get("/oauth2/applications/@me", fake.answer, name="application")


@asynccontextmanager
async def fake_discord(
    clock: Clock, nonce_memory: timedelta = timedelta(minutes=3)
) -> AsyncIterator[FakeDiscord]:
    """Serve one on a free port of this machine."""
    fake = FakeDiscord(clock, nonce_memory)
    app = web.Application(client_max_size=2**24)
    app.add_routes(list(_routes(fake)))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        fake.base = f"http://{host}:{port}"
        yield fake
    finally:
        await runner.cleanup()


@asynccontextmanager
async def logged_in(base: str, *clients: discord.Client) -> AsyncIterator[None]:
    """Log clients in at `base` instead of at Discord, without a gateway; closes them at the end."""

    async def nothing() -> None:
        """Commands and duties are not wanted here."""

    real, Route.BASE = Route.BASE, base
    try:
        for client in clients:
            client.setup_hook = nothing  # type: ignore[method-assign]
            await client.__aenter__()
            await client.login("not a token")
        yield
    finally:
        for client in clients:
            await client.close()
        Route.BASE = real
