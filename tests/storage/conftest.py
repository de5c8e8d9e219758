"""An open database with the storage tests' own tables."""

from collections.abc import AsyncIterator

import pytest

from bot.storage.database import Database
from tests.storage import shelf


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Once on each engine."""
    opened = await Database.open(database_url)
    await opened.write(shelf.create)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """What is true of SQLite only."""
    opened = await Database.open(sqlite_url)
    await opened.write(shelf.create)
    yield opened
    await opened.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """What is true of PostgreSQL only."""
    opened = await Database.open(postgres_url)
    await opened.write(shelf.create)
    yield opened
    await opened.close()
