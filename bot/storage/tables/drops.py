"""Drops: a question posted in a channel, its answers, and the explanations voted on."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake


class Drop(Base):
    """One question given to one server; its message may not be posted yet."""

    __tablename__ = "drops"
    __table_args__ = (
        Index("ix_drops_server_id_posted_at", "server_id", "posted_at"),
        Index("ix_drops_server_id_item_id", "server_id", "item_id"),
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    channel_id: Mapped[Snowflake]
    message_id: Mapped[Snowflake | None]
    posted_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(default=False)
    reveals_at: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    reveal_message_id: Mapped[Snowflake | None]
    thread_id: Mapped[Snowflake | None]


class Answer(Base):
    """What one member answered; a practice draw waits here unanswered first."""

    __tablename__ = "answers"
    __table_args__ = (
        # First attempt only: a member has one answer to a drop, however often they press.
        UniqueConstraint("drop_id", "member_id"),
        Index("ix_answers_member_id_item_id", "member_id", "item_id"),
        # How an item is answered everywhere is counted from the index alone.
        Index(
            "ix_answers_item_id_right",
            "item_id",
            "right",
            sqlite_where=text('"right" IS NOT NULL'),
            postgresql_where=text('"right" IS NOT NULL'),
        ),
        # Few rows of many, looked for when a guide's data is erased.
        Index(
            "ix_answers_confirmed_by",
            "confirmed_by",
            sqlite_where=text("confirmed_by IS NOT NULL"),
            postgresql_where=text("confirmed_by IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    drop_id: Mapped[int | None] = mapped_column(ForeignKey("drops.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    drawn_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    chosen: Mapped[list[Any] | None]
    text: Mapped[str | None] = mapped_column(String(4000))
    # Empty while an open answer waits for its marks.
    right: Mapped[bool | None]
    marks: Mapped[list[Any] | None]
    marked_at: Mapped[datetime | None]
    # A guide's word on an open answer's marks.
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[Snowflake | None]
    comment: Mapped[str | None] = mapped_column(String(500))


class Explanation(Base):
    """A member's own explanation, posted in the discussion of a revealed drop."""

    __tablename__ = "explanations"
    __table_args__ = (UniqueConstraint("drop_id", "member_id"),)

    id: Mapped[Key]
    drop_id: Mapped[int] = mapped_column(ForeignKey("drops.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    text: Mapped[str] = mapped_column(String(1500))
    message_id: Mapped[Snowflake | None]
    written_at: Mapped[datetime]


class ExplanationVote(Base):
    """One member's vote for the best explanation of one drop."""

    __tablename__ = "explanation_votes"
    __table_args__ = (UniqueConstraint("drop_id", "member_id"),)

    id: Mapped[Key]
    drop_id: Mapped[int] = mapped_column(ForeignKey("drops.id"))
    explanation_id: Mapped[int] = mapped_column(ForeignKey("explanations.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    voted_at: Mapped[datetime]
