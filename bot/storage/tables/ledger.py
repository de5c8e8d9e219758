"""The ledger: minutes studied, by kind."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Word


class Minutes(Base):
    """Minutes one member spent on one kind of study."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_member_id_day", "member_id", "day"),)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    key: Mapped[Word] = mapped_column(unique=True)
    kind: Mapped[Word]
    minutes: Mapped[int]
    at: Mapped[datetime]
    day: Mapped[date]
