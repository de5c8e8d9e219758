"""A group problem's cards fit Discord, whatever people are called and write, and however many they are."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.client.cards import TEXT_LIMIT, Card
from bot.domain.drops import Question
from bot.domain.problems import Contributor, Gone, Nudge, Outcome, Problem, Proposed, Responded, Taking, Terms
from bot.ui.problems.cards import (
    discussion_card,
    nudge_card,
    open_card,
    problem_card,
    proposal_card,
    response_card,
    rubric_card,
    solution_card,
    summary_card,
)
from bot.ui.problems.checking import check_card
from bot.ui.problems.guiding import panel_card
from bot.ui.problems.taking import page_card, people_card, proposed_card
from bot.ui.problems.words import participation

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
PHASES = ("draft", "propose", "discuss", "reveal", "closed")
COMPONENTS = 40
# As long as the bank lets them be.
DRAFT: dict[str, Any] = {
    "kind": "problem",
    "title": "T" * 80,
    "difficulty": 5,
    "minutes": 180,
    "question": "Q" * 1500,
    "data": "```sql\n" + "D" * 1980 + "\n```",
    "hints": ["H" * 300] * 6,
    "model_solution": "M" * 3000,
    "pitfalls": ["P" * 200] * 8,
    "strong_answer": ["S" * 200] * 8,
    "sources": ["B" * 160] * 3,
}
NAMES = st.text(min_size=1, max_size=64)


def people(count: int, name: str = "*" * 64) -> tuple[Contributor, ...]:
    """Everybody proposed and responded to two."""
    return tuple(Contributor(name, True, number % 2 == 0, (name, name)) for number in range(count))


def problem(phase: Any = "discuss", **given: Any) -> Problem:
    return replace(
        Problem(
            id=2**62,
            server_id=1,
            guild_id=2**62,
            question=Question(1, 1, DRAFT, "Model evaluation"),
            terms=Terms(),
            phase=phase,
            ends_at=AT,
            channel_id=2**62,
            message_id=2**62,
            thread_id=2**62,
            forum=False,
            late=True,
            due_at=AT,
            guide=2**62,
            comment="*" * 500,
            people=people(300),
            unanswered=300,
            unopened=270,
            reveal_message_id=2**62,
        ),
        **given,
    )


def proposed(text: str, name: str = "Bo", **given: Any) -> Proposed:
    return replace(Proposed(2**62, 2**62, name, text, True, 299, 299, True, 2**62), **given)


def fits(face: Card) -> None:
    """Discord takes it: texts, components, and no two controls alike."""
    view = face.layout()
    parts = list(view.walk_children())
    assert len(parts) <= COMPONENTS
    assert len(face.words()) <= TEXT_LIMIT + face.words().count("\n")
    ids = [part.custom_id for part in parts if hasattr(part, "custom_id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("phase", PHASES)
def test_every_card_of_300_people_fits_in_every_phase(phase: str) -> None:
    one = problem(phase)
    fits(problem_card(one))
    fits(problem_card(replace(one, guide=None, guide_role=2**62, gone=Gone(300, 300, 300, 9000))))
    for page in (0, 5, 11, 99, -1):
        fits(panel_card(one, "-# Done.", page))
    fits(open_card(tuple(replace(one, id=number) for number in range(5))))
    for page in (0, 14, 99, -1):
        fits(people_card(one, page))


def test_the_messages_that_open_a_phase_fit() -> None:
    one = problem()
    outcome = Outcome(one, 9000, tuple(("*" * 64, 9) for _ in range(300)), ("*" * 64,) * 300, 300, 54_000)
    for face in (discussion_card(one), solution_card(one), rubric_card(one), summary_card(outcome)):
        fits(face)
    fits(check_card(problem("reveal"), tuple(range(8)), Taking(1, "reveal", AT, True, False, 1, 1)))
    fits(proposed_card(Taking(1, "propose", AT, True, False, 1, 2)))
    fits(nudge_card(Nudge(1, 1, 1, "*" * 100, "T" * 80, one.link, True)))


@given(st.text(max_size=3000), NAMES)
@settings(max_examples=60)
def test_whatever_is_written_fits_and_is_there_in_full(text: str, name: str) -> None:
    for face in (
        proposal_card(proposed(text, name)),
        page_card(problem(), proposed(text, name), 3, 300),
        response_card(Responded(1, 1, name, name, text[:1500], None, "https://discord.com/channels/1/2/3")),
    ):
        fits(face)
        assert "@everyone" not in face.words().replace("\\@", "")
        assert not face.pings


def test_a_text_too_long_once_escaped_comes_with_a_file_of_the_whole() -> None:
    text = "*" * 3000
    (attached,) = [part for part in proposal_card(proposed(text)).parts if hasattr(part, "data")]
    assert attached.data.decode() == text
    assert [part for part in proposal_card(proposed("a" * 3000)).parts if hasattr(part, "data")] == []


def test_data_that_does_not_fit_is_a_press_away() -> None:
    whole = problem(people=(), comment=None)
    assert "[All of the data]" in shown_labels(problem_card(whole))
    short = replace(whole, question=replace(whole.question, draft=DRAFT | {"data": "Two rows."}))
    assert "**Data**\nTwo rows." in problem_card(short).words()
    assert "[All of the data]" not in shown_labels(problem_card(short))
    without = replace(whole, question=replace(whole.question, draft=DRAFT | {"data": None}))
    assert "Data" not in problem_card(without).words()


def shown_labels(face: Card) -> str:
    return " ".join(f"[{part.label}]" for part in face.layout().walk_children() if hasattr(part, "label"))


# --- words


def test_participation_is_told_in_figures_and_names() -> None:
    some = (
        Contributor("Ann", True, False, ("Bo", "Cy")),
        Contributor("Bo", True, True),
        Contributor("Di", False, False, ("Ann",)),
        Contributor(None, True),
        Contributor(None, True),
    )
    assert participation(problem(people=some, unanswered=1)) == (
        "**Proposed: 4.** Ann, Bo (late), 2 members without a shown name\n**Responded: 2.**\nAnn → Bo, Cy\n"
        "Di → Ann\n-# 1 proposal still waits for a first response."
    )
    assert participation(problem("propose", people=some)) == (
        "**Proposed: 4.** Ann, Bo (late), 2 members without a shown name"
    )
    assert participation(problem(people=(), unanswered=0)).startswith("**Proposed: 0.** Be the first")


def test_a_long_list_is_cut_and_says_so() -> None:
    told = participation(problem(people=people(300, "Somebody")))
    assert told.startswith("**Proposed: 300.** Somebody (late), Somebody")
    assert " more\n" in told
    assert "more; *Who took part* has everyone." in told


def test_whoever_is_erased_is_counted_and_not_named() -> None:
    gone = Gone(people=2, proposals=2, responders=1, responses=3)
    some = (Contributor("Ann", True, False, ("a proposal that is gone",)),)
    assert participation(problem(people=some, unanswered=0, gone=gone)) == (
        "**Proposed: 3.** Ann, 2 whose data was erased\n**Responded: 2.** 1 whose data was erased\n"
        "Ann → a proposal that is gone"
    )
    assert participation(problem("propose", people=(), gone=gone)) == (
        "**Proposed: 2.** 2 whose data was erased"
    )
    told = summary_card(Outcome(problem(people=some, gone=gone), 1, (), (), 0, 30)).words()
    assert "**3 people** took part: 3 proposals and 4 responses" in told


def test_who_guides_it_is_said_or_who_may() -> None:
    asked, alone = "No guide has this one yet.", "Without one, the model solution stands in."
    none = problem(guide=None, comment=None)
    assert f"-# {asked} {alone}" in problem_card(none).words()
    told = problem_card(replace(none, guide_role=5)).words()
    assert f"-# {asked} Any <@&5> can take it: *For guides*. {alone}" in told
    for other in (problem(), replace(none, phase="closed"), replace(none, in_meeting=True)):
        assert asked not in problem_card(other).words()


def test_what_waits_for_an_answer_is_not_said_of_what_is_closed() -> None:
    assert "-# 300 proposals still wait for a first response." in participation(problem())
    assert "still wait" not in participation(problem("closed"))
