"""Corrections: guides void reps and repair streak days; the record only ever grows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.calendar import zone_named
from bot.domain.errors import NothingToVoid, NotRepairable, OutOfDate, VoidedAlready
from bot.domain.guides import REPAIRABLE, Counted, Record, Repaired, Voided
from bot.domain.members import Person
from bot.domain.scoring import ANY
from bot.domain.streaks import repaired
from bot.services import members
from bot.services.audit import MEMBER, note
from bot.services.guides import reasoned
from bot.services.members import Present
from bot.services.rights import require_guide
from bot.services.scoring.record import asked_days, rebuild_streak, streak_now, void
from bot.storage.database import Database
from bot.storage.tables import Answer, Item, Member, Reciter, Rep, Server, StreakRepair, Total
from bot.storage.upsert import insert_into

SHOWN = 25  # as many as a select takes


class Corrections:
    """What guides put right in a member's record."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def latest(self, who: Person, discord_id: int) -> Record:
        """A member's latest reps and what was voided of them. Raises GuidesOnly, NoSuchMember."""

        def work(db: Session) -> Record:
            require_guide(db, who)
            return _record(db, members.known(db, who.guild_id, discord_id), discord_id)

        return await self._database.read(work)

    async def voidable(self, who: Person, discord_id: int) -> Record:
        """A member's record when it has a rep to void. Raises as `latest`, and NothingToVoid."""
        found = await self.latest(who, discord_id)
        if not found.counted:
            raise NothingToVoid(discord_id)
        return found

    async def void(self, who: Person, rep_ids: Sequence[int], reason: str) -> Voided:
        """Void reps of one member, with the points added to them later.

        Raises GuidesOnly, NoReason, VoidedAlready, and OutOfDate for rows that are no reps of one member here.
        """
        now = self._clock.now()

        def work(db: Session) -> Voided:
            require_guide(db, who)
            kept = reasoned(reason)
            found = db.execute(
                select(Rep, Member.discord_id)
                .join(Server, Server.id == Rep.server_id)
                .join(Member, Member.id == Rep.member_id)
                .where(Rep.id.in_(set(rep_ids)), Rep.reps > 0, Server.discord_id == who.guild_id)
            ).all()
            if not found or len(found) != len(set(rep_ids)) or len({one.discord_id for one in found}) > 1:
                raise OutOfDate
            if any(one.Rep.voided_at is not None for one in found):
                raise VoidedAlready
            reps, discord_id = [one.Rep for one in found], found[0].discord_id
            present = members.known(db, who.guild_id, discord_id)
            rows = [*reps, *(one for one in _additions(db, reps) if one.voided_at is None)]
            void(db, present, rows, by=who.discord_id, reason=kept, now=now)
            points = sum(rep.points for rep in rows)
            what = f"{len(reps)} {'rep' if len(reps) == 1 else 'reps'}, {points} points: {kept}"
            note(db, present.server_id, who, "points.void", f"{MEMBER}{present.member_id}", now, what)
            return Voided(discord_id, len(reps), points, streak_now(db, present, now))

        return await self._database.write(work)

    async def repair(self, who: Person, discord_id: int, day: date, reason: str) -> Repaired:
        """Count a day for a member's streak although the record has no rep on it.

        Raises GuidesOnly, NoReason, NoSuchMember, NotRepairable.
        """
        now = self._clock.now()

        def work(db: Session) -> Repaired:
            require_guide(db, who)
            kept = reasoned(reason)
            present = members.known(db, who.guild_id, discord_id)
            _require_repairable(db, present, day, now)
            before = streak_now(db, present, now)
            fresh = db.scalar(
                insert_into(db, StreakRepair)
                .values(
                    member_id=present.member_id,
                    day=day,
                    zone=present.zone_name,
                    repaired_at=now,
                    repaired_by=who.discord_id,
                    reason=kept,
                )
                .on_conflict_do_nothing()
                .returning(StreakRepair.id)
            )
            if fresh is None:
                raise NotRepairable(day, "repaired")
            rebuild_streak(db, present)
            what = f"{day}: {kept}"
            note(db, present.server_id, who, "streak.repair", f"{MEMBER}{present.member_id}", now, what)
            return Repaired(discord_id, day, before, streak_now(db, present, now))

        return await self._database.write(work)


