"""Set-up's faces: the greeting, the card admins confirm, and what they are told when something fails."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord

from bot.client.bot import Interaction, StudyBot
from bot.client.cards import CARE, GOOD, Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.schedules import Setup
from bot.domain.texts import escaped
from bot.ui.permissions import missing_permissions, missing_words, postable
from bot.ui.phrases import stamp, text_of
from bot.ui.schedules import KINDS, planned_words

MISSED = {**KINDS, "drop.reveal": "Reveal of a question"}


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
        *(planned_words(one, bot.services.questions.topics) for one in setup.schedules[:5]),
        missing_words(missing, setup.channel_id) if missing else "**Permissions:** all there.",
        f"**Last miss:** {setup.last_miss}" if setup.last_miss else None,
        row(FirstQuestionButton(label="Post the first question", style=discord.ButtonStyle.primary)),
        colour=CARE if missing else GOOD,
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


def missed_card(kind: str, due_at: datetime, reason: str) -> Card:
    """Tells the staff, once, that something did not go out and why."""
    return card(
        f"**{MISSED.get(kind, kind)} not posted.** It was due {stamp(due_at, 'f')}: {reason}.",
        "`/setup start` shows which permissions are missing and how to grant them.",
        colour=CARE,
    )


CONTROLS = (SetupButton, FirstQuestionButton)
