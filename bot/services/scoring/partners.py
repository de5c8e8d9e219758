"""Partners: how often two people scored together, so that no pair fills the board by itself (METHOD 3.7)."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot.storage.tables import MockInterview, MockSeat

# Scored pairs of one member with one partner in a week of the server's; more are reps all the same.
PAIRS_PER_WEEK = 3


def scored_with(db: Session, server_id: int, member_id: int, other_id: int, since: datetime) -> int:
    """In how many pairs with one partner a member has scored since then, in either role."""
    mine, theirs = aliased(MockSeat), aliased(MockSeat)
    return (
        db.scalar(
            select(func.count())
            .select_from(mine)
            .join(theirs, theirs.mock_id == mine.mock_id)
            .join(MockInterview, MockInterview.id == mine.mock_id)
            .where(
                MockInterview.server_id == server_id,
                mine.member_id == member_id,
                theirs.member_id == other_id,
                mine.scored_at >= since,
            )
        )
        or 0
    )
