"""Everything people do together, with the bot started anew before each press and before each form is sent (I2)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.storage.tables import (
    MeetingAttendee,
    MockCard,
    Proposal,
    RecitationFeedback,
    Rep,
    Response,
)
from tests.support import together
from tests.support.circle import MARKS, Circle
from tests.support.exchange import exchange
from tests.support.gatherings import Hall
from tests.support.interviews import GOOD, KIND, MINUTE, WELL
from tests.support.problems import Evening, problem_item
from tests.support.recital import rounds
from tests.support.restarts import APOLOGY, TOGETHER, Restarts
from tests.support.study import command, rows
from tests.support.world import SUBMIT, button, choice, form, said, words, world


async def taken_part(restarts: Restarts, *names: str) -> list[Any]:
    """People who agreed to the rules."""
    people = [restarts.member(name) for name in names]
    await together.agree(restarts.hall, *people)
    return people


async def problems(restarts: Restarts) -> None:
    """A group problem from the preview to the end, by three people and their guide."""
    hall, guide = restarts.hall, restarts.unlucky(restarts.hall.admin)
    me, you = await taken_part(restarts, "Me", "You")
    evening = Evening(hall)
    shown = await command(hall, guide, "problem post", channel=hall.channel)
    another = await guide.click(shown.response, label="Another")
    await guide.click(another.response, label="Post")
    await hall.rounds()
    evening.card_channel = hall.channel
    for who in (me, you):
        opened = await who.click(evening.card, label="Propose")
        sent = await who.submit_modal(opened, {"text": f"Of {who.name}"})
    more = await you.click(sent.response, label="Read the proposals")
    await you.click(more.response, label="More")
    for label in ("Read the proposals", "Who took part"):
        await you.click(evening.card, label=label)
    await restarts.raw(you, evening.card, button("problem.data:1"))
    hint = await you.click(evening.card, label="Hint")
    await you.click(hint.response, label="Next hint")
    panel = await guide.click(evening.card, label="For guides")
    await restarts.raw(guide, panel.response, button("problem.guide-page:1.0"))
    taken = await guide.click(panel.response, label="I guide this")
    await guide.click(taken.response, label="24 hours more")
    await guide.click(panel.response, label="Open the discussion")
    await evening.settle()
    thread = max(hall.channel.threads, key=lambda one: one.id)
    theirs = evening.opened("Of me", thread)
    await evening.respond(you, theirs, "A response")
    await evening.settle()
    await you.click(theirs, label="This helped me most")
    await me.click(evening.opened("A response", thread), label="This helped me most")
    signing = await guide.click(
        (await guide.click(evening.card, label="For guides")).response, label="Sign off…"
    )
    ids = [str(row.id) for row in await rows(hall, Proposal)]
    signed = await guide.submit_modal(signing, {"proposals": ids[:1], "comment": "Well argued"})
    # Shown where there are more proposals than one form takes.
    await restarts.raw(guide, signed.response, button("problem.guide-page:1.0"))
    await guide.click(signed.response, label="Show the solution")
    await evening.settle()
    checked = await you.click(evening.card, label="Check yourself")
    await you.select(checked.response, ["0"])
    await you.click(checked.response, label="The model solution")


async def meetings(restarts: Restarts) -> None:
    """A meeting that is called off, and one that is held."""
    hall, guide = restarts.hall, restarts.unlucky(restarts.hall.admin)
    me, you = await taken_part(restarts, "Me", "You")
    met = Hall(hall, voice=False)
    met.people = [me, you, restarts.member("Late")]
    planned = await command(
        hall, guide, "meeting schedule", channel=hall.channel, date="2027-03-03", time="18:30"
    )
    await guide.click(planned.response, label="Call it off")
    await met.start(me)
    for who in met.people[:2]:
        await met.press(who, "I'm here")
    rules = await met.people[2].click(met.card, label="I'm here")
    await met.people[2].click(rules.response, label="I agree")
    await met.press(you, "Where am I?")
    panel = await me.click(met.card, label="For the guide")
    for label in ("Pause", "Go on", "5 more minutes", "Next part"):
        panel = await me.click(panel.response, label=label)
        await hall.rounds()
    await met.until("speak")
    for label in ("Done", "Pass"):
        order = met.messages("meeting.done:")[-1]
        (holds,) = [who for who in met.people if f"**<@{who.id}>** speaks" in words(order)]
        await holds.click(order, label=label)
        await hall.rounds()
    await met.press(met.people[2], "I have to go")
    panel = await me.click(met.card, label="For the guide")
    await me.click(panel.response, label="End")
    await hall.rounds()
    await you.click(met.messages("meeting.useful:")[-1], label="A lot")


async def recitations(restarts: Restarts) -> None:
    """A room from opening to thanks, with a guide who looks in; and one whose partner does not come."""
    hall = restarts.hall
    me, you, guide = await taken_part(restarts, "Me", "You", "Guide")
    await hall.admin.slash(hall.channel, "guide people add", member=guide)
    room = Circle(hall)
    room.people = [me, you]
    room.id = named = await room.again("voice")
    await room.open()
    await room.more(me, "Another concept")
    await room.press(you, "For the listener")
    await room.more(me, "Voice room")
    await restarts.raw(me, room.card, button(f"recite.show:{named}.voice"))
    asking = await room.more(me, "Raise hand")
    await me.submit_modal(asking, {"text": "We disagree"})
    await room.recite(me, you)
    queue = await guide.slash(hall.channel, "guide queue")
    inside = await guide.click(queue.response, label="Look in")
    await guide.click(inside.response, label="Join the room")
    writing = await guide.click(inside.response, label="Leave a note")
    await guide.submit_modal(writing, {"text": "Well explained"})
    await guide.click(inside.response, label="Sign off")
    await room.recite(you, me)
    for label in ("Read my feedback", "Thank my listener"):
        await room.press(you, label)
    await room.more(me, "Keep this partner")
    history = await me.slash(hall.channel, "recite history")
    for custom_id in ("recite.history:0", "recite.progress:"):
        await restarts.raw(me, history.response, button(custom_id))
    again = Circle(hall)
    again.people = [me, you]
    again.id = await again.again()
    opener = await me.slash(hall.channel, "recite status")
    await restarts.raw(me, opener.response, button(f"recite.open:{again.id}"))
    await hall.rounds()
    times = await again.more(me, "Another time")
    await restarts.raw(me, times.response, button(f"recite.others:{again.id}"))
    offered = await restarts.raw(me, times.response, button(f"recite.times:{again.id}"))
    await me.select(offered.response, [values(offered)[0]], custom_id=f"recite.take:{again.id}")
    await hall.skip(11 * MINUTE)
    await again.more(me, "My partner has not come")
    left = Circle(hall)
    left.people = [me, *await taken_part(restarts, "Leaving")]
    left.id = await left.again()
    await left.open()
    leaving = await left.people[1].slash(hall.channel, "me leave")
    await left.people[1].click(leaving.response, label="Leave")
    await restarts.raw(me, history.response, button(f"recite.again:{left.id}"))


def values(result: Any) -> list[str]:
    """What can be chosen on a private card."""
    pending, found = [*result.response.components], []
    while pending:
        part = pending.pop()
        pending += part.get("components", ())
        found += [one["value"] for one in part.get("options", ())]
    return sorted(found)


async def exchanges(restarts: Restarts) -> None:
    """An async recitation to the end."""
    me, you = await taken_part(restarts, "Me", "You")
    made = await exchange(restarts.hall, me, you)
    await made.open()
    for who in (me, you):
        await made.hand_in(who)
    await restarts.raw(me, made.card, button(f"exchange.left:{made.id}.0"))
    for who in (me, you):
        await made.mark(who)
    await made.reply(me)


async def alone(restarts: Restarts) -> None:
    """Somebody recites on their own."""
    (me,) = await taken_part(restarts, "Me")
    home = await me.slash(restarts.hall.channel, "reps")
    begun = await restarts.raw(me, home.response, button("recite.solo:0.any"))
    another = await me.click(begun.response, label="Another concept")
    recited = await me.click(another.response, label="I have recited it")
    marks = {"covered": ["0"], "clarity": "3", "depth": "2"}
    await me.submit_modal(await me.click(recited.response, label="Mark myself"), marks)


async def in_rounds(restarts: Restarts) -> None:
    """The rounds joined, changed, left and joined again; and a round that is posted."""
    hall = restarts.hall
    me, you = await taken_part(restarts, "Me", "You")
    new, late = restarts.member("New"), restarts.member("Late")
    rules = await new.slash(hall.channel, "recite join")
    await new.click(rules.response, label="I agree")
    await together.paired_in_a_round(hall, me, you)
    (message, *_) = rounds(hall.channel)
    await me.click(message, label="Why this pair?")
    await me.click(message, label="Open my room")
    await late.click(message, label="Join the rounds")
    status = await me.slash(hall.channel, "recite status")
    chosen = choice("recite.mode:", "async"), choice("recite.medium:", "typed")
    for data in (*chosen, button("recite.back:"), button("round.rest:1")):
        await restarts.raw(me, status.response, data)
    await me.slash(hall.channel, "recite leave")
    await restarts.raw(me, status.response, button("recite.join:live.voice"))


async def in_the_queue(restarts: Restarts) -> None:
    """Somebody waits for a partner, by another way too, and leaves."""
    hall, new = restarts.hall, restarts.member("New")
    rules = await new.slash(hall.channel, "recite now")
    waiting = await new.click(rules.response, label="I agree")
    other = await new.click(waiting.response, label="Do it async")
    left = await new.click(other.response, label="Leave the queue")
    await restarts.raw(new, left.response, button("lobby.now:"))


async def interviews(restarts: Restarts) -> None:
    """A whole mock interview; one that is asked for by name, moved, and called off."""
    hall = restarts.hall
    me, you, cy = await taken_part(restarts, "Me", "You", "Cy")
    made = together.Interview(hall, me, you)
    await made.pair()
    await made.press(me, "Three others")
    at = await made.agree()
    await made.more(me, "Reschedule")
    at = await made.agree()
    await hall.skip_to(at)
    await made.more(me, "Voice room")
    await made.start(me)
    asking = await made.more(me, "Raise hand")
    await me.submit_modal(asking, {"text": "We are stuck"})
    page = await made.press(you, "Script for the interviewer")
    page = await you.click(page.response, label="Next stage")
    answers = await you.click(page.response, label="Strong and weak answers")
    await you.click(answers.response, label="Model solution")
    await made.more(me, "End this half")
    await made.start(you)
    await hall.skip(31 * MINUTE)
    await made.all_cards()
    await made.press(me, "Read what was said about me")
    await restarts.raw(me, made.cards()[-1], button("mock.history:0"))

    new = restarts.member("New")
    rules = await made.request(new)
    await new.click(rules.response, label="I agree")
    await new.slash(hall.channel, "mock cancel")
    other = restarts.member("Other")
    await other.slash(hall.channel, "me settings", track="ds")
    for asked in (cy, other):
        await made.request(me, "sql", partner=asked)
        await hall.rounds()
        message = next(one for one in reversed(hall.channel.history()) if f"<@{asked.id}>" in words(one))
        if asked is cy:
            await cy.click(message, label="Not now")
            continue
        rules = await other.click(message, label="Accept")
        wish = await other.click(rules.response, label="I agree")
        await other.select(wish.response, ["coding"])
        await hall.rounds()
    moved = together.Interview(hall, me, other)
    at = await moved.agree()
    await hall.skip_to(at)
    await hall.skip(11 * MINUTE)
    await moved.more(me, "My partner has not come")
    await moved.more(other, "Cancel")


PARTS: tuple[Callable[[Restarts], Awaitable[None]], ...] = (
    problems,
    meetings,
    recitations,
    exchanges,
    alone,
    in_rounds,
    in_the_queue,
    interviews,
)


@asynccontextmanager
async def opened(folder: Path, name: str) -> AsyncIterator[Restarts]:
    """A server with something of everything in its bank, and no daily question."""
    cases = {f"sql/problem-{number}": problem_item(f"Case {number}") for number in range(3)}
    bank = together.bank_of_everything(folder / name, cases)
    async with world(f"sqlite+aiosqlite:///{folder / name}.db", bank=bank) as hall:
        await hall.admin.slash(hall.channel, "setup start")
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        yield Restarts(hall)


async def test_every_control_of_what_people_do_together_works_right_after_a_restart(tmp_path: Path) -> None:
    worked: set[str] = set()
    for part in PARTS:
        async with opened(tmp_path, part.__name__) as restarts:
            await part(restarts)
            worked |= restarts.worked
            verbs = {one.verb for one in restarts.hall.bot.controls if one.verb.partition(".")[0] in TOGETHER}
    assert verbs - worked == set()


async def test_a_form_open_across_a_restart_saves_once_however_often_it_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, "forms") as restarts:
        hall = restarts.hall
        me, you = hall.member("Me"), hall.member("You")
        await together.agree(hall, me, you)

        async def send(who: Any, shown: Any, message: Any, **fields: str | list[str]) -> None:
            """Twice in one instant after a restart, and once more after another."""
            sent = (who, message, form(shown.modal["custom_id"], **fields))
            for times in (2, 1):
                await hall.restart()
                for result in await hall.raw(*[sent] * times, kind=SUBMIT):
                    assert result.acknowledged
                    assert APOLOGY not in said(result)
            await hall.rounds()

        evening = Evening(hall)
        await evening.post()
        for who in (me, you):
            await send(
                who, await who.click(evening.card, label="Propose"), evening.card, text=f"Of {who.name}"
            )
        assert [row.text for row in await rows(hall, Proposal)] == ["Of me", "Of you"]
        await evening.guide(hall.admin, "Open the discussion")
        await evening.settle()
        theirs = evening.opened("Of me")
        await send(you, await you.click(theirs, label="Respond"), theirs, text="Why so?")
        assert len(await rows(hall, Response)) == 1
        assert sum("Why so?" in one for one in evening.said_there()) == 1
        assert sorted(row.points for row in await rows(hall, Rep) if row.points) == [1, 2, 2]

        room = await together.live(hall, me, you)
        await room.recite(me, you, marks=False)
        marking = await you.click(room.card, label="Give feedback")
        await send(you, marking, room.card, **MARKS)
        assert len(await rows(hall, RecitationFeedback)) == 1

        made = together.Interview(hall, me, you)
        await made.whole()
        for label, fields in (("How did they answer?", GOOD | WELL), ("How did they interview?", KIND)):
            owed = await made.press(me, "Give my cards")
            asked = await me.click(owed.response, label=label)
            await send(me, asked, made.cards()[-1], **fields)
        assert len(await rows(hall, MockCard)) == 2

        await together.meeting(hall, me, you)
        met = Hall(hall, voice=False)
        await met.until("close")
        (asking,) = met.messages("meeting.useful:")
        await hall.restart()
        pressed = (me, asking, button(f"meeting.useful:{(await met.meeting()).id}.1"))
        await hall.raw(pressed, pressed)
        assert sorted(row.useful or 0 for row in await rows(hall, MeetingAttendee)) == [0, 1]
