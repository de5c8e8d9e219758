"""The bank that ships: it validates, and its code and queries do what the items say."""

import importlib.util
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import get_args

import pytest

from bot.bank.drafts import CodeDraft, ConceptDraft, ProbesDraft, ScriptDraft, SqlDraft
from bot.bank.loader import load_bank, load_topics, parse_item, read_text
from bot.bank.stats import KINDS
from tests.bank.builders import TEXTS, parsed
from tests.bank.content import run_code, run_sql, same

SHIPPED = Path(__file__).parents[2] / "data" / "bank"


def shipped(kind: str) -> list[Path]:
    """The files of one kind, found without reading the rest, so that one broken file fails one test."""
    files = sorted(SHIPPED.glob("*/*.md"))
    found = [path for path in files if f"\nkind: {kind}\n" in path.read_text(encoding="utf-8")]
    assert found, f"no item of kind {kind} ships"
    return found


def opened(path: Path) -> CodeDraft | SqlDraft:
    topics = {topic.id: topic for topic in load_topics(SHIPPED)}
    file = f"{path.parent.name}/{path.name}"
    draft = parse_item(read_text(path.read_bytes(), file=file), file=file, topic=topics[path.parent.name])
    assert isinstance(draft, CodeDraft | SqlDraft)
    return draft


def test_shipped_bank_validates() -> None:
    bank = load_bank(SHIPPED)
    assert {draft.kind for draft in bank.drafts} == set(KINDS)
    assert len({draft.id for draft in bank.drafts}) == len(list(SHIPPED.glob("*/*.md")))


def test_shipped_bank_reads_in_a_stable_order() -> None:
    bank = load_bank(SHIPPED)
    places = {topic.id: place for place, topic in enumerate(bank.topics)}
    assert list(bank.drafts) == sorted(bank.drafts, key=lambda draft: (places[draft.topic], draft.id))
    assert load_bank(SHIPPED) == bank


def test_enough_ships_to_recite_and_to_interview_with() -> None:
    kinds = Counter(draft.kind for draft in load_bank(SHIPPED).drafts)
    assert kinds["concept"] >= 60
    assert kinds["script"] >= 24
    assert kinds["probes"] >= 29


def test_a_model_answer_of_a_concept_takes_about_ninety_seconds() -> None:
    concepts = [draft for draft in load_bank(SHIPPED).drafts if isinstance(draft, ConceptDraft)]
    words = {draft.id: len(draft.model_answer.split()) for draft in concepts}
    assert {name: count for name, count in words.items() if not 200 <= count <= 260} == {}
    assert [draft.id for draft in concepts if len(draft.follow_ups) < 3] == []


@pytest.mark.parametrize("track", ["ds", "mle"])
def test_every_round_of_a_track_has_scripts_of_two_levels(track: str) -> None:
    levels: dict[str, set[str]] = defaultdict(set)
    for draft in load_bank(SHIPPED).drafts:
        if isinstance(draft, ScriptDraft) and draft.track in (track, "both"):
            levels[draft.round].add(draft.level)
            assert len(draft.stages) >= 4, draft.id
    rounds = get_args(ScriptDraft.model_fields["round"].annotation)
    assert len(rounds) == 8
    assert [name for name in rounds if len(levels[name]) < 2] == []


def test_probes_ship_for_every_stage_and_for_many_tools() -> None:
    probes = [draft for draft in load_bank(SHIPPED).drafts if isinstance(draft, ProbesDraft)]
    stages, _ = get_args(ProbesDraft.model_fields["stage"].annotation)
    assert {draft.stage for draft in probes if draft.stage} == set(get_args(stages))
    assert {draft.topic for draft in probes if draft.stage} == {"own-project"}
    assert {draft.topic for draft in probes if draft.tools} == {"tools"}
    assert sum(bool(draft.tools) for draft in probes) >= 21
    # A tool of a member's project leads to one set.
    names = Counter(name for draft in probes for name in draft.tools)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", shipped("code"), ids=lambda path: path.stem)
def test_code_solution_passes_its_tests_and_starter_does_not(path: Path) -> None:
    draft = opened(path)
    assert isinstance(draft, CodeDraft)
    names = {"scikit-learn": "sklearn"}
    missing = [p for p in draft.packages if importlib.util.find_spec(names.get(p, p)) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed here")
    assert run_code(draft, draft.solution) == []
    assert run_code(draft, draft.starter)


@pytest.mark.parametrize("path", shipped("sql"), ids=lambda path: path.stem)
def test_sql_solution_gives_the_expected_rows(path: Path) -> None:
    draft = opened(path)
    assert isinstance(draft, SqlDraft)
    assert run_sql(draft) == []
    if draft.ordered:
        assert "ORDER BY" in draft.solution


def test_code_check_sees_a_wrong_answer_an_error_and_a_crash() -> None:
    draft = parsed(TEXTS["code"])
    assert isinstance(draft, CodeDraft)
    assert run_code(draft, draft.solution) == []
    assert run_code(draft, "def double(n): return n * n") == [
        "double(1) gave {'value': 1}, expected 2",
        "double(-1) gave {'value': 1}, expected -2",
        "double(1.5) gave {'value': 2.25}, expected 3.0",
    ]
    assert len(run_code(draft, "def double(n): return 1 / 0")) == 4
    assert run_code(draft, "import nothing_of_this_name") == [
        "ModuleNotFoundError: No module named 'nothing_of_this_name'"
    ]


def test_sql_check_sees_wrong_rows_and_wrong_order() -> None:
    draft = parsed(TEXTS["sql"])
    assert isinstance(draft, SqlDraft)
    assert run_sql(draft) == []
    assert run_sql(draft.model_copy(update={"expected": ((3,),)})) == ["expected [[3]], got [[2]]"]
    upside_down = draft.model_copy(
        update={"solution": "SELECT n FROM t ORDER BY n DESC", "expected": ((1,), (2,))}
    )
    assert run_sql(upside_down) == ["expected [[1], [2]], got [[2], [1]]"]
    assert run_sql(upside_down.model_copy(update={"ordered": False})) == []


@pytest.mark.parametrize(
    ("expected", "got", "equal"),
    [
        (1, 1.0, True),
        (0.1 + 0.2, 0.3, True),
        (1, True, False),
        (True, True, True),
        ([1, [2.0]], [1, [2]], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        (None, 0, False),
        ("1", 1, False),
    ],
)
def test_same(expected: object, got: object, equal: bool) -> None:
    assert same(expected, json.loads(json.dumps(got))) is equal
