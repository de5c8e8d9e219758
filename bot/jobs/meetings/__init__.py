"""Meetings in time: events are made, parts are called, rooms opened and closed, and people brought to and fro."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog

from bot.client.cards import Card
from bot.client.events import Events
from bot.client.posting import Unpostable
from bot.domain.meetings import ENDS, Meeting
from bot.domain.recitation import Room
from bot.domain.schedules import Due
from bot.domain.texts import shortened
from bot.jobs.deliveries import say_once
from bot.jobs.desk import Desk, TimerHandler
from bot.jobs.meetings.tables import call_table, send_home, word
from bot.jobs.recitation import give_voice, make_thread, post_card
from bot.services.meetings.attendance import GONE
from bot.services.meetings.breakouts import ROOM, SWAP, THIRD
from bot.services.meetings.course import BEGIN, CALL, CARD, DONE, TELL, TURN
from bot.services.meetings.moving import MOVE
from bot.services.meetings.planning import EVENT
from bot.services.meetings.speaking import HOME, TABLE, WORD
from bot.ui.meetings import (
    TITLE,
    call_card,
    call_marker,
    meeting_card,
    meeting_marker,
    summary_card,
    summary_marker,
)
from bot.ui.problems import problem_card, problem_marker

log = structlog.get_logger()

# Together with one move that Discord holds back this is less than an attempt may take.
MOVED_FOR = timedelta(seconds=5)


class MeetingPost:
    """A meeting that a schedule begins: its card is the post."""

    async def marker(self, desk: Desk, due: Due) -> str | None:
        meeting = await desk.services.meeting_turns.of_delivery(due)
        return meeting_marker(meeting) if meeting else None

    async def card(self, desk: Desk, due: Due) -> Card:
        return meeting_card(await desk.services.meeting_turns.begin_by(due))

    async def posted(self, desk: Desk, due: Due, message_id: int) -> bool:
        return await desk.services.meeting_turns.delivered(due, message_id)


# --- before it begins


async def make_event(events: Events, desk: Desk, due: Due) -> None:
    """Make the event of a meeting that is to come; one that somebody moved stands at the meeting's time again."""
    turns = desk.services.meeting_turns
    meeting = await turns.standing(due.subject_id)
    if meeting is not None and meeting.phase == "planned" and meeting.starts_at > desk.clock.now():
        ends_at = meeting.starts_at + timedelta(minutes=meeting.minutes)
        if meeting.event_id is not None:
            await events.put_right(
                meeting.guild_id, meeting.event_id, starts_at=meeting.starts_at, ends_at=ends_at
            )
        event_id = meeting.event_id or await events.make(
            meeting.guild_id,
            mark=f"Reps meeting {meeting.id}",
            name=TITLE,
            description=(
                f"{meeting.minutes} minutes: recite a concept to a partner, then a group problem on which everyone "
                "speaks. Press Interested to be reminded, if you chose so in /me settings."
            ),
            starts_at=meeting.starts_at,
            ends_at=ends_at,
            voice_id=meeting.voice_id,
            place=desk.guilds.channel_name(meeting.guild_id, meeting.channel_id),
        )
        if not await turns.announced(meeting.id, event_id):
            await events.end(meeting.guild_id, event_id)
    await desk.services.deliveries.done("timers", due)


async def call(events: Events, desk: Desk, due: Due) -> None:
    """Have those reminded who are interested in the event."""
    meeting = await desk.services.meeting_turns.standing(due.subject_id)
    if meeting is not None and meeting.phase == "planned" and meeting.event_id is not None:
        people = await events.interested(meeting.guild_id, meeting.event_id)
        await desk.services.meeting_turns.remind(meeting.id, people)
    await desk.services.deliveries.done("timers", due)


async def begin(desk: Desk, due: Due) -> None:
    """The time of a meeting has come."""
    assert due.subject_id is not None
    await desk.services.meeting_turns.begin(due.subject_id)
    await desk.services.deliveries.done("timers", due)


