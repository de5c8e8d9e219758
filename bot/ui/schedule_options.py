"""The options of /setup schedule: how typed times, days and filters become a recurrence."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any, Literal, get_args

from discord import app_commands

from bot.domain.calendar import Recurrence
from bot.domain.drops import Filters
from bot.domain.errors import OutOfDate, ScheduleInvalid
from bot.domain.meetings import LONGEST, SHORTEST, USUAL
from bot.domain.problems import HOURS_AT_MOST, Terms
from bot.domain.schedules import KINDS

Track = Literal["both", "ds", "mle"]
Difficulty = Literal["any", "gentle", "steady", "hard"]
Shown = Literal["with names", "without names"]
Hours = app_commands.Range[int, 1, HOURS_AT_MOST]
Minutes = app_commands.Range[int, SHORTEST, LONGEST]

DESCRIPTIONS = {
    "time": "Local time on this server, as 09:00 or 18:30",
    "repeat": "How often (questions every day, a digest or a round every Monday, a problem every Wednesday)",
    "days": "For chosen weekdays: mon, wed, fri",
    "every_weeks": "With chosen weekdays: only every this many weeks",
    "day_of_month": "For once a month: the day, 1 to 31",
    "starting": "With every few weeks: a day in one of the weeks that count, as 2026-12-07",
    "channel": "Where to post",
    "topic": "Only questions on this topic (any: on all of them)",
    "track": "Only questions of this track",
    "difficulty": "Only questions this hard",
    "propose_hours": "Group problems: hours to propose in (24)",
    "discuss_hours": "Group problems: hours to discuss in (48)",
    "proposals": "Group problems: whether proposals are shown with names",
    "minutes": f"Meetings: how many minutes, {SHORTEST} to {LONGEST} (60)",
    "voice": "Meetings: the voice channel to meet in; left out, you meet in text",
}
KIND_CHOICES = [app_commands.Choice(name=one.name, value=kind) for kind, one in KINDS.items()]
REPEAT_CHOICES = [
    app_commands.Choice(name="every day", value="daily"),
    app_commands.Choice(name="every weekday (Monday to Friday)", value="weekdays"),
    app_commands.Choice(name="on chosen weekdays", value="weekly"),
    app_commands.Choice(name="once a month", value="monthly"),
]
ANY_TOPIC = "any"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"^([01]?\d|2[0-3])(?:[:.h]([0-5]\d))?$")


def local_time(text: str) -> time:
    """A typed time of day: 9, 9:00, 09.30, 18h45. Raises ScheduleInvalid."""
    found = _TIME.match(text.strip().lower())
    if found is None:
        raise ScheduleInvalid(
            f"I could not read “{text.strip()[:20]}” as a time of day; write it as 09:00 or 18:30."
        )
    return time(int(found[1]), int(found[2] or 0))


def weekdays(text: str) -> frozenset[int]:
    """Typed weekdays, 1 for Monday. Raises ScheduleInvalid."""
    found = set()
    for word in re.split(r"[,;/\s]+", text.strip(" ,;/").lower()):
        if word[:3] not in _DAYS:
            raise ScheduleInvalid(f"I don't know the day “{word[:20]}”; write days as mon, wed, fri.")
        found.add(_DAYS.index(word[:3]) + 1)
    return frozenset(found)


def recurrence(
    kind: str,
    clock: time,
    repeat: str | None,
    days: str | None,
    every_weeks: int | None,
    day_of_month: int | None,
    starting: str | None,
    *,
    today: date,
) -> Recurrence:
    """The recurrence the options describe. Raises ScheduleInvalid with what to write instead, and OutOfDate."""
    # What Discord offers to choose from it does not check.
    if (
        kind not in KINDS
        or repeat not in (None, *(one.value for one in REPEAT_CHOICES))
        or every_weeks not in (None, *range(1, 53))
        or day_of_month not in (None, *range(1, 32))
    ):
        raise OutOfDate
    if starting is not None and (every_weeks or 1) == 1:
        raise ScheduleInvalid("`starting` counts weeks, so it needs `days`, and `every_weeks` of 2 or more.")
    if day_of_month is not None or repeat == "monthly":
        return Recurrence.monthly(clock, day_of_month or 1)
    if days is None and (repeat == "weekly" or every_weeks):
        raise ScheduleInvalid("Tell me which weekdays with `days`, as mon, wed, fri.")
    if days is not None:
        chosen = weekdays(days)
        if every_weeks is None or every_weeks == 1:
            return Recurrence.weekly(clock, chosen)
        return Recurrence.every_n_weeks(clock, chosen, every_weeks, first_week(starting, today))
    if repeat == "weekdays":
        return Recurrence.weekly(clock, range(1, 6))
    return Recurrence.weekly(clock, KINDS[kind].days) if repeat is None else Recurrence.daily(clock)


def changed(
    kind: str,
    old: Recurrence,
    clock: time | None,
    repeat: str | None,
    days: str | None,
    every_weeks: int | None,
    day_of_month: int | None,
    starting: str | None,
    *,
    today: date,
) -> Recurrence:
    """A recurrence with the given options changed; its days stay when none of them is about days."""
    if not any((repeat, days, every_weeks, day_of_month, starting)):
        return replace(old, at=clock or old.at)
    return recurrence(kind, clock or old.at, repeat, days, every_weeks, day_of_month, starting, today=today)


def first_week(starting: str | None, today: date) -> date:
    """The day that names the first week; today unless given. Raises ScheduleInvalid for the past."""
    if starting is None:
        return today
    try:
        day = date.fromisoformat(starting.strip())
    except ValueError:
        raise ScheduleInvalid(
            f"I could not read “{starting[:20]}” as a date; write it as 2026-12-07."
        ) from None
    if day < today:
        raise ScheduleInvalid(f"{day:%d %B %Y} is in the past; choose today or a later day.")
    return day


def filters(
    kind: str,
    topic: str | None,
    track: str | None,
    difficulty: Difficulty | None,
    *,
    known: Mapping[str, str],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """What a schedule draws from the bank as it is stored, what is not given as before; nothing for other kinds.

    Raises ScheduleInvalid for a topic that was typed and not picked, OutOfDate for what is forged.
    """
    if track not in (None, *get_args(Track)) or difficulty not in (None, *get_args(Difficulty)):
        raise OutOfDate
    if not KINDS[kind].draws:
        return {}
    if topic is not None and topic not in (ANY_TOPIC, *known):
        raise ScheduleInvalid(f"I don't know the topic “{topic[:40]}”; pick one from the list.")
    old = Filters.from_json(before)
    chosen = old.topics if topic is None else () if topic == ANY_TOPIC else (topic,)
    return replace(
        old,
        track=track or old.track,
        topics=chosen,
        ramp=difficulty or old.ramp,
    ).as_json()


def terms(
    kind: str,
    propose_hours: int | None,
    discuss_hours: int | None,
    proposals: str | None,
    *,
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """How a group problem goes, as it is stored, what is not given as before; nothing for other kinds.

    Raises OutOfDate for what is forged.
    """
    if proposals not in (None, *get_args(Shown)) or any(
        hours not in (None, *range(1, HOURS_AT_MOST + 1)) for hours in (propose_hours, discuss_hours)
    ):
        raise OutOfDate
    if kind != "problem":
        return {}
    return (
        Terms.from_json(before)
        .changed(
            propose_hours=propose_hours,
            discuss_hours=discuss_hours,
            anonymous=None if proposals is None else proposals == "without names",
        )
        .as_json()
    )


def session(
    kind: str, minutes: int | None, voice_id: int | None, *, before: Mapping[str, Any]
) -> dict[str, Any]:
    """How long a meeting is and where it gathers, as it is stored, what is not given as before; nothing for others.

    Raises OutOfDate for what is forged.
    """
    if minutes not in (None, *range(SHORTEST, LONGEST + 1)):
        raise OutOfDate
    if kind != "meeting":
        return {}
    return {"minutes": minutes or before.get("minutes", USUAL), "voice": voice_id or before.get("voice")}
