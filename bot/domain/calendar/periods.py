"""The stretches of days that totals and pairings are counted by."""

from datetime import date, timedelta
from typing import Literal

Period = Literal["all", "month", "week"]


def week_of(day: date) -> date:
    """The Monday that begins the week of `day`."""
    return day - timedelta(days=day.weekday())


def period_key(period: Period, day: date) -> str:
    """The name of the period that holds `day`: "all", "2026-11", or "2026-W47" (ISO week and its year)."""
    if period == "all":
        return "all"
    if period == "month":
        return f"{day.year:04}-{day.month:02}"
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"
