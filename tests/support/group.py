"""A study group with a past: six people who answered, and a revealed question two of them explained."""

from typing import Any

from tests.support.study import practise, week_of_answers
from tests.support.world import World, said, words

DAY = 86_400


class Group:
    """The people of the hall, and the discussion they take part in."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.people = [hall.member(name) for name in ("Bonaparte", "Cy", "Di", "Ed", "Flo", "Gus")]
        self.bo, self.cy = self.people[:2]

    async def study(self) -> None:
        await week_of_answers(self.hall, *((who, 1) for who in self.people))
        await practise(self.bo, self.hall.channel)
        await self.hall.admin.slash(self.hall.channel, "setup schedule pause", number=1)
        await self.hall.skip(DAY + 60)
        (reveal,) = [one for one in self.hall.channel.history() if words(one).startswith("## Answer")]
        for who in (self.bo, self.cy):
            opened = await who.click(reveal, label="Explain it in your words")
            await who.submit_modal(opened, {"text": f"As {who.name} sees it"})
        (theirs,) = [one for one in self.thread.history() if "Cy explains" in words(one)]
        await self.bo.click(theirs, label="This helped me most")

    @property
    def thread(self) -> Any:
        (thread,) = self.hall.channel.threads
        return thread

    def explained(self) -> list[str]:
        return [words(one) for one in self.thread.history() if "explains" in words(one)]

    async def board(self) -> str:
        return said(await self.cy.slash(self.hall.channel, "leaderboard"))

    async def confirm(self, who: Any, typed: str) -> Any:
        card = await who.slash(self.hall.channel, "me data delete")
        opened = await who.click(card.response, label="Delete everything")
        return await who.submit_modal(opened, {"word": typed})
