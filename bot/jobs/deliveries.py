"""The duty that posts what is due and sets off timers: claims rows, hands each to its kind's handler."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.client.posting import PASSING, Unpostable
from bot.domain.errors import Refusal
from bot.domain.schedules import Due
from bot.jobs.desk import Desk, PostHandler
from bot.services.deliveries import Missed, Queue, nonce_of
from bot.ui.setup import missed_card

log = structlog.get_logger()

# Discord remembers a nonce for "the past few minutes"; within this it is enough by itself.
NONCE_TRUSTED = timedelta(seconds=60)
# Snowflakes carry Discord's time, the first attempt carries ours, which may have been an hour ahead.
CLOCK_SLACK = timedelta(minutes=65)
AT_ONCE = 50
# One slow answer of Discord's must not hold up the other servers for long, nor outlive the lease.
ATTEMPT_SECONDS = 20
TOO_LATE = "I could not post it within six hours, or before the next one was due"


async def look(desk: Desk, alive: Callable[[], Awaitable[None]]) -> None:
    """One round: plan what came due, then post and set off until nothing is left that can go out now.

    `alive` is called after each batch: a storm is no stuck duty.
    """
    deliveries = desk.services.deliveries
    if await deliveries.idle():
        return
    while await deliveries.plan():
        pass
    for queue in ("deliveries", "timers"):
        while due := await deliveries.claim(queue, AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for one in due:
                    group.create_task(_carefully(desk, queue, one))
            await alive()


async def _carefully(desk: Desk, queue: Queue, due: Due) -> None:
    structlog.contextvars.bind_contextvars(due=due.key, kind=due.kind, attempt=due.attempts)
    try:
        await _attempt(desk, queue, due)
    except Exception:
        # Raised further it would cancel the neighbours in the middle of their posts. The lease lapses by itself.
        log.exception("neither settled nor given back")


async def _attempt(desk: Desk, queue: Queue, due: Due) -> None:
    try:
        async with asyncio.timeout(ATTEMPT_SECONDS):
            if queue == "deliveries":
                await _deliver(desk, due)
            else:
                await desk.timers[due.kind](desk, due)
    except Unpostable as error:
        await _miss(desk, queue, due, error.reason)
    except Refusal as error:
        await _miss(desk, queue, due, error.sentence)
    except PASSING as error:
        log.warning("will try again", error=repr(error))
        await _again(desk, queue, due)
    except Exception:
        # A fault of ours: it must neither stop the round nor be tried in a tight loop.
        log.exception("delivery failed")
        await _again(desk, queue, due)


async def _again(desk: Desk, queue: Queue, due: Due) -> None:
    known = due.kind in (desk.posts if queue == "deliveries" else desk.timers)
    if due.stale and (queue == "timers" or not known):
        await _miss(desk, queue, due, "I tried for too long")
    else:
        await desk.services.deliveries.retry(queue, due)


async def _deliver(desk: Desk, due: Due) -> None:
    handler = desk.posts[due.kind]
    message_id = await earlier(desk, due, await _marker(desk, handler, due), due.channel_id)
    if message_id is None:
        if due.stale:
            await _miss(desk, "deliveries", due, TOO_LATE)
            return
        card = await handler.card(desk, due)
        if not await desk.services.deliveries.holds("deliveries", due):
            return
        assert due.channel_id is not None
        message_id = await desk.poster.post(due.channel_id, card, nonce=nonce_of(due.key))
    if await handler.posted(desk, due, message_id):
        desk.metrics.posted((desk.clock.now() - due.due_at).total_seconds(), late=due.late)
    else:
        log.info("another holder settled it")


async def _marker(desk: Desk, handler: PostHandler, due: Due) -> str | None:
    return await handler.marker(desk, due) if due.attempts > 1 else None


async def earlier(desk: Desk, due: Due, marker: str | None, channel_id: int | None) -> int | None:
    """The message an earlier attempt got through, once the nonce can no longer be trusted to find it (D1)."""
    if marker is None or channel_id is None or due.attempts <= 1:
        return None
    # A first attempt in the future was made by a clock that has been set back since: nobody knows how long ago.
    ago = desk.clock.now() - due.first_attempt_at
    if not due.stale and timedelta() <= ago < NONCE_TRUSTED:
        return None
    return await desk.poster.find(channel_id, marker, after=due.first_attempt_at - CLOCK_SLACK)


async def _miss(desk: Desk, queue: Queue, due: Due, reason: str) -> None:
    missed = await desk.services.deliveries.miss(queue, due, reason)
    log.warning("missed", reason=reason, settled=missed is not None)
    if missed is not None:
        if queue == "deliveries":
            desk.metrics.missed()
        await _tell_staff(desk, due, missed)


async def _tell_staff(desk: Desk, due: Due, missed: Missed) -> None:
    if missed.alert_channel_id is None:
        return
    card = missed_card(missed.kind, missed.due_at, missed.reason)
    try:
        await desk.poster.post(missed.alert_channel_id, card, nonce=nonce_of(f"miss:{due.key}"))
    except (Unpostable, *PASSING) as error:
        # The set-up card still shows the miss; telling must not turn into a second failure.
        log.warning("staff not told", error=repr(error))
