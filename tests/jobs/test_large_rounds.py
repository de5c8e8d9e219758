"""Large rounds: within Discord's limits, and each message once, whenever the worker dies."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.client.cards import TEXT_LIMIT
from bot.domain.calendar import Recurrence
from bot.domain.members import Person
from bot.domain.pairing import Paired
from bot.domain.rounds import PAIRS_AT_FIRST, PAIRS_AT_ONCE
from bot.domain.schedules import Due
from bot.services.pairing.matcher import Matcher
from bot.storage.tables import Block, Delivery, Member, Recitation, Reciter, Round, Timer
from tests.support.crowd import FIRST_PERSON, enrol
from tests.support.fake_discord import FORBIDDEN, Fault
from tests.support.post_office import ADMIN, ALERTS, LEASE_OVER, PostOffice, post_office

CHANNEL = 300
MENTIONS_AT_MOST = 100
MANY, SOME = 500, 110


class Crowd:
    """So many people in the rounds, of which one is due now; nobody's gateway sees their server."""

    def __init__(self, office: PostOffice, people: int) -> None:
        self.office, self.services, self.discord = office, office.services, office.discord
        self.people, self.pairs = people, people // 2
        self.worker = office.bot
        self.messages = 1 + -(-(self.pairs - PAIRS_AT_FIRST) // PAIRS_AT_ONCE)

    async def gather(self) -> None:
        (daily,) = await self.services.schedules.list(ADMIN)
        assert daily.id is not None
        await self.services.schedules.remove(ADMIN, daily.id)
        now = self.office.clock.now()
        await enrol(self.office.house.database, ADMIN.guild_id, self.people, now)
        at = now + timedelta(minutes=1)
        draft = await self.services.schedules.draft(
            ADMIN, kind="round", channel_id=CHANNEL, recurrence=Recurrence.weekly(at.time(), {1}), options={}
        )
        await self.services.schedules.save(ADMIN, draft.id)
        self.office.clock.turn_to(at)

    async def due(self) -> Due:
        """The round's delivery, held."""
        await self.services.deliveries.plan()
        (due,) = await self.services.deliveries.claim("deliveries")
        return due

    async def pass_by(self) -> None:
        """Nobody can be asked who is still there, so the round waits a little, and then goes out."""
        for _ in range(6):
            self.office.clock.turn(timedelta(seconds=21))
            await self.office.round(self.worker)

    async def crash(self, *, applied: bool, after: int = 0) -> None:
        """The worker dies in the middle of a post, after so many; from now on it is another one."""
        await self.office.crash("post", applied=applied, after=after)
        self.worker = self.office.second

    def mentioned(self, first: int = 0) -> list[list[int]]:
        """Whom each message of the channel mentions, from one on."""
        return [
            [int(found) for found in re.findall(r"<@(\d+)>", words)]
            for words in self.discord.words(CHANNEL)[first:]
        ]

    def everybody(self) -> list[int]:
        return list(range(FIRST_PERSON, FIRST_PERSON + self.people))

    async def out_once(self) -> None:
        """Every message of the round is out, once, in order, and everybody stands in one of its lines."""
        messages = self.discord.channels[CHANNEL]
        assert len(messages) == self.messages
        assert set(Counter(message["nonce"] for message in messages).values()) == {1}
        assert sorted(chain(*self.mentioned())) == self.everybody()
        numbers = re.findall(r"\*\*(\d+)\.\*\*", "\n".join(self.discord.words(CHANNEL)))
        assert list(map(int, numbers)) == list(range(1, self.pairs + 1))
        (row,) = [one for one in await self.office.rows(Delivery) if one.kind == "round"]
        assert (row.state, row.message_id) == ("done", int(messages[0]["id"]))
        assert len(await self.office.rows(Round)) == 1
        assert len(await self.office.rows(Reciter)) == self.people


@asynccontextmanager
async def gathered(url: str, folder: Path, people: int) -> AsyncIterator[Crowd]:
    async with post_office(url, folder) as office:
        crowd = Crowd(office, people)
        await crowd.gather()
        yield crowd


@pytest.fixture
async def many(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with gathered(sqlite_url, tmp_path, MANY) as crowd:
        yield crowd


@pytest.fixture
async def some(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with gathered(sqlite_url, tmp_path, SOME) as crowd:
        yield crowd


@pytest.fixture
async def some_on_each(database_url: str, tmp_path: Path) -> AsyncIterator[Crowd]:
    """Once on each engine."""
    async with gathered(database_url, tmp_path, SOME) as crowd:
        yield crowd


async def test_five_hundred_are_posted_and_reminded_in_batches_within_discords_limits(many: Crowd) -> None:
    await many.pass_by()
    await many.out_once()
    await many.office.later(days=1)
    await many.pass_by()
    reminders = many.mentioned(many.messages)
    assert sorted(chain(*reminders)) == many.everybody()
    assert len(reminders) == -(-many.pairs // PAIRS_AT_ONCE)
    for words, mentioned in zip(many.discord.words(CHANNEL), many.mentioned(), strict=True):
        assert 0 < len(mentioned) <= MENTIONS_AT_MOST
        assert len(words) < TEXT_LIMIT
    # Nobody is reminded twice.
    await many.office.later(days=1)
    assert len(many.discord.channels[CHANNEL]) == many.messages + len(reminders)


@pytest.mark.parametrize(
    ("applied", "forgets"), [(False, False), (True, False), (True, True)], ids=["before", "after", "late"]
)
@pytest.mark.parametrize("crash_at", [0, 1, 2])
async def test_a_crash_at_any_message_doubles_and_loses_none(
    some: Crowd, applied: bool, forgets: bool, crash_at: int
) -> None:
    for _ in range(3):
        await some.office.later(seconds=21)
    assert some.discord.channels[CHANNEL] == []
    some.office.clock.turn(timedelta(seconds=21))
    await some.crash(applied=applied, after=crash_at)
    assert len(some.discord.channels[CHANNEL]) == crash_at + applied
    if forgets:
        some.discord.forget_nonces()
        some.office.clock.turn(LEASE_OVER * 5)
    await some.pass_by()
    await some.out_once()


@pytest.mark.parametrize(
    "fault",
    [Fault(429), Fault(429, retry_after=1), Fault(503, applied=True)],
    ids=["banned", "limited", "away"],
)
async def test_a_storm_while_a_round_goes_out_doubles_and_loses_none(
    some: Crowd, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    nap = asyncio.sleep
    monkeypatch.setattr("discord.http.asyncio.sleep", lambda seconds: nap(0))
    some.discord.chance = lambda name: fault
    for _ in range(40):
        await some.office.later(seconds=20)
    assert len(some.discord.asked) < 150
    some.discord.chance = lambda name: None
    for _ in range(40):
        await some.office.later(seconds=20)
    await some.out_once()


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_a_crash_at_a_reminder_reminds_nobody_twice(some: Crowd, applied: bool) -> None:
    await some.pass_by()
    some.office.clock.turn(timedelta(days=1))
    await some.crash(applied=applied, after=1)
    some.discord.forget_nonces()
    await some.pass_by()
    assert sorted(chain(*some.mentioned(some.messages))) == some.everybody()


async def test_two_processes_make_one_round(some_on_each: Crowd) -> None:
    office = some_on_each.office
    for _ in range(6):
        office.clock.turn(timedelta(seconds=21))
        await asyncio.gather(office.round(), office.round(office.second))
    await some_on_each.out_once()


async def test_whoever_saves_second_reads_what_the_first_saved(some_on_each: Crowd) -> None:
    due, pairing = await some_on_each.due(), some_on_each.services.pairing
    first, second, third = await asyncio.gather(*(pairing.prepare(due) for _ in range(3)))
    assert first == second == third == await pairing.prepare(due)
    assert len(await some_on_each.office.rows(Recitation)) == some_on_each.pairs


class Overtaken(Matcher):
    """A matcher that takes so long that, meanwhile, one of the first pair blocks the other; twice."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__()
        self._office = office
        self.blocked: list[frozenset[int]] = []
        self.laid_out: list[int] = []
        self.seen: set[tuple[object, ...]] = set()

    async def pair(self, *peers: Any, **rest: Any) -> Paired:
        made = await super().pair(*peers, **rest)
        self.laid_out.append(len(await self._office.rows(Recitation)))
        somebody = Person(ADMIN.guild_id, FIRST_PERSON, "Person 0", "Study hall")
        self.seen.add((await self._office.services.pairing.standing(somebody)).open)
        if len(self.blocked) < 2:
            one, other = made.groups[0].members[:2]
            self.blocked.append(frozenset((one, other)))
            whom = select(Member.discord_id).where(Member.id == other).scalar_subquery()
            block = insert(Block).values(member_id=one, blocked_discord_id=whom, at=self._office.clock.now())
            await self._office.house.database.write(lambda db: db.execute(block) and None)
        return made


async def test_who_is_blocked_while_the_pairs_are_made_is_not_in_them_and_nothing_of_those_is_left(
    some: Crowd,
) -> None:
    due, pairing = await some.due(), some.services.pairing
    pairing._matcher = matcher = Overtaken(some.office)
    await pairing.prepare(due)
    matcher.close()
    together: dict[int, set[int]] = {}
    for row in await some.office.rows(Reciter):
        together.setdefault(row.recitation_id, set()).add(row.member_id)
    assert len(together) == some.pairs
    assert len(matcher.blocked) == 2
    # The lines of the first two were laid out already, for nobody to see.
    assert (matcher.laid_out, matcher.seen) == ([0, some.pairs, 2 * some.pairs], {()})
    assert len(await some.office.rows(Recitation)) == some.pairs
    assert not any(pair <= members for pair in matcher.blocked for members in together.values())


async def test_a_closed_channel_is_told_to_the_staff_and_nothing_follows(some: Crowd) -> None:
    some.discord.close(CHANNEL, FORBIDDEN)
    await some.pass_by()
    assert some.discord.channels[CHANNEL] == []
    (told,) = some.discord.words(ALERTS)
    assert "Recitation round not posted" in told
    assert [row for row in await some.office.rows(Timer) if row.kind.startswith("round.")] == []


async def test_whoever_is_erased_is_a_former_member_in_every_message_of_their_round(some: Crowd) -> None:
    await some.pass_by()
    await some.out_once()
    lines = [line for words in some.discord.words(CHANNEL) for line in words.splitlines() if " <@" in line]
    said = [re.findall(r"<@(\d+)>", line) for line in lines]
    # One of the first message, both of a pair of the second, one of the last line of all.
    gone = [said[0][0], *said[30], said[-1][1]]
    for discord_id in map(int, gone):
        await some.services.privacy.ask_erasure(replace(ADMIN, discord_id=discord_id), "delete")
    await some.pass_by()
    everything = some.discord.words(CHANNEL)
    assert not [one for one in gone if f"<@{one}>" in "".join(everything)]
    assert sorted(chain(*some.mentioned())) == sorted({*some.everybody()} - {*map(int, gone)})
    now = [line for words in everything for line in words.splitlines() if re.match(r"\*\*\d+\.\*\* ", line)]
    assert now[0] == f"**1.** <@{said[0][1]}> and a former member"
    assert now[30] == "**31.** a former member"
    assert now[-1] == f"**{some.pairs}.** <@{said[-1][0]}> and a former member"
    kept = [place for place in range(some.pairs) if place not in (0, 30, some.pairs - 1)]
    assert [now[place] for place in kept] == [lines[place] for place in kept]
    # Redrawn where they stand, and nobody is mentioned anew.
    assert len(some.discord.channels[CHANNEL]) == some.messages
