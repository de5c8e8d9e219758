"""An async recitation in a hall: who takes part, what they hand in, and what stands in the thread."""

from typing import Any

from bot.client.cards import card, row
from bot.domain.members import Person
from bot.services import members
from bot.services.deliveries import nonce_of
from bot.services.recitation.arranging import arrange
from bot.ui.recitation import OpenButton, RecitationTicket
from tests.support.world import World, words

TEXT = "A join puts rows of two tables side by side where a condition holds. " * 4
RECORDING = ("my own name.ogg", b"OggS, a minute and a half of speech")
MARKS: dict[str, Any] = {
    "covered": ["0", "1", "2"],
    "clarity": "3",
    "depth": "2",
    "improve": "Begin with the example",
    "question": "And with NULL?",
}


class Exchanged:
    """Two or three people who recite to each other without meeting."""

    def __init__(self, hall: World, people: list[Any], recitation_id: int, opener: Any) -> None:
        self.hall, self.people, self.id, self.opener = hall, people, recitation_id, opener

    async def open(self) -> None:
        await self.people[0].click(self.opener, label="Open")
        await self.hall.rounds()

    @property
    def thread(self) -> Any:
        return next(one for one in self.hall.channel.threads if one.name.endswith(f" · r{self.id}"))

    @property
    def messages(self) -> list[Any]:
        return list(self.thread.history())

    @property
    def card(self) -> Any:
        return self.find("Recite to each other")

    def find(self, text: str) -> Any:
        """The newest message in the thread that says something."""
        return [one for one in self.messages if text in words(one)][-1]

    def said(self) -> str:
        return "\n".join(words(one) for one in self.messages)

    async def hand_in(self, who: Any, **fields: Any) -> Any:
        opened = await who.click(self.card, label="Hand in")
        done = await who.submit_modal(opened, fields or {"text": TEXT})
        await self.hall.rounds()
        return done

    async def mark(self, who: Any, **marks: Any) -> Any:
        shown = await who.click(self.card, label="Mark")
        opened = await who.click(shown.response, label="Write my marks")
        done = await who.submit_modal(opened, MARKS | marks)
        await self.hall.rounds()
        return done

    async def reply(self, who: Any, text: str = "I don't know, but I would try it.") -> Any:
        question = [one for one in self.messages if f"<@{who.id}>, from" in words(one)][-1]
        opened = await who.click(question, label="Reply")
        done = await who.submit_modal(opened, {"text": text})
        await self.hall.rounds()
        return done


async def exchange(hall: World, *who: Any, topic: str | None = None) -> Exchanged:
    """Put people together who recite async, new ones by their names; their room is not open yet."""
    people = [hall.member(one) if isinstance(one, str) else one for one in who]

    def work(db: Any) -> int:
        found = [
            members.join(db, Person(one.guild.id, one.id, one.name.title(), "Study hall"), hall.now())
            for one in people
        ]
        return arrange(
            db,
            server_id=found[0].server_id,
            channel_id=hall.channel.id,
            origin="round",
            mode="async",
            medium="voice",
            member_ids=[one.member_id for one in found],
            now=hall.now(),
            topics=[topic] * len(found),
        )

    recitation_id = await hall.house.database.write(work)
    face = card("You are together.", row(OpenButton(RecitationTicket(recitation_id), label="Open")))
    with hall.env.time_context():
        message_id = await hall.bot.poster.post(
            hall.channel.id, face, nonce=nonce_of(f"pair:{recitation_id}")
        )
    await hall.env.settle()
    opener = next(one for one in hall.channel.history() if one.id == message_id)
    return Exchanged(hall, people, recitation_id, opener)
