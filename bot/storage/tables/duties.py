"""What the bot remembers about itself: heartbeats of its duties, and small facts."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Word


class Heartbeat(Base):
    """When a duty last finished, and how often it should."""

    __tablename__ = "heartbeats"

    worker: Mapped[Word] = mapped_column(primary_key=True)
    duty: Mapped[Word] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
    every_seconds: Mapped[int]
    failures: Mapped[int]  # in a row


class Fact(Base):
    """One small remembered value, such as the hash of the commands last synced."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
