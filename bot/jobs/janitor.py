"""The janitor: closes rooms whose time is over, also those a crash left behind, and sweeps what was left lying."""

import structlog

from bot.jobs.desk import Desk

log = structlog.get_logger()


async def sweep(desk: Desk) -> None:
    """Close every overdue room; one that cannot be closed now is tried again next time. Then sweep the drafts,
    and plan the meetings that are near."""
    for room in await desk.services.rooms.overdue():
        if room.discord_id is None or await desk.rooms.close(room.kind, room.discord_id):
            await desk.services.rooms.closed(room.id)
        else:
            log.warning("room not closed", room=room.id)
    await desk.services.schedules.sweep()
    await desk.services.suggestions.sweep()
    await desk.services.problems.sweep()
    await desk.services.bank_files.sweep()
    await desk.services.meeting_turns.plan_ahead()
