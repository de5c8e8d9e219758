"""Autocompletion shared by commands: topics, time zones, and the server's schedules."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from discord.app_commands import Choice

from bot.client.bot import Interaction
from bot.client.replies import asker
from bot.domain.calendar import describe, find_zones
from bot.domain.errors import GuidesOnly, SetupNotAllowed
from bot.domain.schedules import Planned
from bot.ui.schedule_options import ANY_TOPIC
from bot.ui.schedules import KINDS

SHOWN = 25
NAME_LIMIT = 100


async def topic_choices(interaction: Interaction, current: str) -> list[Choice[str]]:
    """Topics whose name or id holds what was typed."""
    wanted = current.casefold().strip()
    return [
        Choice(name=name, value=topic)
        for topic, name in interaction.client.services.questions.topics.items()
        if wanted in name.casefold() or wanted in topic
    ][:SHOWN]


async def topic_or_any_choices(interaction: Interaction, current: str) -> list[Choice[str]]:
    """Topics, and before them the way back to all of them."""
    all_topics = Choice(name="any (questions on all topics)", value=ANY_TOPIC)
    offered = [all_topics] if current.casefold().strip() in all_topics.name else []
    return [*offered, *await topic_choices(interaction, current)][:SHOWN]


async def schedule_choices(interaction: Interaction, current: str) -> list[Choice[int]]:
    """This server's schedules by number or description; nothing for people who may not see them."""
    try:
        planned = await interaction.client.services.schedules.list(asker(interaction))
    except SetupNotAllowed:
        return []
    return _offered(interaction, planned, current)


async def round_choices(interaction: Interaction, current: str) -> list[Choice[int]]:
    """The same of recitation rounds, for guides."""
    try:
        planned = await interaction.client.services.pairing.schedules(asker(interaction))
    except GuidesOnly:
        return []
    return _offered(interaction, planned, current)


def _offered(interaction: Interaction, planned: Iterable[Planned], current: str) -> list[Choice[int]]:
    offered = []
    for one in planned:
        assert one.id is not None
        channel = interaction.guild.get_channel(one.channel_id) if interaction.guild else None
        place = f"#{channel.name}" if channel else "a channel that is gone"
        state = ", paused" if one.paused else ""
        name = f"{one.id}. {KINDS[one.kind]} in {place}{state}, {describe(one.recurrence)}"
        if str(current).casefold().strip() in name.casefold():
            offered.append(
                Choice(name=name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 1]}…", value=one.id)
            )
    return offered[:SHOWN]


async def zone_choices(interaction: Interaction, current: str) -> list[Choice[str]]:
    """Time zones by city, with the time it is there now."""
    now = interaction.client.clock.now()
    return [
        Choice(name=f"{zone.replace('_', ' ')}, now {now.astimezone(ZoneInfo(zone)):%H:%M}"[:100], value=zone)
        for zone in find_zones(current, SHOWN)
    ]
