"""The gateway lost in the middle of a press: it is done once, answered, and not done again on resuming."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord.http
import pytest
from aiohttp import WSMsgType, web
from sqlalchemy import select

from bot.assembly import build_bot, open_house
from bot.client.bot import StudyBot
from bot.client.cards import shown
from bot.domain.members import Person
from bot.services.members import require
from bot.services.recitation.arranging import arrange
from bot.storage.tables import Answer, Recitation, Rep
from tests.bench import gateway
from tests.cli.discord_server import APPLICATION, ME, answer
from tests.support.clock import TurnedClock
from tests.support.concepts import concept_bank
from tests.support.study import easy_bank

ADMIN = Person(gateway.GUILD, 70, "Ada", "Study hall", manages_server=True)
MESSAGE_ID = 555
PRESSES = 3  # the number of whoever presses
PATIENCE = 30


class Discord:
    """A gateway that can be cut, and remembers what it said to whoever resumes; callbacks wait for `open`."""

    def __init__(self) -> None:
        self.base = ""
        self.socket: web.WebSocketResponse | None = None
        self.said: list[dict[str, Any]] = []
        self.resumed, self.called, self.open = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.callbacks = 0
        self.replies: asyncio.Queue[str] = asyncio.Queue()

    async def rest(self, request: web.Request) -> web.StreamResponse:
        match request.method, request.path.split("/")[1:]:
            case "GET", ["users", "@me"]:
                return answer(ME)
            case "GET", ["oauth2", *_]:
                return answer(APPLICATION)
            case "GET", ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
                return answer({"url": self._url, "shards": 1, "session_start_limit": limit})
            case "POST", ["interactions", _, _, "callback"]:
                self.callbacks += 1
                self.called.set()
                await self.open.wait()
                if self.callbacks > 1:
                    return answer(
                        {"code": 40060, "message": "Interaction has already been acknowledged."}, 400
                    )
                return answer({"interaction": {"id": "1", "type": 3}})
            case "PATCH", ["webhooks", *_]:
                form = await request.post() if request.content_type.startswith("multipart") else None
                body = json.loads(str(form["payload_json"])) if form else await request.json()
                await self.replies.put(shown(body["components"]))
                return answer(gateway.message(1, []))
            case "POST", ["webhooks", *_]:
                await self.replies.put(shown((await request.json())["components"]))
                return answer(gateway.message(2, []))
        return answer([])

    @property
    def _url(self) -> str:
        return self.base.replace("http", "ws", 1) + "/gateway"

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        socket = self.socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}, "s": None, "t": None})
        async for heard in socket:
            if heard.type != WSMsgType.TEXT:
                break
            match json.loads(heard.data):
                case {"op": 1}:
                    await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
                case {"op": 2}:
                    ready = {"v": 10, "user": ME, "guilds": [], "session_id": "one", "shard": [0, 1]}
                    ready |= {"resume_gateway_url": self._url, "application": {"id": "1", "flags": 0}}
                    await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
                case {"op": 6}:
                    for frame in self.said:
                        await socket.send_json(frame)
                    await socket.send_json({"op": 0, "t": "RESUMED", "s": 9, "d": {}})
                    self.resumed.set()
        return socket

    async def say(self, event: str, data: dict[str, Any]) -> None:
        self.said.append({"op": 0, "t": event, "s": 2, "d": data})
        assert self.socket is not None
        await self.socket.send_json(self.said[-1])

    async def cut(self) -> None:
        """Close as Discord does when a node goes away."""
        assert self.socket is not None
        await self.socket.close(code=1001)


@asynccontextmanager
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Discord]:
    made = Discord()
    app = web.Application()
    app.add_routes([web.get("/gateway", made.gateway), web.route("*", "/{rest:.*}", made.rest)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = "http://{}:{}".format(*runner.addresses[0][:2])
    monkeypatch.setattr(discord.http.Route, "BASE", made.base)
    # How long the library waits before it connects again.
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 0.01)
    try:
        yield made
    finally:
        await runner.cleanup()


async def test_a_press_outlives_the_connection_it_came_by(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        served(monkeypatch) as server,
        open_house(sqlite_url, bank_dir=easy_bank(tmp_path / "bank"), clock=TurnedClock()) as house,
        build_bot(house, tick=None) as bot,
    ):
        await house.services.setup.start(ADMIN, channel_id=gateway.GUILD * 10_000 + gateway.CHANNEL_OF)
        await house.services.setup.first_question(ADMIN, 1)
        (due,) = await house.services.deliveries.claim("deliveries")
        drop = await house.services.drops.prepare(due)
        await house.services.drops.posted(due, drop, MESSAGE_ID)

        first, again = await pressed_and_cut(server, bot, f"drop.choose:{drop.id}.0")

        assert "[Another question]" in first
        assert "the first answer counts" in again
        saved = await house.database.read(
            lambda db: (len(db.scalars(select(Answer)).all()), len(db.scalars(select(Rep)).all()))
        )
        assert saved == (1, 1)


async def pressed_and_cut(server: Discord, bot: StudyBot, custom_id: str) -> tuple[str, str]:
    """Somebody presses, the gateway goes away in the middle and says the same again on resuming; both replies."""
    running = asyncio.create_task(bot.start("token"))
    await bot.wait_until_ready()
    on = gateway.message(MESSAGE_ID, [])
    pressed = gateway.press(1, who=PRESSES, custom_id=custom_id, token="t", on=on)
    await server.say("INTERACTION_CREATE", pressed)
    await server.called.wait()
    await server.cut()
    server.open.set()
    first = await server.replies.get()
    await server.resumed.wait()
    again = await server.replies.get()
    assert not bot.silent_too_long()
    await bot.close()
    await running
    return first, again


async def test_whoever_begins_to_recite_begins_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        served(monkeypatch) as server,
        open_house(sqlite_url, bank_dir=concept_bank(tmp_path / "bank"), clock=TurnedClock()) as house,
        build_bot(house, tick=None) as bot,
    ):
        services, channel_id = house.services, gateway.GUILD * 10_000 + gateway.CHANNEL_OF
        await services.setup.start(ADMIN, channel_id=channel_id)
        people = [
            Person(gateway.GUILD, int(gateway.person(who)["id"]), f"Member {who}", "Study hall")
            for who in (PRESSES, PRESSES + 1)
        ]
        for who in people:
            await services.members.agree(who)

        def work(db: Any) -> int:
            present = [require(db, who) for who in people]
            return arrange(
                db,
                server_id=present[0].server_id,
                channel_id=channel_id,
                origin="lobby",
                mode="live",
                medium="typed",
                member_ids=[one.member_id for one in present],
                now=house.clock.now(),
            )

        id = await house.database.write(work)
        await services.recitations.open(people[0], id)
        (due,) = await services.deliveries.claim("timers")
        await services.recitations.to_open(due)
        room = await services.recitations.opened(id, channel_id)
        assert room is not None
        await services.recitations.posted(room, MESSAGE_ID)

        first, again = await pressed_and_cut(server, bot, f"recite.begin:{id}.{room.step}")

        # What comes next is posted below it.
        assert "The newest card is at the end" in first
        assert "moved on" in again
        (row,) = await house.database.read(lambda db: list(db.scalars(select(Recitation))))
        assert (row.phase, row.step, row.turn) == ("reciting", room.step + 1, 0)
