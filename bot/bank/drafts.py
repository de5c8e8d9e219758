"""The drafts: one frozen model per kind of item, with the limits that make it fit its Discord cards."""

import ast
import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    Field,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.bank.limits import (
    STAGE_LIMIT,
    Cell,
    Code,
    Frozen,
    Long,
    Minutes,
    Number,
    OptionText,
    PackageName,
    Point,
    Points,
    Prose,
    Reason,
    Slug,
    Source,
    Storable,
    Title,
    Tool,
    TrackName,
    Unit,
    one_line,
    refusal,
    sized,
)
from bot.domain.interviews import Round
from bot.domain.members import Level

_IMPORTS: Final[dict[str, PackageName]] = {"numpy": "numpy", "pandas": "pandas", "sklearn": "scikit-learn"}


class Topic(Frozen):
    """One node of the topic list; `area` is the heading it stands under."""

    id: Slug
    name: Title
    track: TrackName
    about: Point
    area: Title


class Item(Frozen):
    """What every kind shares; `question` is the prose shown first (case, concept prompt or opening)."""

    id: Slug
    topic: Slug
    title: Title
    track: TrackName
    difficulty: Annotated[int, Strict(), Field(ge=1, le=5)]
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=3)]
    reserved: Annotated[bool, Strict()] = False
    question: Prose


class Option(Frozen):
    """One answer to choose, and why it is right or wrong."""

    text: OptionText
    right: bool
    why: Reason


class ChoiceDraft(Item):
    """A question with two to six options, one or several of them right."""

    kind: Literal["choice"] = "choice"
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=6)]
    explanation: Prose

    @field_validator("options")
    @classmethod
    def _answerable(cls, options: tuple[Option, ...]) -> tuple[Option, ...]:
        seen: dict[str, int] = {}
        for index, option in enumerate(options):
            first = seen.setdefault(" ".join(option.text.casefold().split()), index)
            if first != index:
                raise refusal(f"This option says the same as option {first + 1}.", at=index)
        if not any(option.right for option in options):
            raise refusal("No option is right; mark at least one with `[x]`.")
        return options


class NumericDraft(Item):
    """A question answered by a number; `also` maps other accepted units to the factor that gives `unit`."""

    kind: Literal["numeric"] = "numeric"
    answer: Number
    tolerance: Annotated[Number, Field(ge=0)]
    unit: Unit | None = None
    also: dict[Unit, Number] = Field(default_factory=dict, max_length=10)
    explanation: Prose

    @field_validator("also")
    @classmethod
    def _convertible(cls, also: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        if "unit" not in info.data:
            return also
        unit = info.data["unit"]
        if also and unit is None:
            raise refusal("Other units need a `unit` to be turned into.")
        for name, factor in also.items():
            if name == unit:
                raise refusal("This is the `unit` itself; leave it out here.", at=name)
            if factor == 0:
                raise refusal("A factor of zero turns every answer into zero.", at=name)
        return also


class OpenDraft(Item):
    """A question answered in words and marked against its key points."""

    kind: Literal["open"] = "open"
    key_points: Annotated[tuple[Point, ...], Field(min_length=3, max_length=7)]
    model_answer: Prose
    follow_ups: Annotated[tuple[Point, ...], Field(max_length=6)] = ()


class Case(Frozen):
    """One call of a code item's function: positional JSON arguments and what it must return."""

    args: tuple[Storable, ...]
    expect: Storable


class CodeDraft(Item):
    """A Python function to write, graded by calling `entry` with each case's arguments."""

    kind: Literal["code"] = "code"
    entry: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    packages: tuple[PackageName, ...] = ()
    starter: Code
    solution: Code
    tests: Annotated[tuple[Case, ...], Field(min_length=4, max_length=40)]
    key_points: Points
    explanation: Prose

    @field_validator("starter", "solution")
    @classmethod
    def _defines_entry(cls, code: str, info: ValidationInfo) -> str:
        try:
            tree = ast.parse(code)
        except SyntaxError as error:
            raise refusal("This is not valid Python.", line=error.lineno) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise refusal("This Python is nested too deeply to read.") from error
        allowed = info.data.get("packages", ())
        for line, name in _imports(tree):
            if name not in sys.stdlib_module_names and _IMPORTS.get(name) not in allowed:
                raise refusal(f"`{name}` is imported but not named in `packages`.", line=line)
        entry = info.data.get("entry")
        if entry and not any(isinstance(node, ast.FunctionDef) and node.name == entry for node in tree.body):
            raise refusal(f"This does not define the function `{entry}`.")
        return code


class SqlDraft(Item):
    """A query to write over the tables of `tables`; rows count in any order unless `ordered`."""

    kind: Literal["sql"] = "sql"
    ordered: Annotated[bool, Strict()] = False
    tables: Annotated[str, StringConstraints(min_length=1, max_length=2200)]
    solution: Code
    expected: Annotated[tuple[tuple[Cell, ...], ...], Field(min_length=1, max_length=60)]
    key_points: Points
    explanation: Prose

    @field_validator("solution")
    @classmethod
    def _reads(cls, code: str) -> str:
        spoken = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("--")]
        if not spoken or spoken[0].split()[0].upper() not in {"SELECT", "WITH"}:
            raise refusal("The solution is one query that begins with SELECT or WITH.")
        return code

    @field_validator("expected")
    @classmethod
    def _rectangular(cls, rows: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[Cell, ...], ...]:
        for index, row in enumerate(rows):
            if not row or len(row) != len(rows[0]):
                raise refusal("Every row needs the same number of columns, at least one.", at=index)
        return rows


