"""What guides do, on both engines and many at once: one request, one check, one void."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import House, open_house
from bot.domain.errors import GuideAlready, RequestOver, TakenAlready, VoidedAlready
from bot.domain.guides import Named, Pile
from bot.domain.members import Person
from bot.services.answers import Written
from bot.services.verify import Verify
from bot.storage.tables import AuditEntry, Base, GuideRequest, Rep
from tests.bank.builders import TEXTS
from tests.support.clock import TurnedClock
from tests.support.world import lay_bank

MANY = 20
ADMINS = [Person(7, number, f"A{number}", "Study hall", manages_server=True) for number in range(1, 4)]
BO = Person(7, 1000, "Bo", "Study hall")


class Study:
    """A house with one open question to practise."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.database, self.services, self.clock = house.database, house.services, clock

    async def marked(self, who: Person, *covered: int) -> int:
        """An open answer, marked by its writer."""
        drawn = await self.services.answers.draw(who)
        await self.services.answers.to_draw(who, drawn.answer_id, Written("Because"))
        await self.services.answers.mark(who, drawn.answer_id, covered)
        return drawn.answer_id

    async def rows(self, table: type[Base]) -> list[Any]:
        return await self.database.read(lambda db: db.query(table).order_by(table.id).all())  # type: ignore[attr-defined]


@pytest.fixture
async def study(database_url: str, tmp_path: Path) -> AsyncIterator[Study]:
    bank, clock = lay_bank(tmp_path / "bank", {"sql/why": TEXTS["open"]}), TurnedClock()
    async with open_house(database_url, bank_dir=bank, clock=clock, rng=random.Random(7)) as house:
        yield Study(house, clock)


async def together(*deeds: Awaitable[Any]) -> tuple[int, set[type[BaseException]]]:
    """Do all at once: how many went through, and what the others were told."""
    results = await asyncio.gather(*deeds, return_exceptions=True)
    raised = [one for one in results if isinstance(one, BaseException)]
    return len(results) - len(raised), {type(one) for one in raised}


async def test_asking_many_times_is_one_request_and_it_opens_again(study: Study) -> None:
    guides, answer_id = study.services.guides, await study.marked(BO, 0, 1)
    done, refused = await together(*(guides.ask_about_answer(BO, answer_id) for _ in range(MANY)))
    assert (done, refused) == (MANY, set())
    (request,) = await study.rows(GuideRequest)
    first = request.asked_at
    study.clock.turn(timedelta(hours=1))
    again = await guides.ask_about_answer(BO, answer_id)
    assert again is not None
    assert (again.at, again.ahead, again.taken_by) == (first, 0, None)
    queue = await guides.queue(ADMINS[0], page=9)
    assert [(one.kind, one.title, one.discord_id) for one in queue.requests] == [("answer", "A title", 1000)]
    assert (queue.page, queue.pages) == (0, 1)
    assert queue.suggestions == queue.doubts == queue.reports == Pile(0, None)


async def test_many_guides_at_once_check_an_answer_once(study: Study) -> None:
    answer_id = await study.marked(BO, 0, 1)
    await study.services.guides.ask_about_answer(BO, answer_id)
    checks = study.services.checks
    done, refused = await together(
        *(checks.confirm(ADMINS[n % 3], 1, (n % 3,), f"Word {n}") for n in range(MANY))
    )
    assert (done, refused) == (1, {RequestOver})
    assert [one.action for one in await study.rows(AuditEntry)] == ["answer.check"]
    verdict = await study.services.answers.checked(BO, answer_id)
    assert verdict.confirmed
    assert verdict.right is False
    assert verdict.comment in {f"Word {n}" for n in range(MANY)}
    assert await study.services.guides.ask_about_answer(BO, answer_id) is None
    assert await Verify(study.database).differences() == ()


async def test_who_is_gone_from_the_server_is_on_no_board_by_a_guides_word(study: Study) -> None:
    answer_id = await study.marked(BO)
    await study.services.guides.ask_about_answer(BO, answer_id)
    await study.services.privacy.note(7, here=[], gone=[BO.discord_id])
    with pytest.raises(RequestOver):
        await study.services.checks.confirm(ADMINS[0], 1, (0, 1))
    await study.services.privacy.note(7, here=[BO.discord_id], gone=[])
    await study.services.checks.confirm(ADMINS[0], 1, (0, 1))


async def test_many_voids_at_once_take_the_points_once(study: Study) -> None:
    await study.marked(BO, 0, 1)
    void = study.services.corrections.void
    done, refused = await together(*(void(ADMINS[n % 3], [1], "Twice") for n in range(MANY)))
    assert (done, refused) == (1, {VoidedAlready})
    assert [one.voided_at is None for one in await study.rows(Rep)] == [False]
    assert [(one.action, one.reason) for one in await study.rows(AuditEntry)] == [
        ("points.void", "1 rep, 0 points: Twice")
    ]
    assert await Verify(study.database).differences() == ()


async def test_one_guide_takes_a_hand_and_one_row_names_a_guide(study: Study) -> None:
    guides = study.services.guides
    done, refused = await together(*(guides.add(ADMINS[n % 3], Named(5, False, False)) for n in range(MANY)))
    assert (done, refused) == (1, {GuideAlready})
    await study.marked(BO)

    def lay(db: Any) -> None:
        asked = {"channel_id": None, "note": "Why?", "asked_at": study.clock.now()}
        db.add(GuideRequest(server_id=1, member_id=1, kind="hand", subject="drop:1", **asked))

    await study.database.write(lay)
    done, refused = await together(*(guides.take(ADMINS[n % 3], 1) for n in range(MANY)))
    # Whoever took it may press again; the trail has it once.
    assert done in (MANY // 3, MANY // 3 + 1)
    assert refused == {TakenAlready}
    trail = await guides.trail(ADMINS[0])
    assert [(act.action, act.discord_id) for act in trail.acts] == [("hand.take", 1000), ("guide.add", 5)]
