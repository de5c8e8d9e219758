"""When it does not go as planned: nobody comes, another time, a nudge, an unfinished room, and every end."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.storage.tables import Enrolment, LobbyTicket, Member, Minutes, Reciter, Rep, Room, Timer
from bot.ui.pairing.enrolment import RESTS
from tests.support.circle import Circle, circle_of, told
from tests.support.study import allow, rows, stamps
from tests.support.world import button, said, words

MINUTE, HOUR, DAY = 60, 3600, 86_400
OVER = "This recitation is over."


async def enrol(circle: Circle, who: Any, **values: Any) -> None:
    """Somebody of the circle is in the rounds."""
    now = circle.hall.now()

    def work(db: Any) -> None:
        member = db.scalars(select(Member).where(Member.discord_id == who.id)).one()
        db.add(Enrolment(server_id=member.server_id, member_id=member.id, enrolled_at=now, **values))

    await circle.hall.house.database.write(work)


async def enrolled(circle: Circle) -> tuple[int, bool]:
    """No-shows in a row of the one who is in the rounds, and whether they rest."""
    (row,) = await rows(circle.hall, Enrolment)
    return row.no_shows, row.rests_since is not None


def archived(circle: Circle) -> bool:
    """Whether the room was put away."""
    about = circle.hall.env.backend.get_channel(circle.thread.id).thread_metadata
    return about is not None and about.archived


async def absent(circle: Circle, who: Any) -> str:
    return said(await circle.more(who, "My partner has not come"))


# --- nobody comes


async def test_whoever_waits_is_helped_after_ten_minutes_and_the_other_is_asked_once(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await enrol(pair, carmen)
    assert (await absent(pair, bao)).startswith("Give them a little longer, please; <t:")
    await pair.hall.skip(11 * MINUTE)
    helped = await absent(pair, bao)
    assert helped.startswith("I ask them once, in the thread")
    await absent(pair, bao)
    (asking,) = [one for one in pair.thread.history() if "your partner was here and waited" in words(one)]
    assert {one.id for one in asking.mentions} == {carmen.id}
    await pair.hall.skip(25 * HOUR)
    # Who waited in vain is not told to finish it.
    assert "is not finished" not in "".join(pair.said)
    assert await enrolled(pair) == (1, False)
    assert (await pair.row()).phase == "over"
    assert [one for one in pair.said if OVER in one]
    assert pair.cards == []


async def test_two_who_wait_in_vain_are_put_together_at_once(tmp_path: Path) -> None:
    async with circle_of(tmp_path, "Bao", "Carmen") as first:
        second = Circle(first.hall, "Dao", "Eve")
        await first.join()
        await second.join()
        await first.hall.skip(11 * MINUTE)
        bao, dao = first.people[0], second.people[0]
        assert "You are first in line for somebody else" in await absent(first, bao)
        assert (await absent(second, dao)).startswith("Somebody else was waiting too.")
        await first.hall.rounds()
        third = Circle(first.hall)
        third.people, third.id = [bao, dao], second.id + 1
        assert f"<@{bao.id}>" in third.shown
        assert f"<@{dao.id}>" in third.shown
        assert await rows(first.hall, LobbyTicket) == []


async def test_an_answer_within_a_day_counts_for_nothing_and_takes_back_what_was(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await enrol(pair, carmen, no_shows=2)
    await pair.hall.skip(11 * MINUTE)
    await absent(pair, bao)
    await pair.hall.skip(20 * HOUR)
    (asking,) = [one for one in pair.thread.history() if "was here and waited" in words(one)]
    assert said(await carmen.click(asking, label="What can I do?")).startswith("## More")
    await pair.hall.skip(5 * HOUR)
    assert await enrolled(pair) == (0, False)
    await pair.recite(bao, carmen)
    assert f"<@{carmen.id}> recites" in pair.shown


async def test_three_in_a_row_rest_from_the_rounds(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await enrol(pair, carmen, no_shows=2)
    await pair.hall.skip(11 * MINUTE)
    await absent(pair, bao)
    await pair.hall.skip(25 * HOUR)
    assert await enrolled(pair) == (3, True)
    # Told where they find it, and nobody else learns it.
    (word,) = [one for one in pair.thread.history() if "a word about the coming rounds" in words(one)]
    assert {one.id for one in word.mentions} == {carmen.id}
    mine = await carmen.click(word, label="Read it")
    assert RESTS in said(mine)
    assert RESTS not in said(await bao.click(word, label="Read it"))
    assert "[I am back]" not in said(await carmen.click(mine.response, label="I am back"))
    assert await enrolled(pair) == (0, False)


async def test_two_of_three_go_on_without_the_third_who_may_still_come(trio: Circle) -> None:
    await trio.join()
    bao, carmen, dao = trio.people
    await trio.press(carmen, "More")
    await trio.press(dao, "More")
    await trio.hall.skip(11 * MINUTE)
    assert (await absent(trio, carmen)).startswith("Noted: the two of you go on.")
    # It was the missing one's turn.
    assert f"<@{carmen.id}> recites, <@{dao.id}> listens." in trio.shown
    await trio.recite(carmen, dao)
    await trio.recite(dao, carmen)
    assert trio.shown.startswith("## Well done")
    assert "2 of 5 key points" in await trio.press(carmen, "Read my feedback")
    assert (await trio.press(bao, "Read my feedback")).startswith("Nobody gave feedback")


async def test_nobody_is_missing_when_all_were_here(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.press(carmen, "More")
    await pair.hall.skip(11 * MINUTE)
    assert "My partner has not come" not in said(await bao.click(pair.card, label="More"))
    (reply,) = await pair.hall.raw((bao, pair.card, button(f"recite.absent:{pair.id}")))
    assert told(reply).startswith("Everyone of this recitation has been here.")


# --- unfinished


async def test_an_unfinished_room_is_nudged_once_and_closed_with_credit_to_who_recited(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    await pair.hall.skip(25 * HOUR)
    (nudge,) = [one for one in pair.thread.history() if "this recitation is not finished" in words(one)]
    assert {one.id for one in nudge.mentions} == {bao.id, carmen.id}
    await pair.hall.skip(24 * HOUR)
    await pair.hall.skip(25 * HOUR)
    assert len([one for one in pair.said if "is not finished" in one]) == 1
    assert (await pair.row()).phase == "done"
    assert {(rep.key, rep.points) for rep in await rows(pair.hall, Rep)} == {
        ("recite:1:reciting", 6),
        ("recite:2:listening", 0),
    }
    assert archived(pair)


async def test_a_room_nobody_came_to_is_over(pair: Circle) -> None:
    await pair.join()
    await pair.hall.skip(25 * HOUR)
    await pair.hall.skip(48 * HOUR)
    assert (await pair.row()).phase == "over"
    assert await rows(pair.hall, Rep) == []
    assert pair.cards == []


async def test_a_restart_between_nudge_and_closing_doubles_nothing(pair: Circle) -> None:
    await pair.join()
    for hours in (25, 1, 24, 24):
        await pair.hall.restart()
        await pair.hall.skip(hours * HOUR)
    assert len([one for one in pair.said if "is not finished" in one]) == 1
    assert (await pair.row()).phase == "over"


# --- another time


async def test_all_take_the_same_time_and_meet_then(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    offered = await pair.more(bao, "Another time")
    moments = stamps(said(offered))
    assert len(moments) == 3
    assert "in Europe/Berlin · " in said(offered)
    assert "in Asia/Tokyo" in said(offered)
    value = str(int(moments[1].timestamp()))
    first = await bao.select(offered.response, [value])
    assert f"<@{bao.id}> takes <t:{value}:F>" in said(first)
    theirs = await pair.more(carmen, "Another time")
    assert stamps(said(theirs))[:3] == moments
    agreed = await carmen.select(theirs.response, [value])
    assert said(agreed).startswith(f"Agreed: you meet <t:{value}:F>")
    await pair.hall.rounds()
    assert pair.shown.startswith("## You meet later")
    assert "[I begin]" not in pair.shown
    (file,) = pair.card.attachments
    assert file.filename == "recitation-1.ics"

    # A day later there is neither a nudge nor a question who was missing.
    await pair.hall.skip_to(moments[1])
    assert pair.shown.startswith("## Get ready")
    assert {one.id for one in pair.card.mentions} == {bao.id, carmen.id}
    assert [one for one in pair.said if "not finished" in one] == []
    assert len(pair.cards) == 1
    assert (await absent(pair, carmen)).startswith("Give them a little longer")
    await pair.hall.skip(11 * MINUTE)
    assert (await absent(pair, carmen)).startswith("I ask them once")
    await pair.recite(bao, carmen)


async def test_others_are_offered_and_an_older_choice_is_out_of_date(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    offered = await pair.more(bao, "Another time")
    before = stamps(said(offered))
    await bao.select(offered.response, [str(int(before[0].timestamp()))])
    theirs = await pair.more(carmen, "Another time")
    others = await carmen.click(theirs.response, label="Three other times")
    after = stamps(said(others))
    assert len(after) == 3
    assert not set(after) & set(before)
    assert "takes <t:" not in said(others)
    stale = await bao.select(offered.response, [str(int(before[0].timestamp()))])
    assert told(stale).startswith("This button belongs to something that is over.")


async def test_a_time_agreed_on_holds_after_a_restart_and_reminds_who_wants_it(pair: Circle) -> None:
    await pair.join()
    at: datetime | None = None
    for one in pair.people:
        offered = await pair.more(one, "Another time")
        at = stamps(said(offered))[1]
        await one.select(offered.response, [str(int(at.timestamp()))])
    assert at is not None
    assert {one.kind for one in await rows(pair.hall, Timer) if one.state == "due"} >= {"appointment.remind"}
    await pair.hall.restart()
    await pair.hall.skip_to(at)
    assert pair.shown.startswith("## Get ready")


# --- ends


async def test_a_block_in_the_middle_ends_it_quietly(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.press(bao, "I begin")
    opened = await carmen.click(pair.card, label="More")
    safety = await carmen.click(opened.response, label="Report or block")
    assert "This is about **Bao**" in said(safety)
    assert said(await carmen.click(safety.response, label="Block this person")).startswith("Blocked.")
    await pair.hall.rounds()
    assert (await pair.row()).phase == "over"
    assert pair.cards == []
    shown = pair.hall.sees(bao, pair.thread)
    assert OVER in shown
    assert "lock" not in shown
    (reply,) = await pair.hall.raw((bao, pair.thread.history()[0], button(f"recite.finish:{pair.id}.3")))
    assert told(reply).startswith(OVER)
    await pair.hall.skip(11 * MINUTE)
    assert archived(pair)


async def test_a_report_carries_what_was_written_and_names_whom_it_is_about(trio: Circle) -> None:
    await trio.join()
    bao, carmen, dao = trio.people
    opened = await bao.click(trio.card, label="More")
    chosen = await bao.select(opened.response, ["2"])
    assert "This is about **Carmen**" in said(chosen)
    # Nobody outside learns who is in the room, or what they wrote.
    zed = trio.hall.member("Zed")
    for ticket in ("recitation.2", "feedback.1"):
        (reply,) = await trio.hall.raw((zed, trio.card, button(f"safety.open:{ticket}")))
        assert told(reply).startswith("I cannot find this here any more"), ticket
    for reciter, listener in ((bao, carmen), (carmen, dao), (dao, bao)):
        await trio.recite(reciter, listener)
    mine = await bao.click(trio.card, label="Read my feedback")
    safety = await bao.click(mine.response, label="Report or block")
    assert "Say \\*when\\* it fails" in said(safety)
    (reply,) = await trio.hall.raw((dao, trio.card, button("safety.open:feedback.1")))
    assert told(reply).startswith("I cannot find this")


async def test_what_somebody_i_block_wrote_is_not_shown_to_me_any_more(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    await pair.recite(carmen, bao)
    mine = await bao.click(pair.card, label="Read my feedback")
    safety = await bao.click(mine.response, label="Report or block")
    await bao.click(safety.response, label="Block this person")
    await pair.hall.rounds()
    # It was over but for the reading, and stays so: nothing shows Carmen that anything was done.
    assert pair.shown.startswith("## Well done")
    again = await pair.press(bao, "Read my feedback")
    assert "2 of 5 key points" in again
    assert "fails" not in again
    assert "fails" in await pair.press(carmen, "Read my feedback")


async def test_a_thread_deleted_by_hand_ends_it_with_credit(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    await pair.press(carmen, "I begin")
    pair.hall.env.backend.delete_channel(pair.thread.id)
    await pair.hall.env.settle()
    assert (await pair.row()).phase == "done"
    await pair.hall.skip(3 * DAY)
    assert {rep.key for rep in await rows(pair.hall, Rep)} == {
        "recite:1:reciting",
        "recite:2:reciting",
        "recite:2:listening",
    }
    assert [one.state for one in await rows(pair.hall, Timer) if one.state != "done"] == []


async def test_a_thread_deleted_while_the_bot_was_away_is_noticed_at_the_next_time(pair: Circle) -> None:
    await pair.join()
    await pair.press(pair.people[0], "I begin")
    path = f"/channels/{pair.thread.id}/messages"
    pair.hall.env.inject_error("POST", path, status=404, code=10003, message="Unknown Channel")
    await pair.hall.skip(11 * MINUTE)
    assert (await pair.row()).phase == "done"
    assert "missed" not in {one.state for one in await rows(pair.hall, Timer)}


async def test_a_bot_that_may_not_write_any_more_ends_it_without_alarm(pair: Circle) -> None:
    await pair.join()
    bao, _ = pair.people
    await pair.press(bao, "I begin")
    before = len(pair.hall.channel.history())
    guild = pair.hall.guild
    everyone = guild._guild.roles[guild.id]
    pair.hall.env.backend.edit_role(guild.id, guild.id, {"permissions": everyone.permissions & ~(1 << 38)})
    await allow(pair.hall, guild, send_messages_in_threads=False)
    await pair.hall.skip(11 * MINUTE)
    assert (await pair.row()).phase == "done"
    assert len(pair.hall.channel.history()) == before


async def leave(circle: Circle, who: Any) -> None:
    """Stop taking part, as a member does."""
    asked = await who.slash(circle.hall.channel, "me leave")
    await who.click(asked.response, label="Leave")
    await circle.hall.rounds()


async def test_two_of_three_go_on_without_one_who_leaves_and_the_last_is_told_at_once(trio: Circle) -> None:
    await trio.join()
    bao, carmen, dao = trio.people
    await trio.press(bao, "I begin")
    await trio.hall.env.advance_time(2 * MINUTE)
    await leave(trio, bao)
    # In the middle of their turn: nobody waits for the rest of it, nor owes feedback on it.
    (telling,) = [one for one in trio.thread.history() if "one of you has left" in words(one)]
    assert {one.id for one in telling.mentions} == {carmen.id, dao.id}
    assert f"<@{carmen.id}> recites, <@{dao.id}> listens." in trio.shown
    assert len(trio.cards) == 1
    await trio.recite(carmen, dao)
    assert f"<@{dao.id}> recites, <@{carmen.id}> listens." in trio.shown
    # Who is kicked from the server is gone as well.
    guild_id = trio.hall.guild.id
    await trio.hall.house.services.privacy.note(guild_id, here=(), gone=(dao.id,))
    await trio.hall.rounds()
    assert (await trio.row()).phase == "done"
    assert "your partner has left" in trio.said[-1]
    assert "2 of 5 key points" in await trio.press(carmen, "Read my feedback")
    assert not archived(trio)
    # Whoever is gone earns nothing any more.
    assert {(rep.key, rep.points) for rep in await rows(trio.hall, Rep)} == {
        ("recite:2:listening", 0),
        ("recite:2:reciting", 6),
    }


async def test_whoever_is_left_of_two_is_first_in_line_for_another(tmp_path: Path) -> None:
    async with circle_of(tmp_path, "Bao", "Carmen") as first:
        second = Circle(first.hall, "Dao", "Eve")
        await first.join()
        await second.join()
        (bao, carmen), (dao, eve) = first.people, second.people
        await first.press(bao, "I begin")
        await leave(first, carmen)
        await leave(second, eve)
        (told_bao,) = [one for one in first.thread.history() if "your partner has left" in words(one)]
        (told_dao,) = [one for one in second.thread.history() if "your partner has left" in words(one)]
        assert [one.id for one in told_dao.mentions] == [dao.id]
        assert (await first.row()).phase == "done"
        assert (await second.row()).phase == "over"
        assert first.cards == [] or "[Read my feedback]" not in first.shown
        await first.hall.restart()
        assert "You are first in line" in said(await bao.click(told_bao, label="Find me somebody else"))
        found = await dao.click(told_dao, label="Find me somebody else")
        assert said(found).startswith("Somebody else was waiting too.")
        await first.hall.rounds()
        third = Circle(first.hall)
        third.people, third.id = [bao, dao], second.id + 1
        assert f"<@{bao.id}>" in third.shown
        # Pressed again it leads to the same; a day later it is over.
        again = await dao.click(told_dao, label="Find me somebody else")
        assert said(again).startswith("Somebody else was waiting too.")
        await first.hall.skip(25 * HOUR)
        late = await bao.click(told_bao, label="Find me somebody else")
        assert told(late).startswith(OVER)
        (zed,) = await first.hall.raw(
            (first.hall.member("Zed"), told_bao, button(f"recite.again:{first.id}"))
        )
        assert told(zed).startswith("Only the people of this recitation")


async def test_somebody_who_erases_their_data_leaves_no_room_hanging(pair: Circle) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.recite(bao, carmen)
    card = await carmen.slash(pair.hall.channel, "me data delete")
    opened = await carmen.click(card.response, label="Delete everything")
    await carmen.submit_modal(opened, {"word": "DELETE"})
    await pair.hall.rounds()
    assert [one.place for one in await rows(pair.hall, Reciter)] == [0]
    assert (await pair.row()).phase == "done"
    assert "your partner has left" in pair.said[-1]
    assert str(carmen.id) not in "".join(pair.said)
    mine = await pair.press(bao, "Read my feedback")
    assert "says somebody whose data was erased" in mine
    assert "fails" not in mine
    await pair.hall.skip(4 * DAY)
    assert archived(pair)


async def test_half_a_recitation_counts_for_whoever_listened_when_the_other_erases_their_data(
    pair: Circle,
) -> None:
    await pair.join()
    bao, carmen = pair.people
    await pair.press(carmen, "More")
    await pair.press(bao, "I begin")
    await pair.hall.env.advance_time(2 * MINUTE)
    card = await bao.slash(pair.hall.channel, "me data delete")
    opened = await bao.click(card.response, label="Delete everything")
    await bao.submit_modal(opened, {"word": "DELETE"})
    await pair.hall.rounds()
    assert [(rep.key, rep.points) for rep in await rows(pair.hall, Rep)] == [("recite:2:listening", 0)]
    assert [(one.member_id, one.minutes) for one in await rows(pair.hall, Minutes)] == [(2, 2)]
    assert "your partner has left" in pair.said[-1]
    assert str(bao.id) not in "".join(pair.said)


async def test_both_leaving_ends_it(pair: Circle) -> None:
    await pair.join()
    await pair.hall.house.database.write(
        lambda db: db.execute(update(Member).values(left_at=pair.hall.now()))
    )
    await pair.hall.skip(25 * HOUR)
    assert (await pair.row()).phase == "over"
    assert await rows(pair.hall, LobbyTicket) == []


# --- opening


async def test_a_room_that_cannot_be_made_is_told_and_pressed_again(pair: Circle) -> None:
    await pair.join(opened=False)
    bao, carmen = pair.people
    guild, backend = pair.hall.guild, pair.hall.env.backend
    everyone = backend.get_guild(guild.id).roles[guild.id].permissions
    backend.edit_role(guild.id, guild.id, {"permissions": everyone & ~(1 << 36)})
    await allow(pair.hall, guild, create_private_threads=False)
    message = (await bao.slash(pair.hall.channel, "me settings")).response
    (reply,) = await pair.hall.raw((bao, message, button(f"recite.open:{pair.id}")))
    assert told(reply).startswith("I may not open private threads here")
    await pair.hall.rounds()
    assert pair.hall.channel.threads == []
    assert (await pair.row()).phase == "arranged"
    assert (
        pair.hall.sees(pair.hall.admin).count("**Create Private Threads**: pairs get no room of their own")
        == 1
    )

    backend.edit_role(guild.id, guild.id, {"permissions": everyone})
    await allow(pair.hall, guild, create_private_threads=True)
    (again,) = await pair.hall.raw((carmen, message, button(f"recite.open:{pair.id}")))
    assert told(again).startswith("I open your room now")
    await pair.hall.rounds()
    assert pair.shown.startswith("## Get ready")


# --- a voice room


async def test_a_voice_room_on_request_for_the_two_only(pair: Circle) -> None:
    await pair.join(medium="voice")
    bao, carmen = pair.people
    assert said(await pair.more(bao, "Voice room")).startswith("I open a voice room for you")
    assert pair.said[-1].startswith("Your voice room: <#")
    (voice,) = [one for one in pair.hall.env.backend.channels.values() if one.type == 2]
    assert f"Your voice room is <#{voice.id}>" in said(await pair.more(carmen, "Voice room"))
    assert len([one for one in pair.said if "Your voice room" in one]) == 1
    # Deleted by hand, it is asked for anew.
    pair.hall.env.backend.delete_channel(voice.id)
    await pair.hall.env.settle()
    await pair.hall.skip(2 * MINUTE)
    assert said(await pair.more(carmen, "Voice room")).startswith("I open a voice room for you")
    (again,) = [one for one in pair.hall.env.backend.channels.values() if one.type == 2]
    assert again.id != voice.id
    await pair.recite(bao, carmen)
    await pair.recite(carmen, bao)
    await pair.hall.skip(2 * DAY + HOUR)
    assert again.id not in pair.hall.env.backend.channels
    assert {one.closed_at is None for one in await rows(pair.hall, Room)} == {False}


async def test_without_permission_for_voice_there_is_the_thread(pair: Circle) -> None:
    await pair.join(medium="voice")
    await allow(pair.hall, pair.hall.guild, manage_channels=False)
    await pair.more(pair.people[0], "Voice room")
    assert pair.said[-1].startswith("I could not open a voice room")
    assert "Talk in any voice channel, or type in this thread; both count." in pair.said[-1]
    assert "missed" not in {one.state for one in await rows(pair.hall, Timer)}


async def test_those_who_type_are_offered_no_voice_room(pair: Circle) -> None:
    await pair.join()
    assert "Voice room" not in said(await pair.people[0].click(pair.card, label="More"))
