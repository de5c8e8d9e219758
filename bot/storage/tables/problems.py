"""Group problems: one problem given to a server, what members propose and respond, and whose insight helped."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class Problem(Base):
    """One group problem in one server, from the moment it was chosen."""

    __tablename__ = "problems"
    __table_args__ = (
        Index("ix_problems_server_id_posted_at", "server_id", "posted_at"),
        Index("ix_problems_phase", "phase"),
        # Few rows of many, looked for when a guide's data is erased.
        Index(
            "ix_problems_guided_by",
            "guided_by",
            sqlite_where=text("guided_by IS NOT NULL"),
            postgresql_where=text("guided_by IS NOT NULL"),
        ),
        # A draft is swept while its card still names it.
        NUMBERED_ONCE,
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    # Of what it was chosen, once: a delivery, "d17", or the command that asked for a preview, "i1234".
    key: Mapped[Word] = mapped_column(unique=True)
    # What posts it; empty while a guide looks at the preview.
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    # Its terms, and for a preview what to choose another by.
    options: Mapped[dict[str, Any]]
    phase: Mapped[Word] = mapped_column(default="draft")
    drawn_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(default=False)
    phase_since: Mapped[datetime | None]
    phase_ends_at: Mapped[datetime | None]
    # Where it was to go, and where it is: in a forum the thread is the post, and has its message's id.
    channel_id: Mapped[Snowflake]
    message_id: Mapped[Snowflake | None]
    thread_id: Mapped[Snowflake | None]
    forum: Mapped[bool] = mapped_column(default=False)
    reveal_message_id: Mapped[Snowflake | None]
    summary_message_id: Mapped[Snowflake | None]
    # Up to where the thread's replies were counted.
    seen_message_id: Mapped[Snowflake | None]
    # How often what the card shows has changed, and when it was last redrawn.
    changes: Mapped[int] = mapped_column(default=0)
    redrawn_at: Mapped[datetime | None]
    # Who took part and is erased, in figures.
    gone_people: Mapped[int] = mapped_column(default=0)
    gone_proposals: Mapped[int] = mapped_column(default=0)
    gone_responders: Mapped[int] = mapped_column(default=0)
    gone_responses: Mapped[int] = mapped_column(default=0)
    # When the silent were nudged.
    nudged_at: Mapped[datetime | None]
    guided_by: Mapped[Snowflake | None]
    guided_at: Mapped[datetime | None]
    comment: Mapped[str | None] = mapped_column(String(500))


class ProblemSeat(Base):
    """What one member did with one problem in private: hints taken, and their own check against the rubric."""

    __tablename__ = "problem_seats"
    __table_args__ = (UniqueConstraint("problem_id", "member_id"),)

    id: Mapped[Key]
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    hints: Mapped[int] = mapped_column(default=0)
    # When each was taken, the first first.
    hinted: Mapped[list[Any]] = mapped_column(default=list)
    marks: Mapped[list[Any] | None]
    marked_at: Mapped[datetime | None]


class Proposal(Base):
    """One member's proposal; sealed until the discussion opens."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("problem_id", "member_id"), NUMBERED_ONCE)

    id: Mapped[Key]
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    text: Mapped[str] = mapped_column(String(3000))
    written_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    # Its place in the discussion, and its message there if it has one.
    number: Mapped[int | None]
    message_id: Mapped[Snowflake | None] = mapped_column(index=True)
    signed_off_at: Mapped[datetime | None]
    signed_off_by: Mapped[Snowflake | None]


class Response(Base):
    """What one member said to one proposal: by the form, or as a reply of which Reps knows only that it is there."""

    __tablename__ = "responses"
    __table_args__ = (UniqueConstraint("proposal_id", "member_id"), NUMBERED_ONCE)

    id: Mapped[Key]
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"), index=True)
    # Empty once the proposal is gone: the response stays its writer's.
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    text: Mapped[str | None] = mapped_column(String(1500))
    message_id: Mapped[Snowflake | None]
    responded_at: Mapped[datetime]


class InsightVote(Base):
    """One member's vote for the proposal or response of one problem that helped most."""

    __tablename__ = "insight_votes"
    __table_args__ = (UniqueConstraint("problem_id", "member_id"),)

    id: Mapped[Key]
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    # Empty once the voter is erased: the vote goes on counting.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    # One of the two; neither once what was voted for is gone.
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"), index=True)
    response_id: Mapped[int | None] = mapped_column(ForeignKey("responses.id"), index=True)
    voted_at: Mapped[datetime]
