"""Every face of a question fits Discord's limits: each shipped item, and the longest the format allows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bank.drafts import Draft
from bot.bank.loader import load_bank
from bot.client.cards import Card, Part, Rule, Text, shown
from bot.domain.drops import ANSWERABLE, DISTRIBUTION_FROM, Explained, OpenDrop, Question, Reveal, Verdict
from bot.domain.questions import grade_numeric
from bot.domain.streaks import Streak
from bot.domain.texts import escaped
from bot.services.answers import Draw
from bot.ui.answers import DropTicket, PracticeModal, WriteModal, feedback_card, practice_card
from bot.ui.drops import closed_card, drop_card, reveal_card, thread_name
from bot.ui.explanations import ExplainModal, explanation_card, explanations_card
from bot.ui.phrases import PRIVACY
from bot.ui.questions import (
    explanation_words,
    figure,
    list_card,
    plain,
    question_parts,
    right_places,
    select_options,
    solution_words,
    trimmed,
)
from tests.bank.builders import longest

SHIPPED = Path(__file__).parents[2] / "data" / "bank"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LARGEST = 2**63 - 1


@cache
def bank() -> dict[str, Question]:
    """Every shipped item of an answerable kind, as it is stored, by its id."""
    found = load_bank(SHIPPED)
    names = {topic.id: topic.name for topic in found.topics}
    return {
        draft.id: _question(draft, names[draft.topic]) for draft in found.drafts if draft.kind in ANSWERABLE
    }


def _question(draft: Draft, topic: str) -> Question:
    return Question(1, 1, draft.model_dump(mode="json"), topic)


def hostile(draft: dict[str, Any]) -> dict[str, Any]:
    """The same item with every plain text made of characters that are escaped."""
    spiky = draft | {"title": "*" * 80, "sources": ["_" * 160] * 3}
    if draft["kind"] == "choice":
        spiky["options"] = [option | {"text": "[" * 200} for option in draft["options"]]
    return spiky


LONGEST = {kind: _question(draft, "T" * 80) for kind, draft in longest().items() if kind in ANSWERABLE}
SPIKY = {
    f"{kind}, escaped": Question(1, 1, hostile(dict(one.draft)), "T" * 80) for kind, one in LONGEST.items()
}
EXTREMES = LONGEST | SPIKY


def opened(question: Question, **changes: Any) -> OpenDrop:
    shape: dict[str, Any] = {
        "id": LARGEST,
        "server_id": 1,
        "guild_id": LARGEST,
        "question": question,
        "channel_id": LARGEST,
        "message_id": 1,
        "posted_at": NOW,
        "reveals_at": NOW,
        "late": True,
        "due_at": NOW,
    }
    return OpenDrop(**shape | changes)


def verdicts(question: Question) -> Iterator[Verdict]:
    """What can be told after an answer: right, wrong, locked, marked."""
    kind, draft = question.draft["kind"], question.draft
    told: dict[str, Any] = {
        "answer_id": LARGEST,
        "question": question,
        "joined_now": True,
        "reps": 1,
        "points": 2,
        "streak": Streak(365, 365, NOW.date(), NOW, 2, 0),
        "reveals_at": NOW,
    }
    if kind == "choice":
        right = right_places(draft)
        wrong = tuple(place for place in range(len(draft["options"])) if place not in right)
        yield Verdict(right=True, chosen=tuple(right), **told)
        yield Verdict(right=False, chosen=wrong or (0,), **told)
    elif kind == "numeric":
        yield Verdict(right=True, text="*" * 100, **told)
        yield Verdict(right=False, text="*" * 100, **told)
    else:
        every = tuple(range(len(draft["key_points"])))
        yield Verdict(right=None, text="a" * 4000, **told)
        yield Verdict(right=True, text="a" * 4000, marks=every, **told)
        yield Verdict(right=False, text="a" * 4000, marks=(), **told)


def reveals(question: Question) -> Iterator[Reveal]:
    """Nobody answered, a few, and many."""
    places = range(len(question.draft.get("options", ())))
    wrong = [place for place in places if place not in right_places(question.draft)] if places else []
    for answered in (0, DISTRIBUTION_FROM - 1, 1_000_000):
        shows = answered >= DISTRIBUTION_FROM
        yield Reveal(
            drop=opened(question),
            answered=answered,
            right=answered // 2,
            marked=answered // 2,
            distribution=tuple(answered // 2 for _ in places) if shows else (),
            tempting=wrong[0] if wrong and shows else None,
        )


async def cards(question: Question) -> list[Card]:
    """Every message this question can become."""
    made = [drop_card(opened(question)), practice_card(Draw(LARGEST, question, True))]
    made += [feedback_card(verdict) for verdict in verdicts(question)]
    for reveal in reveals(question):
        made += [await reveal_card(reveal), closed_card(reveal, LARGEST)]
    return made


def check(card: Card) -> None:
    """A message is within Discord's limits."""
    flat = list(walk(sent(card)))
    assert len(flat) <= 40
    assert sum(len(one.get("content", "")) for one in flat) <= 4000
    assert all(one["content"].strip() for one in flat if one["type"] == 10)
    ids = [one["custom_id"] for one in flat if "custom_id" in one]
    assert len(ids) == len(set(ids))
    assert all(len(id) <= 100 for id in ids)
    for one in flat:
        if one["type"] == 1:
            assert len(one["components"]) <= 5
        if one["type"] == 2:
            assert 1 <= len(one["label"]) <= 80
        if one["type"] == 3:
            assert 1 <= len(one["options"]) <= 25
            assert one["max_values"] <= len(one["options"])
            assert len(one["placeholder"]) <= 150
            assert all(1 <= len(option["label"]) <= 100 for option in one["options"])
            assert all(1 <= len(option.get("description", "-")) <= 100 for option in one["options"])
        if one["type"] == 12:
            assert all(len(item["description"]) <= 1024 for item in one["items"])


