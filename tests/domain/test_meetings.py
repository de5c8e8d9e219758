"""The rules of meetings: the agenda adds up, and everybody has exactly one place in every part."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.meetings import LONGEST, RECITED, SHORTEST, WORKED, agenda, refill, seats_at, tables
from bot.domain.meetings.agenda import LEAST
from bot.domain.recitation import Medium

LENGTHS = st.integers(SHORTEST, LONGEST)
MEDIUMS: st.SearchStrategy[Medium] = st.sampled_from(("voice", "typed"))
PEOPLE = st.lists(st.integers(1, 500), unique=True, max_size=80)


@given(LENGTHS, MEDIUMS)
def test_the_parts_add_up_to_the_length_and_none_is_too_short(length: int, medium: Medium) -> None:
    slots = agenda(length, medium)
    assert sum(slot.minutes for slot in slots) == length
    assert all(slot.minutes >= LEAST[slot.part] for slot in slots)


@given(LENGTHS, MEDIUMS)
def test_reciting_has_sixty_percent_of_the_work_to_the_nearest_minute(length: int, medium: Medium) -> None:
    slots = agenda(length, medium)
    recited = sum(slot.minutes for slot in slots if slot.part in RECITED)
    worked = sum(slot.minutes for slot in slots if slot.part in WORKED)
    assert abs(recited - 0.6 * (recited + worked)) <= 0.5


@given(LENGTHS, MEDIUMS)
def test_a_meeting_begins_with_arriving_and_ends_with_the_problem_and_the_close(
    length: int, medium: Medium
) -> None:
    parts = [slot.part for slot in agenda(length, medium)]
    assert parts[:2] == ["arrive", "recite"]
    assert parts[-4:] == ["think", "speak", "reveal", "close"]
    assert parts.count("break") == (0 if length < 45 else 1 if length < 120 else 2)
    assert not any(one == other == "break" for one, other in pairwise(parts))


@pytest.mark.parametrize("length", [SHORTEST - 1, LONGEST + 1])
def test_no_meeting_is_shorter_or_longer(length: int) -> None:
    with pytest.raises(ValueError, match="30 to 180 minutes"):
        agenda(length, "voice")


def test_an_hour_by_voice() -> None:
    assert [(slot.part, slot.minutes) for slot in agenda(60, "voice")] == [
        ("arrive", 3),
        ("recite", 31),
        ("break", 3),
        ("think", 5),
        ("speak", 11),
        ("reveal", 4),
        ("close", 3),
    ]


def test_a_long_one_is_several_rounds_with_a_break_between() -> None:
    assert [(slot.part, slot.minutes) for slot in agenda(180, "voice")][:6] == [
        ("arrive", 5),
        ("recite", 25),
        ("recite", 24),
        ("break", 5),
        ("recite", 24),
        ("recite", 24),
    ]


# --- tables


@given(PEOPLE, st.integers(4, 8))
def test_everybody_sits_at_exactly_one_table_and_nobody_is_alone(people: list[int], most: int) -> None:
    found = tables(people, most)
    assert sorted(one for table in found for one in table) == sorted(people)
    assert all(len(table) <= most for table in found)
    if len(people) > 1:
        assert all(len(table) >= 2 for table in found)


@given(PEOPLE, st.integers(4, 8), st.data())
def test_who_should_be_apart_costs_nobody_their_place(
    people: list[int], most: int, data: st.DataObject
) -> None:
    pairs = [frozenset(two) for two in combinations(people[:10], 2)]
    apart = data.draw(st.lists(st.sampled_from(pairs), max_size=8)) if pairs else []
    found = tables(people, most, apart)
    assert sorted(one for table in found for one in table) == sorted(people)
    assert all(len(table) <= most for table in found)


def test_two_of_whom_one_blocks_the_other_sit_apart() -> None:
    people = list(range(1, 11))
    found = tables(people, 5, [frozenset({1, 2})])
    assert not any({1, 2} <= set(table) for table in found)


def test_there_is_time_for_everybody_at_a_table() -> None:
    assert [seats_at(minutes) for minutes in (4, 9, 12, 40)] == [4, 6, 8, 8]


# --- in the middle of a round


@given(
    st.lists(st.integers(1, 20), unique=True),
    st.lists(st.integers(21, 60), unique=True),
    st.sets(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=60),
)
def test_who_is_free_gets_one_place_or_is_left_over_once(
    free: list[int], others: list[int], apart: set[tuple[int, int]]
) -> None:
    pairs = [tuple(others[start : start + 2]) for start in range(0, len(others), 2)]

    def may_meet(one: int, other: int) -> bool:
        return (one, other) not in apart and (other, one) not in apart

    together, joins, over = refill(free, pairs, may_meet)
    assert sorted([one for two in together for one in two] + list(joins) + over) == sorted(free)
    assert all(may_meet(*two) for two in together)
    # A pair takes one, and only whom both may meet; three stay three.
    assert len(set(joins.values())) == len(joins)
    for person, place in joins.items():
        assert len(pairs[place]) == 2
        assert all(may_meet(person, one) for one in pairs[place])


def test_two_who_are_free_are_a_pair_and_the_third_joins_another() -> None:
    assert refill([1, 2, 3], [(7, 8)], lambda one, other: True) == ([(1, 2)], {3: 0}, [])
