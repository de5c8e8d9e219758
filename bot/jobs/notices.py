"""Notices going out: the timer of a question whose time to be reminded of has come, and those of its people."""

import structlog

from bot.client.cards import Card
from bot.client.posting import Unpostable, Unreachable
from bot.domain.notices import QUESTION
from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.notices import reminder_card, reminder_marker

log = structlog.get_logger()


async def call(desk: Desk, due: Due) -> None:
    """Set the timers of everybody who asked to be reminded of a question."""
    log.info("reminders set", people=await desk.services.notices.call(due))


async def tell(desk: Desk, due: Due) -> None:
    """Remind one person of an open question."""
    reminder = await desk.services.notices.reminder(due)
    if reminder is not None:
        face = reminder_card(reminder)
        await tell_directly(desk, due, QUESTION, reminder.discord_id, face, reminder_marker(reminder))


async def tell_directly(desk: Desk, due: Due, kind: str, discord_id: int, card: Card, marker: str) -> None:
    """Send one person a direct message, once; a person who takes none is not tried again."""
    notices = desk.services.notices
    try:
        channel_id = await desk.poster.direct(discord_id)
        if await earlier(desk, due, marker, channel_id) is None:
            await desk.poster.post(channel_id, card, nonce=nonce_of(due.key))
    except Unreachable:
        await notices.unreachable(due, kind)
    except Unpostable as error:
        # Raised further the staff would hear of it, and what somebody asked for is nobody else's business.
        log.warning("not reminded", reason=error.reason)
        await notices.told(due)
    else:
        await notices.told(due)
