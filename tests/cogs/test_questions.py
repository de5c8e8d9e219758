"""/daily, /question and every way of answering, by people who press real buttons."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.storage.tables import Answer, ItemVersion, Member, Rep
from tests.bank.builders import TEXTS
from tests.support.world import (
    PRESS,
    SUBMIT,
    World,
    button,
    choice,
    choice_item,
    form,
    said,
    small_world,
    words,
)

ONE_RIGHT = choice_item("Wrong one", "+Right one", "Wrong too")
TWO_RIGHT = choice_item("+First", "Second", "+Third")
SIX = choice_item("One", "Two", "Three", "Four", "Five", "+Six")

Opened = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens a hall over a bank of the given items."""
    return partial(small_world, tmp_path)


async def reps_of(hall: World) -> list[tuple[str, str, int, int]]:
    """Every line of the record: whose, for what, reps and points."""
    query = (
        select(Member.display_name, Rep.activity, Rep.reps, Rep.points)
        .join(Member, Member.id == Rep.member_id)
        .order_by(Rep.id)
    )
    return await hall.house.database.read(lambda db: [(*row,) for row in db.execute(query)])


def controls_of(result: Any) -> list[dict[str, Any]]:
    """Every control of a private reply."""
    return [
        control
        for box in result.response.components
        for row in box["components"]
        if row["type"] == 1
        for control in row["components"]
    ]


# --- choices


