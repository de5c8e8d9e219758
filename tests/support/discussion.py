"""A revealed question and its thread, where people explain it to each other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord

from tests.support.world import World, choice_item, lay_bank, said, words, world

DAY = 86_400


class Discussion:
    """A revealed question with its thread."""

    def __init__(self, hall: World, question: discord.Message, reveal: discord.Message) -> None:
        self.hall, self.question, self.reveal = hall, question, reveal

    @property
    def thread(self) -> Any:
        (thread,) = self.hall.channel.threads
        return thread

    def posted(self) -> list[discord.Message]:
        """The explanations in the thread, oldest first."""
        return [message for message in self.thread.history() if "explains" in words(message)]

    async def explain(self, who: Any, text: str) -> Any:
        opened = await who.click(self.reveal, label="Explain it in your words")
        return await who.submit_modal(opened, {"text": text})

    async def vote(self, who: Any, message: discord.Message) -> str:
        return said(await who.click(message, label="This helped me most"))

    async def listed(self, who: Any) -> str:
        # The select below the list has no words of its own.
        return said(await who.click(self.reveal, label="Explanations")).rstrip()


@asynccontextmanager
async def revealed(folder: Path) -> AsyncIterator[Discussion]:
    """A question that was posted yesterday and has just been revealed."""
    bank = lay_bank(folder / "bank", {"sql/one": choice_item("Wrong", "+Right", title="Which one?")})
    async with world(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank=bank) as hall:
        question = await hall.post_question()
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        await hall.skip(DAY + 60)
        (reveal,) = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
        yield Discussion(hall, question, reveal)
