"""Rooms being closed: a voice room that is empty, and any room that is done with."""

from bot.domain.schedules import Due
from bot.jobs.desk import Desk


async def look(desk: Desk, due: Due) -> None:
    """Close a room that is over or empty; one with people in it is looked at again."""
    assert due.subject_id is not None
    rooms = desk.services.rooms
    room = await rooms.known(due.subject_id)
    if room is not None and room.discord_id is not None:
        if not room.over:
            inside = desk.rooms.inside(room.guild_id, room.discord_id)
            if inside:
                await rooms.look_again(due)
                return
            if inside is None:
                # Another process sees the server, or none for the moment.
                await desk.services.deliveries.retry("timers", due)
                return
        if not await desk.rooms.close(room.kind, room.discord_id):
            await desk.services.deliveries.retry("timers", due)
            return
        await rooms.closed(room.id)
    await desk.services.deliveries.done("timers", due)
