"""Group problems going out: the post, its phases, the discussion's messages, and the nudge."""

from collections.abc import Iterable
from contextlib import suppress

import structlog

from bot.client.cards import Card
from bot.client.posting import PASSING, Unpostable, Vanished
from bot.domain.notices import PROBLEM
from bot.domain.problems import Problem, fitting, tag_names
from bot.domain.schedules import Due
from bot.domain.texts import shortened
from bot.jobs.deliveries import MESSAGE, earlier
from bot.jobs.desk import Desk, TimerHandler
from bot.jobs.notices import tell_directly
from bot.services.deliveries import nonce_of
from bot.services.problems.phases import NUDGE, OPEN, POST, READ, REDRAW, REMIND, TELL, TURN
from bot.ui.problems import (
    nudge_card,
    nudge_marker,
    phase_cards,
    problem_card,
    problem_marker,
    proposal_card,
    proposal_marker,
    response_card,
    response_marker,
)
from bot.ui.questions import DIFFICULTY

log = structlog.get_logger()

# One of them is there, or a guide takes it on.
ASKED_AT_MOST = 10


class ProblemPost:
    """A group problem: chosen once, posted once, with a place to discuss it in. In a forum the post is that place."""

    async def marker(self, desk: Desk, due: Due) -> str | None:
        problem = await desk.services.problem_turns.known(due)
        return problem_marker(problem) if problem else None

    async def card(self, desk: Desk, due: Due) -> Card:
        turns = desk.services.problem_turns
        known = await turns.known(due)
        return problem_card(known or await turns.prepare(due, await _guide(desk, due)))

    async def posted(self, desk: Desk, due: Due, message_id: int) -> bool:
        problem = await desk.services.problem_turns.prepare(due)
        forum = await desk.forums.known(problem.channel_id) is not None
        thread_id: int | None = message_id
        if forum:
            message_id = await desk.forums.first_message(message_id)
        else:
            try:
                thread_id = await desk.poster.open_thread(problem.channel_id, message_id, _name(problem))
            except Unpostable:
                # The problem is out; without the permission it is discussed in the channel itself.
                thread_id = None
        return await desk.services.problem_turns.posted(
            due, problem.id, message_id=message_id, thread_id=thread_id, forum=forum
        )


class ProblemWay:
    """Into a forum as a post with tags, anywhere else as a message."""

    async def find(self, desk: Desk, due: Due, marker: str | None) -> int | None:
        assert due.channel_id is not None
        forum = await desk.forums.known(due.channel_id) if marker is not None else None
        if forum is None or marker is None:
            return await MESSAGE.find(desk, due, marker)
        # Discord knows no nonce for posts: every attempt after the first looks.
        return await desk.forums.find(forum, marker, after=due.first_attempt_at)

    async def send(self, desk: Desk, due: Due, card: Card) -> int:
        problem = await desk.services.problem_turns.prepare(due)
        forum = await desk.forums.known(problem.channel_id)
        if forum is None:
            return await MESSAGE.send(desk, due, card)
        tags = await _tags(desk, problem)
        return await desk.forums.open(forum, card, name=_name(problem), tags=tags)


async def _guide(desk: Desk, due: Due) -> int | None:
    """Whose turn it is to guide, among those who are there and still may; Discord is asked, no gateway tells."""
    found = await desk.services.problem_turns.guides(due)
    for discord_id in found.in_turn[:ASKED_AT_MOST]:
        named = discord_id in found.named
        try:
            roles = await desk.guilds.roles_of(found.guild_id, discord_id)
        except PASSING as error:
            # The problem does not wait for it.
            log.warning("guide not asked for", error=repr(error))
            roles = frozenset() if named else None
        if roles is not None and (named or found.role_id in roles):
            return discord_id
    return None


def _name(problem: Problem) -> str:
    """What the thread or the post is called."""
    return shortened(problem.question.draft["title"], 100)


async def _tags(desk: Desk, problem: Problem) -> tuple[int, ...]:
    """The tags of a problem's post as it is now, made where the forum lacks and has room for them."""
    forum = await desk.forums.known(problem.channel_id)
    if forum is None:
        return ()
    phase = "propose" if problem.phase == "draft" else problem.phase
    names = tag_names(phase, problem.question.topic_name, DIFFICULTY[problem.question.draft["difficulty"]])
    forum = await desk.forums.add_tags(forum, fitting(forum.tags, names))
    known = {name.casefold(): tag for name, tag in forum.tags.items()}
    return tuple(known[name.casefold()] for name in names if name.casefold() in known)


# --- phases


