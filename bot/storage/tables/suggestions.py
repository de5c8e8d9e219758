"""Suggestions: questions members propose for their server, and items they report as bad."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class Suggestion(Base):
    """A question a member wrote, waiting for a guide or decided by one."""

    __tablename__ = "suggestions"
    __table_args__ = (
        Index("ix_suggestions_server_id_state", "server_id", "state"),
        # Few rows of many, looked for by the janitor.
        Index(
            "ix_suggestions_drafts",
            "written_at",
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        NUMBERED_ONCE,
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    # The draft as the bank's models keep it; in state "draft" what was typed, not yet fit to be one.
    body: Mapped[dict[str, Any]]
    state: Mapped[Word]  # "draft" (swept after a day), "waiting", "approved" or "declined"
    written_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[Snowflake | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))


class ItemReport(Base):
    """A member says that an item of the bank is wrong or unclear."""

    __tablename__ = "item_reports"
    __table_args__ = (UniqueConstraint("item_id", "member_id"),)

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class BankImport(Base):
    """A file of questions an admin looks at before it changes anything; swept after a day."""

    __tablename__ = "bank_imports"

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    # Each item's content hash and its draft.
    items: Mapped[list[Any]]
    drafted_by: Mapped[Snowflake]
    drafted_at: Mapped[datetime] = mapped_column(index=True)
