"""Forms: the five fields in which a question is typed on Discord, and how they become a draft and back."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.bank.drafts import Draft
from bot.bank.intake import Tracks, draft_of
from bot.bank.problems import Place, Report
from bot.domain.errors import AnswerUnreadable
from bot.domain.questions import read_number
from bot.domain.texts import cleaned, shortened

SEE_EXPLANATION: Final = "see the explanation."
_TITLE_LIMIT: Final = 60
# Joiners are invisible, which the bank's texts may not hold; a tab is shown as wide as it likes.
_UNFIT: Final = {0x200C: None, 0x200D: None, ord("\t"): "    "}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: the draft's part it fills, what people read above it, and how much it takes."""

    name: str
    label: str
    limit: int
    placeholder: str = ""
    long: bool = True
    needed: bool = True


_question = Field("question", "Question", 1500, "In your own words, as members will read it")
_explanation = Field("explanation", "Explanation", 1500, "Why the right answer is right")
_source = Field(
    "sources", "Where it can be read (one per line)", 500, "A book, paper or page, with the chapter"
)

FORMS: Final[Mapping[str, tuple[Field, ...]]] = {
    "choice": (
        _question,
        Field("right", "Right options (one per line)", 1300),
        Field("wrong", "Wrong options (one per line)", 1300),
        _explanation,
        _source,
    ),
    "numeric": (
        _question,
        Field("answer", "Answer: a number, and its unit if any", 60, "0.25 or 12 ms", long=False),
        Field("tolerance", "How far off is still right", 40, "0 or 0.01", long=False, needed=False),
        _explanation,
        _source,
    ),
    "open": (
        _question,
        Field("key_points", "Key points of a good answer (3 to 7 lines)", 1500, "One per line"),
        Field("model_answer", "A strong answer", 1500, "Three to six sentences, as one would say it"),
        _source,
    ),
}


def draft_from(
    kind: str,
    topic: str,
    fields: Mapping[str, str],
    tracks: Tracks,
    *,
    id: str,
    before: Mapping[str, Any] | None = None,
) -> Draft:
    """The draft a filled form makes; `before` is the draft it was opened over, whose other parts stay.

    Raises BankInvalid, whose problems name the form's fields by their labels.
    """
    labels = {field.name: field.label.partition(" (")[0].partition(":")[0] for field in FORMS[kind]}
    typed = {name: cleaned(fields.get(name, "")).translate(_UNFIT).strip() for name in labels}
    report = Report("form")
    values: dict[str, Any] = {
        "difficulty": 2,
        "track": tracks.get(topic, "both"),
        "title": _title(typed["question"]),
        **(before or {}),
        "id": id,
        "kind": kind,
        "topic": topic,
        "question": typed["question"],
        "sources": _lines(typed["sources"]),
    }
    right = 0
    match kind:
        case "choice":
            whys = {option["text"]: option["why"] for option in (before or {}).get("options", ())}
            listed = [(text, True) for text in _lines(typed["right"])]
            right = len(listed)
            listed += [(text, False) for text in _lines(typed["wrong"])]
            values["options"] = [
                {"text": text, "right": is_right, "why": whys.get(text, SEE_EXPLANATION)}
                for text, is_right in listed
            ]
            if not right:
                report.add(1, labels["right"], "At least one option has to be right.")
        case "numeric":
            values["answer"], values["unit"] = _number(typed["answer"], labels["answer"], report)
            values["tolerance"], _ = _number(typed["tolerance"] or "0", labels["tolerance"], report)
            if values["unit"] is None:
                values["also"] = {}
        case _:
            values["key_points"] = _lines(typed["key_points"])
            values["model_answer"] = typed["model_answer"]
    if "explanation" in labels:
        values["explanation"] = typed["explanation"]

    def naming(place: Place) -> str:
        match place:
            case ("options", int(index), *_):
                side, line = ("right", index) if index < right else ("wrong", index - right)
                return f"{labels[side]}, line {line + 1}"
            case ("options", *_):
                return labels["wrong"]
            case ("unit" | "also", *_):
                return labels.get("answer", "Answer")
            case (str(name), int(index), *_):
                return f"{labels.get(name, name)}, line {index + 1}"
        return labels.get(str(place[0]), str(place[0]).capitalize())

    report.raise_if_any()
    draft = draft_of(values, tracks, report, naming=naming)
    report.raise_if_any()
    assert draft is not None
    if kind != "choice":
        return draft
    # As typed the right ones come first; in an order of chance, yet always the same, their place tells nothing.
    options = sorted(values["options"], key=lambda option: _shuffled(values["question"], option["text"]))
    again = draft_of(values | {"options": options}, tracks, report)
    assert again is not None
    return again


def fields_of(draft: Mapping[str, Any]) -> dict[str, str]:
    """What a form over a draft is filled with; empty for a kind that no form fits."""
    if draft["kind"] not in FORMS:
        return {}
    found = {"question": draft["question"], "sources": "\n".join(draft["sources"])}
    match draft["kind"]:
        case "choice":
            for side, wanted in (("right", True), ("wrong", False)):
                found[side] = "\n".join(one["text"] for one in draft["options"] if one["right"] is wanted)
        case "numeric":
            unit = f" {draft['unit']}" if draft["unit"] else ""
            found["answer"], found["tolerance"] = (
                f"{_typed(draft['answer'])}{unit}",
                _typed(draft["tolerance"]),
            )
        case _:
            found["key_points"] = "\n".join(" ".join(point.split("\n")) for point in draft["key_points"])
            found["model_answer"] = draft["model_answer"]
    if "explanation" in draft:
        found["explanation"] = draft["explanation"]
    return found


def _lines(text: str) -> list[str]:
    """The lines of a field, without the marks people put before the entries of a list."""
    lines = (re.sub(r"^(?:[-*•]|\d{1,2}[.)])\s+", "", line.strip()) for line in text.split("\n"))
    return [line for line in lines if line]


def _number(text: str, label: str, report: Report) -> tuple[float, str | None]:
    try:
        read = read_number(text[:100])
    except AnswerUnreadable:
        report.add(1, label, "Write one number here, such as 0.25 or 1,200.")
        return 0.0, None
    return read.value, read.unit or None


def _typed(number: float) -> str:
    """A number as short as it can be typed without being changed."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)


def _title(question: str) -> str:
    """The question's first words, as a title: one plain line."""
    words = " ".join(re.sub(r"[`*_~|>#\[\]]", " ", question).split())
    if len(words) <= _TITLE_LIMIT:
        return words or "A question"
    return (
        shortened(words[: _TITLE_LIMIT - 1].rpartition(" ")[0] or words, _TITLE_LIMIT - 1).rstrip("…") + "…"
    )


def _shuffled(question: str, option: str) -> bytes:
    return hashlib.sha256(f"{question}\n{option}".encode()).digest()
