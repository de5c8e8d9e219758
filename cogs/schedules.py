"""/setup schedule: what comes when."""

from datetime import date
from zoneinfo import ZoneInfo

import discord
from discord import app_commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.ui import schedule_options as options
from bot.ui import schedules as face
from bot.ui.choices import schedule_choices, topic_choices, topic_or_any_choices
from bot.ui.permissions import postable

NUMBER = "The schedule: its number in the list, or pick it"


class Schedules(app_commands.Group):
    """What is planned on this server."""

    def __init__(self) -> None:
        super().__init__(
            name="schedule",
            description="What comes by itself: questions, problems, meetings, digests, rounds",
        )

    @app_commands.command(name="list", description="What is planned, with the next three times of each")
    async def list(self, interaction: Interaction) -> None:
        await defer(interaction)
        services = interaction.client.services
        planned = await services.schedules.list(asker(interaction))
        await show(interaction, face.schedules_card(planned, interaction.guild, services.questions.topics))

    @app_commands.command(name="add", description="Plan questions, problems, meetings, a digest or rounds")
    @app_commands.describe(**options.DESCRIPTIONS, kind="What to post")
    @app_commands.choices(kind=options.KIND_CHOICES, repeat=options.REPEAT_CHOICES)
    @app_commands.autocomplete(topic=topic_choices)
    async def add(
        self,
        interaction: Interaction,
        kind: str,
        time: str,
        repeat: str | None = None,
        days: str | None = None,
        every_weeks: app_commands.Range[int, 1, 52] | None = None,
        day_of_month: app_commands.Range[int, 1, 31] | None = None,
        starting: str | None = None,
        channel: discord.TextChannel | discord.ForumChannel | None = None,
        topic: str | None = None,
        track: options.Track | None = None,
        difficulty: options.Difficulty | None = None,
        propose_hours: options.Hours | None = None,
        discuss_hours: options.Hours | None = None,
        proposals: options.Shown | None = None,
        minutes: options.Minutes | None = None,
        voice: discord.VoiceChannel | None = None,
    ) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        setup = await services.setup.show(who)
        recurrence = options.recurrence(
            kind,
            options.local_time(time),
            repeat,
            days,
            every_weeks,
            day_of_month,
            starting,
            today=local_day(interaction, setup.zone),
        )
        draft = await services.schedules.draft(
            who,
            kind=kind,
            channel_id=postable(channel or interaction.channel, kind).id,
            recurrence=recurrence,
            options=options.filters(
                kind, topic, track, difficulty, known=services.questions.topics, before={}
            )
            | options.terms(kind, propose_hours, discuss_hours, proposals, before={})
            | options.session(kind, minutes, voice.id if voice else None, before={}),
        )
        await show(interaction, face.draft_card(draft, interaction.guild, services.questions.topics))

    @app_commands.command(name="edit", description="Change when, where or from what a schedule posts")
    @app_commands.describe(**options.DESCRIPTIONS, number=NUMBER)
    @app_commands.choices(repeat=options.REPEAT_CHOICES)
    @app_commands.autocomplete(topic=topic_or_any_choices)
    @app_commands.autocomplete(number=schedule_choices)
    async def edit(
        self,
        interaction: Interaction,
        number: int,
        time: str | None = None,
        repeat: str | None = None,
        days: str | None = None,
        every_weeks: app_commands.Range[int, 1, 52] | None = None,
        day_of_month: app_commands.Range[int, 1, 31] | None = None,
        starting: str | None = None,
        channel: discord.TextChannel | discord.ForumChannel | None = None,
        topic: str | None = None,
        track: options.Track | None = None,
        difficulty: options.Difficulty | None = None,
        propose_hours: options.Hours | None = None,
        discuss_hours: options.Hours | None = None,
        proposals: options.Shown | None = None,
        minutes: options.Minutes | None = None,
        voice: discord.VoiceChannel | None = None,
    ) -> None:
        await defer(interaction)
        services, who = interaction.client.services, asker(interaction)
        old = await services.schedules.one(who, number)
        recurrence = options.changed(
            old.kind,
            old.recurrence,
            options.local_time(time) if time else None,
            repeat,
            days,
            every_weeks,
            day_of_month,
            starting,
            today=local_day(interaction, old.zone),
        )
        draft = await services.schedules.draft_change(
            who,
            number,
            recurrence=recurrence,
            channel_id=postable(channel, old.kind).id if channel else None,
            options=options.filters(
                old.kind, topic, track, difficulty, known=services.questions.topics, before=old.options
            )
            | options.terms(old.kind, propose_hours, discuss_hours, proposals, before=old.options)
            | options.session(old.kind, minutes, voice.id if voice else None, before=old.options),
        )
        await show(interaction, face.draft_card(draft, interaction.guild, services.questions.topics))

    @app_commands.command(name="pause", description="Stop a schedule for a while")
    @app_commands.describe(number=NUMBER)
    @app_commands.autocomplete(number=schedule_choices)
    async def pause(self, interaction: Interaction, number: int) -> None:
        await set_paused(interaction, number, True, "Paused")

    @app_commands.command(name="resume", description="Let a paused schedule go on")
    @app_commands.describe(number=NUMBER)
    @app_commands.autocomplete(number=schedule_choices)
    async def resume(self, interaction: Interaction, number: int) -> None:
        await set_paused(interaction, number, False, "Going on")

    @app_commands.command(name="run", description="Post once now, besides the calendar")
    @app_commands.describe(number=NUMBER)
    @app_commands.autocomplete(number=schedule_choices)
    async def run(self, interaction: Interaction, number: int) -> None:
        await defer(interaction)
        planned = await interaction.client.services.schedules.run(asker(interaction), number, interaction.id)
        interaction.client.wake()
        await show(interaction, face.run_card(planned, interaction.guild))

    @app_commands.command(name="remove", description="Remove a schedule; what it posted stays")
    @app_commands.describe(number=NUMBER)
    @app_commands.autocomplete(number=schedule_choices)
    async def remove(self, interaction: Interaction, number: int) -> None:
        await defer(interaction)
        services = interaction.client.services
        planned = await services.schedules.one(asker(interaction), number)
        await show(interaction, face.remove_card(planned, number, services.questions.topics))


async def set_paused(interaction: Interaction, number: int, paused: bool, what: str) -> None:
    """Pause or resume, and show how the schedule stands now."""
    await defer(interaction)
    services = interaction.client.services
    planned = await services.schedules.set_paused(asker(interaction), number, paused)
    await show(interaction, face.schedule_card(planned, what, interaction.guild, services.questions.topics))


def local_day(interaction: Interaction, zone: str) -> date:
    """Today where the server is."""
    return interaction.client.clock.now().astimezone(ZoneInfo(zone)).date()


async def setup(bot: StudyBot) -> None:
    bot.controls.add(*face.CONTROLS)
    parent = bot.tree.get_command("setup")
    assert isinstance(parent, app_commands.Group), "cogs.setup comes first"
    parent.add_command(Schedules())
