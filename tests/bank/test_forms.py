"""The forms in which members type questions: into drafts, back into fields, and never more than a list of problems."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bank.forms import FORMS, SEE_EXPLANATION, draft_from, fields_of
from bot.bank.problems import BankInvalid
from tests.bank.builders import TEXTS, parsed

TRACKS: dict[str, Any] = {"sql": "both", "gpu": "mle"}
LINK = "A card shows no links; name the source in `sources`."
MENTION = "This reads as a mention; put it in backticks."
POINTS = "Key points of a good answer"
CHOICE = {
    "question": "What does `NULL = NULL` give in SQL, and why does it?",
    "right": "- NULL",
    "wrong": "* TRUE\n\n2. FALSE",
    "explanation": "NULL is **unknown**.",
    "sources": "The manual, ch. 9",
}
NUMERIC = {
    "question": "How long?",
    "answer": "1,200 ms",
    "tolerance": "",
    "explanation": "So.",
    "sources": "A book",
}
OPEN = {"question": "Why?", "key_points": "One\nTwo\nThree", "model_answer": "Because.", "sources": "A book"}


def made(kind: str, fields: dict[str, str], topic: str = "sql", **more: Any) -> dict[str, Any]:
    return draft_from(kind, topic, fields, TRACKS, id="suggestion", **more).model_dump(mode="json")


def told(kind: str, fields: dict[str, str]) -> list[str]:
    with pytest.raises(BankInvalid) as caught:
        made(kind, fields)
    return [f"{problem.field}: {problem.message}" for problem in caught.value.problems]


def test_a_choice_gets_its_title_level_and_track() -> None:
    draft = made("choice", CHOICE, topic="gpu")
    assert (draft["title"], draft["difficulty"], draft["track"]) == (
        "What does NULL = NULL give in SQL, and why does it?",
        2,
        "mle",
    )
    options = {option["text"]: (option["right"], option["why"]) for option in draft["options"]}
    assert options == {
        "NULL": (True, SEE_EXPLANATION),
        "TRUE": (False, SEE_EXPLANATION),
        "FALSE": (False, SEE_EXPLANATION),
    }


def test_a_long_question_gives_a_title_of_whole_words() -> None:
    words = "Suppose that you are given a table of a hundred million rows and asked to count them"
    assert made("open", OPEN | {"question": words})["title"] == (
        "Suppose that you are given a table of a hundred million…"
    )


def test_the_right_option_stands_anywhere() -> None:
    places = {
        [one["right"] for one in made("choice", CHOICE | {"question": f"Number {n}?"})["options"]].index(True)
        for n in range(40)
    }
    assert places == {0, 1, 2}


def test_a_number_may_have_a_unit() -> None:
    draft = made("numeric", NUMERIC)
    assert (draft["answer"], draft["unit"], draft["tolerance"]) == (1200.0, "ms", 0.0)


@pytest.mark.parametrize(
    ("kind", "changes", "problems"),
    [
        ("choice", {"right": " "}, ["Right options: At least one option has to be right."]),
        ("choice", {"wrong": ""}, ["Wrong options: There are 1 entries; at least 2 are needed."]),
        ("choice", {"wrong": "TRUE\n true "}, ["Wrong options, line 2: This option says the same as option 2."]),
        ("choice", {"wrong": "x" * 201}, ["Wrong options, line 1: This is 201 characters long; at most 200 fit."]),
        ("choice", {"question": ""}, ["Question: This is empty."]),
        ("choice", {"explanation": "See www.example.org"}, [f"Explanation: {LINK}"]),
        ("choice", {"sources": ""}, ["Where it can be read: There are 0 entries; at least 1 are needed."]),
        ("numeric", {"answer": "a few"}, ["Answer: Write one number here, such as 0.25 or 1,200."]),
        ("numeric", {"tolerance": "-1"}, ["How far off is still right: Write a number of at least 0."]),
        ("numeric", {"answer": "5 [a](b)"}, [f"Answer: {LINK}"]),
        ("open", {"key_points": "One\nTwo"}, [f"{POINTS}: There are 2 entries; at least 3 are needed."]),
        ("open", {"key_points": "One\n<@1>\nThree"}, [f"{POINTS}, line 2: {MENTION}"]),
    ],
)  # fmt: skip
def test_a_problem_names_the_field_as_the_form_does(
    kind: str, changes: dict[str, str], problems: list[str]
) -> None:
    assert told(kind, {"choice": CHOICE, "numeric": NUMERIC, "open": OPEN}[kind] | changes) == problems


def test_an_edit_keeps_what_no_field_holds() -> None:
    before = parsed(TEXTS["choice"]).model_dump(mode="json") | {"difficulty": 4, "title": "Kept"}
    fields = fields_of(before)
    assert made("choice", fields, before=before) == before | {
        "id": "suggestion",
        "options": made("choice", fields, before=before)["options"],
    }
    after = made("choice", fields | {"wrong": "Another one", "explanation": "New."}, before=before)
    assert (after["difficulty"], after["title"], after["explanation"]) == (4, "Kept", "New.")
    assert {one["text"]: one["why"] for one in after["options"]} == {
        "This one": "It is right.",
        "Another one": SEE_EXPLANATION,
    }


@pytest.mark.parametrize("kind", FORMS)
def test_opened_and_sent_again_nothing_changes(kind: str) -> None:
    once = made(kind, {"choice": CHOICE, "numeric": NUMERIC, "open": OPEN}[kind])
    assert made(kind, fields_of(once), before=once) == once


def test_no_form_fits_the_other_kinds() -> None:
    assert fields_of(parsed(TEXTS["sql"]).model_dump(mode="json")) == {}


@given(
    st.sampled_from(sorted(FORMS)),
    st.dictionaries(
        st.sampled_from(["question", "right", "wrong", "answer", "tolerance", "key_points", "sources"]),
        st.text(max_size=200),
    ),
)
def test_whatever_is_typed_is_a_draft_or_is_told(kind: str, typed: dict[str, str]) -> None:
    base = {"choice": CHOICE, "numeric": NUMERIC, "open": OPEN}[kind]
    try:
        draft = made(kind, base | typed)
    except BankInvalid as invalid:
        assert all(problem.field and problem.message for problem in invalid.problems)
    else:
        assert made(kind, fields_of(draft), before=draft)["kind"] == kind
