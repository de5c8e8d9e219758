"""The calendar: one due instant per local date, whatever a zone's clocks do; and periods."""

import calendar as months
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.calendar import (
    Recurrence,
    clock_change,
    describe,
    instant,
    next_due,
    period_key,
    upcoming,
    week_of,
)

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
NINE = time(9)
BERLIN = ZoneInfo("Europe/Berlin")
# Every name tzdata has, with those of old and those that only some machines know.
EVERY_ZONE = sorted(set(files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"})

times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
dates = st.dates(date(2015, 1, 1), date(2037, 12, 31))
instants = st.datetimes(datetime(2015, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(EVERY_ZONE).map(ZoneInfo)
weekdays = st.frozensets(st.integers(1, 7), min_size=1)
recurrences = st.one_of(
    st.builds(Recurrence.daily, times),
    st.builds(Recurrence.weekly, times, weekdays),
    st.builds(Recurrence.every_n_weeks, times, weekdays, st.integers(1, 52), dates),
    st.builds(Recurrence.monthly, times, st.integers(1, 31)),
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def clock_at(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clocks show."""
    return moment.astimezone(zone).replace(tzinfo=None)


class Change(NamedTuple):
    """The instant from which a zone's clocks are `after` ahead of UTC, no longer `before`."""

    at: datetime
    before: timedelta
    after: timedelta


@cache
def changes(zone: ZoneInfo) -> tuple[Change, ...]:
    """The zone's changes of offset 2015–2037, found by looking at its clocks alone."""

    def offset(seconds: int) -> timedelta:
        return datetime.fromtimestamp(seconds, zone).utcoffset() or timedelta()

    found, step = [], 86_400
    first, last = int(utc(2015, 1, 1).timestamp()), int(utc(2038, 1, 1).timestamp())
    before = offset(first)
    for low in range(first, last, step):
        after = offset(low + step)
        if after != before:
            high = low + step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if offset(middle) == after else (middle, high)
            found.append(Change(datetime.fromtimestamp(high, UTC), before, after))
            before = after
    return tuple(found)


def expected(change: Change, reading: datetime) -> datetime:
    """D3 for a reading near one change: the first time clocks show it, or the change that leaves it out."""
    wanted = reading.replace(tzinfo=UTC)
    if wanted - change.before < change.at:
        return wanted - change.before
    return max(wanted - change.after, change.at)


def test_every_change_of_every_zone() -> None:
    """Each local date around each change 2015–2037 is due exactly once, at the instant D3 says."""
    seen = 0
    # Many names share one set of clocks, so each set is walked once, by a zone that has it.
    by_clocks = {changes(zone): zone for zone in map(ZoneInfo, EVERY_ZONE)}
    assert sum(len(each) for each in by_clocks) > 1_500
    for each, zone in by_clocks.items():
        assert all(second.at - first.at > 6 * DAY for first, second in pairwise(each))
        for change in each:
            edges = [clock_at(change.at - SECOND, zone) + SECOND, clock_at(change.at, zone)]
            low, high = sorted(edges)
            near = {low + (high - low) / 2, *(edge + n * MINUTE for edge in edges for n in (-1, 0, 1))}
            days = [low.date() + n * DAY for n in range(-1, 3)]
            for at in {time(), time(12), time(23, 59), *(reading.time() for reading in near)}:
                at = at.replace(second=0, microsecond=0)
                wanted = [expected(change, datetime.combine(day, at)) for day in days]
                assert [instant(day, at, zone) for day in days] == wanted
                due = upcoming(Recurrence.daily(at), zone, wanted[0] - SECOND, len(days))
                assert [(one.local_date, one.at_utc) for one in due] == list(zip(days, wanted, strict=True))
                seen += 1
    assert seen > 15_000


@settings(max_examples=1_000)
@given(zones, times, dates)
def test_each_local_date_is_due_once_as_its_clocks_show(zone: ZoneInfo, at: time, first: date) -> None:
    due = upcoming(Recurrence.daily(at), zone, instant(first, at, zone) - MINUTE, 9)
    assert [one.local_date for one in due] == [first + n * DAY for n in range(9)]
    assert all(one.at_utc < other.at_utc for one, other in pairwise(due))
    for one in due:
        shown, wanted = one.at_utc.astimezone(zone), datetime.combine(one.local_date, at)
        if shown.replace(tzinfo=None) == wanted:
            assert shown.fold == 0  # never the second time
        else:
            assert clock_at(one.at_utc - SECOND, zone) < wanted < shown.replace(tzinfo=None)


def recurs(recurrence: Recurrence, day: date) -> bool:
    """Whether a date recurs, said the long way."""
    if recurrence.day is not None:
        return day.day == min(recurrence.day, months.monthrange(day.year, day.month)[1])
    if recurrence.anchor is not None and (week_of(day) - week_of(recurrence.anchor)).days % (
        7 * recurrence.weeks
    ):
        return False
    return day.isoweekday() in recurrence.weekdays


@settings(max_examples=500)
@given(recurrences, zones, instants)
def test_the_next_occurrence_is_the_first_after(
    recurrence: Recurrence, zone: ZoneInfo, after: datetime
) -> None:
    due = next_due(recurrence, zone, after)
    assert after < due.at_utc == instant(due.local_date, recurrence.at, zone)
    assert recurs(recurrence, due.local_date)
    day = clock_at(after, zone).date() - 2 * DAY
    while day < due.local_date:
        assert not recurs(recurrence, day) or instant(day, recurrence.at, zone) <= after
        day += DAY
    assert next_due(recurrence, zone, due.at_utc - timedelta(microseconds=1)) == due


@pytest.mark.parametrize(
    ("zone", "day", "at", "due"),
    [
        ("Europe/Berlin", date(2026, 11, 2), NINE, utc(2026, 11, 2, 8)),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), utc(2026, 3, 29, 1)),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), utc(2026, 10, 25, 0, 30)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), utc(2026, 10, 3, 15, 30)),
        ("Antarctica/Troll", date(2026, 3, 29), time(1, 30), utc(2026, 3, 29, 1)),
        # Midnight itself is left out, or occurs on both sides of it.
        ("Asia/Beirut", date(2026, 3, 29), time(0, 0), utc(2026, 3, 28, 22)),
        ("America/Havana", date(2026, 3, 8), time(0, 30), utc(2026, 3, 8, 5)),
        ("America/Havana", date(2026, 11, 1), time(0, 30), utc(2026, 11, 1, 4, 30)),
        ("America/St_Johns", date(2010, 11, 6), time(23, 30), utc(2010, 11, 7, 2, 0)),
        ("America/St_Johns", date(2010, 11, 7), time(0, 0), utc(2010, 11, 7, 2, 30)),
        # The gap runs from 23:30 over midnight.
        ("America/Toronto", date(1919, 3, 30), time(23, 45), utc(1919, 3, 31, 4, 30)),
        ("America/Toronto", date(1919, 3, 31), time(0, 15), utc(1919, 3, 31, 4, 30)),
        # Offsets of odd seconds.
        ("Africa/Monrovia", date(1971, 6, 1), NINE, utc(1971, 6, 1, 9, 44, 30)),
    ],
)
def test_instants_on_strange_days(zone: str, day: date, at: time, due: datetime) -> None:
    assert instant(day, at, ZoneInfo(zone)) == due
    assert next_due(Recurrence.daily(at), ZoneInfo(zone), due - SECOND).local_date == day


@pytest.mark.parametrize(
    ("zone", "absent"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Fakaofo", date(2011, 12, 30)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
    ],
)
@pytest.mark.parametrize("at", [time(), time(0, 1), NINE, time(23, 59)])
def test_a_date_a_zone_left_out_has_no_occurrence(zone: str, absent: date, at: time) -> None:
    place = ZoneInfo(zone)
    due = upcoming(Recurrence.daily(at), place, instant(absent - 2 * DAY, at, place) - SECOND, 4)
    assert [one.local_date for one in due] == [absent + n * DAY for n in (-2, -1, 1, 2)]
    assert [clock_at(one.at_utc, place) for one in due] == [
        datetime.combine(one.local_date, at) for one in due
    ]


def test_a_date_lived_twice_is_due_once() -> None:
    place = ZoneInfo(
        "Pacific/Kwajalein"
    )  # crossed the date line in 1969 and lived most of 30 September twice
    start = instant(date(1969, 9, 29), NINE, place)
    due = upcoming(Recurrence.daily(NINE), place, start - SECOND, 4)
    assert [one.local_date.day for one in due] == [29, 30, 1, 2]


def test_weeks_are_counted_both_ways_from_the_week_of_the_anchor() -> None:
    every_other = Recurrence.every_n_weeks(NINE, {1, 4}, 2, anchor=date(2026, 11, 4))
    due = upcoming(every_other, BERLIN, utc(2026, 10, 20), 4)
    assert [one.local_date for one in due] == [
        date(2026, 10, 22),
        date(2026, 11, 2),
        date(2026, 11, 5),
        date(2026, 11, 16),
    ]


def test_a_short_month_uses_its_last_day() -> None:
    due = upcoming(Recurrence.monthly(NINE, 31), BERLIN, utc(2027, 12, 31, 12), 4)
    assert [f"{one.local_date:%m-%d}" for one in due] == ["01-31", "02-29", "03-31", "04-30"]


# --- recurrences as texts


@given(recurrences)
def test_a_recurrence_survives_json(recurrence: Recurrence) -> None:
    assert Recurrence.from_json(recurrence.as_json()) == recurrence


def test_json_is_short_and_readable() -> None:
    assert Recurrence.weekly(NINE, [3, 1]).as_json() == {"at": "09:00", "weekdays": [1, 3]}
    assert Recurrence.monthly(NINE, 31).as_json() == {"at": "09:00", "day": 31}
    assert Recurrence.every_n_weeks(time(18, 30), [1], 2, date(2026, 11, 2)).as_json() == {
        "at": "18:30",
        "weekdays": [1],
        "weeks": 2,
        "anchor": "2026-11-02",
    }


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"at": "09:00"},
        {"weekdays": [1]},
        {"at": "9:00", "weekdays": [1]},
        {"at": "24:00", "weekdays": [1]},
        {"at": "09:00:00", "weekdays": [1]},
        {"at": 9, "weekdays": [1]},
        {"at": "09:00", "weekdays": []},
        {"at": "09:00", "weekdays": [0]},
        {"at": "09:00", "weekdays": [8]},
        {"at": "09:00", "weekdays": [True]},
        {"at": "09:00", "weekdays": "1"},
        {"at": "09:00", "weekdays": [1], "day": 3},
        {"at": "09:00", "day": 0},
        {"at": "09:00", "day": 32},
        {"at": "09:00", "day": "1"},
        {"at": "09:00", "day": None},
        {"at": "09:00", "day": 1, "weeks": 2, "anchor": "2026-11-02"},
        {"at": "09:00", "weekdays": [1], "weeks": 2},
        {"at": "09:00", "weekdays": [1], "weeks": 0, "anchor": "2026-11-02"},
        {"at": "09:00", "weekdays": [1], "weeks": 53, "anchor": "2026-11-02"},
        {"at": "09:00", "weekdays": [1], "weeks": 2.0, "anchor": "2026-11-02"},
        {"at": "09:00", "weekdays": [1], "anchor": "2026-11-02"},
        {"at": "09:00", "weekdays": [1], "weeks": 2, "anchor": "2026-02-30"},
        {"at": "09:00", "weekdays": [1], "weeks": 2, "anchor": "2026-W45-1"},
        {"at": "09:00", "weekdays": [1], "colour": "red"},
    ],
)
def test_other_json_is_refused_in_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        Recurrence.from_json(value)


