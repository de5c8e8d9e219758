"""Appointments: who is reminded of a recitation or mock interview they agreed on, and when."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.appointments import Appointed, Call
from bot.domain.notices import APPOINTMENT
from bot.domain.schedules import Due
from bot.services.notices import may_tell_now, member_of, settle, wants
from bot.services.timers import set_timer
from bot.storage.database import Database
from bot.storage.queries import leases
from bot.storage.tables import Member, Server, Timer

REMIND = "appointment.remind"
REMIND_BEFORE = timedelta(hours=1)
# How one noun's appointment is found while it stands; None when it does not any more.
Finder = Callable[[Session, int], Appointed | None]


def set_reminders(
    db: Session,
    *,
    noun: str,
    subject_id: int,
    server_id: int,
    member_ids: Iterable[int],
    at: datetime,
    now: datetime,
) -> None:
    """Have everybody reminded who wants to be by then; of an appointment that was moved, at its new time only."""
    drop_reminders(db, noun, subject_id)
    if at - REMIND_BEFORE <= now:
        return
    for member_id in member_ids:
        set_timer(
            db,
            key=f"{REMIND}:{noun}:{subject_id}:{member_id}",
            kind=REMIND,
            server_id=server_id,
            subject_id=subject_id,
            due_at=at - REMIND_BEFORE,
        )


def drop_reminders(db: Session, noun: str, subject_id: int) -> None:
    """Remind nobody of an appointment that was called off or moved."""
    db.execute(
        delete(Timer).where(
            Timer.state == leases.DUE,
            Timer.kind == REMIND,
            Timer.subject_id == subject_id,
            Timer.key.startswith(f"{REMIND}:{noun}:", autoescape=True),
        )
    )


class Appointments:
    """Reminders of appointments; a noun is one entry of `finders`."""

    def __init__(self, database: Database, clock: Clock, finders: Mapping[str, Finder]) -> None:
        self._database = database
        self._clock = clock
        self._finders = finders

    async def call(self, due: Due) -> Call | None:
        """Whom to remind of what now; None when it is not wanted, does not stand, or is quiet until it has begun."""
        now = self._clock.now()
        _, noun, *_ = due.key.split(":")

        def work(db: Session) -> Call | None:
            row = db.execute(
                select(Member, Server)
                .join(Server, Server.id == Member.server_id)
                .where(
                    Member.id == member_of(due),
                    Member.left_at.is_(None),
                    Member.gone_at.is_(None),
                    Server.left_at.is_(None),
                )
            ).first()
            assert due.subject_id is not None
            appointed = self._finders[noun](db, due.subject_id) if row and noun in self._finders else None
            if (
                row is None
                or appointed is None
                or appointed.starts_at <= now
                or wants(db, row.Member.id, APPOINTMENT) != "dm"
            ):
                settle(db, due)
                return None
            if not may_tell_now(db, due, row.Member, row.Server, now, until=appointed.starts_at):
                return None
            return Call(
                noun, due.subject_id, row.Server.id, row.Server.name, row.Member.discord_id, appointed
            )

        return await self._database.write(work)
