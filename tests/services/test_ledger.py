"""Minutes on both engines: counted once, by the member's own day."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.assembly import House, open_house
from bot.domain.members import Person
from bot.services import ledger, members
from bot.storage.tables import Member, Minutes
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

BO = Person(guild_id=7, discord_id=1001, name="Bo", guild_name="Study hall")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house Bo has not come to yet."""
    bank = lay_bank(tmp_path / "bank", {"sql/first": choice_item("+Yes", "No")})
    async with open_house(database_url, bank_dir=bank, clock=TurnedClock()) as opened:
        yield opened


async def studied(
    house: House, *, key: str = "pair:1", minutes: int = 25, at: datetime = NOON, zone: str | None = None
) -> bool:
    """Record minutes of Bo's, who may live somewhere."""

    def work(db: Any) -> bool:
        joined = members.join(db, BO, at)
        db.get_one(Member, joined.member_id).zone = zone
        db.flush()
        present = members.require(db, BO)
        return ledger.record(db, present, key=key, kind="recitation", minutes=minutes, at=at)

    return await house.database.write(work)


async def entries(house: House) -> list[tuple[str, int, date]]:
    """What the ledger holds, oldest first."""
    query = select(Minutes.key, Minutes.minutes, Minutes.day).order_by(Minutes.id)
    return await house.database.read(
        lambda db: [(key, minutes, day) for key, minutes, day in db.execute(query)]
    )


async def test_a_key_counts_once_and_the_first_stays(house: House) -> None:
    assert await studied(house, minutes=25)
    assert not await studied(house, minutes=40)
    assert await studied(house, key="pair:2", minutes=1)
    assert await entries(house) == [("pair:1", 25, NOON.date()), ("pair:2", 1, NOON.date())]


@pytest.mark.parametrize("minutes", [0, -5])
async def test_less_than_a_minute_is_no_entry(house: House, minutes: int) -> None:
    with pytest.raises(ValueError, match="at least one minute"):
        await studied(house, minutes=minutes)
    assert await entries(house) == []


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [
        ("Asia/Tokyo", 14, 2),
        ("Asia/Tokyo", 15, 3),
        ("America/Los_Angeles", 7, 1),
        ("America/Los_Angeles", 8, 2),
        (None, 23, 2),
    ],
)
async def test_the_day_is_the_members_own(house: House, zone: str | None, hour: int, day: int) -> None:
    await studied(house, at=NOON.replace(hour=hour), zone=zone)
    assert [found for _, _, found in await entries(house)] == [date(2026, 3, day)]
