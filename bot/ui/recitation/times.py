"""Another time: three that suit everyone, taken by all of a room."""

from datetime import UTC, datetime

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, card, row
from bot.client.controls import TicketButton, TicketSelect, Values, places_of
from bot.client.replies import asker, defer, defer_redraw, show
from bot.domain.errors import OutOfDate
from bot.domain.recitation import Room
from bot.ui.appointments import in_words, moment_lines, moment_options
from bot.ui.phrases import stamp
from bot.ui.recitation.tickets import RecitationTicket


class TimesButton(TicketButton):
    verb, ticket = "recite.times", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        who = asker(interaction)
        room = await interaction.client.services.recitations.offer_times(who, ticket.recitation_id)
        interaction.client.wake()
        await show(interaction, times_card(room, who.discord_id))


class OtherTimesButton(TicketButton):
    verb, ticket = "recite.others", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer_redraw(interaction)
        who = asker(interaction)
        room = await interaction.client.services.recitations.offer_times(
            who, ticket.recitation_id, others=True
        )
        interaction.client.wake()
        await show(interaction, times_card(room, who.discord_id))


class TimeSelect(TicketSelect):
    verb, ticket = "recite.take", RecitationTicket

    @classmethod
    async def pick(cls, interaction: Interaction, ticket: RecitationTicket, values: Values) -> None:
        await defer_redraw(interaction)
        who = asker(interaction)
        try:
            at = datetime.fromtimestamp(places_of(values)[0], UTC)
        except (ValueError, OverflowError, OSError):
            raise OutOfDate from None
        room, agreed = await interaction.client.services.recitations.take_time(who, ticket.recitation_id, at)
        interaction.client.wake()
        await show(interaction, agreed_card(room, at) if agreed else times_card(room, who.discord_id))


def times_card(room: Room, reader: int) -> Card:
    """The times on offer, each on everybody's clock, and who takes which."""
    zones = [chair.zone for chair in sorted(room.here, key=lambda one: one.discord_id != reader)]
    takes = [
        f"-# <@{chair.discord_id}> takes {stamp(chair.takes, 'F')}" for chair in room.here if chair.takes
    ]
    ticket = RecitationTicket(room.id)
    return card(
        "## Another time",
        "These fit what you all set in `/me availability`. When everyone takes the same one, you meet then.",
        moment_lines(room.offered, zones),
        "\n".join(takes) or None,
        row(TimeSelect(ticket, placeholder="I take…", options=moment_options(room.offered, zones))),
        row(OtherTimesButton(ticket, label="Three other times")),
    )


def agreed_card(room: Room, at: datetime) -> Card:
    """After everyone took the same time."""
    return card(
        f"Agreed: you meet {stamp(at, 'F')}, {stamp(at, 'R')}.\n"
        f"-# {in_words(at, [chair.zone for chair in room.here])}",
        "I write in the thread then. `/me settings` can remind you an hour before.",
        colour=GOOD,
    )


CONTROLS = (TimesButton, OtherTimesButton, TimeSelect)
