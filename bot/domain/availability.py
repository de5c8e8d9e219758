"""Availability: weekly slots of a member's own local time, and the hours two members share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.calendar import instant
from bot.domain.calendar.recurrence import WEEKDAYS

HOUR = 60
DAY = 24 * HOUR
GRID = 30  # minutes
DAYS = range(1, 8)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A part of one weekday (ISO, 1 is Monday) in local minutes after midnight, on a grid of half-hours.

    1440 is the midnight that ends the day. Breaking these rules raises ValueError.
    """

    weekday: int
    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        if self.weekday not in DAYS or not 0 <= self.start_minute < self.end_minute <= DAY:
            raise ValueError("A slot is a part of one day of the week.")
        if self.start_minute % GRID or self.end_minute % GRID:
            raise ValueError("A slot begins and ends at half-hours.")


Slots = tuple[Slot, ...]


def on(weekdays: Iterable[int], start_hour: int, end_hour: int) -> Slots:
    """The same hours on several days."""
    return tuple(Slot(weekday, start_hour * HOUR, end_hour * HOUR) for weekday in weekdays)


@dataclass(frozen=True, slots=True)
class Preset:
    """Hours many people have, to choose with one tap."""

    label: str
    slots: Slots


PRESETS: dict[str, Preset] = {
    "evenings": Preset("Weekday evenings, 18–21", on(range(1, 6), 18, 21)),
    "mornings": Preset("Weekday mornings, 7–9", on(range(1, 6), 7, 9)),
    "lunch": Preset("Weekday lunch, 12–13", on(range(1, 6), 12, 13)),
    "weekend-mornings": Preset("Weekend mornings, 9–12", on((6, 7), 9, 12)),
    "weekend-afternoons": Preset("Weekend afternoons, 13–18", on((6, 7), 13, 18)),
}


@dataclass(frozen=True, slots=True)
class Week:
    """When a member can meet, every week, on the clock of their zone."""

    slots: Slots
    zone_name: str
    own_zone: bool


# --- sets of slots


def merged(slots: Iterable[Slot]) -> Slots:
    """The same time in as few slots as there can be, in order."""
    return _slots(_cells(slots))


def without(slots: Iterable[Slot], taken: Iterable[Slot]) -> Slots:
    """What is left of some slots when others are taken away."""
    return _slots(_cells(slots) - _cells(taken))


def includes(slots: Iterable[Slot], others: Iterable[Slot]) -> bool:
    """Whether all the time of the others is within the first."""
    return _cells(others) <= _cells(slots)


def _cells(slots: Iterable[Slot]) -> set[tuple[int, int]]:
    return {
        (slot.weekday, minute) for slot in slots for minute in range(slot.start_minute, slot.end_minute, GRID)
    }


def _slots(cells: Iterable[tuple[int, int]]) -> Slots:
    found: list[Slot] = []
    for weekday, minute in sorted(cells):
        start = minute
        if found and (found[-1].weekday, found[-1].end_minute) == (weekday, minute):
            start = found.pop().start_minute
        found.append(Slot(weekday, start, minute + GRID))
    return tuple(found)


# --- in real time


def occurrences(slots: Iterable[Slot], zone: ZoneInfo, start: datetime, end: datetime) -> list[Interval]:
    """The slots as intervals of UTC between two instants, in order; those that touch are one.

    A slot lasts from the first instant at which the zone's clocks reach its start until they first reach its
    end: clocks that jump over it leave it out, and an hour they go back over makes it longer.
    """
    by_weekday: dict[int, list[Slot]] = {}
    for slot in merged(slots):
        by_weekday.setdefault(slot.weekday, []).append(slot)
    # A day more at each side: clocks put back over midnight return to the date before.
    day, last = (
        moment.astimezone(zone).date() + timedelta(days=days) for moment, days in ((start, -1), (end, 1))
    )
    found: list[Interval] = []
    while day <= last:
        for slot in by_weekday.get(day.isoweekday(), ()):
            begins, ends = (
                _reached(day, slot.start_minute, zone),
                _reached(day, slot.end_minute, zone),
            )
            begins, ends = max(begins, start), min(ends, end)
            if begins >= ends:
                continue
            if found and found[-1][1] == begins:
                begins = found.pop()[0]
            found.append((begins, ends))
        day += timedelta(days=1)
    return found


def _reached(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, minute = divmod(minute, DAY)
    return instant(day + timedelta(days=days), time(*divmod(minute, HOUR)), zone)


def shared(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """The time in both of two lists of intervals, each in order and without overlap."""
    found: list[Interval] = []
    mine = theirs = 0
    while mine < len(one) and theirs < len(other):
        begins = max(one[mine][0], other[theirs][0])
        ends = min(one[mine][1], other[theirs][1])
        if begins < ends:
            found.append((begins, ends))
        if one[mine][1] < other[theirs][1]:
            mine += 1
        else:
            theirs += 1
    return found


def shared_minutes(one: Sequence[Interval], other: Sequence[Interval]) -> int:
    """How many minutes two lists of intervals have in common."""
    return sum(int((ends - begins).total_seconds()) // 60 for begins, ends in shared(one, other))


# --- in words


def described(slots: Slots) -> str:
    """A week in plain words, days with the same hours together; empty for an empty week."""
    hours = {
        weekday: ", ".join(
            f"{clock(slot.start_minute)}–{clock(slot.end_minute)}"
            for slot in slots
            if slot.weekday == weekday
        )
        for weekday in DAYS
    }
    lines: dict[str, list[int]] = {}
    for weekday, words in hours.items():
        if words:
            lines.setdefault(words, []).append(weekday)
    return "\n".join(f"{_days(weekdays)}: {words}" for words, weekdays in lines.items())


def clock(minute: int) -> str:
    """Minutes after midnight as a clock reads them; the day's end is 24:00."""
    return f"{minute // HOUR:02}:{minute % HOUR:02}"


def _days(weekdays: list[int]) -> str:
    runs = {(1, 2, 3, 4, 5, 6, 7): "Every day", (1, 2, 3, 4, 5): "Monday to Friday"}
    return runs.get(tuple(weekdays)) or ", ".join(WEEKDAYS[weekday - 1] for weekday in weekdays)
