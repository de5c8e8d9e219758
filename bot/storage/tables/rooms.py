"""Rooms the bot opened: threads and voice channels, so that the janitor knows what a crash left."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake, Word


class Room(Base):
    """One thread or temporary voice channel."""

    __tablename__ = "rooms"
    __table_args__ = (Index("ix_rooms_closed_at_close_by", "closed_at", "close_by"),)

    id: Mapped[Key]
    # What it is for, once: "drop:17"; opening again finds it.
    key: Mapped[Word] = mapped_column(unique=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[Word]  # "thread" or "voice"
    discord_id: Mapped[Snowflake | None]
    opened_at: Mapped[datetime]
    close_by: Mapped[datetime]
    closed_at: Mapped[datetime | None]
