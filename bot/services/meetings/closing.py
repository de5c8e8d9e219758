"""Closing: the minutes measured go into the ledger, once."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.services import ledger
from bot.services.meetings.gathering import Gathering


def settle(db: Session, gathering: Gathering, now: datetime) -> None:
    """Enter everybody's minutes of reciting and of the problem; a repeat changes nothing."""
    meeting = gathering.meeting
    for guest in gathering.guests:
        if guest.member.left_at is not None:
            continue
        present = gathering.present(guest)
        recited, worked = (
            round(seconds / 60) for seconds in (guest.row.recited_seconds, guest.row.worked_seconds)
        )
        if recited:
            key = f"meeting:{meeting.id}:{present.member_id}:recitation"
            ledger.record(db, present, key=key, kind="recitation", minutes=recited, at=now)
        if worked:
            # By this key the problem's own summary finds them too.
            key = f"problem:{meeting.problem_id}:{present.member_id}:meeting"
            ledger.record(db, present, key=key, kind="group-problem", minutes=worked, at=now)
