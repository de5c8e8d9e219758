"""Everything two people can do together, each for tests of what people see, of who may, and of what is left."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from bot.domain.drops import Filters
from bot.domain.members import Person
from bot.domain.problems import Terms
from bot.storage.tables import Proposal
from tests.support.circle import Circle
from tests.support.concepts import concept_item
from tests.support.exchange import RECORDING, TEXT, Exchanged, exchange
from tests.support.interviews import Duo, scripts
from tests.support.recital import join, plan_rounds
from tests.support.study import rows
from tests.support.world import World, button, choice_item, lay_bank

INTERACTIONS = count(1)
# What people write under group problems begins like this.
PROPOSED = "In the words of"
PROJECT = ("problem", "data", "model", "tools", "result")


def bank_of_everything(folder: Path, items: dict[str, str] | None = None) -> Path:
    """Choices in which A is right, concepts to recite, a script for each round type; and more items, if given."""
    choices = {
        f"sql/item-{number}": choice_item("+Right", "Wrong", title=f"Question {number}")
        for number in range(12)
    }
    concepts = {f"sql/{name.lower()}": concept_item(name) for name in ("Joins", "Windows", "Indexes")}
    gpus = {"gpu/warps": concept_item("Warps", track="mle")}
    return lay_bank(folder, choices | concepts | gpus | scripts() | (items or {}))


class Interview(Duo):
    """Two people with a mock interview, whose thread is the newest there is."""

    @property
    def thread(self) -> Any:
        return max(self.hall.channel.threads, key=lambda one: one.id)


def person(who: Any, **rights: Any) -> Person:
    """Somebody as services know them."""
    return Person(who.guild.id, who.id, who.user.global_name or who.name, who.guild.name, **rights)


async def agree(hall: World, *people: Any) -> None:
    """Let people take part who have agreed to the rules."""
    for who in people:
        await hall.house.services.members.agree(person(who))


async def live(hall: World, *people: Any) -> Circle:
    """People in their room, about to recite."""
    made = Circle(hall)
    made.people = list(people)
    made.id = await made.again()
    await made.open()
    return made


async def handed_in(hall: World, one: Any, other: Any) -> Exchanged:
    """An async recitation in which one has handed in a recording."""
    made = await exchange(hall, one, other)
    await made.open()
    await made.hand_in(one, recording=RECORDING)
    return made


async def alone(hall: World, who: Any) -> Any:
    """Somebody recites solo."""
    home = await who.slash(hall.channel, "reps")
    (begun,) = await hall.raw((who, home.response, button("recite.solo:0.any")))
    return begun


async def paired_in_a_round(hall: World, *people: Any) -> None:
    """A round that is posted now, besides the calendar."""
    await plan_rounds(hall)
    await join(hall, *people)
    await hall.admin.slash(hall.channel, "guide pairs run")
    for _ in range(6):
        await hall.skip(21)


async def solving(hall: World, one: Any, other: Any) -> None:
    """Three group problems: one that two people discuss, one they have proposed to, one nobody but a guide has seen."""
    problems, guide = hall.house.services.problems, person(hall.admin, manages_server=True)
    previews = [
        await problems.preview(guide, next(INTERACTIONS), hall.channel.id, Filters(), Terms())
        for _ in range(3)
    ]
    for preview in previews[:2]:
        await problems.post(guide, preview.id)
        await hall.rounds()
        for who in (one, other):
            await problems.propose(person(who), preview.id, f"{PROPOSED} {who.name}")
    await problems.move_on(guide, previews[0].id, "propose")
    for _ in range(3):
        await hall.skip(21)
    theirs = [row.id for row in await rows(hall, Proposal) if row.problem_id == previews[0].id]
    await problems.respond(person(one), theirs[-1], f"{PROPOSED} as well")
    await hall.rounds()


async def meeting(hall: World, *people: Any) -> None:
    """A meeting that has come to the speaking order, and one that is planned for tomorrow."""
    meetings, guide = hall.house.services.meetings, person(hall.admin, manages_server=True)
    place: dict[str, Any] = {"minutes": 60, "channel_id": hall.channel.id, "voice_id": None}
    await meetings.schedule(guide, next(INTERACTIONS), starts_at=hall.now() + timedelta(days=1), **place)
    begun = await meetings.start(person(people[0]), next(INTERACTIONS), **place)
    for who in people:
        await meetings.come(person(who), begun.id)
    standing: Any = begun
    while standing.phase != "speak":
        await hall.skip_to(max(standing.ends_at, hall.now()) + timedelta(seconds=1))
        standing = await hall.house.services.meeting_turns.standing(begun.id)


async def interviewing(hall: World, one: Any, other: Any) -> Duo:
    """Two who look for a time for their mock interview."""
    made = Duo(hall, one, other)
    await made.pair()
    return made


async def everything(hall: World, me: Any, you: Any, words: str) -> Any:
    """One of two does all there is to do with the other, to the end and in words of their own; a room of theirs."""
    await agree(hall, me, you)
    room = await live(hall, me, you)
    opened = await me.click(room.card, label="More")
    asking = await me.click(opened.response, label="Raise hand")
    await me.submit_modal(asking, {"text": f"{words} hand"})
    await room.recite(me, you)
    await room.recite(you, me, marks=False)
    await room.mark(me, improve=f"{words} live")
    await room.press(me, "Thank my listener")
    await room.more(me, "Keep this partner")
    written = await exchange(hall, me, you)
    await written.open()
    await written.hand_in(me, text=f"{words} explained. {TEXT}")
    spoken = await handed_in(hall, me, you)
    for made in (written, spoken):
        await made.hand_in(you)
        await made.mark(you)
        await made.mark(me, improve=f"{words} async", question=f"{words} question?")
        await made.reply(me, f"{words} reply")
    await made.reply(you)
    begun = await alone(hall, me)
    recited = await me.click(begun.response, label="I have recited it")
    marks = {"covered": ["0"], "clarity": "3", "depth": "2", "improve": f"{words} solo"}
    await me.submit_modal(await me.click(recited.response, label="Mark myself"), marks)
    await paired_in_a_round(hall, me, you)
    await write_project(hall, me, words)
    mock = Interview(hall, me, you)
    await mock.whole()
    await mock.all_cards(improve=f"{words} mock")
    return room


async def write_project(hall: World, who: Any, text: str) -> Any:
    opened = await who.slash(hall.channel, "me project")
    return await who.submit_modal(opened, {name: f"{text} {name}" for name in PROJECT})