def sent(card: Card) -> Any:
    """A message as it goes to Discord."""
    return card.layout().to_components()  # type: ignore[no-untyped-call]


def text_of(card: Card) -> str:
    return shown(sent(card))


def walk(components: Any) -> Iterator[dict[str, Any]]:
    for one in components:
        yield one
        yield from walk(one.get("components", ()))


def check_modal(modal: discord.ui.Modal) -> None:
    """A form is within Discord's limits."""
    shape: Any = modal.to_dict()
    assert 1 <= len(shape["title"]) <= 45
    assert len(shape["custom_id"]) <= 100
    assert 1 <= len(shape["components"]) <= 5
    for one in shape["components"]:
        if one["type"] == 10:
            assert 1 <= len(one["content"]) <= 4000
        else:
            assert 1 <= len(one["label"]) <= 45
            field = one["component"]
            assert len(field["placeholder"]) <= 100
            assert 1 <= field["max_length"] <= 4000


# --- limits


@pytest.mark.parametrize("kind", ANSWERABLE)
async def test_every_shipped_item_fits_its_cards(kind: str) -> None:
    found = [one for one in bank().values() if one.draft["kind"] == kind]
    assert found
    for question in found:
        for card in await cards(question):
            check(card)
        if kind != "choice":
            check_modal(WriteModal(DropTicket(LARGEST), question=question))
            check_modal(PracticeModal(DropTicket(LARGEST), question=question))


@pytest.mark.parametrize("name", EXTREMES)
async def test_longest_item_of_the_format_fits_its_cards(name: str) -> None:
    question = EXTREMES[name]
    for card in await cards(question):
        check(card)
    check(list_card("10 found", [question] * 10, None))
    check_modal(WriteModal(DropTicket(LARGEST), question=question))
    assert len(thread_name(opened(question))) <= 100


def test_explanations_fit() -> None:
    one = Explained(LARGEST, LARGEST, "*" * 64, "[" * 1500, 1_000_000, 1, best=True)
    check(explanation_card(one))
    for count in (0, 1, 6, 25):
        check(explanations_card((one,) * count))
    check_modal(ExplainModal(DropTicket(LARGEST)))


# --- what is read


