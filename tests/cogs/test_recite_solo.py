"""Reciting alone, as people do it: a concept, the key points after it, one's own marks, a rep without points."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.client.cards import card, row
from bot.services.deliveries import nonce_of
from bot.services.recitation.arranging import arrange
from bot.storage.tables import Member, Minutes, Recitation, RecitationFeedback, Reciter, Rep
from bot.ui.recitation.solo import SoloTicket, solo_button
from tests.support.concepts import concept_bank
from tests.support.study import rows
from tests.support.world import SUBMIT, World, button, form, said, world

MARKS: dict[str, Any] = {
    "covered": ["0", "2", "4"],
    "clarity": "3",
    "depth": "2",
    "improve": "Say *when* it fails",
}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[World]:
    """A hall over four concepts."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=concept_bank(tmp_path / "bank")) as made:
        yield made


async def offer(hall: World, recitation_id: int = 0, topic: str | None = None) -> Any:
    """A message with the button that leads to reciting alone."""
    face = card("Nobody is here.", row(solo_button(recitation_id, topic)))
    key = nonce_of(f"{recitation_id}{topic}")
    with hall.env.time_context():
        message_id = await hall.bot.poster.post(hall.channel.id, face, nonce=key)
    await hall.env.settle()
    return next(one for one in hall.channel.history() if one.id == message_id)


async def begin(hall: World, who: Any, topic: str | None = None) -> Any:
    return await who.click(await offer(hall, topic=topic), label="Recite solo")


def title(result: Any) -> str:
    return next(name for name in ("Joins", "Windows", "Indexes", "Warps") if f"**{name}**" in said(result))


async def mark(who: Any, recited: Any, **marks: Any) -> Any:
    return await who.submit_modal(await who.click(recited.response, label="Mark myself"), MARKS | marks)


async def test_a_concept_is_recited_marked_and_counted_without_points(hall: World) -> None:
    bo = hall.member("Bo")
    begun = await begin(hall, bo, topic="gpu")
    assert begun.response.ephemeral
    assert "**Warps**\nExplain Warps to a colleague.\n1. **Definition**: what Warps is" in said(begun)
    assert "point 1" not in said(begun)
    assert "model answer" not in said(begun)
    await hall.skip(150)
    recited = await bo.click(begun.response, label="I have recited it")
    assert "1. Warps point 1" in said(recited)
    assert "The model answer to Warps." in said(recited)
    done = await mark(bo, recited)
    assert "Warps: 3 of 5 key points" in said(done)
    assert "clarity: clear from beginning to end · depth: how it works" in said(done)
    assert "✓ Warps point 1\n– Warps point 2" in said(done)
    assert "Say \\*when\\* it fails" in said(done)
    assert "**+1 rep** · 2 minutes of oral recitation" in said(done)
    assert "A rep, without points" in said(done)
    assert [(one.activity, one.reps, one.points) for one in await rows(hall, Rep)] == [("recitation", 1, 0)]
    assert [(one.kind, one.minutes) for one in await rows(hall, Minutes)] == [("recitation", 2)]
    (given,) = await rows(hall, RecitationFeedback)
    (member,) = await rows(hall, Member)
    assert (given.member_id, given.covered, given.key_points) == (member.id, [0, 2, 4], 5)
    # Nothing of it stands in the channel.
    assert "Warps" not in hall.sees(hall.member("Cy"))


