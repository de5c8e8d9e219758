"""The bank in step with its files, on both engines: what an edit, a removal or a return leaves of the history."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.assembly import House, open_house
from bot.bank.loader import load_bank
from bot.domain.drops import OpenDrop, Question
from bot.domain.errors import NothingFound, QuestionsExhausted, QuestionUnknown
from bot.domain.members import Person
from bot.services.answers import Chosen
from bot.storage.tables import Answer, Drop, Item, ItemVersion
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
BO, CY = (Person(guild_id=7, discord_id=n, name="Somebody", guild_name="Study hall") for n in (2, 3))
SAME = (0, 0, 0)
OLD, NEW = choice_item("+Yes", "No", title="Old"), choice_item("Yes", "+No", title="New")


class Library:
    """A house over a bank folder whose files change while it stands."""

    def __init__(self, house: House, folder: Path, clock: TurnedClock) -> None:
        self.house, self.services, self.clock, self._folder = house, house.services, clock, folder
        self._runs = 0

    def lay(self, name: str, text: str | None) -> None:
        """Write an item's file, or remove it."""
        path = self._folder / "sql" / f"{name}.md"
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")

    async def sync(self) -> tuple[int, int, int]:
        self.clock.turn(timedelta(minutes=1))
        return await self.services.questions.sync(load_bank(self._folder))

    async def items(self) -> dict[str, Item]:
        query = select(Item)
        return await self.house.database.read(lambda db: {item.slug: item for item in db.scalars(query)})

    async def titles(self, item_id: int) -> list[str]:
        """What an item's versions were called, oldest first."""
        query = select(ItemVersion.body).where(ItemVersion.item_id == item_id).order_by(ItemVersion.id)
        return await self.house.database.read(lambda db: [body["title"] for body in db.scalars(query)])

    async def ask(self) -> OpenDrop:
        """Have a question asked now, as the duties do it."""
        setup, self._runs = await self.services.setup.start(ADMIN, channel_id=100), self._runs + 1
        (schedule,) = [one for one in setup.schedules if one.kind == "question"]
        await self.services.schedules.run(ADMIN, schedule.id, self._runs)
        (due,) = await self.services.deliveries.claim("deliveries")
        drop = await self.services.drops.prepare(due)
        assert await self.services.drops.posted(due, drop, 5000 + self._runs)
        return drop

    async def found(self, text: str) -> list[Question]:
        try:
            return list(await self.services.questions.search(CY, text))
        except NothingFound:
            return []


@pytest.fixture
async def library(database_url: str, tmp_path: Path) -> AsyncIterator[Library]:
    """A bank of one item."""
    folder, clock = lay_bank(tmp_path / "bank", {"sql/first": OLD}), TurnedClock()
    async with open_house(database_url, bank_dir=folder, clock=clock, rng=random.Random(7)) as house:
        yield Library(house, folder, clock)


async def test_the_same_files_again_change_nothing(library: Library) -> None:
    before = (await library.items())["first"]
    assert await library.sync() == await library.sync() == SAME
    after = (await library.items())["first"]
    assert (after.id, after.content_hash, after.added_at) == (before.id, before.content_hash, before.added_at)
    assert await library.titles(after.id) == ["Old"]


async def test_a_new_file_is_a_new_item(library: Library) -> None:
    library.lay("second", NEW)
    assert await library.sync() == (1, 0, 0)
    items = await library.items()
    assert sorted(items) == ["first", "second"]
    assert items["second"].added_at == library.clock.now()
    assert await library.titles(items["first"].id) == ["Old"]
    drawn = await library.services.answers.draw(BO, item_id=items["second"].id)
    assert drawn.question.draft["title"] == "New"
    assert await library.sync() == SAME


