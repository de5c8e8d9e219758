"""GUARANTEES P3, end to end: a round of 1,000, and of 5,000, with a past is prepared and posted while all else goes on.

Discord is a loopback server on the same loop, so posting bears its part too. Run: python -m tests.bench.bench_round
"""

import asyncio
import gc
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from bot.domain.availability import PRESETS
from bot.domain.calendar import Recurrence
from bot.domain.rounds import PAIRS_AT_ONCE
from bot.domain.schedules import Due
from bot.services.deliveries import nonce_of
from bot.services.pairing.snapshot import snapshot_of
from bot.services.recitation.arranging import Seating, arrange_all
from bot.storage.database import Database
from bot.storage.tables import Availability, Member, Recitation, RecitationFeedback, Reciter, Round, Server
from bot.ui.pairing.rounds import round_card
from tests.bench.bench_pairing import STALL_MS, heartbeat
from tests.bench.figures import Figure, median, milliseconds, report
from tests.support.crowd import FIRST_PERSON, enrol
from tests.support.post_office import ADMIN, CHANNEL, PostOffice, post_office

WEEKS = 20
# Of so many people so many rounds.
SIZES = {1000: 5, 5000: 3}
WRITER_MS = 200


def live(db: Session, now: datetime) -> None:
    """Give everybody a week, answers, and partners of weeks past who said how it was."""
    rng = random.Random(7)
    server_id = db.scalars(select(Server.id)).one()
    member_ids = list(db.scalars(select(Member.id).where(Member.discord_id >= FIRST_PERSON)))
    slots = [slot for preset in list(PRESETS.values())[:3] for slot in preset.slots]
    db.execute(
        insert(Availability),
        [
            {
                "member_id": member_id,
                "weekday": slot.weekday,
                "start_minute": slot.start_minute,
                "end_minute": slot.end_minute,
            }
            for member_id in member_ids
            for slot in rng.sample(slots, 3)
        ],
    )
    for week in range(WEEKS):
        at = now - timedelta(weeks=WEEKS - week)
        order = rng.sample(member_ids, len(member_ids))
        pairs = [Seating(two, "live", "typed") for two in zip(order[::2], order[1::2], strict=True)]
        ids = arrange_all(db, pairs, server_id=server_id, channel_id=CHANNEL, origin="lobby", now=at)
        reciters = db.execute(
            select(Reciter.id, Reciter.member_id, Reciter.recitation_id).where(Reciter.recitation_id.in_(ids))
        ).all()
        together = dict(zip(ids, pairs, strict=True))
        db.execute(
            insert(RecitationFeedback),
            [
                {
                    "reciter_id": row.id,
                    "member_id": next(
                        one for one in together[row.recitation_id].member_ids if one != row.member_id
                    ),
                    "covered": [0, 2],
                    "key_points": 5,
                    "clarity": 2,
                    "depth": 2,
                    "given_at": at,
                }
                for row in reciters
            ],
        )
        db.execute(update(Recitation).where(Recitation.id.in_(ids)).values(phase="done", closed_at=at))


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[list[float]]:
    """How long somebody else's write took, again and again, while inside."""
    waited: list[float] = []

    async def write() -> None:
        while True:
            before = time.perf_counter()
            await database.write(lambda db: db.scalar(select(Server.id)))
            waited.append(time.perf_counter() - before)
            await asyncio.sleep(0.002)

    writer = asyncio.create_task(write())
    try:
        yield waited
    finally:
        writer.cancel()


async def one_round(office: PostOffice, people: int, number: int) -> dict[str, tuple[float, float, float]]:
    """A round besides the calendar; of each of its parts the seconds, the worst stall, and a write's longest wait."""
    found: dict[str, tuple[float, float, float]] = {}

    async def timed(what: str, deed: Awaitable[Any]) -> Any:
        async with heartbeat() as late, writing(office.house.database) as waited:
            before = time.perf_counter()
            result = await deed
            took = time.perf_counter() - before
            await asyncio.sleep(0.005)
        found[what] = took, max(late), max(waited, default=0)
        return result

    pairing, database = office.services.pairing, office.house.database
    await pairing.run(ADMIN, number, number)
    (due,) = await office.services.deliveries.claim("deliveries")
    now = office.clock.now()
    gc.collect()
    gc.freeze()
    everybody = await timed("everybody is read", snapshot_of(database, due.server_id, now))
    made = await timed("they are paired", everybody.paired(pairing._matcher, number, now))
    assert len(made.groups) == people // 2
    round_id = await database.read(lambda db: db.scalars(select(func.max(Round.id))).one())
    await timed("the pairs are saved", pairing._save(round_id, made, everybody, now))
    await timed("the first message", _post(office, due))

    async def follow() -> None:
        for _ in range(people // 2 // PAIRS_AT_ONCE + 2):
            office.clock.turn(timedelta(seconds=1))
            await office.round()

    await timed("the messages after it", follow())
    gc.unfreeze()
    return found


async def _post(office: PostOffice, due: Due) -> None:
    part = await office.services.pairing.prepare(due)
    message_id = await office.bot.poster.post(CHANNEL, round_card(part, late=False), nonce=nonce_of(due.key))
    assert await office.services.pairing.posted(due, part, message_id)


async def run() -> list[Figure]:
    return [figure for people, times in SIZES.items() for figure in await _measured(people, times)]


async def _measured(people: int, times: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="reps-bench-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/reps.db"
        async with post_office(url, Path(folder)) as office:
            (daily,) = await office.services.schedules.list(ADMIN)
            await office.services.schedules.remove(ADMIN, daily.id)
            now = office.clock.now()
            draft = await office.services.schedules.draft(
                ADMIN,
                kind="round",
                channel_id=CHANNEL,
                recurrence=Recurrence.weekly(now.time(), {7}),
                options={},
            )
            await office.services.schedules.save(ADMIN, draft.id)
            await enrol(office.house.database, ADMIN.guild_id, people, now)
            await office.house.database.write(partial(live, now=now))
            measured = [await one_round(office, people, number) for number in range(1, times + 1)]
    figures = []
    for what in measured[0]:
        took, stall = median(one[what][0] for one in measured), max(one[what][1] for one in measured)
        held = max(one[what][2] for one in measured)
        for of, seconds, most in (("loop stall", stall, STALL_MS), ("wait of a write", held, WRITER_MS)):
            figures.append(
                Figure(
                    "P3",
                    f"{people:,} people, {what}: worst {of} of {times} rounds",
                    milliseconds(seconds),
                    "",
                    f"{milliseconds(took)} in all",
                    f"<= {most:.0f} ms",
                    1000 * seconds <= most,
                )
            )
    return figures


def main() -> int:
    return report(asyncio.run(run()))


if __name__ == "__main__":
    sys.exit(main())
