"""The one place where the parts meet: engine, clock, services, client, duties."""

import asyncio
import gc
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from bot.bank.loader import Bank, load_bank
from bot.client.bot import StudyBot
from bot.client.forums import DiscordForums
from bot.client.guilds import Guilds
from bot.clock import Clock, SystemClock
from bot.config import Settings
from bot.jobs import (
    appointments,
    backups,
    deliveries,
    drops,
    exchange,
    interviews,
    janitor,
    lobby,
    meetings,
    notices,
    pairing,
    privacy,
    problems,
    recitation,
    rooms,
    safety,
)
from bot.jobs.clockwork import Clockwork, Duty
from bot.jobs.desk import Desk
from bot.jobs.digests import DigestPost
from bot.metrics import Metrics
from bot.services.appointments import REMIND as REMIND_APPOINTMENT
from bot.services.backups import LOOKED_AT_EVERY, Backups
from bot.services.bundle import Services
from bot.services.drops import REVEAL
from bot.services.interviews import standing as mocks
from bot.services.lobby import LOOK
from bot.services.notices import REMIND
from bot.services.notices import TELL as TELL_NOTICE
from bot.services.pairing import BATCH, CLOSE
from bot.services.pairing import REMIND as ROUND_REMIND
from bot.services.pairing.matcher import Matcher
from bot.services.pairing.redrawing import REDRAW
from bot.services.privacy import ERASE, PURGE
from bot.services.problems.phases import PATIENT
from bot.services.recitation.exchange import NUDGE as NUDGE_EXCHANGE
from bot.services.recitation.exchange import POST
from bot.services.recitation.opening import OPEN, VOICE
from bot.services.recitation.phases import CARD, NEXT, PHASE
from bot.services.recitation.timers import NUDGE
from bot.services.rooms import EMPTY
from bot.services.safety import TELL as TELL_REPORT
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.ui.setup import invited_card

log = structlog.get_logger()

# `/setup` and `/me` before the groups that hang on them.
COGS = (
    "cogs.reps",
    "cogs.questions",
    "cogs.leaderboard",
    "cogs.me",
    "cogs.privacy",
    "cogs.safety",
    "cogs.recite",
    "cogs.setup",
    "cogs.schedules",
    "cogs.bank",
    "cogs.guide",
    "cogs.mock",
    "cogs.problem",
    "cogs.meeting",
)
JANITOR_EVERY = timedelta(minutes=10)
# Not once a day: a bot that is restarted every night would never come to it.
REPORTS_EVERY = timedelta(hours=1)
# Each server's people are asked for once a day; a round takes those whose turn has come.
PRIVACY_EVERY = timedelta(minutes=5)
GATEWAY_EVERY = timedelta(seconds=30)
GATEWAY_LOST = 3  # exit code: the supervisor should start the bot again


@dataclass(frozen=True)
class House:
    """What stands before any client: the open database, the services, the bank."""

    database: Database
    services: Services
    clock: Clock
    bank: Bank


@asynccontextmanager
async def open_house(
    url: str,
    *,
    bank_dir: Path,
    backups: Path | None = None,
    clock: Clock | None = None,
    rng: random.Random | None = None,
) -> AsyncIterator[House]:
    """Migrate and open the database, load the bank into it, and build the services; closes them at the end."""
    clock = clock or SystemClock()
    await migrate(url, backups=backups)
    database = await Database.open(url)
    matcher = Matcher()
    try:
        for advice in database.advice():
            log.warning(advice)
        bank = load_bank(bank_dir)
        services = Services.build(
            database,
            clock,
            rng or random.Random(),
            {topic.id: topic.name for topic in bank.topics},
            {topic.id: topic.track for topic in bank.topics},
            matcher,
            worker=f"{socket.gethostname()[:40]}:{os.getpid()}",
        )
        came, changed, retired = await services.questions.sync(bank)
        if came or changed or retired:
            log.info("bank synced", came=came, changed=changed, retired=retired)
        yield House(database, services, clock, bank)
    finally:
        matcher.close()
        await database.close()


