"""The lobby's timer: somebody has waited long enough to ask for less, or too long without a sign of life."""

import structlog

from bot.client.membership import Membership
from bot.domain.schedules import Due
from bot.jobs.desk import Desk

log = structlog.get_logger()


async def look(membership: Membership, desk: Desk, due: Due) -> None:
    """Look for a partner once more; the room that opens tells both of them."""
    people = await desk.services.lobby.people(due)
    if people is not None and len(people.discord_ids) > 1:
        # Who is gone is noted and left out. Where another process hears of the server, what is known must do.
        await membership.check(people.guild_id, people.discord_ids)
    recitation_id = await desk.services.lobby.look(due)
    if recitation_id is not None:
        log.info("paired in the lobby", recitation=recitation_id)
