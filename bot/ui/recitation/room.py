"""The room's card: whose turn it is, what to cover, how long there is; two buttons for each phase, and *More*."""

from collections.abc import Awaitable, Callable, Mapping

import discord

from bot.client.bot import Interaction
from bot.client.cards import GOOD, QUIET, STUDY, Attached, Card, Row, card, row
from bot.client.controls import Fields, Ticket, TicketButton, TicketModal, graded
from bot.client.replies import ask, asker, defer, defer_redraw, show
from bot.domain.members import Person
from bot.domain.recitation import AFTER, ENDS, Chair, Outline, Room
from bot.domain.texts import escaped, shortened
from bot.services.recitation.opening import Entrance
from bot.services.recitation.rescheduling import LASTS_MINUTES
from bot.ui.appointments import calendar_file, in_words
from bot.ui.phrases import somebody, stamp
from bot.ui.questions import trimmed
from bot.ui.recitation.concepts import concept_words, follow_up_words, outline_parts
from bot.ui.recitation.feedback import READ, THANK, ReadButton, ThankButton
from bot.ui.recitation.marks import FOLLOW_UPS, NEVER, rubric_fields, rubric_in
from bot.ui.recitation.more import chair_of, more_card
from bot.ui.recitation.tickets import MODERATED, RecitationTicket, ReciterTicket, RoomTicket, link

OVER = "This recitation is over. `/recite now` begins another, and `/recite history` shows your feedback."
NO_THREAD = (
    "I may not open private threads here, so there may be no room for now; the staff hear of it. Meet in any voice "
    "channel meanwhile, and press *Open* again when it is mended."
)


class OpenButton(TicketButton):
    """Opens the room of two or three who were put together; whoever of them presses first."""

    verb, ticket = "recite.open", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.recitations.open(asker(interaction), ticket.recitation_id)
        interaction.client.wake()
        await show(interaction, entrance_card(found, interaction.app_permissions.create_private_threads))


class BeginButton(TicketButton):
    verb, ticket = "recite.begin", RoomTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RoomTicket) -> None:
        await _move_on(interaction, ticket, interaction.client.services.recitations.begin)


class FinishButton(TicketButton):
    verb, ticket = "recite.finish", RoomTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RoomTicket) -> None:
        await _move_on(interaction, ticket, interaction.client.services.recitations.finish)


async def _move_on(
    interaction: Interaction, ticket: RoomTicket, act: Callable[[Person, int, int], Awaitable[Room]]
) -> None:
    await defer_redraw(interaction)
    room = await act(asker(interaction), ticket.recitation_id, ticket.step)
    interaction.client.wake()
    await show(interaction, _moved_on(room))


class ListenButton(TicketButton):
    verb, ticket = "recite.listen", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        await defer(interaction)
        found = await interaction.client.services.recitations.outline(
            asker(interaction), ticket.recitation_id
        )
        await show(interaction, outline_card(found))


class MarkButton(TicketButton):
    verb, ticket = "recite.mark", RecitationTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RecitationTicket) -> None:
        found = await interaction.client.services.recitations.to_mark(
            asker(interaction), ticket.recitation_id
        )
        await ask(interaction, MarkModal(ReciterTicket(found.reciter_id), outline=found))


class MarkModal(TicketModal):
    """The rubric; whoever listened fills it in, once."""

    verb, ticket = "recite.mark-form", ReciterTicket

    def __init__(self, ticket: Ticket, *, outline: Outline) -> None:
        super().__init__(ticket, title=shortened(f"Feedback: {outline.title}", 45))
        covered, improve = "Which of these did you hear?", "One thing to improve (optional)"
        *first, last = rubric_fields(outline.key_points, covered=covered, improve=improve)
        for field in (*first, graded("follow_ups", "How did they handle follow-ups?", FOLLOW_UPS), last):
            self.add_item(field)

    @classmethod
    async def submit(cls, interaction: Interaction, ticket: ReciterTicket, fields: Fields) -> None:
        await defer_redraw(interaction)
        room, moved = await interaction.client.services.recitations.mark(
            asker(interaction), ticket.reciter_id, rubric_in(fields)
        )
        interaction.client.wake()
        message = interaction.message
        # The form came from the card, or from what stands behind *More*; the card may be an older one by now.
        if message is None or message.flags.ephemeral:
            face = card("Thank you. It opens for everyone at once, when all have given theirs.", colour=GOOD)
        elif moved:
            face = _moved_on(room)
        else:
            face = room_card(room) if message.id == room.message_id else passed_card()
        await show(interaction, face)


