"""Small servers: everything there is, walked through by one, two, three and five people, with a guide and without."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain.drops import DISTRIBUTION_FROM
from bot.domain.scoring import RANKS_FROM
from bot.storage.tables import Member, Recitation, Reciter
from tests.bank.builders import TEXTS
from tests.support.circle import Circle
from tests.support.concepts import concept_bank
from tests.support.recital import join, pairs, plan_rounds, rounds
from tests.support.study import answer, invite, questions, rows
from tests.support.world import World, choice_item, lay_bank, said, words, world

DAY = 86_400
NOBODY_ELSE = "Nobody else guides here yet, so it waits for an admin, or for the first guide an admin names."
STANDS_IN = "Until then the answer you were shown stands in for theirs."
SUGGESTION = {
    "question": "Which join keeps every row of the left table?",
    "right": "LEFT JOIN",
    "wrong": "INNER JOIN\nCROSS JOIN",
    "explanation": "It keeps them all.",
    "sources": "The manual",
}


class Group:
    """So many people, the admin first; with a guide, it is the second one, or the admin who is alone with one."""

    def __init__(self, hall: World, size: int, guided: bool) -> None:
        self.hall, self.size, self.guided = hall, size, guided
        self.everyone = [hall.admin, *(hall.member(name) for name in ("Bo", "Cy", "Di", "Ed")[: size - 1])]
        self.newest = self.everyone[-1]
        self.guide = self.everyone[1 if size > 2 else 0]

    async def begin(self) -> Any:
        """Set up in two presses; the first question."""
        hall = self.hall
        await invite(hall, hall.guild)
        (greeting,) = hall.channel.history()
        card = await hall.admin.click(greeting, label="Set up")
        await hall.admin.click(card.response, label="Post the first question")
        await hall.rounds()
        if self.guided:
            await hall.admin.slash(hall.channel, "guide people add", member=self.guide)
        (question,) = questions(hall.channel)
        return question

    async def told(self, who: Any, name: str) -> str:
        """What somebody reads after a command, privately."""
        result = await who.slash(self.hall.channel, name)
        assert result.ephemeral
        return said(result)

    async def reveal(self) -> Any:
        """A day later: the answer, and nothing new."""
        await self.hall.admin.slash(self.hall.channel, "setup schedule pause", number=1)
        await self.hall.skip(DAY + 60)
        (reveal,) = [one for one in self.hall.channel.history() if words(one).startswith("## Answer")]
        return reveal


@pytest.fixture(params=[(size, guided) for size in (1, 2, 3, 5) for guided in (False, True)], ids=str)
async def group(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Group]:
    choices = {f"sql/item-{number}": choice_item("+Right", "Wrong", title="A choice") for number in range(4)}
    bank = lay_bank(tmp_path / "bank", choices | {"gpu/why": TEXTS["open"].replace("both", "mle")})
    async with world(f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}", bank=bank) as hall:
        yield Group(hall, *request.param)


async def test_everything_is_worth_having_at_every_size(group: Group) -> None:
    size = group.size
    question = await group.begin()

    # One tap each: the first rep, and the same two points for everybody but who was wrong.
    for who in group.everyone:
        right = who is not group.newest or size == 1
        feedback = said(await answer(who, question, right=right))
        assert "**+1 rep**" in feedback
        assert ("**+2 points**" if right else "**+1 point**") in feedback
        assert f"## Hello {who.user.global_name}\nThis week: **1 rep**" in await group.told(who, "reps")

    await a_check(group)
    await a_discussion(group)
    await boards(group)
    await a_suggestion(group)


async def a_check(group: Group) -> None:
    """An open answer marked by its writer; a guide's word on it, or an admin's, or nobody's."""
    hall, bo = group.hall, group.newest
    drawn = await bo.slash(hall.channel, "question random", topic="gpu")
    locked = await hall.write(bo, drawn.response, "Because")
    marked = await bo.select(locked.response, ["0", "1"])
    assert "**A model answer**\nBecause." in said(marked)
    asked = said(await bo.click(marked.response, label="Ask a guide to check"))
    assert "yours is next" in asked
    alone = not group.guided or group.guide is bo
    assert (NOBODY_ELSE in asked, STANDS_IN in asked) == (alone, alone)

    checker = group.guide if group.guided else hall.admin
    queue = await checker.slash(hall.channel, "guide queue")
    assert "## 1 request for the guides" in said(queue)
    opened = await checker.click(queue.response, label="Open")
    again = "Ask a guide to check"
    if group.size == 1:
        assert said(opened).startswith("This answer is your own")
        assert NOBODY_ELSE in said(await bo.click(marked.response, label=again))
        return
    await checker.click(opened.response, label="Confirm the marks")
    assert "**A guide confirmed this.**" in said(await bo.click(marked.response, label=again))
    for who in group.everyone:
        if who not in (checker, hall.admin):
            assert "Only guides can do this." in await group.told(who, "guide queue")


