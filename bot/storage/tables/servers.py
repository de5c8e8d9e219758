"""Servers, and what their admins chose."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake, Word


class Server(Base):
    """A Discord server that invited Reps."""

    __tablename__ = "servers"

    id: Mapped[Key]
    discord_id: Mapped[Snowflake] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(100))
    zone: Mapped[Word] = mapped_column(default="UTC")
    study_channel_id: Mapped[Snowflake | None]
    guide_role_id: Mapped[Snowflake | None]
    alert_channel_id: Mapped[Snowflake | None]
    # Reps a week the whole server aims for; empty means the default of domain/scoring.
    weekly_goal: Mapped[int | None]
    set_up_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Guide(Base):
    """A more experienced person who guides a server's members."""

    __tablename__ = "guides"
    __table_args__ = (UniqueConstraint("server_id", "discord_id"),)

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    discord_id: Mapped[Snowflake]
    added_by: Mapped[Snowflake]
    added_at: Mapped[datetime]


class AuditEntry(Base):
    """One act of an admin or guide; never changed afterwards."""

    __tablename__ = "audit"

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    actor_discord_id: Mapped[Snowflake]
    action: Mapped[Word]
    target: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
