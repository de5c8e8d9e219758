"""Digests going out: the handler of kind `digest`."""

from bot.client.cards import Card
from bot.domain.schedules import Due
from bot.jobs.desk import Desk
from bot.ui.board import digest_card, digest_marker


class DigestPost:
    """A server's week, posted once."""

    async def marker(self, desk: Desk, due: Due) -> str | None:
        return digest_marker(due.id)

    async def card(self, desk: Desk, due: Due) -> Card:
        return await digest_card(await desk.services.digests.read(due), due.id)

    async def posted(self, desk: Desk, due: Due, message_id: int) -> bool:
        return await desk.services.digests.posted(due, message_id)
