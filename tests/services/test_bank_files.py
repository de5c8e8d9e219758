"""A server's own questions on both engines: taken in and out, suggested and approved, reported and skipped."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import House, open_house
from bot.bank.exchange import FORMAT
from bot.bank.forms import FORMS, fields_of
from bot.bank.loader import load_bank
from bot.domain.errors import ImportOver, NothingFound, OwnBankFull, QuestionsExhausted, SuggestionOver
from bot.domain.members import Person
from bot.services.answers import Chosen
from bot.services.suggestions import Handed
from bot.storage.tables import BankImport, Item, ItemVersion, Suggestion
from tests.bank.builders import TEXTS, longest, parsed
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank

ADMIN = Person(guild_id=7, discord_id=1, name="Ada", guild_name="Study hall", manages_server=True)
BO, CY, DI, ED = (
    Person(guild_id=7, discord_id=n, name=f"M{n}", guild_name="Study hall") for n in (2, 3, 4, 5)
)
BASE = parsed(TEXTS["choice"]).model_dump(mode="json")
FORM = {
    "question": "Which one?",
    "right": "This",
    "wrong": "That",
    "explanation": "So.",
    "sources": "A book",
}


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    bank = lay_bank(tmp_path / "bank", {"sql/first": choice_item("+Yes", "No", title="Shipped")})
    async with open_house(database_url, bank_dir=bank, clock=TurnedClock(), rng=random.Random(7)) as made:
        yield made


def as_json(items: list[dict[str, Any]]) -> bytes:
    return json.dumps({**FORMAT, "items": items}).encode()


async def take_in(house: House, data: bytes, name: str = "a.json") -> Any:
    files = house.services.bank_files
    plan = await files.propose(ADMIN, name, data)
    return await files.carry_out(ADMIN, plan.id, plan.seen)


async def test_every_kind_goes_in_and_out_the_same(house: House) -> None:
    items = [
        *(parsed(text, file=f"sql/{kind}.md").model_dump(mode="json") for kind, text in TEXTS.items()),
        *(
            draft.model_dump(mode="json") | {"id": f"long-{kind}", "topic": "sql"}
            for kind, draft in longest().items()
        ),
    ]
    done = await take_in(house, as_json(items))
    assert (len(done.new), done.done) == (len(items), True)
    out = await house.services.bank_files.export(ADMIN)
    for name, (data,) in (("a.json", out.json), ("a.csv", out.csv)):
        plan = await house.services.bank_files.propose(ADMIN, name, data)
        assert (plan.new, plan.changed, plan.back, plan.unchanged) == ((), (), (), len(items))


async def test_a_server_has_at_most_five_thousand_and_they_all_go_out_again(house: House) -> None:
    def rows(first: int) -> bytes:
        small = {"question": "Q?", "explanation": "E.", "sources": ["S"]}
        options = [{"text": "a", "right": True, "why": "w"}, {"text": "b", "right": False, "why": "w"}]
        few = {key: BASE[key] for key in ("kind", "topic", "track", "difficulty")}
        return json.dumps(
            {
                **FORMAT,
                "items": [
                    few | small | {"id": f"n{number}", "title": "T", "options": options}
                    for number in range(first, first + 2500)
                ],
            },
            separators=(",", ":"),
        ).encode()

    for first in (0, 2500):
        assert len((await take_in(house, rows(first))).new) == 2500
    with pytest.raises(OwnBankFull):
        await house.services.bank_files.propose(ADMIN, "a.json", as_json([BASE]))
    out = await house.services.bank_files.export(ADMIN)
    assert (out.items, len(out.json) > 1, len(out.json) + len(out.csv) <= 10) == (5000, True, True)
    assert (await house.services.bank_files.propose(ADMIN, "a.json", out.json[0])).new == ()


async def test_of_files_sent_without_end_the_last_three_wait(house: House) -> None:
    files = house.services.bank_files
    plans = [await files.propose(ADMIN, f"{number}.json", as_json([BASE])) for number in range(5)]
    others = await files.propose(Person(8, 9, "Eva", "Other hall", True), "other.json", as_json([BASE]))
    kept = await house.database.read(lambda db: [one.id for one in db.query(BankImport).all()])
    assert kept == [*(plan.id for plan in plans[2:]), others.id]
    with pytest.raises(ImportOver):
        await files.carry_out(ADMIN, plans[1].id, plans[1].seen)
    assert (await files.carry_out(ADMIN, plans[2].id, plans[2].seen)).done


async def test_a_suggestion_is_approved_once_and_never_takes_anothers_place(house: House) -> None:
    services = house.services
    handed = await asyncio.gather(
        *(services.suggestions.suggest(BO, "choice", "sql", FORM) for _ in range(8))
    )
    assert all(isinstance(one, Handed) for one in handed)
    (row,) = await house.database.read(lambda db: db.query(Suggestion).all())
    await take_in(house, as_json([BASE | {"id": f"suggestion-{row.id}", "title": "In its place"}]))
    proposal = await services.suggestions.review(ADMIN)
    assert proposal is not None
    results = await asyncio.gather(
        *(services.suggestions.approve(ADMIN, proposal.id, proposal.seen) for _ in range(8)),
        return_exceptions=True,
    )
    assert [type(one) for one in results if isinstance(one, BaseException)] == [SuggestionOver] * 7
    slugs = [
        item.slug for item in await house.database.read(lambda db: db.query(Item).all()) if item.server_id
    ]
    assert sorted(slugs) == [f"{row.server_id}:suggestion-{row.id}", f"{row.server_id}:suggestion-{row.id}-1"]
    assert {one.draft["title"] for one in await services.questions.search(CY, "one")} == {"Which one?"}


@pytest.mark.parametrize("kind", FORMS)
async def test_what_was_approved_is_edited_and_exported(house: House, kind: str) -> None:
    services = house.services
    draft = parsed(TEXTS[kind]).model_dump(mode="json")
    await take_in(house, as_json([draft]))
    (item,) = [one for one in await house.database.read(lambda db: db.query(Item).all()) if one.server_id]
    await services.item_reports.edit(ADMIN, item.id, fields_of(draft) | {"question": "Another?"})
    (out,) = (await services.bank_files.export(ADMIN)).json
    (after,) = json.loads(out)["items"]
    assert (after["question"], after["title"], after["id"]) == ("Another?", draft["title"], draft["id"])
    versions = await house.database.read(lambda db: db.query(ItemVersion).filter_by(item_id=item.id).count())
    assert versions == 2


async def test_three_open_reports_take_an_item_out_and_closing_brings_it_back(house: House) -> None:
    services = house.services
    for who in (BO, CY, DI):
        drawn = await services.answers.draw(who)
        await services.answers.to_draw(who, drawn.answer_id, Chosen((0,)))
    (item_id, _), *_ = await services.item_reports.reportable(BO)
    for who in (BO, CY, BO, BO):
        await services.item_reports.report(who, item_id, "Wrong")
    assert (await services.answers.draw(ED)).question.item_id == item_id
    await services.item_reports.report(DI, item_id, "Wrong")
    with pytest.raises(QuestionsExhausted):
        await services.answers.draw(ED)
    with pytest.raises(NothingFound):
        await services.questions.search(ED, "shipped")
    elsewhere = Person(guild_id=8, discord_id=9, name="Else", guild_name="Other hall")
    assert await services.questions.search(elsewhere, "shipped")
    reported = await services.item_reports.review(ADMIN)
    assert reported is not None
    assert (reported.answered, reported.right, reported.skipped, len(reported.complaints)) == (3, 3, True, 3)
    await services.item_reports.close(ADMIN, item_id, "Fine")
    assert (await services.answers.draw(ED)).question.item_id == item_id


async def test_the_bank_of_files_leaves_a_servers_own_alone(house: House, tmp_path: Path) -> None:
    await take_in(house, as_json([BASE]))
    assert await house.services.questions.sync(load_bank(tmp_path / "bank")) == (0, 0, 0)
    assert (await house.services.bank_files.export(ADMIN)).items == 1
