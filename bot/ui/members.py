"""A member's own faces: statistics with the heat map, settings, pausing and leaving."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import discord

from bot.client.bot import Interaction
from bot.client.cards import Card, Picture, card, row
from bot.client.controls import TicketButton, TicketSelect, Values
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.errors import OutOfDate
from bot.domain.members import LANGUAGES, LEVEL_OPEN, LEVELS, SHOWN, TRACKS, Profile
from bot.domain.scoring import ACTIVITIES, Stats
from bot.domain.texts import escaped
from bot.ui.availability import AvailabilityButton
from bot.ui.charts import heat_map_alt, heat_map_png
from bot.ui.explanations import explanation_card
from bot.ui.notices import UNREACHED, NoticesButton
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
        await _save(interaction, settings_card, track=values[0])


class ShownSelect(TicketSelect):
    verb = "me.shown"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(interaction, settings_card, shown_as=values[0])
        await rename(interaction)


class LevelSelect(TicketSelect):
    verb = "me.level"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(interaction, recitation_card, level=values[0])


class LanguagesSelect(TicketSelect):
    verb = "me.languages"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        if not values or any(value not in LANGUAGES for value in values):
            raise OutOfDate
        await _save(interaction, recitation_card, languages=values)


class RecitationButton(TicketButton):
    verb = "me.recitation"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await _turn_to(interaction, recitation_card)


class SettingsButton(TicketButton):
    verb = "me.settings"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await _turn_to(interaction, settings_card)


async def _turn_to(interaction: Interaction, page: Callable[[Profile], Card]) -> None:
    await defer_redraw(interaction)
    await show(interaction, page(await interaction.client.services.members.profile(asker(interaction))))


async def _save(interaction: Interaction, page: Callable[..., Card], **choice: Any) -> None:
    await defer_redraw(interaction)
    profile = await interaction.client.services.members.settle_in(asker(interaction), **choice)
    await show(interaction, page(profile, saved=True))


async def rename(interaction: Interaction) -> None:
    """Redraw somebody's explanations in threads after they changed how their name shows.

    They are redrawn whether it changed or not: so choosing again mends what could not be redrawn before.
    """
    bot = interaction.client
    for explained, thread_id in await bot.services.explanations.posted_by(asker(interaction)):
        # Only redrawn: one that a moderator deleted stays away.
        if explained.message_id is not None:
            await bot.poster.edit(thread_id, explained.message_id, explanation_card(explained))


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
        UNREACHED if profile.unreachable else None,
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
        row(
            RecitationButton(label="Languages and level"),
            AvailabilityButton(label="When you can meet"),
            NoticesButton(label="Notices"),
        ),
    )


def recitation_card(profile: Profile, *, saved: bool = False) -> Card:
    """The second page: what partners are chosen by."""
    return card(
        "## Languages and level",
        "-# Saved." if saved else None,
        "For pairing people: one language in common is enough, and different levels help each other.",
        "**Languages you can recite in**",
        row(
            LanguagesSelect(
                placeholder="Languages you can recite in",
                options=_options(
                    {
                        code: name if name == own else f"{name} ({own})"
                        for code, (name, own) in LANGUAGES.items()
                    },
                    *profile.languages,
                ),
                most=len(LANGUAGES),
            )
        ),
        "**Where you are**",
        row(
            LevelSelect(
                placeholder="Where you are",
                options=_options({LEVEL_OPEN: "I leave it open", **LEVELS}, profile.level or LEVEL_OPEN),
            )
        ),
        row(SettingsButton(label="Back to settings")),
    )


def _options(choices: Mapping[Any, str], *chosen: str) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=label, value=value, default=value in chosen)
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
        "answering a question brings it all back. A recitation or mock interview that is still open ends; the others "
        "read only that it is over.",
        row(LeaveButton(label="Leave", style=discord.ButtonStyle.danger)),
    )


def left_card() -> Card:
    """After leaving."""
    return card("You have left. Thank you for your reps; answering any question brings you back as you were.")


def pause_card(profile: Profile) -> Card:
    """After pausing or returning."""
    if profile.paused:
        return card(
            "You are paused: no rounds and no reminders, and nothing is lost. What you arranged with others already "
            "stays; `/recite status` and `/mock status` show it. `/me pause` again ends the pause."
        )
    return card("Welcome back. `/daily` has today's question.")


CONTROLS = (
    TrackSelect,
    ShownSelect,
    LevelSelect,
    LanguagesSelect,
    RecitationButton,
    SettingsButton,
    LeaveButton,
)
