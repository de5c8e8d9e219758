"""Interviews' cards: the longest the bank allows fits Discord, and nobody's words are Markdown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.bank.limits import STAGE_LIMIT
from bot.client.cards import TEXT_LIMIT, Text
from bot.domain.interviews import DIMENSIONS, ROUNDS, WORDS_LIMIT, State
from bot.domain.interviews.readouts import History, Mock, Past, ScriptPage, Seat, Status, Told
from bot.domain.interviews.scripts import Ask, Page
from bot.domain.projects import FIELD_LIMIT, TOOLS_LIMIT, Project
from bot.ui.interviews import invitation_card, status_card, thread_card, thread_marker
from bot.ui.interviews.scorecards import FeedbackModal, ScorecardModal, history_card, told_card
from bot.ui.interviews.scripts import answers_card, page_card, solution_card
from bot.ui.interviews.threads import more_card
from bot.ui.interviews.tickets import MockTicket
from bot.ui.projects import ProjectModal, project_card

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LARGEST = 2**63 - 1
STATES: tuple[State, ...] = (
    *("arranging", "agreed", "ready", "first", "swap", "second", "feedback", "opened", "over"),
)


def seat(place: int) -> Seat:
    return Seat(
        member_id=place + 1,
        discord_id=LARGEST - place,
        place=place,
        round="project-walkthrough",
        track="undecided",
        level="1-3-years",
        zone=("America/Argentina/ComodRivadavia", "America/North_Dakota/New_Salem")[place],
        minutes=120,
        began_at=NOW,
        ended_at=NOW + timedelta(minutes=60),
    )


def mock(state: State = "arranging", **facts: Any) -> Mock:
    return Mock(
        **{
            "id": LARGEST,
            "server_id": 1,
            "guild_id": LARGEST,
            "state": state,
            "turn": 99,
            "channel_id": LARGEST,
            "message_id": LARGEST,
            "thread_id": LARGEST,
            "voice_id": LARGEST,
            "seats": (seat(0), seat(1)),
            "offered": tuple(NOW + timedelta(days=day) for day in range(3)),
            "starts_at": NOW,
            "agreed_at": NOW,
            "asked_at": NOW,
            "minutes": 250,
            "why": None,
            "nudged": True,
        }
        | facts
    )


def script(page: Page, **facts: Any) -> ScriptPage:
    known = ScriptPage(
        mock=mock("first"),
        place=0,
        title="*" * 100,
        page=page,
        number=3,
        pages=9,
        strong=("s" * 200,) * 8,
        weak=("w" * 200,) * 8,
        solution="m" * 3000,
    )
    return replace(known, **facts)


@pytest.mark.parametrize("state", STATES)
def test_every_phase_has_a_card_that_fits_and_is_found_again(state: State) -> None:
    found = thread_card(mock(state))
    layout = found.layout().to_components()
    assert thread_marker(mock(state)) in str(layout)
    buttons = [one for row in layout[0]["components"] if row["type"] == 1 for one in row["components"]]
    # Two buttons at most, besides the select of times and *More*.
    assert len([one for one in buttons if one["type"] == 2]) <= 3
    assert set(found.pings) <= {LARGEST, LARGEST - 1}
    for who in (LARGEST, LARGEST - 1):
        more_card(mock(state), who).layout()


def test_no_public_card_says_a_word_of_a_script() -> None:
    secret = replace(seat(0), round="sql")
    for state in STATES:
        assert "script" not in thread_card(mock(state, seats=(secret, seat(1)))).words().lower() or state in (
            "arranging",
            "first",
            "second",
        )


def test_a_stage_of_the_banks_length_is_shown_whole() -> None:
    asks = tuple(Ask("q" * 100, ("k" * 100,) * 3) for _ in range(6))
    used = sum(len(one.question) + sum(map(len, one.key_points)) for one in asks)
    page = Page("t" * 100, "w" * (STAGE_LIMIT - used - 100), asks)
    found = page_card(script(page, title="T" * 100))
    assert "…" not in found.words()
    found.layout()


@pytest.mark.parametrize("draw", [page_card, answers_card, solution_card])
def test_the_longest_of_everything_still_fits(draw: Any) -> None:
    page = Page("*" * 100, "w" * 1500, tuple(Ask("q" * 200, ("k" * 200,) * 8) for _ in range(8)))
    found = draw(script(page))
    found.layout()
    assert sum(len(part.words) for part in found.parts if isinstance(part, Text)) <= TEXT_LIMIT


def test_what_people_wrote_fits_and_is_no_markdown() -> None:
    words = "*" * WORDS_LIMIT
    told = tuple(Told(kind, dict.fromkeys(names, 2), words, words) for kind, names in DIMENSIONS.items())
    told_card(mock("opened"), told).layout()
    assert "\\*" * WORDS_LIMIT in told_card(mock("opened"), told[:1]).words()
    past = Past(1, NOW, LARGEST, "sql", "coding", told)
    trend = dict.fromkeys(DIMENSIONS["scorecard"], (0, 1, 2) * 3)
    found = history_card(History((past,) * 3, 1, 3, trend))
    found.layout()
    assert "no → leaning → yes" in found.words()
    assert "[Newer]" not in found.words()
    project_card(Project(*("#" * FIELD_LIMIT,) * 3, "#" * TOOLS_LIMIT, "#" * FIELD_LIMIT)).layout()


def test_the_forms_are_within_discords_limits() -> None:
    for modal in (
        ScorecardModal(MockTicket(LARGEST)),
        FeedbackModal(MockTicket(LARGEST)),
        ProjectModal(None),
    ):
        payload = modal.to_dict()
        assert len(payload["title"]) <= 45
        assert 1 <= len(payload["components"]) <= 5
        assert all(len(one["label"]) <= 45 for one in payload["components"])


def test_ten_interviews_fit_a_status_and_one_without_a_partner_too() -> None:
    alone = mock("arranging", seats=(seat(0),))
    found = status_card(Status((alone, *(mock(state) for state in STATES[:-1])), 3, None), LARGEST)
    found.layout()
    assert "somebody whose data was erased" in found.words()
    more_card(alone, LARGEST).layout()


def test_who_asks_is_told_by_name_and_an_answered_card_says_nothing_more() -> None:
    asked = invitation_card(mock("asked"))
    assert asked.pings == (LARGEST - 1,)
    assert ROUNDS["project-walkthrough"] in asked.words()
    assert invitation_card(mock("over")).words() == "This request is over."
    assert invitation_card(mock("agreed")).words() == "This request was answered."
