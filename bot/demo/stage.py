"""The stage: one simulated Discord under a real bot, each room a live page in the browser, and an index.

SimCord shows one room at a time and moves its clock by hand. What is used beyond its public API (PRIVATE) is
all in this module, `page` and `directory`; hence the exact pin, and a test for each name.
"""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import discord
import simcord
from simcord._clock import Clock as SimcordClock

from bot.demo.directory import Directory
from bot.demo.drawing import Moment, Scene
from bot.demo.index import IndexPage
from bot.demo.page import RoomPage

PRIVATE = (
    "env._preview",
    "env.backend.bot_user.name",
    "env.backend.channels",
    "env.backend.clock._epoch",
    "env.backend.get_dm_channel",
    "env.backend.guilds",
    "env.backend.http_requests",
    "env.backend.messages",
    "env.backend.transcript",
    "env.backend.users",
    "preview._action",
    "preview._advance_presentation_time",
    "preview._closed",
    "preview._get_page",
    "preview._open_page",
    "preview._pages",
    "preview._publish",
    "preview._python.last_sequence",
    "preview._python.publication_reason",
    "preview._python.published_at",
    "preview._python.revision",
    "preview._python.snapshot",
    "preview._python.status",
    "preview._python.target_id",
    "preview._python.window_end_id",
    "preview._server._SECURITY_HEADERS",
    "preview._server._static",
)
"""What is borrowed from SimCord beside its modules, as paths from an `env` and an entered `preview`."""

T = TypeVar("T")
_log = logging.getLogger(__name__)
_BREATH = 0.25
_REDRAWN_EVERY = 60.0
# An open index asks once a second; in a room one can be somebody else, and is known by what one does there.
_OPEN_FOR = 5.0
_ACTED_FOR = 60.0
_KEPT_TRANSCRIPT = 200
_TOGETHER = timedelta(minutes=1)
# How often others get to do something on a skip's way, and how many times at most: they never take an hour.
_COMPANY_EVERY, _COMPANY_FOR = timedelta(seconds=30), 120


class StageClock(SimcordClock):
    """The simulated Discord's clock and the bot's own, in one. It runs only while its stage is open."""

    def __init__(self, epoch: datetime) -> None:
        super().__init__()
        self._epoch = epoch

    def jump(self, moment: datetime) -> None:
        """Be at `moment` at once. Timers do not notice: no view expires and no wake-up is run on the way."""
        if moment < self.now():
            raise ValueError(f"the clock goes forward only: it is already {self.now().isoformat()}")
        self._epoch += moment - self.now()


