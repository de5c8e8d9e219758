"""/me data from outside: what is handed out, what people see go, and that nobody can tell afterwards."""

import json
from typing import Any

from bot.services.verify import Verify
from bot.storage.tables import Block, Explanation, ItemTally, Member, Timer
from tests.support.group import Group
from tests.support.study import answer, ask, questions, rows
from tests.support.traces import Somebody, everything, naming
from tests.support.world import SUBMIT, World, form, said

DAY = 86_400
NOTHING = "I keep nothing about you on this server"


def traces(who: Any) -> Somebody:
    return Somebody("Bonaparte", who.id)


# --- taking along


async def test_my_export_is_private_and_holds_my_words_and_nobody_elses(group: Group) -> None:
    result = await group.bo.slash(group.hall.channel, "me data export")
    assert result.ephemeral
    assert "## Everything kept about you here" in said(result)
    (file,) = result.response.attachments
    assert file.filename == "reps-data.json"
    told = json.loads(await file.read())
    assert [one["display_name"] for one in told["rows"]["members"]] == ["Bonaparte"]
    assert [one["text"] for one in told["rows"]["explanations"]] == ["As bonaparte sees it"]
    assert len(told["rows"]["answers"]) == len(told["rows"]["reps"]) == 2
    assert {one["question"].split()[0] for one in told["rows"]["answers"]} == {"Question"}
    assert len(told["rows"]["explanation_votes"]) == 1
    everyone = json.dumps(told)
    assert [one.name for one in group.people[1:] if str(one.id) in everyone] == []
    assert "As cy sees it" not in everyone
    admins = json.loads(
        await (await group.hall.admin.slash(group.hall.channel, "me data export"))
        .response.attachments[0]
        .read()
    )
    assert {one["action"] for one in admins["acts"]["audit.actor_discord_id"]} >= {"setup"}


async def test_a_stranger_has_nothing_to_take_along(quiz: World) -> None:
    told = await quiz.member("Zed").slash(quiz.channel, "me data export")
    assert said(told).startswith(NOTHING)
    assert await rows(quiz, Member) == []


# --- deleting


async def test_the_card_says_what_goes_and_what_stays_before_anything_happens(group: Group) -> None:
    before = await group.hall.house.database.read(everything)
    card = await group.bo.slash(group.hall.channel, "me data delete")
    assert card.ephemeral
    told = said(card)
    assert "**What goes:** your name, settings, answers" in told
    assert "at most 90 days the evidence of a report that is still open" in told
    wrong = await group.confirm(group.bo, "delete me")
    assert said(wrong).startswith("That was not the word DELETE, so nothing was deleted.")
    await group.hall.env.settle()
    after = await group.hall.house.database.read(everything)
    assert {name for name in before if before[name] != after[name]} <= {"heartbeats"}
    assert "Bonaparte explains" in "".join(group.explained())


async def test_deleting_takes_me_off_everything_people_see(group: Group) -> None:
    assert "#1** Bonaparte" in await group.board()
    assert [text.split(" explains")[0] for text in group.explained()] == ["**Bonaparte", "**Cy"]
    told = await group.confirm(group.bo, " delete ")
    assert said(told).startswith("You are off every board now")
    await group.hall.env.settle()
    # The press itself woke the duty; no round was needed.
    assert [text.split(" explains")[0] for text in group.explained()] == ["**Cy"]
    board = await group.board()
    assert "Bonaparte" not in board
    assert "Your place: 1 of 5" in board
    assert naming(await group.hall.house.database.read(everything), traces(group.bo)) == set()
    # One practice question and one daily one, right both times, count on without a name.
    assert sum(row.answered for row in await rows(group.hall, ItemTally)) == 2
    assert sum(row.right for row in await rows(group.hall, ItemTally)) == 2
    assert await Verify(group.hall.house.database).differences() == ()
    assert len(await rows(group.hall, Member)) == 5
    assert [row for row in await rows(group.hall, Timer) if row.kind.startswith("member.")] == []


async def test_after_deleting_one_can_start_anew(group: Group) -> None:
    await group.confirm(group.bo, "DELETE")
    await group.hall.env.settle()
    assert said(await group.bo.slash(group.hall.channel, "me data export")).startswith(NOTHING)
    first = said(await answer(group.bo, await ask(group.hall)))
    assert "Rep 1" in first or "1 rep" in first
    assert "With this you take part" in first
    await group.confirm(group.bo, "DELETE")
    await group.hall.env.settle()
    assert len(await rows(group.hall, Member)) == 5


async def test_a_crash_between_the_word_and_the_deletion_only_delays_it(group: Group) -> None:
    group.hall.bot.clockwork = None  # it dies before the duty comes round
    await group.confirm(group.bo, "DELETE")
    await group.hall.env.settle()
    # Off the board at once, and the rest is known to be due.
    assert "Bonaparte" not in await group.board()
    assert len(group.explained()) == 2
    await group.hall.restart()
    await group.hall.rounds()
    assert len(group.explained()) == 1
    assert naming(await group.hall.house.database.read(everything), traces(group.bo)) == set()


async def test_deleting_twice_at_once_is_one_deletion(group: Group) -> None:
    card = await group.bo.slash(group.hall.channel, "me data delete")
    typed = (group.bo, card.response, form("privacy.delete-form:", word="Delete"))
    results = await group.hall.raw(typed, typed, kind=SUBMIT)
    assert [said(one).startswith("You are off every board now") for one in results] == [True, True]
    assert naming(await group.hall.house.database.read(everything), traces(group.bo)) == set()
    assert len(await rows(group.hall, Explanation)) == 1


async def test_who_was_only_blocked_can_delete_and_learns_nothing(group: Group) -> None:
    zed = group.hall.member("Zed")
    (bo, *_) = [row for row in await rows(group.hall, Member) if row.discord_id == group.bo.id]
    block = Block(member_id=bo.id, blocked_discord_id=zed.id, at=group.hall.now())
    await group.hall.house.database.write(lambda db: db.add(block))
    assert said(await zed.slash(group.hall.channel, "me data export")).startswith(NOTHING)
    blocked, stranger = [await group.confirm(who, "delete") for who in (zed, group.hall.member("Yan"))]
    assert said(blocked) == said(stranger)
    await group.hall.env.settle()
    assert await rows(group.hall, Block) == []


# --- the note


async def test_the_note_is_on_the_home_card_and_in_the_first_answers_line(quiz: World) -> None:
    await quiz.admin.slash(quiz.channel, "setup start")
    bo = quiz.member("Bo")
    home = await bo.slash(quiz.channel, "reps")
    note = await bo.click(home.response, label="Privacy")
    assert note.response.ephemeral
    told = said(note)
    for promise in (
        "no privileged intent",
        "seven days",
        "90 days",
        "30 days",
        "`/me data export`",
        "`/me data delete`",
    ):
        assert promise in told
    assert "`/me data` hands out or erases everything" in said(await answer(bo, await ask(quiz)))
    assert questions(quiz.channel)
