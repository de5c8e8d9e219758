"""Mock interviews: from the request of one to what two told each other; and members' own projects."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import NUMBERED_ONCE, Base, Key, Snowflake, Word


class MockInterview(Base):
    """One mock interview, from the moment somebody asked for it; until a partner is found it has one seat."""

    __tablename__ = "mocks"
    __table_args__ = (Index("ix_mocks_server_id_state", "server_id", "state"), NUMBERED_ONCE)

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    state: Mapped[Word]  # a state of domain/interviews.py
    # Which phase it is in, and which of its cards is in force: timers of those before find others and do nothing.
    phase: Mapped[int] = mapped_column(default=0)
    turn: Mapped[int] = mapped_column(default=0)
    # The channel in which a named partner is asked and the thread hangs, the message that asks, and the thread.
    channel_id: Mapped[Snowflake | None]
    message_id: Mapped[Snowflake | None]
    thread_id: Mapped[Snowflake | None]
    # The card now in force; empty until it is posted.
    card_id: Mapped[Snowflake | None]
    # Times offered now, and those offered before, as seconds since 1970.
    offered: Mapped[list[Any]] = mapped_column(default=list)
    refused: Mapped[list[Any]] = mapped_column(default=list)
    minutes: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    paired_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    why: Mapped[Word | None]


class MockSeat(Base):
    """One of the two people of a mock interview: what they want to be asked about, and what became of it."""

    __tablename__ = "mock_seats"
    __table_args__ = (
        UniqueConstraint("mock_id", "member_id"),
        UniqueConstraint("mock_id", "place"),
        # One request at a time: true while it is open, empty afterwards.
        UniqueConstraint("member_id", "waiting"),
        Index("ix_mock_seats_member_id_item_id", "member_id", "item_id"),
    )

    id: Mapped[Key]
    mock_id: Mapped[int] = mapped_column(ForeignKey("mocks.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    place: Mapped[int]  # 0 is asked in the first half, 1 in the second
    waiting: Mapped[bool | None]
    round: Mapped[Word]
    track: Mapped[Word]
    level: Mapped[Word | None]
    # The script by which they are interviewed, half of its minutes, and the probes for their project.
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    item_version_id: Mapped[int | None] = mapped_column(ForeignKey("item_versions.id"))
    minutes: Mapped[int] = mapped_column(default=0)
    probes: Mapped[list[Any]] = mapped_column(default=list)
    # Which of the offered times they take; when the other said that they did not come.
    takes: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    # From when until when they were interviewed.
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # When it first brought them points.
    scored_at: Mapped[datetime | None]


class MockCard(Base):
    """What was said of one of the two by the other: a scorecard, or feedback on them as the interviewer."""

    __tablename__ = "mock_cards"
    __table_args__ = (UniqueConstraint("seat_id", "kind"),)

    id: Mapped[Key]
    # Whom it is about.
    seat_id: Mapped[int] = mapped_column(ForeignKey("mock_seats.id"))
    # Empty once the giver's data was erased: the marks stay with whom they are about, without the giver's words.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    kind: Mapped[Word]  # "scorecard" or "feedback"
    marks: Mapped[dict[str, Any]]  # by dimension from 0 to 2
    well: Mapped[str] = mapped_column(String(500), default="")
    improve: Mapped[str] = mapped_column(String(500), default="")
    given_at: Mapped[datetime]


class OwnProject(Base):
    """A project a member worked on, for whoever walks through it with them."""

    __tablename__ = "projects"

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), unique=True)
    problem: Mapped[str] = mapped_column(String(1000))
    data: Mapped[str] = mapped_column(String(1000))
    model: Mapped[str] = mapped_column(String(1000))
    tools: Mapped[str] = mapped_column(String(300))
    result: Mapped[str] = mapped_column(String(1000))
    written_at: Mapped[datetime]
