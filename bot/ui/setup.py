"""Set-up's faces: the card admins confirm, the greeting, and the server's schedules."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord

from bot.client.bot import Interaction, StudyBot
from bot.client.cards import CARE, GOOD, Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.calendar import describe
from bot.domain.drops import Filters
from bot.domain.errors import MissingPermissions, WrongChannel
from bot.domain.schedules import Planned, Setup
from bot.domain.texts import escaped
from bot.ui.home import text_of
from bot.ui.phrases import stamp

KINDS = {"question": "Daily question", "digest": "Weekly digest"}
MISSED = {**KINDS, "drop.reveal": "Reveal of a question"}
# Every permission the invite link asks for, in Discord's API names, and what is amiss without it.
BREAKS = {
    "view_channel": "I cannot see the channel at all",
    "send_messages": "I cannot post questions",
    "send_messages_in_threads": "explanations cannot go into discussions",
    "create_public_threads": "reveals have no discussion thread",
    "attach_files": "leaderboards and reveals have no picture",
    "embed_links": "cards may be shown without their links",
    "read_message_history": "after a crash I cannot see whether a question is posted already, so I skip it",
}
NEEDED = ("view_channel", "send_messages", "read_message_history", "attach_files")
# More than these are listed in one line each, so that a full server still fits into one card.
IN_FULL = 8


def missing_permissions(channel: discord.abc.GuildChannel) -> tuple[str, ...]:
    """The permissions the bot lacks in a channel, in Discord's API names."""
    allowed = channel.permissions_for(channel.guild.me)
    return tuple(name for name in BREAKS if not getattr(allowed, name))


def permission_name(name: str) -> str:
    """A permission as Discord's settings call it."""
    return {"send_messages_in_threads": "Send Messages in Threads", "embed_links": "Embed Links"}.get(
        name, name.replace("_", " ").title()
    )


def postable(channel: Any) -> discord.TextChannel:
    """A channel questions can be posted to. Raises WrongChannel and MissingPermissions."""
    if not isinstance(channel, discord.TextChannel):
        raise WrongChannel
    lacking = [name for name in missing_permissions(channel) if name in NEEDED]
    if lacking:
        raise MissingPermissions(channel.id, tuple(permission_name(name) for name in lacking))
    return channel


def study_channel(interaction: Interaction, setup: Setup) -> discord.TextChannel:
    """Where a server's questions go: where they went so far, or else where the admin is. Raises as `postable`."""
    guild = interaction.guild
    kept = guild.get_channel(setup.channel_id) if guild and setup.channel_id else None
    return postable(kept or interaction.channel)


class SetupButton(TicketButton):
    """In the greeting: sets the server up in this channel with the defaults; later it only shows the set-up."""

    verb = "setup.start"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        service, who = interaction.client.services.setup, asker(interaction)
        channel = study_channel(interaction, await service.show(who))
        setup = await service.start(who, channel_id=channel.id)
        await show(interaction, setup_card(setup, interaction.client, channel))


class FirstQuestionButton(TicketButton):
    """Posts a question now; pressing the same button twice posts one."""

    verb = "setup.first"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        # The message the button is on, not the press: a double click asks for one question.
        card_id = interaction.message.id if interaction.message else interaction.id
        setup = await interaction.client.services.setup.first_question(asker(interaction), card_id)
        interaction.client.wake()
        await show(interaction, first_question_card(setup))


def invited_card(bot: StudyBot) -> Card:
    """The greeting after an invite."""
    return card(
        text_of("invited"),
        row(SetupButton(label="Set up", style=discord.ButtonStyle.primary)),
        "-# Only people with Manage Server can press this. The same is `/setup start`.",
    )


def setup_card(setup: Setup, bot: StudyBot, channel: discord.TextChannel | None) -> Card:
    """The set-up as it stands, what is missing, and the way to the first question."""
    now = bot.clock.now()
    local = now.astimezone(ZoneInfo(setup.zone))
    lines = [
        f"**Channel:** <#{setup.channel_id}>",
        f"**Time zone:** {setup.zone}, where it is now {local:%H:%M} (for you: {stamp(now, 't')}). "
        "Wrong? `/setup start zone:` and type a big city.",
        f"**Guides:** <@&{setup.guide_role_id}>"
        if setup.guide_role_id
        else "**Guides:** nobody yet (`guides:`)",
        f"**Weekly goal:** {setup.weekly_goal} reps"
        if setup.weekly_goal
        else "**Weekly goal:** grows with the group",
    ]
    missing = missing_permissions(channel) if channel else ()
    return card(
        f"## Reps in {escaped(setup.name)}",
        "\n".join(lines),
        *(planned_words(one) for one in setup.schedules[:5]),
        missing_words(missing, setup.channel_id) if missing else "**Permissions:** all there.",
        f"**Last miss:** {setup.last_miss}" if setup.last_miss else None,
        row(FirstQuestionButton(label="Post the first question", style=discord.ButtonStyle.primary)),
        colour=CARE if missing else GOOD,
    )


def missing_words(missing: tuple[str, ...], channel_id: int | None) -> str:
    """Each missing permission, what breaks without it, and how to grant it."""
    lines = "\n".join(f"• **{permission_name(name)}**: {BREAKS[name]}" for name in missing)
    return (
        f"**Missing in <#{channel_id}>**\n{lines}\n"
        "-# To grant: channel settings → Permissions → add Reps → switch these on."
    )


def first_question_card(setup: Setup) -> Card:
    """After the first question: when the next one comes, and words to announce it with."""
    upcoming = [one.upcoming[0] for one in setup.schedules if one.kind == "question" and one.upcoming]
    when = f"The next one comes {stamp(min(upcoming), 'F')}, {stamp(min(upcoming), 'R')}." if upcoming else ""
    return card(
        f"## On its way\nThe first question appears in <#{setup.channel_id}> within seconds. {when}",
        "**To announce it, copy this:**\n"
        "```\nWe now have Reps: one interview question a day, right here. Tap an answer; only you see how you did. "
        "The answer comes the next day, with everyone's explanations. /reps shows where you stand.\n```",
        colour=GOOD,
    )


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


def missed_card(kind: str, due_at: datetime, reason: str) -> Card:
    """Tells the staff, once, that something did not go out and why."""
    return card(
        f"**{MISSED.get(kind, kind)} not posted.** It was due {stamp(due_at, 'f')}: {reason}.",
        "`/setup start` shows which permissions are missing and how to grant them.",
        colour=CARE,
    )


CONTROLS = (SetupButton, FirstQuestionButton)
