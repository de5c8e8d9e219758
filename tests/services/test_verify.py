"""Verification: nothing to find after weeks of real use, and whatever was tampered with (S6)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.services.verify import Verify
from bot.storage.tables import Rep, StreakRepair, StreakRow, Total
from tests.support.study import another_server, answer, ask, easy_bank, practise, questions, rows
from tests.support.world import World, said, world

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def hall(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Once on each engine."""
    async with world(database_url, bank=easy_bank(tmp_path / "bank")) as made:
        yield made


async def differences(hall: World) -> tuple[str, ...]:
    return await Verify(hall.house.database).differences()


async def use(hall: World) -> None:
    """Two weeks of everything that moves totals and streaks."""
    await hall.admin.slash(hall.channel, "setup start")
    bo, cy, di, ed = (hall.member(name) for name in ("Bo", "Cy", "Di", "Ed"))
    await cy.slash(hall.channel, "me settings", zone="Pacific/Auckland")
    for day in range(14):
        if day in (4, 5):  # an outage
            continue
        # On day 7 the bot comes back late; from day 9 on the question comes at six in New York.
        await hall.skip_to(NINE + day * DAY + timedelta(hours={7: 2}.get(day, int(day > 8))))
        question = questions(hall.channel)[-1]
        await answer(bo, question)
        if day % 3:
            await answer(cy, question, right=bool(day % 2))
        if day == 1:
            await answer(di, question)
        if day == 3:
            undone = await answer(ed, question)
            await ed.click(undone.response, label="Undo, I don't want to join")
        if day == 6:
            for _ in range(6):
                await answer(bo, await ask(hall))
            await practise(di, hall.channel)
            await di.click((await di.slash(hall.channel, "me leave")).response, label="Leave")
        if day == 8:
            await hall.admin.slash(hall.channel, "setup start", zone="America/New_York", time="6")
            await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo", shown="hidden")
        if day == 9:
            # What guides correct is derived from the record as well.
            listed = await hall.admin.slash(hall.channel, "guide points void", member=bo)
            shown = await hall.admin.click(listed.response, label="Void…")
            first, second, *_ = (str(one.id) for one in await rows(hall, Rep) if one.member_id == 2)
            await hall.admin.submit_modal(shown, {"reps": [first, second], "reason": "Shared answers"})
            lost = {"day": "2026-03-05", "reason": "Was ill"}
            told = said(await hall.admin.slash(hall.channel, "guide streak repair", member=cy, **lost))
            assert "counts now" in told
        if day == 10:
            await answer(di, question)
            await cy.slash(hall.channel, "me settings", zone="Europe/Berlin")
            await practise(cy, hall.channel)
    _, channel, admin = another_server(hall)
    await admin.slash(channel, "setup start", zone="Asia/Kolkata")
    await practise(admin, channel)


async def test_nothing_is_found_until_something_was_tampered_with(hall: World) -> None:
    assert await differences(hall) == ()
    await use(hall)
    assert len(await rows(hall, Rep)) > 25
    assert len(await rows(hall, Total)) > 30
    assert len(await rows(hall, StreakRow)) == 4
    assert sum(one.voided_at is not None for one in await rows(hall, Rep)) == 2
    assert len(await rows(hall, StreakRepair)) == 1
    assert await differences(hall) == ()
    bo = hall.member("Zoe")
    assert "Study hall" in said(await bo.slash(hall.channel, "leaderboard"))

    database = hall.house.database
    week = (Total.period == "2026-W10") & (Total.activity == "any") & (Total.member_id == 1)
    await database.write(lambda db: db.execute(update(Total).where(week).values(points=999)) and None)
    (found,) = await differences(hall)
    assert found.startswith("Member 1 of server 1, 2026-W10, any: 999 points kept, ")

    longest = StreakRow.member_id == 2
    await database.write(lambda db: db.execute(update(StreakRow).where(longest).values(longest=365)) and None)
    found, streak = await differences(hall)
    assert streak.startswith("Member 2: streak ")
    assert "(longest 365) kept" in streak

    # A void in the record shows wherever it was counted: week, month and all time, each twice.
    one = (await rows(hall, Rep))[-1]
    void = update(Rep).where(Rep.id == one.id).values(voided_at=hall.now())
    await database.write(lambda db: db.execute(void) and None)
    assert len([line for line in await differences(hall) if ": 1 reps kept, 0 recorded." in line]) == 6
