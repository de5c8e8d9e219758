"""Sixty people in one meeting by voice: moved within Discord's limits, nobody lost, and told how long it takes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from bot.assembly import House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.domain.meetings import Meeting
from bot.jobs.clockwork import Clockwork
from tests.support.crowd import FIRST_PERSON, enrol
from tests.support.fake_discord import FakeDiscord, fake_discord, logged_in
from tests.support.gatherings import meeting_bank
from tests.support.limits import HastyLoop, Limit, Limits, LoopClock
from tests.support.post_office import ADMIN, ALERTS

PEOPLE, CHANNEL, VOICE = 60, 300, 301
# Discord names its limits in its answers only; these are this test's.
LIMITS = {"move": Limit(10, 10), "post": Limit(5, 5), "make": Limit(10, 10), "open_private": Limit(10, 10)}


class Assembly:
    """So many people who sit in one voice channel, and a bot that is held to limits."""

    def __init__(self, house: House, bot: StudyBot, discord: FakeDiscord, clock: LoopClock) -> None:
        self.house, self.bot, self.discord, self.clock = house, bot, discord, clock
        self.services = house.services
        assert isinstance(bot.clockwork, Clockwork)
        self.clockwork = bot.clockwork
        self.people = list(range(FIRST_PERSON, FIRST_PERSON + PEOPLE))
        self.meeting_id = 0
        self.settled = asyncio.Event()

    async def gather(self) -> None:
        await self.services.setup.start(ADMIN, channel_id=CHANNEL, alert_channel_id=ALERTS)
        await enrol(self.house.database, ADMIN.guild_id, PEOPLE, self.clock.now())
        meetings = self.services.meetings
        begun = await meetings.start(ADMIN, 1, minutes=60, channel_id=CHANNEL, voice_id=VOICE)
        self.meeting_id = begun.id
        for person in self.people:
            self.discord.in_voice[person] = VOICE
            await meetings.in_voice(ADMIN.guild_id, person, VOICE)
        # The child that pairs many has started by then in earnest too.
        await asyncio.to_thread(self.services.pairing._matcher._opened().submit(int).result)
        await self.clockwork.rounds[0].run()
        self.discord.limits = Limits(LIMITS)

    async def standing(self) -> Meeting:
        found = await self.services.meeting_turns.standing(self.meeting_id)
        assert found is not None
        return found

    async def next_part(self, settled: Callable[[Meeting], bool]) -> list[tuple[float, float]]:
        """Go to the next part, until everybody is in place.

        When was foreseen how long it takes, and how long, in seconds from the beginning of the part.
        """
        await self.services.meetings.skip(ADMIN, self.meeting_id, (await self.standing()).step)
        began, told = self.clock.now(), list[tuple[float, float]]()
        rounds = asyncio.create_task(self.come_round())
        while not settled(now := await self.standing()):
            if now.moved_by is not None:
                at, by = self.clock.now() - began, now.moved_by - began
                told.append((at.total_seconds(), by.total_seconds()))
            await asyncio.sleep(1)
            assert self.clock.now() - began < timedelta(minutes=5)
        taken = (self.clock.now() - began).total_seconds()
        self.settled.set()
        await rounds
        return [*told, (taken, taken)]

    async def come_round(self) -> None:
        """The duty comes round every few seconds, as in earnest, until everybody is in place."""
        self.settled.clear()
        while not self.settled.is_set():
            await self.clockwork.rounds[0].run()
            await asyncio.sleep(5)

    def inside(self, channel_id: int | None) -> set[int]:
        return {person for person, channel in self.discord.in_voice.items() if channel == channel_id}

    def in_pairs(self, meeting: Meeting) -> bool:
        """Whether everybody is with the partner they have, and nobody else."""
        return len(meeting.groups) == PEOPLE // 2 and all(
            one.voice_id and set(one.people) == self.inside(one.voice_id) for one in meeting.groups
        )

    def at_tables(self, meeting: Meeting) -> bool:
        """Whether everybody sits at their table, the first of which is where everyone was."""
        places = [(one, VOICE if one.number == 1 else one.voice_id) for one in meeting.tables]
        return len(places) > 1 and all(
            {seat.discord_id for seat in one.seats} == self.inside(place) for one, place in places
        )

    def at_home(self, meeting: Meeting) -> bool:
        return self.inside(VOICE) == set(self.people)


def held(folder: Path, scenario: Callable[[Assembly], Awaitable[None]]) -> None:
    """Play a scenario in a loop in which waiting takes no time."""

    async def play() -> None:
        async with AsyncExitStack() as stack:
            clock = LoopClock()
            discord = await stack.enter_async_context(fake_discord(clock))
            url = f"sqlite+aiosqlite:///{folder / 'reps.db'}"
            opened = open_house(
                url, bank_dir=meeting_bank(folder / "bank"), clock=clock, rng=random.Random(7)
            )
            house = await stack.enter_async_context(opened)
            bot = build_bot(house, tick=None, shard_count=1)
            await stack.enter_async_context(logged_in(discord.base, bot))
            await scenario(Assembly(house, bot, discord, clock))

    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        runner.run(play())


def true_enough(told: list[tuple[float, float]]) -> None:
    """What was said at first was not far off, and what was said later less and less."""
    taken = told[-1][0]
    assert abs(told[0][1] - taken) <= 0.4 * taken, told
    late = [foreseen for at, foreseen in told if at > taken / 2]
    assert all(abs(foreseen - taken) <= 0.25 * taken for foreseen in late), told


def test_sixty_are_moved_within_discords_limits_and_told_how_long_it_takes(tmp_path: Path) -> None:
    async def scenario(hall: Assembly) -> None:
        await hall.gather()
        for settled in (hall.in_pairs, hall.at_home):
            true_enough(await hall.next_part(settled))
        await hall.next_part(hall.at_home)
        true_enough(await hall.next_part(hall.at_tables))
        # Discord refused nothing, and hardly anybody was moved twice.
        assert hall.discord.limits is not None
        assert hall.discord.limits.refused["move"] == 0
        assert hall.discord.asked.count("move") <= 3 * PEOPLE
        said = "\n".join(hall.discord.words(CHANNEL))
        assert said.count("I bring you there one after the other") >= 3

    held(tmp_path, scenario)
