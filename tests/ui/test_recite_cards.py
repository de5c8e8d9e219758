"""The faces of reciting alone and of handing in, over every concept that ships, and with the longest of everything."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from bot.bank.loader import load_bank
from bot.client.cards import CardView, shown
from bot.client.controls import OPTION_LIMIT
from bot.config import DATA
from bot.domain.exchange import Exchange, Marking, Part, Posting, Progress
from bot.domain.history import History, Marked, Past, progress
from bot.domain.recitation import Concept, Outline, Rubric
from bot.domain.solo import Solo
from bot.services.recitation.exchange import REPLY_LIMIT, TEXT_LIMIT
from bot.services.recitation.feedback import IMPROVE_LIMIT, QUESTION_LIMIT
from bot.ui.questions import plain
from bot.ui.recitation.exchange import exchange_card, nudge_card, posting_card
from bot.ui.recitation.exchange.steps import HandInModal, MarksModal, ReplyModal, marking_card
from bot.ui.recitation.exchange.words import PartTicket, TimedTicket, left_words
from bot.ui.recitation.history import history_card, progress_card, trend_words
from bot.ui.recitation.marks import rubric_fields
from bot.ui.recitation.solo import AloneTicket, MarkMyselfModal, solo_card

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONGEST = 2**63 - 1
NAME = "*" * 64
BODIES: list[Any] = [
    draft.model_dump(mode="json") for draft in load_bank(DATA / "bank").drafts if draft.kind == "concept"
]
RUBRIC = Rubric((0, 1, 2, 3, 4), clarity=3, depth=3, follow_ups=3, improve="*" * IMPROVE_LIMIT)


def words(view: CardView) -> str:
    return shown(view.to_components())


def part(place: int, body: Any, *, handed_in: bool = False, owed: tuple[Any, ...] = ("hand-in",)) -> Part:
    return Part(
        reciter_id=LONGEST,
        place=place,
        discord_id=LONGEST - place,
        name=NAME,
        concept=Concept.of(body),
        progress=Progress(handed_in=handed_in),
        listener_id=LONGEST - (place + 1) % 3,
        owed=owed,
        message_id=None,
    )


def trio() -> Exchange:
    """The three concepts with most to say, and everybody owes everything."""
    long = sorted(BODIES, key=lambda body: len(str(body["cover"])), reverse=True)[:3]
    parts = tuple(part(place, body, owed=("hand-in", "mark", "reply")) for place, body in enumerate(long))
    return Exchange(LONGEST, LONGEST, 9, "exchange", LONGEST, LONGEST, NOW, parts, done=False)


@pytest.mark.parametrize("body", BODIES, ids=[body["id"] for body in BODIES])
def test_every_concept_fits_its_cards_and_forms(body: Any) -> None:
    solo = Solo(LONGEST, Concept.of(body), "A topic", NOW)
    outline = Outline.of(LONGEST, LONGEST, body)
    for one in (
        solo,
        replace(solo, outline=outline),
        replace(solo, outline=outline, rubric=RUBRIC, minutes=10, before=(9, 9)),
    ):
        solo_card(one).layout()
    first = words(solo_card(solo).layout())
    assert body["cover"]["fails"] in first
    assert [point for point in body["key_points"] if point in first] == []
    assert body["model_answer"] not in first
    marking_card(Marking(trio(), outline, "", LONGEST), NOW).layout()
    for modal in (
        MarkMyselfModal(AloneTicket(LONGEST), outline=outline),
        MarksModal(TimedTicket(LONGEST, LONGEST, LONGEST), outline=outline),
    ):
        assert 1 <= len(modal.children) <= 5
        assert all(isinstance(one, discord.ui.Label) and len(one.text) <= 45 for one in modal.children)
        modal.to_dict()


def test_the_longest_exchange_fits_its_cards() -> None:
    exchange = trio()
    assert "[Hand in]\n[Mark]\n[More]" in words(exchange_card(exchange).layout())
    nudge_card(exchange).layout()
    for what, text in (
        ("hand-in", "*" * TEXT_LIMIT),
        ("question", "*" * QUESTION_LIMIT),
        ("reply", "*" * REPLY_LIMIT),
    ):
        posting = Posting(exchange, LONGEST, what, text, "https://cdn/a.ogg?ex=1")  # type: ignore[arg-type]
        posting_card(posting, b"OggS").layout()
    HandInModal(TimedTicket(LONGEST, 0, LONGEST), title=NAME).to_dict()
    ReplyModal(PartTicket(LONGEST, LONGEST), question="*" * QUESTION_LIMIT).to_dict()


def test_a_recording_is_named_by_its_kind_only() -> None:
    for url, name in (
        ("https://cdn/1/2/Bo at home.OGG?ex=1", "recording.ogg"),
        ("https://cdn/1/2/noise", "recording"),
        ("https://cdn/1/2/odd.a/b", "recording"),
        ("https://cdn/1/2/odd.exécutable", "recording"),
    ):
        card = posting_card(Posting(trio(), LONGEST, "hand-in", "", url), b"x")
        assert [file.filename for file in card.files()] == [name]


def test_what_is_left_names_whom_somebody_marks() -> None:
    exchange = trio()
    pair = replace(
        exchange,
        parts=(
            replace(exchange.parts[0], discord_id=1, listener_id=2, owed=()),
            replace(exchange.parts[1], discord_id=2, listener_id=1, owed=("hand-in", "mark")),
        ),
    )
    assert left_words(pair) == "- <@1>: nothing right now\n- <@2>: hand in, mark <@1>'s"
    assert "everybody has done their part" in left_words(replace(pair, done=True))


def test_a_long_history_fits_its_cards_and_the_bar_is_also_a_number() -> None:
    past = tuple(
        Past(
            number,
            NOW,
            "live",
            number % 20,
            NAME,
            f"Topic {number % 20}",
            (NAME, NAME),
            (Marked(NAME, RUBRIC, 9, "*" * QUESTION_LIMIT), Marked(NAME, RUBRIC, 9)),
            guide_note="*" * 500,
            signed_off=True,
        )
        for number in range(60)
    )
    history_card(History(3, 9, past[:4])).layout()
    found = progress(past)
    progress_card(found).layout()
    assert "▰▰▰▰▰▰▱▱▱▱ 56%" in trend_words(found.trends[0])


def test_whoever_marks_reads_every_key_point_to_its_end() -> None:
    points = [point for body in BODIES for point in body["key_points"]]
    assert max(map(len, points)) > OPTION_LIMIT
    for body in BODIES:
        field, *_ = rubric_fields(body["key_points"], covered="Which?", improve="What?")
        options = field.to_component_dict()["component"]["options"]
        read = [" ".join(filter(None, (one["label"], one.get("description")))) for one in options]
        assert read == [f"{place}. {plain(point)}" for place, point in enumerate(body["key_points"], 1)]