async def test_an_edited_item_keeps_its_id_and_what_was_asked(library: Library) -> None:
    answers, drops = library.services.answers, library.services.drops
    drop = await library.ask()
    await answers.to_drop(BO, drop.id, Chosen((0,)))
    library.lay("first", NEW)
    assert await library.sync() == (0, 1, 0)

    item = (await library.items())["first"]
    assert (item.id, item.title) == (drop.question.item_id, "New")
    assert await library.titles(item.id) == ["Old", "New"]
    # Whoever answers later still answers what was posted, by its own key.
    late = await answers.to_drop(CY, drop.id, Chosen((0,)))
    assert (late.right, late.question.draft["title"]) == (True, "Old")
    before = await answers.of_drop(BO, drop.id)
    assert before is not None
    assert (before.right, before.question.version_id) == (True, drop.question.version_id)
    reveal = await drops.close(drop.id)
    assert reveal is not None
    assert (reveal.drop.question.draft["title"], reveal.right) == ("Old", 2)

    again = await library.ask()
    assert (again.question.item_id, again.question.draft["title"]) == (item.id, "New")
    assert not (await answers.to_drop(BO, again.id, Chosen((0,)))).right

    def versions(db: Any) -> list[tuple[int, ...]]:
        """Of drops and of answers: how many point to each version."""
        return [
            tuple(db.scalars(select(func.count(column)).group_by(column).order_by(column)))
            for column in (Drop.item_version_id, Answer.item_version_id)
        ]

    assert await library.house.database.read(versions) == [(1, 1), (2, 1)]


async def test_an_edit_taken_back_makes_no_third_version(library: Library) -> None:
    for text in (NEW, OLD):
        library.lay("first", text)
        assert await library.sync() == (0, 1, 0)
    item = (await library.items())["first"]
    assert await library.titles(item.id) == ["Old", "New"]
    drawn = await library.services.answers.draw(BO, item_id=item.id)
    assert drawn.question.draft["title"] == "Old"


async def test_an_item_whose_file_is_gone_is_retired_and_not_asked(library: Library) -> None:
    answers = library.services.answers
    drop = await library.ask()
    await answers.to_drop(BO, drop.id, Chosen((0,)))
    await library.services.drops.close(drop.id)
    library.lay("first", None)
    assert await library.sync() == (0, 0, 1)

    item = (await library.items())["first"]
    assert item.retired_at == library.clock.now()
    assert await library.found("old") == []
    with pytest.raises(QuestionsExhausted):
        await answers.draw(CY)
    with pytest.raises(QuestionUnknown):
        await answers.draw(CY, item_id=item.id)
    with pytest.raises(QuestionsExhausted):
        await library.ask()
    kept = await answers.of_drop(BO, drop.id)
    assert kept is not None
    assert (kept.right, kept.question.draft["title"]) == (True, "Old")
    assert await library.sync() == SAME
    assert (await library.items())["first"].retired_at == item.retired_at


@pytest.mark.parametrize(("text", "titles"), [(OLD, ["Old"]), (NEW, ["Old", "New"])])
async def test_an_item_that_comes_back_has_its_history(
    library: Library, text: str, titles: list[str]
) -> None:
    answers = library.services.answers
    drop = await library.ask()
    await answers.to_drop(BO, drop.id, Chosen((0,)))
    await library.services.drops.close(drop.id)
    first = (await library.items())["first"]
    library.lay("first", None)
    await library.sync()
    library.lay("first", text)
    assert await library.sync() == (0, 1, 0)

    item = (await library.items())["first"]
    assert (item.id, item.added_at, item.retired_at) == (first.id, first.added_at, None)
    assert await library.titles(item.id) == titles
    (found,) = await library.found(titles[-1])
    assert found.item_id == item.id
    assert (await answers.draw(CY)).question.draft["title"] == titles[-1]
    kept = await answers.of_drop(BO, drop.id)
    assert kept is not None
    assert (kept.right, kept.question.version_id) == (True, drop.question.version_id)
    assert await library.sync() == SAME
