"""How somebody comes along, as their past recitations tell it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.history import Marked, Past, Trend, progress
from bot.domain.recitation import Rubric

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def past(number: int, item_id: int, *covered: int, topic: str = "SQL") -> Past:
    """A recitation on the so-manieth day, and of five key points how many each listener heard."""
    marks = tuple(
        Marked("Cy", Rubric(tuple(range(count)), clarity=2, depth=2, follow_ups=None), key_points=5)
        for count in covered
    )
    return Past(
        number, NOW + timedelta(days=number), "live", item_id, f"Item {item_id}", topic, ("Cy",), marks
    )


@given(SHARES)
def test_a_trend_stays_between_what_was_covered(shares: list[float]) -> None:
    trend = Trend("SQL", tuple(shares))
    assert min(shares) - 1e-9 <= trend.now <= max(shares) + 1e-9
    assert abs(trend.change) <= max(shares) - min(shares) + 1e-9


@given(SHARES)
def test_what_only_grows_never_reads_as_less(shares: list[float]) -> None:
    assert Trend("SQL", tuple(sorted(shares))).change >= -1e-9


def test_the_weakest_topic_comes_first_and_unmarked_recitations_count_only_as_such() -> None:
    found = progress([past(1, 1, 5), past(2, 2, 1, topic="GPUs"), past(3, 3), past(4, 4, 3)])
    assert found.recitations == 4
    assert [(one.topic_name, one.shares) for one in found.trends] == [("GPUs", (0.2,)), ("SQL", (1.0, 0.6))]
    assert found.concepts == ()


def test_then_and_now_are_the_first_and_the_last_marked_time_of_a_concept() -> None:
    found = progress([past(1, 1, 1), past(2, 1), past(3, 1, 2, 2), past(4, 2, 1), past(5, 2, 5)])
    assert [(one.title, one.then.share, one.now.share, one.times) for one in found.concepts] == [
        ("Item 2", 0.2, 1.0, 2),
        ("Item 1", 0.2, 0.4, 2),
    ]