class MoreButton(TicketButton):
    verb, ticket = "recite.more", RoomTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: RoomTicket) -> None:
        await show_more(interaction, ticket.recitation_id)


async def show_more(interaction: Interaction, recitation_id: int) -> None:
    """Show somebody what else they can do in their room."""
    await defer(interaction)
    who = asker(interaction)
    room = await interaction.client.services.recitations.present(who, recitation_id)
    me = chair_of(room, who.discord_id)
    # Where the card itself asks for it, once is enough.
    owes = me in room.owing and room.stage.phase in ("ready", "reciting")
    mark = MarkButton(RecitationTicket(recitation_id), label="Give feedback") if owes else None
    await show(interaction, more_card(room, who.discord_id, mark))


def marker(room: Room) -> str:
    """The custom_id by which the card of this step is found again."""
    return MoreButton.custom_id_for(RoomTicket(room.id, room.step))


def room_name(room: Room, topics: Mapping[str, str]) -> str:
    """What the thread is called, by what was wished; names of people stay out of it, since it outlives them."""
    wished = dict.fromkeys(topics.get(one.topic, one.topic) for one in room.chairs if one.topic)
    return " · ".join(["Recitation", *wished])


# --- cards


def entrance_card(found: Entrance, may_open: bool) -> Card:
    """The way in, for whoever pressed."""
    room = found.room
    if room.stage.phase in ENDS:
        return card(OVER)
    if room.thread_id is not None:
        return card(f"Your room is open: {link(room)}", colour=GOOD)
    return card(
        NO_THREAD if not may_open else "I open your room now, and mention you there in a moment.",
        MODERATED,
    )


def room_card(room: Room, *, new: bool = False) -> Card:
    """A room as it stands; a new message mentions everyone but whoever has just begun."""
    heading, words = _words(room)
    reciter = room.reciter
    concept = (
        concept_words(reciter.concept)
        if reciter and reciter.concept and room.stage.phase in ("ready", "reciting", "rubric")
        else None
    )
    open_ = room.stage.phase not in ENDS
    return card(
        f"## {heading}",
        words,
        concept,
        _calendar(room),
        "\n".join(_said(room)) or None,
        _buttons(room),
        MODERATED if open_ else None,
        colour=GOOD if room.stage.phase in ("feedback", "done") else STUDY if open_ else QUIET,
        pings=[chair.discord_id for chair in room.here if new and not _begins(room, chair)],
    )


def _begins(room: Room, chair: Chair) -> bool:
    return room.stage.phase == "reciting" and chair == room.reciter


def _words(room: Room) -> tuple[str, str]:
    me, listener = _who(room.reciter), _who(room.listener())
    until = f" Until {stamp(room.ends_at, 't')}, {stamp(room.ends_at, 'R')}." if room.ends_at else ""
    rest = [one for one in room.here if one.place not in (room.stage.turn, _place(room.listener()))]
    watches = f" {_who(rest[0])} observes." if rest else ""
    match room.stage.phase:
        case "ready" if room.later and room.meets_at is not None:
            zones = in_words(room.meets_at, [chair.zone for chair in room.here])
            when = f"{stamp(room.meets_at, 'F')}, {stamp(room.meets_at, 'R')}"
            return "You meet later", f"{_everyone(room)}: {when}.\n-# {zones}\nI write here then."
        case "ready":
            how = (
                "Write it in this thread, as you would say it."
                if room.medium == "typed"
                else "Say it aloud in a voice channel (*More* opens one for you), or type it here."
            )
            clock = (
                f"There is time to read until {stamp(room.ends_at, 't')}, {stamp(room.ends_at, 'R')}; then"
                if room.ends_at
                else "When everyone is here,"
            )
            return "Get ready", (
                f"{me} recites, {listener} listens.{watches} {how}\n{clock} {me} presses *I begin*. "
                f"{listener} finds the key points under *For the listener*."
            )
        case "reciting":
            return "Reciting", (
                f"{me} explains this in about 90 seconds; then {listener} asks the follow-ups.{watches}{until}"
            )
        case "rubric" if room.stage.turn == AFTER:
            owing = " and ".join(_who(chair) for chair in room.owing) or "Somebody"
            return "Nearly done", (
                f"Everyone has recited. {owing} still owes feedback; it opens for all when it is in, or "
                f"{stamp(room.ends_at, 'R') if room.ends_at else 'in a day'} at the latest."
            )
        case "rubric":
            return (
                "Feedback",
                f"{listener}, what did you hear from {me}?{until} It stays sealed until all gave theirs.\n{NEVER}",
            )
        case "feedback":
            return "Well done", (
                f"{_everyone(room)}: everyone has recited and listened, and your feedback is open.{until} "
                "Reading it confirms that your listener listened; their points for it wait for that. "
                "*Thank my listener* tells them so here."
            )
        case "done":
            stays = " Your feedback stays under the button." if _any_given(room) else ""
            return "Done", f"This recitation is over.{stays} `/recite now` begins another."
    return "Over", OVER


