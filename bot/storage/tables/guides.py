"""Guides: who guides a server's members, and what members ask of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class Guide(Base):
    """A more experienced person who guides a server's members."""

    __tablename__ = "guides"
    __table_args__ = (UniqueConstraint("server_id", "discord_id"),)

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    discord_id: Mapped[Snowflake]
    added_by: Mapped[Snowflake]
    added_at: Mapped[datetime]


class GuideRequest(Base):
    """Something a member asks of a guide: a raised hand, an open answer to mark; it waits in the queue."""

    __tablename__ = "guide_requests"
    __table_args__ = (
        # Asking again for the same thing opens the same request.
        UniqueConstraint("member_id", "kind", "subject"),
        Index("ix_guide_requests_server_id_closed_at", "server_id", "closed_at"),
        NUMBERED_ONCE,
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[Word]  # "hand" or "answer"; names the face that shows it
    subject: Mapped[Word]  # what it is about: "answer:17"
    channel_id: Mapped[Snowflake | None]  # where to go, when there is a place
    note: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # Who closed it, and while it is open, who took it on.
    closed_by: Mapped[Snowflake | None]
