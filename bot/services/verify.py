"""Verification: what is derived is rebuilt from the record and compared (S6)."""

from collections import Counter, defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.calendar import period_key, zone_named
from bot.domain.scoring import ANY
from bot.domain.streaks import Posted, Rep, rebuild, repaired
from bot.services.scoring.record import PERIODS, streak_of
from bot.storage import tables
from bot.storage.database import Database


class Verify:
    """Compares totals and streaks with the record they come from; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def differences(self) -> tuple[str, ...]:
        """Every difference in one sentence; empty when all is well."""
        return await self._database.read(lambda db: (*_totals(db), *_streaks(db)))


def _totals(db: Session) -> list[str]:
    wanted: Counter[tuple[int, str, str, int, str]] = Counter()
    rep = tables.Rep
    for server_id, member_id, activity, day, reps, points in db.execute(
        select(rep.server_id, rep.member_id, rep.activity, rep.server_day, rep.reps, rep.points).where(
            rep.voided_at.is_(None)
        )
    ).yield_per(5_000):
        for period in PERIODS:
            for kind in (ANY, activity):
                key = (server_id, period_key(period, day), kind, member_id)
                wanted[(*key, "reps")] += reps
                wanted[(*key, "points")] += points
    total = tables.Total
    found: Counter[tuple[int, str, str, int, str]] = Counter()
    for row in db.execute(select(total)).scalars().yield_per(5_000):
        key = (row.server_id, row.period, row.activity, row.member_id)
        found[(*key, "reps")] = row.reps
        found[(*key, "points")] = row.points
    return [
        f"Member {key[3]} of server {key[0]}, {key[1]}, {key[2]}: {found[key]} {key[4]} kept, {wanted[key]} recorded."
        for key in sorted(wanted.keys() | found.keys())
        if wanted[key] != found[key]
    ]


def _streaks(db: Session) -> list[str]:
    posted: dict[int, list[Posted]] = defaultdict(list)
    for server_id, at, late in db.execute(
        select(tables.Drop.server_id, tables.Drop.posted_at, tables.Drop.late).where(
            tables.Drop.posted_at.is_not(None)
        )
    ):
        assert at is not None
        posted[server_id].append(Posted(at, late))
    reps: dict[int, list[Rep]] = defaultdict(list)
    servers: dict[int, int] = {}
    rep = tables.Rep
    for member_id, server_id, at, zone in db.execute(
        select(rep.member_id, rep.server_id, rep.at, rep.zone).where(rep.reps > 0, rep.voided_at.is_(None))
    ):
        reps[member_id].append(Rep(at, zone_named(zone)))
        servers[member_id] = server_id
    repair, member = tables.StreakRepair, tables.Member
    for member_id, server_id, day, zone in db.execute(
        select(repair.member_id, member.server_id, repair.day, repair.zone).join(
            member, member.id == repair.member_id
        )
    ):
        reps[member_id].append(repaired(day, zone_named(zone)))
        servers[member_id] = server_id
    members = sorted({*reps, *db.scalars(select(tables.StreakRow.member_id))})
    different = []
    for member_id in members:
        kept = streak_of(db, member_id)
        wanted = rebuild(reps[member_id], posted[servers.get(member_id, 0)])
        if kept != wanted:
            different.append(
                f"Member {member_id}: streak {kept.current} (longest {kept.longest}) kept, "
                f"{wanted.current} (longest {wanted.longest}) by the record."
            )
    return different
