"""Notices: what a member may ask to be told, in which ways, and the hours at which nothing is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

# Kept in the place of a way after Discord turned a direct message away.
UNREACHABLE = "unreachable"
Way = Literal["dm"]
QUESTION, APPOINTMENT, PROBLEM = "question", "appointment", "problem"
WAYS: dict[Way, str] = {"dm": "Yes, by direct message"}

DAY = 24 * 60
HOUR = 60
# Every zone's distance from UTC is whole quarters of an hour, and so are quiet hours.
QUARTER = timedelta(minutes=15)
# A quiet time whose end nobody has chosen yet lasts this long: from 22:00 until 07:00.
QUIET_MINUTES = 9 * HOUR

REMIND_AFTER = timedelta(hours=6)
# Later than this it is no longer today's question.
REMIND_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing a member may be told of, and the ways in which it can be."""

    label: str
    ways: tuple[Way, ...]


KINDS: dict[str, Kind] = {
    QUESTION: Kind("Remind me when I have not answered a question 6 hours after it came", ("dm",)),
    APPOINTMENT: Kind(
        "Remind me one hour before a recitation, mock interview or meeting I said yes to", ("dm",)
    ),
    PROBLEM: Kind("Remind me once of a group problem I have not proposed to, or said nothing about", ("dm",)),
}


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one minute of the local day until another, over midnight too; whole quarters of an hour.

    Raises ValueError for minutes of no day, and when it would never end.
    """

    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        for minute in (self.start_minute, self.end_minute):
            if not 0 <= minute < DAY or minute % 15:
                raise ValueError("Quiet hours begin and end at a quarter of an hour of the day.")
        if self.start_minute == self.end_minute:
            raise ValueError("Quiet hours need an end that is not their beginning.")

    def covers(self, local: datetime) -> bool:
        """Whether a clock that reads this is within them."""
        minute = local.hour * HOUR + local.minute
        if self.start_minute < self.end_minute:
            return self.start_minute <= minute < self.end_minute
        return minute >= self.start_minute or minute < self.end_minute


def next_allowed(now: datetime, zone: ZoneInfo, quiet: Quiet | None) -> datetime:
    """The first moment from now on at which the member's own clock reads no quiet hour."""
    at = now
    while quiet is not None and quiet.covers(at.astimezone(zone)):
        at += QUARTER - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at


@dataclass(frozen=True, slots=True)
class Choices:
    """What a member asked to be told: by kind a way, or UNREACHABLE; and when not."""

    chosen: dict[str, str]
    quiet: Quiet | None
    zone_name: str

    @property
    def unreachable(self) -> bool:
        """Whether something was switched off because a direct message did not get through."""
        return UNREACHABLE in self.chosen.values()


@dataclass(frozen=True, slots=True)
class Reminder:
    """An open question somebody wanted to be reminded of."""

    drop_id: int
    server_id: int
    discord_id: int
    server_name: str
    title: str
    link: str