@pytest.mark.parametrize("at", [time(9, 0, 1), time(9, 0, 0, 1), time(9, tzinfo=UTC)])
def test_only_local_whole_minutes_recur(at: time) -> None:
    with pytest.raises(ValueError, match="whole minutes"):
        Recurrence.daily(at)


@pytest.mark.parametrize(
    ("recurrence", "words"),
    [
        (Recurrence.daily(NINE), "every day at 09:00"),
        (Recurrence.weekly(NINE, range(1, 8)), "every day at 09:00"),
        (Recurrence.weekly(NINE, range(1, 6)), "every weekday at 09:00"),
        (Recurrence.weekly(NINE, {7}), "every Sunday at 09:00"),
        (Recurrence.weekly(NINE, {1, 3, 5}), "every Monday, Wednesday and Friday at 09:00"),
        (Recurrence.every_n_weeks(NINE, {2}, 1, date(2026, 1, 1)), "every Tuesday at 09:00"),
        (
            Recurrence.every_n_weeks(time(18, 30), {1, 4}, 2, date(2026, 1, 1)),
            "every 2 weeks on Monday and Thursday at 18:30",
        ),
        (
            Recurrence.every_n_weeks(NINE, range(1, 6), 3, date(2026, 1, 1)),
            "every 3 weeks from Monday to Friday at 09:00",
        ),
        (Recurrence.monthly(NINE, 5), "on day 5 of each month at 09:00"),
        (Recurrence.monthly(NINE, 31), "on day 31 of each month (or its last day) at 09:00"),
    ],
)
def test_recurrences_in_words(recurrence: Recurrence, words: str) -> None:
    assert describe(recurrence) == words


