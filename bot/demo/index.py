"""The index page: the way into a simulated server, on loopback. A `House` tells it what is there.

One page holds rooms, people and the clock beside a frame for the open room. Links and forms work without
scripts; a small script asks once a second for what changed.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.demo.drawing import Drawing, Moment, Scene, first_room, listed

_PAGE = Template(Path(__file__).with_name("index.html").read_text(encoding="utf-8"))


class NotHereError(Exception):
    """There is no such room or person, or they may not go there; says so in one sentence."""


class House(Protocol):
    """What the page asks of the simulated server; what cannot be done raises NotHereError."""

    async def scene(self, viewer: int | None) -> Scene:
        """Everything there is, as this person (else the first) sees it."""

    def face(self, person: int) -> bytes:
        """The person's picture, PNG."""

    async def enter(self, room: int, viewer: int | None) -> str:
        """The address of the room's page, where one plays `viewer` if they may read it."""

    async def join_voice(self, person: int, room: int) -> None:
        """Sit down in a voice room, leaving any other."""

    async def leave_voice(self, person: int) -> None:
        """Get up from whatever voice room one is in."""

    async def skip(self) -> Moment | None:
        """Be at the next scheduled moment, with what it brings; None when nothing is scheduled."""


class IndexPage:
    """Serves the index on 127.0.0.1. Only this run's own pages may change anything."""

    def __init__(
        self,
        house: House,
        *,
        title: str,
        zone: ZoneInfo,
        tips: Sequence[str],
        port: int,
        reset: Callable[[], None] | None,
    ) -> None:
        self._house = house
        self._title = title
        self._zone = zone
        self._tips = tips
        self._port = port
        self._reset = reset
        self._token = secrets.token_urlsafe(16)
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/live", self._live),
                web.get("/room/{room}", self._room),
                web.get("/face/{person}.png", self._face),
                web.post("/skip", self._skip),
                web.post("/join", self._join),
                web.post("/leave", self._leave),
            ]
        )
        if reset is not None:
            app.router.add_post("/reset", self._start_over)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)

    async def open(self) -> str:
        """Start serving; return the address."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{self._port}/"

    @property
    def origins(self) -> tuple[str, str]:
        """The two names under which a browser may know this page."""
        return f"http://127.0.0.1:{self._port}", f"http://localhost:{self._port}"

    async def close(self) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if f"http://{request.host}" not in self.origins:
            raise web.HTTPForbidden(text="This page answers only on this machine.")
        if request.method == "POST":
            given = (await request.post()).get("token")
            if not isinstance(given, str) or not secrets.compare_digest(given, self._token):
                raise web.HTTPForbidden(text="This page is from an earlier run. Load it again.")
        try:
            response = await handler(request)
        except NotHereError as missing:
            raise web.HTTPNotFound(text=str(missing)) from missing
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _index(self, request: web.Request) -> web.Response:
        scene = await self._house.scene(_number(request.query.get("as")))
        room = _number(request.query.get("room")) or first_room(scene)
        nonce = secrets.token_urlsafe(12)
        draw = Drawing(scene, room, self._zone, self._token)
        page = _PAGE.substitute(
            draw.sections(),
            title=escape(self._title),
            nonce=nonce,
            run=self._token,
            tips=listed("tips", map(escape, self._tips)),
            tips_hidden="" if self._tips else "hidden",
            frame=escape(draw.room_link(room)) if room else "about:blank",
            reset=draw.reset() if self._reset else "",
        )
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src 'self' data:; "
            "frame-src 'self' http://127.0.0.1:*; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def _live(self, request: web.Request) -> web.Response:
        scene = await self._house.scene(_number(request.query.get("as")))
        draw = Drawing(scene, _number(request.query.get("room")), self._zone, self._token)
        return web.json_response({"run": self._token, "sections": draw.sections()})

    async def _face(self, request: web.Request) -> web.Response:
        face = self._house.face(_number(request.match_info["person"]) or 0)
        return web.Response(body=face, content_type="image/png", headers={"Cache-Control": "max-age=3600"})

    async def _room(self, request: web.Request) -> web.Response:
        url = await self._house.enter(
            _number(request.match_info["room"]) or 0, _number(request.query.get("as"))
        )
        return web.Response(status=302, headers={"Location": url})

    async def _skip(self, request: web.Request) -> web.Response:
        moment = await self._house.skip()
        return await self._done(request, f"Now: {moment.what}" if moment else "Nothing is scheduled.")

    async def _join(self, request: web.Request) -> web.Response:
        form = await request.post()
        await self._house.join_voice(_form_number(form.get("person")), _form_number(form.get("to")))
        return await self._done(request, "Joined the voice room.")

    async def _leave(self, request: web.Request) -> web.Response:
        form = await request.post()
        await self._house.leave_voice(_form_number(form.get("person")))
        return await self._done(request, "Left the voice room.")

    async def _start_over(self, request: web.Request) -> web.Response:
        assert self._reset is not None
        self._reset()
        return await self._done(request, "Starting again. This page loads itself anew in a few seconds.")

    async def _done(self, request: web.Request, said: str) -> web.Response:
        """Tell a script what happened; send a plain form back to the page it came from."""
        if "application/json" in request.headers.get("Accept", ""):
            return web.json_response({"said": said})
        form = await request.post()
        back = {key: str(form[key]) for key in ("as", "room") if key in form}
        return web.Response(status=303, headers={"Location": "/?" + urlencode(back)})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _form_number(value: object) -> int:
    number = _number(value) if isinstance(value, str) else None
    if number is None:
        raise web.HTTPBadRequest(text="The form was not complete.")
    return number
