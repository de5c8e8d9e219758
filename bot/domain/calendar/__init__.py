"""When things happen: recurrences and their due instants, time zones by name, weeks and months."""

from .guess import guessed_zone
from .periods import Period, period_key, week_of
from .recurrence import Due, Recurrence, clock_change, describe, instant, next_due, upcoming
from .zones import cities, find_zones, regions, zone_named, zone_names

__all__ = [
    "Due",
    "Period",
    "Recurrence",
    "cities",
    "clock_change",
    "describe",
    "find_zones",
    "guessed_zone",
    "instant",
    "next_due",
    "period_key",
    "regions",
    "upcoming",
    "week_of",
    "zone_named",
    "zone_names",
]
