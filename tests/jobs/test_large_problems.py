"""A large problem: three hundred people in one discussion, at the rates that Discord allows, and each message once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.assembly import House, build_bot, open_house
from bot.client.bot import StudyBot
from bot.client.cards import TEXT_LIMIT
from bot.domain.drops import Filters
from bot.domain.members import Person
from bot.domain.problems import OPENED_AT_MOST, Terms
from bot.jobs.clockwork import Clockwork
from bot.services.problems.phases import PATIENT, REDRAWN_APART
from bot.storage.tables import Problem, Proposal, Response, Timer
from tests.support.fake_discord import FORBIDDEN, GONE, FakeDiscord, Refused, fake_discord, logged_in
from tests.support.limits import HastyLoop, Limit, Limits, LoopClock
from tests.support.post_office import ADMIN, ALERTS, PostOffice, post_office
from tests.support.problems import problem_bank

TEXT = 200
PEOPLE = 300
LOCKED = Refused(400, 160005, "Thread is locked")
# Of messages and of edits in one channel; all requests together have theirs besides.
LIMITS = {"post": Limit(5, 5), "edit": Limit(5, 5)}


def person(number: int) -> Person:
    return Person(7, 1000 + number, f"Member {number:03}", "Study hall")


@pytest.fixture
async def office(sqlite_url: str, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """A server with one problem that is out, and nothing else that is planned."""
    async with post_office(sqlite_url, tmp_path, problem_bank(tmp_path / "bank")) as made:
        for planned in await made.services.schedules.list(ADMIN):
            assert planned.id is not None
            await made.services.schedules.remove(ADMIN, planned.id)
        preview = await made.services.problems.preview(ADMIN, 1, TEXT, Filters(), Terms())
        await made.services.problems.post(ADMIN, preview.id)
        await made.round()
        yield made


async def discuss(office: PostOffice, people: int) -> Problem:
    """So many propose, and the discussion opens."""
    problem = await office.the_row(Problem)
    for number in range(people):
        await office.services.problems.propose(person(number), problem.id, f"Way {number:03}. {'x' * 2900}")
    await office.services.problems.move_on(ADMIN, problem.id, "propose")
    return problem


def test_three_hundred_propose_and_thirty_are_opened_within_discords_limits(tmp_path: Path) -> None:
    """In a loop in which waiting takes no time."""

    async def play() -> None:
        async with AsyncExitStack() as stack:
            clock = LoopClock()
            discord = await stack.enter_async_context(fake_discord(clock))
            url, bank = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", problem_bank(tmp_path / "bank")
            house = await stack.enter_async_context(open_house(url, bank_dir=bank, clock=clock))
            bot = build_bot(house, tick=None, shard_count=1)
            await stack.enter_async_context(logged_in(discord.base, bot))
            await _three_hundred(house, bot, discord)

    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        runner.run(play())


async def _three_hundred(house: House, bot: StudyBot, discord: FakeDiscord) -> None:
    problems, clockwork = house.services.problems, bot.clockwork
    assert isinstance(clockwork, Clockwork)

    async def rows(table: Any) -> list[Any]:
        return await house.database.read(lambda db: list(db.scalars(select(table).order_by(table.id))))

    async def pass_by(settled: Callable[[], bool]) -> timedelta:
        """The duty comes round every few seconds, as in earnest, until something is so; how long it took."""
        began = house.clock.now()
        while not settled():
            await clockwork.rounds[0].run()
            await asyncio.sleep(2)
            assert house.clock.now() - began < timedelta(minutes=10)
        return house.clock.now() - began

    preview = await problems.preview(ADMIN, 1, TEXT, Filters(), Terms())
    await problems.post(ADMIN, preview.id)
    await clockwork.rounds[0].run()
    (problem,) = await rows(Problem)
    thread = discord.channels[problem.thread_id]
    for number in range(PEOPLE):
        await problems.propose(person(number), problem.id, f"Way {number:03}. {'x' * 2900}")
    limits = discord.limits = Limits(LIMITS)
    await problems.move_on(ADMIN, problem.id, "propose")
    took = await pass_by(lambda: len(thread) > OPENED_AT_MOST)
    said = discord.words(problem.thread_id)
    assert said[0].startswith("## The discussion is open\n**300 proposals** came")
    assert "The first 30 by lot are messages" in said[0]
    assert len({one.split("\n")[0] for one in said}) == len(said) == OPENED_AT_MOST + 1
    assert set(discord.nonces().values()) == {1}
    # A message a second is what a channel takes, so nobody is told to wait more often than now and then.
    assert timedelta(seconds=25) <= took <= timedelta(seconds=60)
    assert limits.refused["global"] == 0
    assert limits.refused["post"] <= 3
    opened = [one for one in await rows(Proposal) if one.message_id]
    assert sorted(one.number for one in opened) == list(range(1, OPENED_AT_MOST + 1))
    # Sixty answer at once; the card follows without a storm, and each answer comes once.
    edits = discord.asked.count("edit")
    for number in range(60):
        other = next(one for one in opened if f"Way {number:03}." not in one.text)
        await problems.respond(person(number), other.id, f"Answer {number:03}")
    took = await pass_by(lambda: sum("responds to" in one for one in discord.words(problem.thread_id)) == 60)
    assert took <= timedelta(seconds=120)
    await pass_by(lambda: "**Responded: 60.**" in discord.words(TEXT)[0])
    assert "**Proposed: 300.**" in discord.words(TEXT)[0]
    assert discord.asked.count("edit") - edits <= took / REDRAWN_APART + 3
    assert len(await rows(Response)) == 60
    assert set(discord.nonces().values()) == {1}
    for channel in (TEXT, problem.thread_id):
        assert all(len(one) <= TEXT_LIMIT for one in discord.words(channel))


@pytest.mark.parametrize(
    ("refusal", "names"), [(LOCKED, ["post"]), (FORBIDDEN, [])], ids=["locked", "forbidden"]
)
async def test_what_a_thread_refuses_is_told_once_and_comes_when_it_allows_it(
    office: PostOffice, refusal: Refused, names: list[str]
) -> None:
    problem = await office.the_row(Problem)
    office.discord.close(problem.thread_id, refusal, *names)
    await discuss(office, 7)
    for _ in range(5):
        await office.later(minutes=31)
    assert office.discord.channels[problem.thread_id] == []
    told = office.discord.words(ALERTS)
    assert sum("What comes next in a group problem not posted" in one for one in told) == 1
    assert sum("Proposal to a group problem not posted" in one for one in told) == 1
    # Tried every half hour, and not all the time; each try looks for itself first.
    asked = len(office.discord.asked)
    asked = len(office.discord.asked)
    for _ in range(20):
        await office.later(minutes=1)
    assert len(office.discord.asked) - asked <= 2 * 8
    # Longer than other timers are tried, and through all phases.
    for _ in range(4):
        await office.later(days=1)
    assert (await office.the_row(Problem)).phase == "closed"
    office.discord.open(problem.thread_id)
    await office.services.deliveries.again(ADMIN.guild_id, PATIENT)
    for _ in range(12):
        await office.later(seconds=2)
    said = "\n".join(office.discord.words(problem.thread_id))
    assert [said.count(f"Way {number:03}.") for number in range(7)] == [1] * 7
    assert [said.count(text) for text in ("## A way to solve it", "**Pitfalls**", "## How it went")] == [
        1
    ] * 3
    assert set(office.discord.nonces().values()) == {1}


async def test_a_thread_that_is_gone_is_no_reason_to_wait(office: PostOffice) -> None:
    problem = await office.the_row(Problem)
    for channel in (problem.thread_id, TEXT):
        office.discord.close(channel, GONE)
    await discuss(office, 2)
    for _ in range(3):
        await office.later(minutes=2)
    kinds = {one.kind: one.state for one in await office.rows(Timer)}
    assert kinds["problem.tell"] == kinds["problem.open"] == "missed"


async def test_who_is_erased_while_the_thread_rests_leaves_no_text_in_it(office: PostOffice) -> None:
    problem = await discuss(office, 3)
    for _ in range(8):
        await office.later(seconds=2)
    assert "Way 001." in "\n".join(office.discord.words(problem.thread_id))
    office.discord.archived.add(problem.thread_id)
    await office.services.privacy.ask_erasure(person(1), "DELETE")
    for _ in range(3):
        await office.later(seconds=20)
    assert "Way 001." not in "\n".join(office.discord.words(problem.thread_id))
    assert "1 whose data was erased" in office.discord.words(TEXT)[0]
