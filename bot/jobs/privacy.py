"""Erasing in time: whoever asked for it, whoever left a week ago, and servers that removed Reps."""

from datetime import timedelta

import structlog

from bot.client.membership import Membership
from bot.client.posting import PASSING, may_pass
from bot.domain.schedules import Due
from bot.jobs.desk import Desk
from bot.services.privacy import Privacy

log = structlog.get_logger()

# A round ends in time for its heartbeat: so many servers, of which so many may stay silent, and so many slices.
SERVERS_AT_ONCE = 50
GIVES_UP_AFTER = 5
SLICES_AT_ONCE = 1_000
# A message that Discord will not delete holds up the rest for so long; all of it is promised within a day.
WAITS_FOR_DISCORD = timedelta(hours=12)


async def erase(desk: Desk, due: Due) -> None:
    """Take down what the bot posted for somebody, then erase them; each step may be repeated."""
    privacy = desk.services.privacy
    waited_enough = desk.clock.now() - due.due_at > WAITS_FOR_DISCORD
    while messages := await privacy.posted(due):
        for posted in messages:
            try:
                await desk.poster.delete(posted.channel_id, posted.message_id)
            except PASSING as error:
                if may_pass(error) and not waited_enough:
                    raise
                log.warning("message left behind", message=posted.message_id, error=repr(error))
            await privacy.taken_down(posted)
    await privacy.erase(due)


async def purge(membership: Membership, desk: Desk, due: Due) -> None:
    """Erase somebody who left a week ago, unless Discord says now that they are back."""
    assert due.subject_id is not None
    privacy = desk.services.privacy
    guild_id = await privacy.unconfirmed(due)
    if guild_id is not None and not await membership.absent(guild_id, due.subject_id):
        await privacy.note(guild_id, here=(due.subject_id,), gone=())
        return
    await erase(desk, due)


async def look(privacy: Privacy, membership: Membership) -> None:
    """One round: ask for the people of servers whose turn has come, and erase servers left a week ago."""
    unanswered = 0
    for _ in range(SERVERS_AT_ONCE):
        guild_id = await privacy.next_to_ask(membership.shards())
        if guild_id is None:
            break
        if await membership.check(guild_id, await privacy.people(guild_id)) is not None:
            await privacy.asked(guild_id)
        elif (unanswered := unanswered + 1) == GIVES_UP_AFTER:
            break
    for _ in range(SLICES_AT_ONCE):
        if not await privacy.erase_servers():
            break
