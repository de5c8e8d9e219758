"""What one of the cast does in a meeting: comes, thinks, speaks when it is their turn, and says whether it helped."""

from collections.abc import AsyncIterator, Iterator
from functools import partial

import discord

from bot.assembly import House
from bot.demo.casework import Casework
from bot.demo.cast import Server, agreed, seen
from bot.demo.recital import Act, newest
from bot.domain.meetings import Meeting, Table
from bot.ui.meetings import meeting_marker, summary_marker, table_marker

# Who comes when somebody begins a meeting; one of them has nothing to say about the problem.
COMERS = ("Bao", "Carmen", "Hana", "Deniz", "Elif")
PASSES = "Deniz"
USEFUL = {"Hana": "Somewhat"}


class Session:
    """What each of the cast can do in meetings; what they do in the rooms of pairs is their recital."""

    def __init__(self, server: Server, house: House, casework: Casework) -> None:
        self._server = server
        self._house = house
        self._casework = casework
        # Who went into voice, and for which meeting.
        self._inside: dict[str, int] = {}

    async def acts(self, name: str, meeting: Meeting) -> AsyncIterator[Act]:
        """What somebody can do in a meeting as it stands."""
        actor, place = self._server.people[name], COMERS.index(name)
        here = f"meeting:{meeting.id}:{name}"
        channel = self._server.room(meeting.channel_id)
        if not any(one.discord_id == actor.id for one in meeting.present):
            if meeting.phase != "close" and (card := newest(channel, meeting_marker(meeting))):
                yield Act(f"{here}:come", 4 + 5 * place, partial(self._come, name, card, meeting))
        elif meeting.phase in ("think", "reveal") and meeting.problem_id is not None:
            problem = await self._house.services.problems.show(self._server.person(name), meeting.problem_id)
            if problem.message_id is not None:
                async for act in self._casework.acts(name, problem):
                    yield act
        elif meeting.phase == "speak":
            for table in meeting.tables:
                if table.speaker is not None and table.speaker.discord_id == actor.id:
                    async for act in self._speaks(name, meeting, table):
                        yield act
        elif meeting.phase == "close" and (card := newest(channel, summary_marker(meeting))):
            say = partial(actor.click, card, label=USEFUL.get(name, "A lot"))
            yield Act(f"{here}:useful", 6 + 4 * place, say, once=True)

    async def _come(self, name: str, card: discord.Message, meeting: Meeting) -> None:
        actor = self._server.people[name]
        await agreed(actor, seen(await actor.click(card, label="I'm here")))
        if (voice := self._server.room(meeting.voice_id)) is not None:
            await actor.join_voice(voice)
            self._inside[name] = meeting.id

    async def _speaks(self, name: str, meeting: Meeting, table: Table) -> AsyncIterator[Act]:
        actor, here = self._server.people[name], f"meeting:{meeting.id}:{name}"
        room = self._server.room(table.room_id or meeting.channel_id)
        card = newest(room, table_marker(table))
        if room is None or card is None or table.problem_id is None:
            return
        if name == PASSES:
            yield Act(f"{here}:pass:{table.step}", 8, partial(actor.click, card, label="Pass"))
            return
        problem = await self._house.services.problems.show(self._server.person(name), table.problem_id)
        words = self._casework.gist(name, problem)
        yield Act(f"{here}:speak:{table.step}", 4, partial(actor.send, room, words), once=True)
        yield Act(f"{here}:spoke:{table.step}", 25, partial(actor.click, card, label="Done"))

    def homeward(self, meeting: Meeting | None) -> Iterator[Act]:
        """Whoever came by voice leaves it when theirs is not the meeting that goes on."""
        for name, meeting_id in self._inside.items():
            if meeting is None or meeting.id != meeting_id:
                yield Act(f"meeting:{meeting_id}:{name}:home", 8, partial(self._go, name))

    async def _go(self, name: str) -> None:
        self._inside.pop(name)
        await self._server.people[name].leave_voice()
