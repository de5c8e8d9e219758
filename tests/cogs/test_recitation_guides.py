"""Guides and the rooms of recitations: a raised hand, joining, a note, signing off; each looked at by everyone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from simcord.backend.access import can_access_channel

from bot.storage.tables import AuditEntry, Rep
from tests.support.circle import Circle, circle_of, told
from tests.support.study import another_server, rows
from tests.support.world import SUBMIT, button, form, said

GUIDES_ONLY = "Only guides can do this."


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Circle]:
    async with circle_of(tmp_path, "Bao", "Carmen") as made:
        await made.join()
        yield made


async def guide(circle: Circle, name: str = "Grace", who: Any = None) -> Any:
    made = who or circle.hall.member(name)
    await circle.hall.admin.slash(circle.hall.channel, "guide people add", member=made)
    return made


async def raise_hand(circle: Circle, who: Any, text: str = "We disagree about the frame") -> str:
    opened = await who.click(circle.card, label="More")
    asking = await who.click(opened.response, label="Raise hand")
    return said(await who.submit_modal(asking, {"text": text}))


async def look_in(circle: Circle, who: Any) -> Any:
    queue = await who.slash(circle.hall.channel, "guide queue")
    return await who.click(queue.response, label="Look in")


async def test_a_raised_hand_brings_a_guide_into_the_room(pair: Circle) -> None:
    grace = await guide(pair)
    bao, _ = pair.people
    assert not can_access_channel(pair.hall.env, pair.thread.id, grace)
    assert "A guide can join you here" in await raise_hand(pair, bao)
    queue = said(await grace.slash(pair.hall.channel, "guide queue"))
    assert f"**A raised hand** from <@{bao.id}>" in queue
    assert "Recitation 1\nWe disagree about the frame\nThe room: <#" in queue
    inside = await look_in(pair, grace)
    assert f"- <@{bao.id}>: " in said(inside)
    assert "[Sign off]" not in said(inside)
    joined = await grace.click(inside.response, label="Join the room")
    assert said(joined).startswith("You are in: https://discord.com/channels/")
    assert can_access_channel(pair.hall.env, pair.thread.id, grace)
    trail = said(await grace.slash(pair.hall.channel, "guide audit"))
    assert f"<@{grace.id}> joined the room of recitation 1" in trail


async def test_both_may_raise_their_hands_in_one_room(pair: Circle) -> None:
    grace = await guide(pair)
    for who in pair.people:
        await raise_hand(pair, who)
    queue = await grace.slash(pair.hall.channel, "guide queue")
    assert said(queue).count("**A raised hand**") == said(queue).count("[Look in]") == 2


async def test_a_note_and_a_signature_stand_on_the_card_for_both(pair: Circle) -> None:
    grace, hal = await guide(pair), await guide(pair, "Hal")
    bao, carmen = pair.people
    await raise_hand(pair, bao)
    inside = await look_in(pair, grace)
    writing = await grace.click(inside.response, label="Leave a note")
    assert "Your note is on the card" in said(
        await grace.submit_modal(writing, {"text": "Try *frames* again"})
    )
    await pair.hall.rounds()
    note = f"**A note from <@{grace.id}>:** Try \\*frames\\* again"
    assert note in pair.shown
    await pair.recite(bao, carmen)
    inside = await look_in(pair, hal)
    assert said(await hal.click(inside.response, label="Sign off")).count("Signed off.") == 1
    await pair.hall.rounds()
    for one in pair.people:
        seen = pair.hall.sees(one, pair.thread)
        assert note in seen
        assert f"**Signed off** by <@{hal.id}>." in seen
    again = await pair.hall.raw((grace, pair.card, button("recite.sign:1")))
    assert "Signed off." in told(again[0])
    acts = [(one.action, one.actor_discord_id) for one in await rows(pair.hall, AuditEntry)]
    assert [act for act in acts if act[0].startswith("recitation.")] == [
        ("recitation.note", grace.id),
        ("recitation.sign", hal.id),
    ]


async def test_only_guides_of_this_server_and_not_those_who_recite(pair: Circle) -> None:
    bao, carmen = pair.people
    zed = pair.hall.member("Zed")
    for who in (zed, carmen):
        for data, kind in (
            (button("recite.guide:1.1"), 3),
            (button("recite.enter:1"), 3),
            (button("recite.sign:1"), 3),
            (form("recite.note-form:1", text="x"), SUBMIT),
        ):
            (reply,) = await pair.hall.raw((who, pair.card, data), kind=kind)
            assert told(reply).startswith(GUIDES_ONLY)
    await guide(pair, who=bao)
    for data, kind in ((button("recite.sign:1"), 3), (form("recite.note-form:1", text="x"), SUBMIT)):
        (reply,) = await pair.hall.raw((bao, pair.card, data), kind=kind)
        assert told(reply).startswith("You recite here yourself")
    _, channel, admin = another_server(pair.hall)
    begun = await admin.slash(channel, "setup start")
    (reply,) = await pair.hall.raw((admin, begun.response, button("recite.enter:1")))
    assert told(reply).startswith("Only the people of this recitation")
    assert [one for one in await rows(pair.hall, AuditEntry) if one.action.startswith("recitation.")] == []


async def test_a_guide_is_told_when_the_room_is_gone(pair: Circle) -> None:
    grace = await guide(pair)
    await raise_hand(pair, pair.people[0])
    inside = await look_in(pair, grace)
    pair.hall.env.backend.delete_channel(pair.thread.id)
    await pair.hall.env.settle()
    assert said(await grace.click(inside.response, label="Join the room")).startswith(
        "I could not let you in"
    )


async def test_an_empty_hand_is_not_raised(pair: Circle) -> None:
    (reply,) = await pair.hall.raw(
        (pair.people[0], pair.card, form("recite.hand-form:1", text=" ")), kind=SUBMIT
    )
    assert told(reply).startswith("Your answer was empty")


async def test_points_of_a_recitation_are_listed_by_its_concept_and_can_be_voided(pair: Circle) -> None:
    grace = await guide(pair)
    bao, carmen = pair.people
    title = pair.shown.partition("**")[2].partition("**")[0]
    await pair.recite(bao, carmen)
    listed = said(await grace.slash(pair.hall.channel, "guide points list", member=bao))
    assert title in listed
    assert "6 points" in listed
    voiding = await grace.slash(pair.hall.channel, "guide points void", member=bao)
    filling = await grace.click(voiding.response, label="Void…")
    await grace.submit_modal(filling, {"reps": ["1"], "reason": "Only pressed"})
    (rep,) = [one for one in await rows(pair.hall, Rep) if one.key == "recite:1:reciting"]
    assert (rep.points, rep.void_reason) == (6, "Only pressed")
