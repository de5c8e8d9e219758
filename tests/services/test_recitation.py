"""Recitations on both engines: many press at once, timers and presses meet, and each thing happens once."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.assembly import House, open_house
from bot.domain.errors import FeedbackGiven, NotYourTurn, RecitationOver, RoomMovedOn
from bot.domain.members import Person
from bot.domain.recitation import ENDS, Rubric
from bot.domain.schedules import Due
from bot.services.recitation.arranging import arrange
from bot.services.verify import Verify
from bot.storage.tables import Base, Member, Minutes, Recitation, RecitationFeedback, Rep, Timer
from tests.support.clock import TurnedClock
from tests.support.concepts import concept_bank

PEOPLE = [Person(7, 100 + number, name, "Study hall") for number, name in enumerate(("Bao", "Carmen", "Dao"))]
RUBRIC = Rubric((0, 2), 3, 2, 3, "Say when it fails")
THREAD, CARD = 5000, 6000


class Hall:
    """A house whose Discord is played by the test: it hands timers to the services as the duties do."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.house, self.clock, self.services = house, clock, house.services
        self.recitations = house.services.recitations

    async def arrange(self, people: int = 2) -> int:
        for who in PEOPLE[:people]:
            await self.services.members.agree(who)
        now = self.clock.now()

        def work(db: Any) -> int:
            ids = db.scalars(select(Member.id).order_by(Member.id)).all()
            return arrange(
                db,
                server_id=1,
                channel_id=1,
                origin="lobby",
                mode="live",
                medium="voice",
                member_ids=ids[:people],
                now=now,
            )

        return await self.house.database.write(work)

    async def open(self, people: int = 2) -> int:
        """A recitation whose card stands."""
        recitation_id = await self.arrange(people)
        await self.recitations.open(PEOPLE[0], recitation_id)
        (due,) = await self.due("recitation.open")
        room = await self.recitations.to_open(due)
        assert room is not None
        opened = await self.recitations.opened(recitation_id, THREAD)
        assert opened is not None
        await self.recitations.posted(opened, CARD)
        await self.services.deliveries.done("timers", due)
        return recitation_id

    async def due(self, kind: str) -> list[Due]:
        """The timers of a kind that are due now."""
        return [one for one in await self.services.deliveries.claim("timers") if one.kind == kind]

    async def waiting(self) -> list[Timer]:
        """Every timer of the recitation that is to go off yet."""
        query = select(Timer).where(Timer.state == "due", Timer.key.startswith("recitation:"))
        return await self.house.database.read(lambda db: list(db.scalars(query)))

    async def row(self) -> Recitation:
        return await self.house.database.read(lambda db: db.scalars(select(Recitation)).one())

    async def rows(self, table: type[Base]) -> list[Any]:
        return await self.house.database.read(lambda db: list(db.scalars(select(table))))

    async def recite(self, who: Person, seconds: int = 120) -> None:
        await self.recitations.begin(who, 1, (await self.row()).step)
        self.clock.turn(timedelta(seconds=seconds))
        await self.recitations.finish(who, 1, (await self.row()).step)