@pytest.mark.parametrize("kind", ANSWERABLE)
async def test_shipped_items_are_shown_whole(kind: str) -> None:
    for id, question in bank().items():
        draft = question.draft
        if draft["kind"] != kind:
            continue
        posted = "\n".join(part.words for part in question_parts(question) if isinstance(part, Text))
        assert draft["question"] in posted, id
        for option in draft.get("options", ()):
            assert escaped(option["text"]) in posted, id
        for code in ("tables", "starter"):
            assert draft.get(code, "") in posted, id
        first = next(verdict for verdict in verdicts(question) if verdict.right is not None)
        for card in (feedback_card(first), await reveal_card(next(reveals(question)))):
            text = text_of(card)
            assert solution_words(question) in text or draft["kind"] == "numeric", id
            assert explanation_words(question) in text, id
            assert all(point in text for point in draft.get("key_points", ())), id


async def test_question_gives_nothing_away() -> None:
    for id, question in bank().items():
        draft = question.draft
        for card in (drop_card(opened(question)), practice_card(Draw(1, question, False))):
            text = text_of(card)
            secrets = [
                draft.get("explanation"),
                draft.get("model_answer"),
                draft.get("solution"),
                *draft.get("key_points", ()),
                *(option["why"] for option in draft.get("options", ())),
            ]
            assert [secret for secret in secrets if secret and secret in text] == [], id


def test_shipped_numbers_are_shown_so_that_typing_them_is_right() -> None:
    for id, question in bank().items():
        draft = question.draft
        if draft["kind"] == "numeric":
            typed = solution_words(question).split("**")[1]
            how = {name: draft[name] for name in ("answer", "tolerance", "unit", "also")}
            assert grade_numeric(typed, **how), id


@given(st.integers(-(10**11), 10**11), st.integers(0, 3))
def test_figure_has_all_its_digits(digits: int, places: int) -> None:
    value = digits / 10**places
    assert float(figure(value).replace(",", "")) == pytest.approx(value, rel=1e-11)
    assert grade_numeric(figure(value), answer=value, tolerance=0, unit=None, also={})


@pytest.mark.parametrize(
    ("value", "words"), [(1_234_567.0, "1,234,567"), (10_350.25, "10,350.25"), (0.0, "0"), (0.005, "0.005")]
)
def test_figure(value: float, words: str) -> None:
    assert figure(value) == words


def test_select_shows_options_as_they_are() -> None:
    draft = {
        "options": [
            {"text": text, "right": True} for text in ("COUNT(*)", "a * b * c", "__init__", "x" * 200)
        ]
    }
    assert [option.label for option in select_options(draft)] == [
        "A  COUNT(*)",
        "B  a * b * c",
        "C  __init__",
        f"D  {'x' * 89}…",
    ]


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ("**Bold** and *slanted*", "Bold and slanted"),
        ("Use `COUNT(*)`, not `a*b*c`", "Use COUNT(*), not a*b*c"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("no marks", "no marks"),
    ],
)
def test_plain(marked: str, words: str) -> None:
    assert plain(marked) == words


# --- trimming

parts_of_texts = st.lists(st.one_of(st.text(max_size=300).map(Text), st.just(Rule())), max_size=12)


def length(parts: list[Part]) -> int:
    return sum(len(part.words) for part in parts if isinstance(part, Text))


@given(parts_of_texts, st.integers(200, 2000))
def test_trimmed_parts_fit_and_keep_their_order(parts: list[Part], limit: int) -> None:
    kept = trimmed(parts, limit)
    assert length(kept) <= limit
    assert [type(part) for part in kept] == [type(part) for part in parts]
    if length(parts) <= limit:
        assert kept == parts


def test_trimming_spares_the_short_and_shares_the_cut() -> None:
    kept = trimmed([Text("a" * 100), Text("b" * 5000), Text("c" * 3000), Rule()], 2100)
    assert [len(part.words) for part in kept if isinstance(part, Text)] == [100, 1000, 1000]


def test_trimmed_code_block_is_closed() -> None:
    (kept,) = trimmed([Text(f"Look:\n```python\n{'x = 1; ' * 100}\n```")], 200)
    assert isinstance(kept, Text)
    assert len(kept.words) <= 200
    assert kept.words.endswith("…\n```")


def test_privacy_line_stands_once_at_the_end_for_who_joins() -> None:
    question = LONGEST["choice"]
    for card in (practice_card(Draw(1, question, True)), feedback_card(next(verdicts(question)))):
        texts = [part.words for part in card.parts if isinstance(part, Text)]
        assert texts[-1] == PRIVACY
        assert texts.count(PRIVACY) == 1
    assert PRIVACY not in practice_card(Draw(1, question, False)).words()
