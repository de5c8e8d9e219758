"""Which schedules get in each other's way, and which week a digest tells of."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Recurrence
from bot.domain.schedules import Clash, clashes, week_told

NOW = datetime(2026, 3, 2, 8, 0)  # a Monday
NINE = Recurrence.daily(time(9))
RECURRENCES = st.builds(
    Recurrence.weekly,
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sets(st.integers(1, 7), min_size=1),
)


@pytest.mark.parametrize(
    ("other", "clash"),
    [
        (NINE, True),
        (Recurrence.daily(time(9, 59)), False),
        (Recurrence.daily(time(8, 1)), False),
        (Recurrence.daily(time(10)), None),
        (Recurrence.daily(time(8)), None),
        (Recurrence.weekly(time(9), {6}), True),
        (Recurrence.monthly(time(9), 31), True),
        (Recurrence.every_n_weeks(time(9, 30), {2}, 4, date(2026, 3, 23)), False),
    ],
)
def test_two_clash_at_the_same_moment_or_within_the_hour(other: Recurrence, clash: bool | None) -> None:
    found = clashes([(1, NINE), (None, other)], NOW)
    if clash is None:
        assert found == {}
    else:
        assert found == {1: (Clash(None, clash),), None: (Clash(1, clash),)}


def test_midnight_and_other_weekdays() -> None:
    late, early = Recurrence.weekly(time(23, 45), {1}), Recurrence.weekly(time(0, 15), {2})
    assert set(clashes([(1, late), (2, early)], NOW)) == {1, 2}
    assert clashes([(1, late), (2, Recurrence.weekly(time(0, 15), {3}))], NOW) == {}


@given(st.lists(RECURRENCES, max_size=6))
def test_a_clash_is_mutual_and_what_comparing_every_pair_finds(recurrences: list[Recurrence]) -> None:
    def near(one: Recurrence, other: Recurrence) -> bool:
        def minutes(recurrence: Recurrence) -> list[int]:
            at = recurrence.at.hour * 60 + recurrence.at.minute
            return [(day - 1) * 1440 + at for day in recurrence.weekdays]

        week = 7 * 1440
        return any(min((a - b) % week, (b - a) % week) < 60 for a in minutes(one) for b in minutes(other))

    found = clashes(enumerate(recurrences), NOW)
    pairs = {(one, clash.schedule_id) for one, met in found.items() for clash in met}
    assert pairs == {
        (one, other)
        for one, first in enumerate(recurrences)
        for other, second in enumerate(recurrences)
        if one != other and near(first, second)
    }


@given(st.dates(date(2000, 1, 3), date(2100, 1, 1)))
def test_a_digest_tells_of_a_week_that_is_over_until_wednesday(day: date) -> None:
    told = week_told(day)
    assert told.isoweekday() == 1
    over = told + timedelta(days=7) <= day
    assert over == (day.isoweekday() <= 3)
    assert day - timedelta(days=9) <= told <= day
