"""Credit for taking part in a group problem: one rep, points by role, and minutes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.domain.problems import Role, credit, minutes_for
from bot.services import ledger
from bot.services.members import Present
from bot.services.scoring import add_points, award
from bot.storage.tables import ItemVersion, Problem, Rep

# With this the key of a problem begins that is part of a meeting.
OF_MEETING = "m"


@dataclass(frozen=True, slots=True)
class Gain:
    """What one act brought."""

    reps: int = 0
    points: int = 0


def give(db: Session, present: Present, problem: Problem, role: Role, now: datetime) -> Gain:
    """The credit of a role, once per problem: the first role is the rep, each adds its points.

    Nothing is added to a rep that was voided, or that the day's cap left without points.
    """
    base = f"problem:{problem.id}:{present.member_id}"
    rows = db.execute(
        select(Rep.key, Rep.points, Rep.voided_at).where(
            Rep.member_id == present.member_id,
            or_(Rep.key == base, Rep.key.startswith(f"{base}:", autoescape=True)),
        )
    ).all()
    first = next((row for row in rows if row.key == base), None)
    roles: set[Role] = {row.key.rpartition(":")[2] for row in rows if row.key != base}
    if role in roles:
        return Gain()
    points = credit(roles | {role}) - credit(roles)
    gain = Gain(points=points)
    if first is None:
        awarded = award(db, present, activity="problem", key=base, at=now, part=points)
        gain = Gain(awarded.reps, awarded.points) if awarded else Gain()
        # Already in the rep itself; this row says which role it was.
        points = 0
    elif first.voided_at is not None or not first.points:
        gain, points = Gain(), 0
    add_points(db, present, activity="problem", key=f"{base}:{role}", at=now, points=points)
    return gain


def spend(
    db: Session, present: Present, problem: Problem, role: Role, since: datetime, now: datetime
) -> None:
    """The minutes a part is taken to have cost, into the ledger, once."""
    if problem.key.startswith(OF_MEETING):
        # A meeting measures its minutes.
        return
    body = db.scalars(select(ItemVersion.body).where(ItemVersion.id == problem.item_version_id)).one()
    ledger.record(
        db,
        present,
        key=f"problem:{problem.id}:{present.member_id}:{role}",
        kind="group-problem",
        minutes=minutes_for(body["minutes"], role, since, now),
        at=now,
    )
