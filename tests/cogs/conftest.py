"""People with a past, for tests of what becomes of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.circle import Circle, circle_of
from tests.support.group import Group
from tests.support.problems import Evening, problem_bank
from tests.support.world import World, world


@pytest.fixture
async def group(quiz: World) -> Group:
    """Six people who answered, and a revealed question on which Bo and Cy explained themselves."""
    await quiz.admin.slash(quiz.channel, "setup start")
    made = Group(quiz)
    await made.study()
    return made


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Circle]:
    """Two people who are not together yet, in a hall over a few concepts."""
    async with circle_of(tmp_path, "Bao", "Carmen") as made:
        yield made


@pytest.fixture
async def trio(tmp_path: Path) -> AsyncIterator[Circle]:
    """Three of them."""
    async with circle_of(tmp_path, "Bao", "Carmen", "Dao") as made:
        yield made


@pytest.fixture
async def evening(tmp_path: Path) -> AsyncIterator[Evening]:
    """A server with two group problems in its bank."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=problem_bank(tmp_path / "bank")) as hall:
        yield Evening(hall)
