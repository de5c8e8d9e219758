"""Within a transaction: a mock interview as it stands, and its way from one phase to the next."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from bot.domain.appointments import Appointed, slots_for
from bot.domain.errors import MockOver, NotYourMock
from bot.domain.interviews import ARRANGED, PHASES, ROOM_KEPT, ROUNDS, TOLD, State, Why
from bot.domain.interviews.readouts import Mock, Seat
from bot.domain.members import Person
from bot.services import ledger, members, rooms
from bot.services.appointments import drop_reminders
from bot.services.availability import slots_of
from bot.services.members import Present
from bot.services.safety import blocked_pairs
from bot.services.timers import drop_timers, set_timer
from bot.storage.tables import Member, MockCard, MockInterview, MockSeat, Room, Server

NOUN: Final = "mock"
# Timers: a partner is asked, and that is over; those who wait are looked at once more; the thread opens, its next card
# is posted or the present one drawn again, somebody is reminded, a phase is over.
ASK, ANSWERED, LOOK = "mock.ask", "mock.answered", "mock.look"
OPEN, CARD, REDRAW, NUDGE, END = "mock.open", "mock.card", "mock.redraw", "mock.nudge", "mock.end"
VOICE = "mock.voice"


def moments(kept: Iterable[int]) -> tuple[datetime, ...]:
    """Times as they are kept."""
    return tuple(datetime.fromtimestamp(one, UTC) for one in kept)


def room_key(mock_id: int, kind: str) -> str:
    """What the register of rooms calls a room of an interview."""
    return f"{NOUN}:{mock_id}:{kind}"


# --- reading


def mock_of(db: Session, mock_id: int) -> Mock | None:
    """An interview with those of its two people who are still there."""
    row = db.execute(
        select(MockInterview, Server.discord_id, Server.zone)
        .join(Server, Server.id == MockInterview.server_id)
        .where(MockInterview.id == mock_id)
    ).first()
    if row is None:
        return None
    kept, guild_id, server_zone = row
    seats = db.execute(
        select(MockSeat, Member.discord_id, Member.zone)
        .join(Member, Member.id == MockSeat.member_id)
        .where(MockSeat.mock_id == mock_id)
        .order_by(MockSeat.place)
    ).all()
    given = db.execute(
        select(MockCard.kind, MockCard.member_id)
        .join(MockSeat, MockSeat.id == MockCard.seat_id)
        .where(MockSeat.mock_id == mock_id, MockCard.member_id.is_not(None))
    ).all()
    return Mock(
        id=kept.id,
        server_id=kept.server_id,
        guild_id=guild_id,
        state=kept.state,  # type: ignore[arg-type]
        turn=kept.turn,
        channel_id=kept.channel_id,
        message_id=kept.message_id,
        thread_id=kept.thread_id,
        card_id=kept.card_id,
        voice_id=rooms.whereabouts(db, room_key(kept.id, "voice")),
        seats=tuple(_seat(seat, discord_id, zone or server_zone) for seat, discord_id, zone in seats),
        offered=moments(kept.offered),
        starts_at=kept.starts_at,
        agreed_at=kept.agreed_at,
        asked_at=kept.asked_at,
        minutes=kept.minutes,
        why=kept.why,  # type: ignore[arg-type]
        nudged=kept.nudged_at is not None,
        given=frozenset((row.kind, row.member_id) for row in given),
    )


def of_member(member_id: int) -> Select[int]:
    """The ids of a member's interviews, newest first."""
    return (
        select(MockInterview.id)
        .join(MockSeat, MockSeat.mock_id == MockInterview.id)
        .where(MockSeat.member_id == member_id)
        .order_by(MockInterview.id.desc())
    )


def standing(db: Session, member_id: int) -> tuple[Mock, ...]:
    """A member's interviews that are not over, newest first."""
    ids = db.scalars(of_member(member_id).where(MockInterview.state != "over")).all()
    return tuple(filter(None, (mock_of(db, id) for id in ids)))


def _seat(seat: MockSeat, discord_id: int, zone: str) -> Seat:
    return Seat(
        member_id=seat.member_id,
        discord_id=discord_id,
        place=seat.place,
        round=seat.round,  # type: ignore[arg-type]
        track=seat.track,  # type: ignore[arg-type]
        level=seat.level,  # type: ignore[arg-type]
        zone=zone,
        minutes=seat.minutes,
        takes=seat.takes,
        missed_at=seat.missed_at,
        began_at=seat.began_at,
        ended_at=seat.ended_at,
    )


def own(db: Session, who: Person, mock_id: int) -> tuple[MockInterview, Mock, Seat]:
    """An interview of this person's. Raises NotAMember, NotYourMock."""
    mock = mock_of(db, mock_id)
    seat = mock.seat_of(who.discord_id) if mock and mock.guild_id == who.guild_id else None
    if mock is None or seat is None:
        raise NotYourMock
    members.require(db, who)
    return db.get_one(MockInterview, mock_id), mock, seat