async def a_discussion(group: Group) -> None:
    """The reveal, explanations, votes."""
    hall, size = group.hall, group.size
    reveal = await group.reveal()
    shown = words(reveal)
    if size < DISTRIBUTION_FROM:
        assert f"{size} answer" in shown
        assert "With fewer than 5 answers I do not show how they went" in shown
        assert not reveal.attachments
        assert "right**" not in shown
    else:
        assert "5 answers, **4 right**\n-# A 4 · B 1" in shown
        assert "**Most tempting: B.** Why: Wrong." in shown
        assert [file.filename for file in reveal.attachments] == ["answers.png"]

    for who in (hall.admin, group.newest)[:size]:
        opened = await who.click(reveal, label="Explain it in your words")
        thanks = said(await who.submit_modal(opened, {"text": f"{who.name} says so"}))
        assert "Your explanation is in the thread" in thanks
    (thread,) = hall.channel.threads
    posted = [one for one in thread.history() if "explains" in words(one)]
    assert len(posted) == min(size, 2)
    own = said(await hall.admin.click(posted[0], label="This helped me most"))
    assert own.startswith("You cannot vote for your own explanation.")
    for who in group.everyone[1:]:
        assert "Your vote is in." in said(await who.click(posted[0], label="This helped me most"))
    listed = said(await group.newest.click(reveal, label="Explanations"))
    votes = f"{size - 1} vote{'' if size == 2 else 's'}"
    assert f"**Ada** · {votes}\nada says so" in listed


async def boards(group: Group) -> None:
    """Together under five, ranks from five; one's own numbers at every size; the digest."""
    hall, size = group.hall, group.size
    reps, people = size + 1, "1 person" if size == 1 else f"{size} people"
    for who in group.everyone:
        told = await group.told(who, "leaderboard")
        if size < RANKS_FROM:
            assert f"Together: **{reps} reps**" in told
            assert f"from {people}.\n-# Ranks begin when 5 people take part" in told
            assert "**#1**" not in told
        else:
            assert "Together:" not in told
            place = 5 if who is group.newest else 1
            assert f"**Your place: {place} of 5**" in told
        mine = 2 if who is group.newest else 1
        stats = await group.told(who, "me stats")
        assert f"## {who.user.global_name}\n**{mine} rep" in stats

    await hall.skip_to(datetime(2026, 3, 9, 9, 0, 1, tzinfo=UTC))  # the week is over, and its digest is due
    digest = hall.channel.history()[-1]
    assert words(digest).startswith("## Last week in Study hall")
    assert f"**{reps} reps** by {people}" in words(digest)
    assert ("**#1**" in words(digest)) == (size >= RANKS_FROM)
    for who in group.everyone:
        place = said(await who.click(digest, label="My place"))
        assert ("Your place:" in place) == (size >= RANKS_FROM)
        assert ("Together:" in place) == (size < RANKS_FROM)


