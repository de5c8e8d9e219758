"""The models: what they refuse, that the longest fits and no more, that JSON gives the same draft back."""

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.bank.drafts import (
    DRAFTS,
    ChoiceDraft,
    CodeDraft,
    ConceptDraft,
    Draft,
    NumericDraft,
    OpenDraft,
    Probe,
    ProbesDraft,
    ProblemDraft,
    ScriptDraft,
    SqlDraft,
    Stage,
    content_hash,
)
from bot.bank.problems import Place
from bot.bank.stats import KINDS
from tests.bank.builders import TEXTS, longest, parsed, written

CARD = 4000
LONGEST = longest()

# Words that mean nothing to Markdown, YAML or JSON, so that a text is the same before and after a file.
words = st.text(st.sampled_from("abcxyzäßπ²σ √,;"), min_size=1, max_size=60).map(
    lambda text: "w" + " ".join(text.split())
)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def listed(of: st.SearchStrategy[Any], least: int = 1, most: int = 4) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=least, max_size=most)


def mapping(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def item(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Draft]:
    shared = {
        "kind": st.just(kind),
        "id": slugs,
        "topic": st.just("sql"),
        "title": words,
        "track": st.sampled_from(["ds", "mle", "both"]),
        "difficulty": st.integers(1, 5),
        "sources": listed(words, 1, 3),
        "reserved": st.booleans(),
        "question": words,
    }
    return mapping(**shared, **fields).map(DRAFTS.validate_python)


options = listed(mapping(text=words, right=st.booleans(), why=words), 2, 6).filter(
    lambda found: (
        any(option["right"] for option in found)
        and len({option["text"].casefold() for option in found}) == len(found)
    )
)
probes = mapping(question=words, key_points=listed(words))
drafts: st.SearchStrategy[Draft] = st.one_of(
    item("choice", options=options, explanation=words),
    item(
        "numeric",
        answer=numbers,
        tolerance=numbers.map(abs),
        unit=st.just("ms"),
        also=st.dictionaries(st.sampled_from(["s", "min", "h"]), numbers.filter(bool)),
        explanation=words,
    ),
    item("open", key_points=listed(words, 3, 7), model_answer=words, follow_ups=listed(words, 0, 6)),
    item(
        "code",
        entry=st.just("f"),
        packages=st.lists(st.sampled_from(["numpy", "pandas", "scikit-learn"]), unique=True),
        starter=st.just("def f():\n    ..."),
        solution=st.just("def f():\n    return '''\n## Tests\n'''"),
        tests=listed(mapping(args=listed(json_values, 0), expect=json_values), 4, 6),
        key_points=listed(words),
        explanation=words,
    ),
    item(
        "sql",
        ordered=st.booleans(),
        tables=st.just("CREATE TABLE t (n);"),
        solution=st.just("-- how many\nSELECT COUNT(*) FROM t;"),
        expected=listed(st.tuples(st.none() | st.integers() | numbers | texts, st.integers())),
        key_points=listed(words),
        explanation=words,
    ),
    item(
        "problem",
        minutes=st.integers(5, 180),
        data=st.none() | words,
        hints=listed(words, 1, 6),
        model_solution=words,
        pitfalls=listed(words),
        strong_answer=listed(words),
    ),
    item(
        "concept",
        cover=mapping(definition=words, intuition=words, maths=words, fails=words, example=words),
        key_points=listed(words, 5, 9),
        model_answer=words,
        follow_ups=listed(mapping(question=words, reply=words)),
    ),
    item(
        "script",
        round=st.sampled_from(["sql", "behavioural"]),
        level=st.sampled_from(["new-grad", "switching"]),
        minutes=st.integers(5, 180),
        stages=listed(
            mapping(
                title=words,
                question=words,
                follow_ups=listed(probes),
            )
        ),
        strong_answers=listed(words),
        weak_answers=listed(words),
        model_solution=words,
    ),
    item("probes", stage=st.sampled_from(["problem", "result"]), probes=listed(probes, 3, 8)),
    item("probes", tools=listed(words.map(str.lower), 1, 8), probes=listed(probes, 3, 8)),
)


@given(drafts)
def test_json_round_trip(draft: Draft) -> None:
    again = DRAFTS.validate_json(json.dumps(draft.model_dump(mode="json")))
    assert again == draft
    assert type(again) is type(draft)
    assert content_hash(again) == content_hash(draft)


@given(drafts)
def test_file_round_trip(draft: Draft) -> None:
    assert parsed(written(draft), file=f"sql/{draft.id}.md") == draft


@given(drafts, st.randoms(use_true_random=False))
def test_hash_does_not_depend_on_key_order(draft: Draft, rng: Any) -> None:
    content = list(draft.model_dump(mode="json").items())
    rng.shuffle(content)
    assert content_hash(DRAFTS.validate_python(dict(content))) == content_hash(draft)


def test_hash_depends_on_every_field() -> None:
    draft = parsed(TEXTS["numeric"])
    changes: list[dict[str, object]] = [
        {"id": "other"},
        {"topic": "other"},
        {"title": "Other"},
        {"track": "ds"},
        {"difficulty": 3},
        {"sources": ("other",)},
        {"reserved": True},
        {"question": "Other"},
        {"answer": 2.0},
        {"tolerance": 0.2},
        {"unit": "s"},
        {"also": {"s": 1001.0}},
        {"explanation": "Other"},
    ]
    hashes = {content_hash(draft), *(content_hash(draft.model_copy(update=change)) for change in changes)}
    assert len(hashes) == 1 + len(changes)


def test_hash_is_of_canonical_json() -> None:
    text = (
        '{"also":{"s":1000.0},"answer":1.5,"difficulty":2,"explanation":"Because.","id":"an-item",'
        '"kind":"numeric","question":"How long, in ms, to one decimal?","reserved":false,'
        '"sources":["A book, ch. 1"],"title":"A title","tolerance":0.1,"topic":"sql",'
        '"track":"both","unit":"ms"}'
    )
    assert content_hash(parsed(TEXTS["numeric"])) == hashlib.sha256(text.encode()).hexdigest()


def test_drafts_are_frozen() -> None:
    with pytest.raises(ValidationError):
        parsed(TEXTS["open"]).title = "Other"


def places(value: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Everything inside a JSON value with its place."""
    if place:
        yield place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from places(child, (*place, key))


def grown(content: object, place: Place) -> Any:
    """A copy of the content with one more character, or one more entry, at a place."""
    content = copy.deepcopy(content)
    holder: Any = content
    for part in place[:-1]:
        holder = holder[part]
    value = holder[place[-1]]
    holder[place[-1]] = value + "x" if isinstance(value, str) else [*value, copy.deepcopy(value[-1])]
    return content


# Words from a fixed list, and what is graded by running, have no length of their own.
UNSIZED = {"kind", "track", "round", "level", "packages", "args"}
GROWING = [
    pytest.param(kind, place, id=f"{kind}-{'-'.join(map(str, place))}")
    for kind, draft in LONGEST.items()
    for place, value in places(draft.model_dump(mode="json"))
    if isinstance(value, str | list) and not UNSIZED & set(place)
    if place[0] != "expected" or len(place) == 1
]


@pytest.mark.parametrize("kind", KINDS)
def test_longest_item_passes(kind: str) -> None:
    draft = LONGEST[kind]
    assert DRAFTS.validate_python(draft.model_dump(mode="json")) == draft
    assert parsed(written(draft.model_copy(update={"topic": "sql"})), file=f"sql/{draft.id}.md").question


@pytest.mark.parametrize(("kind", "place"), GROWING)
def test_one_character_or_entry_more_fails(kind: str, place: Place) -> None:
    with pytest.raises(ValidationError) as caught:
        DRAFTS.validate_python(grown(LONGEST[kind].model_dump(mode="json"), place))
    (error,) = caught.value.errors()
    # What stands inside a stage or a set of probes is measured with the whole of it.
    at = error["loc"][1:]
    assert at == place or (at == place[: len(at)] and place[0] in ("stages", "probes"))


@pytest.mark.parametrize(
    "stage",
    [
        {"title": "T" * 81},
        {"question": "q" * 1501},
        {"follow_ups": [{"question": "q" * 201, "key_points": ["k"]}]},
        {"follow_ups": [{"question": "q", "key_points": ["k" * 201]}]},
        {"follow_ups": [{"question": "q", "key_points": ["k"] * 9}]},
        {"follow_ups": [{"question": "q", "key_points": ["k"]}] * 7},
    ],
)
def test_parts_of_a_short_stage_have_limits_too(stage: dict[str, Any]) -> None:
    fine: dict[str, Any] = {
        "title": "T" * 80,
        "question": "q" * 1500,
        "follow_ups": [{"question": "q", "key_points": ["k"]}],
    }
    assert Stage.model_validate(fine).follow_ups == (Probe(question="q", key_points=("k",)),)
    with pytest.raises(ValidationError):
        Stage.model_validate(fine | stage)


def faces(draft: Draft) -> dict[str, list[str]]:
    """The texts that stand together on one card."""
    match draft:
        case ChoiceDraft():
            answer = [draft.explanation, *(option.why for option in draft.options), *draft.sources]
            return {"asked": [draft.question, *(o.text for o in draft.options)], "answered": answer}
        case NumericDraft():
            return {"asked": [draft.question], "answered": [draft.explanation, *draft.sources]}
        case OpenDraft():
            answer = [draft.model_answer, *draft.key_points, *draft.sources]
            return {"asked": [draft.question], "answered": answer, "more": list(draft.follow_ups)}
        case CodeDraft():
            answer = [draft.solution, draft.explanation, *draft.sources]
            return {
                "asked": [draft.question, draft.starter],
                "answered": answer,
                "marked": list(draft.key_points),
            }
        case SqlDraft():
            answer = [draft.solution, draft.explanation, *draft.sources]
            return {
                "asked": [draft.question, draft.tables],
                "answered": answer,
                "marked": list(draft.key_points),
            }
        case ProblemDraft():
            return {
                "asked": [draft.question, draft.data or ""],
                "hints": list(draft.hints),
                "solved": [draft.model_solution, *draft.sources],
                "judged": [*draft.pitfalls, *draft.strong_answer],
            }
        case ConceptDraft():
            cover = [text for _, text in draft.cover]
            return {
                "asked": [draft.question, *cover],
                "listening": [draft.model_answer, *draft.key_points, *draft.sources],
                "following": [text for f in draft.follow_ups for text in (f.question, f.reply)],
            }
        case ScriptDraft():
            stage = draft.stages[0]
            probes = [text for p in stage.follow_ups for text in (p.question, *p.key_points)]
            return {
                "opened": [draft.question],
                "stage": [stage.title, stage.question, *probes],
                "judged": [*draft.strong_answers, *draft.weak_answers],
                "solved": [draft.model_solution, *draft.sources],
            }
        case ProbesDraft():
            asked = [text for probe in draft.probes for text in (probe.question, *probe.key_points)]
            return {"probed": [draft.question, *asked]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_face_of_the_longest_item_fits_a_card(kind: str) -> None:
    draft = LONGEST[kind]
    for name, texts in faces(draft).items():
        length = len(draft.title) + sum(map(len, texts))
        assert length + 100 <= CARD, f"{name} leaves less than 100 characters for the card's own words"


def refused(kind: str, **changes: object) -> tuple[Place, str]:
    """Where and why a changed draft is refused first."""
    with pytest.raises(ValidationError) as caught:
        DRAFTS.validate_python(parsed(TEXTS[kind]).model_dump(mode="json") | changes)
    error = caught.value.errors()[0]
    return error["loc"][1:], error["msg"]


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), float("-inf"), True, "1.5", None, 10**400])
def test_numeric_answer_is_a_finite_number(answer: object) -> None:
    assert refused("numeric", answer=answer)[0] == ("answer",)
    assert refused("numeric", tolerance=answer)[0] == ("tolerance",)
    assert refused("numeric", also={"s": answer})[0] == ("also", "s")


def test_numeric_tolerance_and_units() -> None:
    assert refused("numeric", tolerance=-0.1)[0] == ("tolerance",)
    assert refused("numeric", also={"s": 0})[1] == "A factor of zero turns every answer into zero."
    assert refused("numeric", also={"ms": 1})[1] == "This is the `unit` itself; leave it out here."
    assert refused("numeric", unit=None)[1] == "Other units need a `unit` to be turned into."


@pytest.mark.parametrize(
    "slug", ["", "Big", "two--hyphens", "-start", "end-", "under_score", "ä", "a b", "²"]
)
def test_ids_are_kebab_case(slug: str) -> None:
    assert refused("open", id=slug)[0] == ("id",)


@pytest.mark.parametrize(
    "value",
    [float("nan"), [float("inf")], {"a": [float("-inf")]}, "\ud800", ["\udfff"], {"\ud83d": 1}, "a\0"],
)
def test_graded_values_can_be_stored_as_json(value: object) -> None:
    fine = {"args": [1], "expect": 2}
    assert refused("code", tests=[fine, fine, fine, {"args": [value], "expect": 1}])[0] == (
        "tests",
        3,
        "args",
        0,
    )
    assert refused("code", tests=[fine, fine, fine, {"args": [], "expect": value}])[0] == (
        "tests",
        3,
        "expect",
    )


def test_probes_are_of_one_stage_or_of_tools() -> None:
    message = "Name either a `stage` or some `tools`: one of the two."
    assert refused("probes", tools=["spark"]) == (("tools",), message)
    assert refused("probes", stage=None) == (("tools",), message)
    assert refused("probes", stage=None, tools=["t"] * 9)[0] == ("tools",)
    for name in ("Spark", "`git`", "two\nlines", ""):
        assert refused("probes", stage=None, tools=["git", name])[0] == ("tools", 1)


def test_unknown_kind_and_keys_are_refused() -> None:
    with pytest.raises(ValidationError):
        DRAFTS.validate_python({"kind": "riddle"})
    assert refused("open", riddle=1)[0] == ("riddle",)
