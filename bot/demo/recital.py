"""What one of the cast does in the room of a recitation, live or async, as a member presses and types."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import discord
import simcord

from bot.bank.drafts import ConceptDraft
from bot.bank.loader import Bank
from bot.demo.cast import Server, ids_on, seen
from bot.domain.exchange import Exchange, Part
from bot.domain.recitation import ENDS, Chair, Room
from bot.ui.recitation.exchange.steps import HandInButton, ReplyButton
from bot.ui.recitation.exchange.words import PartTicket
from bot.ui.recitation.room import marker

ALOUD = "I type what I would say aloud."
READ_FIRST = "Hello. I read my concept for a moment, then I begin."
LISTENING = "Hello. Take your time; I listen when you press *I begin*."
DONE = "That is all from me. *Give feedback* is on the next card; be honest."
THANKS = "Thank you for listening, and for your feedback. See you next time."
REPLY = (
    "I don't know for sure, but I would reason like this: take the smallest case, write down what must hold "
    "there, and see which assumption breaks first."
)
WELL = "All of it was there. Next time, begin with a small example, then define it."
# Longer words carry the meaning of a key point; their beginnings are the same in most forms.
LONG, STEM, TOUCHED = 5, 6, 0.4


@dataclass(frozen=True, slots=True)
class Act:
    """Something one of the cast can do now, and how many seconds after it became possible they do it.

    What changes nothing is tried again, unless it is done `once`.
    """

    key: str
    after: float
    do: Callable[[], Awaitable[Any]]
    once: bool = False


class Recital:
    """What each of the cast can do in rooms of recitations; concepts are known by their titles."""

    def __init__(self, server: Server, bank: Bank) -> None:
        self._server = server
        # Whoever forgot something the first time has learnt it by the next.
        self._first: dict[tuple[str, str], int] = {}
        self._concepts = {draft.title: draft for draft in bank.drafts if isinstance(draft, ConceptDraft)}

    # --- live

    def live(self, name: str, room: Room) -> Iterator[Act]:
        """What somebody can do in a live recitation as it stands."""
        actor = self._server.people[name]
        me = next(one for one in room.chairs if one.discord_id == actor.id)
        done = room.stage.phase in ENDS or (room.stage.phase == "feedback" and me.thanked)
        thread = None if done else self._server.room(room.thread_id)
        card = newest(thread, marker(room))
        if thread is None or card is None:
            return
        here = f"recitation:{room.id}:{name}:{room.stage.phase}:{room.stage.turn}"
        turn, listens = room.stage.turn == me.place, room.listener() == me
        press = partial(actor.click, card)
        match room.stage.phase:
            case "ready" if room.later:
                return
            case "ready" if (times := _wished(room, me)) is not None:
                yield Act(f"{here}:time:{times}", 8, partial(self._take, actor, card, times))
            case "ready" if turn:
                yield Act(f"{here}:hello", 3, partial(actor.send, thread, READ_FIRST), once=True)
                yield Act(f"{here}:begin:{room.step}", 12, partial(press, label="I begin"))
            case "ready" if listens:
                yield Act(f"{here}:hello", 3, partial(actor.send, thread, LISTENING), once=True)
                if not me.came:
                    yield Act(f"{here}:listen", 5, partial(press, label="For the listener"))
            case "reciting" if turn and me.concept is not None:
                said = self.paragraphs(name, room.id, me.concept.title)
                lines = [ALOUD, *said, DONE] if room.medium == "voice" else [*said, DONE]
                for number, line in enumerate(lines):
                    yield Act(
                        f"{here}:say:{number}", 2 + 15 * number, partial(actor.send, thread, line), once=True
                    )
                yield Act(
                    f"{here}:finish:{room.step}", 10 + 15 * len(lines), partial(press, label="Finished")
                )
            case "reciting" if listens and room.reciter is not None:
                # Who writes is asked when nothing more comes; who speaks aloud, when they may have come to an end.
                wrote = written(thread, (room.reciter.discord_id,), room.reciter.recited_at)
                question = self._question(room.reciter)
                if all(one.content != question for one in thread.history()):
                    ask = partial(actor.send, thread, question)
                    yield Act(f"{here}:ask:{len(wrote)}", 20 if wrote else 75, ask, once=True)
            case "rubric" if me in room.owing and (told := _told(room, me)) is not None:
                said_by = _words_of(thread, told)
                marks = self._marks(told, said_by) | {"follow_ups": "2"}
                yield Act(f"{here}:mark:{told.place}", 8, partial(fill, actor, card, "Give feedback", marks))
            case "feedback" if room.listener(me.place) is not None:
                yield Act(f"{here}:goodbye", 6, partial(actor.send, thread, THANKS), once=True)
                yield Act(f"{here}:thank", 9, partial(press, label="Thank my listener"))

    async def _take(self, actor: simcord.MemberActor, card: discord.Message, at: datetime) -> None:
        more = seen(await actor.click(card, label="More"))
        times = seen(await actor.click(more, label="Another time"))
        await actor.select(times, [str(int(at.timestamp()))])

    # --- async

    def apart(self, name: str, exchange: Exchange) -> Iterator[Act]:
        """What somebody can do in an async recitation as it stands."""
        actor = self._server.people[name]
        me = next(one for one in exchange.parts if one.discord_id == actor.id)
        thread = self._server.room(exchange.thread_id)
        card = newest(thread, HandInButton.custom_id_for(PartTicket(exchange.id)))
        if thread is None or card is None or not exchange.open:
            return
        here = f"recitation:{exchange.id}:{name}"
        if "hand-in" in me.owed:
            text = "\n\n".join(self.paragraphs(name, exchange.id, me.concept.title))
            yield Act(f"{here}:hand-in", 15, partial(fill, actor, card, "Hand in", {"text": text}))
        if "mark" in me.owed:
            told = next(one for one in exchange.parts if one.listener_id == actor.id)
            yield Act(f"{here}:mark", 20, partial(self._mark_apart, actor, card, thread, told))
        asked = newest(thread, ReplyButton.custom_id_for(PartTicket(exchange.id, me.reciter_id)))
        if "reply" in me.owed and asked is not None:
            yield Act(f"{here}:reply", 12, partial(fill, actor, asked, "Reply", {"text": REPLY}))

    async def _mark_apart(
        self, actor: simcord.MemberActor, card: discord.Message, thread: simcord.ChannelHandle, told: Part
    ) -> None:
        handed_in = next((one for one in thread.history() if one.id == told.message_id), None)
        words = " ".join(shown_on(handed_in)) if handed_in else ""
        concept = self._concepts.get(told.concept.title)
        shown = seen(await actor.click(card, label="Mark"))
        question = {"question": concept.follow_ups[0].question if concept else "What is it good for?"}
        await fill(actor, shown, "Write my marks", marks_for(_points(concept), words) | question)

    # --- words

    def paragraphs(self, name: str, recitation_id: int, title: str) -> list[str]:
        """A concept as somebody explains it in about 90 seconds, a message each; one thing they forget at first."""
        concept = self._concepts.get(title)
        if concept is None:
            return [REPLY]
        said = concept.model_answer.split("\n\n")
        first = self._first.setdefault((name, title), recitation_id)
        if first == recitation_id and len(said) > 2:
            del said[1 + len(name + title) % (len(said) - 1)]
        return said

    def _question(self, told: Chair) -> str:
        concept = self._concepts.get(told.concept.title) if told.concept else None
        return concept.follow_ups[0].question if concept else "When does it fail?"

    def _marks(self, told: Chair, words: str) -> dict[str, Any]:
        return marks_for(_points(self._concepts.get(told.concept.title) if told.concept else None), words)


def marks_for(points: Sequence[str], words: str) -> dict[str, Any]:
    """A rubric for somebody's words: what they touched; all but the last point for whoever spoke aloud."""
    spoken = stems(words)
    covered = [
        place
        for place, point in enumerate(points)
        if (wanted := stems(point)) and len(wanted & spoken) >= TOUCHED * len(wanted)
    ]
    if not words:
        covered = [*range(len(points) - 1)]
    missed = next((point for place, point in enumerate(points) if place not in covered), None)
    return {
        "covered": [str(place) for place in covered],
        "clarity": "3" if len(words) > 300 or not words else "2",
        "depth": "3" if len(covered) == len(points) else "2" if covered else "1",
        "improve": f"What I missed: {missed}"[:500] if missed else WELL,
    }