# --- its parts


async def turn(desk: Desk, due: Due) -> None:
    """A part's time is up."""
    await listen(desk, due.subject_id)
    await desk.services.meeting_turns.turn(due)
    await desk.services.deliveries.done("timers", due)


async def tell(events: Events, desk: Desk, due: Due) -> None:
    """Say that a part has begun; where nothing can be said any more, the meeting ends and the staff hear why."""
    turns = desk.services.meeting_turns
    meeting = await turns.telling(due)
    if meeting is not None:
        try:
            await _tell(events, desk, due, meeting)
        except Unpostable:
            await turns.lost(meeting.id)
            raise
    await desk.services.deliveries.done("timers", due)


async def _tell(events: Events, desk: Desk, due: Due, meeting: Meeting) -> None:
    turns = desk.services.meeting_turns
    match meeting.phase:
        case "arrive":
            if meeting.event_id is not None:
                await events.begin(meeting.guild_id, meeting.event_id)
            await listen(desk, meeting.id)
            if not meeting.by_schedule and meeting.message_id is None:
                standing = await turns.standing(meeting.id) or meeting
                message_id = await say_once(
                    desk, due, meeting.channel_id, meeting_card(standing), meeting_marker(meeting)
                )
                await turns.posted(meeting.id, message_id)
        case "recite":
            await listen(desk, meeting.id)
            await turns.pair(meeting.id)
            await _call(desk, due, meeting)
        case "think":
            await _pose(desk, due, meeting)
            await _call(desk, due, meeting)
        case "close":
            await say_once(desk, due, meeting.channel_id, summary_card(meeting), summary_marker(meeting))
        case _:
            await _call(desk, due, meeting)


async def _call(desk: Desk, due: Due, meeting: Meeting) -> None:
    await desk.services.meeting_moves.foresee(meeting.id, desk.rooms.pace)
    meeting = await desk.services.meeting_turns.standing(meeting.id) or meeting
    await say_once(desk, due, meeting.channel_id, call_card(meeting), call_marker(meeting))


async def _pose(desk: Desk, due: Due, meeting: Meeting) -> None:
    """Post the problem, with the thread in which it is discussed."""
    problem = await desk.services.meeting_turns.problem(meeting.id)
    if problem is None:
        return
    message_id = await say_once(desk, due, meeting.channel_id, problem_card(problem), problem_marker(problem))
    thread_id: int | None
    try:
        thread_id = await desk.poster.open_thread(
            meeting.channel_id, message_id, shortened(problem.question.draft["title"], 100)
        )
    except Unpostable:
        # Without the permission it is discussed in the channel itself.
        thread_id = None
    await desk.services.meeting_turns.problem_posted(meeting.id, message_id, thread_id)


async def draw(desk: Desk, due: Due) -> None:
    """Bring the meeting's card up to date; one that was deleted is posted anew."""
    turns = desk.services.meeting_turns
    meeting = await turns.standing(due.subject_id)
    if meeting is not None and meeting.message_id is not None:
        face = meeting_card(meeting)
        if not await desk.poster.edit(meeting.channel_id, meeting.message_id, face) and meeting.running:
            try:
                message_id = await say_once(desk, due, meeting.channel_id, face, meeting_marker(meeting))
            except Unpostable:
                await turns.lost(meeting.id)
                raise
            await turns.posted(meeting.id, message_id)
    await desk.services.deliveries.done("timers", due)


async def swap(desk: Desk, due: Due) -> None:
    """Call the swap."""
    await desk.services.meeting_turns.swap(due)
    await desk.services.deliveries.done("timers", due)


async def done(events: Events, desk: Desk, due: Due) -> None:
    """Show the event of a meeting as over, or called off."""
    meeting = await desk.services.meeting_turns.standing(due.subject_id)
    if meeting is not None and meeting.event_id is not None and meeting.phase in ENDS:
        await events.end(meeting.guild_id, meeting.event_id)
    await desk.services.deliveries.done("timers", due)


