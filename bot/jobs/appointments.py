"""Appointments coming near: the timer of each one who agreed on one."""

from bot.domain.notices import APPOINTMENT
from bot.domain.schedules import Due
from bot.jobs.desk import Desk
from bot.jobs.notices import tell_directly
from bot.ui.appointments import call_card, call_marker


async def remind(desk: Desk, due: Due) -> None:
    """Remind one person by direct message, once; a person who takes none is not tried again."""
    call = await desk.services.appointments.call(due)
    if call is not None:
        await tell_directly(desk, due, APPOINTMENT, call.discord_id, call_card(call), call_marker(call))
