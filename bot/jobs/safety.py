"""Reports: telling the moderators of each once, and erasing them in time."""

from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.safety import alert_card, alert_marker


async def tell(desk: Desk, due: Due) -> None:
    """Post that a report came in, where the server wants to be alerted; without such a place there is only the list."""
    assert due.subject_id is not None
    channel_id = await desk.services.safety.alert_channel(due.subject_id)
    if channel_id is not None and await earlier(desk, due, alert_marker(due.subject_id), channel_id) is None:
        await desk.poster.post(channel_id, alert_card(due.subject_id), nonce=nonce_of(due.key))
    await desk.services.deliveries.done("timers", due)


async def forget(desk: Desk) -> None:
    """Erase what has been kept long enough."""
    await desk.services.safety.forget()
