"""A daily question's life on Discord: posted, answered, restarted under, revealed, and what each person sees."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import discord
import pytest
from sqlalchemy import func, select

from bot.storage.tables import Answer, Delivery, Drop, Rep, Timer, Total
from tests.bank.builders import TEXTS
from tests.support.world import (
    SUBMIT,
    World,
    button,
    choice_item,
    form,
    said,
    small_world,
    words,
)

THREE = choice_item("Tempting", "+Right", "Odd", title="Which *one* fits?")
DAY = 86_400

Opened = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens a hall over a bank of the given items."""
    return partial(small_world, tmp_path)


def buttons(message: discord.Message) -> list[str]:
    """The labels of a message's buttons."""
    return [line[1:-1] for line in words(message).split("\n") if line.startswith("[") and line.endswith("]")]


def first_id(message: discord.Message) -> str:
    """The custom_id of a message's first button."""
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    found = (item.custom_id for item in view.walk_children() if isinstance(item, discord.ui.Button))
    return str(next(found))


async def counted(hall: World) -> tuple[int, int, int, int]:
    """Answers, lines of the record, and this server's reps and points in all."""

    def work(db: Any) -> tuple[int, int, int, int]:
        reps, points = db.execute(
            select(func.sum(Total.reps), func.sum(Total.points)).where(
                Total.period == "all", Total.activity == "any"
            )
        ).one()
        answers = db.scalar(select(func.count()).select_from(Answer))
        return answers, db.scalar(select(func.count()).select_from(Rep)), reps or 0, points or 0

    return await hall.house.database.read(work)


async def revealed(hall: World) -> discord.Message:
    """Let a day pass without another question; the reveal's message."""
    await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
    await hall.skip(DAY + 60)
    (reveal,) = [message for message in hall.channel.history() if words(message).startswith("## Answer")]
    return reveal


async def answer_all(hall: World, question: discord.Message, picks: str) -> list[Any]:
    """Let one new member pick each of these options."""
    people = [hall.member(f"P{number}") for number in range(len(picks))]
    for person, pick in zip(people, picks, strict=True):
        await person.click(question, label=pick)
    return people


# --- posting


