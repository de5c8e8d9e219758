"""What is wrong with the files of the bank, told so that it can be mended: file, line, field, sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from pydantic_core import ErrorDetails

_TYPE_SENTENCES = {
    "string_type": "Write text here, in quotes if it looks like a number.",
    "int_type": "Write a whole number here.",
    "float_type": "Write a number here.",
    "bool_type": "Write true or false here.",
    "tuple_type": "Write a list here.",
    "dict_type": "Write a map of names to numbers here.",
    "model_type": "Write a map of names to values here.",
    "finite_number": "Write a finite number here.",
    "string_unicode": "This holds a character that is not valid Unicode.",
}
"""What pydantic's plainest error types mean to a writer."""

Place = tuple[int | str, ...]
"""A path inside a draft, as pydantic gives it: `("options", 1, "why")`."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend; `line` counts from 1 and is 1 where the file as a whole is meant."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class BankInvalid(Exception):
    """The files cannot be read as a bank; carries every problem found, in the order of the files."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @property
    def sentence(self) -> str:
        """All of it in one sentence for an operator, and where to read the rest."""
        return f"The bank is not valid (problems: {len(self.problems)}); `python -m bot bank validate` lists them."


@dataclass(frozen=True, slots=True)
class Report:
    """Collects the problems of one file while it is read."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, field: str, message: str) -> None:
        self.problems.append(Problem(self.file, line, field, message))

    def raise_if_any(self) -> None:
        """End the reading with `BankInvalid` if anything was found."""
        if self.problems:
            raise BankInvalid(tuple(sorted(self.problems)))


def is_echo(error: ErrorDetails) -> bool:
    """Whether a list is called too short only because entries with errors of their own were not counted."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def place_of(error: ErrorDetails) -> Place:
    """Where in the draft an error stands, down to the list entry a validator of ours points at."""
    at = error.get("ctx", {}).get("at")
    return error["loc"] if at is None else (*error["loc"], at)


def line_of(place: Place, lines: Mapping[Place, int]) -> int:
    """The line of a place, or of the nearest thing around it that has one."""
    around = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[part] for part in around if part in lines), 1)


def field_name(place: Place, headings: Mapping[str, str]) -> str:
    """A place in the writer's words: the section's heading or the front matter's key, counting from 1."""
    words: list[str] = []
    for part, following in zip_longest(place, place[1:]):
        if isinstance(part, int) and following != "[key]":
            words[-1] += f" {part + 1}"
        elif part != "[key]":
            words.append(str(part).replace("_", " ") if words else headings.get(str(part), str(part)))
    return " › ".join(words)


def sentence_of(error: ErrorDetails) -> str:
    """What is wrong, as one sentence of ours instead of pydantic's."""
    kind, facts = error["type"], error.get("ctx", {})
    if kind in _TYPE_SENTENCES:
        return _TYPE_SENTENCES[kind]
    match kind:
        case "missing":
            return f"`{error['loc'][-1]}` is missing."
        case "extra_forbidden":
            return f"`{error['loc'][-1]}` is not known here."
        case "string_too_long":
            return f"This is {len(error['input']):,} characters long; at most {facts['max_length']:,} fit."
        case "string_too_short":
            return "This is empty."
        case "too_long":
            return f"There are {facts['actual_length']} entries; at most {facts['max_length']} fit."
        case "too_short":
            return f"There are {facts['actual_length']} entries; at least {facts['min_length']} are needed."
        case "literal_error":
            return f"Write one of these: {facts['expected'].replace(chr(39), '').replace(' or ', ', ')}."
        case "greater_than_equal":
            return f"Write a number of at least {facts['ge']:g}."
        case "less_than_equal":
            return f"Write a number of at most {facts['le']:g}."
        case _:
            return error["msg"]
