"""The room of a live recitation, as the people in it see it: from opening to the feedback."""

from typing import Any

from sqlalchemy import select, update

from bot.services.recitation.opening import open_room
from bot.storage.tables import Minutes, Recitation, RecitationFeedback, Reciter, Rep, Timer
from tests.support.circle import MARKS, Circle, told
from tests.support.study import rows
from tests.support.world import SUBMIT, button, form, said, words

MINUTE, HOUR, DAY = 60, 3600, 86_400
OUT_OF_DATE = "Things have moved on since this card."
PASSED = "-# The newest card is at the end of this thread."


async def reps(circle: Circle) -> list[tuple[str, int, int]]:
    """What everybody earned, by whom in order of joining."""
    found = await rows(circle.hall, Rep)
    return sorted((rep.key, rep.member_id, rep.points) for rep in found)


# --- the whole of it


async def test_two_people_recite_to_each_other_and_read_their_feedback(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    assert f"<@{bao.id}> recites, <@{carmen.id}> listens." in pair.shown
    assert "1. **Definition**: what " in pair.shown
    assert "point 1" not in pair.shown
    assert {one.id for one in pair.card.mentions} == {bao.id, carmen.id}

    assert await pair.press(bao, "I begin") == PASSED
    assert pair.shown.startswith("## Reciting")
    assert "[Finished]\n[For the listener]\n[More]" in pair.shown
    heard = await pair.press(carmen, "For the listener")
    assert "**Key points**\n1. " in heard
    assert "The model answer to" in heard
    await pair.hall.env.advance_time(2 * MINUTE)
    await bao.send(pair.thread, "…and that is when it fails.")
    assert await pair.press(bao, "Finished") == PASSED
    # What is pressed next stands below what was written.
    assert pair.thread.history()[-1].id == pair.card.id
    assert pair.shown.startswith("## Feedback")
    await pair.mark(carmen)
    assert len(pair.cards) == 1
    assert f"<@{carmen.id}> recites, <@{bao.id}> listens." in pair.shown

    await pair.recite(carmen, bao)
    *before, last = pair.said
    assert before == [PASSED, PASSED, "…and that is when it fails."] + [PASSED] * 4
    assert last.startswith("## Well done")
    assert {one.id for one in pair.card.mentions} == {bao.id, carmen.id}
    mine = await pair.press(bao, "Read my feedback")
    assert ": 2 of 5 key points, says <@" in mine
    assert "Say \\*when\\* it fails" in mine
    assert "point 1" in mine
    assert (await reps(pair)) == [
        ("recite:1:reciting", 1, 6),
        ("recite:2:listening", 2, 6),
        ("recite:2:reciting", 2, 6),
    ]
    assert "confirms that your listener listened" in pair.shown
    assert "That you have read this confirms that they listened" in await pair.press(
        carmen, "Read my feedback"
    )
    assert ("recite:1:listening", 1, 6) in await reps(pair)
    assert (await pair.press(carmen, "Thank my listener")).startswith("Thank you.")
    assert f"<@{carmen.id}> thanks <@{bao.id}> for listening." in pair.shown
    assert len(await reps(pair)) == 4
    assert {(one.member_id, one.kind, one.minutes) for one in await rows(pair.hall, Minutes)} == {
        (1, "recitation", 2),
        (2, "recitation", 2),
    }
    assert len(await rows(pair.hall, Minutes)) == 4

    await pair.hall.skip(2 * DAY + HOUR)
    assert (await pair.row()).phase == "done"
    # What stays for good names nobody.
    assert pair.shown.startswith("## Done\n")
    assert "<@" not in pair.shown
    assert "[Read my feedback]" in pair.shown
    assert "says <@" in await pair.press(bao, "Read my feedback")


async def test_three_take_turns_and_each_recites_and_listens_once(trio: Circle) -> None:
    await trio.join()
    bao, carmen, dao = trio.people
    for reciter, listener, observer in ((bao, carmen, dao), (carmen, dao, bao), (dao, bao, carmen)):
        assert f"<@{reciter.id}> recites, <@{listener.id}> listens. <@{observer.id}> observes." in trio.shown
        assert "This is for" in await trio.press(observer, "For the listener")
        assert "**Key points**" in await trio.press(listener, "For the listener")
        assert "turn, so" in await trio.press(observer, "I begin")
        await trio.press(reciter, "I begin")
        await trio.hall.env.advance_time(2 * MINUTE)
        await trio.press(listener, "Finished")
        refused = await observer.click(trio.card, label="Give feedback")
        # Who listened before has given theirs.
        first = "There is no recitation here that waits for your feedback."
        again = "You gave your feedback on this one already"
        assert said(refused).startswith(
            first if reciter is bao or (reciter is carmen and observer is bao) else again
        )
        await trio.mark(listener)
    assert trio.shown.startswith("## Well done")
    for one in trio.people:
        assert "2 of 5 key points" in await trio.press(one, "Read my feedback")
    assert [(key, points) for key, _, points in await reps(trio)] == [
        (f"recite:{number}:{role}", 6) for number in (1, 2, 3) for role in ("listening", "reciting")
    ]
    concepts = {one.item_id for one in await rows(trio.hall, Reciter)}
    assert len(concepts) == 3


async def test_it_goes_on_after_a_restart_in_every_phase(pair: Circle) -> None:
    await pair.join(opened=False)
    bao, carmen = pair.people
    now = pair.hall.now()
    await pair.hall.house.database.write(lambda db: open_room(db, pair.id, now))
    await pair.hall.restart()
    await pair.hall.rounds()
    for reciter, listener in ((bao, carmen), (carmen, bao)):
        await pair.hall.restart()
        await pair.press(reciter, "I begin")
        await pair.hall.restart()
        await pair.hall.env.advance_time(2 * MINUTE)
        await pair.press(listener, "Finished")
        await pair.hall.restart()
        opened = await listener.click(pair.card, label="Give feedback")
        await pair.hall.restart()
        await listener.submit_modal(opened, MARKS)
        await pair.hall.rounds()
    await pair.hall.restart()
    assert "2 of 5 key points" in await pair.press(bao, "Read my feedback")
    await pair.hall.restart()
    assert "Thank you." in await pair.press(bao, "Thank my listener")
    assert len(pair.hall.channel.threads) == 1


# --- time


async def test_the_end_of_a_time_is_a_new_message_and_the_old_card_has_no_buttons(pair: Circle) -> None:
    await pair.join(medium="voice")
    bao, carmen = pair.people
    assert "Say it aloud" in pair.shown
    await pair.press(bao, "More")
    await pair.hall.skip(5 * MINUTE)
    assert pair.said[0] == PASSED
    assert "When everyone is here," in pair.shown
    await pair.hall.skip(HOUR)
    assert len(pair.said) == 2

    await pair.press(bao, "I begin")
    await pair.hall.skip(5 * MINUTE)
    assert pair.said[:2] == [PASSED, PASSED]
    assert pair.shown.startswith("## Feedback")
    assert {one.id for one in pair.card.mentions} == {bao.id, carmen.id}
    await pair.hall.skip(3 * MINUTE)
    assert pair.said[:3] == [PASSED] * 3
    assert f"<@{carmen.id}> recites" in pair.shown
    await pair.press(carmen, "I begin")
    await pair.hall.skip(5 * MINUTE)
    await pair.mark(bao)
    assert pair.shown.startswith("## Nearly done")
    assert f"<@{carmen.id}> still owes feedback" in pair.shown
    assert (await pair.press(bao, "More")).startswith("## More")
    await pair.mark(carmen)
    assert pair.shown.startswith("## Well done")
    assert len(pair.cards) == 1


async def test_feedback_that_is_owed_can_be_given_while_the_next_one_recites(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen, marks=False)
    await pair.hall.skip(6 * MINUTE)
    assert f"<@{carmen.id}> recites" in pair.shown
    assert "Give feedback" not in said(await bao.click(pair.card, label="More"))
    opened = await carmen.click(pair.card, label="More")
    filling = await carmen.click(opened.response, label="Give feedback")
    given = await carmen.submit_modal(filling, MARKS)
    assert said(given).startswith("Thank you. It opens for everyone at once")
    await pair.hall.rounds()
    assert f"<@{carmen.id}> recites" in pair.shown
    await pair.recite(carmen, bao)
    assert pair.shown.startswith("## Well done")
    assert "2 of 5 key points" in await pair.press(bao, "Read my feedback")


async def test_nobody_there_means_nothing_is_said_until_somebody_comes(pair: Circle) -> None:
    await pair.join()
    await pair.hall.skip(12 * HOUR)
    assert len(pair.said) == 1
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    assert f"<@{carmen.id}> recites" in pair.shown


async def test_feedback_stays_sealed_until_the_deadline_and_opens_without_the_missing_one(
    pair: Circle,
) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    await pair.recite(carmen, bao, marks=False)
    await pair.hall.skip(6 * MINUTE)
    assert pair.shown.startswith("## Nearly done")
    sealed = await bao.click(pair.card, label="More")
    assert "Read my feedback" not in said(sealed)
    (reply,) = await pair.hall.raw((bao, pair.card, button(f"recite.read:{pair.id}")))
    assert told(reply).startswith("Feedback opens for everyone at once: when all have given theirs, or <t:")
    await pair.hall.skip(DAY)
    assert pair.shown.startswith("## Well done")
    assert "2 of 5 key points" in await pair.press(bao, "Read my feedback")
    assert (await pair.press(carmen, "Read my feedback")).startswith("Nobody gave feedback")
    await pair.hall.skip(2 * DAY + HOUR)
    # Unconfirmed, it is a rep without points.
    assert ("recite:2:reciting", 2, 0) in await reps(pair)
    # Too late now: the feedback is open.
    late = await pair.hall.raw((bao, pair.card, form("recite.mark-form:2", **MARKS)), kind=SUBMIT)
    assert told(late[0]).startswith("There is no recitation here that waits")


# --- what each sees, and who may


async def test_only_the_listener_sees_the_key_points(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    refused = await pair.press(bao, "For the listener")
    assert refused.startswith(f"This is for <@{carmen.id}>, who listens")
    shown = await carmen.click(pair.card, label="For the listener")
    assert shown.response.ephemeral
    assert "point 1" in said(shown)
    for one in pair.people:
        everything = pair.hall.sees(one, pair.thread)
        assert ("point 1" in everything) == (one is carmen)
    # Whose turn is later listens then, and sees nothing of their own before.
    title = pair.shown.partition("**")[2].partition("**")[0]
    assert title in said(shown)


async def test_strangers_and_people_of_other_rooms_are_refused(pair: Circle) -> None:
    await pair.join()
    zed = pair.hall.member("Zed")
    step = (await pair.row()).step
    pressed = [
        f"recite.open:{pair.id}",
        f"recite.begin:{pair.id}.{step}",
        f"recite.listen:{pair.id}",
        f"recite.mark:{pair.id}",
        f"recite.more:{pair.id}.{step}",
        f"recite.read:{pair.id}",
        f"recite.thank:{pair.id}",
        f"recite.keep:{pair.id}",
        f"recite.times:{pair.id}",
        f"recite.voice:{pair.id}",
        f"recite.absent:{pair.id}",
        f"recite.concept:{pair.id}.{step}",
        "recite.open:999",
    ]
    for custom_id in pressed:
        (reply,) = await pair.hall.raw((zed, pair.card, button(custom_id)))
        assert told(reply).startswith("Only the people of this recitation can do that."), custom_id
    (reply,) = await pair.hall.raw((zed, pair.card, form("recite.mark-form:1", **MARKS)), kind=SUBMIT)
    assert told(reply).startswith("Only the people of this recitation")
    assert (await pair.row()).phase == "ready"


async def test_a_turn_is_begun_by_whose_it_is_and_old_cards_do_nothing(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    assert (await pair.press(carmen, "I begin")).startswith(f"It is <@{bao.id}>'s turn")
    step = (await pair.row()).step
    await pair.recite(bao, carmen)
    for custom_id in (f"recite.begin:{pair.id}.{step}", f"recite.finish:{pair.id}.{step + 1}"):
        (reply,) = await pair.hall.raw((bao, pair.card, button(custom_id)))
        assert told(reply).startswith(OUT_OF_DATE)
    assert (await pair.row()).turn == 1


async def test_pressed_twice_at_once_is_pressed_once(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    step = (await pair.row()).step
    await pair.hall.raw(*[(bao, pair.card, button(f"recite.begin:{pair.id}.{step}"))] * 3)
    assert (await pair.row()).step == step + 1
    await pair.hall.env.advance_time(2 * MINUTE)
    both = ((one, pair.card, button(f"recite.finish:{pair.id}.{step + 1}")) for one in pair.people)
    await pair.hall.raw(*both)
    assert (await pair.row()).step == step + 2
    sent = await pair.hall.raw(*[(carmen, pair.card, form("recite.mark-form:1", **MARKS))] * 3, kind=SUBMIT)
    await pair.hall.rounds()
    assert sum("You gave your feedback on this one already" in told(one) for one in sent) == 2
    assert len(await rows(pair.hall, RecitationFeedback)) == 1
    assert [points for _, _, points in await reps(pair)] == [6]
    assert (await pair.row()).turn == 1


async def test_marks_that_are_missing_or_made_up_are_refused(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.press(bao, "I begin")
    await pair.press(bao, "Finished")
    for wrong in ({"clarity": "4"}, {"depth": "x"}, {"covered": ["7"]}, {"covered": ["x"]}):
        bad: dict[str, Any] = MARKS | wrong
        (reply,) = await pair.hall.raw((carmen, pair.card, form("recite.mark-form:1", **bad)), kind=SUBMIT)
        assert told(reply).startswith("Some of the marks were missing"), wrong
    assert await rows(pair.hall, RecitationFeedback) == []


# --- more


async def test_another_concept_before_one_begins(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    before = pair.shown
    assert "[Another concept]" not in said(await carmen.click(pair.card, label="More"))
    step = (await pair.row()).step
    (refused,) = await pair.hall.raw((carmen, pair.card, button(f"recite.concept:{pair.id}.{step}")))
    assert said(refused).startswith(f"It is <@{bao.id}>'s turn")
    now = said(await pair.more(bao, "Another concept"))
    assert now.startswith("Your concept is now **")
    assert pair.shown != before
    assert now.partition("**")[2].partition("**")[0] in pair.shown
    await pair.press(bao, "I begin")
    assert "[Another concept]" not in said(await bao.click(pair.card, label="More"))


async def test_points_need_a_minute_and_at_most_three_pairs_a_week_with_one_partner(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen, seconds=40)
    await pair.recite(carmen, bao)
    assert await reps(pair) == [
        ("recite:1:reciting", 1, 0),
        ("recite:2:listening", 2, 0),
        ("recite:2:reciting", 2, 6),
    ]
    for _ in range(3):
        await pair.hall.skip(26 * HOUR)
        pair.id = await pair.again()
        await pair.open()
        await pair.recite(bao, carmen)
        await pair.recite(carmen, bao)
    # Carmen's first counted, Bao's did not: their fourth together brings her a rep without points, and him his third.
    await pair.press(bao, "Thank my listener")
    fourth = {key: points for key, _, points in await reps(pair) if key.split(":")[1] in ("7", "8")}
    assert fourth == {"recite:7:reciting": 6, "recite:8:reciting": 0, "recite:8:listening": 0}


async def test_both_wish_to_stay_together_and_either_takes_it_back(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    await pair.recite(carmen, bao)
    opened = await bao.click(pair.card, label="Read my feedback")
    assert said(await bao.click(opened.response, label="Keep this partner")).startswith(
        "Noted. If **Carmen**"
    )
    assert said(await pair.more(carmen, "Keep this partner")).startswith("Noted.")
    assert [one.keeps for one in await rows(pair.hall, Reciter)] == [True, True]
    assert said(await pair.more(carmen, "Keep this partner")).startswith("Taken back")
    assert [one.keeps for one in await rows(pair.hall, Reciter)] == [True, False]


# --- opening


async def test_one_presses_open_and_both_find_the_room(pair: Circle) -> None:
    await pair.join(opened=False)
    bao, carmen = pair.people
    message = (await bao.slash(pair.hall.channel, "me settings")).response
    first, second = await pair.hall.raw(
        (bao, message, button(f"recite.open:{pair.id}")), (bao, message, button(f"recite.open:{pair.id}"))
    )
    assert said(first).startswith("I open your room now")
    assert said(second).startswith("I open your room now")
    await pair.hall.rounds()
    assert len(pair.hall.channel.threads) == len(pair.said) == 1
    assert pair.thread.name == f"Recitation · r{pair.id}"
    (again,) = await pair.hall.raw((carmen, message, button(f"recite.open:{pair.id}")))
    assert said(again).startswith("Your room is open: https://discord.com/channels/")
    assert len([one for one in await rows(pair.hall, Timer) if one.kind == "recitation.open"]) == 1


async def test_somebody_hidden_is_named_to_their_partner_only(pair: Circle) -> None:
    await pair.hall.admin.slash(pair.hall.channel, "setup start")
    await pair.join(opened=False)
    await pair.people[1].slash(pair.hall.channel, "me settings", shown="hidden")
    await pair.open()
    assert f"<@{pair.people[1].id}>" in pair.shown
    assert "Carmen" not in pair.thread.name
    zed = pair.hall.member("Zed")
    assert "Carmen" not in pair.hall.sees(zed)
    assert len(await rows(pair.hall, Recitation)) == 1
    assert "Carmen" not in "".join(words(one) for one in pair.hall.channel.history())


# --- a crash between posting and noting it


async def uncertain(circle: Circle, kind: str, **as_before: Any) -> None:
    """Leave things as a crash leaves them after a timer's message went out: not noted, and the timer not settled."""

    def work(db: Any) -> None:
        timer = db.scalars(
            select(Timer).where(Timer.kind == kind, Timer.state == "done").order_by(Timer.key.desc())
        ).first()
        timer.state, timer.settled_at, timer.claimed_until = "due", None, None
        if as_before:
            db.execute(update(Recitation).values(**as_before))

    await circle.hall.house.database.write(work)


async def test_a_crash_after_the_first_card_opens_no_second_room_and_posts_no_second_card(
    pair: Circle,
) -> None:
    await pair.join()
    card = pair.card
    await uncertain(pair, "recitation.open", message_id=None, shown_step=1)
    await pair.hall.restart()
    await pair.hall.skip(2 * MINUTE)
    assert [one.id for one in pair.thread.history()] == [card.id]
    assert (await pair.row()).message_id == card.id
    await pair.recite(*pair.people)


async def test_a_crash_after_a_time_was_told_tells_it_once(pair: Circle) -> None:
    await pair.join()
    await pair.press(pair.people[0], "I begin")
    before = pair.card
    await pair.hall.skip(10 * MINUTE)
    now, history = pair.card, [one.id for one in pair.thread.history()]
    step = (await pair.row()).step
    await uncertain(pair, "recitation.next", message_id=before.id, shown_step=step - 1)
    await pair.hall.restart()
    await pair.hall.skip(2 * MINUTE)
    assert [one.id for one in pair.thread.history()] == history
    assert (await pair.row()).message_id == now.id
    assert len(pair.cards) == 1
    await pair.mark(pair.people[1])


async def test_feedback_sent_from_an_older_card_leaves_one_card_with_buttons(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen, marks=False)
    filling = await carmen.click(pair.card, label="Give feedback")
    await pair.hall.skip(6 * MINUTE)
    assert f"<@{carmen.id}> recites" in pair.shown
    await carmen.submit_modal(filling, MARKS)
    await pair.hall.rounds()
    assert len(await rows(pair.hall, RecitationFeedback)) == 1
    assert len(pair.cards) == 1
    assert f"<@{carmen.id}> recites" in pair.shown


async def test_a_crash_after_a_nudge_nudges_once(pair: Circle) -> None:
    await pair.join()
    await pair.hall.skip(25 * HOUR)
    await uncertain(pair, "recitation.nudge")
    await pair.hall.restart()
    await pair.hall.skip(2 * MINUTE)
    assert len([one for one in pair.said if "is not finished" in one]) == 1
