"""Notices: chosen in the settings, sent by direct message, stopped from there."""

from typing import Any

import pytest

from bot.storage.tables import Member, NotificationChoice
from tests.support.study import another_server, answer, ask, rows
from tests.support.world import World, button, choice, chosen, said, words

HOUR = 3600


@pytest.fixture
async def hall(quiz: World) -> World:
    """Set up: questions come when asked for, and never by themselves."""
    await quiz.admin.slash(quiz.channel, "setup start")
    await quiz.admin.slash(quiz.channel, "setup schedule pause", number=1)
    return quiz


async def notices(hall: World, who: Any) -> Any:
    settings = await who.slash(hall.channel, "me settings")
    return await who.click(settings.response, label="Notices")


async def remind(hall: World, who: Any) -> Any:
    card = await notices(hall, who)
    return await who.select(card.response, ["dm"], custom_id="notice.way:question")


def letters(who: Any) -> list[Any]:
    """The direct messages somebody got."""
    return who.user.dm_channel.history()


async def test_nothing_is_chosen_before_one_chooses(hall: World) -> None:
    bo = hall.member("Bo")
    card = await notices(hall, bo)
    assert "I send you nothing that you did not choose here." in said(card)
    assert chosen(card.response) == {
        "notice.way:question": ["no"],
        "notice.way:appointment": ["no"],
        "notice.way:problem": ["no"],
        "notice.quiet-from:": ["never"],
    }
    assert await rows(hall, Member) == []
    await ask(hall)
    await hall.skip(6 * HOUR)
    assert letters(bo) == []


async def test_a_reminder_comes_by_direct_message_and_is_stopped_there(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    card = await remind(hall, bo)
    assert "-# Saved." in said(card)
    assert chosen(card.response)["notice.way:question"] == ["dm"]
    await remind(hall, cy)
    question = await ask(hall)
    await answer(cy, question)
    await hall.skip(6 * HOUR)
    (letter,) = letters(bo)
    assert "Today's question in **Study hall** waits for your answer" in words(letter)
    assert f"/{hall.channel.id}/{question.id})" in words(letter)
    assert letters(cy) == []

    await hall.restart()
    await bo.user.click(letter, label="Stop these reminders")
    assert words(letters(bo)[0]).startswith("Done: no more reminders of questions in **Study hall**.")
    (kept,) = await rows(hall, NotificationChoice)
    assert kept.member_id == 2
    await ask(hall)
    await hall.skip(6 * HOUR)
    assert len(letters(bo)) == 1
    assert len(letters(cy)) == 1


async def test_a_button_stops_only_the_pressers_own_notice_of_that_server(hall: World) -> None:
    guild, channel, admin = another_server(hall)
    await admin.slash(channel, "setup start")
    bo, cy, di = (hall.member(name) for name in ("Bo", "Cy", "Di"))
    for who in (bo, cy):
        await remind(hall, who)
    there = guild.add_member(bo.user)
    settings = await there.slash(channel, "me settings")
    card = await there.click(settings.response, label="Notices")
    await there.select(card.response, ["dm"], custom_id="notice.way:question")
    assert len(await rows(hall, NotificationChoice)) == 3
    here = await hall.admin.slash(hall.channel, "me settings")
    (forged,) = await hall.raw((di, here.response, button("notice.stop:question.1.1")))
    assert "belongs to something that is over" in said(forged)
    assert len(await rows(hall, NotificationChoice)) == 3
    await hall.raw((bo, here.response, button("notice.stop:question.1.1")))
    assert [(row.member_id, row.channel) for row in await rows(hall, NotificationChoice)] == [
        (2, "dm"),
        (3, "dm"),
    ]


async def test_quiet_hours_are_chosen_by_the_hour(hall: World) -> None:
    bo = hall.member("Bo")
    card = await notices(hall, bo)
    card = await bo.select(card.response, ["22"], custom_id="notice.quiet-from:")
    assert "**Quiet hours:** 22:00–07:00 (UTC)" in said(card)
    card = await bo.select(card.response, ["9"], custom_id="notice.quiet-until:")
    card = await bo.select(card.response, ["21"], custom_id="notice.quiet-from:")
    assert "**Quiet hours:** 21:00–09:00 (UTC)" in said(card)
    refused = await bo.select(card.response, ["21"], custom_id="notice.quiet-until:")
    assert "Quiet hours cannot begin and end at the same time" in said(refused)
    (member,) = await rows(hall, Member)
    assert (member.quiet_from, member.quiet_until) == (21 * 60, 9 * 60)
    card = await bo.select(card.response, ["never"], custom_id="notice.quiet-from:")
    assert "**Quiet hours:** none" in said(card)
    # An old card may still offer an end, which means nothing without a beginning.
    (late,) = await hall.raw((bo, card.response, choice("notice.quiet-until:", "5")))
    assert "**Quiet hours:** none" in said(late)
    (member,) = await rows(hall, Member)
    assert (member.quiet_from, member.quiet_until) == (None, None)


async def test_forged_choices_are_refused(hall: World) -> None:
    bo = hall.member("Bo")
    card = await notices(hall, bo)
    forged = [
        choice("notice.way:question", "ping"),
        choice("notice.way:question", "unreachable"),
        choice("notice.way:birthday", "dm"),
        choice("notice.quiet-from:", "24"),
        choice("notice.quiet-until:", "never"),
    ]
    for result in await hall.raw(*((bo, card.response, data) for data in forged)):
        assert "belongs to something that is over" in said(result)
    assert await rows(hall, NotificationChoice) == []


async def test_closed_direct_messages_are_told_in_the_settings(hall: World) -> None:
    bo = hall.member("Bo")
    await remind(hall, bo)
    await ask(hall)
    await hall.house.database.write(_turn_away)
    settings = await bo.slash(hall.channel, "me settings")
    assert "I could not reach you by direct message, so I switched this off." in said(settings)
    card = await bo.click(settings.response, label="Notices")
    assert "I could not reach you" in said(card)
    assert chosen(card.response)["notice.way:question"] == []
    await hall.skip(6 * HOUR)
    assert letters(bo) == []
    card = await bo.select(card.response, ["no"], custom_id="notice.way:question")
    assert "I could not reach you" not in said(card)
    assert "I could not reach you" not in said(await bo.slash(hall.channel, "me settings"))


def _turn_away(db: Any) -> None:
    """As Discord's refusal of a direct message leaves it (tests/jobs/test_notices.py)."""
    db.query(NotificationChoice).update({"channel": "unreachable"})