def _calendar(room: Room) -> Attached | None:
    """What they agreed on, for any calendar."""
    if not room.later or room.meets_at is None:
        return None
    what = f"In {link(room)}"
    return calendar_file(
        "recitation", room.id, "Recitation", room.meets_at, LASTS_MINUTES, what, at=room.since
    )


def _said(room: Room) -> list[str]:
    """What stands on the card besides: thanks, a guide's note, and that one signed it off."""
    lines = [
        f"-# {_who(chair)} thanks {_who(listener)} for listening."
        for chair in room.chairs
        # What stays for years names nobody.
        if room.stage.phase not in ENDS and chair.thanked and (listener := room.listener(chair.place))
    ]
    if room.guide_note:
        lines.append(f"**A note from {somebody(room.noted_by)}:** {escaped(room.guide_note)}")
    if room.signed_off_by is not None:
        lines.append(f"**Signed off** by {somebody(room.signed_off_by)}.")
    return lines


def _buttons(room: Room) -> Row | None:
    ticket, step = RecitationTicket(room.id), RoomTicket(room.id, room.step)
    more, primary = MoreButton(step, label="More"), discord.ButtonStyle.primary
    listen = ListenButton(ticket, label="For the listener")
    match room.stage.phase:
        case "ready" if room.later:
            return row(more)
        case "ready":
            return row(BeginButton(step, label="I begin", style=primary), listen, more)
        case "reciting":
            return row(FinishButton(step, label="Finished", style=primary), listen, more)
        case "rubric":
            return row(
                MarkButton(ticket, label="Give feedback", style=primary),
                listen if room.stage.turn < AFTER else None,
                more,
            )
        case "feedback":
            return row(ReadButton(ticket, label=READ, style=primary), ThankButton(ticket, label=THANK), more)
        case "done":
            return row(ReadButton(ticket, label=READ) if _any_given(room) else None, more)
    return None


def _moved_on(room: Room) -> Card:
    """What a card becomes by the press that ends its phase: the next one is posted below it, unless it is all over."""
    return room_card(room) if room.stage.phase in ENDS else passed_card()


def passed_card() -> Card:
    """What becomes of a card when a newer one stands below it."""
    return card("-# The newest card is at the end of this thread.", colour=QUIET)


def outline_card(outline: Outline) -> Card:
    """What only the listener sees."""
    follow_ups = follow_up_words(outline)
    return card(
        f"## {escaped(outline.title)}",
        f"You listen to <@{outline.discord_id}>. Let them finish, then ask one or two follow-ups; mark what you heard.",
        *trimmed(outline_parts(outline), 2300),
        f"**Follow-ups, with what a good reply holds**\n{shortened(follow_ups, 1300)}"
        if follow_ups
        else None,
        "-# Only you see this. Please do not share it: the others would have nothing to recite.",
    )


def _who(chair: Chair | None) -> str:
    return f"<@{chair.discord_id}>" if chair else "somebody"


def _any_given(room: Room) -> bool:
    return any(chair.given for chair in room.here)


def _place(chair: Chair | None) -> int | None:
    return chair.place if chair else None


def _everyone(room: Room) -> str:
    return " ".join(f"<@{chair.discord_id}>" for chair in room.here)


CONTROLS = (OpenButton, BeginButton, FinishButton, ListenButton, MarkButton, MarkModal, MoreButton)
