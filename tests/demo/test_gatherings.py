"""Gatherings: a newcomer goes through a whole meeting and a whole problem with the cast, the clock turned."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.demo.cast import ids_on, seen
from bot.demo.show import QUIET, WHAT, staged
from bot.domain.schedules import KINDS
from bot.jobs import meetings, problems
from tests.demo.test_partner import OWN, Visitor, only_set_up, words

IDEA = "I would look at the base rate first, and check the result on three rows by hand."
MARKS = {"covered": ["0", "1"], "clarity": "3", "depth": "2", "follow_ups": "2", "improve": "Name a number"}


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    async with staged(tmp_path / "demo", past=only_set_up) as play:
        visitor = Visitor(play)
        await visitor.be("You")
        yield visitor


def found(room: Any, custom_id: str) -> Any:
    """The newest message in a room with a control whose custom_id begins so."""
    return [one for one in room.history() if any(id.startswith(custom_id) for id in ids_on(one))][-1]


async def meeting_of(visitor: Visitor) -> Any:
    """The newest meeting as it stands."""
    return await visitor.play.house.services.meeting_turns.standing(1)


async def next_of(visitor: Visitor, *kinds: str) -> timedelta | None:
    """How long it is until something of one of these kinds is due."""
    others = {*WHAT, *QUIET} - {*kinds}
    found = await visitor.play.house.services.deliveries.next_moment(besides=others)
    return found[0] - visitor.play.clock.now() if found else None


async def table_of(visitor: Visitor) -> Any:
    """The table at which one sits."""
    tables = (await meeting_of(visitor)).tables
    return next(one for one in tables if any(seat.discord_id == visitor.actor.id for seat in one.seats))


async def skip_until(visitor: Visitor, phase: str) -> None:
    """Press *Skip* on the index until a part of the meeting begins."""
    for _ in range(40):
        if (await meeting_of(visitor)).phase == phase:
            return
        await visitor.play.stage.skip()
    raise AssertionError(f"{phase} never came")


async def start(visitor: Visitor, **options: Any) -> None:
    await visitor.slash("meeting start", minutes=30, **options)
    await visitor.wait(2)
    rules = await visitor.do("click", found(visitor.server.channel, "meeting.here:"), label="I'm here")
    mine = await visitor.do("click", rules, label="I agree")
    assert "You are here" in words(mine)


async def recite(visitor: Visitor) -> None:
    """Do what is asked of oneself in the pair's room: recite, listen, and say what was heard."""
    for _ in range(20):
        said = words(visitor.card)
        if f"<@{visitor.actor.id}> recites" in said and "[I begin]" in said:
            await visitor.do("click", visitor.card, label="I begin")
            await visitor.do("send", visitor.room, OWN)
            await visitor.wait(60)
            await visitor.do("click", visitor.card, label="Finished")
        elif "[Give feedback]" in said and f"<@{visitor.actor.id}>" in said:
            await visitor.fill(visitor.card, "Give feedback", MARKS)
        elif "Well done" in said:
            return
        await visitor.wait(30)
    raise AssertionError(f"not done: {words(visitor.card)}")


async def test_a_lone_newcomer_goes_through_a_whole_meeting_with_the_cast(visitor: Visitor) -> None:
    server, you = visitor.server, visitor.actor
    await start(visitor)
    await skip_until(visitor, "recite")
    assert len((await meeting_of(visitor)).present) == 6
    # Three pairs; the newcomer's own, and two of the cast among themselves.
    await visitor.wait(10)
    rooms = [one for one in server.channel.threads if (one.name or "").startswith("Recitation")]
    assert len(rooms) == 3
    await recite(visitor)
    heard = await visitor.do("click", visitor.card, label="Read my feedback")
    assert "Feedback on your recitation" in words(heard)
    await skip_until(visitor, "think")
    for room in rooms:
        assert "Well done" in "\n".join(words(one) for one in room.history())

    # Nobody proposes for the newcomer, and all but one have something to say.
    await visitor.wait(1)
    card = found(server.channel, "problem.propose:")
    await visitor.fill(card, "Propose", {"text": IDEA})
    await skip_until(visitor, "speak")
    meeting = await meeting_of(visitor)
    assert sum(one.proposed for one in meeting.attending) == 6
    while (table := await table_of(visitor)).speaker is not None:
        if table.speaker.discord_id == you.id:
            place = server.room(table.room_id) or server.channel
            await visitor.do("click", found(place, "meeting.done:"), label="Done")
        await visitor.wait(15)
    assert {seat.spoken for seat in table.seats} <= {"spoke", "passed"}

    await skip_until(visitor, "reveal")
    await skip_until(visitor, "close")
    await visitor.do("click", found(server.channel, "meeting.useful:"), label="A lot")
    await skip_until(visitor, "over")
    meeting = await meeting_of(visitor)
    assert sum(meeting.useful) == 6
    mine = next(one for one in meeting.attending if one.discord_id == you.id)
    assert (mine.recited, mine.heard, mine.proposed, mine.spoken) == (1, 1, True, "spoke")
    # Of a clock that ran out nothing is offered for a skip any more.
    assert await next_of(visitor, "meeting.turn", "meeting.swap", "meeting.word") is None


