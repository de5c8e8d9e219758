"""When people could meet, whatever their weeks and zones, and a calendar file another program understands."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.appointments import LOOKED_AHEAD, WAKING, ics, slots_for
from bot.domain.availability import DAY, GRID, Interval, Slot, Slots, occurrences, on, shared

NOW = datetime(2026, 3, 2, 8, 7, tzinfo=UTC)  # a Monday
EVENINGS, MORNINGS = on(range(1, 6), 18, 21), on(range(1, 6), 7, 9)
ZONES = (
    *("UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/Los_Angeles"),
    *("Pacific/Auckland", "Pacific/Kiritimati", "Australia/Lord_Howe"),
)

slots = st.builds(
    lambda day, first, length: Slot(day, first * GRID, min(DAY, (first + length) * GRID)),
    st.integers(1, 7),
    st.integers(0, DAY // GRID - 1),
    st.integers(1, 8),
)
weeks = st.lists(
    st.tuples(st.lists(slots, max_size=6).map(tuple), st.sampled_from(ZONES)), min_size=1, max_size=3
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def free(slots: Slots, zone: str, moment: datetime) -> list[Interval]:
    return occurrences(slots, ZoneInfo(zone), moment, moment + LOOKED_AHEAD + timedelta(days=1))


def holds(intervals: list[Interval], moment: datetime, minutes: int) -> bool:
    end = moment + timedelta(minutes=minutes)
    return any(begins <= moment and end <= ends for begins, ends in intervals)


@settings(max_examples=60)
@given(weeks, moments, st.integers(30, 120), st.integers(1, 4))
def test_everybody_is_free_or_at_least_awake_and_nothing_is_offered_twice(
    weeks: list[tuple[Slots, str]], now: datetime, minutes: int, count: int
) -> None:
    found = slots_for(weeks, now=now, minutes=minutes, count=count)
    assert len(found) <= count
    assert list(found) == sorted(set(found))
    assert all(moment >= now + timedelta(hours=1) for moment in found)
    for moment in found:
        named = all(holds(free(slots or WAKING, zone, now), moment, minutes) for slots, zone in weeks)
        assert named or all(holds(free(WAKING, zone, now), moment, minutes) for _, zone in weeks)
    again = slots_for(weeks, now=now, minutes=minutes, count=count, after=found)
    assert not set(again) & set(found)
    # The same for the same: what a card showed can be worked out again.
    assert slots_for(weeks, now=now, minutes=minutes, count=count) == found


@settings(max_examples=60)
@given(weeks, moments)
def test_what_the_weeks_share_comes_before_waking_hours(
    weeks: list[tuple[Slots, str]], now: datetime
) -> None:
    found = slots_for(weeks, now=now, minutes=60)
    start = now + timedelta(hours=1, minutes=GRID)
    common = [(start, start + LOOKED_AHEAD - timedelta(hours=1))]
    for slots, zone in weeks:
        common = shared(common, free(slots or WAKING, zone, now))
    if any(ends - begins >= timedelta(minutes=60 + GRID) for begins, ends in common):
        assert found
        for moment in found:
            assert all(holds(free(slots or WAKING, zone, now), moment, 60) for slots, zone in weeks)


def test_three_different_days_in_both_zones() -> None:
    found = slots_for([(EVENINGS, "Europe/Berlin"), ((), "Asia/Kolkata")], now=NOW, minutes=60)
    # 18:00 in Berlin is 22:30 in Kolkata: nobody said they are up then, and yet somebody named these hours.
    assert len({moment.date() for moment in found}) == 3
    found = slots_for([(EVENINGS, "Europe/Berlin"), (EVENINGS, "Europe/London")], now=NOW, minutes=60)
    assert [f"{moment:%a %H:%M}" for moment in found] == ["Mon 18:00", "Tue 18:00", "Wed 18:00"]


def test_three_others_are_other_days_first() -> None:
    weeks = [(EVENINGS, "UTC"), (EVENINGS, "UTC")]
    offered: tuple[datetime, ...] = ()
    days = []
    for _ in range(3):
        found = slots_for(weeks, now=NOW, minutes=60, after=offered)
        days += [f"{moment:%d}" for moment in found]
        offered += found
    assert days == ["02", "03", "04", "05", "06", "09", "10", "11", "12"]
    assert slots_for(weeks, now=NOW, minutes=181, after=()) != ()
    while found := slots_for(weeks, now=NOW, minutes=60, after=offered):
        assert not set(found) & set(offered)
        offered += found


def test_sharing_nothing_the_least_bad_of_waking_hours_is_offered() -> None:
    found = slots_for([(MORNINGS, "UTC"), (EVENINGS, "UTC")], now=NOW, minutes=60)
    assert [f"{moment:%a %H:%M}" for moment in found] == ["Mon 14:00", "Tue 14:00", "Wed 14:00"]


def test_where_nobody_is_awake_together_there_is_nothing() -> None:
    three = [((), "Europe/London"), ((), "Asia/Tokyo"), ((), "America/Los_Angeles")]
    assert slots_for(three, now=NOW, minutes=60) == ()
    assert slots_for([((), "UTC")], now=NOW, minutes=60, count=0) == ()


def test_clocks_that_change_in_between_move_nobody_s_hours() -> None:
    # On 29 March the clocks of Berlin go forward.
    now = datetime(2026, 3, 26, 8, tzinfo=UTC)
    found = slots_for([(EVENINGS, "Europe/Berlin")], now=now, minutes=180)
    assert {f"{moment.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" for moment in found} == {"18:00"}
    assert [f"{moment:%d %H:%M}" for moment in found] == ["26 17:00", "27 17:00", "30 16:00"]


def test_another_program_reads_the_calendar_file() -> None:
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    words = (
        'Interviewing each other, "half and half"; bring water:\nhttps://discord.com/channels/1/2 ' + "ü" * 90
    )
    data = ics("mock-17", "Mock interview: SQL, coding; you & Bo", start, 75, words, at=NOW)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    event = vobject.readOne(data.decode()).vevent
    assert (event.uid.value, event.summary.value) == ("mock-17@reps", "Mock interview: SQL, coding; you & Bo")
    assert event.description.value == words
    assert event.dtstart.value == start
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=75)
    assert event.dtstamp.value == NOW.replace(microsecond=0)
    assert getattr(event, "class").value == "PRIVATE"
    later = vobject.readOne(ics("mock-17", "T", start, 75, "", at=NOW + timedelta(hours=1)).decode()).vevent
    assert later.uid.value == event.uid.value
    assert int(later.sequence.value) > int(event.sequence.value)
