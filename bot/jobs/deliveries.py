"""The duty that posts what is due and sets off timers: claims rows, hands each to its kind's handler."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

import structlog

from bot.client.cards import Card
from bot.client.posting import PASSING, Unpostable, Vanished
from bot.client.weather import ROOM
from bot.domain.errors import Refusal
from bot.domain.permissions import check
from bot.domain.schedules import Due
from bot.jobs.desk import Desk, PostHandler
from bot.services.deliveries import REFUSED_WITHIN, Missed, Queue, nonce_of
from bot.services.troubles import Untold
from bot.ui.permissions import missed_card

log = structlog.get_logger()

# Discord remembers a nonce for "the past few minutes"; within this it is enough by itself.
NONCE_TRUSTED = timedelta(seconds=60)
# Snowflakes carry Discord's time, the first attempt carries ours, which may have been an hour ahead.
CLOCK_SLACK = timedelta(minutes=65)
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
    missed: list[Missed] = []
    for queue in ("deliveries", "timers"):
        missed += await _empty(desk, queue, alive)
    desk.metrics.paused_until = desk.weather.paused_until
    # After the round, so that an outage of a week is one message and not seven.
    servers = list(_by_server(missed).items())
    for first in range(0, len(servers), ROOM):
        async with asyncio.TaskGroup() as group:
            for server_id, theirs in servers[first : first + ROOM]:
                group.create_task(_tell_staff(desk, server_id, theirs))


async def _empty(desk: Desk, queue: Queue, alive: Callable[[], Awaitable[None]]) -> list[Missed]:
    """Attempt what is due, a few rows under way at once, so that a slow one holds up no other; what was missed."""
    missed: list[Missed] = []
    under_way: set[asyncio.Task[Missed | None]] = set()
    more = True
    async with asyncio.TaskGroup() as group:
        while more or under_way:
            # Half a room at a time: claiming is a write.
            if more and len(under_way) <= ROOM // 2:
                room = desk.weather.room(desk.clock.now()) - len(under_way)
                due = await desk.services.deliveries.claim(queue, room) if room > 0 else ()
                under_way |= {group.create_task(_carefully(desk, queue, one)) for one in due}
                if due:
                    await alive()
                # A full room is asked again when one is done; an empty one has nothing due, or is a pause.
                more = bool(due) or bool(under_way and room <= 0)
            if under_way:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                missed += filter(None, (attempt.result() for attempt in done))
                # What it led to may be due at once: a part that begins is told of, and a few more people are moved.
                more = True
    return missed


def _by_server(missed: Iterable[Missed]) -> dict[int, list[Missed]]:
    found: dict[int, list[Missed]] = {}
    for one in missed:
        found.setdefault(one.due.server_id, []).append(one)
    return found


async def _carefully(desk: Desk, queue: Queue, due: Due) -> Missed | None:
    structlog.contextvars.bind_contextvars(due=due.key, kind=due.kind, attempt=due.attempts)
    try:
        return await _attempt(desk, queue, due)
    except Exception:
        # Raised further it would cancel the neighbours in the middle of their posts. The lease lapses by itself.
        log.exception("neither settled nor given back")
        return None


async def _attempt(desk: Desk, queue: Queue, due: Due) -> Missed | None:
    """Let one row go out; what is returned will not, and the staff should hear of it."""
    went: bool | None = True
    try:
        async with asyncio.timeout(ATTEMPT_SECONDS):
            if queue == "timers":
                went = await desk.timers[due.kind](desk, due)
            elif not await _deliver(desk, due):
                return await _miss(desk, queue, due, TOO_LATE)
    except Unpostable as error:
        if _patient(desk, due) and not isinstance(error, Vanished):
            return await desk.services.deliveries.wait(due, error.reason)
        return await _miss(desk, queue, due, error.reason)
    except Refusal as error:
        return await _miss(desk, queue, due, error.sentence)
    except PASSING as error:
        log.warning("will try again", error=repr(error))
        return await _again(desk, queue, due)
    except Exception:
        # A fault of ours: it must neither stop the round nor be tried in a tight loop.
        log.exception("delivery failed")
        return await _again(desk, queue, due)
    if due.troubled and went is not False:
        await desk.services.troubles.over(due)
    return None


async def _again(desk: Desk, queue: Queue, due: Due) -> Missed | None:
    known = due.kind in (desk.posts if queue == "deliveries" else desk.timers)
    if due.stale and (queue == "timers" or not known) and not _patient(desk, due):
        return await _miss(desk, queue, due, "I tried for too long")
    await desk.services.deliveries.retry(queue, due)
    return None


def _patient(desk: Desk, due: Due) -> bool:
    return due.kind in desk.patient and desk.clock.now() - due.first_attempt_at < REFUSED_WITHIN


async def _deliver(desk: Desk, due: Due) -> bool:
    """Post a delivery and settle it, unless another holder does; False when it is too late to post it."""
    handler, way = desk.posts[due.kind], desk.ways.get(due.kind, MESSAGE)
    message_id = await way.find(desk, due, await _marker(desk, handler, due))
    if message_id is None:
        if due.stale:
            return False
        card = await handler.card(desk, due)
        if not await desk.services.deliveries.holds("deliveries", due):
            return True
        message_id = await way.send(desk, due, card)
    if await handler.posted(desk, due, message_id):
        desk.metrics.posted((desk.clock.now() - due.due_at).total_seconds(), late=due.late)
    else:
        log.info("another holder settled it")
    return True


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


async def say_once(desk: Desk, due: Due, channel_id: int, card: Card, marker: str) -> int:
    """Post one of the messages of a timer, unless an earlier attempt got it through; its id."""
    message_id = await earlier(desk, due, marker, channel_id)
    if message_id is None:
        message_id = await desk.poster.post(channel_id, card, nonce=nonce_of(f"{due.key}:{marker}"))
    return message_id


class Message:
    """The way most posts go out."""

    async def find(self, desk: Desk, due: Due, marker: str | None) -> int | None:
        return await earlier(desk, due, marker, due.channel_id)

    async def send(self, desk: Desk, due: Due, card: Card) -> int:
        assert due.channel_id is not None
        return await desk.poster.post(due.channel_id, card, nonce=nonce_of(due.key))


MESSAGE = Message()


async def _miss(desk: Desk, queue: Queue, due: Due, reason: str) -> Missed | None:
    missed = await desk.services.deliveries.miss(queue, due, reason)
    log.warning("missed", reason=reason, settled=missed is not None)
    if missed is not None and queue == "deliveries":
        desk.metrics.missed()
    return missed


async def _tell_staff(desk: Desk, server_id: int, missed: list[Missed]) -> None:
    """Tell a server's staff in one message what did not go out and is news to them."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(server=server_id)
    try:
        async with asyncio.timeout(ATTEMPT_SECONDS):
            untold = await desk.services.troubles.untold(server_id, missed)
            if untold.missed and await _told(desk, untold):
                await desk.services.troubles.told(server_id, untold.missed)
    except PASSING as error:
        # The set-up card still shows the miss; telling must not turn into a second failure.
        log.warning("staff not told", error=repr(error))
    except Exception:
        log.exception("staff not told")


async def _told(desk: Desk, untold: Untold) -> bool:
    setup = untold.setup
    sight = desk.guilds.sight(setup)
    card = missed_card(untold.missed, check(setup, sight) if sight else None)
    nonce = nonce_of(f"miss:{max(untold.missed, key=lambda one: one.due.due_at).due.key}")
    places = (setup.alert_channel_id, setup.channel_id, desk.guilds.writable(setup.guild_id))
    for place in dict.fromkeys(filter(None, places)):
        try:
            await desk.poster.post(place, card, nonce=nonce)
        except Unpostable as error:
            log.info("staff not reached here", channel=place, reason=error.reason)
        else:
            return True
    log.warning("staff not told", error="no channel takes a message")
    return False
