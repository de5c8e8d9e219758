"""The room of a live recitation, as the people in it see it: from opening to the feedback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.tables import Minutes, Rep
from tests.support.circle import Circle, circle_of
from tests.support.study import rows
from tests.support.world import words


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Circle]:
    async with circle_of(tmp_path, "Bao", "Carmen") as made:
        yield made


async def test_two_people_recite_to_each_other_and_read_their_feedback(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    print(pair.shown)
    await pair.recite(bao, carmen)
    print(pair.shown)
    await pair.recite(carmen, bao)
    for m in pair.thread.history():
        print("-----", words(m))
    print(await pair.press(bao, "Read my feedback"))
    print(await pair.press(bao, "Thank my listener"))
    print(pair.shown)
    print([(r.member_id, r.key, r.reps, r.points) for r in await rows(pair.hall, Rep)])
    print([(r.member_id, r.key, r.minutes) for r in await rows(pair.hall, Minutes)])
    assert 0
