"""Peers: what pairing reads of people from their rows, and of who met and keeps whom."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bot.assembly import House, open_house
from bot.domain.availability import Slot
from bot.domain.pairing import Met, Peer
from bot.services.pairing.peers import kept_of, met_of, peers_of
from bot.services.recitation.arranging import arrange
from bot.storage.tables import (
    Answer,
    Availability,
    Enrolment,
    Item,
    ItemVersion,
    Member,
    RecitationFeedback,
    Reciter,
    Server,
)
from tests.support.clock import TurnedClock
from tests.support.post_office import small_bank

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
BO, CY, DI, ED = 1, 2, 3, 4


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A server in Berlin with four members."""
    bank = small_bank(tmp_path / "bank")
    async with open_house(database_url, bank_dir=bank, clock=TurnedClock()) as opened:

        def settle(db: Session) -> None:
            db.execute(
                insert(Server).values(id=1, discord_id=7, name="x", zone="Europe/Berlin", created_at=NOW)
            )
            for id, name in ((BO, "Bo"), (CY, "Cy"), (DI, "Di"), (ED, "Ed")):
                db.execute(
                    insert(Member).values(
                        id=id,
                        server_id=1,
                        discord_id=70 + id,
                        display_name=name,
                        joined_at=NOW,
                        last_seen_at=NOW,
                    )
                )

        await opened.database.write(settle)
        yield opened


async def peers(house: House, *ids: int) -> tuple[Peer, ...]:
    return await house.database.read(lambda db: peers_of(db, 1, ids, NOW))


async def peer(house: House, id: int) -> Peer:
    (found,) = await peers(house, id)
    return found


async def together(
    house: House, *ids: int, at: datetime = NOW, came: bool = True, keeps: tuple[int, ...] = ()
) -> None:
    """They were put together, and came or not; some wish to keep the other."""

    def work(db: Session) -> None:
        recitation_id = arrange(
            db,
            server_id=1,
            channel_id=5,
            origin="round",
            mode="live",
            medium="voice",
            member_ids=ids,
            now=at,
        )
        seats = update(Reciter).where(Reciter.recitation_id == recitation_id)
        db.execute(seats.values(came_at=at) if came else seats.values(missed_at=at))
        db.execute(seats.where(Reciter.member_id.in_(keeps)).values(keeps=True))

    await house.database.write(work)


async def answered(house: House, id: int, right: int, wrong: int, at: datetime = NOW) -> None:
    def work(db: Session) -> None:
        item_id, version_id = db.execute(
            select(Item.id, ItemVersion.id).join(ItemVersion, ItemVersion.item_id == Item.id).limit(1)
        ).one()
        for number in range(right + wrong):
            db.execute(
                insert(Answer).values(
                    server_id=1,
                    member_id=id,
                    item_id=item_id,
                    item_version_id=version_id,
                    drawn_at=at,
                    answered_at=at,
                    right=number < right,
                )
            )

    await house.database.write(work)


# --- of each


async def test_of_somebody_new_nothing_is_made_up(house: House) -> None:
    assert await peer(house, BO) == Peer(
        member_id=BO,
        mode="live",
        medium="voice",
        languages=frozenset({"en"}),
        track="undecided",
        zone="Europe/Berlin",
    )


async def test_what_they_said_of_themselves_counts(house: House) -> None:
    def work(db: Session) -> None:
        mine = update(Member).where(Member.id == CY)
        db.execute(mine.values(languages=["en", "fr"], track="mle", level="switching", zone="Asia/Tokyo"))
        db.execute(
            insert(Enrolment).values(server_id=1, member_id=CY, mode="async", medium="typed", enrolled_at=NOW)
        )
        for start in (600, 540):
            db.execute(
                insert(Availability).values(
                    member_id=CY, weekday=2, start_minute=start, end_minute=start + 30
                )
            )

    await house.database.write(work)
    bo, cy = await peers(house, CY, BO)
    assert bo.member_id == BO
    assert (cy.mode, cy.medium, cy.track, cy.level, cy.zone) == (
        "async",
        "typed",
        "mle",
        "switching",
        "Asia/Tokyo",
    )
    assert cy.languages == {"en", "fr"}
    assert cy.slots == (Slot(2, 540, 570), Slot(2, 600, 630))


