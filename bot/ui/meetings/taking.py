"""Taking part in a meeting: coming, going, finding one's place, and the one question at the end."""

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.meetings import Mine
from bot.ui.conduct import AgreeButton, show_rules
from bot.ui.meetings.tickets import MeetingTicket, PartTicket, UsefulTicket
from bot.ui.meetings.words import PARTS, now_words, people_words
from bot.ui.recitation.solo import SoloButton, SoloTicket

NEXT = "You join the next part; the card shows when it begins. Nothing is asked of you before."
GONE = "Thank you for coming. Your minutes until now count; *I'm here* brings you back at any time."
THANKS = "Thank you. Pressed again, the last one counts."


class HereButton(TicketButton):
    """Takes part from now on."""

    verb, ticket = "meeting.here", MeetingTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MeetingTicket) -> None:
        await defer(interaction)
        await _come(interaction, ticket)


class AgreeAndComeButton(AgreeButton):
    """Agrees to the rules, and takes part."""

    verb, ticket = "meeting.agree", MeetingTicket

    @classmethod
    async def go_on(cls, interaction: Interaction, ticket: MeetingTicket) -> None:
        await _come(interaction, ticket)


async def _come(interaction: Interaction, ticket: MeetingTicket) -> None:
    found = await interaction.client.services.meetings.come(asker(interaction), ticket.meeting_id)
    if found is None:
        await show_rules(interaction, AgreeAndComeButton(ticket))
        return
    interaction.client.wake()
    await show(interaction, mine_card(found))


class MineButton(TicketButton):
    """Shows where one is to be now."""

    verb, ticket = "meeting.mine", PartTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: PartTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.meetings.mine(asker(interaction), ticket.meeting_id)
        await show(interaction, mine_card(found))


class GoButton(TicketButton):
    """Leaves; whoever is left alone is put together anew."""

    verb, ticket = "meeting.go", MeetingTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: MeetingTicket) -> None:
        await defer(interaction)
        await interaction.client.services.meetings.go(asker(interaction), ticket.meeting_id)
        interaction.client.wake()
        await show(interaction, card(GONE, colour=GOOD))


class UsefulButton(TicketButton):
    """Answers the one question at the end."""

    verb, ticket = "meeting.useful", UsefulTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: UsefulTicket) -> None:
        await defer(interaction)
        await interaction.client.services.meetings.say_useful(
            asker(interaction), ticket.meeting_id, ticket.useful
        )
        interaction.client.wake()
        await show(interaction, card(THANKS, colour=GOOD))


def mine_card(found: Mine) -> Card:
    """Where somebody is to be now, and with whom."""
    meeting = found.meeting
    part = meeting.slots[meeting.place].part
    head = f"You are here. **{PARTS[part]}**, {now_words(meeting)}." if meeting.ends_at else "You are here."
    if found.table is not None:
        where = found.table.voice_id or found.table.room_id or meeting.voice_id or meeting.channel_id
        return card(head, f"You sit at table {found.table.number}: <#{where}>.", colour=GOOD)
    group = found.group
    if meeting.phase != "recite":
        return card(head, f"We are all in <#{meeting.voice_id or meeting.channel_id}>.", colour=GOOD)
    if group is None:
        return card(head, NEXT, colour=GOOD)
    if group.solo:
        words = "Nobody was left for you this time. Reciting solo is a rep as well, and takes a few minutes."
        return card(
            head, words, row(SoloButton(SoloTicket(group.recitation_id), label="Recite solo")), colour=GOOD
        )
    places = [f"<#{one}>" for one in (group.voice_id, group.thread_id) if one] or ["a room that opens now"]
    return card(head, f"{people_words(group.people)}: {' and '.join(places)}.", colour=GOOD)


CONTROLS = (HereButton, AgreeAndComeButton, MineButton, GoButton, UsefulButton)
