"""/guide: what guides do. Everyone sees it; each right is checked in the service (M5)."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import Interaction, StudyBot
from bot.client.replies import asker, defer, show
from bot.services.guides import REASON_LIMIT
from bot.services.pairing import SEEDS
from bot.ui import audit, checks, corrections, guides
from bot.ui.choices import round_choices
from bot.ui.pairing import preview

Reason = app_commands.Range[str, 1, REASON_LIMIT]
Seed = app_commands.Range[int, 0, SEEDS - 1]
# Also somebody who left the server: only who they are is read.
Someone = discord.Member | discord.User
WHY = "Why; it stays in the record"


class Guide(commands.Cog):
    """The more experienced people's door."""

    guide = app_commands.Group(
        name="guide", description="For guides: the queue, people, points", guild_only=True
    )
    people = app_commands.Group(name="people", description="Who guides, and who is paused", parent=guide)
    points = app_commands.Group(name="points", description="A member's record", parent=guide)
    pairs = app_commands.Group(name="pairs", description="Recitation rounds", parent=guide)
    streak = app_commands.Group(name="streak", description="A member's streak", parent=guide)

    @guide.command(
        name="queue", description="What waits for guides, oldest first; for moderators, the reports"
    )
    async def queue(self, interaction: Interaction) -> None:
        await defer(interaction)
        await guides.show_queue(interaction)

    @guide.command(name="audit", description="What admins and guides did, newest first")
    @app_commands.describe(person="Only what this person did, or what was done about them")
    async def audit(self, interaction: Interaction, person: Someone | None = None) -> None:
        await defer(interaction)
        await audit.show_trail(interaction, about=person.id if person else None)

    # --- people

    @people.command(name="add", description="Name a guide (admins)")
    @app_commands.describe(member="Who guides from now on")
    async def add(self, interaction: Interaction, member: Someone) -> None:
        await defer(interaction)
        await interaction.client.services.guides.add(asker(interaction), guides.person_named(member))
        await show(interaction, guides.done_card(f"<@{member.id}> is a guide now: `/guide queue` is theirs."))

    @people.command(name="remove", description="Somebody guides no longer (admins)")
    @app_commands.describe(member="Who guided until now")
    async def remove(self, interaction: Interaction, member: Someone) -> None:
        await defer(interaction)
        await interaction.client.services.guides.remove(asker(interaction), member.id)
        await show(interaction, guides.done_card(f"<@{member.id}> guides no longer."))

    @people.command(name="list", description="Everyone who guides here")
    async def list(self, interaction: Interaction) -> None:
        await defer(interaction)
        found = await interaction.client.services.guides.people(asker(interaction))
        await show(interaction, guides.people_card(found))

    @people.command(name="pause", description="Close to somebody what others read, until a guide ends it")
    @app_commands.describe(member="Whom to pause", reason=WHY)
    async def pause(self, interaction: Interaction, member: Someone, reason: Reason) -> None:
        await defer(interaction)
        person = guides.person_named(member)
        await interaction.client.services.guides.pause(asker(interaction), person, reason)
        await show(
            interaction,
            guides.done_card(
                f"<@{member.id}> is paused: they can answer privately, and nothing more. "
                "`/guide people resume` ends it; please tell them why."
            ),
        )

    @people.command(name="resume", description="End a guide's pause")
    @app_commands.describe(member="Who is paused", reason=WHY)
    async def resume(self, interaction: Interaction, member: Someone, reason: Reason) -> None:
        await defer(interaction)
        person = guides.person_named(member)
        await interaction.client.services.guides.resume(asker(interaction), person, reason)
        await show(interaction, guides.done_card(f"<@{member.id}> takes part again."))

    # --- rounds

    @pairs.command(
        name="preview", description="The pairs the next round would make now, and why; nothing is saved"
    )
    @app_commands.describe(seed="A number from an earlier preview, for the same pairs")
    async def preview(self, interaction: Interaction, seed: Seed | None = None) -> None:
        await preview.preview(interaction, seed)

    @pairs.command(name="run", description="Pair everyone once now, besides the calendar")
    @app_commands.describe(
        seed="A preview's number, for the pairs it showed",
        number="Of which schedule, where there are several; else the one that comes next",
    )
    @app_commands.autocomplete(number=round_choices)
    async def run(
        self, interaction: Interaction, seed: Seed | None = None, number: int | None = None
    ) -> None:
        await preview.run(interaction, seed, number)

    # --- points and streaks

    @points.command(name="void", description="Take back reps that should not count")
    @app_commands.describe(member="Whose reps")
    async def void(self, interaction: Interaction, member: Someone) -> None:
        await defer(interaction)
        service = interaction.client.services.corrections
        await show(interaction, corrections.void_card(await service.voidable(asker(interaction), member.id)))

    @points.command(name="list", description="A member's latest reps, and what was voided and why")
    @app_commands.describe(member="Whose reps")
    async def latest(self, interaction: Interaction, member: Someone) -> None:
        await defer(interaction)
        service = interaction.client.services.corrections
        await show(interaction, corrections.record_card(await service.latest(asker(interaction), member.id)))

    @streak.command(name="repair", description="Count a day for a streak although no rep is recorded on it")
    @app_commands.describe(
        member="Whose streak", day="The day where they are, as 2026-12-07; at most 30 days ago", reason=WHY
    )
    async def repair(self, interaction: Interaction, member: Someone, day: str, reason: Reason) -> None:
        await defer(interaction)
        repaired = await interaction.client.services.corrections.repair(
            asker(interaction), member.id, corrections.typed_day(day), reason
        )
        await show(interaction, corrections.repaired_card(repaired))


async def setup(bot: StudyBot) -> None:
    faces = (guides, checks, corrections, audit, preview)
    bot.controls.add(*(control for face in faces for control in face.CONTROLS))
    await bot.add_cog(Guide())