class ProblemDraft(Item):
    """A problem a group works on together; `strong_answer` is the rubric, hints go from gentle to strong."""

    kind: Literal["problem"] = "problem"
    minutes: Minutes
    data: Annotated[str, sized(2000)] | None = None
    hints: Annotated[tuple[Annotated[str, sized(300)], ...], Field(min_length=1, max_length=6)]
    model_solution: Long
    pitfalls: Points
    strong_answer: Points


class Cover(Frozen):
    """What a recitation covers, in the order it is spoken."""

    definition: Point
    intuition: Point
    maths: Point
    fails: Point
    example: Point


class FollowUp(Frozen):
    """A question the listener asks, and what a good reply holds."""

    question: Point
    reply: Annotated[str, sized(400)]


class ConceptDraft(Item):
    """A concept to explain aloud in about 90 seconds."""

    kind: Literal["concept"] = "concept"
    question: Annotated[str, sized(200), AfterValidator(one_line)]
    cover: Cover
    key_points: Annotated[tuple[Point, ...], Field(min_length=5, max_length=9)]
    model_answer: Prose
    follow_ups: Annotated[tuple[FollowUp, ...], Field(min_length=1, max_length=6)]


class Probe(Frozen):
    """An interviewer's follow-up with its own key points."""

    question: Point
    key_points: Points


class Stage(Frozen):
    """One part of a mock interview; all of it together fits one card."""

    title: Title
    question: Prose
    follow_ups: Annotated[tuple[Probe, ...], Field(min_length=1, max_length=6)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (length := _length(self.title, self.question, self.follow_ups)) > STAGE_LIMIT:
            raise refusal(f"This stage is {length:,} characters long in all; at most {STAGE_LIMIT:,} fit.")
        return self


class ScriptDraft(Item):
    """A mock interview as the interviewer alone sees it; `question` is the opening."""

    kind: Literal["script"] = "script"
    round: Round
    level: Level
    minutes: Minutes
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=8)]
    strong_answers: Points
    weak_answers: Points
    model_solution: Long


class ProbesDraft(Item):
    """What an interviewer asks of a member's own project, at one stage or about one tool; `question` is when.

    `tools` are the names one tool, or one choice between tools, goes by in a project's list.
    """

    kind: Literal["probes"] = "probes"
    question: Annotated[str, sized(200), AfterValidator(one_line)]
    stage: (
        Literal["problem", "data", "features", "model", "evaluation", "deployment", "monitoring", "result"]
        | None
    ) = None
    tools: Annotated[tuple[Tool, ...], Field(max_length=8, validate_default=True)] = ()
    probes: Annotated[tuple[Probe, ...], Field(min_length=3, max_length=8)]

    @field_validator("tools")
    @classmethod
    def _one_place(cls, tools: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "stage" in info.data and bool(tools) is bool(info.data["stage"]):
            raise refusal("Name either a `stage` or some `tools`: one of the two.")
        return tools

    @field_validator("probes")
    @classmethod
    def _fit(cls, probes: tuple[Probe, ...], info: ValidationInfo) -> tuple[Probe, ...]:
        length = _length(info.data.get("title", ""), info.data.get("question", ""), probes)
        if length > STAGE_LIMIT:
            raise refusal(f"This set is {length:,} characters long in all; at most {STAGE_LIMIT:,} fit.")
        return probes


Draft: TypeAlias = Annotated[
    ChoiceDraft
    | NumericDraft
    | OpenDraft
    | CodeDraft
    | SqlDraft
    | ProblemDraft
    | ConceptDraft
    | ScriptDraft
    | ProbesDraft,
    Field(discriminator="kind"),
]
DRAFTS: Final[TypeAdapter[Draft]] = TypeAdapter(Draft)


def content_hash(draft: Draft) -> str:
    """SHA-256 in hex of everything a draft says; the same however its keys were ordered."""
    content = draft.model_dump(mode="json")
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _length(title: str, question: str, probes: tuple[Probe, ...]) -> int:
    """The characters of what stands together on an interviewer's card."""
    texts = [text for probe in probes for text in (probe.question, *probe.key_points)]
    return sum(map(len, (title, question, *texts)))


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and top-level name of everything imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level or str(node.module).partition(".")[0]
