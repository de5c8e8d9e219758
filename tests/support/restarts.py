"""Restarts: people before whose every press, choice and sent form the bot is started anew."""

from collections.abc import Iterator
from typing import Any

from simcord.actors import MemberActor

from bot.client.bot import Interaction
from bot.domain.errors import Refusal
from tests.support.world import World, said

# The nouns of what people do together, whose controls tests/cogs/test_restarts.py presses, each and all.
TOGETHER = ("exchange", "lobby", "meeting", "mock", "problem", "recite", "round", "solo")
APOLOGY = "Something went wrong on our side"


class Restarts:
    """What was pressed right after a restart and was not refused, by verbs."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.worked: set[str] = set()
        self._refused = tuple(_refusals())

    def member(self, name: str) -> "Unlucky":
        """A new person in the server."""
        return self.unlucky(self.hall.member(name))

    def unlucky(self, who: MemberActor) -> "Unlucky":
        """The same person, from now on without luck."""
        return Unlucky(self, who)

    async def raw(self, who: Any, message: Any, data: dict[str, Any]) -> Any:
        """Press what Discord does not show at the moment."""

        async def act() -> Any:
            (result,) = await self.hall.raw((who, message, data))
            return result

        return await self.around(act)

    async def around(self, act: Any) -> Any:
        """Do something right after a restart, and note it if it worked."""
        verbs: list[str] = []

        async def on_interaction(interaction: Interaction) -> None:
            data: Any = interaction.data or {}
            verbs.append(str(data.get("custom_id", "")).partition(":")[0])

        await self.hall.restart()
        self.hall.bot.add_listener(on_interaction)
        result = await act()
        assert result.acknowledged, verbs
        told = said(result)
        assert APOLOGY not in told, (verbs, told)
        if not any(words in told for words in self._refused):
            self.worked.update(verbs)
        return result


class Unlucky(MemberActor):
    """Somebody whose presses come right after a restart."""

    def __init__(self, restarts: Restarts, who: MemberActor) -> None:
        super().__init__(who._env, who.guild, who.user)
        self._restarts = restarts

    async def click(self, *args: Any, **named: Any) -> Any:
        return await self._restarts.around(lambda: super(Unlucky, self).click(*args, **named))

    async def select(self, *args: Any, **named: Any) -> Any:
        return await self._restarts.around(lambda: super(Unlucky, self).select(*args, **named))

    async def submit_modal(self, *args: Any, **named: Any) -> Any:
        return await self._restarts.around(lambda: super(Unlucky, self).submit_modal(*args, **named))


def _refusals(kind: type[Refusal] = Refusal) -> Iterator[str]:
    """How each refusal begins, up to what differs."""
    for child in kind.__subclasses__():
        yield from _refusals(child)
        if len(begins := child.words.partition("{")[0]) > 15:
            yield begins
