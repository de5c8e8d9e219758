"""Who fits whom in the lobby: it only widens, and what must never be never is; and what waiting here is like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.lobby import (
    ASYNC_LASTS,
    LASTS,
    LOOKED_EVERY,
    NEW_FOR,
    PAIRS_TO_TELL,
    RECENTLY,
    TOPIC_FOR,
    TRACK_FOR,
    WIDENINGS,
    Prospect,
    Wait,
    Waiter,
    lasts_until,
    likely_wait,
    next_busy,
    next_look,
    partner,
    prospects,
    topics_of,
)
from bot.domain.pairing import Met, Peer

NOW = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)  # a Tuesday
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
LONG = timedelta(hours=1)


def waiter(
    member_id: int, *, topic: str | None = None, waited: timedelta = timedelta(), **peer: Any
) -> Waiter:
    known: dict[str, Any] = {
        "mode": "live",
        "medium": "voice",
        "languages": frozenset({"en"}),
        "track": "undecided",
        "zone": "UTC",
    }
    return Waiter(Peer(member_id, **(known | peer)), topic, NOW - waited)


def found(mine: Waiter, *others: Waiter, now: datetime = NOW, **past: Any) -> tuple[Prospect, ...]:
    nothing: dict[str, Any] = {"met": {}, "kept": (), "blocked": (), "few": False}
    return prospects(mine, others, now=now, **(nothing | past))


def chosen(mine: Waiter, *others: Waiter, now: datetime = NOW, **past: Any) -> int | None:
    one = partner(found(mine, *others, now=now, **past), now)
    return None if one is None else one.other.peer.member_id


def met(*pairs: tuple[int, int], ago: timedelta = timedelta(days=1)) -> dict[Any, Met]:
    return {frozenset(pair): Met(1, NOW - ago) for pair in pairs}


# --- widening

AT_FIRST: list[tuple[dict[str, Any], dict[str, Any], timedelta]] = [
    ({}, {}, timedelta()),
    ({"topic": "sql"}, {"topic": "sql"}, timedelta()),
    ({"topic": "sql"}, {}, timedelta()),
    ({"topic": "sql"}, {"topic": "gpu"}, TOPIC_FOR),
    ({"track": "ds"}, {"track": "undecided"}, timedelta()),
    ({"track": "ds"}, {"track": "mle"}, TRACK_FOR),
    ({"track": "ds", "topic": "sql"}, {"track": "mle", "topic": "gpu"}, TRACK_FOR),
]


@pytest.mark.parametrize(("one", "other", "needed"), AT_FIRST)
def test_each_wish_lasts_for_its_time(one: dict[str, Any], other: dict[str, Any], needed: timedelta) -> None:
    first, second = waiter(1, **one), waiter(2, **other)
    (prospect,) = found(first, second)
    assert prospect.fits_from == NOW + needed
    assert chosen(first, second, now=NOW + needed) == 2
    if needed:
        assert chosen(first, second, now=NOW + needed - timedelta(seconds=1)) is None


def test_somebody_met_lately_is_the_last_to_fit_and_somebody_met_long_ago_fits_at_once() -> None:
    one, other = waiter(1), waiter(2)
    assert chosen(one, other, met=met((1, 2))) is None
    assert chosen(one, other, now=NOW + NEW_FOR, met=met((1, 2))) == 2
    assert chosen(one, other, met=met((1, 2), ago=RECENTLY)) == 2


def test_whoever_has_waited_longer_decides_for_both() -> None:
    newcomer, patient = waiter(1, track="ds"), waiter(2, track="mle", waited=TRACK_FOR)
    assert chosen(newcomer, patient) == 2
    assert chosen(patient, newcomer) == 1


@pytest.mark.parametrize("how", ["few", "stranded", "kept"])
def test_where_waiting_is_senseless_anybody_fits_at_once(how: str) -> None:
    one, other = waiter(1), waiter(2)
    past: dict[str, Any] = {"met": met((1, 2))}
    assert chosen(one, other, **past) is None
    if how == "stranded":
        assert chosen(replace(one, stranded=True), other, **past) == 2
        assert chosen(one, replace(other, stranded=True), **past) == 2
    else:
        past |= {"few": True} if how == "few" else {"kept": {frozenset((1, 2))}}
        assert chosen(one, other, **past) == 2


# --- choosing


def test_the_best_fit_is_chosen_and_of_equals_who_waited_longest() -> None:
    mine = waiter(1, track="mle")
    same, undecided = waiter(2, track="mle"), waiter(3, waited=20 * MINUTE)
    assert chosen(mine, undecided, same) == 2
    assert chosen(mine, waiter(4), waiter(5, waited=2 * MINUTE), waiter(6, waited=MINUTE)) == 5


def test_the_stranded_come_first() -> None:
    mine, same = waiter(1, track="mle"), waiter(2, track="mle", waited=20 * MINUTE)
    assert chosen(mine, same, replace(waiter(3, track="ds"), stranded=True)) == 3


def test_each_recites_about_what_they_wish_or_else_about_what_the_other_does() -> None:
    early, late = waiter(1, topic="sql", waited=MINUTE), waiter(2, topic="gpu")
    assert topics_of(early, late) == ("sql", "gpu")
    assert topics_of(late, early) == ("gpu", "sql")
    assert topics_of(replace(early, topic=None), late) == ("gpu", "gpu")
    assert topics_of(early, replace(late, topic=None)) == ("sql", "sql")
    assert topics_of(replace(early, topic=None), replace(late, topic=None)) == (None, None)


# --- what must hold whatever happens

TOPICS = st.sampled_from([None, "sql", "gpu"])
WAITERS = st.builds(
    waiter,
    st.integers(1, 8),
    topic=TOPICS,
    waited=st.timedeltas(timedelta(), LONG),
    track=st.sampled_from(["ds", "mle", "undecided"]),
    medium=st.sampled_from(["voice", "typed"]),
    mode=st.sampled_from(["live", "async"]),
    languages=st.sets(st.sampled_from(["en", "de", "fr"]), min_size=1).map(frozenset),
)
QUEUES = st.lists(WAITERS, min_size=1, max_size=8, unique_by=lambda one: one.peer.member_id)
PAIRS = st.sets(st.sets(st.integers(1, 8), min_size=2, max_size=2).map(frozenset), max_size=8)


@given(
    QUEUES,
    PAIRS,
    PAIRS,
    PAIRS,
    st.booleans(),
    st.timedeltas(timedelta(), LONG),
    st.timedeltas(timedelta(), LONG),
)
def test_who_fits_once_fits_for_ever_and_in_the_end_everybody_allowed_does(
    queue: list[Waiter], lately: Any, kept: Any, blocked: Any, few: bool, soon: timedelta, later: timedelta
) -> None:
    mine, *others = queue
    past: dict[str, Any] = {
        "met": met(*(tuple(pair) for pair in lately)),
        "kept": kept,
        "blocked": blocked,
        "few": few,
    }

    def fitting(now: datetime) -> set[int]:
        return {
            one.other.peer.member_id for one in found(mine, *others, now=now, **past) if one.fits_from <= now
        }

    first = fitting(NOW)
    assert first <= fitting(NOW + soon) <= fitting(NOW + soon + later)
    allowed = {
        other.peer.member_id
        for other in others
        if frozenset((mine.peer.member_id, other.peer.member_id)) not in blocked
        and (other.peer.mode, other.peer.medium) == (mine.peer.mode, mine.peer.medium)
        and other.peer.languages & mine.peer.languages
    }
    assert first <= fitting(NOW + NEW_FOR) == allowed
    best = chosen(mine, *others, **past)
    assert (best in first) if first else (best is None)


@given(QUEUES, PAIRS, PAIRS)
def test_two_agree_on_when_they_fit(queue: list[Waiter], lately: Any, blocked: Any) -> None:
    past: dict[str, Any] = {"met": met(*(tuple(pair) for pair in lately)), "blocked": blocked}
    for one in queue:
        for other in queue:
            seen, back = (
                [each.fits_from for each in found(*pair, **past)] for pair in ((one, other), (other, one))
            )
            assert seen == back


@given(WAITERS, WAITERS, st.timedeltas(timedelta(), LONG))
def test_a_look_comes_exactly_when_two_who_wait_begin_to_fit(
    one: Waiter, other: Waiter, passed: timedelta
) -> None:
    now = NOW + passed
    for prospect in found(one, other, met=met((1, 2), (3, 4), (5, 6))):
        if prospect.fits_from <= NOW:
            continue
        looks, at = set(), NOW
        first = min(one.since, other.since)
        while at < NOW + 5 * MINUTE:
            at = next_look("live", first, NOW, at)
            looks.add(at)
        assert prospect.fits_from in looks
    assert next_look("live", one.since, now, now) > now


# --- until when


def test_a_place_lasts_half_an_hour_and_an_async_one_three_days_from_the_last_sign_of_life() -> None:
    assert lasts_until("live", NOW) == NOW + LASTS
    assert lasts_until("async", NOW) == NOW + ASYNC_LASTS


def test_it_is_looked_at_each_widening_every_ten_minutes_and_at_the_end() -> None:
    seen, looks = NOW + 2 * MINUTE, []
    at = NOW
    while at < lasts_until("live", seen):
        at = next_look("live", NOW, seen, at)
        looks.append(at)
    every = [NOW + ten * LOOKED_EVERY for ten in (1, 2, 3)]
    assert looks == [*(NOW + widening for widening in WIDENINGS), *every, seen + LASTS]


# --- what waiting is like


def waits(*minutes: float, began: datetime = NOW) -> list[Wait]:
    return [Wait(began - timedelta(weeks=1), minute * MINUTE) for minute in minutes]


def test_half_of_those_who_waited_at_this_time_of_the_week_tell_how_long_it_takes() -> None:
    assert likely_wait(waits(2, 9, 4), BERLIN, NOW) == 4 * MINUTE
    assert likely_wait(waits(2, 9, 4, 30), BERLIN, NOW) == 4 * MINUTE
    near = [*waits(1, began=NOW - LONG), *waits(2, began=NOW + LONG), *waits(3)]
    assert likely_wait(near, BERLIN, NOW) == 2 * MINUTE


def test_with_too_few_or_at_another_time_nothing_is_said() -> None:
    assert likely_wait(waits(*range(PAIRS_TO_TELL - 1)), BERLIN, NOW) is None
    assert likely_wait(waits(1, 2, 3, began=NOW + LONG + MINUTE), BERLIN, NOW) is None
    assert likely_wait(waits(1, 2, 3, began=NOW + timedelta(days=1)), BERLIN, NOW) is None


def test_the_time_of_the_week_is_the_servers_on_its_clock() -> None:
    # On 29 March the clocks of Berlin go forward: 19:00 there is 18:00 UTC before, and 17:00 UTC after.
    past = waits(1, 2, 3)
    assert likely_wait(past, BERLIN, datetime(2026, 4, 7, 17, 0, tzinfo=UTC)) == 2 * MINUTE
    assert likely_wait(past, BERLIN, datetime(2026, 4, 7, 18, 30, tzinfo=UTC)) is None


def test_the_week_has_no_seam() -> None:
    sunday = datetime(2026, 3, 8, 23, 45, tzinfo=UTC)
    assert likely_wait(waits(1, 2, 3, began=sunday + 30 * MINUTE), ZoneInfo("UTC"), sunday) == 2 * MINUTE


def test_the_next_busy_hour_is_one_in_which_several_pairs_were_found() -> None:
    tuesdays = waits(0, 1, 2)  # from 19:00 in Berlin
    assert next_busy(tuesdays, BERLIN, NOW - timedelta(days=1)) == NOW
    assert next_busy(tuesdays, BERLIN, NOW) == NOW + timedelta(weeks=1)
    earlier = waits(0, 1, 2, began=NOW + timedelta(days=2))
    assert next_busy([*tuesdays, *earlier], BERLIN, NOW) == NOW + timedelta(days=2)
    assert next_busy(waits(0, 1), BERLIN, NOW) is None


@given(
    st.lists(
        st.builds(
            Wait,
            st.datetimes(
                NOW.replace(tzinfo=None) - timedelta(weeks=8),
                NOW.replace(tzinfo=None),
                timezones=st.just(UTC),
            ),
            st.timedeltas(timedelta(), LASTS),
        ),
        max_size=12,
    )
)
def test_a_busy_hour_is_always_ahead_and_within_a_week(past: list[Wait]) -> None:
    at = next_busy(past, BERLIN, NOW)
    assert at is None or NOW < at <= NOW + timedelta(days=8)
