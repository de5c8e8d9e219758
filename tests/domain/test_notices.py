"""Quiet hours: what is sent waits for their end, on every clock and through every change of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.notices import DAY, Quiet, next_allowed

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
# The second changes its clocks by half an hour, the third stands at a quarter, the fourth has changed at midnight.
ZONES = st.sampled_from(
    [BERLIN, LORD_HOWE, *map(ZoneInfo, ("Asia/Kathmandu", "Asia/Beirut", "America/New_York", "UTC"))]
)
QUARTERS = st.integers(0, DAY // 15 - 1).map(lambda quarter: quarter * 15)
QUIETS = st.tuples(QUARTERS, QUARTERS).filter(lambda ends: ends[0] != ends[1]).map(lambda ends: Quiet(*ends))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(MOMENTS, ZONES, QUIETS)
@example(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), BERLIN, Quiet(0, 150))  # 02:30 is jumped over
@example(datetime(2026, 10, 25, 0, 15, tzinfo=UTC), BERLIN, Quiet(135, 180))  # 02:15 to 03:00 comes twice
@example(
    datetime(2026, 3, 28, 23, 0, tzinfo=UTC), BERLIN, Quiet(180, 120)
)  # the only free hour is jumped over
def test_the_first_moment_that_is_not_quiet(now: datetime, zone: ZoneInfo, quiet: Quiet) -> None:
    at = next_allowed(now, zone, quiet)
    assert at >= now
    assert not quiet.covers(at.astimezone(zone))
    minute = now
    while minute < at:
        assert quiet.covers(minute.astimezone(zone))
        minute += timedelta(minutes=1)


@given(MOMENTS, ZONES)
def test_without_quiet_hours_nothing_waits(now: datetime, zone: ZoneInfo) -> None:
    assert next_allowed(now, zone, None) == now


def test_a_night_ends_by_the_members_own_clock() -> None:
    night = Quiet(22 * 60, 7 * 60)
    late = datetime(2026, 3, 28, 22, 30, 5, tzinfo=UTC)
    # Winter time begins the night and summer time ends it.
    assert next_allowed(late, BERLIN, night) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    assert next_allowed(late, ZoneInfo("UTC"), night) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    assert next_allowed(late, ZoneInfo("America/New_York"), night) == late


@pytest.mark.parametrize(("start", "end"), [(60, 60), (0, DAY), (-15, 30), (5, 60)])
def test_hours_that_make_no_sense_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="Quiet hours"):
        Quiet(start, end)