async def turn(desk: Desk, due: Due) -> None:
    """A phase's time is up."""
    await desk.services.problem_turns.turn(due)


async def tell(desk: Desk, due: Due) -> bool:
    """Say that a phase has begun: the discussion, the solution with what a strong answer has, or the summary."""
    turns = desk.services.problem_turns
    found = await turns.telling(due)
    if found is None:
        await turns.told(due, None)
        return False
    phase, outcome = found
    said = await _say(desk, due, outcome.problem, phase_cards(phase, outcome))
    if outcome.problem.forum:
        # Where the forum cannot be read any more there is nothing to sort the post by.
        with suppress(Unpostable):
            await desk.forums.tag(outcome.problem.place, await _tags(desk, outcome.problem))
    await turns.told(due, said)
    return True


async def redraw(desk: Desk, due: Due) -> None:
    """Bring a problem's card, and its summary, up to date."""
    found = await desk.services.problem_turns.redrawing(due)
    if found is not None:
        problem, outcome = found
        if problem.message_id is not None:
            await desk.poster.edit(problem.place, problem.message_id, problem_card(problem))
        if outcome is not None and problem.summary_message_id is not None:
            ((_, summary),) = phase_cards("closed", outcome)
            await desk.poster.edit(problem.room, problem.summary_message_id, summary)
    await desk.services.problem_turns.redrawn(due, found[0].changes if found is not None else 0)


# --- the discussion


async def open_proposal(desk: Desk, due: Due) -> None:
    """Open one proposal for everyone."""
    turns = desk.services.problem_turns
    found = await turns.opening(due)
    if found is None:
        await turns.opened(due, None)
        return
    problem, proposed = found
    message_id = await _say(desk, due, problem, [(proposal_marker(proposed), proposal_card(proposed))])
    if not await turns.opened(due, message_id):
        await desk.poster.delete(problem.room, message_id)


async def post_response(desk: Desk, due: Due) -> None:
    """Post a response from the form, or bring its message up to date."""
    turns = desk.services.problem_turns
    found = await turns.responding(due)
    if found is None:
        await turns.responded(due, None, None)
        return
    problem, response = found
    face = response_card(response)
    message_id = response.message_id
    if message_id is None or not await desk.poster.edit(problem.room, message_id, face):
        message_id = await _say(desk, due, problem, [(response_marker(response), face)])
        if due.attempts > 1:
            # What an earlier attempt got through may say what was written before.
            await desk.poster.edit(problem.room, message_id, face)
    if not await turns.responded(due, response, message_id):
        await desk.poster.delete(problem.room, message_id)


async def _say(desk: Desk, due: Due, problem: Problem, cards: Iterable[tuple[str, Card]]) -> int:
    """Post messages where a problem is discussed, each once; the first one's id. A thread that is gone is left."""
    try:
        return await _post(desk, due, problem.room, cards)
    except Vanished:
        if problem.forum or problem.thread_id is None:
            raise
        await desk.services.problem_turns.lost(problem.id)
        return await _post(desk, due, problem.channel_id, cards)


async def _post(desk: Desk, due: Due, channel_id: int, cards: Iterable[tuple[str, Card]]) -> int:
    said = []
    for place, (marker, card) in enumerate(cards):
        message_id = await earlier(desk, due, marker, channel_id)
        if message_id is None:
            key = f"{due.key}:{place}:{channel_id}"
            message_id = await desk.poster.post(channel_id, card, nonce=nonce_of(key))
        said.append(message_id)
    return said[0]


async def read(desk: Desk, due: Due) -> None:
    """Count the replies that came while nobody listened."""
    voices = desk.services.problem_voices
    unread = await voices.unread(due)
    last = None
    if unread is not None:
        guild_id, room, after = unread
        replies, last = await desk.poster.replies(room, after=after)
        for reply in replies:
            await voices.heard(guild_id, reply.author_id, reply.to)
    await voices.read_up_to(due, last)


# --- the silent


async def call(desk: Desk, due: Due) -> None:
    """Set the timers of everybody who is to be nudged."""
    await desk.services.problem_voices.call(due)


async def nudge(desk: Desk, due: Due) -> None:
    """Nudge one person, once."""
    found = await desk.services.problem_voices.nudge(due)
    if found is not None:
        await tell_directly(desk, due, PROBLEM, found.discord_id, nudge_card(found), nudge_marker(found))


TIMERS: dict[str, TimerHandler] = {
    TURN: turn,
    TELL: tell,
    OPEN: open_proposal,
    POST: post_response,
    REDRAW: redraw,
    READ: read,
    NUDGE: call,
    REMIND: nudge,
}
