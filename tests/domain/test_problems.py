"""Group problems' rules: terms, the opening order, tags that fit, credit and minutes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.problems import (
    AFTER,
    CREDIT,
    STATE_TAGS,
    TAGS_AT_MOST,
    Terms,
    credit,
    fitting,
    minutes_for,
    opening_order,
    tag_names,
)
from bot.domain.scoring import POINTS

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ROLES = st.sets(st.sampled_from(sorted(CREDIT)))
TERMS = st.builds(Terms, st.integers(1, 336), st.integers(1, 336), st.integers(1, 336), st.booleans())


# --- terms and phases


@given(TERMS)
def test_terms_survive_being_stored(terms: Terms) -> None:
    assert Terms.from_json(terms.as_json()) == terms


def test_a_schedule_without_terms_has_the_defaults_and_changes_keep_the_rest() -> None:
    assert Terms.from_json({"track": "ds"}) == Terms()
    changed = Terms(12, 6, 24, anonymous=True).changed(propose_hours=3)
    assert changed == Terms(3, 6, 24, anonymous=True)
    assert changed.changed(anonymous=False).anonymous is False


@given(TERMS)
def test_every_phase_but_the_last_ends_and_leads_to_the_last(terms: Terms) -> None:
    phase, passed = "propose", NOW
    while phase in AFTER:
        ends_at = terms.ends_at(phase, passed)
        assert ends_at is not None
        assert ends_at > passed
        phase, passed = AFTER[phase], ends_at
    assert phase == "closed"
    assert terms.ends_at(phase, passed) is None


@given(st.integers(1, 10**6), st.sets(st.integers(1, 10**6), max_size=40))
def test_proposals_are_opened_once_each_in_an_order_that_is_always_the_same(
    problem_id: int, ids: set[int]
) -> None:
    order = opening_order(problem_id, ids)
    assert sorted(order) == sorted(ids)
    assert opening_order(problem_id, sorted(ids, reverse=True)) == order


def test_the_order_is_not_that_of_writing() -> None:
    ids = range(1, 31)
    assert opening_order(1, ids) != list(ids) != opening_order(2, ids) != opening_order(1, ids)


# --- tags


@given(
    st.sets(st.text(min_size=1, max_size=20), max_size=TAGS_AT_MOST),
    st.sampled_from(sorted(STATE_TAGS)),
    st.text(min_size=1, max_size=60),
)
def test_no_forum_gets_more_tags_than_it_may_have(known: set[str], phase: str, topic: str) -> None:
    names = tag_names(phase, topic, "medium")
    assert len(names) <= 5
    assert all(0 < len(name) <= 20 for name in names)
    made = fitting(known, names)
    assert len(known) + len(made) <= max(TAGS_AT_MOST, len(known))
    assert {name.casefold() for name in made} & {name.casefold() for name in known} == set()
    assert len(set(made)) == len(made)


def test_two_tags_that_differ_in_case_alone_take_two_places() -> None:
    full = ["Í", "í", *(f"tag {number}" for number in range(TAGS_AT_MOST - 2))]
    assert fitting(full, tag_names("propose", "SQL", "easy")) == ()


def test_an_empty_forum_gets_all_states_at_once_and_a_full_one_nothing() -> None:
    names = tag_names("propose", "SQL", "easy")
    assert names == ("open", "SQL", "easy")
    assert fitting((), names) == ("open", "discussing", "solved", "SQL", "easy")
    full = [f"tag {number}" for number in range(TAGS_AT_MOST)]
    assert fitting(full, names) == ()
    # Two places are too few for the states, and enough for the others.
    assert fitting(full[:-2], names) == ("SQL", "easy")
    assert fitting([*full[:-4], "open", "Discussing".casefold()], names) == ("solved", "SQL")


# --- credit and minutes


@given(ROLES)
def test_credit_is_never_more_than_a_problem_is_worth(roles: set[str]) -> None:
    assert 0 <= credit(roles) <= POINTS["problem"].points
    assert all(credit(roles) <= credit(roles | {role}) for role in CREDIT)


def test_a_group_without_a_guide_can_earn_all_of_it() -> None:
    assert credit({"proposal", "response", "insight"}) == POINTS["problem"].points
    assert credit({"proposal", "response", "sign-off"}) == POINTS["problem"].points
    assert credit(set(CREDIT)) == POINTS["problem"].points
    assert credit({"response"}) == 1


@given(st.integers(5, 180), st.integers(0, 10**6), st.integers(0, 10**6))
def test_minutes_are_at_least_one_each_and_together_at_most_the_item_s(
    whole: int, thinking: int, answering: int
) -> None:
    proposed = NOW + timedelta(seconds=thinking)
    responded = proposed + timedelta(seconds=answering)
    parts = (
        minutes_for(whole, "proposal", NOW, proposed),
        minutes_for(whole, "response", proposed, responded),
    )
    assert min(parts) >= 1
    assert sum(parts) <= whole
    assert parts[0] <= max(1, thinking // 60)
    assert parts[1] <= max(1, answering // 60)
