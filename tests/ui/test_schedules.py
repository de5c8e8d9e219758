"""Schedules' cards: the list fits whatever is planned, and says as much as fits."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.client.cards import TEXT_LIMIT
from bot.domain.calendar import Recurrence
from bot.domain.drops import Filters
from bot.domain.schedules import SCHEDULES_PER_SERVER, Clash, ClockChange, Planned, Supply
from bot.ui.schedules import clash_words, planned_words, schedules_card

LONGEST = Recurrence.every_n_weeks(time(23, 45), {1, 2, 3, 4, 5, 6}, 52, date(2026, 3, 2))
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOPICS = {f"topic-{number}": f"A topic with quite a long name {number}" for number in range(40)}


def planned(number: int, **changes: Any) -> Planned:
    usual: dict[str, Any] = {
        "id": number,
        "kind": "question",
        "channel_id": 10**19 - number,
        "recurrence": Recurrence.daily(time(9)),
        "options": Filters().as_json(),
        "zone": "Europe/Berlin",
        "paused": False,
        "upcoming": tuple(DAY + timedelta(days=day) for day in range(3)),
        "supply": Supply(500, 500),
    }
    return Planned(**usual | changes)


WORST: dict[str, Any] = {
    "recurrence": LONGEST,
    "zone": "America/Argentina/ComodRivadavia",
    "options": Filters(track="mle", topics=tuple(TOPICS), ramp="gentle").as_json(),
    "clashes": tuple(Clash(10**9 + number, False) for number in range(24)),
    "changes": tuple(ClockChange(date(2026, 10, 25), "skipped", time(3)) for _ in range(3)),
    "supply": Supply(9, 9),
}


@pytest.mark.parametrize("changes", [{}, WORST, WORST | {"paused": True}, {"recurrence": LONGEST}])
@pytest.mark.parametrize("count", [1, 2, 5, 8, 12, SCHEDULES_PER_SERVER])
def test_a_list_of_any_length_fits_and_names_each(count: int, changes: dict[str, Any]) -> None:
    # No guild: every channel is gone, which is one more warning each.
    drawn = schedules_card(tuple(planned(10**9 + number, **changes) for number in range(count)), None, TOPICS)
    assert len(drawn.words()) <= TEXT_LIMIT + len(drawn.parts)
    assert len(drawn.parts) + 1 <= 40
    drawn.layout()
    assert all(f"**{10**9 + number}. Daily question**" in drawn.words() for number in range(count))
    assert drawn.words().count("(!)") >= count


def test_what_matters_least_gives_way_first() -> None:
    def told(count: int) -> tuple[bool, bool, bool]:
        options = Filters(topics=("topic-1",)).as_json()
        words = schedules_card(
            tuple(planned(number, options=options) for number in range(count)), None, TOPICS
        ).words()
        return "cannot find this channel" in words, "A topic with" in words, "<t:" in words

    seen = [told(count) for count in range(1, SCHEDULES_PER_SERVER + 1)]
    assert list(dict.fromkeys(seen)) == [
        (True, True, True),
        (True, True, False),
        (True, False, False),
        (False, True, False),  # a mark on each, and how to learn more
    ]


def test_the_nearest_of_many_clashes_is_named() -> None:
    first, second, third = Clash(4, False), Clash(None, True), Clash(9, False)
    assert clash_words([first]) == "Schedule 4 posts the same kind here less than an hour apart on some days."
    assert clash_words([first, second]) == (
        "The new one posts the same kind here at the same moment on some days. One more comes near it."
    )
    assert clash_words([first, second, third]).endswith("days. 2 more come near it.")


def test_topics_are_named_and_one_that_is_gone_reads_well() -> None:
    options = Filters(topics=("topic-1", "old-topic")).as_json()
    assert "-# Only topic A topic with quite a long name 1, old topic\n" in planned_words(
        planned(1, options=options), TOPICS
    )
