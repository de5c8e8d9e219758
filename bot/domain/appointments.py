"""Appointments: when two or three people could meet, and the calendar file of what they agreed on."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from bot.domain.availability import GRID, HOUR, Interval, Slots, occurrences, on, shared
from bot.domain.calendar import zone_named

# Two of everybody's weeks: a slot that comes once a week can then be offered twice.
LOOKED_AHEAD = timedelta(days=14)
# Nearer than this nobody would see it in time.
NOT_BEFORE = timedelta(hours=1)
# When somebody who has not said can be asked to meet, on their own clock.
WAKING: Slots = on(range(1, 8), 8, 22)
# The hour farthest from both ends of it.
BEST_HOUR = 15
STEP = timedelta(minutes=GRID)


@dataclass(frozen=True, slots=True)
class Appointed:
    """A recitation or interview that two people agreed on and that still stands."""

    title: str
    starts_at: datetime
    link: str


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to remind of an appointment, and the server it is on."""

    noun: str
    subject_id: int
    server_id: int
    server_name: str
    discord_id: int
    appointed: Appointed


def slots_for(
    weeks: Sequence[tuple[Slots, str]],
    *,
    now: datetime,
    minutes: int,
    count: int = 3,
    after: Sequence[datetime] = (),
    not_before: timedelta = NOT_BEFORE,
) -> tuple[datetime, ...]:
    """Moments at which everybody has so many minutes, on different days where there are; none of `after`.

    Each week comes with its zone; an empty one stands for waking hours. Where the weeks share nothing, waking hours
    are looked through for what is least bad; where these share nothing either, there is nothing to offer.
    """
    zones = [zone_named(zone) for _, zone in weeks]
    start = _on_grid(now + not_before)
    end = start + LOOKED_AHEAD
    waking = [occurrences(WAKING, zone, start, end) for zone in zones]
    free = [
        occurrences(slots, zone, start, end) if slots else awake
        for (slots, _), zone, awake in zip(weeks, zones, waking, strict=True)
    ]
    length = timedelta(minutes=minutes)
    moments = list(_starts(free, length)) or list(_starts(waking, length))
    # For each, how it ranks on a day of its own: the strain, then the time.
    ranked = {
        moment: (_strain(moment, length, weeks, free, zones), moment)
        for moment in moments
        if moment not in after
    }
    days = Counter(moment.astimezone(zones[0]).date() for moment in after)
    chosen: list[datetime] = []
    while ranked and len(chosen) < count:
        best = min(ranked, key=lambda moment: (days[moment.astimezone(zones[0]).date()], ranked[moment]))
        chosen.append(best)
        days[best.astimezone(zones[0]).date()] += 1
        ranked = {moment: rank for moment, rank in ranked.items() if abs(moment - best) >= length}
    return tuple(sorted(chosen))


def _on_grid(moment: datetime) -> datetime:
    """The next moment at which a half-hour begins."""
    over = timedelta(minutes=moment.minute % GRID, seconds=moment.second, microseconds=moment.microsecond)
    return moment + STEP - over if over else moment


def _starts(free: Sequence[list[Interval]], length: timedelta) -> Iterator[datetime]:
    if not free:
        return
    for begins, ends in reduce(shared, free):
        moment = begins
        while moment + length <= ends:
            yield moment
            moment += STEP


def _strain(
    moment: datetime,
    length: timedelta,
    weeks: Sequence[tuple[Slots, str]],
    free: Sequence[list[Interval]],
    zones: Sequence[ZoneInfo],
) -> int:
    """How far from the middle of the day it is, in hours, for whom it fits worst; nothing for who named the time."""
    middle = moment + length / 2
    return max(
        0
        if slots and any(begins <= moment and moment + length <= ends for begins, ends in intervals)
        else abs((local := middle.astimezone(zone)).hour * HOUR + local.minute - BEST_HOUR * HOUR) // HOUR
        for (slots, _), intervals, zone in zip(weeks, free, zones, strict=True)
    )


def ics(uid: str, title: str, start: datetime, minutes: int, description: str, *, at: datetime) -> bytes:
    """A calendar file (RFC 5545) with one private event; one with the same `uid` agreed on later replaces it.

    `at` is when it was agreed on.
    """
    event = Event()
    event.add("uid", f"{uid}@reps")
    event.add("dtstamp", at)
    # Counted in seconds it grows with each agreement, and a calendar takes the highest.
    event.add("sequence", int(at.timestamp()) % 2**31)
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(minutes=minutes))
    event.add("summary", title)
    event.add("description", description)
    event.add("class", "PRIVATE")
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Reps//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
