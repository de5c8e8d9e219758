"""Fixtures every room shares."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.logs import start_logging
from tests.support.study import easy_bank
from tests.support.world import World, world

pytest_plugins = ["tests.support.postgres"]

# How long an example takes is the machine's affair: a busy one is no finding.
settings.register_profile("reps", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reps")


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
