"""Recurrences in local time, and the one instant at which each of their dates is due."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from .periods import week_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = frozenset(range(1, 8))
MONDAY_TO_FRIDAY = frozenset(range(1, 6))
LONGEST_WEEKS = 52
SHORTEST_MONTH = 28

_ONE_DAY = timedelta(days=1)
_AT = re.compile(r"[0-9]{2}:[0-9]{2}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A local time of day (whole minutes) and the dates it recurs on; made by one of the constructors.

    Either `weekdays` (ISO, 1 is Monday) of every week, or of every `weeks`-th week counted from the week of
    `anchor`; or the `day` of every month. Breaking these rules raises ValueError with a sentence to show.
    """

    at: time
    weekdays: frozenset[int] = EVERY_DAY
    weeks: int = 1
    # Says only which weeks count; it is no first date, so weeks before it count the same way.
    anchor: date | None = None
    # A month without this day uses its last one, so that no month goes without.
    day: int | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is not None or self.at.second or self.at.microsecond:
            raise ValueError("The time must be a local time in whole minutes, such as 09:00.")
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise ValueError("Choose at least one weekday, numbered from 1 (Monday) to 7 (Sunday).")
        if not 1 <= self.weeks <= LONGEST_WEEKS:
            raise ValueError(f"The number of weeks must be from 1 to {LONGEST_WEEKS}.")
        if (self.weeks > 1) != (self.anchor is not None):
            raise ValueError("Repeating every few weeks needs a date to count from, and nothing else does.")
        if self.day is not None and not 1 <= self.day <= 31:
            raise ValueError("The day of the month must be from 1 to 31.")
        if self.day is not None and (self.weekdays != EVERY_DAY or self.weeks > 1):
            raise ValueError("Choose either weekdays or a day of the month, not both.")

    @classmethod
    def daily(cls, at: time) -> Self:
        return cls(at)

    @classmethod
    def weekly(cls, at: time, weekdays: Iterable[int]) -> Self:
        return cls(at, frozenset(weekdays))

    @classmethod
    def every_n_weeks(cls, at: time, weekdays: Iterable[int], n: int, anchor: date) -> Self:
        """The weekdays of each n-th week, the week (from Monday) of `anchor` being one of them."""
        return cls(at, frozenset(weekdays), n, None if n == 1 else anchor)

    @classmethod
    def monthly(cls, at: time, day: int) -> Self:
        """The day of each month; in a month without it, the last day."""
        return cls(at, day=day)

    def on_or_after(self, day: date) -> date:
        """The first date from `day` on that recurs."""
        if self.day is not None:
            found = _day_of_month(day.year, day.month, self.day)
            if found < day:
                found = _day_of_month(day.year + day.month // 12, day.month % 12 + 1, self.day)
            return found
        monday, first = week_of(day), day.isoweekday()
        if self.anchor is not None:
            weeks_off = (week_of(self.anchor) - monday).days // 7 % self.weeks
            if weeks_off:
                monday, first = monday + timedelta(weeks=weeks_off), 1
        left = [weekday for weekday in self.weekdays if weekday >= first]
        if not left:
            monday += timedelta(weeks=self.weeks)
        return monday + timedelta(days=min(left or self.weekdays) - 1)

    def as_json(self) -> dict[str, Any]:
        """A plain dict for a JSON column or an export; `from_json` reads it back."""
        value: dict[str, Any] = {"at": f"{self.at:%H:%M}"}
        if self.day is not None:
            return value | {"day": self.day}
        value["weekdays"] = sorted(self.weekdays)
        if self.anchor is not None:
            value |= {"weeks": self.weeks, "anchor": self.anchor.isoformat()}
        return value

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The recurrence that `as_json` wrote; ValueError with a plain sentence for anything else."""
        if not isinstance(value, dict) or not value.keys() <= {"at", "weekdays", "weeks", "anchor", "day"}:
            raise ValueError(
                "A recurrence has a time and either weekdays or a day of the month, nothing else."
            )
        at, anchor, day = value.get("at"), value.get("anchor"), value.get("day")
        weekdays, weeks = value.get("weekdays", list(EVERY_DAY)), value.get("weeks", 1)
        if ("weekdays" in value) == ("day" in value):
            raise ValueError("Choose either weekdays or a day of the month.")
        if not isinstance(at, str) or not _AT.fullmatch(at):
            raise ValueError("The time must be written as hours and minutes, such as 09:00.")
        if not isinstance(weekdays, list) or not all(type(weekday) is int for weekday in weekdays):
            raise ValueError("Weekdays must be a list of numbers from 1 (Monday) to 7 (Sunday).")
        if type(weeks) is not int or ("day" in value and type(day) is not int):
            raise ValueError("The number of weeks and the day of the month must be whole numbers.")
        if anchor is not None and not (isinstance(anchor, str) and _DATE.fullmatch(anchor)):
            raise ValueError("The date to count from must be written as year, month and day: 2026-11-02.")
        try:
            clock, counted_from = time.fromisoformat(at), date.fromisoformat(anchor) if anchor else None
        except ValueError:
            raise ValueError(f"There is no such time or date: {at} {anchor or ''}".rstrip() + ".") from None
        return cls(clock, frozenset(weekdays), weeks, counted_from, day)


def describe(recurrence: Recurrence) -> str:
    """The recurrence in plain English, to stand within or at the start of a sentence."""
    at = f"at {recurrence.at:%H:%M}"
    if recurrence.day is not None:
        shorter = " (or its last day)" if recurrence.day > SHORTEST_MONTH else ""
        return f"on day {recurrence.day} of each month{shorter} {at}"
    days = _listed([WEEKDAYS[weekday - 1] for weekday in sorted(recurrence.weekdays)])
    if recurrence.weeks > 1:
        runs = {EVERY_DAY: "from Monday to Sunday", MONDAY_TO_FRIDAY: "from Monday to Friday"}
        return f"every {recurrence.weeks} weeks {runs.get(recurrence.weekdays, f'on {days}')} {at}"
    runs = {EVERY_DAY: "day", MONDAY_TO_FRIDAY: "weekday"}
    return f"every {runs.get(recurrence.weekdays, days)} {at}"


@dataclass(frozen=True, slots=True)
class Due:
    """One occurrence: the local date it belongs to, and the instant (UTC) at which it is due."""

    local_date: date
    at_utc: datetime


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the zone's clocks have reached `at` on `day`.

    A time that occurs twice is the first of the two; one that clocks jump over is the very instant of the
    jump, also when the jump ends on a later date.
    """
    local = datetime.combine(day, at)
    reached = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    other = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if reached <= other:
        return reached
    # Only in a gap is the later reading the earlier instant; the jump lies after it, at `reached` the latest.
    low, high = 0, int((reached - other).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (other + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None) >= local:
            high = middle
        else:
            low = middle
    return other + timedelta(seconds=high)


def clock_change(day: date, at: time, zone: ZoneInfo) -> Literal["skipped", "twice"] | None:
    """Whether the zone's clocks skip `at` on `day` or show it twice; None on ordinary days."""
    local = datetime.combine(day, at)
    # Around a change the two readings of a local time differ: in a gap the first lags, in an overlap it leads.
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first == second:
        return None
    assert first is not None and second is not None
    return "skipped" if first < second else "twice"


def next_due(recurrence: Recurrence, zone: ZoneInfo, after: datetime) -> Due:
    """The first occurrence strictly after the aware instant `after`.

    Every matching local date has exactly one occurrence, at `instant`. A date that a zone left out whole,
    as Samoa did 2011-12-30, never was there and has none, so nothing falls on the next date twice.
    """
    # Clocks have passed every time of earlier dates, so none of those can be due after `after`.
    day = after.astimezone(zone).date()
    while True:
        day = recurrence.on_or_after(day)
        at_utc = instant(day, recurrence.at, zone)
        if at_utc > after and _exists(day, at_utc, zone):
            return Due(day, at_utc)
        day += _ONE_DAY


def upcoming(recurrence: Recurrence, zone: ZoneInfo, after: datetime, count: int) -> tuple[Due, ...]:
    """The next `count` occurrences strictly after `after`, in order."""
    found: list[Due] = []
    for _ in range(count):
        found.append(next_due(recurrence, zone, found[-1].at_utc if found else after))
    return tuple(found)


def _exists(day: date, reached: datetime, zone: ZoneInfo) -> bool:
    return reached.astimezone(zone).date() == day or instant(day, time(), zone).astimezone(zone).date() == day


def _day_of_month(year: int, month: int, day: int) -> date:
    if day <= SHORTEST_MONTH:
        return date(year, month, day)
    last = (date(year + month // 12, month % 12 + 1, 1) - _ONE_DAY).day
    return date(year, month, min(day, last))


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
