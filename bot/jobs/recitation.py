"""Recitations in time: rooms are opened, phases end, whoever is missing is asked, and cards are drawn again."""

import structlog

from bot.client.cards import Card
from bot.client.posting import Unpostable
from bot.domain.recitation import ENDS, Room
from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.recitation.exchange import exchange_card
from bot.ui.recitation.notes import nudge_card, voice_card, word_marker
from bot.ui.recitation.room import marker, passed_card, room_card, room_name

log = structlog.get_logger()


async def open_room(desk: Desk, due: Due) -> None:
    """Make the thread of people who were put together, and post their card in it."""
    recitations = desk.services.recitations
    room = await recitations.to_open(due)
    if room is not None and room.thread_id is None:
        try:
            thread_id = await desk.rooms.open_thread(
                room.channel_id,
                mark=f"r{room.id}",
                name=room_name(room, desk.services.questions.topics),
                people=[chair.discord_id for chair in room.here],
            )
        except Unpostable:
            # The staff hear why; its people may press again.
            await recitations.not_opened(room.id)
            raise
        room = await recitations.opened(room.id, thread_id)
    if room is not None:
        await post_card(desk, due, room)
    await desk.services.deliveries.done("timers", due)


async def next_phase(desk: Desk, due: Due) -> None:
    """The time of a phase is up: the next card is a new message, and the one before loses its buttons."""
    turned = await desk.services.recitations.elapsed(due)
    if turned is not None and await post_card(desk, due, turned.room) and turned.before is not None:
        assert turned.room.thread_id is not None
        await desk.poster.edit(turned.room.thread_id, turned.before, passed_card(turned.room))
    await desk.services.deliveries.done("timers", due)


async def post_card(desk: Desk, due: Due, room: Room) -> bool:
    """Post a room's card as a new message; False when its thread is gone."""
    message_id = await _post(desk, due, room, await _face(desk, room, new=True), marker(room))
    if message_id is None:
        return False
    await desk.services.recitations.posted(room, message_id)
    return True


async def _face(desk: Desk, room: Room, *, new: bool = False) -> Card:
    exchange = await desk.services.exchanges.standing(room.id) if room.stage.phase == "exchange" else None
    return exchange_card(exchange) if exchange is not None else room_card(room, new=new)


async def draw_again(desk: Desk, due: Due) -> None:
    """Bring the card up to date where it stands."""
    assert due.subject_id is not None
    room = await desk.services.recitations.standing(due.subject_id)
    if room is not None and room.thread_id is not None and room.message_id is not None:
        await desk.poster.edit(room.thread_id, room.message_id, await _face(desk, room))
        if room.stage.phase in ENDS:
            # Put away a moment before, it was woken to be drawn.
            await desk.rooms.close("thread", room.thread_id)
    await desk.services.deliveries.done("timers", due)


async def nudge(desk: Desk, due: Due) -> None:
    """Ask in the thread, once, or close what nobody finished."""
    found = await desk.services.recitations.nudge(due)
    if found is not None:
        word = "-".join(due.key.split(":")[2:])
        await _post(desk, due, found.room, nudge_card(found, word), word_marker(found.room, word))
    await desk.services.deliveries.done("timers", due)


async def open_voice(desk: Desk, due: Due) -> None:
    """Make the voice channel somebody asked for, or say plainly why there is none."""
    assert due.subject_id is not None
    recitations = desk.services.recitations
    room = await recitations.voice_wanted(due.subject_id)
    if room is not None:
        await give_voice(desk, due, room, beside=room.channel_id)
    await desk.services.deliveries.done("timers", due)


async def give_voice(desk: Desk, due: Due, room: Room, *, beside: int, bring: bool = True) -> None:
    """Make a room's voice channel, bring its people there, and say where it is, or why there is none.

    A meeting, which has many to move at once, brings them itself.
    """
    voice_id = reason = None
    people = [chair.discord_id for chair in room.here]
    try:
        voice_id = await desk.rooms.open_voice(
            room.guild_id, mark=f"r{room.id}", name="Recitation", people=people, beside=beside
        )
    except Unpostable as error:
        # Not for the staff to hear: there is the thread.
        reason = error.reason
        log.info("no voice room", reason=reason)
    if voice_id is not None:
        await desk.services.recitations.voice_opened(room.id, voice_id)
        if bring:
            await desk.rooms.bring(room.guild_id, voice_id, people)
    await _post(desk, due, room, voice_card(room, voice_id, reason), word_marker(room, "voice"))


async def _post(desk: Desk, due: Due, room: Room, card: Card, mark: str) -> int | None:
    """Post in a room's thread; a thread that is gone, or closed to us, ends the recitation and is no fault."""
    assert room.thread_id is not None
    try:
        message_id = await earlier(desk, due, mark, room.thread_id)
        if message_id is None:
            # One timer may have several things to say.
            message_id = await desk.poster.post(room.thread_id, card, nonce=nonce_of(f"{due.key}:{mark}"))
    except Unpostable as error:
        log.info("the thread is gone", reason=error.reason)
        await desk.services.recitations.thread_gone(room.id)
        return None
    return message_id
