"""Machines' door: /healthz, /readyz and /metrics over HTTP, off unless a port is set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.client.bot import StudyBot
from bot.services.bundle import Services


@asynccontextmanager
async def serving(bot: StudyBot, services: Services, host: str, port: int) -> AsyncIterator[int]:
    """Answer probes while inside; yields the port in use, 0 when none is set."""
    if not port:
        yield 0
        return
    runner = web.AppRunner(probes(bot, services), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield port
    finally:
        await runner.cleanup()


def probes(bot: StudyBot, services: Services) -> web.Application:
    """The three pages."""

    async def health(_: web.Request) -> web.Response:
        silent = await services.duties.silent()
        if silent or bot.silent_too_long():
            lines = [f"{one.duty} has not finished for {one.seconds} s" for one in silent]
            return web.Response(status=503, text="\n".join(lines) or "the gateway is away")
        return web.Response(text="ok")

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ready") if bot.is_ready() else web.Response(status=503, text="not ready")

    async def metrics(_: web.Request) -> web.Response:
        registry = CollectorRegistry()
        Gauge("reps_ready", "Whether the gateway is connected.", registry=registry).set(bot.is_ready())
        Gauge("reps_servers", "Servers this process sees.", registry=registry).set(len(bot.guilds))
        silent = Gauge(
            "reps_duty_silent_seconds", "Duties that missed two beats.", ["duty"], registry=registry
        )
        for one in await services.duties.silent():
            silent.labels(one.duty).set(one.seconds)
        due, missed = await services.deliveries.counts()
        Gauge("reps_deliveries_due", "Deliveries that are due and not out yet.", registry=registry).set(due)
        Gauge("reps_deliveries_missed", "Deliveries recorded as missed.", registry=registry).set(missed)
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", health), web.get("/readyz", ready), web.get("/metrics", metrics)])
    return app
