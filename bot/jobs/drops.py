"""Questions going out and being revealed: the handlers of kind `question` and timer `drop.reveal`."""

from dataclasses import replace

from bot.client.cards import Card
from bot.client.posting import Unpostable
from bot.domain.drops import OpenDrop
from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.answers import marker
from bot.ui.drops import closed_card, drop_card, reveal_card, reveal_marker, thread_name


class QuestionPost:
    """A daily question: chosen once, posted once."""

    async def marker(self, desk: Desk, due: Due) -> str | None:
        drop = await desk.services.drops.known(due)
        return marker(drop) if drop else None

    async def card(self, desk: Desk, due: Due) -> Card:
        # Late is what this attempt is; the first one, which chose the question, may have been in time.
        return drop_card(replace(await desk.services.drops.prepare(due), late=due.late))

    async def posted(self, desk: Desk, due: Due, message_id: int) -> bool:
        drop: OpenDrop = await desk.services.drops.prepare(due)
        return await desk.services.drops.posted(due, drop, message_id)


async def reveal(desk: Desk, due: Due) -> None:
    """Close a question, post its answer, open the discussion, and redraw the question's own message."""
    assert due.subject_id is not None
    drops = desk.services.drops
    found = await drops.close(due.subject_id)
    if found is None:
        await drops.revealed(due, None, None)
        return
    channel_id = found.drop.channel_id
    message_id = await earlier(desk, due, reveal_marker(due.subject_id), channel_id)
    if message_id is None:
        message_id = await desk.poster.post(channel_id, await reveal_card(found), nonce=nonce_of(due.key))
    thread_id: int | None
    try:
        thread_id = await desk.poster.open_thread(channel_id, message_id, thread_name(found.drop))
    except Unpostable:
        # The answer is out; without the permission there is simply no thread, as the set-up card says.
        thread_id = None
    if found.drop.message_id is not None:
        await desk.poster.edit(channel_id, found.drop.message_id, closed_card(found, message_id))
    await drops.revealed(due, message_id, thread_id)