async def test_by_voice_they_come_and_go_too_and_nobody_acts_for_whom_is_played(visitor: Visitor) -> None:
    voice = visitor.server.guild.channels["Study room"]
    await visitor.be("Bao")
    await visitor.alone_as("Bao")
    await start(visitor, voice=voice)
    await skip_until(visitor, "recite")
    names = {name: actor.id for name, actor in visitor.server.people.items()}
    there = {one.discord_id for one in (await meeting_of(visitor)).present}
    assert there == {names[one] for one in ("Bao", "Carmen", "Hana", "Deniz", "Elif")}
    await skip_until(visitor, "close")
    by_name = {one.discord_id: one for one in (await meeting_of(visitor)).attending}
    assert not by_name[names["Bao"]].proposed
    assert by_name[names["Bao"]].recited == 0
    assert by_name[names["Carmen"]].proposed
    assert not [one for one in _said(visitor) if one.author.id == names["Bao"]]
    await skip_until(visitor, "over")
    await visitor.wait(9, 2)
    states = visitor.play.stage.env.backend.get_guild(visitor.server.guild.id).voice_states
    assert not {names[one] for one in ("Carmen", "Hana", "Deniz", "Elif")} & set(states)


def _said(visitor: Visitor) -> list[Any]:
    rooms = (visitor.server.channel, *visitor.server.channel.threads)
    return [one for room in rooms for one in room.history() if one.content]


async def test_a_problem_the_newcomer_proposed_to_is_discussed_by_the_cast(visitor: Visitor) -> None:
    server, grace = visitor.server, visitor.server.people["Grace"]
    shown = await visitor.play.stage.act(
        partial(grace.slash, server.channel, "problem post", channel=server.problems)
    )
    await visitor.play.stage.act(partial(grace.click, seen(shown), label="Post"))
    await visitor.wait(60, 3)
    (post,) = server.problems.threads
    # Nobody of the cast begins by themselves.
    assert "**Proposed: 0" in words(post.history()[0]) or "Nobody" in words(post.history()[0])
    await visitor.fill(post.history()[0], "Propose", {"text": IDEA})
    await visitor.wait(60, 3)
    read = await visitor.do("click", post.history()[0], label="Read the proposals")
    assert "of 7" in words(read)
    for move in ("Open the discussion", "Show the solution"):
        panel = await visitor.play.stage.act(partial(grace.click, post.history()[0], label="For guides"))
        await visitor.play.stage.act(partial(grace.click, seen(panel), label=move))
        await visitor.wait(60, 4)
        if move == "Open the discussion":
            # The day for proposals is over before its time, and its end is not waited for.
            assert (await next_of(visitor, "problem.turn") or timedelta()) > timedelta(hours=40)
    said = [words(one) for one in post.history()]
    assert sum("responds to [You]" in one for one in said) == 6
    assert any("A way to solve it" in one for one in said)
    open_here = await visitor.play.house.services.problems.open_here(server.person("You"))
    _, mine, _, _ = await _mine(visitor, open_here[0].id)
    assert mine.votes == 3


async def _mine(visitor: Visitor, problem_id: int) -> Any:
    for page in range(7):
        read = await visitor.play.house.services.problems.read(visitor.server.person("You"), problem_id, page)
        if read[1] is not None and read[1].mine:
            return read
    raise AssertionError("the newcomer proposed nothing")


def test_every_moment_of_a_meeting_or_a_problem_has_words_or_is_passed_over() -> None:
    kinds = {*KINDS, *problems.TIMERS, *meetings.timers(None)}  # type: ignore[arg-type]
    assert kinds <= {*WHAT, *QUIET}
