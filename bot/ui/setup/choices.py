"""The live set-up card: every choice is saved at once and the card redrawn in place."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import discord

from bot.client.bot import Interaction, StudyBot
from bot.client.cards import Card, Row, card, row
from bot.client.controls import (
    TicketButton,
    TicketChannelSelect,
    TicketRoleSelect,
    TicketSelect,
    Values,
    number,
)
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.calendar import cities, regions
from bot.domain.errors import OutOfDate, WrongChannel
from bot.domain.schedules import NOWHERE, Setup
from bot.ui.phrases import many, text_of
from bot.ui.setup.card import drawn_setup
from bot.ui.setup.first import (
    ConductButton,
    FirstQuestionButton,
    narrow_role,
    server_of,
    study_channel,
    zone_guess,
)

# What the admin may change, in the order in which it stands on the card.
PARTS = {
    "channel": ("Channel", "where questions are posted"),
    "time": ("Daily time", "when the question of the day comes"),
    "zone": ("Time zone", "by region and city"),
    "people": ("Guides, moderators, alerts", "who helps, and who hears of trouble"),
    "goal": ("Weekly goal", "reps a week for the whole server"),
}
GOALS = (0, 25, 50, 100, 200, 500, 1000)


def invited_card(bot: StudyBot) -> Card:
    """The greeting after an invite."""
    return card(
        text_of("invited"),
        row(SetupButton(label="Set up", style=discord.ButtonStyle.primary)),
        "-# Only people with Manage Server can press this. The same is `/setup start`.",
    )


def setup_card(
    setup: Setup, bot: StudyBot, guild: discord.Guild, change: str | None = None, region: str | None = None
) -> Card:
    """The set-up as it stands and the way to the first question or, with `change`, to another choice."""
    if change is None:
        rounds = None if any(one.kind == "round" for one in setup.schedules) else RoundsButton.drawn()
        controls = (
            row(ChangeSelect.drawn()),
            row(FirstQuestionButton.drawn(), rounds, ConductButton.drawn()),
        )
        return drawn_setup(setup, bot, guild, *controls, whole=True)
    choices = _choices(change, setup, bot, guild, region)
    return drawn_setup(setup, bot, guild, *choices, row(BackButton.drawn()), whole=False)


def _choices(
    change: str, setup: Setup, bot: StudyBot, guild: discord.Guild, region: str | None
) -> tuple[Row | str | None, ...]:
    match change:
        case "channel":
            new = setup.channel_id is not None and guild.me.guild_permissions.manage_channels
            return (
                row(ChannelSelect(placeholder="Where questions are posted", chosen=setup.channel_id)),
                row(NewChannelButton(label="A new #reps")) if new else None,
            )
        case "time":
            return (row(TimeSelect.drawn(setup)),)
        case "zone":
            return (row(RegionSelect.drawn(region)), row(CitySelect.drawn(region, bot)) if region else None)
        case "people":
            return (
                "-# Guides are the more experienced people; moderators read reports; alerts tell what failed.",
                row(GuideSelect(placeholder="The guides' role", chosen=setup.guide_role_id)),
                row(ModeratorSelect(placeholder="The moderators' role", chosen=setup.moderator_role_id)),
                row(AlertSelect(placeholder="Alerts go to", chosen=setup.alert_channel_id)),
            )
        case "goal":
            return (row(GoalSelect.drawn(setup)),)
    raise OutOfDate


class SetupButton(TicketButton):
    """In the greeting: sets the server up with the defaults; later it only shows the set-up."""

    verb = "setup.start"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer(interaction)
        service, who = interaction.client.services.setup, asker(interaction)
        channel_id = study_channel(interaction, await service.show(who))
        setup = await service.start(who, channel_id=channel_id, guess=zone_guess(interaction))
        await show(interaction, setup_card(setup, interaction.client, server_of(interaction)))


class RoundsButton(TicketButton):
    """Plans weekly recitation rounds with the defaults."""

    verb = "setup.rounds"

    @classmethod
    def drawn(cls) -> "RoundsButton":
        return cls(label="Pair members every week")

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await defer_redraw(interaction)
        setup = await interaction.client.services.setup.plan_rounds(asker(interaction))
        await show(interaction, setup_card(setup, interaction.client, server_of(interaction)))


# --- changing


class ChangeSelect(TicketSelect):
    """Opens one part of the set-up for another choice."""

    verb = "setup.change"

    @classmethod
    def drawn(cls) -> "ChangeSelect":
        options = [
            discord.SelectOption(label=label, value=part, description=about)
            for part, (label, about) in PARTS.items()
        ]
        return cls(placeholder="Change …", options=options)

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _redraw(interaction, values[0])


class BackButton(TicketButton):
    """Back to the whole set-up."""

    verb = "setup.back"

    @classmethod
    def drawn(cls) -> "BackButton":
        return cls(label="Done")

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await _redraw(interaction)


class ChannelSelect(TicketChannelSelect):
    verb = "setup.channel"

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(interaction, channel_id=_text_channel(interaction, values))


class NewChannelButton(TicketButton):
    """Back to the default: a new channel, created with the first question."""

    verb = "setup.new"

    @classmethod
    async def press(cls, interaction: Interaction, ticket: Any) -> None:
        await _save(interaction, channel_id=NOWHERE)


class TimeSelect(TicketSelect):
    verb = "setup.time"

    @classmethod
    def drawn(cls, setup: Setup) -> "TimeSelect":
        now = next((one.recurrence.at for one in setup.schedules if one.kind == "question"), None)
        times = sorted({time(hour) for hour in range(24)} | ({now} if now else set()))
        options = [
            discord.SelectOption(label=f"{at:%H:%M}", value=f"{at:%H:%M}", default=at == now) for at in times
        ]
        return cls(placeholder="When the daily question comes", options=options)

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        try:
            at = time.fromisoformat(values[0])
        except ValueError:
            raise OutOfDate from None
        await _save(interaction, at=at)


class RegionSelect(TicketSelect):
    verb = "setup.region"

    @classmethod
    def drawn(cls, region: str | None) -> "RegionSelect":
        options = [discord.SelectOption(label=one, value=one, default=one == region) for one in regions()]
        return cls(placeholder="First the region", options=options)

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        if values[0] not in regions():
            raise OutOfDate
        await _redraw(interaction, "zone", values[0])


class CitySelect(TicketSelect):
    verb = "setup.city"

    @classmethod
    def drawn(cls, region: str, bot: StudyBot) -> "CitySelect":
        now = bot.clock.now()
        options = [
            discord.SelectOption(
                label=zone.partition("/")[2].replace("_", " ").replace("/", ", ") or zone,
                value=zone,
                description=f"now {now.astimezone(ZoneInfo(zone)):%H:%M}",
            )
            for zone in cities(region)
        ]
        return cls(placeholder="Then the city whose time is yours", options=options)

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(interaction, zone=values[0])


class GuideSelect(TicketRoleSelect):
    verb = "setup.guides"
    least = 0

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(interaction, "people", guide_role_id=_role(interaction, values))


class ModeratorSelect(TicketRoleSelect):
    verb = "setup.moderators"
    least = 0

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(interaction, "people", moderator_role_id=_role(interaction, values))


class AlertSelect(TicketChannelSelect):
    verb = "setup.alerts"
    least = 0

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        await _save(
            interaction, "people", alert_channel_id=_text_channel(interaction, values) if values else 0
        )


class GoalSelect(TicketSelect):
    verb = "setup.goal"

    @classmethod
    def drawn(cls, setup: Setup) -> "GoalSelect":
        now = setup.weekly_goal or 0
        options = [
            discord.SelectOption(
                label=many(goal, "rep") if goal else "Grows with the group",
                value=str(goal),
                default=goal == now,
            )
            for goal in sorted({*GOALS, now})
        ]
        return cls(placeholder="Reps a week", options=options)

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: Any, values: Values) -> None:
        # What is not offered came by command, and chosen again changes nothing.
        offered = values[0] in map(str, GOALS)
        await _save(interaction, weekly_goal=int(values[0]) if offered else None)


def _id(values: Values) -> int:
    """The id a select of Discord's own sent; raises OutOfDate for anything else."""
    try:
        return number(values[0])
    except ValueError:
        raise OutOfDate from None