async def test_strength_is_drawn_to_the_middle_by_few_answers(house: House) -> None:
    await answered(house, BO, right=2, wrong=0)
    await answered(house, CY, right=40, wrong=0)
    bo, cy, di = await peers(house, BO, CY, DI)
    assert bo.strength is not None
    assert cy.strength is not None
    assert 0.5 < bo.strength < 0.7 < 0.9 < cy.strength < 1
    assert di.strength is None


async def test_what_was_covered_counts_to_strength(house: House) -> None:
    await together(house, BO, CY)

    def mark(db: Session) -> None:
        for member_id, covered in ((BO, [0, 1, 2, 3]), (CY, [])):
            reciter = db.scalars(select(Reciter.id).where(Reciter.member_id == member_id)).one()
            db.execute(
                insert(RecitationFeedback).values(
                    reciter_id=reciter, covered=covered, key_points=4, clarity=2, depth=2, given_at=NOW
                )
            )

    await house.database.write(mark)
    bo, cy = await peers(house, BO, CY)
    assert bo.strength is not None
    assert cy.strength is not None
    assert bo.strength > 0.5 > cy.strength


async def test_a_topic_is_weak_after_several_answers_of_this_half_year(house: House) -> None:
    await answered(house, BO, right=1, wrong=2)
    await answered(house, CY, right=0, wrong=2)
    await answered(house, DI, right=3, wrong=1)
    await answered(house, ED, right=0, wrong=9, at=NOW - timedelta(days=200))
    bo, cy, di, ed = await peers(house, BO, CY, DI, ED)
    assert (bo.topics, cy.topics, di.topics, ed.topics) == ({"sql"}, set(), set(), set())
    assert ed.strength is None


async def test_one_miss_is_no_habit_and_many_are(house: House) -> None:
    await together(house, BO, CY)
    await together(house, DI, ED, came=False)
    once = (await peer(house, DI)).reliability
    for _ in range(5):
        await together(house, DI, ED, came=False)
    often = (await peer(house, DI)).reliability
    assert (await peer(house, BO)).reliability == 1.0
    assert 1 > once > 0.7 > 0.4 > often


async def test_trios_are_counted(house: House) -> None:
    later = NOW + timedelta(days=7)
    await together(house, BO, CY, DI)
    await together(house, BO, CY)
    await together(house, ED, DI, BO, at=later)
    bo, cy, ed = await peers(house, BO, CY, ED)
    assert [(one.trios, one.last_trio_at) for one in (bo, cy, ed)] == [(2, later), (1, NOW), (1, later)]


# --- of their past together


async def met(house: House, *ids: int) -> dict[Any, Met]:
    return await house.database.read(lambda db: met_of(db, ids))


async def kept(house: House, *ids: int) -> set[frozenset[int]]:
    return await house.database.read(lambda db: kept_of(db, ids))


async def test_who_was_put_together_met_whether_they_came_or_not(house: House) -> None:
    later = NOW + timedelta(days=7)
    await together(house, BO, CY)
    await together(house, CY, BO, DI, at=later, came=False)
    await together(house, ED)
    assert await met(house, BO, ED) == {
        frozenset((BO, CY)): Met(2, later),
        frozenset((BO, DI)): Met(1, later),
    }


async def test_a_partner_is_kept_when_both_wish_it_after_the_last_time(house: House) -> None:
    await together(house, BO, CY, keeps=(BO, CY))
    await together(house, DI, ED, keeps=(DI,))
    assert await kept(house, BO, CY, DI, ED) == {frozenset((BO, CY))}
    # A time they did not come to takes nothing back; one they came to does.
    await together(house, BO, CY, came=False)
    assert await kept(house, CY) == {frozenset((BO, CY))}
    await together(house, CY, BO, keeps=(BO,))
    assert await kept(house, BO, CY) == set()
