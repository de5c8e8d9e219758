"""The layouts: which sections each kind of item has, in which order, and which field each one fills."""

from dataclasses import dataclass
from typing import Final

from bot.bank import sections as read
from bot.bank.drafts import (
    ChoiceDraft,
    CodeDraft,
    ConceptDraft,
    Item,
    NumericDraft,
    OpenDraft,
    ProbesDraft,
    ProblemDraft,
    ScriptDraft,
    SqlDraft,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One section: the heading in the file, the draft's field, and how it is read."""

    heading: str
    field: str
    reader: read.Reader
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of item: its model and its sections in the order of the file."""

    model: type[Item]
    parts: tuple[Part, ...]

    @property
    def keys(self) -> set[str]:
        """What may stand in the front matter: every field that no section and no file name gives."""
        return set(self.model.model_fields) - {"id", "topic"} - {part.field for part in self.parts}


_question: Final = Part("Question", "question", read.text)
_key_points: Final = Part("Key points", "key_points", read.points)
_explanation: Final = Part("Explanation", "explanation", read.text)
_model_answer: Final = Part("Model answer", "model_answer", read.text)
_model_solution: Final = Part("Model solution", "model_solution", read.text)

LAYOUTS: Final = {
    "choice": Layout(ChoiceDraft, (_question, Part("Options", "options", read.options), _explanation)),
    "numeric": Layout(NumericDraft, (_question, _explanation)),
    "open": Layout(
        OpenDraft,
        (
            _question,
            _key_points,
            _model_answer,
            Part("Follow-ups", "follow_ups", read.points, optional=True),
        ),
    ),
    "code": Layout(
        CodeDraft,
        (
            _question,
            Part("Starter", "starter", read.code("python")),
            Part("Solution", "solution", read.code("python")),
            Part("Tests", "tests", read.data),
            _key_points,
            _explanation,
        ),
    ),
    "sql": Layout(
        SqlDraft,
        (
            _question,
            Part("Schema", "tables", read.code("sql")),
            Part("Solution", "solution", read.code("sql")),
            Part("Expected", "expected", read.data),
            _key_points,
            _explanation,
        ),
    ),
    "problem": Layout(
        ProblemDraft,
        (
            Part("Case", "question", read.text),
            Part("Data", "data", read.text, optional=True),
            Part("Hints", "hints", read.steps),
            _model_solution,
            Part("Pitfalls", "pitfalls", read.points),
            Part("Strong answer", "strong_answer", read.points),
        ),
    ),
    "concept": Layout(
        ConceptDraft,
        (
            Part("Concept", "question", read.text),
            Part("Cover", "cover", read.cover),
            _key_points,
            _model_answer,
            Part("Follow-ups", "follow_ups", read.follow_ups),
        ),
    ),
    "script": Layout(
        ScriptDraft,
        (
            Part("Opening", "question", read.text),
            Part("Stages", "stages", read.stages),
            Part("Strong answers", "strong_answers", read.points),
            Part("Weak answers", "weak_answers", read.points),
            _model_solution,
        ),
    ),
    "probes": Layout(
        ProbesDraft, (Part("When", "question", read.text), Part("Probes", "probes", read.probes))
    ),
}
