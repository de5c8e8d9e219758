"""Posts: messages that hold what somebody wrote, taken down before the rows that remember them are erased."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from bot.domain.recitation import ENDS
from bot.services.pairing.redrawing import redraw
from bot.services.privacy.traces import column_named
from bot.services.recitation.phases import CARD
from bot.services.timers import set_timer
from bot.storage.tables import (
    Drop,
    Explanation,
    Member,
    Problem,
    Proposal,
    Recitation,
    RecitationFeedback,
    Reciter,
    Response,
)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message the bot posted for somebody, with the row and the column that remember it."""

    column: str
    row_id: int
    channel_id: int
    message_id: int


# By the column that remembers a message: its row, its thread and itself, joined to the person whose words it holds.
POSTS: dict[str, Select[int, int | None, int | None]] = {
    "explanations.message_id": select(Explanation.id, Drop.thread_id, Explanation.message_id)
    .join(Drop, Drop.id == Explanation.drop_id)
    .join(Member, Member.id == Explanation.member_id),
    "proposals.message_id": select(
        Proposal.id, func.coalesce(Problem.thread_id, Problem.channel_id), Proposal.message_id
    )
    .join(Problem, Problem.id == Proposal.problem_id)
    .join(Member, Member.id == Proposal.member_id),
    "responses.message_id": select(
        Response.id, func.coalesce(Problem.thread_id, Problem.channel_id), Response.message_id
    )
    .join(Problem, Problem.id == Response.problem_id)
    .join(Member, Member.id == Response.member_id),
    "reciters.message_id": select(Reciter.id, Recitation.thread_id, Reciter.message_id)
    .join(Recitation, Recitation.id == Reciter.recitation_id)
    .join(Member, Member.id == Reciter.member_id),
    "reciters.reply_message_id": select(Reciter.id, Recitation.thread_id, Reciter.reply_message_id)
    .join(Recitation, Recitation.id == Reciter.recitation_id)
    .join(Member, Member.id == Reciter.member_id),
    "recitation_feedback.message_id": select(
        RecitationFeedback.id, Recitation.thread_id, RecitationFeedback.message_id
    )
    .join(Reciter, Reciter.id == RecitationFeedback.reciter_id)
    .join(Recitation, Recitation.id == Reciter.recitation_id)
    .join(Member, Member.id == RecitationFeedback.member_id),
}


def posts_of(db: Session, server_id: int, discord_id: int, most: int) -> tuple[Posted, ...]:
    """At most so many of somebody's messages that still stand in a thread."""
    found: list[Posted] = []
    for name, query in POSTS.items():
        theirs = query.where(
            Member.server_id == server_id,
            Member.discord_id == discord_id,
            column_named(name).is_not(None),
            query.selected_columns[1].is_not(None),
        )
        rows = db.execute(theirs.limit(most - len(found)))
        # The condition sees to it that both are there.
        found += (Posted(name, row_id, channel or 0, message or 0) for row_id, channel, message in rows)
    return tuple(found)


def forget_post(db: Session, posted: Posted) -> None:
    """Note that a message is gone."""
    column = column_named(posted.column)
    db.execute(update(column.table).where(column.table.c.id == posted.row_id).values({column.name: None}))


def draw_again(db: Session, server_id: int, discord_id: int, now: datetime) -> None:
    """Have the messages drawn anew that name somebody.

    These are the rounds they were in, cards that stand open, those with a guide's word on somebody's recitation, and
    those with somebody's word as a guide. What is done and says nothing more names nobody.
    """
    theirs = (
        select(Reciter.recitation_id)
        .join(Member, Member.id == Reciter.member_id)
        .where(Member.server_id == server_id, Member.discord_id == discord_id)
    )
    redraw(db, theirs, now)
    named = or_(Recitation.guide_note.is_not(None), Recitation.phase.not_in(ENDS))
    noted = select(Recitation.id).where(Recitation.id.in_(theirs), Recitation.message_id.is_not(None), named)
    guided = select(Recitation.id).where(
        Recitation.server_id == server_id,
        or_(Recitation.noted_by == discord_id, Recitation.signed_off_by == discord_id),
    )
    for recitation_id in {*db.scalars(noted), *db.scalars(guided)}:
        set_timer(
            db,
            key=f"recitation:{recitation_id}:card:erased:{now.isoformat()}",
            kind=CARD,
            server_id=server_id,
            subject_id=recitation_id,
            due_at=now,
        )
