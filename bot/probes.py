"""Machines' door: /healthz, /readyz and /metrics over HTTP, off unless a port is set."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from bot.client.bot import StudyBot
from bot.services.bundle import Services
from bot.services.duties import Vitals

SAMPLE_SECONDS = 0.5
LOOK_SECONDS = 3.0
# A write waits milliseconds; a file that another process holds is given up after five seconds.
WRITES_WAIT_AT_MOST = 10.0
# SQLite's log alone may take this much, and a copy beside it much more.
ROOM_NEEDED = 64 * 2**20


@asynccontextmanager
async def serving(bot: StudyBot, services: Services, host: str, port: int) -> AsyncIterator[int]:
    """Answer probes while inside; yields the port in use, 0 when none is set."""
    if not port:
        yield 0
        return
    runner = web.AppRunner(probes(bot, services), access_log=None)
    await runner.setup()
    sampling = asyncio.create_task(sample_lag(bot))
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield port
    finally:
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling
        await runner.cleanup()


async def sample_lag(bot: StudyBot, seconds: float = SAMPLE_SECONDS) -> None:
    """Measure for ever how much later than asked the event loop comes back."""
    loop = asyncio.get_running_loop()
    while True:
        asked = loop.time()
        await asyncio.sleep(seconds)
        bot.metrics.lagged(max(0.0, loop.time() - asked - seconds))


def probes(bot: StudyBot, services: Services) -> web.Application:
    """The three pages."""

    async def health(_: web.Request) -> web.Response:
        wrong = await troubles(bot, services)
        return web.Response(status=503 if wrong else 200, text="\n".join(wrong) or f"ok{pause(bot)}")

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ready") if bot.is_ready() else web.Response(status=503, text="not ready")

    async def metrics(_: web.Request) -> web.Response:
        looked_up = [*_process(bot, services)]
        # With the database away the rest is still told.
        with suppress(Exception):
            async with asyncio.timeout(LOOK_SECONDS):
                vitals, counts = await services.duties.vitals(), await services.deliveries.counts()
            looked_up += _memory(vitals, counts)
        body = generate_latest(bot.metrics.registry) + generate_latest(_Found(looked_up))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", health), web.get("/readyz", ready), web.get("/metrics", metrics)])
    return app


async def troubles(bot: StudyBot, services: Services) -> list[str]:
    """What is wrong, a line each; empty when all is well."""
    wrong = []
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            vitals = await services.duties.vitals()
    except Exception as error:
        wrong.append(f"the database cannot be read ({type(error).__name__})")
    else:
        for beat in vitals.beats:
            if beat.failing:
                wrong.append(f"{beat.duty} failed {beat.failures} times in a row")
            elif beat.silent:
                wrong.append(f"{beat.duty} has not finished for {beat.seconds} s")
        if vitals.free_bytes is not None and vitals.free_bytes < ROOM_NEEDED:
            wrong.append(f"the disk is nearly full: {vitals.free_bytes // 2**20} MiB left")
    writes, oldest = services.duties.waiting()
    if oldest > WRITES_WAIT_AT_MOST:
        wrong.append(f"{writes} writes wait for the database, the oldest for {oldest:.0f} s")
    if bot.silent_too_long():
        wrong.append("the gateway is away")
    return wrong


def pause(bot: StudyBot) -> str:
    """That nothing is posted for a while because Discord is in trouble; empty when it is not."""
    until = bot.metrics.paused_until
    if until is None or until <= bot.clock.now():
        return ""
    return f"; Discord is in trouble, so nothing is posted until {until:%H:%M:%S} UTC"


class _Found:
    """What was looked up for one answer, as prometheus-client takes it."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _process(bot: StudyBot, services: Services) -> Iterator[Metric]:
    yield _gauge("reps_ready", "Whether the gateway is connected.", bot.is_ready())
    yield _gauge("reps_servers", "Servers this process sees.", len(bot.guilds))
    connected = GaugeMetricFamily(
        "reps_shard_connected", "Whether a shard's gateway is there.", labels=["shard"]
    )
    latency = GaugeMetricFamily(
        "reps_shard_latency_seconds", "A shard's last heartbeat, there and back.", labels=["shard"]
    )
    for shard in bot.gateway():
        connected.add_metric([str(shard.id)], shard.connected)
        if shard.latency is not None:
            latency.add_metric([str(shard.id)], shard.latency)
    yield connected
    yield latency
    yield _gauge("reps_posting_paused", "Whether posts wait for Discord to recover.", bool(pause(bot)))
    writes, oldest = services.duties.waiting()
    yield _gauge("reps_writes_waiting", "Writes the database has not answered yet.", writes)
    yield _gauge("reps_write_oldest_wait_seconds", "How long the oldest of them has been waiting.", oldest)


def _memory(vitals: Vitals, counts: tuple[int, int]) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "reps_duty_beat_timestamp_seconds", "When a duty last reported.", labels=["duty"]
    )
    failures = GaugeMetricFamily("reps_duty_failures", "A duty's failed rounds in a row.", labels=["duty"])
    silent = GaugeMetricFamily("reps_duty_silent_seconds", "Duties that missed two beats.", labels=["duty"])
    for beat in vitals.beats:
        if beat.at is not None:
            last.add_metric([beat.duty], beat.at.timestamp())
        failures.add_metric([beat.duty], beat.failures)
        if beat.silent or beat.failing:
            silent.add_metric([beat.duty], beat.seconds)
    yield from (last, failures, silent)
    due, missed = counts
    yield _gauge("reps_deliveries_due", "Deliveries that are due and not out yet.", due)
    yield _gauge("reps_deliveries_missed", "Deliveries recorded as missed, ever.", missed)
    yield _gauge("reps_database_bytes", "The database's size, its log included.", vitals.database_bytes)
    if vitals.free_bytes is not None:
        yield _gauge("reps_disk_free_bytes", "What the database's disk has left.", vitals.free_bytes)
