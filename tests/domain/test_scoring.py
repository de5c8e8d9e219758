"""What reps are worth, the shared goal, and the small sums the boards' readouts do."""

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.scoring import (
    ACTIVITIES,
    GOAL_LEAST,
    HEAT_WEEKS,
    PAGE,
    POINTS,
    RANKS_FROM,
    Activity,
    Board,
    Goal,
    HeatMap,
    Row,
    default_goal,
    scored,
)

activities = st.sampled_from(sorted(POINTS))


def test_the_table_is_the_one_members_are_promised() -> None:
    worth = {activity: (one.points, one.right) for activity, one in POINTS.items()}
    assert worth == {
        "daily": (1, 1),
        "recitation": (6, 0),
        "problem": (4, 0),
        "mock": (8, 0),
        "practice": (0, 0),
        "readiness": (0, 0),
    }
    assert set(POINTS) == set(ACTIVITIES) == set(get_args(Activity))
    assert all(one.reason for one in POINTS.values())


def test_a_daily_question_brings_one_point_and_one_more_when_right() -> None:
    assert scored("daily", right=False, scored_today=0) == 1
    assert scored("daily", right=True, scored_today=4) == 2
    assert scored("daily", right=True, scored_today=5) == 0


@given(activities, st.booleans(), st.integers(0, 100))
def test_points_are_never_negative_and_never_beyond_the_cap(
    activity: Activity, right: bool, scored_today: int
) -> None:
    worth = POINTS[activity]
    points = scored(activity, right=right, scored_today=scored_today)
    assert points == (worth.points + right * worth.right) * (scored_today < worth.daily_cap)
    assert 0 <= points <= scored(activity, right=True, scored_today=0)


@given(activities, st.lists(st.booleans(), max_size=40))
def test_a_days_points_stop_growing_at_the_cap(activity: Activity, answers: list[bool]) -> None:
    earned: list[int] = []
    for right in answers:
        earned.append(scored(activity, right=right, scored_today=sum(points > 0 for points in earned)))
    worth = POINTS[activity]
    assert sum(points > 0 for points in earned) <= worth.daily_cap
    assert sum(earned) <= worth.daily_cap * (worth.points + worth.right)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_default_goal_grows_with_the_group(fewer: int, more: int) -> None:
    assert default_goal(0) == GOAL_LEAST
    fewer, more = sorted((fewer, more))
    assert GOAL_LEAST <= default_goal(fewer) <= default_goal(more)
    assert default_goal(more) == max(GOAL_LEAST, 5 * more)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_share_of_a_goal_is_between_nothing_and_all(target: int, done: int) -> None:
    share = Goal(target, done).share
    assert 0.0 <= share <= 1.0
    assert (share == 1.0) == (done >= target)


@pytest.mark.parametrize(("participants", "ranked"), [(0, False), (4, False), (5, True), (500, True)])
def test_ranks_begin_at_five(participants: int, ranked: bool) -> None:
    board = Board("Hall", "week", "points", "any", 0, 1, participants, 0, 0, (), Goal(20, 0), None)
    assert board.ranked is ranked
    assert (RANKS_FROM, PAGE) == (5, 10)


def test_a_row_is_read_by_the_boards_measure() -> None:
    row = Row(rank=1, name="Bo", discord_id=7, points=12, reps=9)
    assert (row.value("points"), row.value("reps")) == (12, 9)


@given(st.lists(st.lists(st.none() | st.integers(0, 200), min_size=7, max_size=7), max_size=HEAT_WEEKS))
def test_a_heat_map_sums_its_days(weeks: list[list[int | None]]) -> None:
    heat = HeatMap(date(2026, 3, 2), tuple(tuple(week) for week in weeks))
    days = [count for week in weeks for count in week if count]
    assert (heat.total, heat.active_days) == (sum(days), len(days))
