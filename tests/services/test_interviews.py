"""Mock interviews on both engines and many at once: nobody in two pairs, nothing counted twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.assembly import House, open_house
from bot.domain.errors import CardGiven, MockOver, NotMarked, NotYourMock
from bot.domain.interviews import ROUNDS
from bot.domain.interviews.readouts import Mock
from bot.domain.members import Person
from bot.domain.recitation import SCORED_WITH_ONE
from bot.services.interviews.meeting import LOOK_EVERY
from bot.services.interviews.standing import LOOK, enter
from bot.services.questions import Content, shelve
from bot.services.safety import blocked_pairs
from bot.services.scoring.partners import scored_with
from bot.services.verify import Verify
from bot.storage.tables import Base, Item, ItemVersion, Member, MockCard, MockInterview, MockSeat, Rep, Timer
from tests.support.clock import TurnedClock
from tests.support.interviews import scripts
from tests.support.world import lay_bank

ADMIN = Person(7, 70, "Ada", "Study hall", manages_server=True)
ANA, BO, CY = (
    Person(7, 1000 + number, name, "Study hall") for number, name in enumerate(("Ana", "Bo", "Cy"))
)
MARKS = {"solving": 2, "depth": 1, "communication": 0}
KIND = {"clear": 2, "fair": 2, "helped": 2}


class Study:
    """A server that is set up, over a script for each round type."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.database, self.services, self.clock = house.database, house.services, clock

    async def people(self, *who: Person) -> None:
        for one in who:
            await self.services.members.agree(one)

    async def rows(self, table: type[Base]) -> list[Any]:
        return await self.database.read(
            lambda db: list(db.scalars(select(table).order_by(*table.__table__.primary_key)))
        )

    async def pair(self, one: Person = ANA, other: Person = BO) -> Mock:
        """Two who are together at the time of their interview."""
        await self.services.mock_requests.request(one, "sql")
        mock = (await self.services.mock_requests.request(other, "coding")).mock
        for who in (one, other):
            mock = await self.services.interviews.choose(who, mock.id, mock.offered[0])
        assert mock.state == "agreed"

        def begin(db: Any) -> None:
            enter(db, db.get_one(MockInterview, mock.id), "ready", self.clock.now())

        await self.database.write(begin)
        return mock

    async def halves(self, mock: Mock, one: Person, *minutes: int) -> None:
        for place, lasting in enumerate(minutes):
            await self.services.interviews.start(one, mock.id, place)
            self.clock.turn(timedelta(minutes=lasting))
            await self.services.interviews.finish(one, mock.id, place)

    async def whole(self, one: Person = ANA, other: Person = BO) -> Mock:
        """An interview with all its cards."""
        mock = await self.pair(one, other)
        await self.halves(mock, one, 20, 20)
        for who in (one, other):
            await self.services.scorecards.give(who, mock.id, "scorecard", MARKS, "Well", "More")
            await self.services.scorecards.give(who, mock.id, "feedback", KIND, "", "")
        return await self.services.interviews.look(one, mock.id)


@pytest.fixture
async def study(database_url: str, tmp_path: Path) -> AsyncIterator[Study]:
    bank, clock = lay_bank(tmp_path / "bank", scripts()), TurnedClock()
    async with open_house(database_url, bank_dir=bank, clock=clock, rng=random.Random(7)) as house:
        await house.services.setup.start(ADMIN, channel_id=100)
        made = Study(house, clock)
        await made.people(ANA, BO, CY)
        yield made


async def together(*deeds: Any) -> list[Any]:
    """Do all at once: what came back, or was raised."""
    return await asyncio.gather(*deeds, return_exceptions=True)