def own_standing(
    db: Session, who: Person, mock_id: int, now: datetime, *states: State
) -> tuple[MockInterview, Mock, Seat]:
    """One that is in one of these states and whose two people can still meet; otherwise raises MockOver too."""
    kept, mock, seat = own(db, who, mock_id)
    members.require_active(db, who)
    if mock.state not in states or not together(db, mock):
        raise MockOver
    return kept, mock, seat


def together(db: Session, mock: Mock) -> bool:
    """Whether both are there: neither left, is gone, was erased, or blocks the other."""
    if len(mock.seats) < 2:
        return False
    ids = [seat.member_id for seat in mock.seats]
    here = db.scalars(
        select(Member.id).where(Member.id.in_(ids), Member.left_at.is_(None), Member.gone_at.is_(None))
    ).all()
    return len(here) == len(ids) and frozenset(ids) not in blocked_pairs(db, mock.server_id)


def present_of(db: Session, mock: Mock, seat: Seat) -> Present:
    """One of the two within this transaction."""
    return members.known(db, mock.guild_id, seat.discord_id)


def appointment(db: Session, mock_id: int) -> Appointed | None:
    """What both are reminded of, while it stands."""
    mock = mock_of(db, mock_id)
    if mock is None or mock.state != "agreed" or mock.starts_at is None or not together(db, mock):
        return None
    return Appointed(title_of(mock), mock.starts_at, link_of(mock))


def title_of(mock: Mock) -> str:
    """What the interview is called in calendars and reminders."""
    rounds = dict.fromkeys(ROUNDS[seat.round] for seat in mock.seats)
    return f"Mock interview: {', '.join(rounds)}"


def link_of(mock: Mock) -> str:
    """Where it takes place."""
    return f"https://discord.com/channels/{mock.guild_id}/{mock.thread_id}"


# --- from phase to phase


def enter(
    db: Session, kept: MockInterview, state: State, now: datetime, ends_at: datetime | None = None
) -> None:
    """Begin a phase: its card goes out, and its timers are set. `ends_at` where it does not last a fixed time."""
    kept.state, kept.nudged_at = state, None
    _leave(db, kept)
    phase = PHASES[state]
    if phase.lasts is not None:
        ends_at = now + phase.lasts
    if ends_at is not None:
        _set(db, kept, END, kept.phase, ends_at)
    if phase.nudge is not None:
        _set(db, kept, NUDGE, kept.phase, now + phase.nudge)
    say(db, kept, now)


def _leave(db: Session, kept: MockInterview) -> None:
    """The phase is over, and what was to come of it by time does not."""
    drop_timers(db, *(f"{kind}:{kept.id}:{kept.phase}" for kind in (END, NUDGE)))
    kept.phase += 1


def say(db: Session, kept: MockInterview, now: datetime) -> None:
    """Have the card of how things stand posted anew in the thread, if there is one."""
    kept.turn += 1
    kept.card_id = None
    if kept.thread_id is not None:
        _set(db, kept, CARD, kept.turn, now)


def redraw(db: Session, kept: MockInterview, now: datetime) -> None:
    """Have the card drawn again where it stands; one still to be posted shows it anyway."""
    if kept.card_id is not None:
        _set(db, kept, REDRAW, f"{now.isoformat()}:{kept.turn}", now)


def answered(db: Session, kept: MockInterview, now: datetime) -> None:
    """Have the card that asked somebody by name lose its buttons; one still to be posted is not."""
    if kept.state == "asked" and kept.message_id is not None:
        ask(db, kept, ANSWERED, now)


def ask(db: Session, kept: MockInterview, kind: str, now: datetime, number: int = 0) -> None:
    """Have something done at once; of one number it is done once."""
    _set(db, kept, kind, number, now)


def _set(db: Session, kept: MockInterview, kind: str, number: int | str, due_at: datetime) -> None:
    set_timer(
        db,
        key=f"{kind}:{kept.id}:{number}",
        kind=kind,
        server_id=kept.server_id,
        subject_id=kept.id,
        due_at=due_at,
    )


def offer(db: Session, kept: MockInterview, mock: Mock, now: datetime) -> bool:
    """Offer three times that were not offered before; False when there are none, and then nothing is changed."""
    weeks = [(slots_of(db, seat.member_id), seat.zone) for seat in mock.seats]
    before = [*kept.refused, *kept.offered]
    found = slots_for(weeks, now=now, minutes=kept.minutes, after=moments(before))
    if not found:
        return False
    kept.refused, kept.offered = before, [int(moment.timestamp()) for moment in found]
    for seat in seats_of(db, kept.id):
        seat.takes = None
    return True