class Stage:
    """One simulated Discord, shown in a browser: a page for each room, and an index of them all.

    `clock` is the bot's own too. `catch_up` runs each of the bot's duties once; `next_moment` tells the next
    thing it has scheduled that is worth a skip, `next_due` when anything at all comes. `company` lets others do
    what they have had time for, and says whether there is anything for them to do; a skip gives them that time.
    Build the server with `env` before `open`; once open, reach it through `act` only.
    """

    def __init__(
        self,
        bot: discord.Client,
        *,
        clock: StageClock,
        catch_up: Callable[[], Awaitable[None]],
        next_moment: Callable[[], Awaitable[Moment | None]],
        next_due: Callable[[], Awaitable[datetime | None]],
        name: str,
        zone: str = "UTC",
        tips: Sequence[str] = (),
        port: int = 0,
        reset: Callable[[], None] | None = None,
        company: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self.env = simcord.Env(bot, check_errors=False)
        self.env.backend.clock = clock
        self.env.backend.bot_user.name = name
        self._clock = clock
        self._catch_up = catch_up
        self._next_moment = next_moment
        self._next_due = next_due
        self._company = company
        self._zone = zone
        self._directory = Directory(self.env)
        self._pages: dict[int, RoomPage] = {}
        self._turn = asyncio.Lock()
        self._pulse: asyncio.Task[None] | None = None
        self._played: dict[int, float] = {}
        self._transcribed = 0
        # Drawing a page takes longer than most of what happens on a skip's way, and nobody reads it then.
        self._on_the_way = False
        self._index = IndexPage(
            self, title=f"{name} – the demo", zone=ZoneInfo(zone), tips=tips, port=port, reset=reset
        )

    def introduce(self, actor: simcord.MemberActor, line: str, tries: str = "") -> None:
        """Let the browser play this member (the first, at first).

        `line` says in a few words who they are, `tries` which commands to try as them.
        """
        self._directory.introduce(actor, line, tries)

    async def open(self) -> str:
        """Start the bot and serve its server; return the index page's address. OSError: the port is taken."""
        await self.env.start()
        try:
            address = await self.apart(lambda: asyncio.create_task(self._index.open()))
        except BaseException:
            await self.close()
            raise
        self._pulse = self.apart(lambda: asyncio.create_task(self._breathe()))
        return address

    async def close(self) -> None:
        """Stop serving and detach the bot, which stays for its owner to close."""
        if self._pulse is not None:
            self._pulse.cancel()
            await asyncio.gather(self._pulse, return_exceptions=True)
        await self._index.close()
        await self.env.shutdown()

    async def act(self, action: Callable[[], Awaitable[T]]) -> T:
        """Do something in the server, such as `member.click(...)`, when nobody else does."""
        async with self._my_turn():
            return await action()

    def apart(self, start: Callable[[], T]) -> T:
        """Call `start` so that the timers and tasks it leaves are nobody's: no click waits for them to end.

        For whatever runs as long as the bot does, such as its scheduler.
        """

        def context() -> contextvars.Context:
            with self.env.time_context():
                return contextvars.copy_context()

        return contextvars.Context().run(context).run(start)

    async def skip_to(self, moment: datetime) -> None:
        """Be at `moment`: the clock jumps, the bot's duties run once, every page shows what came of it."""
        async with self._my_turn():
            self._clock.jump(moment)
            await self.env.advance_time(0)
            try:
                await self._catch_up()
                await self.env.settle()
            finally:
                self._publish(force=True)

    async def pass_to(self, moment: datetime) -> None:
        """Be at `moment`, having been on the way wherever something was due, so that each comes at its hour.

        What is due in the last minute comes with `moment`.
        """
        passed = None
        while (due := await self._next_due()) and due < moment - _TOGETHER and due != passed:
            await self.skip_to(max(due, self._clock.now()))
            passed = due
        await self.skip_to(max(moment, self._clock.now()))

    @property
    def played(self) -> frozenset[int]:
        """Whom the browser plays, in any of its tabs; when none is open, whom it played last."""
        latest, now = max(self._played.values(), default=0.0), time.monotonic()
        return frozenset(person for person, until in self._played.items() if until >= min(now, latest))

    def _plays(self, person: int, for_: float) -> None:
        self._played[person] = max(self._played.get(person, 0.0), time.monotonic() + for_)

    # What the index page asks (`bot.demo.index.House`).

    async def scene(self, viewer: int | None) -> Scene:
        person = self._directory.person(viewer)
        self._plays(person.id, _OPEN_FOR)
        return Scene(
            now=self._clock.now(),
            upcoming=await self._next_moment(),
            viewer=person,
            people=self._directory.people,
            rooms=[*self._directory.rooms(person.id)],
        )

    def face(self, person: int) -> bytes:
        return self._directory.face(person)

    async def enter(self, room: int, viewer: int | None) -> str:
        handle = self._directory.room(room)
        async with self._my_turn():
            page = self._pages.get(room)
            if page is None or page.ended:
                page = RoomPage(
                    self.env,
                    handle,
                    turn=self._turn,
                    zone=self._zone,
                    assets=self._directory.assets,
                    framed_by=self._index.origins,
                    playing=partial(self._plays, for_=_ACTED_FOR),
                    viewers=self._directory.readers(room),
                )
                await page.start()
                self._pages[room] = page
        page.viewers = tuple(self._directory.readers(room, first=viewer))
        self._directory.seen(room)
        return page.url

    async def join_voice(self, person: int, room: int) -> None:
        actor, handle = self._directory.actor(person), self._directory.voice_room(room, person)
        await self.act(lambda: actor.join_voice(handle))

    async def leave_voice(self, person: int) -> None:
        await self.act(self._directory.actor(person).leave_voice)

    async def skip(self) -> Moment | None:
        moment = await self._next_moment()
        if moment is not None:
            self._on_the_way = True
            try:
                await self._with_company(moment.when)
            finally:
                self._on_the_way = False
            await self.pass_to(moment.when)
        return moment

    async def _with_company(self, until: datetime) -> None:
        """Let time pass while others have something to do in it; what the bot says now, they answer a little later."""
        idle = 0
        for _ in range(_COMPANY_FOR if self._company else 0):
            assert self._company is not None
            idle = 0 if await self._company() else idle + 1
            on_the_way = self._clock.now() + _COMPANY_EVERY
            if idle > 1 or on_the_way >= until:
                return
            await self.pass_to(on_the_way)

    @contextlib.asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        async with self._turn:
            with self.env.time_context():
                yield

    async def _breathe(self) -> None:
        """Let simulated time pass as the wall's does, and show what the bot did meanwhile."""
        then = redrawn = time.monotonic()
        while True:
            await asyncio.sleep(_BREATH)
            async with self._turn:
                now = time.monotonic()
                stale = now - redrawn > _REDRAWN_EVERY
                try:
                    # A timeout means a busy bot: the time that passed has passed, its work goes on.
                    with contextlib.suppress(TimeoutError):
                        await self.env.advance_time(now - then)
                    self._publish(force=stale)
                except Exception:
                    _log.exception("the demo's clock stumbled")
                then, redrawn = now, now if stale else redrawn

    def _publish(self, *, force: bool = False) -> None:
        if self._on_the_way:
            return
        backend = self.env.backend
        grown = len(backend.transcript) != self._transcribed
        for room, page in list(self._pages.items()):
            if page.ended:
                del self._pages[room]
            elif page.renew(force=force, grown=grown):
                self._directory.seen(room)
        if grown:
            del backend.transcript[:-_KEPT_TRANSCRIPT], backend.http_requests[:-_KEPT_TRANSCRIPT]
            self._transcribed = len(backend.transcript)