async def test_many_who_ask_in_one_instant_are_each_in_one_pair(study: Study) -> None:
    crowd = [Person(7, 2000 + number, f"P{number}", "Study hall") for number in range(12)]
    await study.people(*crowd)
    rounds = list(ROUNDS)
    found = await together(
        *(study.services.mock_requests.request(who, rounds[place % 8]) for place, who in enumerate(crowd))
    )
    assert [one for one in found if isinstance(one, BaseException)] == []
    mocks = await study.rows(MockInterview)
    seats = await study.rows(MockSeat)
    assert {row.state for row in mocks} == {"arranging"}
    assert len(mocks) == 6
    assert len({seat.member_id for seat in seats}) == len(seats) == 12
    assert {seat.waiting for seat in seats} == {None}
    opens = [row for row in await study.rows(Timer) if row.kind == "mock.open"]
    assert len(opens) == 6


async def test_one_who_asks_many_times_at_once_has_one_request(study: Study) -> None:
    found = await together(*(study.services.mock_requests.request(ANA, "sql") for _ in range(8)))
    assert len({one.mock.id for one in found}) == 1
    assert [row.state for row in await study.rows(MockInterview)] == ["waiting"]
    assert len(await study.rows(MockSeat)) == 1


async def test_a_card_sent_twice_is_given_once_and_awards_once(study: Study) -> None:
    mock = await study.pair()
    await study.halves(mock, ANA, 20, 20)
    give = study.services.scorecards.give
    found = await together(*(give(ANA, mock.id, "scorecard", MARKS, "Well", "More") for _ in range(5)))
    assert sum(isinstance(one, CardGiven) for one in found) == 4
    assert len(await study.rows(MockCard)) == 1
    (rep,) = [row for row in await study.rows(Rep) if row.activity == "mock"]
    assert (rep.points, rep.key.rpartition(":")[2]) == (8, "interviewee")
    with pytest.raises(NotMarked):
        await give(BO, mock.id, "scorecard", {"solving": 3} | MARKS | {"depth": 9}, "", "")
    with pytest.raises(NotMarked):
        await give(BO, mock.id, "scorecard", KIND, "", "")
    with pytest.raises(NotYourMock):
        await give(CY, mock.id, "scorecard", MARKS, "", "")


async def test_start_and_finish_pressed_together_do_each_once(study: Study) -> None:
    mock = await study.pair()
    interviews = study.services.interviews
    await together(*(interviews.start(who, mock.id, 0) for who in (ANA, BO) * 4))
    assert (await interviews.look(ANA, mock.id)).state == "first"
    study.clock.turn(timedelta(minutes=12))
    await together(*(interviews.finish(who, mock.id, 0) for who in (ANA, BO) * 4))
    now = await interviews.look(ANA, mock.id)
    assert (now.state, now.seats[0].lasted) == ("swap", timedelta(minutes=12))
    with pytest.raises(MockOver):
        await interviews.start(ANA, mock.id, 7)


async def test_three_pairs_of_two_score_in_a_week_and_more_are_reps_all_the_same(study: Study) -> None:
    for _ in range(SCORED_WITH_ONE + 1):
        assert (await study.whole()).state == "opened"
        study.clock.turn(timedelta(days=1))
    reps = [row for row in await study.rows(Rep) if row.activity == "mock"]
    assert len(reps) == 4 * (SCORED_WITH_ONE + 1)
    assert [row.points for row in reps[-4:]] == [0] * 4
    assert {row.points for row in reps[:-4]} == {8}
    # With somebody else it pays, and in the next week too.
    await study.whole(ANA, CY)
    study.clock.turn(timedelta(days=7))
    await study.whole()
    paid = [row.points for row in await study.rows(Rep) if row.activity == "mock"][-8:]
    assert paid == [8] * 8
    assert await Verify(study.database).differences() == ()


async def test_pairs_are_counted_for_the_two_and_since_then_only(study: Study) -> None:
    mock = await study.whole()
    ids = {seat.discord_id: seat.member_id for seat in mock.seats}
    ana, bo = ids[ANA.discord_id], ids[BO.discord_id]
    day = study.clock.now() - timedelta(days=1)

    def count(db: Any) -> tuple[int, ...]:
        return (
            scored_with(db, mock.server_id, ana, bo, day),
            scored_with(db, mock.server_id, bo, ana, day),
            scored_with(db, mock.server_id, ana, bo, study.clock.now() + timedelta(minutes=1)),
            scored_with(db, mock.server_id + 1, ana, bo, day),
        )

    assert await study.database.read(count) == (1, 1, 0, 0)


