"""Recitations in time: rooms are opened, phases end, whoever is missing is asked, and cards are drawn again."""

from dataclasses import replace

import structlog

from bot.client.cards import Card
from bot.client.posting import Unpostable
from bot.domain.recitation import ENDS, Room
from bot.domain.schedules import Due
from bot.jobs.deliveries import CLOCK_SLACK, earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.services.recitation.circle import thread_key
from bot.ui.pairing.enrolment import rest_card, rest_marker
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
            thread_id = await make_thread(desk, room)
        except Unpostable:
            # The staff hear why; its people may press again.
            await recitations.not_opened(room.id)
            raise
        room = await recitations.opened(room.id, thread_id)
    if room is not None:
        await post_card(desk, due, room)
    await desk.services.deliveries.done("timers", due)


async def make_thread(desk: Desk, room: Room) -> int:
    """The private thread of a room's people. Raises Unpostable."""
    return await desk.rooms.open_thread(
        room.channel_id,
        mark=f"r{room.id}",
        name=room_name(room, desk.services.questions.topics),
        people=[chair.discord_id for chair in room.here],
    )


async def time_is_up(desk: Desk, due: Due) -> None:
    """The time of a phase is up: another begins, or it ends."""
    await desk.services.recitations.elapsed(due)
    await desk.services.deliveries.done("timers", due)


async def next_card(desk: Desk, due: Due) -> None:
    """A phase began: its card is a new message, and the one before loses its buttons."""
    assert due.subject_id is not None
    room = await desk.services.recitations.unshown(due)
    if room is not None:
        await post_card(desk, due, room)
    elif due.attempts > 1:
        await _overtaken(desk, due)
    await desk.services.deliveries.done("timers", due)


async def _overtaken(desk: Desk, due: Due) -> None:
    """An attempt that died may have posted a card, which nobody noted, or not taken the buttons from those before."""
    assert due.subject_id is not None
    room = await desk.services.recitations.standing(due.subject_id)
    if room is None or room.thread_id is None:
        return
    then = replace(room, step=int(due.key.rpartition(":")[2]))
    try:
        message_id = await desk.poster.find(
            room.thread_id, marker(then), after=due.first_attempt_at - CLOCK_SLACK
        )
    except Unpostable:
        return
    if message_id is not None:
        await desk.services.recitations.posted(then, message_id)
    await _pass(desk, room.id)


async def post_card(desk: Desk, due: Due, room: Room) -> bool:
    """Post a room's card as a new message, the only one with buttons; False when its thread is gone."""
    message_id = await _post(desk, due, room, await _face(desk, room, new=True), marker(room))
    if message_id is None:
        return False
    await desk.services.recitations.posted(room, message_id)
    await _pass(desk, room.id)
    return True


async def _pass(desk: Desk, recitation_id: int) -> None:
    """Take the buttons from cards that are out of date."""
    room = await desk.services.recitations.standing(recitation_id)
    if room is None or room.thread_id is None or not room.outdated:
        return
    for message_id in room.outdated:
        await desk.poster.edit(room.thread_id, message_id, passed_card())
    await desk.services.recitations.passed(room)


async def _face(desk: Desk, room: Room, *, new: bool = False) -> Card:
    exchange = await desk.services.exchanges.standing(room.id) if room.stage.phase == "exchange" else None
    return exchange_card(exchange) if exchange is not None else room_card(room, new=new)


async def draw_again(desk: Desk, due: Due) -> None:
    """Bring the card up to date where it stands."""
    assert due.subject_id is not None
    recitations = desk.services.recitations
    room = await recitations.standing(due.subject_id)
    if room is not None and room.thread_id is not None and room.message_id is not None:
        await desk.poster.edit(room.thread_id, room.message_id, await _face(desk, room))
        now = await recitations.standing(room.id)
        if now is not None and now.message_id != room.message_id:
            # Another was posted meanwhile.
            await desk.poster.edit(room.thread_id, room.message_id, passed_card())
        if room.stage.phase in ENDS and await desk.services.rooms.put_away(thread_key(room.id)):
            # Put away a moment before, it was woken to be drawn.
            await desk.rooms.close("thread", room.thread_id)
    await desk.services.deliveries.done("timers", due)


async def nudge(desk: Desk, due: Due) -> None:
    """Ask in the thread, once, or close what nobody finished."""
    found = await desk.services.recitations.nudge(due)
    if found is not None:
        word = "-".join(due.key.split(":")[2:])
        if found.purpose == "rest":
            (discord_id,) = found.discord_ids
            face, mark = rest_card(found.room.id, discord_id), rest_marker(found.room.id)
        else:
            face, mark = nudge_card(found, word), word_marker(found.room, word)
        await _post(desk, due, found.room, face, mark)
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
