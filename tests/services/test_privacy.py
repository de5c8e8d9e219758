"""A person's data: counted before it goes, erased by the right holder only, and kept while Discord is in doubt."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.assembly import House, open_house
from bot.domain.errors import DeletionNotConfirmed, NothingKept
from bot.domain.members import Person
from bot.domain.schedules import Due
from bot.services.members import join
from bot.services.privacy import ERASE, PURGE, Shards
from bot.services.privacy.exporting import LARGEST, packed
from bot.storage.tables import Answer, Base, Block, Item, ItemVersion, Member, Server, Timer, Total
from tests.support.clock import TurnedClock
from tests.support.post_office import small_bank
from tests.support.traces import ANOUK, BRAM, GUILD, everything, live, naming

ANOUK_HERE = Person(GUILD, ANOUK.discord_id, "Anouk", "Hall")
BRAM_HERE = Person(GUILD, BRAM.discord_id, "Bram", "Hall")
WEEK = timedelta(days=7)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[House]:
    """Once on each engine, with two people who left a trace everywhere."""
    async with open_house(database_url, bank_dir=small_bank(tmp_path / "bank"), clock=clock) as opened:
        await opened.database.write(live)
        yield opened


async def rows(house: House, table: type[Base]) -> list[Any]:
    query = select(table).order_by(*table.__table__.primary_key)
    return await house.database.read(lambda db: list(db.scalars(query)))


async def due(house: House) -> Due:
    """The one timer of ours that is due, claimed."""
    claimed = await house.services.deliveries.claim("timers")
    (found,) = [one for one in claimed if one.kind in (ERASE, PURGE)]
    return found


async def member(house: House, who: Person) -> Any:
    found = [one for one in await rows(house, Member) if one.discord_id == who.discord_id]
    return found[0] if found else None


async def listed(house: House, who: Person) -> set[bool]:
    mine = (await member(house, who)).id
    return {row.listed for row in await rows(house, Total) if row.member_id == mine}


# --- deleting


async def test_the_word_must_be_typed(house: House) -> None:
    before = await house.database.read(everything)
    for typed in ("", "DELET", "delete it", "yes"):
        with pytest.raises(DeletionNotConfirmed):
            await house.services.privacy.ask_erasure(ANOUK_HERE, typed)
    assert await house.database.read(everything) == before
    await house.services.privacy.ask_erasure(ANOUK_HERE, "  Delete\u200b ")
    assert (await member(house, ANOUK_HERE)).left_at is not None
    assert await listed(house, ANOUK_HERE) == {False}
    assert await listed(house, BRAM_HERE) == {True}


async def test_marked_answers_go_on_counting_without_anybody(house: House) -> None:
    def answers(db: Any) -> int:
        item, version = db.execute(
            select(Item.id, ItemVersion.id)
            .join(ItemVersion, ItemVersion.item_id == Item.id)
            .order_by(Item.id.desc())
        ).first()
        anouk = join(db, ANOUK_HERE, house.clock.now())
        common = {"server_id": anouk.server_id, "member_id": anouk.member_id, "drawn_at": house.clock.now()}
        for right in (True, False, True, None):
            db.execute(insert(Answer).values(item_id=item, item_version_id=version, right=right, **common))
        return int(item)

    item_id = await house.database.write(answers)
    tallies = {row["item_id"]: row for row in (await house.database.read(everything))["item_tallies"]}
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.privacy.erase(await due(house))
    await house.services.privacy.ask_erasure(BRAM_HERE, "DELETE")
    await house.services.privacy.erase(await due(house))
    after = {row["item_id"]: row for row in (await house.database.read(everything))["item_tallies"]}
    assert after[item_id] == {"item_id": item_id, "answered": 3, "right": 2}
    # Both had answered the first question, right, on top of what was counted already.
    ((first, before),) = tallies.items()
    assert after[first]["answered"] == before["answered"] + 2
    assert after[first]["right"] == before["right"] + 2


async def test_nobody_is_left_on_either_engine(house: House) -> None:
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.privacy.erase(await due(house))
    assert naming(await house.database.read(everything), ANOUK) == set()


async def test_a_late_holder_erases_nobody_who_came_after(house: House) -> None:
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    first = await due(house)
    await house.services.privacy.erase(first)
    await house.services.members.settle_in(ANOUK_HERE, track="ds")
    await house.services.privacy.erase(first)
    assert await member(house, ANOUK_HERE) is not None
    # And asking again works as the first time.
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.privacy.erase(replace(first, token="of another holder"))
    assert await member(house, ANOUK_HERE) is not None
    await house.services.privacy.erase(await due(house))
    assert await member(house, ANOUK_HERE) is None


async def test_a_timer_that_was_given_up_does_not_stand_in_the_way(house: House) -> None:
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.deliveries.miss("timers", await due(house), "I tried for too long")
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.privacy.erase(await due(house))
    assert await member(house, ANOUK_HERE) is None


async def test_on_another_server_nothing_changes(house: House) -> None:
    there = replace(ANOUK_HERE, guild_id=GUILD + 1, guild_name="Elsewhere")
    await house.services.members.settle_in(there, track="mle")
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.privacy.erase(await due(house))
    (left,) = [one for one in await rows(house, Member) if one.discord_id == ANOUK.discord_id]
    assert (left.track, left.left_at) == ("mle", None)
    assert (await house.services.privacy.export(there)).rows == 1


async def test_whom_an_erased_guide_paused_stays_paused_by_a_guide(house: House) -> None:
    await house.services.privacy.ask_erasure(ANOUK_HERE, "DELETE")
    await house.services.privacy.erase(await due(house))
    assert (await member(house, BRAM_HERE)).paused_by == 0


# --- exporting


async def test_who_has_no_trace_is_told_so_and_learns_nothing_of_blocks(house: House) -> None:
    carla = Person(GUILD, 3, "Carla", "Hall")
    nowhere = replace(carla, guild_id=1)
    with pytest.raises(NothingKept):
        await house.services.privacy.export(nowhere)
    with pytest.raises(NothingKept):
        await house.services.privacy.ask_erasure(nowhere, "delete")
    blocked = insert(Base.metadata.tables["blocks"]).values(
        member_id=(await member(house, BRAM_HERE)).id, blocked_discord_id=3, at=house.clock.now()
    )
    await house.database.write(lambda db: db.execute(blocked) and None)
    with pytest.raises(NothingKept):
        await house.services.privacy.export(carla)
    # Deleting says the same to everyone, and works.
    await house.services.privacy.ask_erasure(carla, "delete")
    await house.services.privacy.erase(await due(house))
    assert 3 not in {row.blocked_discord_id for row in await rows(house, Block)}


async def test_a_long_history_is_exported_whole(house: House) -> None:
    mine = (await member(house, ANOUK_HERE)).id
    template = next(
        row for row in (await house.database.read(everything))["ledger"] if row["member_id"] == mine
    )
    del template["id"]
    more = [template | {"key": f"more {number}"} for number in range(2_500)]
    await house.database.write(lambda db: db.execute(insert(Base.metadata.tables["ledger"]), more) and None)
    told = json.loads((await house.services.privacy.export(ANOUK_HERE)).data)
    keys = [row["key"] for row in told["rows"]["ledger"]]
    assert len(keys) == len(set(keys)) == 2_501


def test_a_file_too_large_for_discord_is_zipped() -> None:
    export = packed({"rows": "long " * LARGEST}, 1)
    assert export.name == "reps-data.zip"
    assert len(export.data) < LARGEST
    with zipfile.ZipFile(io.BytesIO(export.data)) as archive:
        assert json.loads(archive.read("reps-data.json")) == {"rows": "long " * LARGEST}


# --- who is gone, and who is back


async def test_gone_is_hidden_at_once_and_a_return_undoes_it(house: House, clock: TurnedClock) -> None:
    privacy = house.services.privacy
    await privacy.note(GUILD, here=[BRAM.discord_id], gone=[ANOUK.discord_id])
    assert await listed(house, ANOUK_HERE) == {False}
    assert await listed(house, BRAM_HERE) == {True}
    clock.turn(WEEK - timedelta(seconds=1))
    await privacy.note(GUILD, here=[ANOUK.discord_id], gone=[])
    assert await listed(house, ANOUK_HERE) == {True}
    clock.turn(WEEK)
    assert [one for one in await house.services.deliveries.claim("timers") if one.kind == PURGE] == []


async def test_anything_one_does_shows_one_again(house: House) -> None:
    await house.services.privacy.note(GUILD, here=[], gone=[ANOUK.discord_id])
    await house.services.members.settle_in(ANOUK_HERE)
    assert await listed(house, ANOUK_HERE) == {True}
    found = await member(house, ANOUK_HERE)
    # Being back from outside does not end a pause.
    assert (found.gone_at, found.paused_by) == (None, BRAM.discord_id)


async def test_who_had_left_or_hides_stays_off_the_board_when_seen_again(house: House) -> None:
    await house.services.members.settle_in(ANOUK_HERE, shown_as="hidden")
    await house.services.members.leave(BRAM_HERE)
    both = [ANOUK.discord_id, BRAM.discord_id]
    await house.services.privacy.note(GUILD, here=[], gone=both)
    await house.services.privacy.note(GUILD, here=both, gone=[])
    assert await listed(house, ANOUK_HERE) == await listed(house, BRAM_HERE) == {False}


async def test_seven_days_count_from_the_last_leaving(house: House, clock: TurnedClock) -> None:
    privacy = house.services.privacy
    await privacy.note(GUILD, here=[], gone=[ANOUK.discord_id])
    clock.turn(timedelta(days=3))
    await house.services.members.settle_in(ANOUK_HERE)  # the timer stays, and is too early from now on
    clock.turn(timedelta(days=3))
    await privacy.note(GUILD, here=[], gone=[ANOUK.discord_id])
    clock.turn(timedelta(days=1))
    assert [one for one in await house.services.deliveries.claim("timers") if one.kind == PURGE] == []
    clock.turn(timedelta(days=6))
    await privacy.erase(await due(house))
    assert await member(house, ANOUK_HERE) is None


async def test_who_came_back_in_the_last_second_stays(house: House, clock: TurnedClock) -> None:
    await house.services.privacy.note(GUILD, here=[], gone=[ANOUK.discord_id])
    clock.turn(WEEK)
    late = await due(house)
    await house.services.members.settle_in(ANOUK_HERE)
    await house.services.privacy.erase(late)
    assert await member(house, ANOUK_HERE) is not None
    assert [one for one in await rows(house, Timer) if one.kind == PURGE] == []


async def test_a_guide_who_never_took_part_is_erased_too(house: House, clock: TurnedClock) -> None:
    guides = Base.metadata.tables["guides"]
    await house.database.write(
        lambda db: (
            db.execute(update(guides).where(guides.c.added_by == BRAM.discord_id).values(discord_id=99))
            and None
        )
    )
    assert set(await house.services.privacy.people(GUILD)) == {99, ANOUK.discord_id, BRAM.discord_id}
    for _ in range(3):  # noted every day, counted from the first
        await house.services.privacy.note(GUILD, here=[ANOUK.discord_id], gone=[99])
        clock.turn(timedelta(days=1))
    clock.turn(timedelta(days=4))
    await house.services.privacy.erase(await due(house))
    assert 99 not in await house.services.privacy.people(GUILD)


# --- servers


async def test_each_process_asks_for_its_own_shards_once_a_day(house: House, clock: TurnedClock) -> None:
    for number in range(4):
        who = Person((number << 22) + 5, 1, "Bo", "Hall")
        await house.services.members.settle_in(who)
    privacy = house.services.privacy
    mine, others = Shards(4, frozenset({1, 3})), Shards(4, frozenset({0, 2}))

    async def turns(shards: Shards) -> set[int]:
        found = set()
        while (guild_id := await privacy.next_to_ask(shards)) is not None:
            assert guild_id not in found
            found.add(guild_id)
        return found

    asked = await turns(mine)
    assert asked == {GUILD, (1 << 22) + 5, (3 << 22) + 5}  # GUILD is 7 << 22
    assert set(await privacy.servers(mine)) == asked
    assert len(await turns(others)) == 2
    for guild_id in asked - {GUILD}:
        await privacy.asked(guild_id)
    assert await turns(mine) == set()
    clock.turn(timedelta(hours=1))  # for the one nobody got an answer for
    assert await turns(mine) == {GUILD}
    clock.turn(timedelta(hours=23))
    assert await turns(mine) == asked
    assert await turns(Shards(1, frozenset())) == set()


async def test_a_server_left_a_week_ago_leaves_nothing(house: House, clock: TurnedClock) -> None:
    crowd = [Person(GUILD, 1_000 + number, f"Member {number}", "Hall") for number in range(45)]
    other = Person(GUILD + 1, BRAM.discord_id, "Bram", "Elsewhere")
    for who in (*crowd, other):
        await house.services.members.settle_in(who, track="ds")
    before = await house.database.read(everything)
    await house.services.setup.gone(GUILD)
    clock.turn(WEEK - timedelta(seconds=1))
    assert await house.services.privacy.erase_servers() == 0
    assert len((await house.database.read(everything))["members"]) == len(before["members"])
    clock.turn(timedelta(seconds=1))
    slices = 1
    while await house.services.privacy.erase_servers():
        slices += 1
    assert slices > 47  # in pieces, so that nobody else waits
    after = await house.database.read(everything)
    (kept,) = await rows(house, Server)
    assert kept.discord_id == GUILD + 1
    left = {name for name, found in after.items() if found}
    assert left == {"servers", "members", "items", "item_versions", "item_tallies", "facts", "heartbeats"}
    assert [row["server_id"] for row in after["members"]] == [kept.id]
    assert naming({name: after[name] for name in ("items", "item_versions", "facts")}, ANOUK, BRAM) == set()
    own = [row["id"] for row in before["items"] if row["server_id"] is not None]
    assert own and [row["id"] for row in after["items"]] == [
        row["id"] for row in before["items"] if row["id"] not in own
    ]


async def test_a_server_that_comes_back_in_between_keeps_the_rest(house: House, clock: TurnedClock) -> None:
    for number in range(45):
        await house.services.members.settle_in(Person(GUILD, 1_000 + number, "Somebody", "Hall"))
    await house.services.setup.gone(GUILD)
    clock.turn(WEEK)
    assert await house.services.privacy.erase_servers() == 1
    await house.services.setup.back(GUILD)
    assert await house.services.privacy.erase_servers() == 0
    assert len(await rows(house, Member)) == 47 - 1
