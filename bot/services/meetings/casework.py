"""Casework: the group problem of a meeting, which is one like any other but for its clock."""

import random
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.drops import Filters
from bot.domain.errors import ProblemsExhausted
from bot.domain.problems import Phase, Terms
from bot.services.meetings.gathering import Gathering
from bot.services.problems import choosing
from bot.services.problems.credit import OF_MEETING
from bot.services.problems.phases import begin, changed
from bot.storage.tables import Problem
from bot.storage.upsert import insert_into

# What is shared in a meeting has faces: nobody is anonymous who speaks about it in a minute.
TERMS = Terms()
PHASES: dict[str, Phase] = {"think": "propose", "speak": "discuss", "reveal": "reveal"}


def choose(db: Session, gathering: Gathering, rng: random.Random, now: datetime) -> bool:
    """The problem of a meeting, unseen by the server first; False where the bank has none."""
    meeting = gathering.meeting
    if meeting.problem_id is not None:
        return True
    try:
        drawn = choosing.draw(db, gathering.server.id, Filters(), rng)
    except ProblemsExhausted:
        return False
    key = f"{OF_MEETING}{meeting.id}"
    db.execute(
        insert_into(db, Problem)
        .values(
            key=key,
            server_id=gathering.server.id,
            item_id=drawn.item_id,
            item_version_id=choosing.version_of(db, drawn.item_id),
            options=Filters().as_json() | TERMS.as_json(),
            drawn_at=now,
            posted_at=now,
            channel_id=meeting.channel_id,
            phase="draft",
            late=False,
            forum=False,
            changes=0,
        )
        .on_conflict_do_nothing()
    )
    meeting.problem_id = db.scalars(select(Problem.id).where(Problem.key == key)).one()
    return True


def _problem(db: Session, gathering: Gathering) -> Problem | None:
    problem_id = gathering.meeting.problem_id
    return db.get(Problem, problem_id) if problem_id is not None else None


def enter(db: Session, gathering: Gathering, now: datetime) -> None:
    """Bring the problem into the phase that belongs to the meeting's part.

    Its own clock is longer than the meeting's, and serves only where a meeting never goes on.
    """
    problem = _problem(db, gathering)
    phase = PHASES[gathering.meeting.phase]
    if problem is not None and problem.phase != phase:
        begin(db, problem, phase, now)


def show_end(db: Session, gathering: Gathering, now: datetime) -> None:
    """Have the problem's card say when the meeting goes on; the votes, which last longer, keep their own end."""
    problem = _problem(db, gathering)
    if problem is not None and gathering.meeting.phase in ("think", "speak"):
        problem.phase_ends_at = gathering.meeting.phase_ends_at
        changed(db, problem, now)


def conclude(db: Session, gathering: Gathering, now: datetime) -> None:
    """A meeting that ends early still shows the solution; votes count for a day, as they always do."""
    problem = _problem(db, gathering)
    if problem is not None and problem.phase in ("draft", "propose", "discuss"):
        begin(db, problem, "reveal", now)


def posted(db: Session, gathering: Gathering, message_id: int, thread_id: int | None) -> None:
    """The problem's card stands in the meeting's channel, its discussion in the thread below it."""
    problem = _problem(db, gathering)
    if problem is not None:
        problem.message_id, problem.thread_id = message_id, thread_id
