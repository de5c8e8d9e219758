"""Points and streaks as days go by: the real bot, the clock turned, people who answer or do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.scoring import POINTS
from bot.services.verify import Verify
from bot.storage.tables import Delivery, Rep, StreakRepair, Total
from tests.support.study import answer, ask, practise, questions, rows
from tests.support.world import SUBMIT, World, said, words

CAP = POINTS["daily"].daily_cap


def nine(day: int) -> datetime:
    """When the daily question comes: 09:00 UTC in March."""
    return datetime(2026, 3, day, 9, 0, tzinfo=UTC)


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up: a question at 09:00 UTC every day from Monday, 2 March."""
    await quiz.admin.slash(quiz.channel, "setup start")
    return quiz


async def day(hall: World, number: int, *people: Any) -> None:
    """The question of a day in March comes, and these people answer it."""
    await hall.skip_to(nine(number))
    for who in people:
        await answer(who, questions(hall.channel)[-1])


async def streak(hall: World, who: Any) -> str:
    """The line on streaks in somebody's statistics."""
    told = said(await who.slash(hall.channel, "me stats"))
    return next(line for line in told.splitlines() if "treak" in line)


# --- points


async def test_what_an_answer_is_worth(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    question = await ask(hall)
    await answer(bo, question)
    await answer(cy, question, right=False)
    await practise(cy, hall.channel)
    assert [(one.activity, one.reps, one.points) for one in await rows(hall, Rep)] == [
        ("daily", 1, 2),
        ("daily", 1, 1),
        ("practice", 1, 0),
    ]


async def test_at_most_five_questions_score_on_one_of_the_servers_days(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    asked = [await ask(hall) for _ in range(CAP + 2)]
    for question in asked:
        assert "Right" in said(await answer(bo, question))
    told = said(await bo.slash(hall.channel, "me stats"))
    assert f"**{CAP + 2} reps** and {2 * CAP} points" in told
    await practise(bo, hall.channel)
    # The cap is each member's own, and the next day begins anew.
    await answer(cy, asked[0])
    await hall.skip_to(nine(3))
    await answer(bo, questions(hall.channel)[-1])
    earned = {(one.member_id, one.server_day.day): 0 for one in await rows(hall, Rep)}
    for one in await rows(hall, Rep):
        earned[one.member_id, one.server_day.day] += one.points
    assert earned == {(1, 2): 2 * CAP, (1, 3): 2, (2, 2): 2}


async def test_the_cap_counts_by_the_servers_day_not_the_members(hall: World) -> None:
    bo = hall.member("Bo")
    await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo")
    for hour in (14, 16):  # midnight in Tokyo lies between, in UTC it is one day
        await hall.skip_to(datetime(2026, 3, 2, hour, tzinfo=UTC))
        for _ in range(CAP - 1):
            await answer(bo, await ask(hall))
    assert f"and {2 * CAP} points in all" in said(await bo.slash(hall.channel, "me stats"))


async def test_totals_are_kept_for_each_period_and_activity(hall: World) -> None:
    bo = hall.member("Bo")
    await answer(bo, await ask(hall))
    await practise(bo, hall.channel)
    await hall.skip_to(nine(9))
    await answer(bo, questions(hall.channel)[-1], right=False)
    kept = {(row.period, row.activity): (row.reps, row.points) for row in await rows(hall, Total)}
    assert kept == {
        ("2026-W10", "any"): (2, 2),
        ("2026-W10", "daily"): (1, 2),
        ("2026-W10", "practice"): (1, 0),
        ("2026-W11", "any"): (1, 1),
        ("2026-W11", "daily"): (1, 1),
        ("2026-03", "any"): (3, 3),
        ("2026-03", "daily"): (2, 3),
        ("2026-03", "practice"): (1, 0),
        ("all", "any"): (3, 3),
        ("all", "daily"): (2, 3),
        ("all", "practice"): (1, 0),
    }


# --- streaks


async def test_three_weeks_of_a_streak(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    for number in range(2, 9):
        await day(hall, number, bo)
    assert await streak(hall, bo) == "Streak: **7 days**, 1 freeze in hand (longest 7)"

    await day(hall, 9)  # missed: the freeze is spent by itself
    await hall.skip_to(nine(10) - timedelta(hours=1))
    assert await streak(hall, bo) == "Streak: **7 days** (longest 7)"
    await day(hall, 10, bo)
    assert await streak(hall, bo) == "Streak: **8 days** (longest 8)"

    # Days without a question neither break nor extend, even when somebody practises on them.
    await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
    await hall.skip_to(nine(12))
    await practise(bo, hall.channel)
    assert await streak(hall, bo) == "Streak: **8 days** (longest 8)"
    await hall.admin.slash(hall.channel, "setup schedule resume", number=1)
    await day(hall, 13, bo)
    assert await streak(hall, bo) == "Streak: **9 days** (longest 9)"

    # An outage of two days: both questions are missed, and nobody's streak breaks for it.
    await hall.skip_to(nine(16) - timedelta(hours=1))
    missed = [
        one.local_date.day
        for one in await rows(hall, Delivery)
        if one.state == "missed" and one.kind == "question"
    ]
    assert missed == [14, 15]
    await day(hall, 16, bo, cy)
    assert await streak(hall, bo) == "Streak: **10 days** (longest 10)"

    # A question that came late may be answered and need not be.
    await hall.skip_to(nine(17) + timedelta(hours=3))
    assert "Posted late: it was due" in words(questions(hall.channel)[-1])
    await answer(cy, questions(hall.channel)[-1])
    await day(hall, 18, bo, cy)
    assert await streak(hall, bo) == "Streak: **11 days** (longest 11)"
    assert await streak(hall, cy) == "Streak: **3 days** (longest 3)"

    # Missed without a freeze: it begins again, quietly.
    await day(hall, 19)
    await hall.skip_to(nine(20) - timedelta(minutes=1))
    assert (
        await streak(hall, bo) == "No streak right now (longest 11). A rep on a question day starts the next."
    )
    await day(hall, 20, bo)
    assert await streak(hall, bo) == "Streak: **1 day** (longest 11)"


async def test_practice_on_a_question_day_keeps_the_streak(hall: World) -> None:
    bo = hall.member("Bo")
    await hall.skip_to(nine(2) - timedelta(minutes=30))
    await practise(bo, hall.channel)  # before the day's question is out
    assert await streak(hall, bo) == "No streak yet. A rep on a question day starts one."
    await hall.skip_to(nine(2))
    assert await streak(hall, bo) == "Streak: **1 day** (longest 1)"
    await hall.skip_to(nine(3))
    await practise(bo, hall.channel)
    assert await streak(hall, bo) == "Streak: **2 days** (longest 2)"


async def test_days_are_the_members_own(hall: World) -> None:
    """In Tokyo the question comes at 18:00, and the evening after midnight is the next day."""
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo")
    await hall.skip_to(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))  # 01:00 on the 3rd in Tokyo
    for who in (bo, cy):
        await practise(who, hall.channel)
    await hall.skip_to(nine(3))
    assert await streak(hall, cy) == "No streak yet. A rep on a question day starts one."
    assert await streak(hall, bo) == "Streak: **1 day** (longest 1)"


# --- what guides correct


async def corrected(hall: World, name: str, who: Any, **options: Any) -> str:
    """An admin corrects something in somebody's record."""
    return said(await hall.admin.slash(hall.channel, name, member=who, **options))


async def voided(hall: World, who: Any, *rep_ids: int, reason: str = "Shared answers") -> str:
    """An admin voids reps by the form."""
    listed = await hall.admin.slash(hall.channel, "guide points void", member=who)
    form = await hall.admin.click(listed.response, label="Void…")
    return said(
        await hall.admin.submit_modal(form, {"reps": [str(one) for one in rep_ids], "reason": reason})
    )


async def sound(hall: World) -> bool:
    return await Verify(hall.house.database).differences() == ()


async def test_voiding_takes_points_and_streak_days_and_keeps_the_rows(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    for number in (2, 3, 4):
        await day(hall, number, bo, cy)
    assert await streak(hall, bo) == "Streak: **3 days** (longest 3)"
    mine = [one.id for one in await rows(hall, Rep) if one.member_id == 1]
    told = await voided(hall, bo, mine[1], mine[2])
    assert "Voided: 2 reps and 4 points of" in told
    assert "No streak right now (longest 1)." in told
    assert "**1 rep** and 2 points in all" in said(await bo.slash(hall.channel, "me stats"))
    assert "**3 reps** and 6 points in all" in said(await cy.slash(hall.channel, "me stats"))
    assert await sound(hall)
    kept = {one.id: (one.voided_at, one.voided_by, one.void_reason) for one in await rows(hall, Rep)}
    assert kept[mine[0]] == (None, None, None)
    assert kept[mine[2]] == (hall.now(), hall.admin.id, "Shared answers")
    listed = await corrected(hall, "guide points list", bo)
    assert "1 rep and 2 points count in all." in listed
    assert f"by <@{hall.admin.id}>: Shared answers" in listed
    acts = said(await hall.admin.slash(hall.channel, "guide audit"))
    assert f"voided points of <@{bo.id}>: 2 reps, 4 points\\: Shared answers" in acts

    # The days go on from there.
    await day(hall, 5, bo)
    assert await streak(hall, bo) == "Streak: **1 day** (longest 1)"
    assert await sound(hall)


async def test_what_was_voided_cannot_be_voided_again_nor_anothers_nor_nothing(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    await day(hall, 2, bo, cy)
    listed = await hall.admin.slash(hall.channel, "guide points void", member=bo)
    ticket = f"guide.void-form:{bo.id}"
    why = {"type": 18, "component": {"type": 4, "custom_id": "reason", "value": "Why not"}}

    async def sent(*values: str) -> str:
        chosen = {"type": 18, "component": {"type": 3, "custom_id": "reps", "values": list(values)}}
        data = {"custom_id": ticket, "components": [chosen, why]}
        (result,) = await hall.raw((hall.admin, listed.response, data), kind=SUBMIT)
        return said(result)

    for wrong in (("1", "2"), ("99",), (), ("x",)):
        assert (await sent(*wrong)).startswith("This button belongs to something that is over.")
    assert "Voided: 1 rep and 2 points" in await sent("1", "1")
    assert (await sent("1")).startswith("This was voided already")
    assert (await corrected(hall, "guide points void", bo)).startswith("There is nothing to void")
    assert [one.points for one in await rows(hall, Rep) if one.voided_at is None] == [2]
    assert await sound(hall)


async def test_a_voided_rep_leaves_its_place_under_the_cap(hall: World) -> None:
    bo = hall.member("Bo")
    for _ in range(CAP + 1):
        await answer(bo, await ask(hall))
    points = [one.points for one in await rows(hall, Rep)]
    assert points == [2] * CAP + [0]
    await voided(hall, bo, 1)
    await answer(bo, await ask(hall))
    assert (await rows(hall, Rep))[-1].points == 2
    assert await sound(hall)


async def test_a_repaired_day_joins_what_it_had_broken(hall: World) -> None:
    bo = hall.member("Bo")
    await bo.slash(hall.channel, "me settings", zone="Asia/Tokyo")
    for number in (2, 3, 4):
        await day(hall, number, bo)
    await day(hall, 5)
    await day(hall, 6, bo)
    assert await streak(hall, bo) == "Streak: **1 day** (longest 3)"
    repaired = {"day": "2026-03-05", "reason": "Was ill"}
    told = await corrected(hall, "guide streak repair", bo, **repaired)
    assert "**Before:** Streak: **1 day** (longest 3)" in told
    assert "**After:** Streak: **5 days** (longest 5)" in told
    assert await streak(hall, bo) == "Streak: **5 days** (longest 5)"
    assert await sound(hall)
    assert "was repaired already" in await corrected(hall, "guide streak repair", bo, **repaired)
    for number in (7, 8):
        await day(hall, number, bo)
    assert await streak(hall, bo) == "Streak: **7 days**, 1 freeze in hand (longest 7)"
    assert await sound(hall)
    # Voiding beside a repair counts the repair too.
    await voided(hall, bo, (await rows(hall, Rep))[-1].id)
    assert await streak(hall, bo) == "Streak: **6 days** (longest 6)"
    assert await sound(hall)
    assert len(await rows(hall, StreakRepair)) == 1


async def test_only_a_lost_day_of_the_last_month_is_repaired(hall: World) -> None:
    bo = hall.member("Bo")
    await day(hall, 2, bo)
    await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
    await hall.skip_to(nine(4))
    for typed, why in {
        "2026-03-02": "so it counts already",
        "2026-03-03": "No question was posted on 2026-03-03",
        "2026-03-04": "The day 2026-03-04 is not over where they are",
        "2027-03-04": "is not over",
        "2026-02-01": "more than 30 days ago",
        "yesterday": "I could not read “yesterday” as a day.",
        "": "I could not read",
    }.items():
        assert why in await corrected(hall, "guide streak repair", bo, day=typed, reason="Was ill")
    assert await rows(hall, StreakRepair) == []