async def test_question_as_posted(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        assert words(question) == (
            "## Which \\*one\\* fits?\n-# SQL · easy · choice\nWhich?\n"
            "**A**  Tempting\n**B**  Right\n**C**  Odd\n[A]\n[B]\n[C]\n"
            "-# Answers are private, the first one counts, and answering joins. "
            "The solution comes with the next question, after at least 24 hours."
        )
        for _ in range(2):
            await hall.rounds()
        assert len(hall.channel.history()) == 1


async def test_each_day_brings_one_unseen_question(opened: Opened) -> None:
    items = [choice_item("+Yes", "No", title=f"Number {number}") for number in range(5)]
    async with opened(*items) as hall:
        await hall.admin.slash(hall.channel, "setup start")
        await hall.skip(3601)
        for _ in range(4):
            await hall.skip(DAY)
        asked = [words(message).split("\n")[0] for message in hall.channel.history()]
        posted = [line for line in asked if line.startswith("## Number")]
        assert len(posted) == len(set(posted)) == 5
        assert sum(line.startswith("## Answer") for line in asked) == 4


async def test_reserved_and_unanswerable_kinds_are_never_posted(opened: Opened) -> None:
    reserved = THREE.replace("difficulty: 2\n", "difficulty: 2\nreserved: true\n")
    async with opened(reserved, *(TEXTS[kind] for kind in ("concept", "code", "problem", "probes"))) as hall:
        alerts = hall.guild.create_text_channel("staff")
        await hall.admin.slash(hall.channel, "setup start", alerts=alerts)
        await hall.skip(3601)
        assert hall.channel.history() == []
        (told,) = alerts.history()
        assert "Daily question not posted" in words(told)
        assert "No question in the bank fits these filters" in words(told)
        card = said(await hall.admin.slash(hall.channel, "setup start"))
        assert "**Last miss:** No question in the bank fits these filters." in card


async def test_question_missed_for_lack_of_a_channel_is_still_unseen(opened: Opened) -> None:
    async with opened(THREE) as hall:
        doomed = hall.guild.create_text_channel("doomed")
        await hall.admin.slash(hall.channel, "setup start", channel=doomed)
        hall.env.backend.delete_channel(doomed.id)
        await hall.skip(3601)
        state, reason = await hall.house.database.read(
            lambda db: db.execute(select(Delivery.state, Delivery.reason)).one()
        )
        assert (state, reason) == ("missed", f"channel {doomed.id} is gone")
        drawn = await hall.member("Bo").slash(hall.channel, "question random")
        assert said(drawn).startswith("## Practice: Which")


# --- many at once: raw interactions, since SimCord's own verbs wait for one another


async def test_fifty_clicks_of_one_member_are_one_answer(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        id = first_id(question).removesuffix(".0")
        results = await hall.raw(*((bo, question, button(f"{id}.{n % 3}")) for n in range(50)))
        heads = [said(result)[:12] for result in results]
        assert heads.count("You answered") == 49
        assert await counted(hall) in {(1, 1, 1, 1), (1, 1, 1, 2)}


async def test_fifty_forms_of_one_member_are_one_answer(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        id = first_id(question).replace("write", "form")
        results = await hall.raw(
            *((bo, question, form(id, answer=f"Try {n}")) for n in range(50)), kind=SUBMIT
        )
        assert sum(said(result).startswith("## Locked in") for result in results) == 1
        assert await counted(hall) == (1, 1, 1, 1)


async def test_fifty_members_at_once_are_fifty_answers(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        people = [hall.member(f"P{number}") for number in range(50)]
        id = first_id(question).removesuffix(".0")
        results = await hall.raw(*((person, question, button(f"{id}.1")) for person in people))
        assert all(said(result).startswith("## Right") for result in results)
        assert all(result.response.ephemeral for result in results)
        assert await counted(hall) == (50, 50, 50, 100)


# --- restarts


async def test_every_control_lives_through_a_restart(opened: Opened) -> None:
    async with opened(THREE, TEXTS["open"]) as hall:
        asked = [await hall.post_question(), await hall.post_question()]
        by_tap = next(message for message in asked if "[A]" in words(message))
        by_form = next(message for message in asked if "[Answer]" in words(message))
        bo, cy = hall.member("Bo"), hall.member("Cy")
        await hall.restart()
        told = await bo.click(by_tap, label="B")
        assert said(told).startswith("## Right")
        await hall.restart()
        assert said(await bo.click(told.response, label="Another question")).startswith("No question in")
        locked = await hall.write(bo, by_form, "Something")
        await hall.restart()
        assert said(await bo.select(locked.response, ["0"])).startswith("## Not quite")
        joined = await cy.click(by_tap, label="A")
        await hall.restart()
        assert said(await cy.click(joined.response, label="Undo, I don't want to join")).startswith("Done")
        home = await cy.slash(hall.channel, "reps")
        await hall.restart()
        assert said(await cy.click(home.response, label="Today's question")) in map(words, asked)
        assert "method" in said(await cy.click(home.response, label="The method and help"))


async def test_form_open_across_a_restart_saves_once(opened: Opened) -> None:
    async with opened(TEXTS["numeric"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        first, second = await bo.click(question, label="Answer"), await bo.click(question, label="Answer")
        await hall.restart()
        assert said(await bo.submit_modal(first, {"answer": "1.5"})).startswith("## Right")
        assert said(await bo.submit_modal(second, {"answer": "1.5"})).startswith("You answered this one")
        assert await counted(hall) == (1, 1, 1, 2)


async def test_practice_lives_through_a_restart(opened: Opened) -> None:
    async with opened(THREE, TEXTS["numeric"]) as hall:
        bo = hall.member("Bo")
        taps = await bo.slash(hall.channel, "question random", kind="choice")
        forms = await bo.slash(hall.channel, "question random", kind="numeric")
        found = await bo.slash(hall.channel, "question search", text="fits")
        writing = await bo.click(forms.response, label="Answer")
        await hall.restart()
        assert said(await bo.click(taps.response, label="B")).startswith("## Right")
        assert said(await bo.submit_modal(writing, {"answer": "9"})).startswith("## Not quite")
        (menu,) = [part for part in found.response.components[0]["components"] if part["type"] == 1]
        value = menu["components"][0]["options"][0]["value"]
        assert said(await bo.select(found.response, [value])).startswith("## Practice: Which")


# --- revealing


async def test_nobody_sees_an_answer_before_the_reveal(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        people = await answer_all(hall, question, "AABBCB")
        before = words(question)
        onlooker = hall.member("Zed")
        assert hall.sees(onlooker) == before
        for person in people:
            assert hall.sees(person).count("The right answer") == 1
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        await hall.skip(DAY - 120)
        assert hall.sees(onlooker) == before
        await hall.skip(180)
        assert "## Answer" in hall.sees(onlooker)


async def test_reveal_from_five_answers_on(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        await answer_all(hall, question, "AAABBC")
        reveal = await revealed(hall)
        text = words(reveal)
        assert text.startswith("## Answer: Which \\*one\\* fits?\n**B**  Right\nBecause it is so.\n")
        assert "6 answers, **2 right**\n-# A 3 · B 2 · C 1" in text
        assert "**Most tempting: A.** Why: Tempting." in text
        assert buttons(reveal) == ["Explain it in your words", "Explanations", "Ask a guide"]

        (picture,) = reveal.attachments
        assert picture.filename == "answers.png"
        boxes: list[Any] = [box.to_dict() for box in reveal.components]
        gallery = next(
            part
            for box in boxes
            for part in box["components"]
            if part["type"] == discord.ComponentType.media_gallery.value
        )
        alt = gallery["items"][0]["description"]
        assert "A: 3" in alt
        assert "B: 2" in alt
        assert ", right" in alt

        (thread,) = hall.channel.threads
        assert (thread.id, thread.name) == (reveal.id, "Discuss: Which *one* fits?")

        old = next(message for message in hall.channel.history() if message.id == question.id)
        assert buttons(old) == []
        link = f"https://discord.com/channels/{hall.guild.id}/{hall.channel.id}/{reveal.id}"
        assert words(old).endswith(f"**C**  Odd\nRevealed: [see the answer]({link}) · 6 answers")


async def test_reveal_under_five_answers_tells_on_nobody(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        await answer_all(hall, question, "BBBB")
        reveal = await revealed(hall)
        text = words(reveal)
        assert reveal.attachments == []
        assert "4 answers\n-# With fewer than 5 answers" in text
        for telling in ("right**", "Most tempting", "B 4"):
            assert telling not in text


async def test_reveal_nobody_answered(opened: Opened) -> None:
    async with opened(THREE) as hall:
        await hall.post_question()
        reveal = await revealed(hall)
        assert "Nobody answered this one." in words(reveal)
        assert reveal.attachments == []


async def test_reveal_of_a_number_and_of_an_open_question(opened: Opened) -> None:
    async with opened(TEXTS["numeric"], TEXTS["open"]) as hall:
        asked = [await hall.post_question(), await hall.post_question()]
        number = next(message for message in asked if "a number" in words(message))
        opinion = next(message for message in asked if "open answer" in words(message))
        people = [hall.member(f"P{n}") for n in range(5)]
        for place, person in enumerate(people):
            await hall.write(person, number, "1.5" if place else "3")
            locked = await hall.write(person, opinion, "A secret of mine")
            if place < 3:
                await person.select(locked.response, ["0", "1"] if place else ["0"])
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        await hall.skip(DAY + 60)
        texts = [words(message) for message in hall.channel.history() if "## Answer" in words(message)]
        (of_number,) = [text for text in texts if "1.5 ms" in text]
        (of_opinion,) = [text for text in texts if "Key points" in text]
        assert "**1.5 ms** (± 0.1)" in of_number
        assert "5 answers, **4 right**" in of_number
        assert "5 answers, **2 right** (2 not marked yet)" in of_opinion
        assert "**Key points**\n1. One\n2. Two\n3. Three" in of_opinion
        assert "secret" not in "".join(hall.sees(hall.member("Zed"), hall.channel))


async def test_answer_after_the_reveal_no_longer_counts(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        await bo.click(question, label="A")
        old_id = first_id(question)
        await revealed(hall)
        late = await hall.raw((cy, question, button(old_id)), (bo, question, button(old_id)))
        assert said(late[0]).startswith("This question was revealed <t:")
        assert "`/daily` shows the open one" in said(late[0])
        assert said(late[1]).startswith("You answered this one <t:")
        assert all(result.response.ephemeral for result in late)
        assert await counted(hall) == (1, 1, 1, 1)


async def test_form_open_across_the_reveal_does_not_count(opened: Opened) -> None:
    async with opened(TEXTS["numeric"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        writing = await bo.click(question, label="Answer")
        await revealed(hall)
        assert said(await bo.submit_modal(writing, {"answer": "1.5"})).startswith(
            "This question was revealed"
        )
        refused = (await hall.raw((bo, question, button("drop.write:1"))))[0]
        assert refused.modal is None
        assert said(refused).startswith("This question was revealed")
        assert await counted(hall) == (0, 0, 0, 0)


async def test_daily_and_marking_after_the_reveal(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        locked = await hall.write(bo, question, "Something")
        await revealed(hall)
        assert said(await bo.slash(hall.channel, "daily")).startswith("No question is open right now")
        assert said(await bo.select(locked.response, ["0", "1"])).startswith("## Right")


async def test_home_offers_todays_question_only_while_it_waits(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        home = await bo.slash(hall.channel, "reps")
        assert "today's question is open and waits" in said(home)
        shown = await bo.click(home.response, label="Today's question")
        assert said(shown) == words(question)
        await bo.click(shown.response, label="B")
        after = said(await bo.slash(hall.channel, "reps"))
        assert "This week: **1 rep**, 2 points." in after
        assert "Today's question" not in after
        assert said(await bo.click(home.response, label="Today's question")).startswith("## Right")


# --- what was deleted


async def test_deleted_question_can_be_answered_by_daily_and_is_revealed(opened: Opened) -> None:
    async with opened(THREE) as hall:
        question = await hall.post_question()
        hall.env.backend.delete_message(hall.channel.id, question.id)
        bo = hall.member("Bo")
        shown = await bo.slash(hall.channel, "daily")
        assert said(await bo.click(shown.response, label="B")).startswith("## Right")
        reveal = await revealed(hall)
        assert "1 answer" in words(reveal)
        assert [thread.id for thread in hall.channel.threads] == [reveal.id]


async def test_deleted_channel_closes_the_question_and_misses_the_reveal(opened: Opened) -> None:
    async with opened(THREE) as hall:
        gone = hall.guild.create_text_channel("soon gone")
        alerts = hall.guild.create_text_channel("staff")
        begun: Any = await hall.admin.slash(hall.channel, "setup start", channel=gone, alerts=alerts)
        await hall.admin.click(begun.response, label="Post the first question")
        await hall.rounds()
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        hall.env.backend.delete_channel(gone.id)
        bo = hall.member("Bo")
        shown = await bo.slash(hall.channel, "daily")
        await hall.skip(DAY + 60)
        timer = await hall.house.database.read(lambda db: db.execute(select(Timer.state, Timer.reason)).one())
        assert tuple(timer) == ("missed", f"channel {gone.id} is gone")
        assert len(alerts.history()) == 1
        assert said(await bo.click(shown.response, label="B")).startswith("This question was revealed")


async def test_reveal_without_the_right_to_open_threads(opened: Opened) -> None:
    async with opened(THREE) as hall:
        deny = discord.PermissionOverwrite(create_public_threads=False)
        hall.channel = hall.guild.create_text_channel(
            "no threads", overwrites={hall.guild.default_role: deny}
        )
        await hall.post_question()
        reveal = await revealed(hall)
        assert hall.channel.threads == []
        assert buttons(reveal) == ["Explain it in your words", "Explanations", "Ask a guide"]
        drop = await hall.house.database.read(
            lambda db: db.execute(select(Drop.reveal_message_id, Drop.thread_id)).one()
        )
        assert tuple(drop) == (reveal.id, None)


async def test_question_posted_late_says_so(opened: Opened) -> None:
    async with opened(THREE) as hall:
        await hall.admin.slash(hall.channel, "setup start")
        await hall.env.advance_time(timedelta(hours=4).total_seconds())
        await hall.rounds()
        (question,) = hall.channel.history()
        assert "-# Posted late: it was due <t:1772442000:f>, but I was away. Sorry!" in words(question)
