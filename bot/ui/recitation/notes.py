"""The messages in a room's thread that are no card: a nudge, a question to who is missing, where to talk."""

from bot.client.bot import Interaction
from bot.client.cards import CARE, GOOD, Card, card, row
from bot.client.controls import TicketButton
from bot.domain.recitation import ENDS, Room
from bot.services.recitation.absence import Nudge
from bot.ui.recitation.more import AgainButton
from bot.ui.recitation.room import show_more
from bot.ui.recitation.solo import solo_button
from bot.ui.recitation.tickets import RecitationTicket, WordTicket

NO_VOICE = (
    "I could not open a voice room: {reason}. Talk in any voice channel, or type in this thread; both count."
)


class ShowButton(TicketButton):
    """Stands under a message that only says something: what one can do now."""

    verb, ticket = "recite.show", WordTicket

    @classmethod
    async def press(cls, interaction: Interaction, ticket: WordTicket) -> None:
        await show_more(interaction, ticket.recitation_id)


def word_marker(room: Room, word: str) -> str:
    """The custom_id by which a message of this kind is found again."""
    return ShowButton.custom_id_for(WordTicket(room.id, word))


def _show(room: Room, word: str) -> ShowButton:
    return ShowButton(WordTicket(room.id, word), label="What can I do?")


def nudge_card(nudge: Nudge, word: str) -> Card:
    """The one reminder in an unfinished room, or the one question to somebody who did not come."""
    room = nudge.room
    people = " ".join(f"<@{one}>" for one in nudge.discord_ids)
    if nudge.purpose == "left":
        return _left_card(room, people, word, nudge.discord_ids)
    if nudge.purpose == "ask":
        words = (
            f"{people}, your partner was here and waited. Something always may come up: press the button within a day, "
            "and nothing counts. There you also find *Another time*."
        )
    else:
        words = (
            f"{people}, this recitation is not finished. The card above still works, and *Another time* finds an hour. "
            "In two days I close it by itself; who recited keeps the rep."
        )
    return card(words, row(_show(room, word)), colour=CARE, pings=nudge.discord_ids)


def _left_card(room: Room, people: str, word: str, pings: tuple[int, ...]) -> Card:
    """To whoever is left when somebody takes part no more."""
    if room.stage.phase not in ENDS:
        words = (
            f"{people}, one of you has left. You go on without them: the newest card says whose turn it is."
        )
        return card(words, row(_show(room, word)), colour=CARE, pings=pings)
    again = AgainButton(RecitationTicket(room.id), label="Find me somebody else")
    return card(
        f"{people}, your partner has left, so this recitation ends here; what was recited counts. `/recite now` finds "
        "somebody else, or recite alone.",
        row(again if room.mode == "live" else None, solo_button(), _show(room, word)),
        colour=CARE,
        pings=pings,
    )


def voice_card(room: Room, voice_id: int | None, reason: str | None = None) -> Card:
    """Where to talk, or why there is no such place."""
    words = (
        f"Your voice room: <#{voice_id}>. Only you see it; it closes when everyone has left."
        if voice_id
        else NO_VOICE.format(reason=(reason or "").rstrip("."))
    )
    return card(words, row(_show(room, "voice")), colour=GOOD if voice_id else CARE)


CONTROLS = (ShowButton,)