async def test_right_tap_is_told_privately_and_joins_with_one_privacy_line(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        result = await bo.click(question, label="B")
        assert result.response.ephemeral
        text = said(result)
        assert text.startswith("## Right\n**The right answer**\n**B**  Right one\nBecause it is so.")
        assert "**+1 rep** · **+2 points**\nStreak: **1 day**" in text
        assert "Everyone's answers are revealed <t:" in text
        assert text.count("With this you take part") == 1
        assert text in hall.sees(bo)
        assert hall.sees(cy) == words(question)
        assert await reps_of(hall) == [("Bo", "daily", 1, 2)]


async def test_wrong_tap_is_told_why_and_is_a_rep_too(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        result = await bo.click(question, label="C")
        text = said(result)
        assert result.response.ephemeral
        assert text.startswith("## Not quite\n**C** is not it: Why: Wrong too.\n**The right answer**\n**B**")
        assert "**+1 rep** · **+1 point**" in text
        assert hall.sees(cy) == words(question)


async def test_member_of_before_sees_neither_privacy_line_nor_undo(opened: Opened) -> None:
    async with opened(ONE_RIGHT, TWO_RIGHT) as hall:
        first = await hall.post_question()
        second = await hall.post_question()
        bo = hall.member("Bo")
        texts = []
        for question in (first, second):
            if "[A]" in words(question):
                texts.append(said(await bo.click(question, label="A")))
            else:
                texts.append(said(await bo.select(question, ["0"])))
        assert ["[Undo" in text for text in texts] == [True, False]
        assert ["take part" in text for text in texts] == [True, False]


async def test_select_of_several_right(opened: Opened) -> None:
    async with opened(TWO_RIGHT) as hall:
        question = await hall.post_question()
        assert "More than one option may be right" in words(question)
        verdicts = {}
        for chosen in ("02", "0", "012", "1"):
            result = await hall.member(f"M{chosen}").select(question, list(chosen))
            assert result.response.ephemeral
            verdicts[chosen] = said(result).split("\n")[0]
        assert verdicts == {"02": "## Right", "0": "## Not quite", "012": "## Not quite", "1": "## Not quite"}


async def test_six_options_are_a_select_of_one(opened: Opened) -> None:
    async with opened(SIX) as hall:
        question = await hall.post_question()
        assert "More than one" not in words(question)
        bo = hall.member("Bo")
        assert said(await bo.select(question, ["5"])).startswith("## Right")
        cy = hall.member("Cy")
        assert said(await cy.select(question, ["0"])).startswith("## Not quite\n**A** is not it")


# --- numbers


async def test_number_by_form(opened: Opened) -> None:
    async with opened(TEXTS["numeric"]) as hall:
        question = await hall.post_question()
        cy = hall.member("Cy")
        right = dict.fromkeys(["1.5", "1,45 ms", "0.0015 s", "3/2"], True) | {"2": False, "1,500": False}
        for place, (typed, verdict) in enumerate(right.items()):
            result = await hall.write(hall.member(f"M{place}"), question, typed)
            assert result.response.ephemeral
            assert said(result).startswith("## Right" if verdict else "## Not quite"), typed
            assert f"You wrote {typed}. The answer is **1.5 ms** (± 0.1)." in said(result)
        assert hall.sees(cy) == words(question)


async def test_unreadable_number_costs_nothing(opened: Opened) -> None:
    async with opened(TEXTS["numeric"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        for typed in ("abc", "1.5 kg", "  ", "1e999", "3/0", "1 or 2", "--1"):
            refused = said(await hall.write(bo, question, typed))
            assert "as a number" in refused, typed
            assert "not counted; you can try again" in refused
        assert await reps_of(hall) == []
        assert said(await hall.write(bo, question, "1.5")).startswith("## Right")
        assert await reps_of(hall) == [("Bo", "daily", 1, 2)]


# --- open answers


async def test_open_answer_is_locked_then_marked_by_oneself_once(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        locked = await hall.write(bo, question, "My *own* words @everyone")
        text = said(locked)
        assert text.startswith("## Locked in")
        assert "1. One\n2. Two\n3. Three" in text
        assert "**A model answer**\nBecause." in text
        assert "**+1 rep** · **+1 point**" in text
        assert hall.sees(cy) == words(question)

        marked = await bo.select(locked.response, ["0", "2"])
        assert marked.response.ephemeral
        assert said(marked).startswith("## Right\nYou covered 2 of 3 key points.")
        assert "✓ One\n– Two\n✓ Three" in said(marked)
        assert "**+1 point**" in said(marked)
        assert hall.sees(cy) == words(question)

        again = await bo.select(locked.response, ["0", "1", "2"])
        assert said(again).startswith("You have marked this answer already")
        assert said(await bo.click(locked.response, label="None of them")).startswith("You have marked this")
        assert await reps_of(hall) == [("Bo", "daily", 1, 1), ("Bo", "daily", 0, 1)]


async def test_none_of_them_is_a_mark_too(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        locked = await hall.write(bo, question, "No idea, but I would look at the data first.")
        marked = said(await bo.click(locked.response, label="None of them"))
        assert marked.startswith("## Not quite\nYou covered 0 of 3 key points.")
        assert "[None of them]" not in marked
        assert await reps_of(hall) == [("Bo", "daily", 1, 1)]


async def test_empty_open_answer_is_not_saved(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        for nothing in (" \n\t ", "\u200b\u202e\ufeff"):
            assert said(await hall.write(bo, question, nothing)).startswith("Your answer was empty")
        assert said(await hall.write(bo, question, "Now something.")).startswith("## Locked in")


async def test_answer_longer_than_the_form_allows_is_kept_to_the_limit(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        opened_form = await bo.click(question, label="Answer")
        (result,) = await hall.raw(
            (bo, question, form(opened_form.modal["custom_id"], answer="x" * 5000)), kind=SUBMIT
        )
        assert said(result).startswith("## Locked in")
        kept = await hall.house.database.read(lambda db: db.scalars(select(Answer.text)).one())
        assert kept == "x" * 4000


@pytest.mark.parametrize(("kind", "asked"), [("code", "def double(n):"), ("sql", "CREATE TABLE t")])
async def test_code_is_shown_and_marked_by_oneself(opened: Opened, kind: str, asked: str) -> None:
    async with opened(TEXTS[kind]) as hall:
        bo = hall.member("Bo")
        drawn = await bo.slash(hall.channel, "question random", kind=kind)
        assert drawn.response.ephemeral
        assert asked in said(drawn)
        assert "return 2" not in said(drawn)
        assert "COUNT" not in said(drawn)
        locked = await hall.write(bo, drawn.response, "SELECT 1; def double(n): return n + n")
        assert said(locked).startswith("## Locked in")
        marked = said(await bo.select(locked.response, ["0"]))
        assert marked.startswith("## Right\nYou covered 1 of 1 key points.")
        assert "**A model answer**\n```" in marked
        assert await reps_of(hall) == [("Bo", "practice", 1, 0)]


# --- joining and taking it back


async def test_undo_leaves_no_trace(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        result = await bo.click(question, label="B")
        undone = await bo.click(result.response, label="Undo, I don't want to join")
        assert said(undone).startswith("Done: you are not taking part")
        rows = await hall.house.database.read(
            lambda db: [*db.scalars(select(Member)), *db.scalars(select(Answer)), *db.scalars(select(Rep))]
        )
        assert rows == []
        again = await bo.click(result.response, label="Undo, I don't want to join")
        assert said(again).startswith("There is nothing to undo")
        assert said(await bo.slash(hall.channel, "me stats")).startswith("You are not taking part")
        assert said(await bo.click(question, label="C")).startswith("## Not quite")


async def test_undo_of_long_ago_is_refused(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        result = await bo.click(question, label="B")
        await bo.slash(hall.channel, "question random", kind="choice")
        await bo.slash(hall.channel, "question random", topic="sql")
        await hall.skip(86_400 * 2)
        drawn = await bo.slash(hall.channel, "question random")
        await bo.click(drawn.response, label="B")
        refused = await bo.click(result.response, label="Undo, I don't want to join")
        assert said(refused).startswith("You have done more since then")
        assert len(await reps_of(hall)) == 2


async def test_drawing_a_question_joins_and_can_be_undone(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        bo = hall.member("Bo")
        drawn = await bo.slash(hall.channel, "question random")
        assert said(drawn).count("With this you take part") == 1
        undone = await bo.click(drawn.response, label="Undo, I don't want to join")
        assert said(undone).startswith("Done: you are not taking part")
        assert await hall.house.database.read(lambda db: db.scalars(select(Member)).all()) == []


# --- once only, and by whom


async def test_second_answer_is_refused_with_the_first_ones_verdict(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        await bo.click(question, label="A")
        second = await bo.click(question, label="B")
        assert second.response.ephemeral
        assert said(second).startswith("You answered this one <t:")
        assert "and it was not right; the first answer counts" in said(second)
        assert await reps_of(hall) == [("Bo", "daily", 1, 1)]


async def test_form_is_not_even_opened_for_a_second_answer(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        await hall.write(bo, question, "Something")
        refused = await bo.click(question, label="Answer")
        assert refused.modal is None
        assert said(refused).startswith("You answered this one <t:")


async def test_two_forms_open_at_once_save_one_answer(opened: Opened) -> None:
    async with opened(TEXTS["numeric"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        one, two = await bo.click(question, label="Answer"), await bo.click(question, label="Answer")
        assert said(await bo.submit_modal(one, {"answer": "1.5"})).startswith("## Right")
        refused = said(await bo.submit_modal(two, {"answer": "7"}))
        assert "and it was right; the first answer counts" in refused
        assert await reps_of(hall) == [("Bo", "daily", 1, 2)]


async def test_double_click_is_one_answer(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        drop = controls(question)
        results = await hall.raw((bo, question, button(drop[1])), (bo, question, button(drop[1])))
        texts = sorted(said(result).split("\n")[0][:20] for result in results)
        assert texts == ["## Right", "You answered this on"]
        assert await reps_of(hall) == [("Bo", "daily", 1, 2)]


def controls(message: Any) -> list[str]:
    """The custom_ids of a channel message, in order."""
    found: list[str] = []

    def look(components: Any) -> None:
        for component in components:
            if component.get("custom_id"):
                found.append(component["custom_id"])
            look(component.get("components", ()))

    look([component.to_dict() for component in message.components])
    return found


async def test_practice_of_somebody_else_is_refused(opened: Opened) -> None:
    async with opened(ONE_RIGHT, TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        drawn = await bo.slash(hall.channel, "question random")
        answer_id = controls_of(drawn)[0]["custom_id"].split(":")[1].split(".")[0]
        forged = [
            button(f"practice.choose:{answer_id}.1"),
            choice(f"practice.select:{answer_id}", "1"),
            button(f"practice.write:{answer_id}"),
            choice(f"answer.mark:{answer_id}", "0"),
            button(f"answer.none:{answer_id}"),
        ]
        await cy.slash(hall.channel, "question random")
        for data in forged:
            (result,) = await hall.raw((cy, question, data))
            assert said(result).startswith("That answer belongs to somebody else.")
            assert result.response.ephemeral
        (result,) = await hall.raw(
            (cy, question, form(f"practice.form:{answer_id}", answer="mine")), kind=SUBMIT
        )
        assert said(result).startswith("That answer belongs to somebody else.")
        assert await reps_of(hall) == []


async def test_stranger_with_somebodys_ticket_does_not_join(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        await bo.click(question, label="B")
        for data in (button("practice.choose:1.0"), button("answer.none:1")):
            await hall.raw((cy, question, data))
        names = await hall.house.database.read(lambda db: db.scalars(select(Member.display_name)).all())
        assert names == ["Bo"]


async def test_other_servers_ids_are_refused(opened: Opened) -> None:
    async with opened(ONE_RIGHT, TEXTS["open"]) as hall:
        question = await hall.post_question()
        theirs = controls(question)[0]
        drop_id = theirs.split(":")[1].split(".")[0]
        elsewhere = hall.env.create_guild("Elsewhere")
        room = elsewhere.create_text_channel("general")
        stranger = elsewhere.add_member(hall.env.create_user("mo", global_name="Mo"))
        own = await stranger.slash(room, "question random")
        before = len(await reps_of(hall))
        for data in (
            button(f"drop.choose:{drop_id}.1"),
            choice(f"drop.select:{drop_id}", "1"),
            button(f"drop.write:{drop_id}"),
            button(f"drop.explanations:{drop_id}"),
            button(f"drop.vote:{drop_id}.1"),
        ):
            (result,) = await hall.raw((stranger, own.response, data))
            assert said(result).startswith("This button belongs to something that is over.")
            assert result.response.ephemeral
        for data in (
            form(f"drop.form:{drop_id}", answer="1"),
            form(f"drop.explain-form:{drop_id}", text="x"),
        ):
            (result,) = await hall.raw((stranger, own.response, data), kind=SUBMIT)
            assert said(result).startswith("This button belongs to something that is over.")
        assert len(await reps_of(hall)) == before


MALFORMED = [
    "nothing",
    "no.such.verb:1",
    "drop.choose",
    "drop.choose:",
    "drop.choose:1",
    "drop.choose:1.2.3",
    "drop.choose:one.two",
    "drop.choose:-1.0",
    "drop.choose:999999.0",
    "drop.choose:1.99",
    "drop.choose:99999999999999999999999.0",
    "drop.choose:１.0",
    "drop.choose:1_0.0",
    "drop.write:99999999999999999999999",
    "practice.choose:9223372036854775808.0",
    "answer.none:9223372036854775807",
    "drop.vote:1.' OR 1=1 --",
    "x" * 100,
]
FORGED_CHOICES = [(), ("one",), ("-1",), ("99999999999999999999999",), ("0", "77")]


async def test_malformed_ids_are_refused_without_a_traceback(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(ONE_RIGHT, TWO_RIGHT) as hall:
        questions = [await hall.post_question(), await hall.post_question()]
        bo = hall.member("Bo")
        (select_id,) = [id for question in questions for id in controls(question) if "select" in id]
        sent = [button(custom_id) for custom_id in MALFORMED]
        sent += [choice(id, *values) for id in (select_id, "practice.open:") for values in FORGED_CHOICES]
        polite = ("Open it fresh with `/reps`.", "with `/daily` and you are in.", "gives you another.")
        for data in sent:
            (result,) = await hall.raw((bo, questions[0], data))
            assert result.response.ephemeral
            assert said(result).endswith(polite), data
        assert await reps_of(hall) == []
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []


# --- /daily


async def test_daily_before_set_up_says_what_there_is(hall: World) -> None:
    text = said(await hall.member("Bo").slash(hall.channel, "daily"))
    assert text == (
        "No question is open right now, and none is scheduled. `/question random` gives you one to practise."
    )


async def test_daily_with_none_open_tells_the_next_time(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        await hall.admin.slash(hall.channel, "setup start", time="09:00")
        text = said(await hall.member("Bo").slash(hall.channel, "daily"))
        assert text.startswith("No question is open right now. The next one comes <t:1772442000:R>.")


async def test_daily_shows_the_open_question_and_then_ones_own_feedback(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        question = await hall.post_question()
        bo, cy = hall.member("Bo"), hall.member("Cy")
        shown = await bo.slash(hall.channel, "daily")
        assert shown.response.ephemeral
        assert said(shown) == words(question)
        answered = await bo.click(shown.response, label="B")
        assert said(answered).startswith("## Right")
        again = await bo.slash(hall.channel, "daily")
        assert again.response.ephemeral
        assert said(again).startswith("## Right\n**The right answer**\n**B**  Right one")
        assert "[Undo" not in said(again)
        assert "+1 rep" not in said(again)
        assert hall.sees(cy) == words(question)


async def test_daily_brings_back_the_marking_of_a_locked_answer(opened: Opened) -> None:
    async with opened(TEXTS["open"]) as hall:
        question = await hall.post_question()
        bo = hall.member("Bo")
        await hall.write(bo, question, "Something")
        again = await bo.slash(hall.channel, "daily")
        assert said(again).startswith("## Locked in")
        assert "Marked." not in said(again)
        assert said(await bo.select(again.response, ["0", "1", "2"])).startswith("## Right")
        third = said(await bo.slash(hall.channel, "daily"))
        assert third.startswith("## Right\nYou covered 3 of 3 key points.")


# --- practice


async def test_random_without_filters_practises_for_reps_not_points(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        bo, cy = hall.member("Bo"), hall.member("Cy")
        drawn = await bo.slash(hall.channel, "question random")
        assert drawn.response.ephemeral
        assert said(drawn).startswith("## Practice: A title\n-# SQL · easy · choice\nWhich?")
        answered = await bo.click(drawn.response, label="B")
        assert said(answered).startswith("## Right")
        assert "**+1 rep** · practice, so no points" in said(answered)
        assert said(await bo.click(drawn.response, label="A")).startswith("You answered this one")
        another = await bo.click(answered.response, label="Another question")
        assert said(another).startswith("## Practice: A title")
        assert hall.sees(cy) == ""
        assert await reps_of(hall) == [("Bo", "practice", 1, 0)]


async def test_random_keeps_to_its_filters(opened: Opened) -> None:
    mle = ONE_RIGHT.replace("track: both", "track: mle").replace("A title", "Only for engineers")
    async with opened(
        sql__one=ONE_RIGHT, sql__two=TEXTS["numeric"], sql__three=TEXTS["sql"], gpu__four=mle
    ) as hall:
        bo, people = hall.member("Bo"), count(1)

        async def kinds(**filters: str) -> set[str]:
            who = hall.member(f"M{next(people)}")
            found = [said(await who.slash(hall.channel, "question random", **filters)) for _ in range(8)]
            return {text.split("\n")[1].removeprefix("-# ") for text in found}

        assert await kinds(topic="gpu") == {"GPUs · easy · choice"}
        assert await kinds(kind="sql") == {"SQL · easy · SQL"}
        assert await kinds(track="ds") == {"SQL · easy · choice", "SQL · easy · a number"}
        assert await kinds(track="mle", kind="choice") == {"SQL · easy · choice", "GPUs · easy · choice"}
        assert await kinds(topic="sql") == {
            "SQL · easy · choice",
            "SQL · easy · a number",
            "SQL · easy · SQL",
        }
        assert await kinds() == {"SQL · easy · choice", "SQL · easy · a number", "GPUs · easy · choice"}
        for filters in ({"topic": "nonsense"}, {"topic": "gpu", "kind": "sql"}, {"kind": "code"}):
            refused = said(await bo.slash(hall.channel, "question random", **filters))
            assert refused.startswith("No question in the bank fits these filters.")


async def test_random_goes_through_all_before_repeating(opened: Opened) -> None:
    async with opened(*(choice_item("+Yes", "No", title=f"Number {n}") for n in range(5))) as hall:
        bo = hall.member("Bo")
        titles = [said(await bo.slash(hall.channel, "question random")).split("\n")[0] for _ in range(10)]
        assert len(set(titles[:5])) == len(set(titles[5:])) == 5


async def test_open_daily_question_is_never_given_away_by_practice(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        bo = hall.member("Bo")
        found = await bo.slash(hall.channel, "question search", text="title")
        await hall.post_question()
        for who in (bo, hall.member("Cy")):
            drawn = said(await who.slash(hall.channel, "question random"))
            assert drawn.startswith("No question in the bank fits")
            searched = said(await who.slash(hall.channel, "question search", text="title"))
            assert searched.startswith("I found no question")
        kept_list = await bo.select(found.response, [controls_of(found)[0]["options"][0]["value"]])
        assert said(kept_list).startswith("That question is no longer in the bank.")


async def test_reserved_items_are_never_shown(opened: Opened) -> None:
    reserved = ONE_RIGHT.replace("difficulty: 2\n", "difficulty: 2\nreserved: true\n")
    async with opened(reserved) as hall:
        bo = hall.member("Bo")
        assert said(await bo.slash(hall.channel, "question random")).startswith("No question in the bank")
        assert said(await bo.slash(hall.channel, "question search", text="title")).startswith("I found no")
        home = await bo.slash(hall.channel, "reps")
        (result,) = await hall.raw((bo, home.response, choice("practice.open:", "1")))
        assert said(result).startswith("That question is no longer in the bank.")
        await hall.admin.slash(hall.channel, "setup start")
        await hall.skip(3 * 3600)
        assert "[A]" not in hall.sees(bo)


async def test_search_finds_by_title_and_topic_and_opens(opened: Opened) -> None:
    async with opened(
        sql__one=choice_item("+Yes", "No", title="Count of NULL in COUNT(*)"),
        gpu__two=choice_item("+Yes", "No", title="Sharing memory").replace("track: both", "track: mle"),
    ) as hall:
        bo = hall.member("Bo")
        for text in ("null", "NULL count", "sql"):
            found = await bo.slash(hall.channel, "question search", text=text)
            assert found.response.ephemeral
            assert said(found).startswith("## 1 found\n**1.** Count of NULL")
        (menu,) = controls_of(found)
        assert [option["label"] for option in menu["options"]] == ["Count of NULL in COUNT(*)"]
        chosen = await bo.select(found.response, [menu["options"][0]["value"]])
        assert "Count of NULL" in said(chosen)
        assert said(await bo.click(chosen.response, label="A")).startswith("## Right")
        assert said(await bo.slash(hall.channel, "question search", text="o")).startswith("## 2 found")


HOSTILE = [
    "[free](https://example.org) **bold**",
    "@everyone <@1> <@&2>",
    "%_%",
    "x" * 100,
    "`" * 60,
    "\u202e||a||",
]


async def test_search_for_hostile_text_shows_it_harmlessly(opened: Opened) -> None:
    async with opened(ONE_RIGHT) as hall:
        bo = hall.member("Bo")
        for text in HOSTILE:
            result = await bo.slash(hall.channel, "question search", text=text)
            assert result.response.ephemeral
            shown = said(result)
            assert shown.startswith("I found no question about “")
            assert [mark for mark in ("](", "**", "<@", " @", "``", "||", "\u202e") if mark in shown] == []


# --- what cannot be foreseen


async def break_items(hall: World) -> None:
    """Spoil every stored item, as a damaged database would."""
    await hall.house.database.write(lambda db: db.execute(update(ItemVersion).values(body={"topic": "sql"})))


async def test_unforeseen_failure_has_one_reference_for_person_and_log(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(ONE_RIGHT, TEXTS["open"]) as hall:
        bo = hall.member("Bo")
        asked = [await hall.post_question(), await hall.post_question()]
        by_tap = next(message for message in asked if "[A]" in words(message))
        by_form = next(message for message in asked if "[Answer]" in words(message))
        form_id = controls(by_form)[0].replace("write", "form")
        await break_items(hall)
        for data, kind in (
            (button(controls(by_tap)[0]), PRESS),
            (button(controls(by_form)[0]), PRESS),
            (form(form_id, answer="x"), SUBMIT),
        ):
            caplog.clear()
            (result,) = await hall.raw((bo, by_tap, data), kind=kind)
            assert result.response.ephemeral
            text = said(result)
            assert text.startswith("Something went wrong on our side, and nothing of yours was lost.")
            reference = text.rpartition("**")[0].rpartition("**")[2]
            (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
            logged: Any = record.msg
            assert logged["reference"] == reference
            assert isinstance(logged["exc_info"], KeyError)
        assert await reps_of(hall) == []


async def test_unforeseen_failure_of_a_command(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        async with opened(ONE_RIGHT) as hall:
            await break_items(hall)
            result = await hall.member("Bo").slash(hall.channel, "question random")
            assert result.response.ephemeral
            reference = said(result).rpartition("**")[0].rpartition("**")[2]
            (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
            logged: Any = record.msg
            assert logged["reference"] == reference
    assert failed.value.subgroup(lambda error: "KeyError" in str(error)) is not None


# --- what it brought


async def test_reps_points_and_streak_add_up_over_days(opened: Opened) -> None:
    async with opened(*(choice_item("+Yes", "No", title=f"Number {n}") for n in range(4))) as hall:
        bo = hall.member("Bo")
        await hall.admin.slash(hall.channel, "setup start", time="08:30")
        gained: list[str] = []
        for _ in range(3):
            await hall.skip(86_400 if gained else 3600)
            shown = await bo.slash(hall.channel, "daily")
            gained.append(said(await bo.click(shown.response, label="A" if len(gained) != 1 else "B")))
        assert ["**+2 points**" in text for text in gained] == [True, False, True]
        assert [text.count(f"Streak: **{n} day") for n, text in enumerate(gained, 1)] == [1, 1, 1]
        home = said(await bo.slash(hall.channel, "reps"))
        assert "This week: **3 reps**, 5 points." in home
        assert "Streak: **3 days**" in home
        assert "practise one question" in home
