"""The measures of a draft's texts: each type is as long as its place on a Discord card allows."""

import math
import unicodedata
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

STAGE_LIMIT: Final = 3500
"""Characters of an interview stage or a set of probes, questions and key points together: one card shows it whole."""
JSON_LIMIT: Final = 10_000
"""Characters of a `## Tests` or `## Expected` section."""

_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Unicode categories nobody sees: controls (the tab too), direction marks, zero widths, lone surrogates."""

TrackName = Literal["ds", "mle", "both"]
PackageName = Literal["numpy", "pandas", "scikit-learn"]


class Frozen(BaseModel):
    """A model that never changes and knows no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def refusal(sentence: str, *, at: int | str | None = None, line: int | None = None) -> PydanticCustomError:
    """A validation error that is one sentence of ours; `at` is an entry, `line` a line of a code block."""
    return PydanticCustomError("bank", "{sentence}", {"sentence": sentence, "at": at, "line": line})


def hidden_in(line: str) -> str | None:
    """The first character of a line that nobody would see; a tab and a line break are such characters."""
    # Nearly every line is printable as a whole, so few are looked at letter by letter.
    if line.isprintable():
        return None
    return next((char for char in line if unicodedata.category(char) in _HIDDEN), None)


def one_line(text: str) -> str:
    """Refuse text that would break out of the single line it is shown on, or hide something in it."""
    hidden = hidden_in(text)
    if hidden == "\n":
        raise refusal("Write this on one line.")
    if hidden is not None:
        raise refusal(f"There is an invisible character here (U+{ord(hidden):04X}).")
    return text


def _slug(text: str) -> str:
    words = text.split("-")
    if not all(word.isascii() and word.isalnum() and (word.islower() or word.isdigit()) for word in words):
        raise refusal("An id is small letters, digits and single hyphens: `bayes-rare-disease`.")
    return text


def _small(text: str) -> str:
    if text != text.lower():
        raise refusal("Write a tool's name in small letters: `pyspark`.")
    return text


def _plain(text: str) -> str:
    if "`" in text:
        raise refusal("This is shown as plain text; leave out the backticks.")
    return text


def _storable(value: JsonValue) -> JsonValue:
    """Refuse what a database's JSON cannot hold, at any depth: infinities, NaN, NUL, halves of a character."""
    if isinstance(value, float) and not math.isfinite(value):
        raise refusal("Every number must be finite.")
    if isinstance(value, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
        raise refusal("This holds a character that no database stores (NUL or a lone surrogate).")
    if isinstance(value, dict):
        for inner in (*value, *value.values()):
            _storable(inner)
    elif isinstance(value, list):
        for inner in value:
            _storable(inner)
    return value


def _cell(value: object) -> object:
    if isinstance(value, bool | list | dict):
        raise refusal("A cell is a number, a text or null; SQLite writes true as 1.")
    return value


def sized(limit: int) -> StringConstraints:
    """Text of one to `limit` characters, its ends stripped."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit)


Slug = Annotated[str, sized(60), AfterValidator(_slug)]
Title = Annotated[str, sized(80), AfterValidator(one_line), AfterValidator(_plain)]
Source = Annotated[str, sized(160), AfterValidator(one_line)]
Unit = Annotated[str, sized(20), AfterValidator(one_line)]
Tool = Annotated[str, sized(40), AfterValidator(one_line), AfterValidator(_plain), AfterValidator(_small)]
Prose = Annotated[str, sized(1500)]
Long = Annotated[str, sized(3000)]
Point = Annotated[str, sized(200)]
OptionText = Annotated[str, sized(200), AfterValidator(one_line), AfterValidator(_plain)]
Reason = Annotated[str, sized(300)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=1800)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Minutes = Annotated[int, Strict(), Field(ge=5, le=180)]
Points = Annotated[tuple[Point, ...], Field(min_length=1, max_length=8)]
Storable = Annotated[JsonValue, AfterValidator(_storable)]
Cell = Annotated[int | float | str | None, BeforeValidator(_cell), AfterValidator(_storable)]
