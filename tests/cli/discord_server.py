"""As much of Discord as a bot needs to log in and stay connected, over loopback; or one that says no to all."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import WSMsgType, web

from bot.clock import SystemClock

ME = {"id": "1", "username": "Reps", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {
    "id": "1",
    "name": "Reps",
    "description": "",
    "icon": None,
    "verify_key": "",
    "owner": {"id": "2", "username": "ada", "discriminator": "0", "avatar": None},
    "bot_public": True,
    "bot_require_code_grant": False,
    "flags": 0,
}
# What runs as the bot: the real command line, with Discord's address turned to this machine.
PROGRAM = """
import sys
import discord.http
discord.http.Route.BASE = sys.argv.pop()
from bot.cli import main
main()
"""


def answer(value: object, status: int = 200) -> web.Response:
    # Without the charset aiohttp would add: discord.py compares the whole header.
    return web.Response(
        body=json.dumps(value).encode(), status=status, headers={"Content-Type": "application/json"}
    )


class DiscordServer:
    """Accepts any token while `accepts` is set, and keeps whoever connects connected while its gateway is `open`."""

    def __init__(self, *, accepts: bool = True) -> None:
        self.accepts = accepts
        self.open = True
        self.base = ""
        self.told: list[Any] = []
        # What a test may change: how far ahead its clock is, and what it knows of the bot.
        self.ahead = timedelta()
        self.starts = 999
        self.servers: list[dict[str, str]] = []
        # What it tells whoever connects, and the interactions that were answered.
        self.tells: list[dict[str, Any]] = []
        self.answered: list[str] = []

    async def rest(self, request: web.Request) -> web.StreamResponse:
        """Every request but the gateway's own, with Discord's time on it."""
        response = await self._rest(request)
        response.headers["Date"] = format_datetime(SystemClock().now() + self.ahead, usegmt=True)
        return response

    async def _rest(self, request: web.Request) -> web.Response:
        if not self.accepts:
            return answer({"code": 0, "message": "401: Unauthorized"}, 401)
        match request.method, request.path:
            case "GET", "/users/@me":
                return answer(ME)
            case "GET", "/oauth2/applications/@me":
                return answer(APPLICATION)
            case "GET", "/gateway/bot":
                limit = {
                    "total": 1000,
                    "remaining": self.starts,
                    "reset_after": 7_200_000,
                    "max_concurrency": 1,
                }
                url = self.base.replace("http", "ws", 1) + "/gateway"
                return answer({"url": url, "shards": 1, "session_start_limit": limit})
            case "GET", "/users/@me/guilds":
                after = int(request.query.get("after", 0))
                page = [server for server in self.servers if int(server["id"]) > after]
                return answer(page[: int(request.query["limit"])])
            case "POST", path if path.startswith("/interactions/"):
                _, _, id, _, _ = path.split("/")
                self.answered.append(id)
                return answer({"interaction": {"id": id, "type": 2}})
            case "PUT", "/applications/1/commands":
                self.told = await request.json()
                return answer([])
        return answer({"code": 0, "message": "404: Not Found"}, 404)

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        """HELLO, READY on IDENTIFY, and an answer to each heartbeat."""
        if not self.open:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}, "s": None, "t": None})
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                break
            match json.loads(message.data)["op"]:
                case 1:
                    await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
                case 2:
                    ready = {
                        "v": 10,
                        "user": ME,
                        "guilds": [],
                        "session_id": "one",
                        "shard": [0, 1],
                        "resume_gateway_url": self.base.replace("http", "ws", 1) + "/gateway",
                        "application": {"id": "1", "flags": 0},
                    }
                    await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
                    for number, told in enumerate(self.tells, 2):
                        await socket.send_json({"op": 0, "s": number, **told})
        return socket


@asynccontextmanager
async def discord_server(*, accepts: bool = True) -> AsyncIterator[DiscordServer]:
    """Serve one on a free port of this machine."""
    server = DiscordServer(accepts=accepts)
    app = web.Application()
    app.add_routes([web.get("/gateway", server.gateway), web.route("*", "/{rest:.*}", server.rest)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.base = "http://{}:{}".format(*runner.addresses[0][:2])
        yield server
    finally:
        await runner.cleanup()
