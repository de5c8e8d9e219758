"""The calendar: what is planned, what became due, and the small timers in between."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class Schedule(Base):
    """Something that comes back at a local time; `kind` names its handler."""

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_next_due_at", "next_due_at"),
        Index("ix_schedules_server_id", "server_id"),
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[Word]
    channel_id: Mapped[Snowflake]
    recurrence: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    # Empty while paused or removed: the idle look reads one index and finds nothing.
    next_due_at: Mapped[datetime | None]
    next_date: Mapped[date | None]
    created_by: Mapped[Snowflake]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class ScheduleDraft(Base):
    """A new or changed schedule an admin looks at before saving it; swept after a day."""

    __tablename__ = "schedule_drafts"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    # The schedule it would change; empty for a new one.
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedules.id"))
    kind: Mapped[Word]
    channel_id: Mapped[Snowflake]
    recurrence: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    drafted_by: Mapped[Snowflake]
    drafted_at: Mapped[datetime] = mapped_column(index=True)


class Leased:
    """What a claimed row carries: who holds it, until when, and how often it was tried."""

    due_at: Mapped[datetime]
    # "due" until settled; then "done" or "missed". Only due rows are in the claim's index.
    state: Mapped[Word] = mapped_column(default="due")
    claimed_until: Mapped[datetime | None]
    # A fencing token: a holder whose lease lapsed can no longer settle.
    token: Mapped[Word | None]
    attempts: Mapped[int] = mapped_column(default=0)
    first_attempt_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))


class Delivery(Leased, Base):
    """One scheduled post on one local date, or one run by hand."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("schedule_id", "local_date"),
        Index("ix_deliveries_state_due_at", "state", "due_at"),
        Index("ix_deliveries_server_id_due_at", "server_id", "due_at"),
    )

    id: Mapped[Key]
    # Derived from the row's identity; the message's nonce is this, so a repeat finds the first.
    key: Mapped[Word] = mapped_column(unique=True)
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedules.id"))
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[Word]
    local_date: Mapped[date | None]
    channel_id: Mapped[Snowflake]
    message_id: Mapped[Snowflake | None]
    late: Mapped[bool] = mapped_column(default=False)


class Timer(Leased, Base):
    """Something to do once at an instant: a reveal, a nudge, a phase; `kind` names its handler."""

    __tablename__ = "timers"
    __table_args__ = (Index("ix_timers_state_due_at", "state", "due_at"),)

    id: Mapped[Key]
    key: Mapped[Word] = mapped_column(unique=True)
    kind: Mapped[Word]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    subject_id: Mapped[Snowflake]
