"""D2: nobody holds what another holds, and a lapsed holder settles nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from bot.assembly import build_bot, open_house
from bot.domain.schedules import Due
from bot.services.deliveries import Deliveries
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.queries import leases
from bot.storage.tables import Delivery, Heartbeat, Server
from tests.support.clock import TurnedClock
from tests.support.fake_discord import fake_discord, logged_in
from tests.support.post_office import ADMIN, LEASE_OVER, small_bank

ROWS = 200

DUTIES = ("deliveries", "janitor", "privacy", "reports")


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def clerks(database_url: str, clock: TurnedClock) -> AsyncIterator[tuple[Deliveries, Deliveries]]:
    """Two workers with a database each; an SQLite that is unsafe for two shares one."""
    await migrate(database_url)
    async with AsyncExitStack() as stack:
        first = second = await Database.open(database_url)
        stack.push_async_callback(first.close)
        if first.dialect == "postgresql":
            second = await Database.open(database_url)
            stack.push_async_callback(second.close)
        row = {"server_id": 1, "kind": "question", "due_at": clock.now(), "state": leases.DUE}
        await first.write(
            lambda db: db.execute(
                insert(Server).values(id=1, discord_id=1, name="x", zone="UTC", created_at=clock.now())
            )
        )
        await first.write(
            lambda db: db.execute(
                insert(Delivery),
                [{**row, "key": f"k{n}", "channel_id": n, "attempts": 0, "late": False} for n in range(ROWS)],
            )
        )
        yield Deliveries(first, clock), Deliveries(second, clock)


async def hoard(clerk: Deliveries, most: int) -> list[Due]:
    """Claim until nothing is left."""
    held: list[Due] = []
    while claimed := await clerk.claim("deliveries", most):
        held += claimed
    return held


async def test_two_workers_share_the_rows(clerks: tuple[Deliveries, Deliveries]) -> None:
    hoards = await asyncio.gather(*[hoard(clerk, 7) for clerk in clerks for _ in range(2)])
    held = [due.id for held in hoards for due in held]

    assert len(held) == len(set(held)) == ROWS


@pytest.mark.parametrize("most", [1, 50])
async def test_no_more_than_asked_for(clerks: tuple[Deliveries, Deliveries], most: int) -> None:
    assert len(await clerks[0].claim("deliveries", most)) == most


async def test_a_held_row_is_free_again_when_its_lease_is_over(
    clerks: tuple[Deliveries, Deliveries], clock: TurnedClock
) -> None:
    held = await hoard(clerks[0], 50)
    clock.turn(timedelta(seconds=59))
    assert await hoard(clerks[1], 50) == []
    clock.turn(timedelta(seconds=1))
    again = await hoard(clerks[1], 50)

    assert {due.id for due in again} == {due.id for due in held}
    assert {due.attempts for due in again} == {2}
    assert {due.first_attempt_at for due in again} == {due.first_attempt_at for due in held}


async def test_a_lapsed_holder_settles_nothing(
    clerks: tuple[Deliveries, Deliveries], clock: TurnedClock
) -> None:
    (old,) = await clerks[0].claim("deliveries", 1)
    clock.turn(LEASE_OVER)
    held = {due.id: due for due in await hoard(clerks[1], 50)}
    new = held[old.id]

    assert not await clerks[0].holds("deliveries", old)
    assert not await clerks[0].done("deliveries", old, message_id=1)
    assert await clerks[0].miss("deliveries", old, "too late") is None
    await clerks[0].retry("deliveries", old)
    assert await clerks[1].holds("deliveries", new)
    assert await clerks[1].done("deliveries", new, message_id=2)
    assert not await clerks[1].done("deliveries", new, message_id=3)


async def test_little_time_left_is_too_little_to_post(
    clerks: tuple[Deliveries, Deliveries], clock: TurnedClock
) -> None:
    (held,) = await clerks[0].claim("deliveries", 1)
    clock.turn(timedelta(seconds=39))
    assert await clerks[0].holds("deliveries", held)
    clock.turn(timedelta(seconds=1))

    assert not await clerks[0].holds("deliveries", held)


async def test_what_is_given_back_waits_longer_each_time(
    clerks: tuple[Deliveries, Deliveries], clock: TurnedClock
) -> None:
    (held,) = await clerks[0].claim("deliveries", 1)
    await hoard(clerks[1], 50)
    for attempt, seconds in enumerate((5, 10, 20, 40, 80, 160, 300, 300), 1):
        assert held.attempts == attempt
        await clerks[0].retry("deliveries", held)
        clock.turn(timedelta(seconds=seconds - 1))
        assert held.id not in {due.id for due in await clerks[1].claim("deliveries", ROWS)}
        clock.turn(timedelta(seconds=1))
        held = {due.id: due for due in await clerks[0].claim("deliveries", ROWS)}[held.id]


async def test_two_processes_with_different_shards_share_one_database(
    postgres_url: str, tmp_path: Path, clock: TurnedClock
) -> None:
    """Any shard may post, since REST asks no gateway; each post, reveal and room is one process's."""
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(fake_discord(clock))
        bank, bots = small_bank(tmp_path / "bank"), []
        for shard in (0, 1):
            house = await stack.enter_async_context(open_house(postgres_url, bank_dir=bank, clock=clock))
            # In a container each has a name of its own.
            house.services.duties.worker = f"process {shard}"
            bots.append(build_bot(house, tick=None, shard_count=2, shard_ids=[shard]))
        await stack.enter_async_context(logged_in(discord.base, *bots))
        services = bots[0].services
        for guild in range(1, 21):
            admin = replace(ADMIN, guild_id=guild, guild_name=f"Hall {guild}")
            setup = await services.setup.start(admin, channel_id=100 + guild, alert_channel_id=None)
            for planned in setup.schedules[1:]:
                await services.schedules.remove(admin, planned.id)
        for moment in (clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=25, minutes=1)):
            clock.turn_to(moment)
            for _ in range(2):
                await asyncio.gather(*(bot.clockwork.run_all() for bot in bots if bot.clockwork))

        # A question the first day; a question and the first one's reveal the second.
        assert [len(discord.channels[100 + guild]) for guild in range(1, 21)] == [3] * 20
        assert set(discord.nonces().values()) == {1}
        states = await house.database.read(lambda db: list(db.scalars(select(Delivery.state))))
        assert states == [leases.DONE] * 40
        beats = await house.database.read(
            lambda db: {(beat.worker, beat.duty) for beat in db.scalars(select(Heartbeat))}
        )
        assert beats == {(f"process {shard}", duty) for shard in (0, 1) for duty in DUTIES}