# --- periods


@given(dates)
def test_a_week_begins_on_monday(day: date) -> None:
    monday = week_of(day)
    assert monday.isoweekday() == 1
    assert 0 <= (day - monday).days <= 6


@pytest.mark.parametrize(
    ("day", "month", "week"),
    [
        (date(2026, 11, 16), "2026-11", "2026-W47"),
        (date(2024, 12, 30), "2024-12", "2025-W01"),
        (date(2026, 12, 31), "2026-12", "2026-W53"),
        (date(2027, 1, 3), "2027-01", "2026-W53"),
        (date(2027, 1, 4), "2027-01", "2027-W01"),
    ],
)
def test_period_keys(day: date, month: str, week: str) -> None:
    assert [period_key("all", day), period_key("month", day), period_key("week", day)] == ["all", month, week]


def test_a_week_has_one_key_and_keys_sort_by_time() -> None:
    days = [date(2015, 1, 1) + n * DAY for n in range(23 * 365)]
    keys = [key for key, _ in groupby(period_key("week", day) for day in days)]
    assert (
        keys
        == sorted(set(keys))
        == [period_key("week", monday) for monday in sorted(set(map(week_of, days)))]
    )


@given(dates, times, zones)
def test_a_change_of_the_clocks_is_noticed_where_it_moves_a_time(day: date, at: time, zone: ZoneInfo) -> None:
    local = datetime.combine(day, at)
    readings = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = sum(clock_at(moment, zone) == local for moment in readings)
    assert clock_change(day, at, zone) == {0: "skipped", 1: None, 2: "twice"}[shown]


def test_the_hours_berlin_skips_and_shows_twice() -> None:
    assert clock_change(date(2026, 3, 29), time(2, 0), BERLIN) == "skipped"
    assert clock_change(date(2026, 3, 29), time(3, 0), BERLIN) is None
    assert clock_change(date(2026, 10, 25), time(2, 59), BERLIN) == "twice"
    assert clock_change(date(2026, 10, 25), time(3, 0), BERLIN) is None
