"""Async recitations on both engines: what is sent several times at once is done once."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.assembly import House, open_house
from bot.domain.errors import FeedbackGiven, HandedInAlready, Refusal, RepliedAlready
from bot.domain.members import Person
from bot.domain.recitation import Rubric
from bot.services import members
from bot.services.recitation import exchange
from bot.services.recitation.arranging import arrange
from bot.services.recitation.circle import circle_of
from bot.services.recitation.exchange.parts import AFTER_THE_LAST
from bot.storage.tables import ItemVersion, Minutes, RecitationFeedback, Reciter, Rep, Timer
from tests.support.clock import TurnedClock
from tests.support.concepts import concept_bank

BO, CY = (Person(7, 1001 + place, name, "Study hall") for place, name in enumerate(("Bo", "Cy")))
TEXT = "A join puts rows side by side. " * 10
RUBRIC = Rubric((0, 1), clarity=2, depth=3, follow_ups=None, improve="Slower")
AT_ONCE = 6


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """Bo and Cy, whose exchange has begun."""
    bank = concept_bank(tmp_path / "bank")
    async with open_house(database_url, bank_dir=bank, clock=TurnedClock()) as opened:
        await opened.database.write(lambda db: begin(db, opened))
        yield opened


def begin(db: Any, house: House) -> None:
    now = house.clock.now()
    people = [members.join(db, who, now) for who in (BO, CY)]
    recitation_id = arrange(
        db,
        server_id=people[0].server_id,
        channel_id=70,
        origin="round",
        mode="async",
        medium="voice",
        member_ids=[one.member_id for one in people],
        now=now,
    )
    circle = circle_of(db, recitation_id)
    assert circle is not None
    for seat, version in zip(circle.seats, db.scalars(select(ItemVersion).limit(2)), strict=True):
        seat.row.item_id, seat.row.item_version_id = version.item_id, version.id
    circle.recitation.thread_id = 700
    exchange.begin(db, circle, now)


async def posted(house: House, who: Person) -> None:
    """What somebody handed in stands in the thread."""
    reciter_id = 1 if who is BO else 2
    stands = update(Reciter).where(Reciter.id == reciter_id).values(message_id=7000 + reciter_id)
    await house.database.write(lambda db: db.execute(stands))


async def rows(house: House, table: Any) -> list[Any]:
    return await house.database.read(lambda db: list(db.scalars(select(table).order_by(table.id))))


async def once(refusal: type[Refusal], *sent: Coroutine[Any, Any, Any]) -> None:
    """Of what is sent at once one is taken, and the others are told that it was."""
    came = await asyncio.gather(*sent, return_exceptions=True)
    assert sorted(isinstance(one, refusal) for one in came) == [False] + [True] * (len(sent) - 1), came
    assert [one for one in came if isinstance(one, BaseException) and not isinstance(one, refusal)] == []


async def test_each_step_sent_at_once_is_taken_once(house: House) -> None:
    exchanges, since = house.services.exchanges, house.clock.now() - timedelta(minutes=3)
    await once(HandedInAlready, *(exchanges.hand_in(BO, 1, TEXT, None, since) for _ in range(AT_ONCE)))
    await posted(house, BO)
    await once(FeedbackGiven, *(exchanges.mark(CY, 1, 1, RUBRIC, "Why?", since) for _ in range(AT_ONCE)))
    await once(RepliedAlready, *(exchanges.reply(BO, 1, 1, "Because") for _ in range(AT_ONCE)))
    assert sorted((one.key, one.points) for one in await rows(house, Rep)) == [
        ("recite:1:reciting", 6),
        ("recite:2:listening", 6),
    ]
    assert [one.minutes for one in await rows(house, Minutes)] == [3, 3]
    assert len(await rows(house, RecitationFeedback)) == 1
    whats = [one.key.split(":")[2] for one in await rows(house, Timer) if one.kind == exchange.POST]
    assert whats == ["hand-in", "question", "reply"]


async def test_two_who_do_their_last_step_in_one_instant_both_finish(house: House) -> None:
    exchanges, since = house.services.exchanges, house.clock.now()
    for who in (BO, CY):
        await exchanges.hand_in(who, 1, TEXT, None, since)
        await posted(house, who)
    await exchanges.mark(CY, 1, 1, RUBRIC, "Why?", since)
    await exchanges.mark(BO, 1, 2, RUBRIC, "How?", since)
    await asyncio.gather(exchanges.reply(BO, 1, 1, "So"), exchanges.reply(CY, 1, 2, "Thus"))
    (timer,) = [one for one in await rows(house, Timer) if one.kind == "recitation.phase"]
    assert timer.due_at <= house.clock.now() + AFTER_THE_LAST
    assert len(await rows(house, Rep)) == 4
