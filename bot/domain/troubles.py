"""Troubles: the short memory of what a server's staff was told, one mark for each trouble."""

import hashlib

from bot.domain.schedules import Due

MEMORY = 200  # characters the memory may take
MARK = 6


def source_of(due: Due) -> str:
    """Whose trouble it is: a schedule's, whichever day it was, or a kind of timer's."""
    return str(due.schedule_id) if due.schedule_id is not None else due.kind


def is_told(told: str | None, source: str, reason: str) -> bool:
    """Whether this trouble is in the memory."""
    return _mark(source, reason) in (told or "").split()


def added(told: str | None, source: str, reason: str) -> str:
    """The memory with one more trouble; the oldest are forgotten when there are more than it holds."""
    mark = _mark(source, reason)
    marks = [one for one in (told or "").split() if one != mark] + [mark]
    while len(" ".join(marks)) > MEMORY:
        del marks[0]
    return " ".join(marks)


def without(told: str | None, source: str) -> str | None:
    """The memory without any trouble of a source; None when nothing is left."""
    return " ".join(one for one in (told or "").split() if not one.startswith(f"{source}:")) or None


def _mark(source: str, reason: str) -> str:
    return f"{source}:{hashlib.sha256(reason.encode()).hexdigest()[:MARK]}"
