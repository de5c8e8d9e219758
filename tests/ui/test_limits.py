"""Problems and meetings within Discord's limits: each card and form as it is sent, however long and however many."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.client.cards import TEXT_LIMIT, Card
from bot.client.controls import CUSTOM_ID_LIMIT
from bot.domain.meetings import LONGEST, SHORTEST, Mine, Phase, Seat, Table, agenda
from bot.domain.problems import Hint, Preview, Terms
from bot.domain.texts import cleaned
from bot.services.problems import COMMENT_LIMIT, PROPOSAL_LIMIT
from bot.ui.meetings import call_card, handed_on_card, meeting_card, summary_card, table_card
from bot.ui.meetings.leading import lead_card
from bot.ui.meetings.planning import begun_card, planned_card
from bot.ui.meetings.taking import mine_card
from bot.ui.problems import problem_card
from bot.ui.problems.checking import hints_card
from bot.ui.problems.guiding import SignOffModal, panel_card, preview_card
from bot.ui.problems.taking import ProposeModal, RespondModal, page_card, people_card
from bot.ui.problems.tickets import ProblemTicket, ProposalTicket
from tests.ui.test_meetings import AT, SNOWFLAKE, meeting
from tests.ui.test_problems import DRAFT, people, problem, proposed

LARGEST = 2**63 - 1
COMPONENTS, MENTIONED, OPTIONS, FIELDS = 40, 100, 25, 5
# What Discord takes of each text of a component.
LENGTHS = {"custom_id": CUSTOM_ID_LIMIT, "label": 80, "placeholder": 150, "description": 100}
ANY = st.characters(exclude_categories=("Cs",))
LONG = (
    "*" * PROPOSAL_LIMIT,
    "[a](" * (PROPOSAL_LIMIT // 4),
    "a\n" * (PROPOSAL_LIMIT // 2),
    "\u20dd" * PROPOSAL_LIMIT,
)
# As they are kept: cleaned, and something is left.
NAMES = st.text(ANY, max_size=32).map(cleaned).filter(bool)
TEXTS = (st.text(ANY, max_size=PROPOSAL_LIMIT) | st.sampled_from(LONG)).map(cleaned).filter(bool)


def parts(payload: Any) -> Iterator[dict[str, Any]]:
    """Every component of what is sent, from top to bottom."""
    for one in payload:
        yield one
        yield from parts(one.get("components", ()))
        yield from parts([one["component"]] if "component" in one else [])


def within(sent: list[dict[str, Any]]) -> None:
    """What holds of a message's components and of a form's."""
    every = [*parts(sent)]
    assert len(every) <= COMPONENTS
    assert sum(len(one.get("content", "")) for one in every) <= TEXT_LIMIT
    assert max(Counter(one["custom_id"] for one in every if "custom_id" in one).values(), default=0) <= 1
    for one in every:
        options = one.get("options", [])
        assert len(options) <= OPTIONS
        for option in options:
            assert 0 < len(option["label"]) <= 100
            assert len(option.get("description") or "") <= 100
        for name, most in LENGTHS.items():
            assert len(one.get(name) or "") <= most
        assert "content" not in one or one["content"].strip()


def fits(card: Card) -> None:
    within(card.layout().to_components())
    assert len(card.pings) <= MENTIONED


def form_fits(form: discord.ui.Modal) -> None:
    sent = form.to_dict()
    within(sent["components"])
    assert 0 < len(sent["title"]) <= 45
    assert len(sent["custom_id"]) <= CUSTOM_ID_LIMIT
    assert len(sent["components"]) <= FIELDS
    for one in sent["components"]:
        assert len(one.get("label") or "") <= 45
        assert len(one.get("component", {}).get("value") or "") <= 4000


# --- meetings


@given(
    st.integers(0, 300),
    st.integers(SHORTEST, LONGEST),
    st.sampled_from(("voice", "typed")),
    st.booleans(),
)
@settings(max_examples=40)
def test_a_meeting_of_any_size_and_length_fits_in_each_of_its_parts(
    count: int, minutes: int, medium: Any, paused: bool
) -> None:
    seats = tuple(Seat(SNOWFLAKE + number, True, "") for number in range(count))
    for place, slot in enumerate(agenda(minutes, medium)):
        one = replace(
            meeting(count, slot.part, place=place, voice=medium == "voice"),
            id=LARGEST,
            slots=agenda(minutes, medium),
            minutes=minutes,
            medium=medium,
            paused_at=AT if paused else None,
        )
        for face in (meeting_card(one), call_card(one), lead_card(one), summary_card(one)):
            fits(face)
        table = Table(
            LARGEST, 1, 9, 60, LARGEST, 0, AT, seats[:8], 1, 1, 1, LARGEST, True, paused, medium == "voice"
        )
        fits(table_card(table, pings=[seat.discord_id for seat in table.seats], reason="R" * 300))
        fits(table_card(replace(table, open=False)))
        fits(handed_on_card(table))
        for group in (None, *one.groups[:1]):
            fits(mine_card(Mine(one, group, None)))
        fits(mine_card(Mine(one, None, table)))


@pytest.mark.parametrize("phase", ["planned", "over", "cancelled"])
def test_a_meeting_that_does_not_go_on_fits(phase: Phase) -> None:
    one = replace(meeting(300, phase, place=0), starts_at=AT + timedelta(days=1))
    for face in (meeting_card(one), planned_card(one, "America/Argentina/ComodRivadavia"), begun_card(one)):
        fits(face)


# --- group problems


@given(NAMES, TEXTS)
@settings(max_examples=40)
def test_a_problem_of_300_people_fits_whatever_they_are_called_and_write(name: str, text: str) -> None:
    for phase in ("propose", "discuss", "reveal", "closed"):
        one = problem(phase, id=LARGEST, people=people(300, name), comment=text[:COMMENT_LIMIT])
        for face in (problem_card(one), panel_card(one, "-# A day more."), people_card(one, 14)):
            fits(face)
        fits(page_card(one, proposed(text, name), 299, 300))
    form_fits(ProposeModal(ProblemTicket(LARGEST), text))
    form_fits(RespondModal(ProposalTicket(LARGEST), proposed(text, name)))
    found = tuple(replace(proposed(text, name), id=number) for number in range(OPTIONS))
    form_fits(SignOffModal(ProblemTicket(LARGEST), found))


def test_what_is_looked_at_before_and_asked_for_fits() -> None:
    for hints in range(1, 7):
        fits(hints_card(Hint(LARGEST, "T" * 80, ("H" * 300,) * hints, 6 - hints)))
    question = problem().question
    for data in (None, DRAFT["data"]):
        shown = replace(question, draft=DRAFT | {"data": data})
        fits(preview_card(Preview(LARGEST, shown, Terms(), LARGEST, True, 20)))
