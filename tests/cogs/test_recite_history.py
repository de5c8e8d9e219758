"""What somebody recited, as they read it themselves, and how they come along."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.storage.tables import Member, Recitation, RecitationFeedback
from tests.support.concepts import concept_bank
from tests.support.exchange import Exchanged, exchange
from tests.support.study import rows
from tests.support.world import World, button, said, world

DAY = 86_400


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[World]:
    """A hall over four concepts."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=concept_bank(tmp_path / "bank")) as made:
        yield made


@pytest.fixture
async def pair(hall: World) -> Exchanged:
    """Bo and Cy, who have recited to each other."""
    made = await exchange(hall, "Bo", "Cy", topic="sql")
    await recite(made)
    return made


async def recite(made: Exchanged, **marks: Any) -> None:
    """A whole exchange."""
    await made.open()
    for who in made.people:
        await made.hand_in(who)
    for who in made.people:
        await made.mark(who, **marks)
    for who in made.people:
        await made.reply(who)
    await made.hall.skip(5)


async def history(hall: World, who: Any) -> str:
    return said(await who.slash(hall.channel, "recite history"))


async def test_a_recitation_is_told_with_what_the_partner_said(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    told = await history(hall, bo)
    assert "· SQL · <t:" in told
    assert "-# with Cy, async" in told
    assert "Cy: 3 of 5 key points · clarity: clear from beginning to end · depth: how it works" in told
    assert "To improve: Begin with the example" in told
    assert "The question was: And with NULL?" in told
    assert "Older" not in told


async def test_only_one_s_own_and_only_what_is_open_is_told(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    for phase, words in (
        ("exchange", "sealed until everyone gave theirs"),
        ("over", "No feedback this time"),
    ):
        await hall.house.database.write(
            lambda db, phase=phase: db.execute(update(Recitation).values(phase=phase))
        )
        told = await history(hall, bo)
        assert words in told
        assert "key points" not in told
        assert "Begin with" not in told
        shown = await bo.slash(hall.channel, "recite history")
        assert "no marks to compare" in said(await bo.click(shown.response, label="How I come along"))
    assert "You have not recited anything yet" in await history(hall, hall.member("Di"))


async def test_of_whom_one_blocks_no_words_are_shown_and_their_marks_stay(
    hall: World, pair: Exchanged
) -> None:
    bo, _ = pair.people
    read = await bo.click(pair.find("Read my feedback"), label="Read my feedback")
    offered = await bo.click(read.response, label="Report or block")
    await bo.click(offered.response, label="Block this person")
    told = await history(hall, bo)
    assert "3 of 5 key points" in told
    assert "Begin with" not in told
    assert "NULL" not in told


async def test_an_erased_partner_leaves_their_marks_without_a_name_or_a_word(
    hall: World, pair: Exchanged
) -> None:
    bo, cy = pair.people
    asked = await cy.slash(hall.channel, "me data delete")
    opened = await cy.click(asked.response, label="Delete everything")
    await cy.submit_modal(opened, {"word": "delete"})
    await hall.rounds()
    assert [one.display_name for one in await rows(hall, Member)] == ["Bo"]
    told = await history(hall, bo)
    assert "with somebody whose data was erased" in told
    assert "somebody whose data was erased: 3 of 5 key points" in told
    assert "Begin with" not in told
    assert "NULL" not in told
    assert "Cy" not in told
    (kept,) = await rows(hall, RecitationFeedback)
    assert (kept.member_id, kept.improve, kept.question) == (None, "", None)


async def test_a_partner_who_hides_their_name_is_not_named(hall: World, pair: Exchanged) -> None:
    bo, _ = pair.people
    hide = update(Member).where(Member.display_name == "Cy").values(shown_as="anonymous")
    await hall.house.database.write(lambda db: db.execute(hide))
    told = await history(hall, bo)
    assert "with a member who does not show their name" in told
    assert "Cy" not in told


async def test_pages_turn_and_the_trend_tells_how_it_goes(hall: World, pair: Exchanged) -> None:
    bo, cy = pair.people
    for count in range(2, 7):
        await hall.skip(8 * DAY)
        more = await exchange(hall, bo, cy, topic="sql")
        await recite(more, covered=[str(place) for place in range(min(count, 5))])
    shown = await bo.slash(hall.channel, "recite history")
    assert "Page 1 of 2" in said(shown)
    assert "5 of 5 key points" in said(shown)
    older = await bo.click(shown.response, label="Older")
    assert "3 of 5 key points" in said(older)
    assert "Newer" in said(older)
    (far,) = await hall.raw((bo, shown.response, button("recite.history:99")))
    assert "Page 2 of 2" in said(far)
    coming = await bo.click(older.response, label="How I come along")
    assert "6 recitations so far" in said(coming)
    assert "**SQL** ▰▰▰▰▰▰▰▰▰▰ 100%\n-# 60% → 40% → 60% → 80% → 100% → 100%: more than at first" in said(
        coming
    )
    assert "**Then and now**" in said(coming)
    assert "in 2 recitations" in said(coming)


async def test_somebody_who_never_recited_is_told_how_to_begin(hall: World) -> None:
    bo = hall.member("Bo")
    await exchange(hall, bo, hall.member("Cy"))
    shown = await bo.slash(hall.channel, "recite history")
    assert "You have not recited anything yet" in said(shown)
    assert "Recite this alone" in said(await bo.click(shown.response, label="Recite solo"))
