"""Members: one row for each person in each server."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake, Word


class Member(Base):
    """A person who takes part in one server."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("server_id", "discord_id"),)

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    discord_id: Mapped[Snowflake] = mapped_column(index=True)
    # As last seen in an interaction: the bot keeps no member cache.
    display_name: Mapped[str] = mapped_column(String(64))
    zone: Mapped[Word | None]
    zone_changed_at: Mapped[datetime | None]
    track: Mapped[Word] = mapped_column(default="undecided")
    shown_as: Mapped[Word] = mapped_column(default="name")
    # ISO 639-1 codes of the languages the member can recite in; one in common is enough.
    languages: Mapped[list[Any]] = mapped_column(default=lambda: ["en"])
    level: Mapped[Word | None]  # "new-grad", "1-3-years" or "switching"
    # No reminder between these minutes after local midnight; both empty: at any hour.
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    # When the conduct rules were agreed to; asked before the first pairing.
    conduct_at: Mapped[datetime | None]
    joined_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    # Set when a guide paused them: then only a guide ends it.
    paused_by: Mapped[Snowflake | None]
    left_at: Mapped[datetime | None]
    # Since when Discord says they are no longer in the server; seven days later their data goes.
    gone_at: Mapped[datetime | None] = mapped_column(index=True)


class Availability(Base):
    """One weekly slot in which a member can meet, in the member's own zone."""

    __tablename__ = "availability"
    __table_args__ = (UniqueConstraint("member_id", "weekday", "start_minute"),)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    weekday: Mapped[int]  # ISO: Monday 1 to Sunday 7
    start_minute: Mapped[int]  # minutes after local midnight
    end_minute: Mapped[int]


class NotificationChoice(Base):
    """What a member asked to be told, and how; no row means nothing is sent."""

    __tablename__ = "notification_choices"
    __table_args__ = (UniqueConstraint("member_id", "kind"),)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[Word]
    channel: Mapped[Word]  # "ping" or "dm"
