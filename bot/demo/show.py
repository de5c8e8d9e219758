"""The demo in the browser: a database of its own, a server with a past, and the stage it plays on."""

import asyncio
import contextlib
import random
import webbrowser
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tzlocal import get_localzone_name

from bot.assembly import House, build_bot, open_house
from bot.clock import SystemClock
from bot.config import DATA
from bot.demo.cast import CAST, Server
from bot.demo.drawing import Moment
from bot.demo.partner import Partner
from bot.demo.past import DAYS, Past, live_two_weeks
from bot.demo.stage import Stage, StageClock
from bot.domain.calendar import zone_named

SEED = 2026
WHAT = {
    "question": "the next daily question",
    "digest": "the weekly digest",
    "drop.reveal": "the reveal of a question",
    "round": "the next recitation round",
    "round.remind": "a reminder for pairs who have not begun",
    "lobby.look": "the lobby looks again",
    "recitation.phase": "the time of a recitation’s phase is up",
    "appointment.remind": "a reminder of an appointment",
    "mock.end": "a mock interview goes on",
    "problem": "the next group problem",
    "problem.turn": "the next phase of a group problem",
    "meeting": "the next meeting begins",
    "meeting.begin": "a planned meeting begins",
    "meeting.turn": "the next part of the meeting",
    "meeting.swap": "the swap in the meeting’s rooms",
    "meeting.word": "the next one at a table speaks",
}
# What few people notice, or comes at once, is passed on the way to the next of these.
QUIET = (
    "drop.remind",
    "notice.tell",
    "room.empty",
    "round.batch",
    "round.close",
    "recitation.open",
    "recitation.voice",
    "recitation.card",
    "recitation.next",
    "round.redraw",
    "recitation.post",
    "recitation.nudge",
    "exchange.nudge",
    "mock.ask",
    "mock.answered",
    "mock.look",
    "mock.open",
    "mock.card",
    "mock.redraw",
    "mock.voice",
    "mock.nudge",
    "problem.tell",
    "problem.open",
    "problem.post",
    "problem.redraw",
    "problem.read",
    "problem.nudge",
    "problem.remind",
    "meeting.event",
    "meeting.call",
    "meeting.tell",
    "meeting.card",
    "meeting.done",
    "meeting.gone",
    "meeting.room",
    "meeting.third",
    "meeting.move",
    "meeting.table",
    "meeting.home",
)
TIPS = (
    "Open #reps and tap an answer: that joins, and only you see how you did.",
    "Skip the clock once and a new question arrives; once more and the old one is revealed.",
    "Type /recite now: Bao or somebody else comes within seconds, and a private thread opens below #reps for you two.",
    "Propose something under the problem in #problems; Grace can open its discussion with For guides.",
    "Type /meeting start in #reps and press I'm here: five others come, recite in pairs, and speak about a problem.",
    "Type /mock request, choose a time, and skip to it; your own /me project is what a walk-through is about.",
    "Be somebody else: under each name stands what to type as them. Grace has questions waiting.",
)


async def show(folder: Path, *, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Play the demo until interrupted. The simulated Discord lives in memory, so every start stages it anew."""
    again = True
    while again:
        say("Setting the stage: two weeks in the life of a small study server …")
        again = await play(folder, port=port, browser=browser, say=say)
        browser = False


async def play(
    folder: Path,
    *,
    port: int,
    browser: bool,
    say: Callable[[str], None],
    stop: asyncio.Event | None = None,
) -> bool:
    """One staging, until it is to be reset (True) or `stop` is set (False)."""
    reset, stop = asyncio.Event(), stop or asyncio.Event()
    async with staged(folder, port=port, reset=reset.set) as play:
        company = play.stage.apart(lambda: asyncio.create_task(play.partner.live()))
        say(f"Reps is playing at {play.address}  (Ctrl+C ends it)")
        if browser:
            await asyncio.to_thread(webbrowser.open, play.address)
        waits = [asyncio.ensure_future(event.wait()) for event in (reset, stop)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in (*waits, company):
                wait.cancel()
            await asyncio.gather(company, return_exceptions=True)
    return reset.is_set()


@dataclass(frozen=True, slots=True)
class Staged:
    """A demo that is ready to be played with."""

    stage: Stage
    server: Server
    house: House
    partner: Partner
    clock: StageClock
    address: str


@contextlib.asynccontextmanager
async def staged(
    folder: Path,
    *,
    port: int = 0,
    reset: Callable[[], None] | None = None,
    past: Past = live_two_weeks,
) -> AsyncIterator[Staged]:
    """The stage with two weeks of past behind it; whoever answers comes to life with `partner.live`."""
    await asyncio.to_thread(_clear, folder)
    now = SystemClock().now()
    zone = local_zone()
    clock = StageClock(now - timedelta(days=DAYS + 1))
    async with open_house(
        f"sqlite+aiosqlite:///{folder / 'reps.db'}",
        bank_dir=DATA / "bank",
        clock=clock,
        rng=random.Random(SEED),
    ) as house:
        bot = build_bot(house, tick=timedelta(seconds=10), shard_count=1)
        clockwork = bot.clockwork
        assert clockwork is not None

        async def next_moment() -> Moment | None:
            found = await house.services.deliveries.next_moment(besides=QUIET)
            return Moment(found[0], WHAT.get(found[1], found[1])) if found else None

        async def next_due() -> datetime | None:
            found = await house.services.deliveries.next_moment()
            return found[0] if found else None

        stage = Stage(
            bot,
            clock=clock,
            catch_up=clockwork.run_all,
            next_moment=next_moment,
            next_due=next_due,
            name="Reps",
            zone=zone.key,
            tips=TIPS,
            port=port,
            reset=reset,
            company=lambda: partner.look(),
        )
        bot.wakes_itself = False
        server = Server(stage.env, house)
        partner = Partner(server, house, act=stage.act, played=lambda: stage.played)
        for role in CAST:
            stage.introduce(server.people[role.name], role.line, role.tries)
        address = await stage.open()
        try:
            await past(
                server,
                partner,
                act=stage.act,
                pass_to=stage.pass_to,
                now=now,
                zone=zone,
                rng=random.Random(SEED),
            )
            stage.apart(clockwork.start)
            yield Staged(stage, server, house, partner, clock, address)
        finally:
            await bot.close()
            await stage.close()


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("reps.db*"):
        old.unlink()


def local_zone() -> ZoneInfo:
    """The zone of whoever tries it, UTC where the machine does not tell."""
    with contextlib.suppress(Exception):
        return zone_named(get_localzone_name())
    return ZoneInfo("UTC")
