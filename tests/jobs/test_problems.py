"""Group problems from outside: each step may be the last one before a crash, and nothing is ever seen twice."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.calendar import Recurrence
from bot.domain.members import Person
from bot.storage.tables import Delivery, InsightVote, Problem, Proposal, Response, Timer
from tests.support.fake_discord import FORBIDDEN, GONE, TOO_MANY_THREADS, Fault, Refused
from tests.support.post_office import ADMIN, PostOffice, post_office
from tests.support.problems import problem_bank

TEXT, FORUM = 200, 300
BO, CY = (Person(7, number, name, "Study hall") for number, name in ((71, "Bo"), (72, "Cy")))


@pytest.fixture
async def problems(database_url: str, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """A server without questions, whose bank has two group problems."""
    bank = problem_bank(tmp_path / "bank")
    async with post_office(database_url, tmp_path, bank) as office:
        for planned in await office.services.schedules.list(ADMIN):
            assert planned.id is not None
            await office.services.schedules.remove(ADMIN, planned.id)
        office.discord.forum(FORUM)
        yield office


async def plan(office: PostOffice, channel: int) -> None:
    """Let a problem be due now."""
    at = office.clock.now() + timedelta(minutes=1)
    draft = await office.services.schedules.draft(
        ADMIN,
        kind="problem",
        channel_id=channel,
        recurrence=Recurrence.monthly(at.time(), at.day),
        options={},
    )
    await office.services.schedules.save(ADMIN, draft.id)
    office.clock.turn_to(at)


async def out_once(office: PostOffice, *, thread: bool = True) -> None:
    """One problem, known to the database where it stands, in one place to discuss it."""
    (delivery,) = [one for one in await office.rows(Delivery) if one.kind == "problem"]
    problem = await office.the_row(Problem)
    assert delivery.state == "done"
    assert problem.phase == "propose"
    if problem.channel_id == FORUM:
        posts = [int(one["id"]) for one in office.discord.rooms.values() if one["type"] == 11]
        assert posts == [problem.message_id] == [problem.thread_id]
        assert office.discord.channels[FORUM] == []
        (card,) = office.discord.channels[posts[0]]
        assert problem.forum
    else:
        (card,) = office.discord.channels[TEXT]
        assert list(office.discord.threads) == ([int(card["id"])] if thread else [])
        assert problem.thread_id == (int(card["id"]) if thread else None)
        assert not problem.forum
    assert int(card["id"]) == problem.message_id


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["look_up", "wake", "open_private", "history"])
async def test_a_crash_at_each_step_of_a_forum_post(problems: PostOffice, step: str, applied: bool) -> None:
    await plan(problems, FORUM)
    await problems.crash(step, applied=applied)
    problems.discord.forget_nonces()
    await problems.round()
    await problems.later(minutes=2)

    await out_once(problems)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_trouble_while_a_forum_post_is_opened(problems: PostOffice, applied: bool) -> None:
    await plan(problems, FORUM)
    problems.discord.order("open_private", Fault(applied=applied), Fault(applied=applied))
    for seconds in (0, 5, 10, 60):
        await problems.later(seconds=seconds)

    await out_once(problems)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["post", "thread"])
async def test_a_crash_at_each_step_of_a_message(problems: PostOffice, step: str, applied: bool) -> None:
    await plan(problems, TEXT)
    await problems.crash(step, applied=applied)
    problems.discord.forget_nonces()
    await problems.round()

    await out_once(problems)


@pytest.mark.parametrize("refusal", [FORBIDDEN, TOO_MANY_THREADS])
async def test_without_a_thread_the_channel_is_where_it_is_discussed(
    problems: PostOffice, refusal: Refused
) -> None:
    problems.discord.close(TEXT, refusal, "thread")
    await plan(problems, TEXT)
    await problems.round()
    await out_once(problems, thread=False)
    await discuss(problems)
    for _ in range(6):
        await problems.later(seconds=1)
    assert "## The discussion is open" in problems.discord.words(TEXT)[1]


@pytest.mark.parametrize("channel", [TEXT, FORUM])
async def test_a_channel_that_is_gone_is_told_once_and_nothing_is_posted(
    problems: PostOffice, channel: int
) -> None:
    problems.discord.close(channel, GONE)
    await plan(problems, channel)
    await problems.round()
    assert (await problems.the_row(Problem)).phase == "draft"
    (reason,) = await problems.missed()
    assert "gone" in reason


async def discuss(office: PostOffice) -> None:
    """Two proposals, and the discussion opens."""
    services = office.services
    (problem,) = await office.rows(Problem)
    for who in (BO, CY):
        await services.problems.propose(who, problem.id, f"Of {who.name}")
    await services.problems.move_on(ADMIN, problem.id, "propose")


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("again", range(3))
async def test_a_crash_at_each_message_of_the_discussion(
    problems: PostOffice, again: int, applied: bool
) -> None:
    await plan(problems, TEXT)
    await problems.round()
    await discuss(problems)
    for _ in range(again):
        # So many messages get through before the one at which it dies; they come a second apart.
        await problems.round()
        problems.clock.turn(timedelta(seconds=1))
    await problems.crash("post", applied=applied)
    problems.discord.forget_nonces()
    for _ in range(4):
        await problems.later(seconds=61)
    (problem,) = await problems.rows(Problem)
    said = problems.discord.words(problem.thread_id)
    assert sorted(one.split("\n")[0] for one in said) == ["## The discussion is open", "**Bo**", "**Cy**"]
    ids = {int(one["id"]) for one in problems.discord.channels[problem.thread_id]}
    assert {one.message_id for one in await problems.rows(Proposal)} < ids


async def test_a_response_rewritten_while_it_is_posted_shows_the_last_words(problems: PostOffice) -> None:
    await plan(problems, TEXT)
    await problems.round()
    await discuss(problems)
    for _ in range(4):
        await problems.later(seconds=2)
    mine = next(one for one in await problems.rows(Proposal) if one.text == "Of Bo")
    await problems.services.problems.respond(CY, mine.id, "First")
    problems.discord.order("post", Fault(applied=True))
    await problems.round()
    await problems.services.problems.respond(CY, mine.id, "Second")
    for _ in range(3):
        await problems.later(seconds=61)
    (problem,) = await problems.rows(Problem)
    told = [one for one in problems.discord.words(problem.thread_id) if "responds to" in one]
    assert len(told) == 1
    assert "Second" in told[0]
    response = await problems.the_row(Response)
    assert response.message_id is not None
    assert [one.kind for one in await problems.rows(Timer) if one.kind == "problem.post"] == []


async def test_the_solution_and_its_rubric_are_posted_once_each(problems: PostOffice) -> None:
    await plan(problems, FORUM)
    await problems.round()
    await discuss(problems)
    (problem,) = await problems.rows(Problem)
    for _ in range(5):
        await problems.later(seconds=2)
    await problems.services.problems.move_on(ADMIN, problem.id, "discuss")
    # It dies between the two.
    problems.discord.order("post", Fault(200), Fault())
    await problems.round()
    problems.discord.forget_nonces()
    for _ in range(3):
        await problems.later(seconds=61)
    said = problems.discord.words(problem.message_id)
    assert sum("## A way to solve it" in one for one in said) == 1
    assert sum("**Pitfalls**" in one for one in said) == 1
    (problem,) = await problems.rows(Problem)
    assert problem.reveal_message_id is not None
    names = {tag["id"]: tag["name"] for tag in problems.discord.rooms[FORUM]["available_tags"]}
    applied = problems.discord.rooms[problem.message_id]["applied_tags"]
    assert names[applied[0]] == "solved"


@pytest.mark.parametrize(("channel", "applied"), [(TEXT, True), (FORUM, False)], ids=["text", "forum"])
async def test_whichever_request_it_dies_at_a_problem_says_everything_once(
    problems: PostOffice, channel: int, applied: bool
) -> None:
    services, ends = problems.services.problems, defaultdict(set)
    await plan(problems, channel)

    async def look() -> bool:
        for row in await problems.rows(Problem):
            ends[row.phase].add(row.phase_ends_at)
        return True

    deaths, begun = 0, {problems.clock.now()}
    while await problems.next_moment(timedelta(days=3), *begun):
        begun.clear()
        deaths += await problems.deliver_dying(applied=applied, look=look)
        (problem,) = await problems.rows(Problem)
        proposals = await problems.rows(Proposal)
        if problem.phase == "propose" and not proposals:
            for who in (BO, CY):
                await services.propose(who, problem.id, f"Of {who.name}")
        if problem.phase == "discuss" and not await problems.rows(Response):
            await services.respond(BO, proposals[1].id, "A response")
        if problem.phase == "reveal" and not await problems.rows(InsightVote):
            await services.vote(BO, proposal_id=proposals[1].id)
    assert deaths > 10
    # Each phase had its time, once and for all.
    assert {phase: len(moments) for phase, moments in ends.items() if phase != "draft"} == dict.fromkeys(
        ("propose", "discuss", "reveal", "closed"), 1
    )
    assert not [one for one in await problems.rows(Timer) if one.state == "due"]
    said = problems.discord.words(problem.thread_id)
    title = next(words for words in said if words.startswith("## A way")).splitlines()[0].partition(": ")[2]
    heads = [
        *("## The discussion is open", "**Bo**", "**Cy**", "**Bo** responds to", "## How it went"),
        *(f"## A way to solve it: {title}", "**Pitfalls**", *([f"## {title}"] if channel == FORUM else [])),
    ]
    assert sorted(words.splitlines()[0].partition(" [")[0] for words in said) == sorted(heads)
    assert "Bo → Cy" in problems.discord.words(problem.thread_id if problem.forum else channel)[0]
