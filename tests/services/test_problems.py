"""Group problems on both engines: 300 people within Discord's limits, races, credit once, previews swept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.assembly import House, open_house
from bot.domain.drops import Filters
from bot.domain.errors import OutOfDate, PhaseOver
from bot.domain.members import Person
from bot.domain.problems import OPENED_AT_MOST, Terms
from bot.domain.schedules import Due
from bot.services.problems.phases import OPEN, REDRAW, TURN
from bot.storage.tables import Delivery, Member, Minutes, Problem, Proposal, Rep, Response, Timer
from bot.ui.problems import problem_card
from bot.ui.problems.taking import people_card
from tests.support.clock import TurnedClock
from tests.support.problems import problem_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
MESSAGE, THREAD = 5000, 5001


def person(number: int) -> Person:
    return Person(guild_id=7, discord_id=1000 + number, name=f"Member {number:03}", guild_name="Study hall")


class Group:
    """A house with one problem that is out."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.house, self.clock = house, clock
        self.problems, self.turns = house.services.problems, house.services.problem_turns
        self.voices = house.services.problem_voices
        self.id = 0

    async def post(self) -> None:
        preview = await self.problems.preview(ADMIN, 1, 100, Filters(), Terms())
        await self.problems.post(ADMIN, preview.id)
        self.id = preview.id
        (due,) = await self.house.services.deliveries.claim("deliveries")
        assert await self.turns.posted(due, self.id, message_id=MESSAGE, thread_id=THREAD, forum=False)

    async def timers(self, kind: str) -> list[Due]:
        """Claim what is due, and give back what is of another kind."""
        found = []
        while batch := await self.house.services.deliveries.claim("timers"):
            found += batch
        return [one for one in found if one.kind == kind]

    async def count(self, table: Any) -> int:
        return await self.house.database.read(
            lambda db: db.scalar(select(func.count()).select_from(table)) or 0
        )

    async def rows(self, table: Any) -> list[Any]:
        return await self.house.database.read(lambda db: list(db.scalars(select(table).order_by(table.id))))


@pytest.fixture
async def group(database_url: str, tmp_path: Path) -> AsyncIterator[Group]:
    clock = TurnedClock()
    async with open_house(database_url, bank_dir=problem_bank(tmp_path / "bank"), clock=clock) as house:
        made = Group(house, clock)
        await made.post()
        yield made


async def test_300_people_take_part_within_discords_limits(group: Group) -> None:
    people = [person(number) for number in range(300)]
    for who in people:
        await group.problems.propose(who, group.id, f"As {who.name} sees it")
    shown = await group.problems.show(ADMIN, group.id)
    assert len(shown.proposed) == 300
    problem_card(shown).layout()
    # However many there are, one redrawing is planned.
    redraws = await group.house.database.read(
        lambda db: db.scalar(select(func.count()).where(Timer.kind == REDRAW, Timer.state == "due"))
    )
    assert redraws == 1
    await group.problems.move_on(ADMIN, group.id, "propose")
    group.clock.turn(timedelta(minutes=2))
    opening = await group.timers(OPEN)
    assert len(opening) == OPENED_AT_MOST
    # No two in one second, as Discord takes them.
    assert len({one.due_at for one in opening}) == OPENED_AT_MOST
    for place, due in enumerate(opening):
        found = await group.turns.opening(due)
        assert found is not None
        assert await group.turns.opened(due, 9000 + place)
    proposals = await group.rows(Proposal)
    assert sorted(one.number for one in proposals) == list(range(1, 301))
    # Every page of the private list is there, each proposal once.
    _, first, at, pages = await group.problems.read(people[0], group.id, 0)
    assert (at, pages) == (0, 300)
    assert first is not None
    _, last, at, _ = await group.problems.read(people[0], group.id, 999)
    assert at == 299
    assert last is not None
    assert last.id != first.id
    # Everybody responds to two of the opened ones: to one by the form, to another by a reply, which counts once.
    ids = dict(
        await group.house.database.read(
            lambda db: db.execute(select(Member.discord_id, Proposal.id).join(Proposal)).all()
        )
    )
    opened = [one for one in await group.rows(Proposal) if one.message_id is not None][:3]
    for who in people:
        form, reply = [one for one in opened if one.id != ids[who.discord_id]][:2]
        await group.problems.respond(who, form.id, "Yes, and")
        assert await group.voices.heard(7, who.discord_id, reply.message_id)
        assert not await group.voices.heard(7, who.discord_id, reply.message_id)
    shown = await group.problems.show(ADMIN, group.id)
    assert len(shown.responded) == 300
    problem_card(shown).layout()
    pages_of_people = [people_card(shown, page).words() for page in range(15)]
    assert sum(one.count(": proposed; responded to") for one in pages_of_people) == 300
    reps = await group.rows(Rep)
    assert sum(one.reps for one in reps) == 300
    assert sum(one.points for one in reps) == 900


async def test_many_presses_at_once_are_one_proposal_one_response_and_one_vote(group: Group) -> None:
    bo, cy = person(1), person(2)
    await asyncio.gather(*(group.problems.propose(bo, group.id, "The same") for _ in range(12)))
    await group.problems.propose(cy, group.id, "Another")
    await group.problems.move_on(ADMIN, group.id, "propose")
    mine = (await group.rows(Proposal))[0]
    await asyncio.gather(*(group.problems.respond(cy, mine.id, "Hm") for _ in range(12)))
    await asyncio.gather(*(group.problems.vote(cy, proposal_id=mine.id) for _ in range(12)))
    assert await group.count(Proposal) == 2
    assert await group.count(Response) == 1
    assert sorted(one.points for one in await group.rows(Rep) if one.points) == [1, 2, 2]
    assert await group.count(Minutes) == 3
    shown = await group.problems.read(bo, group.id, 0)
    votes = [shown[1].votes if shown[1] else 0, (await group.problems.read(bo, group.id, 1))[1].votes]  # type: ignore[union-attr]
    assert sorted(votes) == [0, 1]


