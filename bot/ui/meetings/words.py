"""The words of a meeting: its agenda, who is here, who recites with whom, and what everyone did."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.domain.meetings import Attending, Grouped, Meeting, Part
from bot.domain.texts import escaped, shortened
from bot.ui.phrases import many, stamp

PARTS: dict[Part, str] = {
    "arrive": "Arrive",
    "recite": "Recite in pairs",
    "break": "Break",
    "think": "Problem: think alone",
    "speak": "Problem: everyone speaks",
    "reveal": "Problem: a solution",
    "close": "Close",
}
NAMES_SHOWN, LINES_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH = 25, 2400, 2600, 60
# Discord takes so many people in one message's list of whom it may notify.
PINGED_AT_MOST = 100
SPOKEN = {"spoke": "spoke", "time": "had the word", "passed": "passed"}
# Whoever is moved sooner than this has hardly wondered.
WORTH_SAYING = timedelta(seconds=30)
USEFUL = {1: "A lot", 2: "Somewhat", 3: "Not much"}


def people_words(people: Iterable[int]) -> str:
    """People in a row, as many as one reads."""
    listed = list(people)
    words = " ".join(f"<@{one}>" for one in listed[:NAMES_SHOWN])
    more = len(listed) - NAMES_SHOWN
    return f"{words} and {more} more" if more > 0 else words


def where_words(meeting: Meeting) -> str:
    """Where a meeting takes place."""
    return f"<#{meeting.voice_id or meeting.channel_id}>"


def agenda_lines(meeting: Meeting) -> str:
    """Every part with its time: what is over, what is now, what comes when."""
    begins = meeting.since if meeting.running and meeting.since else meeting.starts_at
    lines, place = [], meeting.place if meeting.phase != "planned" else -1
    for number, slot in enumerate(meeting.slots):
        name = f"{PARTS[slot.part]}, {slot.minutes} min"
        if not meeting.running and meeting.phase != "planned":
            lines.append(f"-# {name}")
        elif number < place:
            lines.append(f"-# ~~{name}~~")
        elif number == place and meeting.ends_at is not None:
            lines.append(f"**→ {PARTS[slot.part]}**, {now_words(meeting)}")
            begins = meeting.ends_at
        else:
            when = "" if meeting.paused_at else f" from {stamp(begins, 't')}"
            lines.append(f"{name}{when}")
            begins += timedelta(minutes=slot.minutes)
    return "\n".join(lines)


def now_words(meeting: Meeting) -> str:
    """How long the present part lasts."""
    if meeting.paused_at is not None:
        return f"paused with {many(round(meeting.left.total_seconds() / 60), 'minute')} left"
    assert meeting.ends_at is not None
    return f"until {stamp(meeting.ends_at, 't')}, {stamp(meeting.ends_at, 'R')}"


def moving_words(meeting: Meeting) -> str:
    """By when everybody is in their room, where that takes long enough to say it."""
    if meeting.moved_by is None or meeting.since is None or meeting.moved_by - meeting.since < WORTH_SAYING:
        return ""
    return (
        f" I bring you there one after the other, as fast as Discord lets me; all of you are there by about "
        f"{stamp(meeting.moved_by, 'T')}, {stamp(meeting.moved_by, 'R')}."
    )


def group_lines(groups: Sequence[Grouped]) -> str:
    """Who recites with whom, and where, a line each, as many as fit."""
    lines: list[str] = []
    for group in groups:
        line = f"• {people_words(group.people)}{_room(group)}"
        if sum(map(len, lines)) + len(line) > LINES_LENGTH:
            lines.append(f"-# and {len(groups) - len(lines)} more: *Where am I?* tells each of you.")
            break
        lines.append(line)
    return "\n".join(lines)


def _room(group: Grouped) -> str:
    if group.solo:
        return ": alone this time, which is a rep as well; *Where am I?* has the concept"
    # A thread has told its people itself, and to all others its name would be one they may not read.
    return f": <#{group.voice_id}>" if group.voice_id else ""


def summary_lines(people: Sequence[Attending]) -> str:
    """Who did what, a line each, as many as fit; those who do not wish to be named are counted only."""
    named = [one for one in people if one.named]
    lines: list[str] = []
    for one in named:
        did = [f"recited {_concepts(one)}"] if one.recited else []
        did += [f"heard {one.heard}"] if one.heard else []
        did += ["wrote a proposal"] if one.proposed else []
        did += [SPOKEN[one.spoken]] if one.spoken else []
        reps = f", {many(one.reps, 'rep')}" if one.reps else ""
        line = f"• <@{one.discord_id}>: {many(one.minutes, 'minute')}{reps}" + (
            f"; {', '.join(did)}" if did else ""
        )
        if sum(map(len, lines)) + len(line) > SUMMARY_LENGTH:
            break
        lines.append(line)
    if more := len(people) - len(lines):
        lines.append(f"-# and {more} more.")
    return "\n".join(lines)


def _concepts(one: Attending) -> str:
    if len(one.concepts) < one.recited:
        return many(one.recited, "concept")
    return " and ".join(f"*{escaped(shortened(title, TITLE_LENGTH))}*" for title in one.concepts)


def useful_words(meeting: Meeting) -> str | None:
    """What those who said anything said of it."""
    told = [f"{USEFUL[value].lower()} {count}" for value, count in enumerate(meeting.useful, 1) if count]
    return f"-# Did it help? {', '.join(told)}." if told else None


def pings(meeting: Meeting) -> tuple[int, ...]:
    """Whom a call notifies."""
    return tuple(one.discord_id for one in meeting.present)[:PINGED_AT_MOST]
