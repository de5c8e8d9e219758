"""Weekly slots: merged, taken away, laid out in real time through changes of the clock, and shared by two."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.availability import (
    DAY,
    GRID,
    PRESETS,
    Interval,
    Slot,
    described,
    includes,
    merged,
    occurrences,
    on,
    shared,
    shared_minutes,
    without,
)

BERLIN, NEW_YORK, KOLKATA = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Kolkata"))
ZONES = st.sampled_from([BERLIN, NEW_YORK, KOLKATA, *map(ZoneInfo, ("Asia/Beirut", "Australia/Lord_Howe"))])
HALVES = DAY // GRID
SLOTS = st.lists(
    st.builds(
        lambda weekday, one, other: Slot(weekday, min(one, other) * GRID, (max(one, other) + 1) * GRID),
        st.integers(1, 7),
        st.integers(0, HALVES - 1),
        st.integers(0, HALVES - 1),
    ),
    max_size=8,
)
# A year holds every zone's two changes.
STARTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
FORTNIGHT = timedelta(days=14)


def covered(slots: list[Slot] | tuple[Slot, ...], weekday: int, minute: int) -> bool:
    return any(slot.weekday == weekday and slot.start_minute <= minute < slot.end_minute for slot in slots)


def within(intervals: list[Interval], moment: datetime) -> bool:
    return any(begins <= moment < ends for begins, ends in intervals)


# --- sets of slots


@given(SLOTS, SLOTS)
def test_merging_and_taking_away_is_that_of_their_minutes(one: list[Slot], other: list[Slot]) -> None:
    both, left = merged([*one, *other]), without(one, other)
    for weekday in range(1, 8):
        for minute in range(0, DAY, GRID):
            in_one, in_other = covered(one, weekday, minute), covered(other, weekday, minute)
            assert covered(both, weekday, minute) == (in_one or in_other)
            assert covered(left, weekday, minute) == (in_one and not in_other)
    assert list(both) == sorted(both)
    # What touched or overlapped is one now.
    for before, after in pairwise(both):
        assert before.weekday < after.weekday or before.end_minute < after.start_minute
    assert merged(both) == both
    assert includes(both, one)
    assert includes(left, other) == (not other)


def test_a_slot_keeps_to_its_day_and_to_half_hours() -> None:
    for wrong in (
        (0, 0, 60),
        (8, 0, 60),
        (1, 60, 60),
        (1, 90, 60),
        (1, -30, 60),
        (1, 1410, 1470),
        (1, 15, 60),
    ):
        with pytest.raises(ValueError, match="A slot"):
            Slot(*wrong)
    assert Slot(7, 0, DAY)


def test_a_week_in_words() -> None:
    assert described(()) == ""
    assert described(PRESETS["evenings"].slots) == "Monday to Friday: 18:00–21:00"
    week = merged([*on(range(1, 8), 20, 24), Slot(2, 0, 30), *on((6, 7), 9, 12)])
    assert described(week) == (
        "Monday, Wednesday, Thursday, Friday: 20:00–24:00\n"
        "Tuesday: 00:00–00:30, 20:00–24:00\n"
        "Saturday, Sunday: 09:00–12:00, 20:00–24:00"
    )


# --- in real time


@settings(max_examples=60)
@given(SLOTS, ZONES, STARTS)
def test_one_is_free_when_ones_own_clock_says_so(slots: list[Slot], zone: ZoneInfo, start: datetime) -> None:
    end = start + FORTNIGHT
    found = occurrences(slots, zone, start, end)
    for (_, before), (after, _) in pairwise(found):
        assert before < after
    assert all(start <= begins < ends <= end for begins, ends in found)
    moment = start
    while moment < end:
        local = moment.astimezone(zone)
        noon = datetime.combine(local.date(), time(12), zone)
        steady = {(noon + timedelta(days=days)).utcoffset() for days in (-1, 0, 1)}
        if len(steady) == 1:  # the days around a change are the next test's
            assert within(found, moment) == covered(slots, local.isoweekday(), local.hour * 60 + local.minute)
        moment += timedelta(minutes=15)


@pytest.mark.parametrize(
    ("slot", "day", "expected"),
    [
        # The clocks of Berlin go from 02:00 to 03:00 on 29 March, and from 03:00 back to 02:00 on 25 October.
        (Slot(7, 0, 360), (3, 29), [((3, 28, 23), (3, 29, 4))]),
        (Slot(7, 120, 180), (3, 29), []),
        (Slot(7, 150, 240), (3, 29), [((3, 29, 1), (3, 29, 2))]),
        (Slot(7, 0, 360), (10, 25), [((10, 24, 22), (10, 25, 5))]),
        (Slot(7, 120, 180), (10, 25), [((10, 25, 0), (10, 25, 2))]),
        (Slot(6, 1320, DAY), (10, 25), [((10, 24, 20), (10, 24, 22))]),
    ],
)
def test_a_slot_on_the_day_the_clocks_change(
    slot: Slot, day: tuple[int, int], expected: list[tuple[tuple[int, int, int], tuple[int, int, int]]]
) -> None:
    noon = datetime(2026, *day, 12, tzinfo=UTC)
    found = occurrences([slot], BERLIN, noon - timedelta(days=2), noon + timedelta(days=2))
    assert found == [
        (datetime(2026, *begins, tzinfo=UTC), datetime(2026, *ends, tzinfo=UTC)) for begins, ends in expected
    ]


def test_a_night_over_midnight_is_one_interval() -> None:
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    slots = [Slot(1, 1380, DAY), Slot(2, 0, 60)]
    assert occurrences(slots, ZoneInfo("UTC"), monday, monday + timedelta(days=7)) == [
        (monday + timedelta(hours=23), monday + timedelta(hours=25))
    ]


# --- shared


def test_two_zones_share_less_while_only_one_has_changed_its_clocks() -> None:
    # New York changes on 8 March, Berlin on 29 March; in between they are five hours apart instead of six.
    one, other = on((1,), 18, 21), on((1,), 12, 14)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    assert [
        shared_minutes(
            occurrences(one, BERLIN, at, at + timedelta(days=1)),
            occurrences(other, NEW_YORK, at, at + timedelta(days=1)),
        )
        for at in (start, start + timedelta(days=7), start + timedelta(days=28))
    ] == [120, 60, 120]


@settings(max_examples=60)
@given(SLOTS, ZONES, SLOTS, ZONES, STARTS)
def test_what_two_share_is_what_each_has(
    one: list[Slot], here: ZoneInfo, other: list[Slot], there: ZoneInfo, start: datetime
) -> None:
    end = start + FORTNIGHT
    mine, theirs = occurrences(one, here, start, end), occurrences(other, there, start, end)
    both = shared(mine, theirs)
    assert both == shared(theirs, mine)
    moment = start
    while moment < end:
        assert within(both, moment) == (within(mine, moment) and within(theirs, moment))
        moment += timedelta(minutes=15)
    assert shared(mine, mine) == mine
    assert shared_minutes(mine, theirs) == sum(
        (ends - begins) // timedelta(minutes=1) for begins, ends in both
    )