def _text_channel(interaction: Interaction, values: Values) -> int:
    channel = server_of(interaction).get_channel(_id(values))
    if not isinstance(channel, discord.TextChannel):
        raise WrongChannel
    return channel.id


def _role(interaction: Interaction, values: Values) -> int:
    return narrow_role(server_of(interaction).get_role(_id(values)) if values else None)


async def _redraw(interaction: Interaction, change: str | None = None, region: str | None = None) -> None:
    await defer_redraw(interaction)
    setup = await interaction.client.services.setup.show(asker(interaction))
    await show(interaction, setup_card(setup, interaction.client, server_of(interaction), change, region))


async def _save(interaction: Interaction, change: str | None = None, **choice: Any) -> None:
    """Save one choice and redraw the card, back on the whole of it unless more is chosen on the same page."""
    await defer_redraw(interaction)
    setup = await interaction.client.services.setup.start(asker(interaction), **choice)
    await show(interaction, setup_card(setup, interaction.client, server_of(interaction), change))


CONTROLS = (
    SetupButton,
    RoundsButton,
    FirstQuestionButton,
    ConductButton,
    ChangeSelect,
    BackButton,
    ChannelSelect,
    NewChannelButton,
    TimeSelect,
    RegionSelect,
    CitySelect,
    GuideSelect,
    ModeratorSelect,
    AlertSelect,
    GoalSelect,
)
