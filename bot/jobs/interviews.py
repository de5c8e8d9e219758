"""Mock interviews in time: a partner is asked, threads and voice rooms open, cards are posted, phases end."""

import structlog

from bot.client.membership import Membership
from bot.client.posting import Unpostable
from bot.domain.schedules import Due
from bot.jobs.deliveries import earlier
from bot.jobs.desk import Desk
from bot.services.deliveries import nonce_of
from bot.ui.interviews import invitation_card, invitation_marker, thread_card, thread_marker, thread_name

log = structlog.get_logger()


async def ask(desk: Desk, due: Due) -> None:
    """Ask a named partner in the study channel, once."""
    times = desk.services.interview_times
    mock = await times.invitation(due)
    if mock is None:
        return
    assert mock.channel_id is not None
    try:
        message_id = await earlier(desk, due, invitation_marker(mock), mock.channel_id)
        if message_id is None:
            message_id = await desk.poster.post(
                mock.channel_id, invitation_card(mock), nonce=nonce_of(due.key)
            )
    except Unpostable:
        await times.unroomed(due)
        raise
    await times.invited(due, message_id)


async def look(membership: Membership, desk: Desk, due: Due) -> None:
    """Put together whoever waits and has come to fit; the thread that opens tells them."""
    requests = desk.services.mock_requests
    while (found := await requests.fitting(due)) is not None:
        # Who is gone is noted and left out. Where another process hears of the server, what is known must do.
        await membership.check(found.people.guild_id, found.people.discord_ids)
        if not await requests.bring_together(found):
            break
    await requests.looked(due)


async def open_thread(desk: Desk, due: Due) -> None:
    """Open the private thread of two who are together; where that is not allowed, there is no interview."""
    times = desk.services.interview_times
    mock = await times.opening(due)
    if mock is None:
        return
    assert mock.channel_id is not None
    try:
        thread_id = await desk.rooms.open_thread(
            mock.channel_id,
            mark=f"m{mock.id}",
            name=thread_name(mock),
            people=[seat.discord_id for seat in mock.seats],
        )
    except Unpostable:
        await times.unroomed(due)
        raise
    await times.opened(due, thread_id)


async def open_voice(desk: Desk, due: Due) -> None:
    """Open a voice room for the two, and bring in who is in voice already."""
    times = desk.services.interview_times
    mock = await times.voice(due)
    if mock is None:
        return
    people = [seat.discord_id for seat in mock.seats]
    channel_id = await desk.rooms.open_voice(
        mock.guild_id, mark=f"m{mock.id}", name=thread_name(mock), people=people, beside=mock.channel_id
    )
    await times.voiced(due, channel_id)
    await desk.rooms.bring(mock.guild_id, channel_id, people)


async def post(desk: Desk, due: Due) -> None:
    """Post the card of how an interview stands into its thread, once; overtaken by a newer one, not at all."""
    times = desk.services.interview_times
    mock = await times.card(due)
    if mock is None:
        return
    assert mock.thread_id is not None
    try:
        message_id = await earlier(desk, due, thread_marker(mock), mock.thread_id)
        if message_id is None:
            message_id = await desk.poster.post(mock.thread_id, thread_card(mock), nonce=nonce_of(due.key))
    except Unpostable as error:
        log.info("the thread takes no card", mock=mock.id, reason=error.reason)
        if not await times.lost(due):
            raise
        return
    await times.posted(due, mock, message_id)


async def draw_again(desk: Desk, due: Due) -> None:
    """Bring the card in the thread up to date where it stands."""
    mock = await desk.services.interview_times.drawn(due)
    if mock is not None and mock.thread_id is not None and mock.card_id is not None:
        await desk.poster.edit(mock.thread_id, mock.card_id, thread_card(mock))
    await desk.services.deliveries.done("timers", due)


async def answered(desk: Desk, due: Due) -> None:
    """Take the buttons from a card that asked somebody by name, in the same words however it ended."""
    mock = await desk.services.interview_times.look(due)
    if mock is not None and mock.channel_id is not None and mock.message_id is not None:
        await desk.poster.edit(mock.channel_id, mock.message_id, invitation_card(mock))
    await desk.services.deliveries.done("timers", due)


async def nudge(desk: Desk, due: Due) -> None:
    """Remind whom an interview waits for, once."""
    await desk.services.interview_times.nudge(due)


async def time_up(desk: Desk, due: Due) -> None:
    """A phase is over."""
    await desk.services.interview_times.time_up(due)
