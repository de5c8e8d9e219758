"""Notices going out: the timer of a question whose time to be reminded of has come, and those of its people."""

import structlog

from bot.client.posting import Unpostable, Unreachable
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
    """Remind one person by direct message, once; a person who takes none is not tried again."""
    notices = desk.services.notices
    reminder = await notices.reminder(due)
    if reminder is None:
        return
    try:
        channel_id = await desk.poster.direct(reminder.discord_id)
        if await earlier(desk, due, reminder_marker(reminder), channel_id) is None:
            await desk.poster.post(channel_id, reminder_card(reminder), nonce=nonce_of(due.key))
    except Unreachable:
        await notices.unreachable(due)
    except Unpostable as error:
        # Raised further the staff would hear of it, and what somebody asked for is nobody else's business.
        log.warning("not reminded", reason=error.reason)
        await notices.told(due)
    else:
        await notices.told(due)
