"""Meetings of a hall: people who come, and what they see and press from part to part."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
from sqlalchemy import select

from bot.client.posting import custom_ids
from bot.storage.tables import Meeting, MeetingAttendee, Member
from tests.support.circle import MARKS
from tests.support.concepts import concept_item
from tests.support.problems import problem_item
from tests.support.world import World, lay_bank, said, words, world

CONCEPTS = ("Joins", "Windows", "Indexes", "Views", "Keys", "Plans", "Locks", "Nulls")


def meeting_bank(folder: Path) -> Path:
    """Concepts to recite, and two group problems."""
    return lay_bank(
        folder,
        {f"sql/{name.lower()}": concept_item(name) for name in CONCEPTS}
        | {f"sql/problem-{number}": problem_item(f"Case {number}") for number in (1, 2)},
    )


class Hall:
    """A server whose people meet."""

    def __init__(self, hall: World, *, voice: bool) -> None:
        self.hall = hall
        self.voice: Any = hall.guild.create_voice_channel("Study room") if voice else None
        self.people: list[Any] = []

    async def people_of(self, count: int) -> list[Any]:
        """So many people who take part in Reps and know its rules."""
        for number in range(count):
            self.people.append(await self.person(f"P{number}"))
        return self.people

    async def person(self, name: str) -> Any:
        """Somebody who takes part and knows the rules."""
        who = self.hall.member(name)
        await who.slash(self.hall.channel, "me settings", zone="Europe/Berlin")
        now = self.hall.now()

        def agree(db: Any) -> None:
            db.scalars(select(Member).where(Member.discord_id == who.id)).one().conduct_at = now

        await self.hall.house.database.write(agree)
        return who

    async def start(self, who: Any | None = None, **options: Any) -> Any:
        """Begin a meeting; what whoever began it reads."""
        if self.voice is not None:
            options.setdefault("voice", self.voice)
        begun = await (who or self.hall.admin).slash(self.hall.channel, "meeting start", **options)
        await self.hall.rounds()
        return begun

    async def come(self, *people: Any) -> None:
        """Come, each by voice or by the button."""
        for who in people:
            if self.voice is not None:
                await who.join_voice(self.voice)
            else:
                await who.click(self.card, label="I'm here")
        await self.hall.rounds()

    async def meeting(self) -> Any:
        """The row of the newest meeting that has begun, or else of the newest."""
        query = select(Meeting).order_by(Meeting.phase == "planned", Meeting.id.desc()).limit(1)
        return await self.hall.house.database.read(lambda db: db.scalars(query).one())

    async def attendees(self) -> list[MeetingAttendee]:
        query = select(MeetingAttendee).order_by(MeetingAttendee.id)
        return await self.hall.house.database.read(lambda db: list(db.scalars(query)))

    async def next_part(self) -> str:
        """Turn the clock to the end of the present part; the phase that follows."""
        row = await self.meeting()
        assert row.phase_ends_at is not None
        await self.hall.skip_to(max(row.phase_ends_at, self.hall.now()) + timedelta(seconds=1))
        for _ in range(3):
            await self.hall.rounds()
        return str((await self.meeting()).phase)

    async def until(self, phase: str) -> None:
        """Let the parts follow each other until this one."""
        for _ in range(20):
            if (await self.meeting()).phase == phase:
                return
            await self.next_part()
        raise AssertionError(f"{phase} never came")

    @property
    def card(self) -> discord.Message:
        """The newest meeting's card."""
        heading = "## Group study meeting"
        return [one for one in self.hall.channel.history() if words(one).startswith(heading)][-1]

    def messages(self, verb: str, channel: Any = None) -> list[discord.Message]:
        """Messages with a control of this verb, oldest first."""
        return [
            message
            for message in (channel or self.hall.channel).history()
            if any(name.startswith(verb) for name in custom_ids(message))
        ]

    @property
    def shown(self) -> str:
        return words(self.card)

    @property
    def threads(self) -> list[Any]:
        return list(self.hall.channel.threads)

    def said_in(self, channel: Any) -> list[str]:
        return [words(message) for message in channel.history()]

    def rooms(self) -> list[Any]:
        """The threads of pairs and trios, oldest first."""
        return [one for one in self.threads if (one.name or "").startswith("Recitation")]

    def room_of(self, who: Any) -> Any:
        """The newest thread that this person is in with others."""
        return [one for one in self.rooms() if who.id in self.inside(one)][-1]

    def inside(self, thread: Any) -> list[int]:
        """Who of the people recites in a thread, in the order in which they do."""
        mentioned = [int(one) for one in re.findall(r"<@(\d+)>", "\n".join(self.said_in(thread)))]
        return [one for one in dict.fromkeys(mentioned) if one in {who.id for who in self.people}]

    def person_of(self, discord_id: int) -> Any:
        return next(one for one in self.people if one.id == discord_id)

    async def take_turn(self, thread: Any, *, seconds: float = 120, marks: bool = True) -> tuple[Any, Any]:
        """One turn in a room, from *I begin* to the feedback; who recited, and who listened."""
        card = self.messages("recite.more:", thread)[-1]
        found = re.search(r"<@(\d+)> recites, <@(\d+)> listens", words(card))
        assert found is not None, words(card)
        reciter, listener = (self.person_of(int(one)) for one in found.groups())
        await self.press(reciter, "I begin", card)
        await self.hall.env.advance_time(seconds)
        await self.press(listener, "Finished", self.messages("recite.more:", thread)[-1])
        if marks:
            form = await listener.click(self.messages("recite.more:", thread)[-1], label="Give feedback")
            await listener.submit_modal(form, MARKS)
            await self.hall.rounds()
        return reciter, listener

    async def propose(self, who: Any, text: str) -> str:
        """Write a proposal under the meeting's problem; what its writer reads."""
        form = await who.click(self.messages("problem.propose:")[-1], label="Propose")
        sent = await who.submit_modal(form, {"text": text})
        await self.hall.rounds()
        return said(sent)

    def in_voice(self) -> dict[str, list[int]]:
        """Who is in which voice channel, by its name."""
        backend, found = self.hall.env.backend, dict[str, list[int]]()
        for person, state in backend.get_guild(self.hall.guild.id).voice_states.items():
            channel = backend.get_channel(state.channel_id or 0)
            found.setdefault(channel.name or "", []).append(person)
        return found

    def voice_channels(self) -> list[Any]:
        """Every voice channel there is."""
        channels = self.hall.env.backend.channels.values()
        return [one for one in channels if one.type == discord.ChannelType.voice.value]

    async def press(self, who: Any, label: str, message: discord.Message | None = None) -> str:
        """Press a button of a message, the card if none is named; what comes back privately."""
        result = await who.click(message or self.card, label=label)
        await self.hall.rounds()
        return said(result.followups[-1] if result.followups else result)


@asynccontextmanager
async def hall_of(folder: Path, *, voice: bool) -> AsyncIterator[Hall]:
    """A server that is set up, with a voice channel to meet in or without."""
    url = f"sqlite+aiosqlite:///{folder / 'reps.db'}"
    async with world(url, bank=meeting_bank(folder / "bank")) as hall:
        await hall.admin.slash(hall.channel, "setup start")
        yield Hall(hall, voice=voice)
