"""The lobby's timers in two processes over one database: everybody gets one partner, and each pair one room."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.assembly import build_bot, open_house
from bot.domain.lobby import NEW_FOR, Waiting
from bot.domain.members import Person
from bot.services.members import require
from bot.services.recitation.arranging import arrange
from bot.storage.tables import LobbyTicket, Recitation, Reciter
from tests.support.clock import TurnedClock
from tests.support.concepts import concept_bank
from tests.support.fake_discord import fake_discord, logged_in
from tests.support.post_office import ADMIN, CHANNEL

PEOPLE = [Person(7, number, f"P{number}", "Study hall") for number in range(71, 81)]
PRIVATE_THREAD = 12


async def test_ten_old_partners_come_to_fit_in_one_instant_and_get_five_rooms(
    postgres_url: str, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(fake_discord(clock))
        bank, houses, bots = concept_bank(tmp_path / "bank"), [], []
        for number in range(2):
            house = await stack.enter_async_context(open_house(postgres_url, bank_dir=bank, clock=clock))
            house.services.duties.worker = f"process {number}"
            houses.append(house)
            bots.append(build_bot(house, tick=None, shard_count=1))
        await stack.enter_async_context(logged_in(discord.base, *bots))
        await house.services.setup.start(ADMIN, channel_id=CHANNEL, alert_channel_id=None)
        for who in PEOPLE:
            await house.services.members.agree(who)

        def met(db: Any) -> None:
            """Everybody has met everybody, so that nobody fits at first."""
            present = [require(db, who) for who in PEOPLE]
            arrange(
                db,
                server_id=present[0].server_id,
                channel_id=CHANNEL,
                origin="round",
                mode="live",
                medium="voice",
                member_ids=[one.member_id for one in present],
                now=clock.now(),
            )
            db.execute(update(Recitation).values(phase="done"))

        await house.database.write(met)
        for number, who in enumerate(PEOPLE):
            lobby = houses[number % 2].services.lobby
            found = await lobby.wait(who, mode="live", medium="voice", topic=None, channel_id=CHANNEL)
            assert isinstance(found, Waiting)
        clock.turn(NEW_FOR)
        for _ in range(3):
            await asyncio.gather(*(bot.clockwork.run_all() for bot in bots if bot.clockwork))

        of_lobby = select(Reciter.member_id).join(Recitation).where(Recitation.origin == "lobby")
        people = await house.database.read(lambda db: db.scalars(of_lobby).all())
        assert sorted(Counter(people).values()) == [1] * len(PEOPLE)
        assert await house.database.read(lambda db: db.scalars(select(LobbyTicket)).all()) == []
        threads = [one for one in discord.rooms.values() if one["type"] == PRIVATE_THREAD]
        assert len(threads) == len(PEOPLE) // 2
        inside = [person for thread in threads for person in discord.inside[int(thread["id"])]]
        assert sorted(inside) == [who.discord_id for who in PEOPLE]
        assert {len(discord.channels[int(thread["id"])]) for thread in threads} == {1}
        assert set(discord.nonces().values()) == {1}
