"""Grading: what makes an answer right, and how a number typed by a person is read."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.errors import AnswerUnreadable

# An open answer counts as right when two thirds of its key points were covered: what an
# interviewer would call a solid answer, while one forgotten point is forgiven.
OPEN_RIGHT_SHARE = 2 / 3

_NUMBER = re.compile(
    r"^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)(?:/(\d+(?:\.\d+)?))?(.*)$", re.DOTALL
)
_THOUSANDS = re.compile(r"^([+-]?)([1-9]\d{0,2}(?:,\d{3})+)(?=$|[^\d,])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as a person typed it: its value, and the unit they wrote after it."""

    value: float
    unit: str


def read_number(text: str) -> Reading:
    """Read one number with an optional unit: `1,200`, `0,25`, `3/8`, `12 %`, `−1.5e3 ms`.

    A comma followed by exactly three digits groups thousands, except after a nought; any other single comma is a
    decimal comma.
    Raises AnswerUnreadable when there is no one number.
    """
    plain = text.strip().replace("−", "-").replace("\u00a0", " ").replace("\u202f", " ").replace("'", "")
    compact = re.sub(r"(?<=\d) (?=\d{3}(?:\D|$))", "", re.sub(r"\s*/\s*", "/", plain))
    if match := _THOUSANDS.match(compact):
        compact = match[1] + match[2].replace(",", "") + compact[match.end() :]
    elif compact.count(",") == 1:
        compact = compact.replace(",", ".")
    found = _NUMBER.match(compact.lower())
    if found is None or len(text) > 100:
        raise AnswerUnreadable(text.strip()[:60])
    divisor = float(found[2]) if found[2] else 1.0
    if divisor == 0 or re.search(r"\d", found[3]):
        raise AnswerUnreadable(text.strip()[:60])
    value = float(found[1]) / divisor
    if not math.isfinite(value):
        raise AnswerUnreadable(text.strip()[:60])
    return Reading(value, compact[len(compact) - len(found[3]) :].strip() if found[3] else "")


def grade_choice(right: Sequence[int], chosen: Sequence[int]) -> bool:
    """All right options and no other."""
    return set(right) == set(chosen)


def grade_numeric(
    text: str, *, answer: float, tolerance: float, unit: str | None, also: Mapping[str, float]
) -> bool:
    """Whether the typed number lies within `tolerance` of `answer`, both in `unit`.

    A bare number is read in the canonical unit; `also` maps other accepted units to the factor that turns
    them into it. Raises AnswerUnreadable for no number or an unknown unit.
    """
    reading = read_number(text)
    factors = {"": 1.0, (unit or "").casefold(): 1.0} | {k.casefold(): v for k, v in also.items()}
    factor = factors.get(reading.unit.casefold().rstrip("."))
    if factor is None:
        raise AnswerUnreadable(text.strip()[:60], unit)
    # A hair above the tolerance, so that 0.1 + 0.2 style rounding never turns a right answer wrong.
    return abs(reading.value * factor - answer) <= tolerance + 1e-9 * max(1.0, abs(answer))


def grade_open(points: int, covered: int) -> bool:
    """Whether enough key points were covered; see OPEN_RIGHT_SHARE."""
    return covered >= math.ceil(points * OPEN_RIGHT_SHARE)
