"""A post office, once on each engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.post_office import PostOffice, post_office


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """At nine on a Monday, with the day's question due."""
    async with post_office(database_url, tmp_path) as opened:
        yield opened
