"""A post office: the real house and the real client over a loopback Discord, for tests of what goes out when."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select

from bot.assembly import House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.domain.calendar import Recurrence
from bot.domain.members import Person
from bot.jobs.clockwork import Clockwork
from bot.services.deliveries import nonce_of
from bot.storage.tables import Delivery, Drop, Timer
from tests.bank.builders import TEXTS
from tests.support.clock import TurnedClock
from tests.support.fake_discord import OK, FakeDiscord, Fault, fake_discord, logged_in

CHANNEL, ALERTS = 100, 900
ADMIN = Person(guild_id=7, discord_id=70, name="Ada", guild_name="Study hall", manages_server=True)
LEASE_OVER = timedelta(seconds=61)
TOPICS = """\
- area: Programming
  topics:
    - {id: sql, name: SQL, track: both, about: joins}
"""


def small_bank(folder: Path) -> Path:
    """A bank of two questions, so that a house opens at once."""
    (folder / "sql").mkdir(parents=True)
    (folder / "topics.yaml").write_text(TOPICS)
    for kind in ("choice", "numeric"):
        (folder / "sql" / f"a-{kind}.md").write_text(TEXTS[kind])
    return folder


class PostOffice:
    """One server whose daily question is due at nine, and a worker that delivers; `second` is another one."""

    def __init__(
        self,
        house: House,
        bot: StudyBot,
        second: StudyBot,
        discord: FakeDiscord,
        clock: TurnedClock,
        stack: AsyncExitStack,
    ) -> None:
        self.house, self.bot, self.second, self.discord, self.clock = house, bot, second, discord, clock
        self._stack = stack
        self.services = house.services
        self.admin = ADMIN

    async def open(self) -> None:
        """Set the server up at eight, with a daily question and no digest, and go to nine."""
        setup = await self.services.setup.start(ADMIN, channel_id=CHANNEL, alert_channel_id=ALERTS)
        for planned in setup.schedules[1:]:
            await self.services.schedules.remove(ADMIN, planned.id)
        self.clock.turn(timedelta(hours=1))

    async def add_daily(self, channel: int) -> int:
        """Plan another daily question, at the next minute, and go there; the schedule's id."""
        at = self.clock.now() + timedelta(minutes=1)
        draft = await self.services.schedules.draft(
            ADMIN,
            kind="question",
            channel_id=channel,
            recurrence=Recurrence.daily(at.time()),
            options={},
        )
        planned = await self.services.schedules.save(ADMIN, draft.id)
        self.clock.turn_to(at)
        return planned.id

    async def round(self, bot: StudyBot | None = None) -> None:
        """One round of the duty that delivers; what it raises is raised here."""
        clockwork = (bot or self.bot).clockwork
        assert isinstance(clockwork, Clockwork)
        await clockwork.rounds[0].run()

    async def later(self, **by: float) -> None:
        """Let time go by, and the duty come round."""
        self.clock.turn(timedelta(**by))
        await self.round()

    async def crash(self, name: str, *, applied: bool, after: int = 0) -> None:
        """Die while a request waits for its answer, before or after Discord has done it; the lease lapses.

        So many requests of its name before it are answered.
        """
        came, seen = asyncio.Event(), count()

        def watch(*now: str) -> None:
            if now == ("done" if applied else "asked", name) and next(seen) == after:
                came.set()

        self.discord.watch = watch
        self.discord.order(name, *[Fault(OK)] * after, Fault(applied=applied, hold=asyncio.Event()))
        dying = asyncio.create_task(self.round())
        await came.wait()
        dying.cancel()
        await asyncio.wait([dying])
        self.clock.turn(LEASE_OVER)

    async def dies_at(self, place: int, *, applied: bool) -> bool:
        """Die at one request of a round, counted from its beginning, and come back as a new process.

        False when the round is done before.
        """
        came, seen, held = asyncio.Event(), count(), asyncio.Event()

        def chance(name: str) -> Fault | None:
            if next(seen) != place:
                return None
            came.set()
            return Fault(applied=applied, hold=held)

        self.discord.chance = chance
        going, dying = asyncio.create_task(self.round()), asyncio.create_task(came.wait())
        await asyncio.wait((going, dying), return_when=asyncio.FIRST_COMPLETED)
        self.discord.chance = lambda name: None
        if not dying.done():
            dying.cancel()
            going.result()
            return False
        going.cancel()
        await asyncio.wait((going,))
        await self.reborn()
        self.clock.turn(LEASE_OVER)
        return True

    async def deliver_dying(
        self, *, applied: bool, look: Callable[[], Awaitable[bool]], every: int = 1
    ) -> int:
        """Deliver all that is due, dying at one request after the other until none is left; how often it died.

        `every` second one is as good where time is short: what lies between two requests is the same whether the first
        was done or the second was not. `look` is called after each time, and says whether there is time to die again.
        """
        place, deaths = (every - 1) * applied, 0
        while await self.dies_at(place, applied=applied):
            # As if the outage had been longer than Discord's memory.
            self.discord.forget_nonces()
            place, deaths = place + every, deaths + 1
            if not await look():
                await self.round()
                break
        await look()
        return deaths

    async def next_moment(self, within: timedelta, *besides: datetime) -> bool:
        """Go to when something comes due; False when nothing does so soon."""
        rows = [*await self.rows(Timer), *await self.rows(Delivery)]
        # Who is in a voice room only a gateway tells.
        due = [one.due_at for one in rows if one.state == "due" and one.kind != "room.empty"]
        now, coming = self.clock.now(), min((*due, *besides), default=None)
        if coming is None or coming > now + within:
            return False
        self.clock.turn_to(max(now + timedelta(seconds=1), coming))
        return True

    async def reborn(self) -> None:
        """Let a new process go on; nothing the old one knew but the database is left."""
        self.bot = build_bot(self.house, tick=None, shard_count=1)
        await self._stack.enter_async_context(logged_in(self.discord.base, self.bot))

    async def rows(self, table: type[Any] = Delivery) -> list[Any]:
        """Every row of a table, oldest first."""
        return await self.house.database.read(
            lambda db: list(db.scalars(select(table).order_by(*inspect(table).primary_key)))
        )

    async def the_row(self, table: type[Any] = Delivery) -> Any:
        """The only row of a table."""
        (row,) = await self.rows(table)
        return row

    async def posted_once(self) -> None:
        """The one delivery is settled, by the one message there is, and its question knows it."""
        row, drop = await self.the_row(), await self.the_row(Drop)
        (message,) = self.discord.channels[CHANNEL]
        assert (row.state, row.message_id) == ("done", int(message["id"]))
        assert drop.message_id == row.message_id
        assert message["nonce"] == nonce_of(row.key)
        assert (await self.the_row(Timer)).subject_id == drop.id

    async def missed(self) -> list[str]:
        """Why deliveries did not go out."""
        return [row.reason for row in await self.rows() if row.state == "missed"]


@asynccontextmanager
async def post_office(url: str, folder: Path, bank: Path | None = None) -> AsyncIterator[PostOffice]:
    """Open one over a database URL, at eight on a Monday, with a bank of its own or a small one."""
    clock = TurnedClock()
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(fake_discord(clock))
        house = await stack.enter_async_context(
            open_house(url, bank_dir=bank or small_bank(folder / "bank"), clock=clock, rng=random.Random(7))
        )
        bots = build_bot(house, tick=None, shard_count=1), build_bot(house, tick=None, shard_count=1)
        await stack.enter_async_context(logged_in(discord.base, *bots))
        office = PostOffice(house, *bots, discord, clock, stack)
        await office.open()
        yield office
