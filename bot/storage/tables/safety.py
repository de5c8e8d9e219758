"""Safety: who blocked whom, and what was reported to the moderators."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class Block(Base):
    """One member never wants to be put together with somebody; never revealed."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("member_id", "blocked_discord_id"),)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    blocked_discord_id: Mapped[Snowflake] = mapped_column(index=True)
    at: Mapped[datetime]


class Report(Base):
    """Something a person reported to the moderators; its evidence is erased after at most 90 days."""

    __tablename__ = "reports"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    # Ids of Discord, not of members: a report outlives the membership of either for its 90 days.
    reporter_discord_id: Mapped[Snowflake]
    about_discord_id: Mapped[Snowflake | None]
    subject: Mapped[Word]  # what it is about: "explanation:17"
    reason: Mapped[str] = mapped_column(String(1000))
    evidence: Mapped[str] = mapped_column(String(4000), default="")
    at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[Snowflake | None]