async def test_the_time_of_a_long_pause_counts_ten_minutes_and_of_a_moment_none(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    for who, seconds in ((bo, 7200), (cy, 10)):
        begun = await begin(hall, who)
        await hall.skip(seconds)
        await mark(who, await who.click(begun.response, label="I have recited it"))
    assert [one.minutes for one in await rows(hall, Minutes)] == [10]
    assert len(await rows(hall, Rep)) == 2


async def test_another_concept_comes_until_it_was_recited(hall: World) -> None:
    bo = hall.member("Bo")
    begun = await begin(hall, bo, topic="sql")
    first = title(begun)
    other = await bo.click(begun.response, label="Another concept")
    assert title(other) != first
    await bo.click(other.response, label="I have recited it")
    (late,) = await hall.raw((bo, begun.response, button("solo.another:1")))
    assert "over" in said(late)
    (reciter,) = await rows(hall, Reciter)
    assert reciter.finished_at is not None


async def test_what_was_begun_is_taken_up_and_a_wish_changes_its_topic(hall: World) -> None:
    bo = hall.member("Bo")
    first = await begin(hall, bo, topic="sql")
    assert title(await begin(hall, bo)) == title(first)
    wished = await begin(hall, bo, topic="gpu")
    assert title(wished) == "Warps"
    assert len(await rows(hall, Recitation)) == 1
    await bo.click(wished.response, label="I have recited it")
    # It is not thrown away unmarked.
    assert "Warps point 1" in said(await begin(hall, bo, topic="sql"))


async def test_marks_are_given_once_and_only_by_whoever_recited(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    begun = await begin(hall, bo)
    (early,) = await hall.raw((bo, begun.response, form("solo.form:1", covered=["0"])), kind=SUBMIT)
    recited = await bo.click(begun.response, label="I have recited it")
    sent = form("solo.form:1", covered=["0"], clarity="1", depth="1")
    (strange,) = await hall.raw((cy, recited.response, sent), kind=SUBMIT)
    assert "over" in said(early)
    assert "Only the people of this recitation" in said(strange)
    for wrong in ({"covered": ["9"]}, {"covered": ["x"]}, {"clarity": "4"}, {"depth": ""}):
        fields: Any = {"covered": ["0"], "clarity": "1", "depth": "1"} | wrong
        (refused,) = await hall.raw((bo, recited.response, form("solo.form:1", **fields)), kind=SUBMIT)
        assert "marks were missing" in said(refused), wrong
    assert await rows(hall, RecitationFeedback) == []
    both = await hall.raw((bo, recited.response, sent), (bo, recited.response, sent), kind=SUBMIT)
    assert sorted("it is given once" in said(one) for one in both) == [False, True]
    assert len(await rows(hall, Rep)) == len(await rows(hall, RecitationFeedback)) == 1
    (again,) = await hall.raw((bo, recited.response, button("solo.mark:1")))
    assert "it is given once" in said(again)


async def test_it_goes_on_after_a_restart_at_every_step(hall: World) -> None:
    bo = hall.member("Bo")
    offered = await offer(hall)
    await hall.restart()
    begun = await bo.click(offered, label="Recite solo")
    await hall.restart()
    recited = await bo.click(begun.response, label="I have recited it")
    await hall.restart()
    opened = await bo.click(recited.response, label="Mark myself")
    await hall.restart()
    assert "3 of 5 key points" in said(await bo.submit_modal(opened, MARKS))
    assert len(await rows(hall, Rep)) == 1


async def test_the_time_before_is_told_and_a_new_one_begins_from_the_card(hall: World) -> None:
    bo = hall.member("Bo")
    done = await mark(bo, await bo.click((await begin(hall, bo, "gpu")).response, label="I have recited it"))
    assert "time before" not in said(done)
    assert title(await bo.click(done.response, label="Another one")) in ("Joins", "Windows", "Indexes")
    begun = await begin(hall, bo, "gpu")
    recited = await bo.click(begun.response, label="I have recited it")
    done = await mark(bo, recited, covered=["0", "1", "2", "3"])
    assert "The time before it was 3 of 5." in said(done)


async def test_the_leftover_of_a_round_recites_in_its_own_recitation(hall: World) -> None:
    bo, cy = hall.member("Bo"), hall.member("Cy")
    for who in (bo, cy):
        await begin(hall, who)

    def leftover(db: Any) -> int:
        return arrange(
            db,
            server_id=1,
            channel_id=hall.channel.id,
            origin="round",
            mode="solo",
            medium="voice",
            member_ids=[1],
            now=hall.now(),
            topics=["gpu"],
        )

    recitation_id = await hall.house.database.write(leftover)
    offered = await offer(hall, recitation_id)
    assert "Only the people of this recitation" in said(await cy.click(offered, label="Recite solo"))
    begun = await bo.click(offered, label="Recite solo")
    assert title(begun) == "Warps"
    await mark(bo, await bo.click(begun.response, label="I have recited it"))
    assert [one.phase for one in await rows(hall, Recitation)] == ["reciting", "reciting", "done"]
    # Done, the same button begins another.
    assert "**+1 rep**" not in said(await bo.click(offered, label="Recite solo"))


async def test_whoever_finds_nobody_in_the_queue_leaves_with_a_rep(hall: World) -> None:
    bo = hall.member("Bo")
    asked = await bo.slash(hall.channel, "recite now")
    waiting = await bo.click(asked.response, label="I agree")
    begun = await bo.click(waiting.response, label="Recite solo")
    await mark(bo, await bo.click(begun.response, label="I have recited it"))
    assert len(await rows(hall, Rep)) == 1


async def test_a_bank_without_concepts_says_what_else_there_is(quiz: World) -> None:
    bo = quiz.member("Bo")
    refused = await begin(quiz, bo)
    assert "no concept to recite right now" in said(refused)
    assert await rows(quiz, Recitation) == []


def test_a_topic_and_a_recitation_fit_a_button() -> None:
    ticket = SoloTicket(2**63 - 1, "feature-stores")
    assert SoloTicket.read(ticket.written()) == ticket
