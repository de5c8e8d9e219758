"""Grading: numbers as people type them, choices, and open answers marked by their key points."""

import math
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import AnswerUnreadable
from bot.domain.questions import grade_choice, grade_numeric, grade_open, read_number

SPACES = ["\u00a0", "\u202f", " "]
numbers = st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False)
units = st.sampled_from(["", " ms", "ms", " %", "%", " GiB", " users"])


def grade(text: str, answer: float = 1.5, tolerance: float = 0.1) -> bool:
    return grade_numeric(text, answer=answer, tolerance=tolerance, unit="ms", also={"s": 1000, "µs": 0.001})


# --- reading a number


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("0.25", 0.25, ""),
        (".5", 0.5, ""),
        ("5.", 5, ""),
        ("+3", 3, ""),
        ("-3", -3, ""),
        ("−3", -3, ""),
        ("0,25", 0.25, ""),
        ("12,5 %", 12.5, "%"),
        ("1,200", 1200, ""),
        ("1,200.5", 1200.5, ""),
        ("12,345,678", 12_345_678, ""),
        ("1 200", 1200, ""),
        ("1\u00a0234\u202f567 users", 1_234_567, "users"),
        ("1'200", 1200, ""),
        ("3/8", 0.375, ""),
        ("-1/2", -0.5, ""),
        ("1e3", 1000, ""),
        ("1.5E-3 s", 0.0015, "s"),
        ("  7 GiB ", 7, "GiB"),
        ("40%", 40, "%"),
        ("٣", 3, ""),
    ],
)
def test_number_is_read_as_it_is_meant(text: str, value: float, unit: str) -> None:
    reading = read_number(text)
    assert reading.value == pytest.approx(value)
    assert reading.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "ms 5",
        "1 or 2",
        "1-2",
        "1,2,3",
        "1,20,000",
        "1.200.000",
        "--1",
        "1/0",
        "1/2/3",
        "1e999",
        "-1e999",
        "nan",
        "inf",
        "10^3",
        "1" * 101,
        "⅓",
        "²",
        "5 m2",
    ],
)
def test_what_is_no_one_number_is_refused(text: str) -> None:
    with pytest.raises(AnswerUnreadable) as refused:
        read_number(text)
    assert "You can try again" in refused.value.sentence or "you can try again" in refused.value.sentence


@pytest.mark.parametrize("text", ["0,125", "-0,250"])
def test_nought_and_a_comma_is_never_thousands(text: str) -> None:
    assert read_number(text).value == float(text.replace(",", "."))


def test_fraction_may_have_spaces() -> None:
    assert read_number("3 / 8").value == 0.375


def test_refusal_shows_what_was_typed_as_text() -> None:
    with pytest.raises(AnswerUnreadable) as refused:
        read_number("[x](https://example.org) **b**")
    assert "](" not in refused.value.sentence


@given(numbers, units)
def test_plain_numbers_come_back(number: object, unit: str) -> None:
    reading = read_number(f"{number}{unit}")
    assert reading.value == float(str(number))
    assert reading.unit == unit.strip()


@given(st.integers(-(10**12), 10**12), st.sampled_from([",", "'", *SPACES]))
def test_grouped_thousands_come_back(number: int, mark: str) -> None:
    assert read_number(f"{number:,}".replace(",", mark)).value == number


@given(st.integers(-(10**6), 10**6), st.integers(0, 99))
def test_decimal_comma_comes_back(whole: int, hundredths: int) -> None:
    assert read_number(f"{whole},{hundredths:02}").value == float(f"{whole}.{hundredths:02}")


@given(st.integers(-999, 999), st.integers(1, 999))
def test_fractions_come_back(above: int, below: int) -> None:
    assert read_number(f"{above}/{below}").value == pytest.approx(float(Fraction(above, below)))


@given(st.text(max_size=150) | st.text("0123456789,. '/e+-%m\u00a0", max_size=150))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    try:
        reading = read_number(text)
    except AnswerUnreadable as refused:
        assert len(refused.text) <= 60
    else:
        assert math.isfinite(reading.value)
        assert not any(character.isdigit() and character.isascii() for character in reading.unit)


@pytest.mark.parametrize(
    "text", ["1" * 200_000, "1 " * 100_000, "1,111" * 50_000, "," * 200_000, "1e" * 90_000]
)
def test_hostile_length_is_refused_at_once(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(AnswerUnreadable):
        read_number(text)
    assert time.perf_counter() - begun < 1


# --- grading


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("1.5", True),
        ("1.4", True),
        ("1.6", True),
        ("1.61", False),
        ("1,5 MS", True),
        ("1.5 ms.", True),
        ("0.0015 s", True),
        ("1500 µs", True),
        ("1.5 s", False),
        ("3/2", True),
    ],
)
def test_numbers_are_graded_in_the_canonical_unit(text: str, right: bool) -> None:
    assert grade(text) is right


@pytest.mark.parametrize("text", ["1.5 kg", "1.5 %", "1.5 ms or so", "abc"])
def test_unknown_unit_is_refused_and_the_wanted_one_named(text: str) -> None:
    with pytest.raises(AnswerUnreadable) as refused:
        grade(text)
    if text != "abc":
        assert "Write one number in ms" in refused.value.sentence


@given(st.floats(-1e9, 1e9), st.floats(0, 1e6))
def test_the_answer_itself_and_its_tolerance_are_right(answer: float, tolerance: float) -> None:
    for value in (answer, answer + tolerance, answer - tolerance):
        assert grade_numeric(repr(value), answer=answer, tolerance=tolerance, unit=None, also={})


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(1.01, 100))
def test_clearly_outside_the_tolerance_is_wrong(answer: float, tolerance: float, times: float) -> None:
    far = answer + tolerance * times + 1
    assert not grade_numeric(repr(far), answer=answer, tolerance=tolerance, unit=None, also={})


@given(st.sets(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5)))
def test_choice_is_all_the_right_options_and_no_other(right: set[int], chosen: list[int]) -> None:
    assert grade_choice(sorted(right), chosen) is (right == set(chosen))


@pytest.mark.parametrize(
    ("points", "least"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (8, 6)]
)
def test_open_answer_is_right_from_two_thirds_on(points: int, least: int) -> None:
    assert [covered for covered in range(points + 1) if grade_open(points, covered)] == list(
        range(least, points + 1)
    )
