"""The faces of a server's own questions: the longest and the strangest of everything still fits a message."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.bank.forms import FORMS, fields_of
from bot.bank.problems import BankInvalid, Problem
from bot.client.cards import Card, shown
from bot.domain.drops import Question
from bot.services.bank_files import Exported, Plan
from bot.services.item_reports import Complaint, Reported
from bot.services.suggestions import Handed, Proposal, Suggested, Unfinished
from bot.ui import bank, reviews, suggestions
from tests.bank.builders import TEXTS, longest, parsed

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
STAR = "*" * 64
PROBLEMS = tuple(Problem("form", 1, f"*{number}" + "_" * 200, "*" * 400) for number in range(30))


def questions() -> list[Question]:
    """Of every kind that can be answered the longest item, and one whose texts grow when they are escaped."""
    found = [Question(1, 1, draft.model_dump(mode="json"), "T" * 80) for draft in longest().values()]
    body = longest()["choice"].model_dump(mode="json")
    starred = body | {"title": "*" * 80, "options": [one | {"text": "*" * 200} for one in body["options"]]}
    kinds = ("choice", "numeric", "open", "code", "sql")
    return [one for one in (*found, Question(1, 1, starred, "T")) if one.draft["kind"] in kinds]


def fits(card: Card) -> str:
    """What a message of this card says; raises when Discord would not take it."""
    view = card.layout()
    assert view.total_children_count <= 40
    return shown(view.to_components())


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.draft["kind"])
def test_the_longest_question_fits_every_face(question: Question) -> None:
    proposal = Proposal(1, "12345678", question, STAR, AT, 5_000)
    complaints = tuple(Complaint(STAR, "*" * 1000, AT) for _ in range(40))
    reported = Reported(question, True, 10**9, 10**9, complaints, True, 5_000)
    for card in (
        suggestions.handed_card(Handed(question, True)),
        reviews.proposal_card(proposal, "*" * 200),
        reviews.reported_card(reported, "*" * 200),
    ):
        assert "**The right answer**" in fits(card)


@pytest.mark.parametrize("kind", FORMS)
def test_the_longest_form_comes_back_and_stays_in_its_blocks(kind: str) -> None:
    typed = {field.name: ("```\n@everyone " * field.limit)[: field.limit] for field in FORMS[kind]}
    left = Unfinished(1, kind, "sql", typed, PROBLEMS)
    for card in (suggestions.unfinished_card(left), reviews.unchanged_card(BankInvalid(PROBLEMS), typed)):
        fits(card)
        for part in suggestions.typed_parts(kind, typed):
            words: Any = getattr(part, "words", "")
            assert words.count("```") == 2


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_holds_the_longest_question(kind: str) -> None:
    draft = longest()[kind].model_dump(mode="json")
    filled = fields_of(draft)
    form = suggestions.suggest_form(kind, "t" * 60, filled).to_dict()
    held = {one["component"]["custom_id"]: one["component"]["value"] for one in form["components"]}
    assert held == filled
    assert len(form["components"]) <= 5


def test_lists_fit() -> None:
    mine = [Suggested("*" * 80, "declined", AT, "*" * 500)] * 8
    assert fits(suggestions.mine_card(mine)).count("declined (<t:") == 8
    plan = Plan(1, "*" * 100, "12345678", ("*" * 80,) * 5000, ("*" * 80,) * 5000, ("*" * 80,) * 5000, 9)
    assert "… and 4,994 more" in fits(bank.plan_card(plan, again=True))
    usual = [Problem("a.json", 3, "options 2 › why", "This is 1,301 characters long; at most 300 fit.")] * 30
    assert fits(bank.problems_card(usual)).count("Row 3") == 20
    assert len(fits(bank.problems_card(PROBLEMS))) > 3000
    exported = Exported(5000, (b"{}",) * 5, (b"a",) * 5)
    assert len(bank.export_card(exported).files()) == 10


def test_the_preview_is_what_members_see() -> None:
    question = Question(1, 1, parsed(TEXTS["choice"]).model_dump(mode="json"), "SQL")
    text = fits(suggestions.handed_card(Handed(question, False)))
    assert text.partition("### ")[2] == (
        "A title\n-# SQL · easy · choice\nWhich one?\n**A**  This one\n**B**  That one\n"
        "**The right answer**\n**A**  This one\nBecause.\n-# Read on: A book, ch. 1"
    )