def seats_of(db: Session, mock_id: int) -> list[MockSeat]:
    """The rows of the two, in their order."""
    return list(db.scalars(select(MockSeat).where(MockSeat.mock_id == mock_id).order_by(MockSeat.place)))


def arrange_anew(db: Session, kept: MockInterview, mock: Mock, now: datetime) -> bool:
    """Look for another time from the beginning; False when there is none."""
    kept.refused, kept.offered = [], []
    if not offer(db, kept, mock, now):
        return False
    drop_reminders(db, NOUN, kept.id)
    kept.starts_at = kept.agreed_at = None
    enter(db, kept, "arranging", now)
    return True


def finish_half(db: Session, kept: MockInterview, now: datetime) -> None:
    """End the half under way: the roles change, or feedback begins."""
    first, second = seats_of(db, kept.id)
    seat = first if kept.state == "first" else second
    assert seat.began_at is not None
    seat.ended_at = max(seat.began_at, min(now, seat.began_at + timedelta(minutes=seat.minutes)))
    db.flush()
    if kept.state == "first":
        enter(db, kept, "swap", now)
    else:
        tell_each_other(db, kept, now)


def tell_each_other(db: Session, kept: MockInterview, now: datetime) -> None:
    """Feedback begins; what was spoken is in both's ledger."""
    mock = mock_of(db, kept.id)
    assert mock is not None
    minutes = sum((seat.lasted for seat in mock.seats), timedelta()) // timedelta(minutes=1)
    for seat in mock.seats:
        if minutes:
            present = present_of(db, mock, seat)
            key = f"{NOUN}:{mock.id}:{seat.member_id}"
            ledger.record(db, present, key=key, kind="recitation", minutes=minutes, at=now)
    enter(db, kept, "feedback", now)


def end(db: Session, kept: MockInterview, why: Why, now: datetime, *, told: bool = True) -> None:
    """It is over; a last card says so where there is a thread and it is to be told."""
    drop_reminders(db, NOUN, kept.id)
    for seat in seats_of(db, kept.id):
        seat.waiting = None
    answered(db, kept, now)
    kept.state, kept.why, kept.closed_at = "over", why, now
    _leave(db, kept)
    kept.offered = []
    if told:
        say(db, kept, now)
    else:
        kept.turn += 1
    rooms.leave(db, room_key(kept.id, "voice"), now)
    close_thread_by(db, kept.id, now + ROOM_KEPT if told else now)


def close_thread_by(db: Session, mock_id: int, at: datetime) -> None:
    """Let the janitor close the thread then."""
    for room in db.scalars(
        select(Room).where(Room.key == room_key(mock_id, "thread"), Room.closed_at.is_(None))
    ):
        room.close_by = at


def part(db: Session, kept: MockInterview, now: datetime) -> None:
    """The two cannot meet any more: what is before them ends, what they did is still told of."""
    if kept.state in TOLD:
        return
    if kept.state in ARRANGED and any(seat.ended_at for seat in seats_of(db, kept.id)):
        tell_each_other(db, kept, now)
        return
    # Somebody who was asked by name has said nothing yet, and now never will.
    end(db, kept, "declined" if kept.state == "asked" else "off", now)


def part_ways(db: Session, member_id: int, blocked_discord_id: int, now: datetime) -> None:
    """Somebody blocked another: what the two still had before them ends, with the words of any other end."""
    mine, theirs = aliased(MockSeat), aliased(MockSeat)
    ids = db.scalars(
        select(MockInterview.id)
        .join(mine, mine.mock_id == MockInterview.id)
        .join(theirs, theirs.mock_id == MockInterview.id)
        .join(Member, Member.id == theirs.member_id)
        .where(
            mine.member_id == member_id,
            Member.discord_id == blocked_discord_id,
            MockInterview.state.in_(("asked", *ARRANGED)),
        )
    ).all()
    for mock_id in ids:
        part(db, db.get_one(MockInterview, mock_id), now)


def go_on_without(db: Session, member_id: int, now: datetime) -> None:
    """Somebody stops taking part: what they still had before them with others ends, and those hear of it at once."""
    for mock_id in db.scalars(
        of_member(member_id).where(MockInterview.state.in_(("asked", *ARRANGED)))
    ).all():
        part(db, db.get_one(MockInterview, mock_id), now)


def arranged_count(db: Session, member_id: int) -> int:
    """How many interviews are before somebody."""
    found = db.scalars(
        select(MockInterview.id)
        .join(MockSeat, MockSeat.mock_id == MockInterview.id)
        .where(MockSeat.member_id == member_id, MockInterview.state.in_(ARRANGED))
    )
    return len(found.all())