@pytest.fixture
async def hall(database_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    clock = TurnedClock()
    bank = concept_bank(tmp_path / "bank")
    async with open_house(database_url, bank_dir=bank, clock=clock, rng=random.Random(7)) as house:
        yield Hall(house, clock)


async def together(*deeds: Awaitable[Any]) -> list[type[BaseException] | None]:
    """Do all at once; what each was told, None where it went through."""
    results = await asyncio.gather(*deeds, return_exceptions=True)
    return [type(one) if isinstance(one, BaseException) else None for one in results]


async def test_open_pressed_by_many_at_once_is_one_room(hall: Hall) -> None:
    recitation_id = await hall.arrange()
    opened = await asyncio.gather(
        *(hall.recitations.open(who, recitation_id) for _ in range(10) for who in PEOPLE[:2])
    )
    assert sum(one.opened_now for one in opened) == 1
    assert len([one for one in await hall.rows(Timer) if one.kind == "recitation.open"]) == 1


async def test_an_opening_that_is_repeated_gives_the_same_concepts(hall: Hall) -> None:
    recitation_id = await hall.arrange()
    await hall.recitations.open(PEOPLE[0], recitation_id)
    (due,) = await hall.due("recitation.open")
    first, second = await hall.recitations.to_open(due), await hall.recitations.to_open(due)
    assert first is not None
    assert second is not None
    assert [one.concept for one in first.chairs] == [one.concept for one in second.chairs]
    assert len({one.concept.title for one in first.chairs if one.concept}) == 2
    # Opened, but the crash came before the card was posted: it is still to be posted.
    await hall.recitations.opened(recitation_id, THREAD)
    again = await hall.recitations.to_open(due)
    assert again is not None
    assert (again.stage.phase, again.thread_id) == ("ready", THREAD)
    opened = await hall.recitations.opened(recitation_id, THREAD)
    assert opened is not None
    await hall.recitations.posted(opened, CARD)
    assert await hall.recitations.to_open(due) is None


async def test_begun_and_ended_by_many_at_once_is_once(hall: Hall) -> None:
    await hall.open()
    step = (await hall.row()).step
    told = await together(*(hall.recitations.begin(who, 1, step) for _ in range(10) for who in PEOPLE[:2]))
    assert told.count(None) == 1
    assert set(told) <= {None, RoomMovedOn, NotYourTurn}
    hall.clock.turn(timedelta(minutes=2))
    told = await together(
        *(hall.recitations.finish(who, 1, step + 1) for _ in range(10) for who in PEOPLE[:2])
    )
    assert told.count(None) == 1
    row = await hall.row()
    assert (row.phase, row.turn, row.step) == ("rubric", 0, step + 2)


async def test_feedback_given_by_one_many_times_at_once_counts_once(hall: Hall) -> None:
    await hall.open()
    await hall.recite(PEOPLE[0])
    told = await together(*(hall.recitations.mark(PEOPLE[1], 1, RUBRIC) for _ in range(10)))
    assert told.count(None) == 1
    assert set(told) == {None, FeedbackGiven}
    assert len(await hall.rows(RecitationFeedback)) == 1
    assert [(rep.key, rep.points) for rep in await hall.rows(Rep)] == [("recite:1:reciting", 6)]
    assert sorted((one.member_id, one.minutes) for one in await hall.rows(Minutes)) == [(1, 2), (2, 2)]


async def test_a_press_and_the_end_of_the_time_meet(hall: Hall) -> None:
    """Whichever is first, the turn ends once, and its card is posted once."""
    await hall.open()
    await hall.recitations.begin(PEOPLE[0], 1, (await hall.row()).step)
    step = (await hall.row()).step
    hall.clock.turn(timedelta(minutes=5))
    # The time of the phase before is waited for no more.
    (due,) = await hall.due("recitation.phase")
    assert due.key.endswith(f":{step}")
    told = await together(hall.recitations.elapsed(due), hall.recitations.finish(PEOPLE[0], 1, step))
    assert set(told) <= {None, RoomMovedOn}
    row = await hall.row()
    assert (row.phase, row.step) == ("rubric", step + 1)
    cards = [one.key for one in await hall.waiting() if one.kind == "recitation.next"]
    assert sorted(cards) == [f"recitation:1:next:{number}" for number in (step, step + 1)]


async def test_a_card_is_to_be_posted_until_it_stands_and_those_before_are_out_of_date(hall: Hall) -> None:
    await hall.open()
    await hall.recitations.begin(PEOPLE[0], 1, (await hall.row()).step)
    (begun,) = await hall.due("recitation.next")
    first = await hall.recitations.unshown(begun)
    assert first is not None
    assert first == await hall.recitations.unshown(begun)
    assert (first.stage.phase, first.message_id, first.outdated) == ("reciting", CARD, ())
    # Before it was posted, it is out of date itself: by then another is to be posted.
    await hall.recitations.finish(PEOPLE[0], 1, first.step)
    await hall.recitations.posted(first, CARD + 1)
    assert await hall.recitations.unshown(begun) is None
    (ended,) = await hall.due("recitation.next")
    second = await hall.recitations.unshown(ended)
    assert second is not None
    assert (second.message_id, second.outdated) == (CARD, (CARD + 1,))
    await hall.recitations.posted(second, CARD + 2)
    await hall.recitations.posted(second, CARD + 2)
    assert await hall.recitations.unshown(ended) is None
    now = await hall.recitations.standing(1)
    assert now is not None
    assert (now.message_id, now.outdated) == (CARD + 2, (CARD, CARD + 1))
    await hall.recitations.passed(second)
    assert (await hall.row()).outdated == [CARD]
    await hall.recitations.passed(now)
    assert (await hall.row()).outdated == []


async def test_what_is_over_waits_for_nothing(hall: Hall) -> None:
    await hall.open()
    hall.clock.turn(timedelta(minutes=11))
    await hall.recitations.absent(PEOPLE[0], 1)
    before = await hall.waiting()
    assert {"recitation.phase", "recitation.nudge"} <= {one.kind for one in before}
    assert len([one for one in before if one.kind == "recitation.nudge"]) == 4
    await hall.services.safety.block(PEOPLE[0], "member", PEOPLE[1].discord_id)
    assert {one.kind for one in await hall.waiting()} == {"recitation.card"}


async def test_last_feedback_and_its_deadline_at_once_open_it_once(hall: Hall) -> None:
    await hall.open()
    await hall.recite(PEOPLE[0])
    await hall.recitations.mark(PEOPLE[1], 1, RUBRIC)
    await hall.recite(PEOPLE[1])
    hall.clock.turn(timedelta(minutes=3))
    (last,) = await hall.due("recitation.phase")
    await hall.recitations.elapsed(last)
    nearly = await hall.recitations.standing(1)
    assert nearly is not None
    assert nearly.owing[0].discord_id == PEOPLE[0].discord_id
    hall.clock.turn(timedelta(hours=24))
    (deadline,) = [one for one in await hall.due("recitation.phase") if one.key.endswith(":8")]
    told = await together(hall.recitations.elapsed(deadline), hall.recitations.mark(PEOPLE[0], 2, RUBRIC))
    assert told[0] is None
    row = await hall.row()
    assert (row.phase, row.step) == ("feedback", 9)


async def test_three_at_once_and_totals_fit_the_record(hall: Hall) -> None:
    await hall.open(3)
    for turn, who in enumerate(PEOPLE):
        await hall.recite(who)
        listener = PEOPLE[(turn + 1) % 3]
        await hall.recitations.mark(listener, turn + 1, RUBRIC)
    await asyncio.gather(*(hall.recitations.thank(who, 1) for who in PEOPLE for _ in range(3)))
    assert sorted(rep.key for rep in await hall.rows(Rep)) == [
        f"recite:{number}:{role}" for number in (1, 2, 3) for role in ("listening", "reciting")
    ]
    assert {rep.points for rep in await hall.rows(Rep)} == {6}
    assert await Verify(hall.house.database).differences() == ()


async def test_a_block_and_a_press_meet(hall: Hall) -> None:
    await hall.open()
    step = (await hall.row()).step
    told = await together(
        hall.services.safety.block(PEOPLE[1], "member", PEOPLE[0].discord_id),
        hall.recitations.begin(PEOPLE[0], 1, step),
    )
    assert told[0] is None
    assert told[1] in (None, RecitationOver)
    assert (await hall.row()).phase == "over"


async def test_who_is_gone_by_the_time_it_opens_has_no_room_made(hall: Hall) -> None:
    recitation_id = await hall.arrange()
    await hall.recitations.open(PEOPLE[0], recitation_id)
    now = hall.clock.now()
    gone = update(Member).where(Member.discord_id == PEOPLE[1].discord_id).values(gone_at=now)
    await hall.house.database.write(lambda db: db.execute(gone) and None)
    (due,) = await hall.due("recitation.open")
    assert await hall.recitations.to_open(due) is None
    assert (await hall.row()).phase in ENDS
