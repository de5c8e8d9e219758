"""Async recitations going on: what somebody hands in, asks or replies is posted, and the card says what is left."""

import structlog

from bot.client.posting import Unpostable
from bot.domain.exchange import Exchange, Posting
from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.recitation.exchange import (
    exchange_card,
    nudge_card,
    nudge_marker,
    posting_card,
    posting_marker,
)

log = structlog.get_logger()


async def post(desk: Desk, due: Due) -> None:
    """Post what somebody handed in, asked or replied, once, and bring the card up to date."""
    exchanges = desk.services.exchanges
    posting = await exchanges.to_post(due)
    if posting is None or posting.exchange.thread_id is None:
        await desk.services.deliveries.done("timers", due)
        return
    thread_id = posting.exchange.thread_id
    try:
        message_id = await earlier(desk, due, posting_marker(posting), thread_id)
        if message_id is None:
            recording = await _recording(desk, due, posting)
            if posting.recording is not None and recording is None:
                return
            message_id = await desk.poster.post(
                thread_id, posting_card(posting, recording), nonce=nonce_of(due.key)
            )
    except Unpostable as error:
        log.info("the thread is gone or closed to us", thread=thread_id, reason=error.reason)
        await desk.services.recitations.thread_gone(posting.exchange.id)
        await desk.services.deliveries.done("timers", due)
        return
    exchange = await exchanges.posted(due, posting, message_id)
    if exchange is not None:
        await _redraw(desk, exchange)


async def _recording(desk: Desk, due: Due, posting: Posting) -> bytes | None:
    """The recording to post; None where there is none, and where Discord lost it, which is noted."""
    if posting.recording is None:
        return None
    try:
        return await desk.poster.fetch(posting.recording)
    except Unpostable:
        log.warning("a recording is gone before it was posted")
        await desk.services.exchanges.lost(due, posting)
        return None


async def _redraw(desk: Desk, exchange: Exchange) -> None:
    if exchange.open and exchange.thread_id is not None and exchange.message_id is not None:
        await desk.poster.edit(exchange.thread_id, exchange.message_id, exchange_card(exchange))


async def nudge(desk: Desk, due: Due) -> None:
    """Ask those who owe something, once, a day before it closes."""
    exchange = await desk.services.exchanges.to_nudge(due)
    if exchange is not None and exchange.thread_id is not None:
        try:
            if await earlier(desk, due, nudge_marker(exchange), exchange.thread_id) is None:
                await desk.poster.post(exchange.thread_id, nudge_card(exchange), nonce=nonce_of(due.key))
        except Unpostable as error:
            log.info("nobody nudged", thread=exchange.thread_id, reason=error.reason)
    await desk.services.deliveries.done("timers", due)
