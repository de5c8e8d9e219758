"""Meetings: what is planned and held, who came and what they did, and where they were put."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake, Word


class Meeting(Base):
    """One meeting, from the moment it was planned or begun."""

    __tablename__ = "meetings"
    __table_args__ = (
        Index("ix_meetings_server_id_starts_at", "server_id", "starts_at"),
        Index("ix_meetings_phase", "phase"),
        # Few rows of many, looked for when a person's data is erased.
        Index(
            "ix_meetings_led_by",
            "led_by",
            sqlite_where=text("led_by IS NOT NULL"),
            postgresql_where=text("led_by IS NOT NULL"),
        ),
        # Fewer still: those that might be forgotten.
        Index(
            "ix_meetings_paused_at",
            "paused_at",
            sqlite_where=text("paused_at IS NOT NULL"),
            postgresql_where=text("paused_at IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    # What it came of, once: a command, "i1234", a schedule's date, "s5:2026-03-02", or a run by hand, "d17".
    key: Mapped[Word] = mapped_column(unique=True)
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedules.id"), index=True)
    local_date: Mapped[date | None]
    # The scheduled post with which it begins.
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    medium: Mapped[Word]  # "voice" or "typed"
    # Where its card stands, and where people gather; without a voice channel they write.
    channel_id: Mapped[Snowflake] = mapped_column(index=True)
    voice_id: Mapped[Snowflake | None]
    message_id: Mapped[Snowflake | None]
    event_id: Mapped[Snowflake | None] = mapped_column(index=True)
    # A phase of domain/meetings, its place in the agenda, since when (pauses taken off), and when its time is up.
    phase: Mapped[Word] = mapped_column(default="planned")
    place: Mapped[int] = mapped_column(default=0)
    phase_since: Mapped[datetime | None]
    phase_ends_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    # By when everybody is in their room, as far as is known, while they are brought there.
    moved_by: Mapped[datetime | None]
    # How often that changed: timers and buttons that name an older step are over.
    step: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Whoever planned or started it, who may lead it besides guides.
    led_by: Mapped[Snowflake | None]
    # The group problem of its second half.
    problem_id: Mapped[int | None] = mapped_column(ForeignKey("problems.id"), index=True)
    seed: Mapped[int]


class MeetingTable(Base):
    """Some of those present, who speak about the problem one after the other."""

    __tablename__ = "meeting_tables"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    number: Mapped[int]
    # Where its card stands and where it talks; empty where that is the meeting's own channel.
    room_id: Mapped[Snowflake | None]
    voice_id: Mapped[Snowflake | None]
    message_id: Mapped[Snowflake | None]
    # Whose turn it is, a seat from 0; and how often that changed.
    turn: Mapped[int] = mapped_column(default=0)
    step: Mapped[int] = mapped_column(default=0)
    turn_ends_at: Mapped[datetime | None]


class MeetingAttendee(Base):
    """One member in one meeting."""

    __tablename__ = "meeting_attendees"
    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    came_at: Mapped[datetime]
    # Since when they are here and it is not counted yet; empty while they are out.
    since: Mapped[datetime | None]
    by_voice: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None]
    # The voice channel they were last brought to, whether or not they were in voice.
    moved_to: Mapped[Snowflake | None]
    # Seconds measured: of the whole, of reciting, of the problem.
    seconds: Mapped[int] = mapped_column(default=0)
    recited_seconds: Mapped[int] = mapped_column(default=0)
    worked_seconds: Mapped[int] = mapped_column(default=0)
    # Their table, their place in its order, and what became of their turn: "", "spoke", "passed" or "time".
    table_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_tables.id"), index=True)
    seat: Mapped[int | None]
    spoken: Mapped[Word] = mapped_column(default="")
    # What they said of it at the end: 1 a lot, 2 somewhat, 3 not much.
    useful: Mapped[int | None]


class MeetingGroup(Base):
    """A recitation that is part of a meeting, and of which part."""

    __tablename__ = "meeting_groups"
    __table_args__ = (Index("ix_meeting_groups_meeting_id_place", "meeting_id", "place"),)

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    place: Mapped[int]
    recitation_id: Mapped[int] = mapped_column(ForeignKey("recitations.id"), unique=True)
