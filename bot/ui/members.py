"""A member's own faces: statistics with the heat map, settings, pausing and leaving."""

import asyncio
from collections.abc import Mapping
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, Picture, card, row
from bot.client.controls import TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.errors import OutOfDate
from bot.domain.members import SHOWN, TRACKS, Profile
from bot.domain.scoring import ACTIVITIES, Stats
from bot.domain.texts import escaped
from bot.ui.charts import heat_map_alt, heat_map_png
from bot.ui.phrases import many, stamp, streak_line

WEAKEST_SHOWN = 5


async def stats_card(stats: Stats, topic_names: Mapping[str, str]) -> Card:
    """`/me stats`: totals, streak, topics from weakest, and sixteen weeks at a glance."""
    activities = "\n".join(
        f"{ACTIVITIES[activity]}: {many(reps, 'rep')}, {many(points, 'point')}"
        for activity, reps, points in stats.by_activity
    )
    topics = "\n".join(
        f"{topic_names.get(topic, topic)}: {right} of {answered} right"
        for topic, right, answered in stats.topics[:WEAKEST_SHOWN]
    )
    picture = Picture(
        "heatmap.png", await asyncio.to_thread(heat_map_png, stats.heat), heat_map_alt(stats.heat)
    )
    return card(
        f"## {escaped(stats.name)}",
        f"**{many(stats.reps, 'rep')}** and {many(stats.points, 'point')} in all; this week "
        f"{many(stats.week_reps, 'rep')} and {many(stats.week_points, 'point')}.\n{streak_line(stats.streak)}",
        f"**By activity**\n{activities}" if activities else None,
        f"**Questions:** {stats.right} of {stats.answered} right. Weakest topics first:\n{topics}"
        if topics
        else None,
        picture,
        f"-# The last 16 weeks: {many(stats.heat.total, 'rep')} on {many(stats.heat.active_days, 'day')}. "
        f"Your days are counted in {stats.zone}.",
    )


# --- settings


class TrackSelect(TicketSelect):
    verb = "me.track"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        if values[0] not in TRACKS:
            raise OutOfDate
        await _save(interaction, track=values[0])


class ShownSelect(TicketSelect):
    verb = "me.shown"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        if values[0] not in SHOWN:
            raise OutOfDate
        await _save(interaction, shown_as=values[0])


async def _save(interaction: Interaction, **choice: Any) -> None:
    await defer_redraw(interaction)
    profile = await interaction.client.services.members.settle_in(asker(interaction), **choice)
    await show(interaction, settings_card(profile, saved=True))


def settings_card(profile: Profile, *, saved: bool = False) -> Card:
    """`/me settings`: each choice is saved at once."""
    zone = profile.zone or f"{profile.server_zone} (the server's)"
    locked = (
        f"\n-# You can change it again {stamp(profile.zone_locked_until, 'R')}."
        if profile.zone_locked_until
        else "\n-# Change it with `/me settings zone:`, typing a city near you."
    )
    return card(
        "## Your settings here",
        "-# Saved." if saved else None,
        f"**Time zone:** {zone}; your streak days count by it.{locked}",
        "**How the leaderboard shows you**",
        row(
            ShownSelect(
                placeholder="How the leaderboard shows you",
                options=_options(SHOWN, profile.shown_as),
            )
        ),
        "**What you prepare for**",
        row(TrackSelect(placeholder="What you prepare for", options=_options(TRACKS, profile.track))),
    )


def _options(choices: Mapping[Any, str], chosen: str) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=label, value=value, default=value == chosen)
        for value, label in choices.items()
    ]


# --- pausing and leaving


class LeaveButton(TicketButton):
    verb = "me.leave"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        await interaction.client.services.members.leave(asker(interaction))
        await show(interaction, left_card())


def leave_card() -> Card:
    """Asks once before leaving."""
    return card(
        "## Leave Reps on this server?",
        "You go off every leaderboard at once, and nothing reminds you of anything. Your record is kept, so that "
        "answering a question brings it all back.",
        row(LeaveButton(label="Leave", style=discord.ButtonStyle.danger)),
    )


def left_card() -> Card:
    """After leaving."""
    return card("You have left. Thank you for your reps; answering any question brings you back as you were.")


def pause_card(profile: Profile) -> Card:
    """After pausing or returning."""
    if profile.paused:
        return card(
            "You are paused: no rounds and no reminders, and nothing is lost. `/me pause` again ends it."
        )
    return card("Welcome back. `/daily` has today's question.")


CONTROLS = (TrackSelect, ShownSelect, LeaveButton)
