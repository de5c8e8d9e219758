"""The concept somebody recites next: new ones first, evenly over topics, and what was hard comes back."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.concepts import (
    FIRST_GAP,
    LONGEST_GAP,
    SECOND_GAP,
    STRUGGLED,
    Concept,
    Recited,
    choose,
    due_at,
    gap_after,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SHARES = st.one_of(st.none(), st.floats(0, 1))
MOMENTS = st.integers(0, 1000).map(lambda hours: NOW - timedelta(hours=hours))
PASTS = st.lists(st.builds(Recited, MOMENTS, SHARES), max_size=5).map(
    lambda past: tuple(sorted(past, key=lambda one: one.at))
)
CONCEPTS = st.lists(
    st.builds(Concept, st.integers(1, 50), st.sampled_from(["sql", "trees", "gpu"]), PASTS),
    unique_by=lambda concept: concept.item_id,
    max_size=20,
)


def past(*shares: float | None, days_ago: float = 0) -> tuple[Recited, ...]:
    """Recited once a week with these shares, the last time so many days ago."""
    last = NOW - timedelta(days=days_ago)
    return tuple(
        Recited(last - timedelta(weeks=len(shares) - 1 - place), share) for place, share in enumerate(shares)
    )


# --- the gap


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_covering_more_never_brings_a_concept_back_sooner(pairs: list[tuple[float, float]]) -> None:
    better, worse = [max(pair) for pair in pairs], [min(pair) for pair in pairs]
    assert gap_after(better) >= gap_after(worse)


@given(st.lists(SHARES, min_size=1, max_size=200))
def test_a_gap_is_a_day_at_least_and_a_year_at_most(shares: list[float | None]) -> None:
    assert FIRST_GAP <= gap_after(shares) <= LONGEST_GAP


@given(st.lists(st.floats(STRUGGLED, 1), min_size=1, max_size=30))
def test_every_repetition_that_went_well_makes_the_gap_longer(shares: list[float]) -> None:
    gaps = [gap_after(shares[: number + 1]) for number in range(len(shares))]
    assert gaps == sorted(gaps)
    assert gaps[:2] == [FIRST_GAP, SECOND_GAP][: len(gaps)]


@given(st.lists(SHARES, max_size=30), st.floats(0, STRUGGLED, exclude_max=True))
def test_after_a_struggle_it_comes_back_the_next_day(before: list[float | None], share: float) -> None:
    assert gap_after([*before, share]) == FIRST_GAP


# --- the choice


@given(CONCEPTS, st.integers(0, 99), st.sets(st.integers(1, 50)))
def test_one_is_chosen_whenever_one_is_left_and_never_one_of_those_besides(
    concepts: list[Concept], seed: int, besides: set[int]
) -> None:
    left = {one.item_id for one in concepts} - besides
    chosen = choose(concepts, random.Random(seed), NOW, besides)
    assert (chosen.item_id in left) if chosen else not left


@given(CONCEPTS, st.integers(0, 99))
def test_the_same_chance_gives_the_same_concept_in_whatever_order_they_come(
    concepts: list[Concept], seed: int
) -> None:
    first = choose(concepts, random.Random(seed), NOW)
    assert first == choose(concepts[::-1], random.Random(seed), NOW)


@given(CONCEPTS, st.integers(0, 99))
def test_while_something_is_new_only_a_struggle_that_is_due_comes_back(
    concepts: list[Concept], seed: int
) -> None:
    chosen = choose(concepts, random.Random(seed), NOW)
    if chosen is not None and chosen.past and any(not one.past for one in concepts):
        share = chosen.past[-1].share
        assert share is not None
        assert share < STRUGGLED
        assert due_at(chosen) <= NOW


@given(CONCEPTS, st.integers(0, 99))
def test_of_old_ones_the_one_longest_overdue_comes_unless_another_was_a_struggle(
    concepts: list[Concept], seed: int
) -> None:
    old = [one for one in concepts if one.past]
    chosen = choose(old, random.Random(seed), NOW)
    if chosen is not None:
        share = chosen.past[-1].share
        weak = share is not None and share < STRUGGLED and due_at(chosen) <= NOW
        assert weak or due_at(chosen) == min(due_at(one) for one in old)


def test_a_struggle_comes_back_before_new_ones_and_then_makes_room_for_a_new_one() -> None:
    new = Concept(1, "sql")
    once = Concept(2, "sql", past(0.2, days_ago=2))
    twice = Concept(2, "sql", past(0.2, 0.3, days_ago=2))
    assert choose([new, once], random.Random(1), NOW) == once
    assert choose([new, twice], random.Random(1), NOW) == new
    assert choose([twice], random.Random(1), NOW) == twice


def test_a_struggle_of_an_hour_ago_rests_until_tomorrow() -> None:
    new, weak = Concept(1, "sql"), Concept(2, "sql", past(0.2, days_ago=0.04))
    assert choose([new, weak], random.Random(1), NOW) == new


def test_new_concepts_are_spread_over_topics_whatever_their_number() -> None:
    known = [Concept(number, "sql") for number in range(20)] + [
        Concept(20, "gpu"),
        Concept(21, "trees"),
        Concept(22, "trees"),
    ]
    heard: list[str] = []
    rng = random.Random(3)
    for day in range(6):
        at = NOW + timedelta(hours=day)
        chosen = choose(known, rng, at)
        assert chosen is not None
        heard.append(chosen.topic)
        known[known.index(chosen)] = Concept(chosen.item_id, chosen.topic, (Recited(at, 1.0),))
    assert Counter(heard[:3]) == {"sql": 1, "gpu": 1, "trees": 1}
    # Each topic again in the order in which it was heard; the one concept on GPUs is known by now.
    assert heard[3:5] == [topic for topic in heard[:3] if topic != "gpu"]


def test_without_concepts_there_is_none() -> None:
    assert choose([], random.Random(1), NOW) is None
