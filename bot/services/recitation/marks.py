"""Marks: what somebody says of a recitation, checked and saved once, whoever they are and however it went."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.errors import MarksMissing
from bot.domain.recitation import Rubric
from bot.domain.texts import cleaned
from bot.storage.tables import RecitationFeedback
from bot.storage.upsert import insert_into

MARKS = range(1, 4)
IMPROVE_LIMIT, QUESTION_LIMIT = 500, 300


def save(
    db: Session,
    *,
    reciter_id: int,
    member_id: int,
    rubric: Rubric,
    key_points: int,
    now: datetime,
    question: str | None = None,
) -> bool:
    """Save what one member says of one recitation; False when they said it before. Raises MarksMissing."""
    marks = (rubric.clarity, rubric.depth, *([] if rubric.follow_ups is None else [rubric.follow_ups]))
    if any(mark not in MARKS for mark in marks) or any(
        point not in range(key_points) for point in rubric.covered
    ):
        raise MarksMissing
    fresh = db.scalar(
        insert_into(db, RecitationFeedback)
        .values(
            reciter_id=reciter_id,
            member_id=member_id,
            covered=sorted(set(rubric.covered)),
            key_points=key_points,
            clarity=rubric.clarity,
            depth=rubric.depth,
            follow_ups=rubric.follow_ups,
            improve=cleaned(rubric.improve)[:IMPROVE_LIMIT],
            question=question,
            given_at=now,
        )
        .on_conflict_do_nothing()
        .returning(RecitationFeedback.id)
    )
    return fresh is not None


def rubric_of(row: RecitationFeedback) -> Rubric:
    """What was said, as it was saved."""
    return Rubric(tuple(row.covered), row.clarity, row.depth, row.follow_ups, row.improve)
