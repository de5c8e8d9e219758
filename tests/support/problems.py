"""A server with a group problem: a bank with one or two, people who propose, respond and vote."""

from pathlib import Path
from typing import Any

import discord

from tests.support.study import command
from tests.support.world import World, lay_bank, said, words

HOUR = 3600
DAY = 24 * HOUR


def problem_item(
    title: str = "Two clinics", *, track: str = "both", case: str = "Which clinic is better?", data: str = ""
) -> str:
    """A group problem as a file of the bank."""
    shown = f"\n## Data\n{data}\n" if data else ""
    return (
        f'---\nkind: problem\ntitle: {title}\ntrack: {track}\ndifficulty: 3\nsources:\n  - "A book, ch. 1"\n'
        f"minutes: 40\n---\n\n## Case\n{case}\n{shown}\n## Hints\n1. Look at the groups.\n2. Weigh them.\n"
        "3. Ask what was left out.\n\n## Model solution\nSealed: compare within each group.\n\n"
        "## Pitfalls\n- Adding the groups up.\n\n## Strong answer\n- Names the confounder.\n- Weighs by group.\n"
    )


def problem_bank(folder: Path, **more: str) -> Path:
    """A bank of two group problems."""
    return lay_bank(
        folder,
        {"sql/two-clinics": problem_item(), "gpu/too-slow": problem_item("Too slow a GPU", track="mle")}
        | more,
    )


class Evening:
    """One group problem in a world, and what people do with it."""

    def __init__(self, hall: World) -> None:
        self.hall = hall

    async def post(self, channel: Any = None, **options: Any) -> discord.Message:
        """The admin posts a problem; its message."""
        shown = await command(
            self.hall, self.hall.admin, "problem post", channel=self.hall.channel, **options
        )
        self.preview = said(shown)
        await self.hall.admin.click(shown.response, label="Post")
        await self.hall.rounds()
        self.card_channel = channel or self.hall.channel
        return self.card

    @property
    def card(self) -> discord.Message:
        (card,) = [one for one in self.card_channel.history() if "Group problem ·" in words(one)]
        return card

    @property
    def thread(self) -> Any:
        (thread,) = self.hall.channel.threads
        return thread

    def said_there(self, channel: Any = None) -> list[str]:
        """What stands in the discussion, message by message."""
        return [words(one) for one in (channel or self.thread).history() if one.author.bot and words(one)]

    async def propose(self, who: Any, text: str) -> str:
        opened = await who.click(self.card, label="Propose")
        return said(await who.submit_modal(opened, {"text": text}))

    async def propose_again(self, who: Any) -> Any:
        """Press *Propose* where there may be no form any more."""
        return await who.click(self.card, label="Propose")

    async def read(self, who: Any) -> Any:
        return await who.click(self.card, label="Read the proposals")

    def opened(self, text: str, channel: Any = None) -> discord.Message:
        """The message in the discussion that holds a text."""
        (found,) = [one for one in (channel or self.thread).history() if text in words(one)]
        return found

    async def respond(self, who: Any, message: discord.Message, text: str) -> str:
        opened = await who.click(message, label="Respond")
        return said(await who.submit_modal(opened, {"text": text}))

    async def later(self, hours: float) -> None:
        """Let hours go by, and then a minute in which everything due is done."""
        await self.hall.skip(hours * HOUR)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(3):
            await self.hall.skip(21)

    async def guide(self, who: Any, label: str) -> Any:
        """Open the guide's panel and press something on it."""
        panel = await who.click(self.card, label="For guides")
        pressed = await who.click(panel.response, label=label)
        await self.hall.rounds()
        return pressed
