"""The record of reps, and what is derived from it: running totals and streaks."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake, Word


class Rep(Base):
    """One counted repetition, or points added to one; voided, never deleted."""

    __tablename__ = "reps"
    __table_args__ = (
        Index("ix_reps_member_id_server_day", "member_id", "server_day"),
        Index("ix_reps_server_id", "server_id"),
        # Few rows of many, looked for when a guide's data is erased.
        Index(
            "ix_reps_voided_by",
            "voided_by",
            sqlite_where=text("voided_by IS NOT NULL"),
            postgresql_where=text("voided_by IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    # What was done, once: "answer:17", "answer:17:right". A repeat meets this and changes nothing.
    key: Mapped[Word] = mapped_column(unique=True)
    activity: Mapped[Word]
    reps: Mapped[int]  # 1, or 0 where the row only adds points
    points: Mapped[int]
    at: Mapped[datetime]
    # The server's local date then: weeks and months are counted by it, also when verified later.
    server_day: Mapped[date]
    # The zone in force for the member then: streak days are counted by it.
    zone: Mapped[Word]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[Snowflake | None]
    void_reason: Mapped[str | None] = mapped_column(String(500))


class Total(Base):
    """Running totals by period and activity, so that ranks are read by index."""

    __tablename__ = "totals"
    __table_args__ = (
        Index("ix_totals_points", "server_id", "period", "activity", "listed", "points", "member_id"),
        Index("ix_totals_reps", "server_id", "period", "activity", "listed", "reps", "member_id"),
        Index("ix_totals_member_id", "member_id"),
    )

    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), primary_key=True)
    period: Mapped[Word] = mapped_column(primary_key=True)  # "all", "2026-11", "2026-W47"
    activity: Mapped[Word] = mapped_column(primary_key=True)  # one activity, or "any"
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    reps: Mapped[int]
    points: Mapped[int]
    # False for members who hide or have left.
    listed: Mapped[bool]


class StreakRepair(Base):
    """A day a guide counted for a member's streak although the record has no rep on it."""

    __tablename__ = "streak_repairs"
    __table_args__ = (UniqueConstraint("member_id", "day"),)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    day: Mapped[date]  # the member's local day
    zone: Mapped[Word]
    repaired_at: Mapped[datetime]
    repaired_by: Mapped[Snowflake]
    reason: Mapped[str] = mapped_column(String(500))


class StreakRow(Base):
    """A member's streak as of their last rep."""

    __tablename__ = "streaks"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    current: Mapped[int]
    longest: Mapped[int]
    last_day: Mapped[date | None]
    last_credit_at: Mapped[datetime | None]
    freezes: Mapped[int]
    toward_freeze: Mapped[int]
    waiting_at: Mapped[datetime | None]
