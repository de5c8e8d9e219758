"""Recitations: what a pair, a trio or one person alone does, who is in it, and what they told each other."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Key, Snowflake, Word


class Recitation(Base):
    """One recitation of one to three people, from the moment they were put together."""

    __tablename__ = "recitations"
    __table_args__ = (
        Index("ix_recitations_server_id_made_at", "server_id", "made_at"),
        # Few rows of many, looked for when a guide's data is erased.
        Index(
            "ix_recitations_signed_off_by",
            "signed_off_by",
            sqlite_where=text("signed_off_by IS NOT NULL"),
            postgresql_where=text("signed_off_by IS NOT NULL"),
        ),
        Index(
            "ix_recitations_noted_by",
            "noted_by",
            sqlite_where=text("noted_by IS NOT NULL"),
            postgresql_where=text("noted_by IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    server_id: Mapped[int] = mapped_column(ForeignKey("servers.id"))
    # The round that put them together, and their place in its list from 1; empty for other ways.
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"), index=True)
    number: Mapped[int | None]
    origin: Mapped[Word]  # "round", "lobby", "solo" or "meeting"
    mode: Mapped[Word]  # "live", "async" or "solo"
    medium: Mapped[Word]  # "voice" or "typed"
    # Why these people: the score, and each of its reasons as data.
    score: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    made_at: Mapped[datetime]
    # From the lobby: for how many seconds the one who had waited longer had waited.
    waited: Mapped[int | None]
    # A phase of domain/recitation.py, whose turn it is (a place from 0), and when its time is up.
    phase: Mapped[Word] = mapped_column(default="arranged")
    turn: Mapped[int] = mapped_column(default=0)
    # How often that changed: buttons of older cards name an older step and are refused.
    step: Mapped[int] = mapped_column(default=0)
    # The step that the card shows; behind it while a new card is to be posted.
    shown_step: Mapped[int] = mapped_column(default=0)
    phase_since: Mapped[datetime]
    phase_ends_at: Mapped[datetime | None]
    # The channel in which their room hangs, and the room: the thread, the voice channel, the card now in force.
    channel_id: Mapped[Snowflake]
    thread_id: Mapped[Snowflake | None] = mapped_column(index=True)
    voice_id: Mapped[Snowflake | None]
    message_id: Mapped[Snowflake | None]
    # Messages of earlier cards that may have their buttons still.
    outdated: Mapped[list[Any]] = mapped_column(default=list)
    opened_at: Mapped[datetime | None]
    # The time they agreed on, and those offered and not taken yet.
    meets_at: Mapped[datetime | None]
    offered: Mapped[list[Any]] = mapped_column(default=list)
    nudged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # A guide vouches for it; and perhaps another's word on it.
    signed_off_at: Mapped[datetime | None]
    signed_off_by: Mapped[Snowflake | None]
    noted_at: Mapped[datetime | None]
    noted_by: Mapped[Snowflake | None]
    guide_note: Mapped[str | None] = mapped_column(String(500))


class Reciter(Base):
    """One person in a recitation: their concept, and what they did."""

    __tablename__ = "reciters"
    __table_args__ = (
        UniqueConstraint("recitation_id", "member_id"),
        UniqueConstraint("recitation_id", "place"),
        Index("ix_reciters_member_id_item_id", "member_id", "item_id"),
    )

    id: Mapped[Key]
    recitation_id: Mapped[int] = mapped_column(ForeignKey("recitations.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    place: Mapped[int]  # from 0, the order in which they recite
    topic: Mapped[Word | None]  # what they recite about, where it was wished
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    item_version_id: Mapped[int | None] = mapped_column(ForeignKey("item_versions.id"))
    # When they first did anything here; when the others said that they did not come.
    came_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    # Which of the offered times they take.
    takes: Mapped[datetime | None]
    # From when until when they recited; of an async one, when it was handed in.
    recited_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # Async only: what they wrote, the message that holds it or their recording, and the reply to the follow-up.
    text: Mapped[str | None] = mapped_column(String(4000))
    # Where Discord keeps their recording until it is posted in the thread, which is within the minute.
    recording: Mapped[str | None] = mapped_column(String(1000))
    message_id: Mapped[Snowflake | None]
    reply: Mapped[str | None] = mapped_column(String(2000))
    replied_at: Mapped[datetime | None]
    reply_message_id: Mapped[Snowflake | None]
    # What they wish afterwards.
    thanked_at: Mapped[datetime | None]
    keeps: Mapped[bool] = mapped_column(default=False)


class RecitationFeedback(Base):
    """What one listener says of one person's recitation; a self-marked one is by that person."""

    __tablename__ = "recitation_feedback"
    __table_args__ = (UniqueConstraint("reciter_id", "member_id"),)

    id: Mapped[Key]
    reciter_id: Mapped[int] = mapped_column(ForeignKey("reciters.id"))
    # Empty once the giver's data was erased: what was covered stays the reciter's, without the giver's words.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    covered: Mapped[list[Any]]  # places of the key points that were covered
    key_points: Mapped[int]  # how many there were
    # From 1 to 3; follow-ups are empty until they were asked.
    clarity: Mapped[int]
    depth: Mapped[int]
    follow_ups: Mapped[int | None]
    improve: Mapped[str] = mapped_column(String(500), default="")
    question: Mapped[str | None] = mapped_column(String(300))  # async: the one follow-up
    message_id: Mapped[Snowflake | None]  # async: where it stands
    given_at: Mapped[datetime]
