"""People who recite to each other: put together, in their room, pressing what they see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
from sqlalchemy import select

from bot.client.posting import custom_ids
from bot.domain.recitation import Medium
from bot.services.recitation.arranging import arrange
from bot.services.recitation.opening import open_room
from bot.storage.tables import Member, Recitation, Server
from tests.support.concepts import concept_bank
from tests.support.world import World, said, words, world

MARKS: dict[str, Any] = {
    "covered": ["0", "2"],
    "clarity": "3",
    "depth": "2",
    "follow_ups": "3",
    "improve": "Say *when* it fails",
}

ZONES = ("Europe/Berlin", "Asia/Tokyo", "America/New_York")


class Circle:
    """Two or three people of a hall, who may press in the room of their recitation."""

    def __init__(self, hall: World, *names: str) -> None:
        self.hall = hall
        self.people = [hall.member(name) for name in names]
        self.id = 0

    async def join(self, medium: Medium = "typed", *, opened: bool = True) -> None:
        """Have everybody take part, put them together in the order named, and open their room."""
        for one, zone in zip(self.people, ZONES, strict=False):
            await one.slash(self.hall.channel, "me settings", zone=zone)
        self.id = await self.again(medium)
        if opened:
            await self.open()

    async def again(self, medium: Medium = "typed") -> int:
        """Put the same people together once more."""
        now, ids = self.hall.now(), [one.id for one in self.people]

        def work(db: Any) -> int:
            taking_part = select(Member.discord_id, Member.id).where(Member.discord_id.in_(ids))
            members = dict(db.execute(taking_part).all())
            server_id = db.scalars(select(Server.id)).first()
            return arrange(
                db,
                server_id=server_id,
                channel_id=self.hall.channel.id,
                origin="lobby",
                mode="live",
                medium=medium,
                member_ids=[members[id] for id in ids],
                now=now,
            )

        return await self.hall.house.database.write(work)

    async def open(self) -> None:
        now = self.hall.now()
        await self.hall.house.database.write(lambda db: open_room(db, self.id, now))
        await self.hall.rounds()

    @property
    def thread(self) -> Any:
        (thread,) = [one for one in self.hall.channel.threads if f"r{self.id}" in (one.name or "")]
        return thread

    @property
    def card(self) -> discord.Message:
        """The newest card of the room."""
        return self.cards[-1]

    @property
    def cards(self) -> list[discord.Message]:
        """Every card that still has its buttons."""
        return [
            message
            for message in self.thread.history()
            if any(name.startswith("recite.more:") for name in custom_ids(message))
        ]

    @property
    def said(self) -> list[str]:
        """Everything in the thread, oldest first."""
        return [words(message) for message in self.thread.history()]

    @property
    def shown(self) -> str:
        return words(self.card)

    async def row(self) -> Recitation:
        """The recitation's own row."""
        return await self.hall.house.database.read(lambda db: db.get_one(Recitation, self.id))

    async def press(self, who: Any, label: str) -> str:
        """Press a button of the newest card; what came back privately, or the card as it is then."""
        result = await who.click(self.card, label=label)
        await self.hall.rounds()
        return told(result)

    async def more(self, who: Any, label: str) -> Any:
        """Press something under *More*."""
        opened = await who.click(self.card, label="More")
        result = await who.click(opened.response, label=label)
        await self.hall.rounds()
        return result

    async def mark(self, who: Any, **marks: Any) -> Any:
        """Give feedback."""
        form = await who.click(self.card, label="Give feedback")
        result = await who.submit_modal(form, MARKS | marks)
        await self.hall.rounds()
        return result

    async def recite(self, reciter: Any, listener: Any, *, seconds: float = 120, marks: bool = True) -> None:
        """One turn, from beginning to the feedback."""
        await self.press(reciter, "I begin")
        await self.hall.env.advance_time(seconds)
        await self.press(reciter, "Finished")
        if marks:
            await self.mark(listener)


def told(result: Any) -> str:
    """What somebody is told privately; where they are told nothing, the card as it is then."""
    return said(result.followups[-1] if result.followups else result)


@asynccontextmanager
async def circle_of(folder: Path, *names: str) -> AsyncIterator[Circle]:
    """People in a hall over a few concepts, who have not been put together yet."""
    url = f"sqlite+aiosqlite:///{folder / 'reps.db'}"
    async with world(url, bank=concept_bank(folder / "bank")) as hall:
        await hall.admin.slash(hall.channel, "setup start")
        yield Circle(hall, *names)