# --- people in voice


async def listen(desk: Desk, meeting_id: int | None) -> None:
    """Look who is in a meeting's voice channels: what was said of it while nobody listened is not said again."""
    for one in await desk.services.meetings.by_voice():
        if one.meeting_id == meeting_id:
            inside = {channel: desk.rooms.inside(one.guild_id, channel) for channel in one.channels}
            known = {channel: people for channel, people in inside.items() if people is not None}
            # Where another process sees the server, that one hears of its voice.
            if len(known) == len(inside):
                await desk.services.meetings.recount(one.meeting_id, known)


async def move(desk: Desk, due: Due) -> None:
    """Bring a few to where they should be: Discord makes the rest wait, and other servers' turn comes in between."""
    moves, since, moved = desk.services.meeting_moves, desk.clock.now(), 0
    for one in await moves.waiting(due.subject_id):
        brought = bool(await desk.rooms.bring(one.guild_id, one.channel_id, (one.discord_id,)))
        await moves.moved(one, brought=brought)
        moved += brought
        if desk.clock.now() - since >= MOVED_FOR:
            break
    took = (desk.clock.now() - since) / moved if moved else timedelta()
    await moves.go_on(due, max(desk.rooms.pace, took))


async def stepped_out(desk: Desk, due: Due) -> None:
    """Whoever dropped out of voice a minute ago has left."""
    await desk.services.meeting_turns.stepped_out(due)
    await desk.services.deliveries.done("timers", due)


# --- recitations' rooms


async def open_room(desk: Desk, due: Due) -> None:
    """Open a pair's room: a thread, in a meeting by voice a voice channel too; or else the meeting's channel."""
    room = await desk.services.recitations.to_open(due)
    found = await desk.services.meeting_turns.breakout(due.subject_id)
    if found is not None:
        if room is not None and room.thread_id is None:
            room = await _opened(desk, room, found.meeting)
        if room is not None:
            await post_card(desk, due, room)
        # Asked anew: an earlier attempt may have come as far as the card.
        speaking = await desk.services.recitations.voice_wanted(found.room.id)
        if speaking is not None and found.meeting.voice_id is not None:
            await give_voice(desk, due, speaking, beside=found.meeting.voice_id, bring=False)
        await desk.services.meeting_turns.room_opened(found.meeting.id)
    await desk.services.deliveries.done("timers", due)


async def _opened(desk: Desk, room: Room, meeting: Meeting) -> Room | None:
    try:
        thread_id = await make_thread(desk, room)
    except Unpostable as error:
        log.info("no thread for a pair", reason=error.reason)
        return await desk.services.meeting_turns.opened_in(room.id, meeting.channel_id)
    return await desk.services.recitations.opened(room.id, thread_id)


async def let_in(desk: Desk, due: Due) -> None:
    """Let the third of a trio into the room of the other two."""
    found = await desk.services.meeting_turns.breakout(due.subject_id)
    if found is not None and found.room.chairs:
        room, third = found.room, found.room.chairs[-1].discord_id
        places = [("thread", room.thread_id), ("voice", room.voice_id)]
        for kind, place in places:
            if place is not None and place != found.meeting.channel_id:
                with suppress(Unpostable):
                    await desk.rooms.admit(kind, place, third)
    await desk.services.deliveries.done("timers", due)


def timers(events: Events) -> dict[str, TimerHandler]:
    """Every timer of meetings with its handler."""
    return {
        EVENT: partial(make_event, events),
        CALL: partial(call, events),
        BEGIN: begin,
        TURN: turn,
        TELL: partial(tell, events),
        CARD: draw,
        SWAP: swap,
        DONE: partial(done, events),
        GONE: stepped_out,
        MOVE: move,
        ROOM: open_room,
        THIRD: let_in,
        TABLE: call_table,
        WORD: word,
        HOME: send_home,
    }
