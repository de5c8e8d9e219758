"""The set-up in words: what stands, what is missing, and what comes after the first question."""

from zoneinfo import ZoneInfo

import discord

from bot.client.bot import StudyBot
from bot.client.cards import CARE, GOOD, Card, Row, card
from bot.client.guilds import seen
from bot.domain.permissions import check
from bot.domain.schedules import Setup
from bot.domain.texts import escaped
from bot.ui.permissions import amiss
from bot.ui.phrases import many, stamp
from bot.ui.schedules import planned_words

SHOWN = 4  # schedules; `/setup schedule list` has them all
WORKS = "All of this works as it is. Change what you like; each choice is saved at once."
PROMISES = (
    "-# **Privacy:** I keep names, answers and settings of whoever takes part, for this server only; "
    "`/me data` exports and deletes them. **Conduct:** there are a few rules; the button shows them."
)


def drawn_setup(
    setup: Setup, bot: StudyBot, guild: discord.Guild, *controls: Row | str | None, whole: bool
) -> Card:
    """The set-up as it stands with these controls below it; `whole` is the card to begin and end with."""
    found = amiss(check(setup, seen(guild, setup)))
    planned = (
        *(planned_words(one, bot.services.questions.topics) for one in setup.schedules[:SHOWN]),
        f"**Last miss:** {setup.last_miss}" if setup.last_miss else None,
    )
    return card(
        f"## Reps in {escaped(setup.name)}",
        WORKS if whole else None,
        "\n".join(_lines(setup, bot, guild)),
        *(planned if whole else ()),
        *(found or ("**Permissions:** all there.",)),
        *controls,
        PROMISES if whole else None,
        colour=CARE if found else GOOD,
    )


def _lines(setup: Setup, bot: StudyBot, guild: discord.Guild) -> list[str]:
    now = bot.clock.now()
    channel = "a new #reps, which I create with the first question"
    if setup.channel_id is not None:
        can_make = guild.me.guild_permissions.manage_channels
        channel = f"<#{setup.channel_id}>" + ("" if can_make else " (I may not create one here)")
    people = {"Guides": setup.guide_role_id, "Moderators": setup.moderator_role_id}
    return [
        f"**Channel:** {channel}",
        f"**Time zone:** {setup.zone}. Is it **{now.astimezone(ZoneInfo(setup.zone)):%H:%M}** for you? "
        f"Your own clock says {stamp(now, 't')}; if they differ, change the time zone.",
        *(
            f"**{who}:** <@&{role_id}>" if role_id else f"**{who}:** nobody yet; admins can do it all"
            for who, role_id in people.items()
        ),
        f"**Alerts:** <#{setup.alert_channel_id}>"
        if setup.alert_channel_id
        else "**Alerts:** in the channel for questions, when something could not be posted",
        f"**Weekly goal:** {many(setup.weekly_goal, 'rep')}"
        if setup.weekly_goal
        else "**Weekly goal:** grows with the group",
    ]


def first_question_card(setup: Setup) -> Card:
    """After the first question: when the next one comes, and words to announce it with."""
    upcoming = [one.upcoming[0] for one in setup.schedules if one.kind == "question" and one.upcoming]
    when = f"The next one comes {stamp(min(upcoming), 'F')}, {stamp(min(upcoming), 'R')}." if upcoming else ""
    weekly = any(one.kind == "round" for one in setup.schedules)
    rounds = ", and /recite join a partner for every round" if weekly else ""
    return card(
        f"## On its way\nThe first question appears in <#{setup.channel_id}> within seconds. {when}",
        "**To announce it, copy this:**\n"
        "```\nWe now have Reps: one interview question a day, right here. Tap an answer; only you see how you did. "
        "The answer comes the next day, with everyone's explanations. /recite now finds you somebody to explain a "
        f"concept to{rounds}. /reps shows where you stand.\n```",
        colour=GOOD,
    )
