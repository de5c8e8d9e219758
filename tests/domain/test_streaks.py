"""Streaks: credited, missed, frozen and carried through changes of zone, each rule and their sums."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import instant
from bot.domain.streaks import (
    DAYS_PER_FREEZE,
    MOST_FREEZES,
    ZONE_CHANGE_EVERY,
    Asked,
    Posted,
    Rep,
    Streak,
    asked_days,
    credit,
    rebuild,
    repaired,
    standing,
    zone_change_allowed,
)

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "Asia/Tokyo",
        "Asia/Kolkata",
        "America/Los_Angeles",
        "America/Havana",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    )
]
UTC_ZONE, BERLIN, TOKYO = ZONES[:3]
LOS_ANGELES = ZONES[4]
# Spring: the clocks of several of the zones change in the weeks that follow.
START = datetime(2026, 3, 1, tzinfo=UTC)


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def history(days: str) -> tuple[list[Rep], list[Posted]]:
    """A letter a day: x asked and done, `.` asked only, X and `,` the same but late, o done only, - neither.

    Questions come at 09:00, or late at 14:00; reps are done at 15:00 (all UTC).
    """
    reps = [Rep(after(24 * day + 15), UTC_ZONE) for day, letter in enumerate(days) if letter in "xXo"]
    on_time = [Posted(after(24 * day + 9)) for day, letter in enumerate(days) if letter in "x."]
    late = [Posted(after(24 * day + 14), late=True) for day, letter in enumerate(days) if letter in "X,"]
    return reps, [*on_time, *late]


def seen_after(days: str) -> Streak:
    """The streak as shown at the end of the last day."""
    reps, posts = history(days)
    return standing(rebuild(reps, posts), after(24 * len(days) - 1), UTC_ZONE, asked_days(posts, UTC_ZONE))


@pytest.mark.parametrize(
    ("days", "current", "longest", "freezes"),
    [
        ("", 0, 0, 0),
        ("x", 1, 1, 0),
        ("o", 0, 0, 0),
        ("....x", 1, 1, 0),
        ("xxx", 3, 3, 0),
        ("xx.", 2, 2, 0),  # today is never missed
        ("xx.-", 0, 2, 0),
        ("xx.x", 1, 2, 0),
        ("xx.o", 0, 2, 0),
        ("xx-x", 3, 3, 0),
        ("xx---x", 3, 3, 0),
        ("xxox", 3, 3, 0),
        ("xx,x", 3, 3, 0),
        ("xx,,,x", 3, 3, 0),
        ("xXx", 3, 3, 0),
        ("xxxxxxx", 7, 7, 1),
        ("xxxxxxx.x", 8, 8, 0),
        ("xxxxxxx.-", 7, 7, 0),
        ("xxxxxxx..x", 1, 7, 0),
        ("x-x-x-x-x-x-x.x", 8, 8, 0),
        ("x" * 14, 14, 14, 2),
        ("x" * 28, 28, 28, 2),
        ("x" * 14 + "..x", 15, 15, 0),
        ("x" * 14 + ".,.x", 15, 15, 0),
        ("x" * 14 + "...x", 1, 14, 0),
        ("x" * 7 + "..xx", 2, 7, 0),
        ("xxxxxx.x.", 1, 6, 1),  # what was earned toward a freeze outlives a broken streak
    ],
)
def test_days_in_a_row(days: str, current: int, longest: int, freezes: int) -> None:
    streak = seen_after(days)
    assert (streak.current, streak.longest, streak.freezes) == (current, longest, freezes)


def test_a_first_rep_starts_a_streak_of_one() -> None:
    at = after(15)
    streak = credit(Streak.none(), at, UTC_ZONE, [Asked(at.date())])
    assert streak == Streak(1, 1, at.date(), at, 0, 1)


def test_a_second_rep_on_a_credited_day_changes_nothing() -> None:
    asked = [Asked(START.date())]
    once = credit(Streak.none(), after(10), UTC_ZONE, asked)
    assert credit(once, after(20), UTC_ZONE, asked) == once


def test_a_rep_before_the_days_question_counts_once_it_is_posted() -> None:
    """Else whoever answers in the morning what was asked late last evening would never have a streak."""
    early = credit(Streak.none(), after(8), UTC_ZONE, [])
    assert (early.current, early.last_day, early.waiting_at) == (0, START.date(), after(8))
    asked = [Asked(START.date())]
    counted = Streak(1, 1, START.date(), after(8), 0, 1)
    assert standing(early, after(23), UTC_ZONE, asked) == counted
    assert credit(early, after(23), UTC_ZONE, asked) == counted
    next_day = [*asked, Asked(START.date() + timedelta(days=1))]
    assert credit(early, after(36), UTC_ZONE, next_day).current == 2
    assert standing(early, after(36), UTC_ZONE, next_day).current == 1


def test_a_question_posted_in_the_instant_of_the_rep_counts() -> None:
    assert rebuild([Rep(after(9), UTC_ZONE)], [Posted(after(9))]) == Streak(
        1, 1, START.date(), after(9), 0, 1
    )


def test_a_rep_on_a_day_that_stays_without_a_question_is_forgotten_kindly() -> None:
    early = credit(Streak.none(), after(8), UTC_ZONE, [])
    later = credit(early, after(32), UTC_ZONE, [Asked(START.date() + timedelta(days=1))])
    assert (later.current, later.waiting_at) == (1, None)


def test_a_day_with_a_question_on_time_and_one_late_can_be_missed() -> None:
    posts = [Posted(after(9), late=True), Posted(after(10)), Posted(after(30), late=True)]
    today = START.date()
    assert asked_days(posts, UTC_ZONE) == (Asked(today), Asked(today + timedelta(days=1), late=True))


def test_asked_days_are_the_members_own() -> None:
    assert asked_days([Posted(after(20))], TOKYO) == (Asked(date(2026, 3, 2)),)
    assert asked_days([Posted(after(2))], LOS_ANGELES) == (Asked(date(2026, 2, 28)),)


def test_moving_east_on_the_same_day_credits_once_and_misses_nothing() -> None:
    asked = [Asked(date(2026, 3, day)) for day in (1, 2, 3)]
    home = credit(Streak.none(), after(20), LOS_ANGELES, asked[:1])
    # 1 March 14:00 in Los Angeles is 2 March 07:00 in Tokyo: that day began before the rep.
    there = credit(home, after(22), TOKYO, asked[:2])
    assert (there.current, there.last_day, there.waiting_at) == (1, date(2026, 3, 2), None)
    assert credit(there, after(24 + 20), TOKYO, asked) == replace(
        there, current=2, longest=2, last_day=date(2026, 3, 3), last_credit_at=after(44), toward_freeze=2
    )
    # Whoever rests on the day of arrival has not missed it either.
    assert credit(home, after(24 + 20), TOKYO, asked).current == 2


def test_moving_west_credits_neither_the_same_date_nor_an_earlier_one() -> None:
    asked = [Asked(date(2026, 3, day)) for day in (1, 2, 3)]
    home = credit(Streak.none(), after(20), TOKYO, asked[:2])
    assert home.last_day == date(2026, 3, 2)
    assert credit(home, after(22), LOS_ANGELES, asked[:1]) == home  # there it is 1 March
    assert credit(home, after(24 + 20), LOS_ANGELES, asked[:2]) == home  # there it is 2 March
    assert credit(home, after(48 + 20), LOS_ANGELES, asked).current == 2


def test_a_zone_may_change_once_in_seven_days() -> None:
    assert zone_change_allowed(None, START) is None
    assert zone_change_allowed(START, START) == START + ZONE_CHANGE_EVERY
    assert zone_change_allowed(START, START + timedelta(days=6, hours=23)) == START + timedelta(days=7)
    assert zone_change_allowed(START, START + timedelta(days=7)) is None


# --- sums of the rules


def plainly(reps: Iterable[Rep], posts: Iterable[Posted], now: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    """Current, longest, freezes and days toward one at `now`, by walking the calendar in one zone."""
    done = {rep.at.astimezone(zone).date() for rep in reps}
    asked = {one.day: one.late for one in asked_days(posts, zone)}
    today = now.astimezone(zone).date()
    current = longest = freezes = toward = 0
    for day in sorted(asked):
        if day in done:
            current, toward = current + 1, toward + 1
            longest = max(longest, current)
            if toward == DAYS_PER_FREEZE:
                freezes, toward = min(freezes + 1, MOST_FREEZES), 0
        elif day < today and not asked[day]:
            if freezes:
                freezes -= 1
            else:
                current = 0
    return current, longest, freezes, toward


def shown(streak: Streak) -> tuple[int, ...]:
    return streak.current, streak.longest, streak.freezes, streak.toward_freeze


hours = st.integers(0, 24 * 50)
zones = st.sampled_from(ZONES)
postings = st.lists(st.builds(Posted, hours.map(after), st.booleans()), max_size=60)
# Most days done and most days asked, so that freezes are earned, spent and run out.
busy_days = st.text(st.sampled_from("xxxxxxxx.X,o-"), max_size=60)


@given(busy_days)
def test_a_busy_history_is_what_walking_the_calendar_says(days: str) -> None:
    reps, posts = history(days)
    assert shown(seen_after(days)) == plainly(reps, posts, after(24 * len(days) - 1), UTC_ZONE)


@given(busy_days, st.randoms(use_true_random=False))
def test_a_repaired_day_is_as_good_as_one_done(days: str, rng: random.Random) -> None:
    missed = [day for day, letter in enumerate(days) if letter in ".,"]
    mended = rng.sample(missed, rng.randint(0, len(missed)))
    reps, posts = history(days)
    reps += [repaired((START + timedelta(days=day)).date(), UTC_ZONE) for day in mended]
    done = "".join(
        {".": "x", ",": "X"}[letter] if day in mended else letter for day, letter in enumerate(days)
    )
    seen = standing(rebuild(reps, posts), after(24 * len(days)), UTC_ZONE, asked_days(posts, UTC_ZONE))
    wanted = standing(rebuild(*history(done)), after(24 * len(days)), UTC_ZONE, asked_days(posts, UTC_ZONE))
    assert shown(seen) == shown(wanted)


@given(st.lists(hours, max_size=60), postings, zones)
def test_any_history_in_one_zone_is_what_walking_the_calendar_says(
    done: list[int], posts: list[Posted], zone: ZoneInfo
) -> None:
    now = after(24 * 51)
    reps = [Rep(after(hour), zone) for hour in done]
    seen = standing(rebuild(reps, posts), now, zone, asked_days(posts, zone))
    assert shown(seen) == plainly(reps, posts, now, zone)


# A member is in one zone at a time.
moving_reps = st.lists(st.builds(Rep, hours.map(after), zones), max_size=40, unique_by=lambda rep: rep.at)


def story(reps: Iterable[Rep], posts: Iterable[Posted]) -> list[tuple[Rep, Streak]]:
    """Each rep as a service credits it, seeing every question posted by then."""
    told: list[tuple[Rep, Streak]] = []
    streak = Streak.none()
    for rep in sorted(reps, key=lambda rep: rep.at):
        asked = asked_days([post for post in posts if post.at <= rep.at], rep.zone)
        streak = credit(streak, rep.at, rep.zone, asked)
        told.append((rep, streak))
    return told


@given(moving_reps, postings)
def test_rebuilding_is_crediting_rep_by_rep(reps: list[Rep], posts: list[Posted]) -> None:
    told = story(reps, posts)
    assert rebuild(reps, posts) == (told[-1][1] if told else Streak.none())


@given(moving_reps, postings)
def test_every_streak_is_sound(reps: list[Rep], posts: list[Posted]) -> None:
    before = Streak.none()
    for rep, streak in story(reps, posts):
        assert 0 <= streak.current <= streak.longest
        assert 0 <= streak.freezes <= MOST_FREEZES
        assert 0 <= streak.toward_freeze < DAYS_PER_FREEZE
        assert streak.current > 0 or streak.freezes == 0
        assert streak.longest >= before.longest
        assert streak.last_day is not None
        assert before.last_day is None or streak.last_day >= before.last_day
        assert streak.last_credit_at is None or streak.last_credit_at <= rep.at
        before = streak


@given(moving_reps, postings)
def test_no_span_is_credited_twice(reps: list[Rep], posts: list[Posted]) -> None:
    credited: dict[datetime, ZoneInfo] = {}
    zone_at = {rep.at: rep.zone for rep in reps}
    told = story(reps, posts)
    before = Streak.none()
    for rep, streak in told:
        asked = asked_days([post for post in posts if post.at <= rep.at], rep.zone)
        # A rep can settle a day that was waiting and credit its own.
        for one in (standing(before, rep.at, rep.zone, asked), streak):
            if one.last_credit_at is not None:
                credited.setdefault(one.last_credit_at, zone_at[one.last_credit_at])
        before = streak
    for (first, zone), (second, second_zone) in pairwise(credited.items()):
        day = second.astimezone(second_zone).date()
        assert first < instant(day, time(), second_zone)
        assert first.astimezone(zone).date() < day
    assert not told or told[-1][1].longest <= len(credited)


@given(st.lists(hours, max_size=40), postings, zones)
def test_only_a_days_first_rep_matters(done: list[int], posts: list[Posted], zone: ZoneInfo) -> None:
    reps = [Rep(after(hour), zone) for hour in done]
    first_of_day: dict[date, Rep] = {}
    for rep in sorted(reps, key=lambda rep: rep.at):
        first_of_day.setdefault(rep.at.astimezone(zone).date(), rep)
    # Afterwards everything is settled, whichever rep of a day the record ends with.
    end = after(24 * 51)
    asked = asked_days(posts, zone)
    whole, firsts = rebuild(reps, posts), rebuild(first_of_day.values(), posts)
    assert standing(whole, end, zone, asked) == standing(firsts, end, zone, asked)


@given(moving_reps, postings)
def test_the_order_of_the_record_does_not_matter(reps: list[Rep], posts: list[Posted]) -> None:
    assert rebuild(reversed(reps), reversed(posts)) == rebuild(reps, posts)


@given(busy_days, st.lists(st.tuples(st.integers(0, 60), st.sampled_from("-o"))))
def test_days_without_a_question_change_nothing(days: str, extra: list[tuple[int, str]]) -> None:
    longer = days
    for place, letter in extra:
        longer = longer[:place] + letter + longer[place:]
    # The end of the story is a day of rest in both, so that today is not the difference.
    assert shown(seen_after(longer + "-")) == shown(seen_after(days + "-"))


@given(
    st.text(st.sampled_from("xxxX-o"), min_size=7, max_size=40),
    zones,
    st.integers(0, 120),
    st.integers(0, 72),
)
def test_looking_changes_nothing(days: str, zone: ZoneInfo, rest: int, more: int) -> None:
    """Not even if what was seen is stored: days missed are never counted twice."""
    reps, posts = history(days + "." * 10)
    now = after(24 * len(days) + rest)
    then = now + timedelta(hours=more)
    streak = rebuild([Rep(rep.at, zone) for rep in reps], posts)
    by_now = asked_days([post for post in posts if post.at <= now], zone)
    by_then = asked_days([post for post in posts if post.at <= then], zone)
    seen = standing(streak, now, zone, by_now)
    assert standing(seen, now, zone, by_now) == seen
    assert standing(seen, then, zone, by_then) == standing(streak, then, zone, by_then)
    assert credit(seen, then, zone, by_then) == credit(streak, then, zone, by_then)


@given(st.lists(st.tuples(st.integers(8, 20), zones), min_size=1, max_size=6), st.integers(0, 23))
def test_whoever_answers_every_question_never_loses_a_streak(
    stays: list[tuple[int, ZoneInfo]], posted_at: int
) -> None:
    """However one travels, changing zone at most once in seven days."""
    days = [zone for length, zone in stays for _ in range(length)]
    posts = [Posted(after(24 * day + posted_at)) for day in range(len(days))]
    reps = [Rep(post.at + timedelta(minutes=1), zone) for post, zone in zip(posts, days, strict=True)]
    counts = [streak.current for _, streak in story(reps, posts)]
    assert all(first <= second for first, second in pairwise(counts))
    # A move of the widest kind can repeat or skip two dates.
    assert counts[-1] >= len(days) - 2 * (len(stays) - 1)
