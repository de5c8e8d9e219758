"""Explanations under a revealed question: written, rewritten, voted for, and shown where the thread is gone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
from sqlalchemy import select

from bot.storage.tables import Explanation, ExplanationVote, Member
from tests.support.discussion import DAY, Discussion, revealed
from tests.support.world import SUBMIT, World, button, choice_item, form, lay_bank, said, words, world

PRIVATE = "With this you take part in Reps here."


@pytest.fixture
async def discussion(tmp_path: Path) -> AsyncIterator[Discussion]:
    """A question that was posted yesterday and has just been revealed."""
    async with revealed(tmp_path) as opened:
        yield opened


async def test_explanation_is_posted_in_the_thread_with_its_writers_name(discussion: Discussion) -> None:
    bo = discussion.hall.member("Bo")
    told = await discussion.explain(bo, "It is *right*\nbecause of A & B.")
    assert told.response.ephemeral
    assert said(told).startswith("Thank you! Your explanation is in the thread")
    (message,) = discussion.posted()
    assert words(message) == (
        "**Bo explains**\nIt is \\*right\\*\nbecause of A & B.\n-# 0 votes\n"
        "[This helped me most]\n[Report or block]"
    )
    onlooker = discussion.hall.member("Zed")
    assert "Bo explains" in discussion.hall.sees(onlooker, discussion.thread)
    assert "Bo explains" not in discussion.hall.sees(onlooker)


async def test_first_deed_of_a_newcomer_shows_the_privacy_line_once(discussion: Discussion) -> None:
    bo, cy = discussion.hall.member("Bo"), discussion.hall.member("Cy")
    assert PRIVATE in said(await discussion.explain(bo, "First"))
    assert PRIVATE not in said(await discussion.explain(bo, "Second"))
    (message,) = discussion.posted()
    assert PRIVATE in await discussion.vote(cy, message)
    assert PRIVATE not in await discussion.vote(cy, message)


async def test_rewriting_changes_the_same_message_and_keeps_its_votes(discussion: Discussion) -> None:
    bo, cy = discussion.hall.member("Bo"), discussion.hall.member("Cy")
    await discussion.explain(bo, "First")
    (first,) = discussion.posted()
    await discussion.vote(cy, first)
    told = said(await discussion.explain(bo, "Better"))
    assert told.startswith("Saved: I changed your explanation in the thread.")
    (second,) = discussion.posted()
    assert second.id == first.id
    assert words(second).startswith("**Bo explains**\nBetter\n-# 1 vote · best so far")


async def test_votes_move_and_the_crown_with_them(discussion: Discussion) -> None:
    bo, cy, di, ed = (discussion.hall.member(name) for name in ("Bo", "Cy", "Di", "Ed"))
    await discussion.explain(bo, "Of Bo")
    await discussion.explain(cy, "Of Cy")
    of_bo, of_cy = discussion.posted()

    def feet() -> list[str]:
        return [words(message).split("\n")[2] for message in discussion.posted()]

    assert feet() == ["-# 0 votes", "-# 0 votes"]
    assert (await discussion.vote(di, of_bo)).startswith("Your vote is in.")
    assert feet() == ["-# 1 vote · best so far", "-# 0 votes"]
    await discussion.vote(ed, of_cy)
    assert feet() == ["-# 1 vote · best so far", "-# 1 vote"]
    await discussion.vote(di, of_cy)
    assert feet() == ["-# 0 votes", "-# 2 votes · best so far"]
    await discussion.vote(di, of_cy)
    assert feet() == ["-# 0 votes", "-# 2 votes · best so far"]
    votes = await discussion.hall.house.database.read(lambda db: db.scalars(select(ExplanationVote)).all())
    assert len(votes) == 2


async def test_ones_own_explanation_cannot_be_voted_for(discussion: Discussion) -> None:
    bo = discussion.hall.member("Bo")
    await discussion.explain(bo, "Mine")
    (message,) = discussion.posted()
    assert (await discussion.vote(bo, message)).startswith("You cannot vote for your own explanation.")
    assert words(discussion.posted()[0]).split("\n")[2] == "-# 0 votes"


async def test_fifty_votes_at_once_are_fifty(discussion: Discussion) -> None:
    hall = discussion.hall
    await discussion.explain(hall.member("Bo"), "Mine")
    (message,) = discussion.posted()
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    id, _ = [item.custom_id for item in view.walk_children() if isinstance(item, discord.ui.Button)]
    people = [hall.member(f"P{number}") for number in range(50)]
    results = await hall.raw(*((person, message, button(str(id))) for person in people for _ in range(2)))
    assert all(said(result).startswith("Your vote is in.") for result in results)
    assert "-# 50 votes · best so far" in words(discussion.posted()[0])


async def test_mentions_and_markdown_in_an_explanation_do_nothing(discussion: Discussion) -> None:
    bo, cy = discussion.hall.member("Bo"), discussion.hall.member("Cy")
    hostile = f"@everyone @here <@{cy.id}> <@&1> [x](https://example.org) **b** `c`\n# big\n> q \u202e\u200b"
    await discussion.explain(bo, hostile)
    (message,) = discussion.posted()
    assert message.mentions == []
    assert message.role_mentions == []
    assert not message.mention_everyone
    (sent,) = [
        request.json
        for request in discussion.hall.env.http_requests
        if request.method == "POST" and f"channels/{discussion.thread.id}/messages" in request.path
    ]
    assert sent is not None
    assert sent["allowed_mentions"]["parse"] == []
    assert not sent["allowed_mentions"].get("users")
    shown = words(message)
    for active in ("<@", "](", "\u202e", "\u200b", " @", "\n#", "\n>", " **b", " `c"):
        assert active not in shown
    assert "\\@everyone" in await discussion.listed(cy)


async def test_hostile_name_is_shown_as_text(discussion: Discussion) -> None:
    mo = discussion.hall.member("**Mo** @everyone [x](y)")
    await discussion.explain(mo, "Hello")
    (message,) = discussion.posted()
    assert words(message).split("\n")[0] == "**\\*\\*Mo\\*\\* \\@everyone \\[x\\]\\(y\\) explains**"


async def test_empty_explanation_is_not_saved(discussion: Discussion) -> None:
    bo = discussion.hall.member("Bo")
    assert said(await discussion.explain(bo, " \n\u200b ")).startswith("Your answer was empty")
    assert discussion.posted() == []
    assert (await discussion.listed(bo)).startswith("Nobody has explained this one yet.")


async def test_too_long_an_explanation_is_kept_to_the_limit_and_fits(discussion: Discussion) -> None:
    hall, bo = discussion.hall, discussion.hall.member("Bo")
    opened = await bo.click(discussion.reveal, label="Explain it in your words")
    (told,) = await hall.raw(
        (bo, discussion.reveal, form(opened.modal["custom_id"], text="*" * 5000)), kind=SUBMIT
    )
    assert said(told).startswith("Thank you!")
    (message,) = discussion.posted()
    assert words(message).count("\\*") == 1500


async def test_list_shows_the_best_first_and_fits(discussion: Discussion) -> None:
    people = [discussion.hall.member(f"P{number}") for number in range(8)]
    for number, person in enumerate(people):
        await discussion.explain(person, f"Number {number} " + "*" * 1400)
    await discussion.vote(people[0], discussion.posted()[3])
    text = await discussion.listed(people[0])
    assert text.startswith("## Explanations\n**P3** · 1 vote\nNumber 3")
    assert text.count(" vote") == 6


async def test_nothing_can_be_explained_or_seen_before_the_reveal(tmp_path: Path) -> None:
    bank = lay_bank(tmp_path / "bank", {"sql/one": choice_item("Wrong", "+Right")})
    async with world(f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=bank) as hall:
        question, bo = await hall.post_question(), hall.member("Bo")
        for data in (button("drop.explanations:1"), button("drop.vote:1.1")):
            (result,) = await hall.raw((bo, question, data))
            assert said(result).startswith("Answer this question first, or wait for its reveal")
        (result,) = await hall.raw((bo, question, form("drop.explain-form:1", text="x")), kind=SUBMIT)
        assert said(result).startswith("Answer this question first, or wait for its reveal")
        rows = await hall.house.database.read(
            lambda db: [*db.scalars(select(Explanation)), *db.scalars(select(Member))]
        )
        assert rows == []


async def test_deleted_thread_falls_back_to_the_private_list(discussion: Discussion) -> None:
    hall, bo, cy = discussion.hall, discussion.hall.member("Bo"), discussion.hall.member("Cy")
    await discussion.explain(bo, "Written before")
    hall.env.backend.delete_channel(discussion.thread.id)
    told = said(await discussion.explain(cy, "Written after"))
    assert told.startswith("Saved. The discussion thread is gone or closed to me")
    again = said(await discussion.explain(bo, "Rewritten after"))
    assert again.startswith("Saved. The discussion thread is gone or closed to me")
    text = await discussion.listed(hall.member("Zed"))
    assert text == "## Explanations\n**Bo** · 0 votes\nRewritten after\n**Cy** · 0 votes\nWritten after"


async def test_deleted_message_of_an_explanation_is_posted_anew(discussion: Discussion) -> None:
    hall, bo = discussion.hall, discussion.hall.member("Bo")
    await discussion.explain(bo, "First")
    (message,) = discussion.posted()
    hall.env.backend.delete_message(discussion.thread.id, message.id)
    assert said(await discussion.explain(bo, "Second")).startswith("Thank you!")
    (again,) = discussion.posted()
    assert "Second" in words(again)
    assert again.id != message.id


async def test_controls_and_open_forms_live_through_a_restart(discussion: Discussion) -> None:
    hall, bo, cy = discussion.hall, discussion.hall.member("Bo"), discussion.hall.member("Cy")
    writing = await bo.click(discussion.reveal, label="Explain it in your words")
    await hall.restart()
    assert said(await bo.submit_modal(writing, {"text": "Kept"})).startswith("Thank you!")
    await hall.restart()
    (message,) = discussion.posted()
    assert (await discussion.vote(cy, message)).startswith("Your vote is in.")
    assert "**Bo** · 1 vote\nKept" in await discussion.listed(cy)


async def test_hidden_and_left_members_are_not_named(discussion: Discussion) -> None:
    hall, bo, cy = discussion.hall, discussion.hall.member("Bo"), discussion.hall.member("Cy")
    await discussion.explain(bo, "Of Bo")
    settings = await bo.slash(hall.channel, "me settings")
    shown_as = settings.response.components[0]["components"]
    ids = [part["components"][0]["custom_id"] for part in shown_as if part["type"] == 1]
    await bo.select(settings.response, ["hidden"], custom_id=ids[0])
    await discussion.explain(cy, "Of Cy")
    assert await discussion.listed(cy) == (
        "## Explanations\n**A member** · 0 votes\nOf Bo\n**Cy** · 0 votes\nOf Cy"
    )
    await hall.house.services.members.leave(_person(hall, cy))
    assert await discussion.listed(bo) == "## Explanations\n**A member** · 0 votes\nOf Bo"


async def test_undo_after_an_explanation_leaves_it_and_says_so(tmp_path: Path) -> None:
    bank = lay_bank(tmp_path / "bank", {"sql/one": choice_item("Wrong", "+Right")})
    async with world(f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=bank) as hall:
        question, bo = await hall.post_question(), hall.member("Bo")
        joined = await bo.click(question, label="B")
        await hall.admin.slash(hall.channel, "setup schedule pause", number=1)
        await hall.skip(DAY + 60)
        (reveal,) = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
        await Discussion(hall, question, reveal).explain(bo, "Because.")
        undone = await bo.click(joined.response, label="Undo, I don't want to join")
        assert said(undone).startswith("You have done more since then, so I left it as it is.")


def _person(hall: World, who: Any) -> Any:
    from bot.domain.members import Person

    return Person(guild_id=hall.guild.id, discord_id=who.id, name=who.name)
