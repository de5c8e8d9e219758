"""What one of the cast does in a mock interview: asks by the script in one half, answers in the other."""

from functools import partial
from typing import Any

import discord
import simcord

from bot.assembly import House
from bot.demo.cast import Server, agreed, seen
from bot.demo.recital import Act, fill, newest, written
from bot.domain.interviews import HALVES
from bot.domain.interviews.readouts import Mock, Seat
from bot.ui.interviews import invitation_marker, thread_marker
from bot.ui.interviews.scorecards import TITLES
from bot.ui.interviews.scripts import PROJECT

READY = "I am ready; please begin. I answer whatever you ask me."
WELCOME = "Now I interview you. Take your time, and think aloud."
LAST = "That was my last question, thank you. The half ends by the clock, or under *More*."
ANSWERS = (
    "First I would ask what it is for. Then I would say it in one sentence, and check that with a small example.",
    "I would compare two ways: the simple one first, and what the better one costs. I would begin with the simple one.",
    "I don't know, but I would reason from the data: how were they collected, what is missing, and who is not in them?",
    "The risk I see is a leak from the future, so I would look at when each value becomes known.",
)
SCORECARD = {"solving": "2", "depth": "1", "communication": "2"} | {
    "well": "You said what you assume before you began.",
    "improve": "Say one number or one example with each claim.",
}
FEEDBACK = {"clear": "2", "fair": "2", "helped": "2", "improve": "Keep your calm questions."}


class Interview:
    """What each of the cast can do in mock interviews."""

    def __init__(self, server: Server, house: House) -> None:
        self._server = server
        self._house = house

    async def acts(self, name: str, mock: Mock) -> list[Act]:
        """What somebody can do in an interview as it stands."""
        actor = self._server.people[name]
        me = mock.seat_of(actor.id)
        assert me is not None
        here = f"mock:{mock.id}:{name}:{mock.state}"
        if mock.state == "asked":
            asked = newest(self._server.channel, invitation_marker(mock))
            return [Act(f"{here}", 8, partial(self._accept, actor, asked))] if asked and me.place else []
        thread = self._server.room(mock.thread_id)
        card = newest(thread, thread_marker(mock))
        if thread is None or card is None:
            return []
        if mock.state == "arranging" and mock.offered:
            theirs = mock.other(me).takes
            at = theirs if theirs in mock.offered and theirs is not None else mock.offered[0]
            take = partial(actor.select, card, [str(int(at.timestamp()))])
            return [Act(f"{here}:{at}", 8, take)] if me.takes != at else []
        if mock.state in ("ready", "swap"):
            return [Act(f"{here}:start", 20, partial(actor.click, card, label="Start"))]
        if mock.state in HALVES:
            half = self._asks if mock.interviewer is me else self._answers
            return await half(name, mock, card, thread)
        if mock.state == "feedback":
            return (
                [Act(f"{here}:cards", 15, partial(self._give, actor, card, mock, me))]
                if mock.owed_by(me)
                else []
            )
        return []

    async def _accept(self, actor: simcord.MemberActor, asked: discord.Message) -> None:
        shown = await agreed(actor, seen(await actor.click(asked, label="Accept")))
        await actor.select(shown, ["statistics"])

    async def _give(self, actor: simcord.MemberActor, card: discord.Message, mock: Mock, me: Seat) -> None:
        for owed in mock.owed_by(me):
            shown = seen(await actor.click(card, label="Give my cards"))
            await fill(actor, shown, TITLES[owed.kind], SCORECARD if owed.kind == "scorecard" else FEEDBACK)

    async def _asks(
        self, name: str, mock: Mock, card: discord.Message, thread: simcord.ChannelHandle
    ) -> list[Act]:
        """Read the script, and put one question after another, each when the last was answered."""
        actor = self._server.people[name]
        here = f"mock:{mock.id}:{name}:{mock.state}"
        read = partial(actor.click, card, label="Script for the interviewer")
        acts = [Act(f"{here}:script", 4, read, once=True)]
        wrote = _written(thread, mock)
        lines = [WELCOME, *[line async for line in self._questions(name, mock)], LAST]
        said = [one.content for one in wrote if one.author.id == actor.id]
        number = len(said)
        if number < len(lines):
            answered = bool(wrote) and wrote[-1].author.id != actor.id
            # The welcome and the opening want no answer yet; whoever speaks aloud is given three minutes.
            after = 8 if number < 2 or answered else 180
            say = partial(actor.send, thread, lines[number][:1900])
            acts.append(Act(f"{here}:ask:{number}:{answered}", after, say, once=True))
        return acts

    async def _questions(self, name: str, mock: Mock) -> Any:
        place, number, pages = mock.interviewee.place, 0, 1
        while number < pages:
            script = await self._house.services.interviews.script(
                self._server.person(name), mock.id, place, number
            )
            # What stands in brackets is for the interviewer.
            if words := "\n\n".join(
                one for one in script.page.words.split("\n\n") if not one.startswith("(")
            ):
                yield words
            if script.page.asks and script.page.title != PROJECT:
                yield script.page.asks[0].question
            number, pages = number + 1, script.pages

    async def _answers(
        self, name: str, mock: Mock, card: discord.Message, thread: simcord.ChannelHandle
    ) -> list[Act]:
        """Answer each question the other writes."""
        actor = self._server.people[name]
        here = f"mock:{mock.id}:{name}:{mock.state}"
        wrote = _written(thread, mock)
        if not any(one.author.id == actor.id for one in wrote):
            return [Act(f"{here}:ready", 6, partial(actor.send, thread, READY), once=True)]
        if wrote[-1].author.id == actor.id:
            return []
        said = sum(one.author.id == actor.id for one in wrote) - 1
        answer = partial(actor.send, thread, ANSWERS[said % len(ANSWERS)])
        return [Act(f"{here}:answer:{wrote[-1].id}", 10, answer, once=True)]


def _written(thread: simcord.ChannelHandle, mock: Mock) -> list[discord.Message]:
    """What the two wrote in the half under way, oldest first."""
    return written(thread, [seat.discord_id for seat in mock.seats], mock.interviewee.began_at)
