"""What stands behind *More* in a room."""

from bot.client.bot import Interaction
from bot.client.cards import GOOD, Card, Part, Text, card, row
from bot.client.controls import TicketButton
from bot.client.replies import asker, defer, show
from bot.domain.recitation import ENDS, Chair, Room
from bot.domain.texts import escaped
from bot.services.recitation.absence import Waited
from bot.ui.recitation.feedback import KEEP, THANK, KeepButton, ThankButton
from bot.ui.recitation.guidance import HandButton
from bot.ui.recitation.solo import solo_button
from bot.ui.recitation.tickets import WATCHED, RecitationTicket, RoomTicket, link
from bot.ui.recitation.times import TimesButton
from bot.ui.safety import SafetyButton, SafetySelect, SafetyTicket

FIRST_IN_LINE = (
    "You are first in line for somebody else: `/recite now` shows your place. Or recite alone meanwhile."
)


class ConceptButton(TicketButton):
    verb, ticket = "recite.concept", RoomTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RoomTicket) -> None:
        await defer(interaction)
        room = await interaction.client.services.recitations.another_concept(
            asker(interaction), ticket.recitation_id, ticket.step
        )
        interaction.client.wake()
        me = chair_of(room, interaction.user.id)
        title = escaped(me.concept.title) if me and me.concept else ""
        await show(
            interaction,
            card(f"Your concept is now **{title}**. The card in the thread shows it.", colour=GOOD),
        )


class VoiceButton(TicketButton):
    verb, ticket = "recite.voice", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        room = await interaction.client.services.recitations.ask_voice(
            asker(interaction), ticket.recitation_id
        )
        interaction.client.wake()
        where = f"Your voice room is <#{room.voice_id}>." if room.voice_id else None
        await show(
            interaction, card(where or "I open a voice room for you and say so in the thread.", colour=GOOD)
        )


class AbsentButton(TicketButton):
    verb, ticket = "recite.absent", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.recitations.absent(asker(interaction), ticket.recitation_id)
        interaction.client.wake()
        await show(interaction, absent_card(found))


class AgainButton(TicketButton):
    """After a partner has left, finds another."""

    verb, ticket = "recite.again", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.recitations.again(asker(interaction), ticket.recitation_id)
        interaction.client.wake()
        await show(interaction, again_card(found))


def chair_of(room: Room, discord_id: int) -> Chair | None:
    """Somebody's own chair."""
    return next((chair for chair in room.chairs if chair.discord_id == discord_id), None)


def more_card(room: Room, reader: int, owed: TicketButton | None = None) -> Card:
    """Everything one can do in a room besides what its card offers; `owed` gives feedback that is still owed."""
    ticket, phase = RecitationTicket(room.id), room.stage.phase
    others = [chair for chair in room.chairs if chair.discord_id != reader]
    me = chair_of(room, reader)
    waits = phase in ("ready", "reciting", "rubric")
    held = phase in ("feedback", "done") and any(chair.here for chair in others)
    begun = any(chair.recited_at for chair in room.chairs)
    lines: list[Part | None] = [
        Text("## More"),
        Text(f"The card: {link(room)}") if room.thread_id and phase not in ENDS else None,
        row(
            owed,
            ConceptButton(RoomTicket(room.id, room.step), label="Another concept")
            if phase == "ready" and me and me.place == room.stage.turn
            else None,
            VoiceButton(ticket, label="Voice room") if waits and room.medium == "voice" else None,
            TimesButton(ticket, label="Another time") if phase == "ready" and not begun else None,
            AbsentButton(ticket, label="My partner has not come")
            if waits and any(not chair.came for chair in others)
            else None,
        ),
        row(
            ThankButton(ticket, label=THANK) if held else None,
            KeepButton(ticket, label=KEEP) if held else None,
            HandButton(ticket, label="Raise hand"),
            SafetyButton(SafetyTicket("recitation", others[0].reciter_id)) if len(others) == 1 else None,
        ),
        row(SafetySelect("recitation", ((chair.reciter_id, chair.name) for chair in others)))
        if len(others) > 1
        else None,
        Text(f"{WATCHED} *Raise hand* asks a guide to come."),
    ]
    return card(*lines)


def absent_card(found: Waited) -> Card:
    """After somebody said that their partner has not come."""
    room = found.room
    if found.found is not None:
        return again_card(found)
    if room.stage.phase in ENDS:
        return card("This recitation is over. `/recite now` finds you another partner.")
    if len(room.here) > 1:
        return card("Noted: the two of you go on. I ask whoever is missing once, in the thread.", colour=GOOD)
    line = (
        FIRST_IN_LINE
        if found.in_line
        else "You need not wait: `/recite now` looks for somebody else, or recite alone now."
    )
    return card(
        f"I ask them once, in the thread; they have a day to answer, so it may still come to something. {line}",
        row(solo_button()),
    )


def again_card(found: Waited) -> Card:
    """After somebody wished for another partner at once."""
    if found.found is not None:
        return card(
            "Somebody else was waiting too. I open a room for you now, and mention you there.", colour=GOOD
        )
    return card(FIRST_IN_LINE, row(solo_button()))


CONTROLS = (ConceptButton, VoiceButton, AbsentButton, AgainButton)
