"""Servers, and what their admins chose."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
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
    moderator_role_id: Mapped[Snowflake | None]
    # What the admins were last told is missing, so that each trouble is told once.
    trouble_told: Mapped[str | None] = mapped_column(String(200))
    # Reps a week the whole server aims for; empty means the default of domain/scoring.
    weekly_goal: Mapped[int | None]
    set_up_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    # When Discord is to be asked next who is still in the server.
    ask_members_at: Mapped[datetime | None] = mapped_column(index=True)


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
