"""Fixtures every room shares."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.logs import start_logging
from tests.support.study import easy_bank
from tests.support.world import World, world

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture(autouse=True)
def quiet_logs() -> None:
    """Warnings and errors only, in the shape they have in production, whatever the test before set."""
    start_logging("WARNING", "text")


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[World]:
    """A study hall nobody has set up yet."""
    async with world(f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}") as made:
        yield made


@pytest.fixture
async def quiz(tmp_path: Path) -> AsyncIterator[World]:
    """A study hall nobody has set up yet, over a small bank of choices in which A is right."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=easy_bank(tmp_path / "bank")) as made:
        yield made
