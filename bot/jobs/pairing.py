"""Rounds going out: the handler of kind `round`, and the timers of its later messages, its reminders and its end."""

from typing import Final

from bot.client.cards import Card
from bot.client.membership import Membership
from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.pairing.rounds import (
    more_card,
    more_marker,
    reminder_card,
    reminder_marker,
    round_card,
    round_marker,
)

# Only the process whose gateway hears of a server can ask who is still in it; so often the round waits for that one.
LOOKED_FOR: Final = 3


class AskedInVain(OSError):
    """Nobody knows who is still in the server: passing trouble, so that another process may take the round."""


class RoundPost:
    """A recitation round: its pairs made once, and posted once."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    async def marker(self, desk: Desk, due: Due) -> str | None:
        part = await desk.services.pairing.known(due)
        return round_marker(part) if part else None

    async def card(self, desk: Desk, due: Due) -> Card:
        called = await desk.services.pairing.called(due)
        if called is not None and called[1]:
            asked = await self._membership.check(*called)
            if asked is None and due.attempts <= LOOKED_FOR:
                raise AskedInVain
        return round_card(await desk.services.pairing.prepare(due), late=due.late)

    async def posted(self, desk: Desk, due: Due, message_id: int) -> bool:
        return await desk.services.pairing.posted(due, await desk.services.pairing.prepare(due), message_id)


async def more(desk: Desk, due: Due) -> None:
    """Post the next lines of a large round."""
    part = await desk.services.pairing.part(due)
    message_id = None
    if part is not None:
        message_id = await earlier(desk, due, more_marker(part), part.channel_id)
        if message_id is None:
            message_id = await desk.poster.post(part.channel_id, more_card(part), nonce=nonce_of(due.key))
    await desk.services.pairing.told(due, part, message_id)


async def draw_again(desk: Desk, due: Due) -> None:
    """Take the names of people from a round's message who were erased."""
    found = await desk.services.pairing.stands(due)
    if found is not None:
        face = round_card(found.part, late=found.late) if found.first else more_card(found.part)
        await desk.poster.edit(found.part.channel_id, found.message_id, face)
    await desk.services.deliveries.done("timers", due)


async def remind(desk: Desk, due: Due) -> None:
    """Remind those who have not begun, once."""
    part = await desk.services.pairing.remind(due)
    if part is not None and await earlier(desk, due, reminder_marker(part), part.channel_id) is None:
        await desk.poster.post(part.channel_id, reminder_card(part), nonce=nonce_of(due.key))
    await desk.services.pairing.told(due, part)


async def close(desk: Desk, due: Due) -> None:
    """End what nobody has begun."""
    await desk.services.pairing.close(due)