async def test_two_guides_who_move_it_on_at_once_move_it_once(group: Group) -> None:
    pressed = await asyncio.gather(
        *(group.problems.move_on(ADMIN, group.id, "propose") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, PhaseOver) for one in pressed) == 4
    (problem,) = await group.rows(Problem)
    assert problem.phase == "discuss"


async def test_a_phase_that_was_extended_ends_when_it_should(group: Group) -> None:
    await group.problems.propose(person(1), group.id, "One")
    await group.problems.propose(person(2), group.id, "Two")
    group.clock.turn(timedelta(hours=24))
    (due,) = await group.timers(TURN)
    # While a worker holds the timer, a guide gives more time.
    await group.problems.extend(ADMIN, group.id, "propose")
    await group.turns.turn(due)
    assert (await group.rows(Problem))[0].phase == "propose"
    group.clock.turn(timedelta(hours=24, seconds=1))
    (due,) = await group.timers(TURN)
    await group.turns.turn(due)
    await group.turns.turn(due)
    assert (await group.rows(Problem))[0].phase == "discuss"


async def test_after_a_long_outage_each_phase_still_has_its_time(group: Group) -> None:
    for number in (1, 2):
        await group.problems.propose(person(number), group.id, "Something")
    group.clock.turn(timedelta(days=9))
    (due,) = await group.timers(TURN)
    await group.turns.turn(due)
    (problem,) = await group.rows(Problem)
    assert problem.phase == "discuss"
    assert problem.phase_ends_at == group.clock.now() + timedelta(hours=48)


async def test_a_card_that_changed_while_it_was_drawn_is_drawn_again(group: Group) -> None:
    await group.problems.propose(person(1), group.id, "One")
    (due,) = await group.timers(REDRAW)
    drawn = await group.turns.redrawing(due)
    assert drawn is not None
    await group.problems.propose(person(2), group.id, "Two")
    await group.turns.redrawn(due, drawn[0].changes)
    assert await group.timers(REDRAW) == []
    group.clock.turn(timedelta(seconds=10))
    (due,) = await group.timers(REDRAW)
    again = await group.turns.redrawing(due)
    assert again is not None
    assert len(again[0].proposed) == 2
    await group.turns.redrawn(due, again[0].changes)
    group.clock.turn(timedelta(minutes=10))
    assert await group.timers(REDRAW) == []


async def test_a_voided_problem_earns_nothing_more(group: Group) -> None:
    bo, cy = person(1), person(2)
    for who in (bo, cy):
        await group.problems.propose(who, group.id, f"Of {who.name}")
    await group.problems.move_on(ADMIN, group.id, "propose")
    record = await group.house.services.corrections.latest(ADMIN, bo.discord_id)
    await group.house.services.corrections.void(ADMIN, [record.counted[0].id], "Copied")
    theirs = (await group.rows(Proposal))[1]
    taking = await group.problems.respond(bo, theirs.id, "Yes")
    assert (taking.reps, taking.points) == (0, 0)
    after = await group.house.services.corrections.latest(ADMIN, bo.discord_id)
    assert (after.reps, after.points) == (0, 0)


async def test_only_so_many_problems_a_day_score(group: Group) -> None:
    bo, taking = person(1), None
    for number in range(2, 9):
        taking = await group.problems.propose(bo, group.id, "Again")
        preview = await group.problems.preview(ADMIN, number, 100, Filters(), Terms())
        await group.problems.post(ADMIN, preview.id)
        (due,) = await group.house.services.deliveries.claim("deliveries")
        group.id = preview.id
        assert await group.turns.posted(
            due, group.id, message_id=MESSAGE + number, thread_id=None, forum=False
        )
    taking = await group.problems.propose(bo, group.id, "Again")
    assert (taking.reps, taking.points) == (1, 0)
    assert sum(one.points for one in await group.rows(Rep)) == 12


async def test_previews_nobody_posted_are_swept_and_their_buttons_say_so(group: Group) -> None:
    preview = await group.problems.preview(ADMIN, 2, 100, Filters(), Terms())
    again = await group.problems.preview(ADMIN, 2, 100, Filters(), Terms())
    assert again.id == preview.id
    group.clock.turn(timedelta(days=1, seconds=1))
    await group.problems.sweep()
    with pytest.raises(OutOfDate):
        await group.problems.post(ADMIN, preview.id)
    assert [one.id for one in await group.rows(Problem)] == [group.id]
    assert await group.count(Delivery) == 1


async def test_of_another_server_nothing_is_to_be_had(group: Group) -> None:
    await group.problems.propose(person(1), group.id, "Here")
    stranger = Person(guild_id=8, discord_id=5, name="Eve", guild_name="Elsewhere", manages_server=True)
    for act in (
        group.problems.show(stranger, group.id),
        group.problems.read(stranger, group.id, 0),
        group.problems.propose(stranger, group.id, "x"),
        group.problems.respond(stranger, 1, "x"),
        group.problems.vote(stranger, proposal_id=1),
        group.problems.hint(stranger, group.id, 1),
        group.problems.mark(stranger, group.id, [0]),
        group.problems.move_on(stranger, group.id, "propose"),
        group.problems.post(stranger, group.id),
        group.problems.sign_off(stranger, group.id, [1], "x"),
    ):
        with pytest.raises(OutOfDate):
            await act
