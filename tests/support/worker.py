"""A worker process: the real house over a database, delivering to a loopback Discord until it is killed or done."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.assembly import build_bot, open_house
from bot.clock import SystemClock
from bot.logs import start_logging
from bot.services.deliveries import TABLES
from bot.storage.queries import leases
from bot.storage.tables import Schedule
from tests.support.fake_discord import logged_in

BREATH = 0.01  # seconds between two rounds that found nothing


class AheadClock:
    """The machine's clock, turned ahead: an outage takes no time."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + self.ahead


@dataclass(frozen=True, slots=True)
class Orders:
    """Where to work, and until when rows are this worker's business."""

    url: str
    discord: str
    bank: Path
    ahead: timedelta
    until: datetime


def work(orders: Orders) -> None:
    """Deliver; ends by itself only when everything due until then is settled."""
    start_logging("CRITICAL", "text")
    asyncio.run(_deliver(orders))


async def _deliver(orders: Orders) -> None:
    clock = AheadClock(orders.ahead)
    async with open_house(orders.url, bank_dir=orders.bank, clock=clock) as house:
        bot = build_bot(house, tick=None, shard_count=1)
        assert bot.clockwork is not None
        look = bot.clockwork.rounds[0].run  # type: ignore[attr-defined]
        async with logged_in(orders.discord, bot):
            while await house.database.read(lambda db: unsettled(db, orders.until)):
                await look()
                await asyncio.sleep(BREATH)


def unsettled(db: Session, until: datetime) -> bool:
    """Whether anything due until then is not planned or not settled."""
    open_rows = [
        exists().where(table.state == leases.DUE, table.due_at <= until) for table in TABLES.values()
    ]
    return bool(
        db.scalar(select(exists().where(Schedule.next_due_at <= until) | open_rows[0] | open_rows[1]))
    )
