"""Schedules' faces: what is planned, with its next times in the reader's own."""

from bot.client.cards import GOOD, Card, card
from bot.domain.calendar import describe
from bot.domain.drops import Filters
from bot.domain.schedules import Planned
from bot.ui.phrases import stamp

KINDS = {"question": "Daily question", "digest": "Weekly digest"}
# More than these are listed in one line each, so that a full server still fits into one card.
IN_FULL = 8


def planned_words(planned: Planned) -> str:
    """One schedule in plain words with its next occurrences in the reader's own time."""
    coming = ", ".join(stamp(moment, "f") for moment in planned.upcoming)
    filters = filter_words(planned)
    return (
        planned_line(planned, f" ({planned.zone})")
        + (f"\n{filters}" if filters else "")
        + ("" if planned.paused else f"\n-# Next: {coming}")
        + (f"\n-# ⚠ {planned.warning}" if planned.warning else "")
    )


def planned_line(planned: Planned, zone: str = "") -> str:
    """A schedule's number, what it posts where, and when."""
    kind = KINDS.get(planned.kind, planned.kind)
    state = " · **paused**" if planned.paused else ""
    return f"**{planned.id}. {kind}** in <#{planned.channel_id}>, {describe(planned.recurrence)}{zone}{state}"


def filter_words(planned: Planned) -> str:
    """What a question schedule chooses from, when it is not everything."""
    if planned.kind != "question":
        return ""
    filters = Filters.from_json(planned.options)
    parts = []
    if filters.track != "both":
        parts.append(f"track {filters.track.upper()}")
    if filters.topics:
        parts.append("topic " + ", ".join(topic.replace("-", " ") for topic in filters.topics))
    if filters.ramp != "any":
        parts.append(f"difficulty {filters.ramp}")
    return "-# Only " + "; ".join(parts) if parts else ""


def schedules_card(planned: tuple[Planned, ...]) -> Card:
    """Every schedule of a server."""
    if not planned:
        return card(
            "Nothing is scheduled. `/setup start` plans a daily question; `/setup schedule add` plans more."
        )
    if len(planned) <= IN_FULL:
        return card("## Schedules", *(planned_words(one) for one in planned))
    return card("## Schedules", "\n".join(planned_line(one) for one in planned))


def schedule_card(planned: Planned, what: str) -> Card:
    """One schedule after a change."""
    return card(f"## {what}", planned_words(planned), colour=GOOD)


def removed_card() -> Card:
    """After removing a schedule."""
    return card("Removed. What it posted stays where it is.")
