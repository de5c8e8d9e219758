"""The bank as the database knows it: items, and every version each has had."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Word


class Item(Base):
    """One entry of the bank, by its id; retired when its file is gone, never deleted."""

    __tablename__ = "items"
    __table_args__ = (Index("ix_items_live", "retired_at", "kind", "topic"),)

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    # Empty for the bank that ships with Reps; set for a server's own question.
    server_id: Mapped[int | None] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[Word]
    topic: Mapped[Word]
    track: Mapped[Word]
    difficulty: Mapped[int]
    title: Mapped[str] = mapped_column(String(100))
    reserved: Mapped[bool]
    content_hash: Mapped[Word]
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ItemTally(Base):
    """Answers of people whose data was erased, counted without them."""

    __tablename__ = "item_tallies"

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    answered: Mapped[int]
    right: Mapped[int]


class ItemVersion(Base):
    """What an item said at one time; answers point here, so an edit rewrites no history."""

    __tablename__ = "item_versions"
    __table_args__ = (UniqueConstraint("item_id", "content_hash"),)

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    content_hash: Mapped[Word]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
