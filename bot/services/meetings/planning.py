"""Planning: meetings to come, by hand or by a schedule, each with its event, its reminders and its beginning."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.appointments import Appointed
from bot.domain.errors import MeetingPassed
from bot.domain.meetings import AHEAD, CALLED, RESTED_AT_MOST, TOO_LATE, USUAL
from bot.domain.schedules import Due
from bot.services.appointments import drop_reminders, set_reminders
from bot.services.meetings.course import BEGIN, CALL, NOUN, begin, cancel, close, forget_timers
from bot.services.meetings.gathering import Gathering, gathering_of, link_of
from bot.services.timers import set_timer
from bot.storage.tables import Meeting, Member, Schedule, Server
from bot.storage.upsert import insert_into

EVENT = "meeting.event"
TITLE = "Group study meeting"


def plan(
    db: Session,
    *,
    key: str,
    server_id: int,
    starts_at: datetime,
    minutes: int,
    channel_id: int,
    voice_id: int | None,
    now: datetime,
    seed: int,
    led_by: int | None = None,
    schedule_id: int | None = None,
    local_date: date | None = None,
) -> Gathering:
    """A meeting to come, once for a key."""
    db.execute(
        insert_into(db, Meeting)
        .values(
            key=key,
            server_id=server_id,
            schedule_id=schedule_id,
            local_date=local_date,
            starts_at=starts_at,
            minutes=minutes,
            medium="voice" if voice_id else "typed",
            channel_id=channel_id,
            voice_id=voice_id,
            planned_at=now,
            led_by=led_by,
            seed=seed,
            phase="planned",
            place=0,
            step=0,
        )
        .on_conflict_do_nothing()
    )
    found = gathering_of(db, db.scalars(select(Meeting.id).where(Meeting.key == key)).one())
    assert found is not None
    return found


def announce(db: Session, gathering: Gathering, now: datetime, again: str = "") -> None:
    """Have a meeting that is to come made an event, and those who are interested reminded; `again` of a moved one."""
    meeting = gathering.meeting
    timers = [(EVENT, now), (CALL, max(now, meeting.starts_at - CALLED))]
    if meeting.schedule_id is None:
        # What a schedule plans begins with the schedule's post.
        timers.append((BEGIN, meeting.starts_at))
    for kind, due_at in timers:
        set_timer(
            db,
            key=f"{kind}:{meeting.id}{again}",
            kind=kind,
            server_id=gathering.server.id,
            subject_id=meeting.id,
            due_at=due_at,
        )


def event_moved(
    db: Session, gathering: Gathering, starts_at: datetime, voice_id: int | None, now: datetime
) -> None:
    """Somebody moved a meeting's event, and so the meeting; back, where a schedule plans it or the time is past."""
    meeting = gathering.meeting
    voice = voice_id or meeting.voice_id
    if meeting.phase != "planned" or (meeting.starts_at, meeting.voice_id) == (starts_at, voice):
        return
    if meeting.schedule_id is None and starts_at > now:
        meeting.starts_at, meeting.voice_id = starts_at, voice
        meeting.medium = "voice" if voice else "typed"
    forget_timers(db, meeting.id, EVENT, CALL, BEGIN)
    drop_reminders(db, NOUN, meeting.id)
    announce(db, gathering, now, f":{now.isoformat()}")


def remind(db: Session, gathering: Gathering, interested: Collection[int], now: datetime) -> None:
    """Remind those who are interested and take part in Reps, by their own choices."""
    meeting = gathering.meeting
    ids = db.scalars(
        select(Member.id).where(
            Member.server_id == gathering.server.id,
            Member.discord_id.in_(interested),
            Member.left_at.is_(None),
        )
    ).all()
    set_reminders(
        db,
        noun=NOUN,
        subject_id=meeting.id,
        server_id=gathering.server.id,
        member_ids=ids,
        at=meeting.starts_at,
        now=now,
    )


def appointed(db: Session, meeting_id: int) -> Appointed | None:
    """A meeting that still stands, for its reminders."""
    found = gathering_of(db, meeting_id)
    if found is None or found.meeting.phase != "planned":
        return None
    return Appointed(TITLE, found.meeting.starts_at, link_of(found))


