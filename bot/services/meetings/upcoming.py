"""Upcoming: the meeting that goes on in a server, or comes next, for whoever asks what to do now."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.meetings import TOLD_AHEAD, TOO_LATE, Upcoming
from bot.domain.members import Person
from bot.services.meetings.gathering import RUNNING, gathering_of, link_of
from bot.storage.tables import Meeting, Server


def upcoming(db: Session, who: Person, now: datetime) -> Upcoming | None:
    """The meeting in this person's server that goes on, else the next within a day; None without either."""
    of_server = (
        select(Meeting.id)
        .join(Server, Server.id == Meeting.server_id)
        .where(Server.discord_id == who.guild_id)
        .limit(1)
    )
    near = Meeting.starts_at.between(now - TOO_LATE, now + TOLD_AHEAD)
    going_on = db.scalar(of_server.where(Meeting.phase.in_(RUNNING)))
    planned = of_server.where(Meeting.phase == "planned", near).order_by(Meeting.starts_at)
    meeting_id = going_on or db.scalar(planned)
    found = gathering_of(db, meeting_id) if meeting_id is not None else None
    if found is None:
        return None
    meeting = found.meeting
    return Upcoming(
        id=meeting.id,
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        link=link_of(found),
        running=meeting.phase in RUNNING,
        here=any(guest.member.discord_id == who.discord_id for guest in found.here),
    )
