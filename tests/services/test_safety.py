"""Who is never to be paired, on both engines."""

from pathlib import Path

from sqlalchemy import select

from bot.assembly import open_house
from bot.domain.members import Person
from bot.services.safety import blocked_pairs
from bot.storage.tables import Member, Server
from tests.support.clock import TurnedClock
from tests.support.world import choice_item, lay_bank


async def test_a_block_counts_for_both_and_in_its_server_only(database_url: str, tmp_path: Path) -> None:
    bank = lay_bank(tmp_path / "bank", {"sql/first": choice_item("+Yes", "No")})
    async with open_house(database_url, bank_dir=bank, clock=TurnedClock()) as house:
        people = {(guild, id): Person(guild, id, f"P{id}", "Hall") for guild in (7, 8) for id in range(1, 5)}
        for who in people.values():
            await house.services.members.settle_in(who, track="ds")
        blocks = ((7, 1, 2), (7, 2, 1), (7, 3, 1), (7, 3, 99), (8, 3, 4))
        for guild, blocker, blocked in blocks:
            await house.services.safety.block(people[guild, blocker], "member", blocked)

        async def pairs(guild: int) -> set[frozenset[int]]:
            """Discord ids of the pairs, which are members' ids."""
            server_id = select(Server.id).where(Server.discord_id == guild).scalar_subquery()
            of = select(Member.id, Member.discord_id).where(Member.server_id == server_id)
            known = dict(await house.database.read(lambda db: [tuple(row) for row in db.execute(of)]))
            number = await house.database.read(lambda db: db.scalar(select(server_id)))
            assert number is not None
            found = await house.database.read(lambda db: blocked_pairs(db, number))
            return {frozenset(known[id] for id in pair) for pair in found}

        assert await pairs(7) == {frozenset((1, 2)), frozenset((1, 3))}
        assert await pairs(8) == {frozenset((3, 4))}

        (mine, *_), *_ = await house.services.safety.blocks(people[7, 1])
        await house.services.safety.unblock(people[7, 1], [mine.id])
        assert await pairs(7) == {frozenset((1, 2)), frozenset((1, 3))}, "the other one's block still stands"
