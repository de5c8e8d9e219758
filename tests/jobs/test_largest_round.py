"""The largest round: two and a half thousand pairs in one channel, at the rate Discord allows."""

import asyncio
import random
import re
from collections import Counter
from contextlib import AsyncExitStack
from datetime import datetime, time, timedelta
from itertools import chain
from pathlib import Path

from sqlalchemy import select

from bot.assembly import build_bot, open_house
from bot.client.cards import TEXT_LIMIT
from bot.domain.calendar import Recurrence
from bot.domain.pairing import Group, Paired, Reason
from bot.domain.rounds import PAIRS_AT_FIRST, PAIRS_AT_ONCE
from bot.jobs.clockwork import Clockwork
from bot.services.pairing.snapshot import Snapshot
from bot.storage.tables import Member, Round
from tests.support.crowd import FIRST_PERSON, enrol
from tests.support.fake_discord import FakeDiscord, fake_discord, logged_in
from tests.support.limits import HastyLoop, Limit, Limits, LoopClock
from tests.support.post_office import ADMIN, ALERTS, small_bank

CHANNEL, PEOPLE = 300, 5000
MENTIONS_AT_MOST = 100
# Discord names its limits in its answers only; this is what it has answered for messages in a channel.
LIMIT = Limit(5, 5)


async def posted(folder: Path) -> FakeDiscord:
    """Everybody is paired with their neighbour, and one duty posts it."""
    async with AsyncExitStack() as stack:
        clock = LoopClock()
        discord = await stack.enter_async_context(fake_discord(clock))
        bank, url = small_bank(folder / "bank"), f"sqlite+aiosqlite:///{folder / 'reps.db'}"
        house = await stack.enter_async_context(
            open_house(url, bank_dir=bank, clock=clock, rng=random.Random(7))
        )
        bot = build_bot(house, tick=None, shard_count=1)
        await stack.enter_async_context(logged_in(discord.base, bot))
        services, now = house.services, clock.now()
        await services.setup.start(ADMIN, channel_id=CHANNEL, alert_channel_id=ALERTS)
        draft = await services.schedules.draft(
            ADMIN, kind="round", channel_id=CHANNEL, recurrence=Recurrence.weekly(time(9), {7}), options={}
        )
        await services.schedules.save(ADMIN, draft.id)
        await enrol(house.database, ADMIN.guild_id, PEOPLE, now)
        await services.pairing.run(ADMIN, 1, 7)
        round_id, *ids = await house.database.read(
            lambda db: [
                db.scalars(select(Round.id)).one(),
                *db.scalars(select(Member.id).where(Member.discord_id >= FIRST_PERSON).order_by(Member.id)),
            ]
        )
        together = zip(ids[::2], ids[1::2], strict=True)
        made = Paired(
            tuple(Group(two, "live", "voice", 0, {}, (Reason("new"),)) for two in together), alone=()
        )
        everybody = Snapshot((), {}, frozenset(), frozenset(), (), {})
        await services.pairing._save(round_id, made, everybody, now)
        discord.limits = Limits({"post": LIMIT})
        assert isinstance(bot.clockwork, Clockwork)
        await bot.clockwork.rounds[0].run()
        return discord


def test_two_and_a_half_thousand_pairs_are_posted_in_seventy_seven_messages_and_as_many_seconds(
    tmp_path: Path,
) -> None:
    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        discord = runner.run(posted(tmp_path))
    messages, words = discord.channels[CHANNEL], discord.words(CHANNEL)
    assert len(messages) == 1 + -(-(PEOPLE // 2 - PAIRS_AT_FIRST) // PAIRS_AT_ONCE) == 77
    mentioned = [re.findall(r"<@(\d+)>", one) for one in words]
    assert Counter(chain(*mentioned)) == Counter(str(id) for id in range(FIRST_PERSON, FIRST_PERSON + PEOPLE))
    assert max(map(len, mentioned)) <= MENTIONS_AT_MOST
    assert max(map(len, words)) < TEXT_LIMIT
    # One after the other as they may go out, with hardly a request too early.
    first, *_, last = (datetime.fromisoformat(one["timestamp"]) for one in messages)
    soonest = timedelta(seconds=(len(messages) - 1) // LIMIT.most * LIMIT.seconds)
    assert soonest <= last - first <= 1.2 * soonest
    assert discord.limits is not None
    assert sum(discord.limits.refused.values()) <= 2
    assert discord.asked.count("post") <= len(messages) + 2