async def a_suggestion(group: Group) -> None:
    """A question of one's own: seen to by a guide, or an admin, or by oneself where there is nobody else."""
    hall, bo = group.hall, group.newest
    opened = await bo.slash(hall.channel, "question suggest", topic="sql")
    thanks = said(await bo.submit_modal(opened, SUGGESTION))
    assert thanks.startswith("## Thank you!")
    checker = group.guide if group.guided else hall.admin
    queue = await checker.slash(hall.channel, "guide queue")
    assert "**1 suggested question** waiting" in said(queue)
    review = await checker.click(queue.response, label="Review the questions")
    done = said(await checker.click(review.response, label="Approve"))
    assert "is in this server's bank now." in done
    assert "approved: it is asked here now" in await group.told(bo, "question suggest")
    found = said(await bo.slash(hall.channel, "question search", text="left table"))
    assert "1 found" in found


@pytest.mark.parametrize(("size", "sizes"), [(1, [1]), (2, [2]), (3, [3]), (5, [2, 3])])
async def test_a_round_gives_everybody_their_reps_at_every_size(
    size: int, sizes: list[int], tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=concept_bank(tmp_path / "bank")) as hall:
        await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
        everyone = [hall.admin, *(hall.member(name) for name in ("Bo", "Cy", "Di", "Ed")[: size - 1])]
        await plan_rounds(hall)
        await join(hall, *everyone)
        await hall.skip_to(datetime(2026, 3, 2, 10, tzinfo=UTC))
        (message,) = rounds(hall.channel)
        assert sorted(map(len, pairs(hall, message))) == sizes
        if size == 1:
            await recite_alone(hall, hall.admin, message)
        else:
            for recitation in await rows(hall, Recitation):
                await recite_to_each_other(hall, recitation.id, everyone, message)
        # With a partner twice six points, once for each role; alone a rep all the same.
        for who in everyone:
            told = said(await who.slash(hall.channel, "me stats"))
            assert ("Oral recitation: 1 rep" if size == 1 else "Oral recitation: 2 reps, 12 points") in told
            assert "of 5 key points" in said(await who.slash(hall.channel, "recite history"))
        # A week later everybody has a line again, and nobody is told off for meeting the same people.
        await hall.skip_to(datetime(2026, 3, 9, 10, tzinfo=UTC))
        again = rounds(hall.channel)[-1]
        assert sorted(map(len, pairs(hall, again))) == sizes
        assert "repeat" not in words(again)


async def recite_alone(hall: World, who: Any, message: Any) -> None:
    opened = await who.click(message, label="Open my room")
    begun = await who.click(opened.response, label="Recite solo")
    recited = await who.click(begun.response, label="I have recited it")
    assert "Key points" in said(recited)
    marks = {"covered": ["0"], "clarity": "3", "depth": "2", "improve": ""}
    await who.submit_modal(await who.click(recited.response, label="Mark myself"), marks)


async def recite_to_each_other(hall: World, id: int, everyone: list[Any], message: Any) -> None:
    """Whoever comes first opens the room; each recites to the next, and gives feedback to the one before."""
    members = {row.id: row.discord_id for row in await rows(hall, Member)}
    seats = [row for row in await rows(hall, Reciter) if row.recitation_id == id]
    people = [
        next(who for who in everyone if who.id == members[row.member_id])
        for row in sorted(seats, key=lambda row: row.place)
    ]
    await people[-1].click(message, label="Open my room")
    await hall.rounds()
    room = Circle(hall)
    room.people, room.id = people, id
    for place, reciter in enumerate(people):
        await room.recite(reciter, people[(place + 1) % len(people)])
    assert room.shown.startswith("## Well done")
    for who in people:
        assert "of 5 key points" in await room.press(who, "Read my feedback")
        await room.press(who, "Thank my listener")
