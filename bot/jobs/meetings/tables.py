"""Tables in time: each is given its place and its speaking order, and the word goes round."""

from contextlib import suppress

import structlog

from bot.client.posting import Unpostable
from bot.domain.meetings import Meeting, Table
from bot.domain.schedules import Due
from bot.jobs.deliveries import say_once
from bot.jobs.desk import Desk
from bot.ui.meetings import handed_on_card, table_card, table_marker

log = structlog.get_logger()

NO_ROOM = "I could not open a room for this table: {}. It meets here."


async def call_table(desk: Desk, due: Due) -> None:
    """Give a table its place, and post its speaking order there; in writing again for each who has the word."""
    found = await desk.services.meeting_turns.table(due.subject_id)
    if found is not None and found[0].open:
        table, meeting = found
        if table.message_id is None:
            await _call_to_order(desk, due, table, meeting)
        elif table.speaker is not None and due.key.endswith(f":{table.id}:{table.step}"):
            with suppress(Unpostable):
                await _give_word(desk, due, table, meeting)
    await desk.services.deliveries.done("timers", due)


async def _call_to_order(desk: Desk, due: Due, table: Table, meeting: Meeting) -> None:
    reason = await _seat(desk, table, meeting) if table.number > 1 else None
    seated = await desk.services.meeting_turns.table(table.id)
    if seated is not None:
        table = seated[0]
    face = table_card(table, pings=[seat.discord_id for seat in table.seats], reason=reason)
    message_id = await say_once(desk, due, table.room_id or meeting.channel_id, face, table_marker(table))
    await desk.services.meeting_turns.table_posted(table.id, message_id)


async def _give_word(desk: Desk, due: Due, table: Table, meeting: Meeting) -> None:
    assert table.speaker is not None and table.message_id is not None
    place, face = table.room_id or meeting.channel_id, table_card(table, pings=[table.speaker.discord_id])
    message_id = await say_once(desk, due, place, face, table_marker(table))
    await desk.services.meeting_turns.table_posted(table.id, message_id)
    if message_id != table.message_id:
        await desk.poster.edit(place, table.message_id, handed_on_card(table))


async def _seat(desk: Desk, table: Table, meeting: Meeting) -> str | None:
    """A room for a table besides the first, which stays where everyone is; why it has none."""
    people = [seat.discord_id for seat in table.seats]
    mark, name = f"m{meeting.id}t{table.number}", f"Table {table.number}"
    turns = desk.services.meeting_turns
    if meeting.voice_id is not None and table.voice_id is None:
        try:
            voice_id = await desk.rooms.open_voice(
                meeting.guild_id, mark=mark, name=name, people=people, beside=meeting.voice_id
            )
        except Unpostable as error:
            log.info("no voice room for a table", reason=error.reason)
        else:
            await turns.keep_room(table.id, "voice", voice_id)
            return None
    if table.room_id is None and table.voice_id is None:
        try:
            thread_id = await desk.rooms.open_thread(
                meeting.channel_id,
                mark=mark,
                name=f"Meeting {meeting.id}, table {table.number}",
                people=people,
            )
        except Unpostable as error:
            return NO_ROOM.format(error.reason.rstrip("."))
        await turns.keep_room(table.id, "thread", thread_id)
    return None


async def word(desk: Desk, due: Due) -> None:
    """The time of whoever has the word is up; the card says who is next."""
    turns = desk.services.meeting_turns
    await turns.word_over(due)
    await _draw_table(desk, due)
    await desk.services.deliveries.done("timers", due)


async def _draw_table(desk: Desk, due: Due) -> None:
    found = await desk.services.meeting_turns.table(due.subject_id)
    if found is not None and found[0].message_id is not None:
        table, meeting = found
        assert table.message_id is not None
        face = handed_on_card(table)
        await desk.poster.edit(table.room_id or meeting.channel_id, table.message_id, face)


async def send_home(desk: Desk, due: Due) -> None:
    """A table's turn to speak is over, and its card says so."""
    await _draw_table(desk, due)
    await desk.services.deliveries.done("timers", due)
