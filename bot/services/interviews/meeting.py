"""Within a transaction: two who asked for an interview are put together, and those who wait are looked at again."""

import random
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.interviews.scripts import length
from bot.services.interviews.scripts import give_script
from bot.services.interviews.standing import LOOK, OPEN, answered, ask, enter, mock_of, offer, seats_of
from bot.services.timers import set_timer
from bot.storage.tables import MockInterview, Timer

# Two may come to fit without either asking again: one learns a language, has an interview behind them, or is back
# from a rest. So often they are looked at; nobody waits for it, because both hear of it by a mention.
LOOK_EVERY = timedelta(minutes=2)


def look_again(db: Session, server_id: int, now: datetime) -> None:
    """Have a server's requests looked at soon, unless they will be anyway."""
    key = f"{LOOK}:{server_id}"
    if db.scalar(select(Timer.id).where(Timer.key == key)) is None:
        set_timer(db, key=key, kind=LOOK, server_id=server_id, subject_id=server_id, due_at=now + LOOK_EVERY)


def put_together(
    db: Session, theirs: MockInterview, mine: MockInterview, now: datetime, rng: random.Random
) -> None:
    """Give the second seat of a waiting interview to whoever asked later; their own request is no more."""
    (seat,) = seats_of(db, mine.id)
    seat.mock_id, seat.place = theirs.id, 1
    db.flush()
    db.delete(mine)
    db.flush()
    arrange(db, theirs, now, rng)


def arrange(db: Session, kept: MockInterview, now: datetime, rng: random.Random) -> None:
    """Two are together: each gets a script for the other, times are offered, and a thread opens."""
    first, second = seats_of(db, kept.id)
    for seat, interviewer in ((first, second), (second, first)):
        give_script(db, kept.server_id, seat, interviewer.member_id, rng)
        seat.waiting = None
    kept.minutes = length((first.minutes, second.minutes))
    kept.paired_at = now
    db.flush()
    mock = mock_of(db, kept.id)
    assert mock is not None
    offer(db, kept, mock, now)
    answered(db, kept, now)
    enter(db, kept, "arranging", now)
    ask(db, kept, OPEN, now)
