"""/meeting: a facilitated group-study session."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.domain.errors import Refusal
from bot.domain.meetings import LONGEST, SHORTEST
from bot.ui import meetings
from bot.ui.meetings import planning

Minutes = app_commands.Range[int, SHORTEST, LONGEST]
MINUTES = f"How long, in minutes: {SHORTEST} to {LONGEST} (60)"
VOICE = "Meet in this voice channel; left out, you meet in text"
CHANNEL = "Where its card stands; this channel, unless you choose another"


class Meeting(commands.Cog):
    """Studying together for an hour, with Reps keeping the clock."""

    def __init__(self, bot: StudyBot) -> None:
        self._bot = bot

    meeting = app_commands.Group(
        name="meeting", description="Study together: recite in pairs, then a group problem", guild_only=True
    )

    @meeting.command(name="schedule", description="Plan a meeting, with an event for everyone (guides)")
    @app_commands.rename(day="date")
    @app_commands.describe(
        day="The date, as 2026-12-07, in your own time zone",
        time="The time, as 18:30, in your own time zone",
        minutes=MINUTES,
        voice=VOICE,
        channel=CHANNEL,
    )
    async def schedule(
        self,
        interaction: Interaction,
        day: str,
        time: str,
        minutes: Minutes | None = None,
        voice: discord.VoiceChannel | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        await planning.schedule(interaction, day, time, minutes, voice, channel)

    @meeting.command(name="start", description="Begin a meeting now, or the planned one if it is near")
    @app_commands.describe(minutes=MINUTES, voice=VOICE, channel=CHANNEL)
    async def start(
        self,
        interaction: Interaction,
        minutes: Minutes | None = None,
        voice: discord.VoiceChannel | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        await planning.start(interaction, minutes, voice, channel)

    # --- what Discord tells

    @commands.Cog.listener()
    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Somebody came into a voice channel or left it: perhaps a meeting's."""
        if before.channel == after.channel or member.bot:
            return
        channel_id = after.channel.id if after.channel is not None else None
        if await self._bot.services.meetings.in_voice(member.guild.id, member.id, channel_id):
            self._bot.wake()

    @commands.Cog.listener()
    async def on_scheduled_event_update(
        self, before: discord.ScheduledEvent, after: discord.ScheduledEvent
    ) -> None:
        """Somebody moved an event, began it, or called it off: its meeting does the same."""
        turns = self._bot.services.meeting_turns
        if before.status == after.status:
            if (before.start_time, before.channel_id) == (after.start_time, after.channel_id):
                return
            await turns.event_moved(after.id, after.start_time, after.channel_id)
        elif after.status is discord.EventStatus.active:
            try:
                await turns.by_event(after.id)
            except Refusal:
                # Another meeting goes on; the event stays open, and this one begins when it is begun again.
                return
        elif after.status is discord.EventStatus.cancelled:
            await turns.event_gone(after.id)
        self._bot.wake()

    @commands.Cog.listener()
    async def on_scheduled_event_delete(self, event: discord.ScheduledEvent) -> None:
        await self._bot.services.meeting_turns.event_gone(event.id)
        self._bot.wake()

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._bot.services.meeting_turns.channel_gone(channel.id)
        self._bot.wake()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Who came and went while the gateway was away is not told again."""
        for one in await self._bot.services.meetings.by_voice():
            inside = {channel: self._bot.rooms.inside(one.guild_id, channel) for channel in one.channels}
            known = {channel: people for channel, people in inside.items() if people is not None}
            if len(known) == len(inside):
                await self._bot.services.meetings.recount(one.meeting_id, known)


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*meetings.CONTROLS)
    await bot.add_cog(Meeting(bot))
