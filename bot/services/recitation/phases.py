"""Phases: a recitation moves on by presses and by time, and ends."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.domain.errors import NotYourTurn, RoomMovedOn
from bot.domain.members import Person
from bot.domain.recitation import ENDS, READ, Event, Phase, Room, Stage, allowed, following
from bot.domain.schedules import Due
from bot.services import members, rooms
from bot.services.appointments import drop_reminders
from bot.services.recitation import credit
from bot.services.recitation.circle import (
    Circle,
    Seat,
    arrive,
    circle_of,
    mine,
    missed,
    owed_of,
    parted,
    room_of,
    thread_key,
    voice_key,
)
from bot.services.recitation.timers import call_off, set_for
from bot.storage.tables import Member, Recitation, Reciter
from bot.storage.tables import Room as RoomRow

# Timers: the time of a phase is up; its card is posted; the card is drawn again where it stands.
PHASE, NEXT, CARD = "recitation.phase", "recitation.next", "recitation.card"
NOUN = "recitation"
OPEN_PHASES: Sequence[Phase] = ("arranged", "opening", "ready", "reciting", "rubric", "exchange", "feedback")


def enter(
    db: Session, circle: Circle, stage: Stage, now: datetime, *, timed: bool = True, lingers: bool = False
) -> None:
    """Go to a stage: the clock starts anew, and its card is a new message, below whatever was written meanwhile.

    The thread of one that ends is put away at once, unless it `lingers` for somebody to read in it.
    """
    recitation, before = circle.recitation, circle.stage
    if before.phase == "reciting" and (seat := circle.at(before.turn)):
        seat.row.finished_at = now
        credit.minutes(db, circle, seat)
    if stage.phase == "reciting" and (seat := circle.at(stage.turn)):
        seat.row.recited_at = now
    call_off(db, recitation, _pointless(circle, stage))
    recitation.phase, recitation.turn, recitation.phase_since = stage.phase, stage.turn, now
    recitation.step += 1
    limit = allowed(stage, recitation.medium) if timed else None  # type: ignore[arg-type]
    until(db, circle, now + limit if limit else None)
    if stage.phase == "feedback":
        keep_open(db, circle, now + READ)
    if stage.phase not in ENDS and before.phase != "opening":
        set_for(db, recitation, NEXT, f"next:{recitation.step}", now)
    if stage.phase in ENDS:
        recitation.closed_at = now
        credit.remaining(db, circle, now)
        if not lingers:
            rooms.leave(db, thread_key(recitation.id), now)
        # A meeting first brings everyone back.
        if recitation.origin != "meeting":
            rooms.leave(db, voice_key(recitation.id), now)
        drop_reminders(db, NOUN, recitation.id)
    db.flush()


def until(db: Session, circle: Circle, ends_at: datetime | None) -> None:
    """Let the present stage last until then, or as long as it takes."""
    recitation = circle.recitation
    recitation.phase_ends_at = ends_at
    if ends_at is not None:
        set_for(db, recitation, PHASE, f"phase:{recitation.step}", ends_at)


def _pointless(circle: Circle, coming: Stage) -> list[str]:
    """What nobody waits for once the present stage is left for another."""
    found = [f"phase:{circle.recitation.step}"]
    if coming.phase in ("feedback", *ENDS):
        found += ["owed", *nudges_of(circle)]
    if coming.phase in ENDS:
        found += [f"{what}:{seat.row.id}" for seat in circle.seats for what in ("ask", "miss")]
    return found


def nudges_of(circle: Circle) -> list[str]:
    """The timers by which a room is nudged and closed, counted from when its people meet."""
    return [f"{what}:{int(circle.begins.timestamp())}" for what in ("nudge", "close")]


def keep_open(db: Session, circle: Circle, close_by: datetime) -> None:
    """Have the thread stay open at least until then."""
    kept = update(RoomRow).where(
        RoomRow.key == thread_key(circle.recitation.id),
        RoomRow.closed_at.is_(None),
        RoomRow.close_by < close_by,
    )
    db.execute(kept.values(close_by=close_by))


def end(db: Session, circle: Circle, now: datetime, phase: Phase = "over", *, lingers: bool = False) -> None:
    """End a recitation at once."""
    enter(db, circle, Stage(phase, circle.recitation.turn), now, lingers=lingers)
    redraw(db, circle, now)


def redraw(db: Session, circle: Circle, now: datetime) -> None:
    """Have the card drawn again where it stands, for what was not done on the card itself."""
    recitation = circle.recitation
    if recitation.message_id is not None:
        set_for(db, recitation, CARD, f"card:{recitation.step}:{now.isoformat()}", now)


def ended_for(circle: Circle) -> Phase:
    """How it ends for those who are left: with credit when anybody recited."""
    return "done" if any(seat.row.recited_at for seat in circle.seats) else "over"


def mended(db: Session, circle: Circle, now: datetime) -> bool:
    """Bring a recitation in line with who is left: it ends without a second one; a turn nobody has is passed over.

    True when it changed, and whatever was asked for is over.
    """
    stage = circle.stage
    if stage.phase in (*ENDS, "feedback") or circle.recitation.mode == "solo":
        return False
    apart = parted(db, circle)
    if apart or (len(circle.places) < 2 and not _waited_for(circle)):
        end(db, circle, now, "over" if apart else ended_for(circle))
        return True
    if stage.phase == "ready" and stage.turn not in circle.places and len(circle.places) > 1:
        return moved(db, circle, "time", now, Stage("rubric", stage.turn))
    return False


def _waited_for(circle: Circle) -> bool:
    """Whether somebody who was missed may still answer."""
    return any(
        seat.row.missed_at is not None and seat.member.left_at is None and seat.member.gone_at is None
        for seat in circle.seats
    )


def moved(db: Session, circle: Circle, event: Event, now: datetime, stage: Stage | None = None) -> bool:
    """Go on after an event; False when it changes nothing."""
    coming = following(stage or circle.stage, event, places=circle.places, owed=owed_of(db, circle))
    if coming is None:
        return False
    enter(db, circle, coming, now)
    return True


def call_time(db: Session, circle: Circle, now: datetime, *, until: int) -> None:
    """Have whoever comes at a turn recite now, or the reciting over: who has not begun by now is passed over."""
    if mended(db, circle, now):
        return
    while (stage := circle.stage).phase in ("ready", "reciting", "rubric") and stage.turn < until:
        if stage.phase == "reciting":
            enter(db, circle, Stage("rubric", stage.turn), now)
        moved(db, circle, "time", now, Stage("rubric", stage.turn))


# --- pressed


def begin(db: Session, who: Person, recitation_id: int, step: int, now: datetime) -> Room:
    """Whose turn it is begins to recite. Raises what `mine` raises, RoomMovedOn, NotYourTurn."""
    circle, seat = mine(db, who, recitation_id)
    members.require_active(db, who)
    arrive(db, seat, now)
    if not mended(db, circle, now):
        require_phase(circle, step, "ready")
        require_turn(circle, seat)
        moved(db, circle, "begin", now)
    return room_of(db, circle)


def finish(db: Session, who: Person, recitation_id: int, step: int, now: datetime) -> Room:
    """Whoever recites, or listens, says that it is done. Raises what `mine` raises, RoomMovedOn, NotYourTurn."""
    circle, seat = mine(db, who, recitation_id)
    arrive(db, seat, now)
    if not mended(db, circle, now):
        require_phase(circle, step, "reciting")
        if seat is not circle.listener(circle.recitation.turn):
            require_turn(circle, seat)
        moved(db, circle, "finish", now)
    return room_of(db, circle)


def require_phase(circle: Circle, step: int, phase: Phase) -> None:
    """Raises RoomMovedOn for a card of another step, or in another phase."""
    if (circle.recitation.step, circle.recitation.phase) != (step, phase):
        raise RoomMovedOn


def require_turn(circle: Circle, seat: Seat) -> None:
    """Raises NotYourTurn for anybody but whoever recites."""
    if seat.place != circle.recitation.turn and (other := circle.at(circle.recitation.turn)):
        raise NotYourTurn(other.member.discord_id)


# --- time


def elapsed(db: Session, due: Due, now: datetime) -> None:
    """The time of a stage is up; nothing if it was left meanwhile."""
    assert due.subject_id is not None
    circle = circle_of(db, due.subject_id)
    if circle is not None and circle.recitation.step == _step(due) and circle.recitation.phase not in ENDS:
        _time_is_up(db, circle, now)


def _step(due: Due) -> int:
    return int(due.key.rpartition(":")[2])


def unshown(db: Session, due: Due) -> Room | None:
    """The room whose card is to be posted; None when that was done, or things have moved on."""
    assert due.subject_id is not None
    circle = circle_of(db, due.subject_id)
    if circle is None:
        return None
    recitation = circle.recitation
    if recitation.step != _step(due) or recitation.shown_step == recitation.step or recitation.phase in ENDS:
        return None
    return room_of(db, circle) if recitation.thread_id is not None else None


def _time_is_up(db: Session, circle: Circle, now: datetime) -> None:
    if mended(db, circle, now):
        return
    if circle.recitation.phase == "exchange" and ended_for(circle) == "over":
        # Nobody waited for anybody.
        end(db, circle, now)
    elif circle.recitation.phase == "exchange":
        for seat in circle.seats:
            if seat.here and seat.row.came_at is None:
                missed(db, circle, seat, now)
        moved(db, circle, "time", now)
    elif circle.recitation.phase != "ready":
        moved(db, circle, "time", now)
        if circle.recitation.phase in ENDS:
            redraw(db, circle, now)
    elif circle.recitation.message_id is not None and (
        circle.recitation.meets_at is not None or any(seat.row.came_at for seat in circle.seats)
    ):
        # Nobody is hurried: from here on it takes as long as it takes.
        enter(db, circle, circle.stage, now, timed=False)
    else:
        until(db, circle, None)


def posted(db: Session, recitation_id: int, step: int, message_id: int) -> None:
    """Note which message is the card now; the one before is out of date, or this one if things have moved on since."""
    recitation = db.get_one(Recitation, recitation_id)
    known = {message_id, recitation.message_id or message_id, *recitation.outdated}
    if recitation.step == step:
        recitation.message_id, recitation.shown_step = message_id, step
    recitation.outdated = sorted(known - {recitation.message_id})


def passed(db: Session, room: Room) -> None:
    """Note that these cards have lost their buttons."""
    recitation = db.get_one(Recitation, room.id)
    recitation.outdated = [one for one in recitation.outdated if one not in room.outdated]


def thread_gone(db: Session, recitation_id: int, now: datetime) -> None:
    """The thread was deleted or is closed to us: it ends, with credit for what was done."""
    circle = circle_of(db, recitation_id)
    if circle is None or circle.recitation.phase in ENDS:
        return
    enter(db, circle, Stage(ended_for(circle), circle.recitation.turn), now)


def part(db: Session, member_id: int, other_discord_id: int, now: datetime) -> None:
    """End every open recitation of two people of whom one has just blocked the other."""
    mine_, theirs = (select(Reciter.recitation_id).join(Member) for _ in range(2))
    found = db.scalars(
        select(Recitation.id).where(
            Recitation.phase.in_(OPEN_PHASES),
            Recitation.id.in_(mine_.where(Member.id == member_id)),
            Recitation.id.in_(theirs.where(Member.discord_id == other_discord_id)),
        )
    ).all()
    for recitation_id in found:
        if circle := circle_of(db, recitation_id):
            mended(db, circle, now)
