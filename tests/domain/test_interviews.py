"""Who fits whom, which script, which pages: the rules of mock interviews."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.interviews import (
    DIMENSIONS,
    MET_RECENTLY,
    PHASES,
    PLENTY_SHARED,
    ROUNDS,
    WALKTHROUGH,
    Seeker,
    by_fit,
    same_track,
)
from bot.domain.interviews.scripts import Script, choose_script, half, length, pages_of
from bot.domain.members import LEVELS, TRACKS
from bot.domain.projects import SPOKEN_OF, Project, fits_tools, stage_for, tools_in

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 3, 2), timezones=st.just(UTC))
seekers = st.lists(
    st.builds(
        Seeker,
        mock_id=st.integers(1, 10**6),
        member_id=st.integers(1, 10**6),
        shared_minutes=st.integers(0, 6000),
        same_track=st.booleans(),
        met_at=st.none() | moments,
        since=moments,
    ),
    unique_by=lambda one: one.mock_id,
)
scripts = st.lists(
    st.builds(
        Script,
        item_id=st.integers(1, 10**6),
        version_id=st.integers(1, 10**6),
        track=st.sampled_from(["ds", "mle", "both"]),
        level=st.sampled_from(list(LEVELS)),
        minutes=st.integers(10, 90),
        asked_before=st.integers(0, 3),
        known_before=st.integers(0, 3),
    ),
    min_size=1,
    unique_by=lambda one: one.item_id,
)


def seeker(mock_id: int, **facts: object) -> Seeker:
    known: dict[str, object] = {"shared_minutes": 600, "same_track": True, "met_at": None, "since": NOW}
    return Seeker(mock_id=mock_id, member_id=mock_id, **(known | facts))  # type: ignore[arg-type]


@given(seekers, st.randoms())
def test_the_order_is_the_same_whatever_came_in_which_order(found: list[Seeker], rng: random.Random) -> None:
    ordered = by_fit(found, NOW)
    assert sorted(one.mock_id for one in ordered) == sorted(one.mock_id for one in found)
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert by_fit(shuffled, NOW) == ordered


def test_hours_come_first_then_new_faces_then_the_track_then_the_wait() -> None:
    best = seeker(1)
    longest = seeker(2, since=NOW - timedelta(days=1))
    other_track = seeker(3, same_track=False, since=NOW - timedelta(days=5))
    met = seeker(4, met_at=NOW - MET_RECENTLY + timedelta(days=1), since=NOW - timedelta(days=6))
    long_ago = seeker(5, met_at=NOW - MET_RECENTLY, since=NOW + timedelta(minutes=1))
    few_hours = seeker(6, shared_minutes=PLENTY_SHARED - 1, since=NOW - timedelta(days=9))
    ordered = by_fit([few_hours, met, other_track, best, long_ago, longest], NOW)
    assert [one.mock_id for one in ordered] == [2, 1, 5, 3, 4, 6]


def test_whoever_has_not_decided_fits_every_track() -> None:
    assert {(one, other) for one in TRACKS for other in TRACKS if not same_track(one, other)} == {
        ("ds", "mle"),
        ("mle", "ds"),
    }


@given(scripts, st.sampled_from(list(TRACKS)), st.sampled_from([*LEVELS, None]), st.integers())
def test_no_script_the_interviewee_knows_while_there_is_another(
    found: list[Script], track: str, level: str | None, seed: int
) -> None:
    chosen = choose_script(found, track, level, random.Random(seed))  # type: ignore[arg-type]
    assert chosen.known_before == min(one.known_before for one in found)
    assert choose_script(found[::-1], track, level, random.Random(seed)) == chosen  # type: ignore[arg-type]
    fresh = [one for one in found if one.known_before == chosen.known_before]
    if track != "undecided" and any(one.track in ("both", track) for one in fresh):
        assert chosen.track in ("both", track)
    same = [one for one in fresh if one.track in ("both", track) or track == "undecided"]
    if any(one.level == level for one in same):
        assert chosen.level == level


def test_without_a_script_there_is_none_to_choose() -> None:
    with pytest.raises(ValueError, match="no script"):
        choose_script([], "ds", None, random.Random(1))


@given(st.lists(st.integers(10, 120), min_size=2, max_size=2))
def test_an_interview_takes_both_halves_and_a_little_more(minutes: list[int]) -> None:
    halves = [half(one) for one in minutes]
    assert all(one >= 10 for one in halves)
    whole = length(halves)
    assert whole % 30 == 0
    assert sum(halves) + 10 <= whole < sum(halves) + 40


SCRIPT = {
    "question": "Welcome.",
    "stages": [
        {
            "title": title,
            "question": f"{title}?",
            "follow_ups": [{"question": "Why?", "key_points": ["Because"]}],
        }
        for title in ("What it does", "Data on the way in", "The model and its test", "Months later")
    ],
}


def probes(stage: str | None = None, *tools: str) -> dict[str, object]:
    return {
        "stage": stage,
        "tools": list(tools),
        "question": "When",
        "probes": [{"question": f"About {stage or tools[0]}?", "key_points": ["A point"]}],
    }


def test_probes_follow_their_stage_and_those_about_tools_the_last() -> None:
    project = Project(problem="Parcels", tools="Spark (3.5), PyTorch", result="Faster")
    found = pages_of(
        SCRIPT, [probes("monitoring"), probes("data"), probes(None, "spark", "pyspark")], project
    )
    assert [page.title for page in found] == [
        "Opening",
        "Their project",
        "What it does",
        "Data on the way in",
        "Probes: data",
        "The model and its test",
        "Months later",
        "Probes: monitoring",
        "Probes: spark, pyspark",
    ]
    assert [(one.question, one.key_points) for one in found[1].asks] == [
        ("Problem", ("Parcels",)),
        ("Tools", ("Spark (3.5), PyTorch",)),
        ("Result", ("Faster",)),
    ]
    assert found[4].asks[0].question == "About data?"
    assert [page.title for page in pages_of(SCRIPT)][:2] == ["Opening", "What it does"]


@pytest.mark.parametrize("stage", SPOKEN_OF)
def test_every_stage_of_a_project_has_a_place_in_any_script(stage: str) -> None:
    titles = [str(one["title"]) for one in SCRIPT["stages"]]  # type: ignore[index]
    assert 0 <= stage_for(stage, titles) < len(titles)
    assert stage_for(stage, ["Nothing that fits"]) == 0
    assert stage_for("unheard-of", titles) == len(titles) - 1


def test_tools_are_read_as_people_list_them() -> None:
    assert tools_in("Spark, scikit-learn ; PyTorch (2.4)\n  SQL  server,,") == {
        "spark",
        "scikit-learn",
        "pytorch",
        "sql server",
    }
    assert tools_in("") == frozenset()
    spark = {"tools": ["spark", "pyspark"]}
    assert fits_tools(spark, Project(tools="Airflow, PySpark").named_tools)
    assert not fits_tools(spark, Project(tools="Sparkling water").named_tools)
    assert not fits_tools({"tools": None}, frozenset({"spark"}))


def test_every_state_says_how_long_it_lasts_and_every_round_type_has_words() -> None:
    assert WALKTHROUGH in ROUNDS
    assert len(ROUNDS) == 8
    endless = {state for state, phase in PHASES.items() if phase.lasts is None}
    # Those end at a time of their own, or not at all.
    assert endless == {"agreed", "first", "second", "over"}
    assert all(len(dimensions) == 3 for dimensions in DIMENSIONS.values())