# --- those that come back


def plan_ahead(db: Session, now: datetime, seed: int) -> None:
    """Plan the next meeting of each schedule that is near, and call off what no schedule holds or nobody began.

    A meeting that was paused and forgotten is closed, so that another may begin.
    """
    rows = db.scalars(
        select(Schedule)
        .join(Server, Server.id == Schedule.server_id)
        .where(Schedule.kind == NOUN, Schedule.next_due_at <= now + AHEAD, Server.left_at.is_(None))
    ).all()
    for schedule in rows:
        assert schedule.next_due_at is not None
        known = db.scalar(select(Meeting.id).where(Meeting.key == _key(schedule, schedule.next_date)))
        if known is None:
            found = _of_schedule(db, schedule, schedule.next_date, schedule.next_due_at, now, seed)
            announce(db, found, now)
    stray = db.scalars(
        select(Meeting.id)
        .join(Schedule, Schedule.id == Meeting.schedule_id)
        .where(
            Meeting.phase == "planned",
            Meeting.starts_at > now,
            Schedule.next_due_at.is_distinct_from(Meeting.starts_at),
        )
    ).all()
    missed = db.scalars(
        select(Meeting.id).where(Meeting.phase == "planned", Meeting.starts_at < now - TOO_LATE)
    ).all()
    for meeting_id in (*stray, *missed):
        if (found_ := gathering_of(db, meeting_id)) is not None:
            call_off(db, found_, now)
            # So that the same date can be planned anew.
            found_.meeting.key = f"c{meeting_id}"
    resting = db.scalars(select(Meeting.id).where(Meeting.paused_at < now - RESTED_AT_MOST)).all()
    for meeting_id in resting:
        if (found_ := gathering_of(db, meeting_id)) is not None:
            for guest in found_.guests:
                # A rest from which nobody came back was no time together.
                guest.row.since = guest.row.since and now
            close(db, found_, now)


def call_off(db: Session, gathering: Gathering, now: datetime) -> None:
    """Call a meeting off, with all that was to come before it."""
    forget_timers(db, gathering.meeting.id, EVENT, CALL, BEGIN)
    cancel(db, gathering, now)


def _key(schedule: Schedule, day: date | None) -> str:
    return f"s{schedule.id}:{day}"


def _of_schedule(
    db: Session, schedule: Schedule, day: date | None, starts_at: datetime, now: datetime, seed: int
) -> Gathering:
    options: dict[str, Any] = schedule.options
    return plan(
        db,
        key=_key(schedule, day),
        server_id=schedule.server_id,
        starts_at=starts_at,
        minutes=options.get("minutes", USUAL),
        channel_id=schedule.channel_id,
        voice_id=options.get("voice"),
        now=now,
        seed=seed,
        schedule_id=schedule.id,
        local_date=day,
    )


def of_delivery(db: Session, due: Due) -> Gathering | None:
    """The meeting a scheduled post began."""
    return gathering_of(db, db.scalar(select(Meeting.id).where(Meeting.delivery_id == due.id)))


def require_in_time(due_at: datetime, now: datetime) -> None:
    """Raises MeetingPassed when nobody waits any more for a meeting that should have begun then."""
    if now - due_at > TOO_LATE:
        raise MeetingPassed


def begin_by(db: Session, due: Due, now: datetime, seed: int) -> Gathering:
    """Begin the meeting of a scheduled post, which may have begun already. Raises MeetingPassed, MeetingRunning."""
    known = of_delivery(db, due)
    if known is not None:
        return known
    require_in_time(due.due_at, now)
    schedule = db.get_one(Schedule, due.schedule_id)
    if due.local_date is not None:
        found = _of_schedule(db, schedule, due.local_date, due.due_at, now, seed)
    else:
        found = plan(
            db,
            key=f"d{due.id}",
            server_id=schedule.server_id,
            starts_at=due.due_at,
            minutes=schedule.options.get("minutes", USUAL),
            channel_id=schedule.channel_id,
            voice_id=schedule.options.get("voice"),
            now=now,
            seed=seed,
            schedule_id=schedule.id,
        )
    begin(db, found, now)
    found.meeting.delivery_id = due.id
    db.flush()
    return found
