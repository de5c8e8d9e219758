"""What admins type for times, days and weeks, and what it is read as."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Recurrence
from bot.domain.drops import DAILY_KINDS, RAMPS
from bot.domain.errors import ScheduleInvalid
from bot.ui.schedule_options import (
    DESCRIPTIONS,
    Difficulty,
    changed,
    filters,
    first_week,
    local_time,
    recurrence,
    weekdays,
)

TODAY = date(2026, 3, 4)  # a Wednesday
NOON = time(12, 0)
KNOWN = {"sql": "SQL", "gpu": "GPUs"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9", time(9)),
        ("09:00", time(9)),
        ("9:05", time(9, 5)),
        ("9.30", time(9, 30)),
        ("18h45", time(18, 45)),
        ("18H45", time(18, 45)),
        (" 23:59 ", time(23, 59)),
        ("0", time(0)),
        ("00:00", time(0)),
        ("٩", time(9)),
    ],
)
def test_times_as_people_write_them(typed: str, read: time) -> None:
    assert local_time(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "noon", "25:00", "24:00", "9:60", "9:5", "9pm", "-1", "9:00:00", "9:", "1e1", "9 00"]
)
def test_what_is_no_time_is_named_with_an_example(typed: str) -> None:
    with pytest.raises(ScheduleInvalid, match="write it as 09:00 or 18:30"):
        local_time(typed)


@given(st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_every_time_is_read_as_it_is_shown(at: time) -> None:
    assert local_time(f"{at:%H:%M}") == at


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    for read in (local_time, weekdays, lambda typed: first_week(typed, TODAY)):
        try:
            read(text)
        except ScheduleInvalid as refusal:
            assert len(refusal.sentence) < 200


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("mon, wed, fri", {1, 3, 5}),
        ("Monday", {1}),
        ("SAT SUN", {6, 7}),
        ("tue/thu;thu", {2, 4}),
        ("wednesday,friday", {3, 5}),
    ],
)
def test_days_as_people_write_them(typed: str, read: set[int]) -> None:
    assert weekdays(typed) == read


@pytest.mark.parametrize("typed", ["", "m", "mon, foo", "1, 2", "lundi", ","])
def test_what_is_no_day_is_named(typed: str) -> None:
    with pytest.raises(ScheduleInvalid, match="write days as mon, wed, fri"):
        weekdays(typed)


def test_a_first_week_is_today_or_later() -> None:
    assert first_week(None, TODAY) == TODAY
    assert first_week(" 2026-03-04 ", TODAY) == TODAY
    with pytest.raises(ScheduleInvalid, match="03 March 2026 is in the past"):
        first_week("2026-03-03", TODAY)
    with pytest.raises(ScheduleInvalid, match="write it as 2026-12-07"):
        first_week("2026-02-30", TODAY)


def test_every_kind_comes_on_days_of_its_own_unless_told() -> None:
    nothing = (None, None, None, None, None)
    assert recurrence("question", NOON, *nothing, today=TODAY) == Recurrence.daily(NOON)
    assert recurrence("digest", NOON, *nothing, today=TODAY) == Recurrence.weekly(NOON, {1})
    assert recurrence("digest", NOON, "daily", *nothing[1:], today=TODAY) == Recurrence.daily(NOON)


def test_an_edit_without_days_keeps_them() -> None:
    old = Recurrence.every_n_weeks(NOON, {2}, 3, TODAY)
    nothing = (None, None, None, None, None)
    assert changed("question", old, None, *nothing, today=TODAY) == old
    midnight = changed("question", old, time(0), *nothing, today=TODAY)
    assert midnight == Recurrence.every_n_weeks(time(0), {2}, 3, TODAY)
    monthly = changed("question", old, None, "monthly", None, None, None, None, today=TODAY)
    assert monthly == Recurrence.monthly(NOON, 1)
    weekly = changed(
        "question", Recurrence.monthly(NOON, 5), None, None, "fri", None, None, None, today=TODAY
    )
    assert weekly == Recurrence.weekly(NOON, {5})


@given(
    st.sampled_from(["daily", "weekdays", "weekly", "monthly"]),
    st.none() | st.sampled_from(["mon", "tue, sat"]),
    st.none() | st.integers(1, 52),
    st.none() | st.integers(1, 31),
    st.none() | st.sampled_from(["2026-03-04", "2027-01-01"]),
)
def test_every_mix_of_options_is_a_recurrence_or_a_kind_no(
    repeat: str, days: str | None, weeks: int | None, day: int | None, starting: str | None
) -> None:
    try:
        made = recurrence("question", NOON, repeat, days, weeks, day, starting, today=TODAY)
    except ScheduleInvalid as refusal:
        assert refusal.sentence.endswith("Nothing was saved; please try again.")
    else:
        assert made.at == NOON
        assert Recurrence.from_json(made.as_json()) == made
        assert made.weeks == (weeks if weeks and days and not made.day else 1)


def test_filters_keep_what_is_not_given() -> None:
    first = filters("question", "sql", "mle", None, known=KNOWN, before={})
    assert first == {"track": "mle", "topics": ["sql"], "kinds": list(DAILY_KINDS), "ramp": "any"}
    harder = filters("question", None, None, "hard", known=KNOWN, before=first)
    assert harder == first | {"ramp": "hard"}
    assert filters("question", "gpu", "both", "any", known=KNOWN, before=harder) == first | {
        "track": "both",
        "topics": ["gpu"],
    }
    assert filters("digest", "sql", "mle", "hard", known=KNOWN, before={}) == {}
    with pytest.raises(ScheduleInvalid, match="I don't know the topic “SQL”"):
        filters("question", "SQL", None, None, known=KNOWN, before={})


def test_every_difficulty_offered_is_a_ramp_and_descriptions_fit_discord() -> None:
    assert set(Difficulty.__args__) == set(RAMPS)  # type: ignore[attr-defined]
    assert all(len(words) <= 100 for words in DESCRIPTIONS.values())
