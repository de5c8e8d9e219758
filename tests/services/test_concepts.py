"""The concept a member recites next, as the database knows what they recited: on both engines."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.assembly import House, open_house
from bot.domain.members import Person
from bot.services import members
from bot.services.recitation.arranging import arrange
from bot.services.recitation.concepts import choose
from bot.storage.tables import Item, ItemReport, ItemVersion, Member, RecitationFeedback, Reciter
from tests.support.clock import TurnedClock
from tests.support.concepts import POINTS, concept_bank, concept_item

BO, CY, DI, ED = (Person(7, 1001 + place, name, "Study hall") for place, name in enumerate("BCDE"))
CHANNEL = 70


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    bank = concept_bank(tmp_path / "bank")
    (bank / "sql" / "kept.md").write_text(concept_item("Kept", reserved=True), encoding="utf-8")
    async with open_house(database_url, bank_dir=bank, clock=TurnedClock()) as opened:
        yield opened


async def chosen(house: House, *, who: Person = BO, **wishes: Any) -> str | None:
    """The title of the concept somebody recites next."""

    def work(db: Any) -> str | None:
        now = house.clock.now()
        present = members.join(db, who, now)
        version = choose(
            db,
            server_id=present.server_id,
            member_id=present.member_id,
            rng=random.Random(5),
            now=now,
            **{"topic": None} | wishes,
        )
        return version.body["title"] if version else None

    return await house.database.write(work)


async def recited(house: House, title: str, *shares: float, who: Person = BO) -> None:
    """Somebody recited a concept a moment ago, and so many listeners marked it."""

    def work(db: Any) -> None:
        now = house.clock.now()
        present = members.join(db, who, now)
        listeners = [members.join(db, one, now).member_id for one in (CY, DI)][: len(shares)]
        version = db.scalars(
            select(ItemVersion).join(Item, Item.id == ItemVersion.item_id).where(Item.title == title)
        ).one()
        recitation_id = arrange(
            db,
            server_id=present.server_id,
            channel_id=CHANNEL,
            origin="round",
            mode="live",
            medium="voice",
            member_ids=[present.member_id],
            now=now,
        )
        reciter = db.scalars(select(Reciter).where(Reciter.recitation_id == recitation_id)).one()
        reciter.item_id, reciter.item_version_id = version.item_id, version.id
        reciter.recited_at = reciter.finished_at = now
        for listener, share in zip(listeners, shares, strict=True):
            covered = list(range(round(share * POINTS)))
            db.add(
                RecitationFeedback(
                    reciter_id=reciter.id,
                    member_id=listener,
                    covered=covered,
                    key_points=POINTS,
                    clarity=2,
                    depth=2,
                    given_at=now,
                )
            )

    await house.database.write(work)


async def test_what_is_new_comes_first_and_what_was_hard_comes_back(house: House) -> None:
    assert isinstance(house.clock, TurnedClock)
    await recited(house, "Joins", 0.2)
    assert await chosen(house, topic="sql") in ("Windows", "Indexes")
    house.clock.turn(timedelta(days=1))
    assert await chosen(house, topic="sql") == "Joins"
    # Somebody else has had no trouble with it.
    assert await chosen(house, who=ED, topic="gpu") == "Warps"


async def test_of_two_listeners_the_mean_counts(house: House) -> None:
    assert isinstance(house.clock, TurnedClock)
    await recited(house, "Joins", 0.2, 1.0)
    await recited(house, "Windows", 0.2, 0.8)
    house.clock.turn(timedelta(days=2))
    assert await chosen(house, topic="sql") == "Windows"


async def test_the_wished_topic_comes_whatever_its_track_and_another_where_it_has_none(house: House) -> None:
    assert await chosen(house, topic="gpu") == "Warps"
    assert await chosen(house, topic="nothing-of-this-kind") in ("Joins", "Windows", "Indexes", "Warps")


async def test_without_a_wish_it_is_of_ones_own_track(house: House) -> None:
    for title in ("Joins", "Windows", "Indexes"):
        await recited(house, title, 1.0)
    # GPUs are the only topic unheard.
    assert await chosen(house) == "Warps"
    await house.database.write(lambda db: db.execute(update(Member).values(track="ds")))
    assert await chosen(house) in ("Joins", "Windows", "Indexes")


async def test_nobody_hears_in_a_session_what_they_recite_in_it(house: House) -> None:
    ids: dict[str, int] = await house.database.read(
        lambda db: {title: id for id, title in db.execute(select(Item.id, Item.title))}
    )
    besides = {ids["Joins"], ids["Windows"]}
    assert await chosen(house, topic="sql", besides=besides) == "Indexes"
    assert await chosen(house, topic="sql", besides=besides | {ids["Indexes"]}) == "Warps"
    assert await chosen(house, besides=set(ids.values())) is None


async def test_what_is_kept_retired_or_doubted_is_not_recited(house: House) -> None:
    def work(db: Any) -> None:
        now = house.clock.now()
        db.execute(update(Item).where(Item.title == "Joins").values(retired_at=now))
        doubted = db.scalars(select(Item.id).where(Item.title == "Windows")).one()
        for who in (CY, DI, ED):
            present = members.join(db, who, now)
            db.add(
                ItemReport(
                    server_id=present.server_id,
                    member_id=present.member_id,
                    item_id=doubted,
                    reason="wrong",
                    at=now,
                )
            )

    await house.database.write(work)
    assert await chosen(house, topic="sql") == "Indexes"