def build_bot(
    house: House,
    *,
    tick: timedelta | None,
    copies: Backups | None = None,
    shard_count: int | None = None,
    shard_ids: list[int] | None = None,
) -> StudyBot:
    """The bot over a house. With `tick` the duties wake by themselves; without, whoever holds it runs them."""
    metrics = Metrics()
    bot = StudyBot(
        house.services,
        house.clock,
        cogs=COGS,
        invited=invited_card,
        metrics=metrics,
        shard_count=shard_count,
        shard_ids=shard_ids,
    )
    desk = Desk(
        house.services,
        bot.poster,
        bot.rooms,
        DiscordForums(bot, house.clock, bot.weather),
        Guilds(bot),
        house.clock,
        metrics,
        bot.weather,
        posts={
            "question": drops.QuestionPost(),
            "digest": DigestPost(),
            "meeting": meetings.MeetingPost(),
            "problem": problems.ProblemPost(),
            "round": pairing.RoundPost(bot.membership),
        },
        timers={
            REVEAL: drops.reveal,
            REMIND: notices.call,
            TELL_NOTICE: notices.tell,
            TELL_REPORT: safety.tell,
            REMIND_APPOINTMENT: appointments.remind,
            mocks.ASK: interviews.ask,
            mocks.ANSWERED: interviews.answered,
            mocks.LOOK: partial(interviews.look, bot.membership),
            mocks.OPEN: interviews.open_thread,
            mocks.VOICE: interviews.open_voice,
            mocks.CARD: interviews.post,
            mocks.REDRAW: interviews.draw_again,
            mocks.NUDGE: interviews.nudge,
            mocks.END: interviews.time_up,
            BATCH: pairing.more,
            ROUND_REMIND: pairing.remind,
            CLOSE: pairing.close,
            REDRAW: pairing.draw_again,
            ERASE: privacy.erase,
            PURGE: partial(privacy.purge, bot.membership),
            LOOK: partial(lobby.look, bot.membership),
            EMPTY: rooms.look,
            OPEN: recitation.open_room,
            VOICE: recitation.open_voice,
            PHASE: recitation.time_is_up,
            NEXT: recitation.next_card,
            CARD: recitation.draw_again,
            NUDGE: recitation.nudge,
            POST: exchange.post,
            NUDGE_EXCHANGE: exchange.nudge,
            **problems.TIMERS,
            **meetings.timers(bot.events),
        },
        ways={"problem": problems.ProblemWay()},
        patient=PATIENT,
    )

    async def watch_gateway() -> None:
        if bot.silent_too_long():
            log.critical("gateway lost for too long; stopping so that I am started again")
            bot.exit_code = GATEWAY_LOST
            # Closing waits for the duties under way, and this is one of them: whoever runs the bot closes it.
            bot.lost.set()

    async def deliver() -> None:
        await deliveries.look(desk, lambda: clockwork.beat("deliveries"))

    bot.clockwork = clockwork = Clockwork(
        house.services.duties,
        (
            Duty("deliveries", tick or timedelta(seconds=10), deliver),
            Duty("janitor", JANITOR_EVERY, lambda: janitor.sweep(desk)),
            Duty("reports", REPORTS_EVERY, lambda: safety.forget(desk)),
            Duty("privacy", PRIVACY_EVERY, lambda: privacy.look(house.services.privacy, bot.membership)),
            *((Duty("backups", LOOKED_AT_EVERY, lambda: backups.look(copies, metrics)),) if copies else ()),
            *((Duty("gateway", GATEWAY_EVERY, watch_gateway),) if tick else ()),
        ),
    )
    bot.wakes_itself = tick is not None
    return bot


async def run_bot(settings: Settings, token: str) -> int:
    """Run the bot on Discord until it is told to stop; returns the exit code."""
    from bot.probes import serving

    async with (
        open_house(settings.url(), bank_dir=settings.bank_dir, backups=settings.backups) as house,
    ):
        bot = build_bot(
            house,
            tick=timedelta(seconds=settings.tick_seconds),
            copies=Backups(
                house.database,
                house.services.duties,
                house.clock,
                settings.backups,
                every=timedelta(hours=settings.backup_every_hours),
                lasting=timedelta(days=settings.backup_keep_days),
            ),
            shard_count=settings.shard_count,
            shard_ids=settings.shard_ids,
        )
        # What is here now stays to the end. A full collection over it all held the loop up for 70 ms while the
        # largest file was imported; over the rest it takes 10 to 30.
        gc.collect()
        gc.freeze()
        async with serving(bot, house.services, settings.probe_host, settings.probe_port), bot:
            # discord.py tries for ever to connect, even when closed: it has to be cancelled.
            connected, lost = asyncio.create_task(bot.start(token)), asyncio.create_task(bot.lost.wait())
            try:
                await asyncio.wait((connected, lost), return_when=asyncio.FIRST_COMPLETED)
                if connected.done():
                    connected.result()
            finally:
                for task in (connected, lost):
                    task.cancel()
                await asyncio.gather(connected, lost, return_exceptions=True)
        return bot.exit_code