def _additions(db: Session, reps: Sequence[Rep]) -> Sequence[Rep]:
    """Points added later to reps of one member: their keys begin with the rep's own."""
    if not reps:
        return ()
    return db.scalars(
        select(Rep).where(
            or_(*(Rep.key.startswith(f"{rep.key}:", autoescape=True) for rep in reps)),
            Rep.member_id == reps[0].member_id,
            Rep.reps == 0,
        )
    ).all()


def _titles(db: Session, reps: Sequence[Rep]) -> dict[str, str]:
    """The titles of the questions and concepts behind reps, by the reps' keys."""
    titles: dict[str, str] = {}
    for about, table in (("answer", Answer), ("recite", Reciter)):
        keys = {rep.key: int(rep.key.split(":")[1]) for rep in reps if rep.key.startswith(f"{about}:")}
        named = select(table.id, Item.title).join(Item, Item.id == table.item_id)
        found = dict(db.execute(named.where(table.id.in_(set(keys.values())))).all())
        titles |= {key: found[id] for key, id in keys.items() if id in found}
    return titles


def _require_repairable(db: Session, present: Present, day: date, now: datetime) -> None:
    today = now.astimezone(present.zone).date()
    if day >= today:
        raise NotRepairable(day, "not over")
    if day < today - REPAIRABLE:
        raise NotRepairable(day, "too long ago")
    asked = asked_days(db, present.server_id, present.zone, day, repaired(day, present.zone).at)
    if all(one.day != day for one in asked):
        raise NotRepairable(day, "no question")
    near = (
        # The member's day and the server's differ by at most one.
        Rep.server_day.between(day - timedelta(days=1), day + timedelta(days=1)),
        Rep.member_id == present.member_id,
        Rep.reps > 0,
        Rep.voided_at.is_(None),
    )
    reps = db.execute(select(Rep.at, Rep.zone).where(*near))
    if any(at.astimezone(zone_named(zone)).date() == day for at, zone in reps):
        raise NotRepairable(day, "counts")


def _record(db: Session, present: Present, discord_id: int) -> Record:
    total = db.get(Total, (present.server_id, "all", ANY, present.member_id))
    own = select(Rep).where(Rep.member_id == present.member_id, Rep.reps > 0)
    newest = own.order_by(Rep.at.desc(), Rep.id.desc()).limit(SHOWN)
    counted = db.scalars(newest.where(Rep.voided_at.is_(None))).all()
    voided = db.scalars(newest.where(Rep.voided_at.is_not(None))).all()
    rows = [*counted, *voided]
    # A form waits for this, so the rows are not asked about one by one.
    titles, later = _titles(db, rows), _additions(db, rows)
    return Record(
        discord_id=discord_id,
        reps=total.reps if total else 0,
        points=total.points if total else 0,
        counted=tuple(_counted(rep, titles, later) for rep in counted),
        voided=tuple(_counted(rep, titles, later) for rep in voided),
    )


def _counted(rep: Rep, titles: Mapping[str, str], later: Sequence[Rep]) -> Counted:
    # What was voided before the rep itself was is none of its points.
    added = sum(
        one.points for one in later if one.key.startswith(f"{rep.key}:") and one.voided_at == rep.voided_at
    )
    return Counted(
        id=rep.id,
        activity=rep.activity,  # type: ignore[arg-type]
        title=titles.get(rep.key, ""),
        points=rep.points + added,
        at=rep.at,
        day=rep.server_day,
        voided_at=rep.voided_at,
        voided_by=rep.voided_by,
        void_reason=rep.void_reason,
    )
