"""The partner: a lone newcomer finds somebody, and goes through what two do together, with the clock turned."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.client.cards import shown
from bot.demo.cast import Server, agreed, ids_on
from bot.demo.partner import Partner
from bot.demo.show import Staged, staged
from bot.domain.interviews.readouts import Mock

OWN = (
    "A definition first, then a small example with three numbers, and then when it stops working and why. "
    * 3
)


async def only_set_up(
    server: Server, partner: Partner, *, act: Any, pass_to: Any, now: Any, **_: Any
) -> None:
    """A past in which nothing happened."""
    ada = server.people["Ada"]
    await act(partial(ada.slash, server.channel, "setup start", channel=server.channel, guides=server.guides))
    await pass_to(now)


class Visitor:
    """Somebody at the browser, who plays one of the cast."""

    def __init__(self, play: Staged) -> None:
        self.play, self.server = play, play.server
        self.name = "You"

    @property
    def actor(self) -> Any:
        return self.server.people[self.name]

    async def be(self, name: str) -> None:
        """Play this one, as the index page tells the stage."""
        self.name = name
        await self.play.stage.scene(self.actor.id)

    async def alone_as(self, name: str) -> None:
        """Play this one in the only tab, and nobody else any more."""
        await self.play.partner.look()
        self.play.stage._played.clear()
        await self.be(name)

    async def do(self, action: str, *args: Any, **options: Any) -> Any:
        """Press, choose or write something; what is shown then."""
        done = await self.play.stage.act(partial(getattr(self.actor, action), *args, **options))
        if isinstance(done, discord.Message):
            return done
        answer = done.followups[-1] if done.followups else done.response
        return done if answer is None else answer

    async def slash(self, name: str, **options: Any) -> Any:
        return await self.do("slash", self.server.channel, name, **options)

    async def fill(self, message: Any, label: str, fields: dict[str, Any]) -> Any:
        form = await self.play.stage.act(partial(self.actor.click, message, label=label))
        return await self.do("submit_modal", form, fields)

    async def wait(self, seconds: int, times: int = 1) -> None:
        """Let time pass, in which the cast does what it does."""
        for _ in range(times):
            await self.play.partner.look()
            await self.play.stage.pass_to(self.play.clock.now() + timedelta(seconds=seconds))
            await self.play.partner.look()

    @property
    def rooms(self) -> list[Any]:
        return [one for one in self.server.channel.threads if self.actor.id in one._channel.thread_members]

    @property
    def room(self) -> Any:
        """The newest thread this person is in."""
        return max(self.rooms, key=lambda one: one.id)

    @property
    def card(self) -> discord.Message:
        history: list[discord.Message] = self.room.history()
        return [one for one in history if any(".more:" in id for id in ids_on(one))][-1]

    @property
    def said(self) -> str:
        return "\n".join(words(one) for one in self.room.history())

    def in_room(self) -> list[Any]:
        """Those of the cast who are in the newest thread."""
        inside = self.room._channel.thread_members
        return [who for who in self.server.people.values() if who.id in inside]

    async def mock(self) -> Mock:
        status = await self.play.house.services.mock_requests.status(self.server.person(self.name))
        return status.mocks[0]

    def said_by(self, name: str) -> list[str]:
        return [one.content for one in self.room.history() if one.author.id == self.server.people[name].id]


def words(message: Any) -> str:
    """What a card or a message says, its buttons with it."""
    if not message.components:
        return str(message.content)
    raw = [one if isinstance(one, dict) else one.to_dict() for one in message.components]
    return shown(raw)


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    async with staged(tmp_path / "demo", past=only_set_up) as play:
        visitor = Visitor(play)
        await visitor.be("You")
        yield visitor


async def recite_now(visitor: Visitor, **options: Any) -> Any:
    shown = await visitor.slash("recite now", **options)
    return await visitor.play.stage.act(partial(agreed, visitor.actor, shown))


async def test_a_lone_newcomer_goes_through_a_whole_recitation_and_sees_both_sides(visitor: Visitor) -> None:
    waiting = await recite_now(visitor)
    assert "Waiting for a partner" in words(waiting)
    await visitor.wait(6)
    paired = await visitor.do("click", waiting, label="I am still here")
    assert f"You recite with <@{visitor.server.people['Bao'].id}>" in words(paired)

    # The newcomer waited longer, so recites first; Bao listens, asks, and says what was heard.
    assert "Get ready" in words(visitor.card)
    await visitor.wait(6)
    await visitor.do("click", visitor.card, label="I begin")
    await visitor.do("send", visitor.room, OWN)
    await visitor.wait(21)
    hello, question = visitor.said_by("Bao")
    assert "I begin" in hello
    assert question.endswith("?")
    await visitor.wait(60)
    await visitor.do("click", visitor.card, label="Finished")
    await visitor.wait(10)

    # Now Bao recites by himself, and the newcomer listens with the key points and fills the rubric in.
    assert "Get ready" in words(visitor.card)
    listener = await visitor.do("click", visitor.card, label="For the listener")
    assert "Key points" in words(listener) or "key points" in words(listener)
    await visitor.wait(13)
    assert "Reciting" in words(visitor.card)
    await visitor.wait(110)
    assert len(visitor.said_by("Bao")) >= 4
    assert "Give feedback" in words(visitor.card)
    marks = {
        "covered": ["0", "1"],
        "clarity": "3",
        "depth": "2",
        "follow_ups": "2",
        "improve": "Name a number",
    }
    await visitor.fill(visitor.card, "Give feedback", marks)

    assert "Well done" in words(visitor.card)
    heard = await visitor.do("click", visitor.card, label="Read my feedback")
    assert "Feedback on your recitation" in words(heard)
    assert f"<@{visitor.server.people['Bao'].id}>" in words(heard)
    await visitor.wait(10, 2)
    assert "thanks <@" in words(visitor.card)
    history = await visitor.slash("recite history")
    assert "key points" in words(history)


async def test_nobody_acts_for_whom_the_browser_plays(visitor: Visitor) -> None:
    await recite_now(visitor)
    await visitor.wait(6)
    # As Bao one sees the other side, and nobody presses for Bao, nor for the newcomer who has gone.
    await visitor.alone_as("Bao")
    assert "Get ready" in words(visitor.card)
    await visitor.wait(60, 2)
    assert visitor.said_by("Bao") == visitor.said_by("You") == []
    await visitor.alone_as("You")
    await visitor.do("click", visitor.card, label="I begin")
    await visitor.wait(80)
    assert len(visitor.said_by("Bao")) == 1  # the follow-up


async def test_somebody_else_comes_to_whoever_is_played_and_the_cast_begins_nothing_by_itself(
    visitor: Visitor,
) -> None:
    await visitor.alone_as("Bao")
    await visitor.wait(60, 3)
    assert not [one for one in visitor.server.channel.threads if "Recitation" in (one.name or "")]
    await recite_now(visitor)
    await visitor.wait(6)
    assert {one.name for one in visitor.in_room()} == {"bao", "carmen"}
    # Who is not waited for any more goes too.
    await visitor.alone_as("Ada")
    waiting = await recite_now(visitor, style="typed")
    await visitor.wait(3)
    await visitor.do("click", waiting, label="Leave the queue")
    await visitor.wait(6, 2)
    status = await visitor.play.house.services.lobby.others(visitor.server.person("Ada"))
    assert status.discord_ids == ()


async def test_an_async_recitation_is_answered_step_by_step(visitor: Visitor) -> None:
    waiting = await recite_now(visitor)
    waiting = await visitor.do("click", waiting, label="Do it async")
    assert "Waiting for an async partner" in words(waiting)
    await visitor.wait(6)
    await visitor.wait(20, 2)
    assert "recites" in visitor.said
    await visitor.fill(visitor.card, "Hand in", {"text": OWN})
    await visitor.wait(25, 2)
    question = next(one for one in visitor.room.history() if f"<@{visitor.actor.id}>, from" in words(one))
    await visitor.fill(question, "Reply", {"text": "I don't know, but I would try it."})
    shown = await visitor.do("click", visitor.card, label="Mark")
    marks = {"covered": ["0"], "clarity": "2", "depth": "2", "improve": "", "question": "And with ties?"}
    await visitor.fill(shown, "Write my marks", marks)
    await visitor.wait(15, 3)
    assert "Well done" in words(visitor.card)
    heard = await visitor.do("click", visitor.card, label="Read my feedback")
    assert f"<@{visitor.server.people['Bao'].id}>" in words(heard)


async def test_a_mock_interview_shows_the_interviewer_and_the_interviewee(visitor: Visitor) -> None:
    shown = await visitor.slash("mock request", type="sql")
    await visitor.play.stage.act(partial(agreed, visitor.actor, shown))
    await visitor.wait(9)
    await visitor.wait(9)
    at = (await visitor.mock()).offered[0]
    assert f"takes <t:{int(at.timestamp())}:F>" in words(visitor.card)
    await visitor.do("select", visitor.card, [str(int(at.timestamp()))])
    assert (await visitor.mock()).state == "agreed"
    await visitor.play.stage.pass_to(at + timedelta(seconds=1))
    await visitor.do("click", visitor.card, label="Start")

    # The first half is the newcomer's: Bao asks one question after another, each when the last was answered.
    assert (await visitor.mock()).state == "first"
    await visitor.wait(9, 3)
    asked = len(visitor.said_by("Bao"))
    assert asked >= 2
    await visitor.do("send", visitor.room, "I would group by customer, and keep the first row of each.")
    await visitor.wait(9)
    assert len(visitor.said_by("Bao")) == asked + 1
    mock = await visitor.mock()
    assert mock.ends_at is not None
    await visitor.play.stage.pass_to(mock.ends_at + timedelta(seconds=1))

    # The second is Bao's: the newcomer reads the script and asks, Bao answers.
    await visitor.do("click", visitor.card, label="Start")
    script = await visitor.do("click", visitor.card, label="Script for the interviewer")
    assert "Only you see this" in words(script)
    await visitor.wait(7)
    before = len(visitor.said_by("Bao"))
    await visitor.do("send", visitor.room, "What is a p-value?")
    await visitor.wait(11)
    assert len(visitor.said_by("Bao")) == before + 1
    mock = await visitor.mock()
    assert mock.ends_at is not None
    await visitor.play.stage.pass_to(mock.ends_at + timedelta(seconds=1))

    cards = await visitor.do("click", visitor.card, label="Give my cards")
    good = {"solving": "2", "depth": "1", "communication": "2", "well": "Calm", "improve": "Say the unit"}
    await visitor.fill(cards, "How did they answer?", good)
    await visitor.fill(cards, "How did they interview?", {"clear": "2", "fair": "2", "helped": "2"})
    await visitor.wait(16, 2)
    read = await visitor.do("click", visitor.card, label="Read what was said about me")
    assert "You said what you assume before you began." in words(read)
