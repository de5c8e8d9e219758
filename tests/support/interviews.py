"""Two people on their way through a mock interview, in a simulated Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from simcord.builders import ChannelHandle

from bot.domain.interviews import ROUNDS
from bot.storage.tables import MockInterview
from tests.support.study import rows, stamps
from tests.support.world import World, lay_bank, said, words, world

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
GOOD = {"solving": "2", "depth": "1", "communication": "2"}
WELL = {"well": "Thought aloud", "improve": "Say the unit"}
KIND = {"clear": "2", "fair": "2", "helped": "1"}


def script(name: str, wished: str, *, level: str = "new-grad", minutes: int = 30, track: str = "both") -> str:
    """A script whose every secret has its name in it."""
    return f"""---
kind: script
title: {name} title
track: {track}
difficulty: 2
sources:
  - "A book, ch. 1"
round: {wished}
level: {level}
minutes: {minutes}
---

## Opening
{name} opening.

## Stages
### {name} the data
{name} first question?

- {name} follow-up?
  - {name} key point

### {name} the model
{name} second question?

- {name} why?
  - {name} other point

## Strong answers
- {name} strong

## Weak answers
- {name} weak

## Model solution
{name} solution.
"""


def scripts(*besides: str) -> dict[str, str]:
    """One script for each round type."""
    return {
        f"sql/{wished}": script(wished.capitalize().replace("-", " "), wished)
        for wished in ROUNDS
        if wished not in besides
    }


class Duo:
    """Ana and Bo, who agreed to the rules, and the interview they have."""

    def __init__(self, hall: World, ana: Any, bo: Any) -> None:
        self.hall, self.ana, self.bo = hall, ana, bo

    # --- what is there

    @property
    def thread(self) -> ChannelHandle:
        (thread,) = self.hall.channel.threads
        return thread

    def cards(self) -> list[Any]:
        return list(self.thread.history())

    def last(self) -> str:
        """What the thread was told last."""
        return words(self.cards()[-1])

    def pinged(self) -> set[int]:
        """Whom the last card mentions so that they hear of it."""
        stored = self.hall.env.backend.get_message(self.thread.id, self.cards()[-1].id)
        return set(stored.allowed_mentions.users or ())

    def sees(self, who: Any) -> str:
        """Everything somebody reads in the thread, private replies included."""
        return self.hall.sees(who, self.thread)

    async def mock(self) -> MockInterview:
        return (await rows(self.hall, MockInterview))[-1]

    # --- what is done

    async def request(self, who: Any, wished: str = "sql", **options: Any) -> Any:
        return await who.slash(self.hall.channel, "mock request", type=wished, **options)

    async def pair(self, ana: str = "sql", bo: str = "coding") -> None:
        """Both ask, so they are together and their thread is open."""
        await self.request(self.ana, ana)
        await self.request(self.bo, bo)
        await self.hall.rounds()

    async def press(self, who: Any, label: str) -> Any:
        return await who.click(self.cards()[-1], label=label)

    async def more(self, who: Any, label: str | None = None) -> Any:
        """Open what stands under *More*, and press something there."""
        opened = await self.press(who, "More")
        if label is None:
            return opened
        pressed = await who.click(opened.response, label=label)
        await self.hall.rounds()
        return pressed

    def offered(self) -> list[datetime]:
        """The times on the last card."""
        return stamps(self.last())

    async def take(self, who: Any, at: datetime) -> Any:
        taken = await who.select(self.cards()[-1], [str(int(at.timestamp()))])
        await self.hall.rounds()
        return taken

    async def agree(self) -> datetime:
        """Both take the first time."""
        first = self.offered()[0]
        await self.take(self.ana, first)
        await self.take(self.bo, first)
        return first

    async def meet(self) -> datetime:
        """Together at the time they agreed on."""
        await self.pair()
        at = await self.agree()
        await self.hall.skip_to(at)
        return at

    async def start(self, who: Any) -> None:
        await self.press(who, "Start")
        await self.hall.rounds()

    async def halves(self) -> None:
        """Both halves, to the end of their time."""
        await self.start(self.ana)
        await self.hall.skip(31 * MINUTE)
        await self.start(self.bo)
        await self.hall.skip(31 * MINUTE)

    async def whole(self) -> None:
        """From the requests to the end of the second half."""
        await self.meet()
        await self.halves()

    async def card(self, who: Any, label: str, fields: dict[str, str]) -> Any:
        """Give one of the cards."""
        owed = await self.press(who, "Give my cards")
        given = await who.submit_modal(await who.click(owed.response, label=label), fields)
        await self.hall.rounds()
        return given

    async def scorecard(self, who: Any, **fields: str) -> Any:
        return await self.card(who, "How did they answer?", GOOD | WELL | fields)

    async def feedback(self, who: Any, **fields: str) -> Any:
        return await self.card(who, "How did they interview?", KIND | fields)

    async def all_cards(self, **fields: str) -> None:
        """Both give theirs; what Ana says in words may be told."""
        nothing: dict[str, str] = {}
        for who, words_of in ((self.ana, fields), (self.bo, nothing)):
            await self.scorecard(who, **words_of)
            await self.feedback(who, **words_of)


async def agreed(hall: World, name: str) -> Any:
    """Somebody who takes part and agreed to the rules."""
    who = hall.member(name)
    shown = await who.slash(hall.channel, "mock request", type="behavioural")
    assert "How we treat each other" in said(shown)
    await who.click(shown.response, label="I agree")
    await who.slash(hall.channel, "mock cancel")
    return who


@asynccontextmanager
async def duo(folder: Path, **items: str) -> AsyncIterator[Duo]:
    """A server that is set up, over a bank of scripts, and two people in it."""
    bank = lay_bank(
        folder / "bank", scripts() | {name.replace("__", "/"): text for name, text in items.items()}
    )
    async with world(f"sqlite+aiosqlite:///{folder / 'reps.db'}", bank=bank) as hall:
        await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
        yield Duo(hall, await agreed(hall, "Ana"), await agreed(hall, "Bo"))


def in_time(one: datetime, other: datetime, slack: timedelta = timedelta(seconds=5)) -> bool:
    """Whether two moments are the same to a reader."""
    return abs(one - other) <= slack
