"""Autocompletion shared by commands: topics and time zones."""

from zoneinfo import ZoneInfo

from discord.app_commands import Choice

from bot.client.bot import Interaction
from bot.domain.calendar import find_zones

SHOWN = 25


async def topic_choices(interaction: Interaction, current: str) -> list[Choice[str]]:
    """Topics whose name or id holds what was typed."""
    wanted = current.casefold().strip()
    return [
        Choice(name=name, value=topic)
        for topic, name in interaction.client.services.questions.topics.items()
        if wanted in name.casefold() or wanted in topic
    ][:SHOWN]


async def zone_choices(interaction: Interaction, current: str) -> list[Choice[str]]:
    """Time zones by city, with the time it is there now."""
    now = interaction.client.clock.now()
    return [
        Choice(name=f"{zone.replace('_', ' ')}, now {now.astimezone(ZoneInfo(zone)):%H:%M}"[:100], value=zone)
        for zone in find_zones(current, SHOWN)
    ]