def stems(words: str) -> set[str]:
    """The longer words of a text, without their endings."""
    return {word[:STEM] for word in re.findall(r"\w+", words.lower()) if len(word) >= LONG}


def newest(thread: simcord.ChannelHandle | None, custom_id: str) -> discord.Message | None:
    """The newest message in a thread that has this control."""
    messages = reversed(thread.history()) if thread else ()
    return next((one for one in messages if custom_id in ids_on(one)), None)


def shown_on(message: discord.Message) -> Iterator[str]:
    """Every text on a posted card."""

    def walk(components: Any) -> Iterator[str]:
        for component in components:
            if "content" in component:
                yield component["content"]
            yield from walk(component.get("components", ()))

    return walk([component.to_dict() for component in message.components])


def _points(concept: ConceptDraft | None) -> Sequence[str]:
    return concept.key_points if concept else ()


def written(
    thread: simcord.ChannelHandle, people: Collection[int], since: datetime | None
) -> list[discord.Message]:
    """What some people wrote in a thread since then, oldest first."""
    if since is None:
        return []
    # Discord's times are whole milliseconds.
    floor = since.replace(microsecond=since.microsecond // 1000 * 1000)
    return [one for one in thread.history() if one.author.id in people and one.created_at >= floor]


def _words_of(thread: simcord.ChannelHandle, chair: Chair) -> str:
    """What somebody wrote since they began to recite."""
    return "\n".join(one.content for one in written(thread, (chair.discord_id,), chair.recited_at))


def _wished(room: Room, me: Chair) -> datetime | None:
    """The time that another takes and this one has not."""
    taken = [one.takes for one in room.here if one != me and one.takes in room.offered]
    return taken[0] if taken and me.takes != taken[0] else None


def _told(room: Room, me: Chair) -> Chair | None:
    """Whom somebody still owes feedback."""
    return next(
        (one for one in room.chairs if one.finished_at and not one.given and room.listener(one.place) == me),
        None,
    )


async def fill(
    actor: simcord.MemberActor, message: Any, label: str, fields: Mapping[str, Any]
) -> simcord.InteractionResult:
    """Press a button that opens a form, and send it."""
    return await actor.submit_modal(await actor.click(message, label=label), dict(fields))
