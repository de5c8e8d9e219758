"""Drops: which question comes next, and when it is revealed."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.drops import RAMPS, REVEAL_AFTER, Candidate, Filters, choose, reveals_at

POSTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
topics = st.sampled_from("abcde")
pools = st.lists(
    st.builds(Candidate, st.integers(1, 200), topics, st.integers(0, 3)),
    min_size=1,
    unique_by=lambda candidate: candidate.item_id,
)


@given(pools, st.lists(topics), st.integers())
def test_choice_is_among_the_least_asked_of_the_topic_longest_unseen(
    pool: list[Candidate], recent: list[str], seed: int
) -> None:
    chosen = choose(pool, recent, random.Random(seed))
    fresh = [one for one in pool if one.times_asked == min(other.times_asked for other in pool)]
    assert chosen in fresh

    def age(topic: str) -> int:
        return recent.index(topic) if topic in recent else len(recent)

    assert age(chosen.topic) == max(age(one.topic) for one in fresh)


@given(pools, st.lists(topics), st.integers(), st.randoms(use_true_random=False))
def test_same_seed_same_choice_whatever_the_order(
    pool: list[Candidate], recent: list[str], seed: int, rng: random.Random
) -> None:
    shuffled = list(pool)
    rng.shuffle(shuffled)
    assert choose(pool, recent, random.Random(seed)) == choose(shuffled, recent, random.Random(seed))


def test_no_candidate_is_an_error() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        choose([], [], random.Random(1))


def play(sizes: dict[str, int], times: int) -> list[Candidate]:
    """Ask a server `times` questions, one after another."""
    rng = random.Random(3)
    items = [(topic, number) for topic, size in sizes.items() for number in range(size)]
    asked: Counter[int] = Counter()
    recent: list[str] = []
    played = []
    for _ in range(times):
        pool = [Candidate(id, topic, asked[id]) for id, (topic, _) in enumerate(items)]
        chosen = choose(pool, recent, rng)
        asked[chosen.item_id] += 1
        recent.insert(0, chosen.topic)
        played.append(chosen)
    return played


def test_every_item_comes_once_before_any_comes_twice() -> None:
    played = play({"a": 7, "b": 2, "c": 1}, 20)
    for half in (played[:10], played[10:]):
        assert len({one.item_id for one in half}) == 10


def test_topics_take_turns_while_they_last() -> None:
    played = [one.topic for one in play({"a": 30, "b": 3, "c": 3}, 9)]
    assert [sorted(played[place : place + 3]) for place in (0, 3, 6)] == [["a", "b", "c"]] * 3


def test_large_topic_is_not_asked_first_more_often() -> None:
    first = Counter(
        choose(
            [Candidate(n, "big" if n < 99 else "small", 0) for n in range(100)], [], random.Random(seed)
        ).topic
        for seed in range(400)
    )
    assert 150 < first["small"] < 250


@given(st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=40)))
def test_reveal_comes_with_the_next_question_but_never_under_a_day(after: timedelta | None) -> None:
    moment = reveals_at(POSTED, None if after is None else POSTED + after)
    assert moment >= POSTED + REVEAL_AFTER
    assert moment == POSTED + max(REVEAL_AFTER, after or REVEAL_AFTER)


@given(
    st.builds(
        Filters,
        track=st.sampled_from(["ds", "mle", "both"]),
        topics=st.lists(topics).map(tuple),
        kinds=st.lists(st.sampled_from(["choice", "code"])).map(tuple),
        ramp=st.sampled_from(sorted(RAMPS)),
    )
)
def test_filters_come_back_from_json(filters: Filters) -> None:
    assert Filters.from_json(filters.as_json()) == filters


def test_empty_filters_are_the_defaults() -> None:
    assert Filters.from_json({}) == Filters()
