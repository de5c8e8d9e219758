"""Permissions' faces: what is missing where, what breaks without it, and how to grant it."""

from collections.abc import Iterator, Sequence
from typing import Any

import discord

from bot.client.cards import CARE, GOOD, Card, card
from bot.domain.errors import MissingPermissions, WrongChannel
from bot.domain.permissions import NEEDED, Checked, Missing, Trouble, Way
from bot.domain.schedules import KINDS, NOWHERE
from bot.domain.texts import escaped
from bot.domain.troubles import source_of
from bot.services.deliveries import Missed
from bot.ui.phrases import stamp

MISSED = {kind: one.name for kind, one in KINDS.items()} | {
    "drop.reveal": "Reveal of a question",
    "recitation.open": "Room of a recitation",
    "round.batch": "Part of a recitation round",
    "round.remind": "Reminder of a recitation round",
    "problem.tell": "What comes next in a group problem",
    "problem.open": "Proposal to a group problem",
    "problem.post": "Response in a group problem",
    "problem.read": "Replies in a group problem",
    "meeting.begin": "Meeting",
    "meeting.event": "Event of a meeting",
    "meeting.tell": "What comes next in a meeting",
    "meeting.card": "Card of a meeting",
    "meeting.table": "Speaking order of a meeting",
}
# The check may fill a card; beside other words it is kept short.
CHECK_LENGTH, BESIDE_LENGTH = 2800, 1200
CHANNELS_NAMED, MISSES_NAMED = 8, 6
WAITS = (
    "-# What belongs to a group problem is kept: once I am allowed to, I post it within half an hour, or at once when "
    "you run `/setup check`."
)
WAYS: dict[Way, str] = {
    "server": "Server Settings → Roles → Reps → switch on {names}.",
    "overwrite": "the channel denies {names} to everyone, so to me too: channel settings → Permissions → add Reps → "
    "switch on.",
    "channel": "channel settings → Permissions → add Reps → switch on {names}.",
}


def permission_name(name: str) -> str:
    """A permission as Discord's settings call it."""
    return name.replace("_", " ").title().replace(" In ", " in ")


def postable(channel: Any, kind: str = "question") -> discord.TextChannel | discord.ForumChannel:
    """A channel that takes posts of a kind: group problems may go into a forum.

    Raises WrongChannel and MissingPermissions.
    """
    if not isinstance(channel, discord.TextChannel) and not (
        kind == "problem" and isinstance(channel, discord.ForumChannel)
    ):
        raise WrongChannel
    allowed = channel.permissions_for(channel.guild.me)
    lacking = [permission_name(name) for name in NEEDED if not getattr(allowed, name)]
    if lacking:
        raise MissingPermissions(channel.id, tuple(lacking))
    return channel


def check_card(checked: Checked, guild_name: str) -> Card:
    """`/setup check`: everything amiss, by channel, and what is well."""
    return card(
        f"## Check of {escaped(guild_name)}",
        *amiss(checked, CHECK_LENGTH),
        "\n".join(f"**{feature}:** all well{_in(places)}." for feature, places in checked.well),
        colour=GOOD if checked.all_well else CARE,
    )


def amiss(checked: Checked, length: int = BESIDE_LENGTH) -> tuple[str, ...]:
    """What a check found, a paragraph each, in about this many characters; nothing when all is well."""
    shown: list[str] = []
    found = tuple(_paragraphs(checked))
    for paragraph in found:
        if shown and sum(map(len, shown)) + len(paragraph) > length:
            break
        shown.append(paragraph)
    more = len(found) - len(shown)
    return (
        (*shown, f"-# … and {more} more. Mend these first, then run `/setup check` again.")
        if more
        else (*shown,)
    )


def _paragraphs(checked: Checked) -> Iterator[str]:
    if checked.muted_until is not None:
        yield (
            f"**I am timed out here until {stamp(checked.muted_until, 'f')}**, so I can post nothing at all.\n"
            "-# To end it: right-click me in a channel → Remove Timeout."
        )
    for role in checked.roles_gone:
        yield f"**The role of the {role} is gone.**\n-# To mend it: `/setup start`, and choose another."
    for trouble in checked.troubles:
        yield _gone(trouble) if trouble.gone else missing_words(trouble)


def _gone(trouble: Trouble) -> str:
    verb = "is" if len(trouble.channels) == 1 else "are"
    return (
        f"**{_named(trouble.channels)} {verb} gone**, and something is still to be posted there.\n"
        "-# To mend it: choose another channel, for everything with `/setup start`, "
        "for one schedule with `/setup schedule edit`."
    )


def missing_words(trouble: Trouble) -> str:
    """Each permission missing in some channels, what breaks without it, and how to grant it."""
    where = "**Missing on the whole server**"
    if trouble.channels != (NOWHERE,):
        where = f"**Missing in {_named(trouble.channels)}**"
    lines = [f"• **{permission_name(one.name)}**: {'; '.join(one.breaks)}" for one in trouble.missing]
    ways = dict.fromkeys(one.way for one in trouble.missing)
    return "\n".join([where, *lines, *(_way(way, trouble.missing) for way in ways)])


def _way(way: Way, missing: Sequence[Missing]) -> str:
    return "-# To grant: " + WAYS[way].format(names=_names([one.name for one in missing if one.way == way]))


def _names(names: Sequence[str]) -> str:
    return ", ".join(permission_name(name) for name in names)


def _in(places: tuple[int, ...]) -> str:
    return f" in {_named(places)}" if places != (NOWHERE,) else ""


def _named(channels: Sequence[int]) -> str:
    words = ["the new #reps" if one == NOWHERE else f"<#{one}>" for one in channels[:CHANNELS_NAMED]]
    more = len(channels) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "")


def missed_card(missed: Sequence[Missed], checked: Checked | None) -> Card:
    """Tells the staff, once, what did not go out and why; several of one kind in one line."""
    groups: dict[tuple[str, str], list[Missed]] = {}
    for one in sorted(missed, key=lambda one: one.due.due_at, reverse=True):
        groups.setdefault((source_of(one.due), one.reason), []).append(one)
    lines = [_missed_line(group) for group in list(groups.values())[:MISSES_NAMED]]
    more = len(groups) - len(lines)
    return card(
        "\n".join(lines) + (f"\n… and {more} more." if more else ""),
        *(amiss(checked) if checked else ()),
        "-# I tell you this once. `/setup check` shows what is missing, and how to grant it.",
        WAITS if any(one.waits for one in missed) else None,
        colour=CARE,
    )


def _missed_line(newest_first: Sequence[Missed]) -> str:
    newest, times = newest_first[0], len(newest_first)
    kind, due = MISSED.get(newest.due.kind, newest.due.kind), stamp(newest.due.due_at, "f")
    reason = newest.reason.rstrip(".")
    if times == 1:
        return f"**{kind} not posted.** It was due {due}: {reason}."
    return f"**{kind} not posted {times} times.** The newest was due {due}: {reason}."
