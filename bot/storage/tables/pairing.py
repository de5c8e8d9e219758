"""Pairing: who takes part in recitation rounds, the rounds themselves, and who waits for a partner now."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class Enrolment(Base):
    """How a member recites, and whether they are in the rounds; one row for each who ever chose."""

    __tablename__ = "enrolments"

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), unique=True)
    mode: Mapped[Word] = mapped_column(default="live")  # "live" or "async"
    medium: Mapped[Word] = mapped_column(default="voice")  # "voice" or "typed"
    # Empty for somebody who left the rounds: what they chose is kept for the next time.
    enrolled_at: Mapped[datetime | None]
    # Whether the next round goes without them; taking part in none, it is forgotten after that one.
    skips: Mapped[bool] = mapped_column(default=False)
    # Pairs in a row they did not come to; three end their taking part until they say that they are back.
    no_shows: Mapped[int] = mapped_column(default=0)
    rests_since: Mapped[datetime | None]


class Round(Base):
    """One run of pairing: everybody enrolled at its cut-off, put together once."""

    __tablename__ = "rounds"

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    # The scheduled or manual run it belongs to: at most one round each.
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    seed: Mapped[int]
    cut_at: Mapped[datetime]
    # Empty until its pairs are saved, which happens once; then, until when they may begin.
    paired_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    people: Mapped[int] = mapped_column(default=0)
    # Where the lines after the first message's stand: with which number each message begins, and its id.
    messages: Mapped[list[Any]] = mapped_column(default=list)


class LobbyTicket(Base):
    """Somebody who waits for a partner; gone when they are paired, leave, or stay away."""

    __tablename__ = "lobby_tickets"
    __table_args__ = NUMBERED_ONCE

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), unique=True)
    # "live": they are here now; "async": they need not be, and wait for days.
    mode: Mapped[Word] = mapped_column(default="live")
    medium: Mapped[Word]
    topic: Mapped[Word | None]
    # Where their room will be.
    channel_id: Mapped[Snowflake]
    since: Mapped[datetime]
    # When they last showed that they are there.
    seen_at: Mapped[datetime]
    # The recitation whose partner did not come, for somebody who was left waiting.
    stranded_in: Mapped[int | None] = mapped_column(ForeignKey("recitations.id"), index=True)
