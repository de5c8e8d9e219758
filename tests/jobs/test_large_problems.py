"""A large problem: three hundred people in one discussion, at the rates that Discord allows, and each message once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.client.cards import TEXT_LIMIT
from bot.domain.members import Person
from bot.domain.problems import OPENED_AT_MOST
from bot.storage.tables import Problem, Proposal, Response, Timer
from tests.support.fake_discord import FORBIDDEN, GONE, Fault, Refused
from tests.support.post_office import ADMIN, ALERTS, PostOffice, post_office
from tests.support.problems import problem_bank

TEXT = 200
PEOPLE = 300
LOCKED = Refused(400, 160005, "Thread is locked")
# Discord's: messages and edits of one channel, and all requests.
PER_CHANNEL, IN_SECONDS, EVERYWHERE = 5, timedelta(seconds=5), 50


def person(number: int) -> Person:
    return Person(7, 1000 + number, f"Member {number:03}", "Study hall")


class Limits:
    """What Discord lets through, by the turned clock; the rest it refuses, and says for how long."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        self.spent: dict[str, deque[datetime]] = {}
        self.refused = self.most = 0

    def __call__(self, name: str) -> Fault | None:
        now = self.office.clock.now()
        everywhere = self._room("everywhere", EVERYWHERE, timedelta(seconds=1), now)
        # Posts go to the one thread, edits to the one card.
        mine = self._room(name, PER_CHANNEL, IN_SECONDS, now) if name in ("post", "edit") else None
        if everywhere is None and mine is None:
            for key in ("everywhere", name):
                self.spent[key].append(now)
            return None
        self.refused += 1
        wait = max(filter(None, (everywhere, mine)))
        return Fault(429, retry_after=wait.total_seconds(), everywhere=mine is None)

    def _room(self, key: str, most: int, within: timedelta, now: datetime) -> timedelta | None:
        """How long there is no room for one more; None where there is."""
        spent = self.spent.setdefault(key, deque())
        while spent and spent[0] <= now - within:
            spent.popleft()
        self.most = max(self.most, len(spent) if key == "everywhere" else 0)
        return spent[0] + within - now if len(spent) >= most else None


@pytest.fixture
async def office(sqlite_url: str, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """A server with one problem that is out, and nothing else that is planned."""
    async with post_office(sqlite_url, tmp_path, problem_bank(tmp_path / "bank")) as made:
        for planned in await made.services.schedules.list(ADMIN):
            assert planned.id is not None
            await made.services.schedules.remove(ADMIN, planned.id)
        preview = await made.services.problems.preview(ADMIN, 1, TEXT, *terms())
        await made.services.problems.post(ADMIN, preview.id)
        await made.round()
        yield made


def terms() -> tuple[object, ...]:
    from bot.domain.drops import Filters
    from bot.domain.problems import Terms

    return Filters(), Terms()


async def discuss(office: PostOffice, people: int) -> Problem:
    """So many propose, and the discussion opens."""
    problem = await office.the_row(Problem)
    for number in range(people):
        await office.services.problems.propose(person(number), problem.id, f"Way {number:03}. {'x' * 2900}")
    await office.services.problems.move_on(ADMIN, problem.id, "propose")
    return problem


async def test_three_hundred_propose_and_thirty_are_opened_within_discords_limits(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    nap = asyncio.sleep

    async def wait(seconds: float) -> None:
        """What the library waits out passes on the turned clock."""
        office.clock.turn(timedelta(seconds=seconds))
        await nap(0)

    monkeypatch.setattr("discord.http.asyncio.sleep", wait)
    problem = await discuss(office, PEOPLE)
    limits = office.discord.chance = Limits(office)
    began = office.clock.now()
    for _ in range(90):
        await office.later(seconds=1)
        if len(office.discord.channels[problem.thread_id]) == OPENED_AT_MOST + 1:
            break
    took = office.clock.now() - began
    said = office.discord.words(problem.thread_id)
    assert said[0].startswith("## The discussion is open\n**300 proposals** came")
    assert "The first 30 by lot are messages" in said[0]
    assert len(said) == OPENED_AT_MOST + 1
    assert len({one.split("\n")[0] for one in said}) == len(said)
    assert set(office.discord.nonces().values()) == {1}
    # A message a second is what a channel takes; what the library waited out came all at once then.
    assert took <= timedelta(seconds=2 * OPENED_AT_MOST)
    assert limits.refused <= OPENED_AT_MOST
    assert limits.most <= EVERYWHERE
    opened = [one for one in await office.rows(Proposal) if one.message_id]
    assert sorted(one.number for one in opened) == list(range(1, OPENED_AT_MOST + 1))
    # Everybody answers in one minute; the card follows without a storm, and each answer comes once.
    edits = office.discord.asked.count("edit")
    for number in range(60):
        other = next(one for one in opened if f"Way {number:03}." not in one.text)
        await office.services.problems.respond(person(number), other.id, f"Answer {number:03}")
    for _ in range(120):
        await office.later(seconds=1)
    said = office.discord.words(problem.thread_id)
    assert len([one for one in said if "responds to" in one]) == 60
    assert office.discord.asked.count("edit") - edits <= 14
    assert len(await office.rows(Response)) == 60
    assert set(office.discord.nonces().values()) == {1}
    for channel in (TEXT, problem.thread_id):
        assert all(len(one) <= TEXT_LIMIT for one in office.discord.words(channel))
    assert "**Proposed: 300.**" in office.discord.words(TEXT)[0]
    assert "**Responded: 60.**" in office.discord.words(TEXT)[0]
    assert [one.kind for one in await office.rows(Timer) if one.due_at <= office.clock.now()] == []


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
    await office.services.deliveries.again(ADMIN.guild_id, ["problem.tell", "problem.open"])
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