async def test_a_script_one_knows_is_not_asked_again_while_there_is_another(study: Study) -> None:
    first = await study.whole()
    seats = await study.rows(MockSeat)
    known = {seat.item_id for seat in seats if seat.mock_id == first.id}

    def another(db: Any) -> None:
        # Of another level: new is better than near.
        sql = select(ItemVersion.body).join(Item, Item.id == ItemVersion.item_id)
        body = db.scalars(sql.where(Item.title == "Sql title")).one()
        fresh = Content("other", body | {"title": "Another", "level": "1-3-years"})
        shelve(db, {"another-sql": fresh}, None, study.clock.now())

    await study.database.write(another)
    second = await study.whole()
    again = {seat.item_id for seat in await study.rows(MockSeat) if seat.mock_id == second.id}
    titles = {row.id: row.title for row in await study.rows(Item)}
    assert "Another" in {titles[id] for id in again - known}


async def test_who_is_gone_from_discord_is_not_put_together_with_anybody(study: Study) -> None:
    await study.services.mock_requests.request(ANA, "sql")
    await study.database.write(
        lambda db: db.execute(
            update(Member).where(Member.discord_id == ANA.discord_id).values(gone_at=study.clock.now())
        )
    )
    assert not (await study.services.mock_requests.request(BO, "sql")).matched


async def test_however_many_wait_in_vain_two_who_come_to_fit_are_found_and_nobody_who_fits_is_left(
    study: Study,
) -> None:
    """Each speaks a language of their own, so that they wait; then chance lets some of them fit, others not."""
    rng, services = random.Random(11), study.services
    people = [Person(7, 2000 + number, f"P{number}", "Study hall") for number in range(34)]
    await study.people(*people)
    members = {row.discord_id: row.id for row in await study.rows(Member)}

    async def speak(spoken: dict[int, list[str]]) -> None:
        def work(db: Any) -> None:
            for discord_id, languages in spoken.items():
                db.execute(update(Member).where(Member.discord_id == discord_id).values(languages=languages))

        await study.database.write(work)

    async def look() -> None:
        study.clock.turn(LOOK_EVERY)
        (due,) = [one for one in await services.deliveries.claim("timers") if one.kind == LOOK]
        while (found := await services.mock_requests.fitting(due)) is not None:
            assert await services.mock_requests.bring_together(found)
        await services.mock_requests.looked(due)

    async def left() -> list[int]:
        seats = await study.database.read(
            lambda db: db.scalars(
                select(MockSeat.member_id)
                .join(MockInterview, MockInterview.id == MockSeat.mock_id)
                .where(MockInterview.state == "waiting")
            ).all()
        )
        return [one.discord_id for one in people if members[one.discord_id] in seats]

    await speak({one.discord_id: [f"x{number}"] for number, one in enumerate(people)})
    for one in people:
        await services.mock_requests.request(one, "sql")
    await look()
    assert len(await left()) == len(people)
    await speak({one.discord_id: ["en"] for one in people[-2:]})
    await look()
    assert await left() == [one.discord_id for one in people[:-2]]
    for _ in range(3):
        spoken = {
            discord_id: rng.sample(["en", "de", "fr", "nl", "pl", "es"], 1) for discord_id in await left()
        }
        await speak(spoken)
        for discord_id in spoken:
            blocker = next(one for one in people if one.discord_id == discord_id)
            for other in rng.sample(sorted(spoken), min(6, len(spoken))):
                if other != discord_id:
                    await services.safety.block(blocker, "member", other)
        await look()
        pairs = await study.database.read(lambda db: blocked_pairs(db, 1))
        for one, other in combinations(await left(), 2):
            apart = frozenset((members[one], members[other])) in pairs
            assert apart or set(spoken[one]).isdisjoint(spoken[other])
