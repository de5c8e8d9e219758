"""The circle: a recitation with its people as the rows say, for whatever is done in its room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from bot.domain.errors import NotYourRecitation, RecitationOver
from bot.domain.members import Person
from bot.domain.recitation import ENDS, NO_SHOWS_REST, Chair, Concept, Room, Stage, listener_of
from bot.services import rooms
from bot.services.members import Present
from bot.services.recitation.timers import NUDGE, set_for
from bot.storage.tables import (
    Block,
    Enrolment,
    ItemVersion,
    Member,
    Recitation,
    RecitationFeedback,
    Reciter,
    Server,
)


def thread_key(recitation_id: int) -> str:
    """Under which key a recitation's thread is kept."""
    return f"recitation:{recitation_id}:thread"


def voice_key(recitation_id: int) -> str:
    """Under which key a recitation's voice channel is kept."""
    return f"recitation:{recitation_id}:voice"


@dataclass(frozen=True, slots=True)
class Seat:
    """One person's rows."""

    row: Reciter
    member: Member

    @property
    def place(self) -> int:
        return self.row.place

    @property
    def gone(self) -> bool:
        """Whether they take part in nothing any more."""
        return self.member.left_at is not None or self.member.gone_at is not None

    @property
    def here(self) -> bool:
        """Whether they take part still: neither left, nor waited for in vain."""
        return not self.gone and (self.row.missed_at is None or self.row.came_at is not None)


@dataclass(frozen=True, slots=True)
class Circle:
    """A recitation's rows, its people in the order in which they recite."""

    recitation: Recitation
    server: Server
    seats: tuple[Seat, ...]

    @property
    def stage(self) -> Stage:
        return Stage(self.recitation.phase, self.recitation.turn)  # type: ignore[arg-type]

    @property
    def begins(self) -> datetime:
        """When its people meet, or could."""
        recitation = self.recitation
        return recitation.meets_at or recitation.opened_at or recitation.made_at

    @property
    def places(self) -> tuple[int, ...]:
        """The places of those who are here."""
        return tuple(seat.place for seat in self.seats if seat.here)

    def at(self, place: int | None) -> Seat | None:
        return next((seat for seat in self.seats if seat.place == place), None)

    def listener(self, turn: int) -> Seat | None:
        """Who listens to a turn."""
        return self.at(listener_of(turn, self.places))

    def present(self, seat: Seat) -> Present:
        """A seat's member, for what is recorded of them."""
        member, zone = seat.member, self.server.zone
        return Present(member.id, self.server.id, member.zone or zone, zone, member.shown_as)  # type: ignore[arg-type]


def circle_of(db: Session, recitation_id: int) -> Circle | None:
    """A recitation with its people; None for one there is not."""
    row = db.execute(
        select(Recitation, Server)
        .join(Server, Server.id == Recitation.server_id)
        .where(Recitation.id == recitation_id)
    ).first()
    if row is None:
        return None
    people = db.execute(
        select(Reciter, Member)
        .join(Member, Member.id == Reciter.member_id)
        .where(Reciter.recitation_id == recitation_id)
        .order_by(Reciter.place)
    )
    return Circle(row.Recitation, row.Server, tuple(Seat(*one) for one in people))


def mine(db: Session, who: Person, recitation_id: int, *, ended: bool = False) -> tuple[Circle, Seat]:
    """A recitation this person is in, and their seat. Raises NotYourRecitation, and RecitationOver unless `ended`."""
    circle = circle_of(db, recitation_id)
    seat = _seat_of(circle, who) if circle else None
    if circle is None or seat is None:
        raise NotYourRecitation
    if not ended and circle.recitation.phase in ENDS:
        raise RecitationOver
    return circle, seat


def _seat_of(circle: Circle, who: Person) -> Seat | None:
    if circle.server.discord_id != who.guild_id:
        return None
    return next((seat for seat in circle.seats if seat.member.discord_id == who.discord_id), None)


def of_server(db: Session, who: Person, recitation_id: int) -> Circle | None:
    """A recitation of this person's server, whoever is in it."""
    circle = circle_of(db, recitation_id)
    return circle if circle is not None and circle.server.discord_id == who.guild_id else None


def arrive(db: Session, seat: Seat, now: datetime) -> None:
    """Note that somebody did something here: nobody waits for them in vain any more."""
    if seat.row.came_at is not None and seat.row.missed_at is None:
        return
    seat.row.came_at, seat.row.missed_at = seat.row.came_at or now, None
    db.execute(
        update(Enrolment)
        .where(Enrolment.member_id == seat.member.id, Enrolment.no_shows > 0)
        .values(no_shows=0)
    )


def missed(db: Session, circle: Circle, seat: Seat, now: datetime) -> None:
    """Somebody never came, and it counts: the third time in a row they rest from the rounds, and are told so."""
    mine_ = Enrolment.member_id == seat.member.id
    db.execute(update(Enrolment).where(mine_).values(no_shows=Enrolment.no_shows + 1))
    rests = update(Enrolment).where(
        mine_, Enrolment.no_shows >= NO_SHOWS_REST, Enrolment.rests_since.is_(None)
    )
    if db.execute(rests.values(rests_since=now).returning(Enrolment.id)).first() is not None:
        set_for(db, circle.recitation, NUDGE, f"rest:{seat.row.id}", now)


def parted(db: Session, circle: Circle) -> bool:
    """Whether two of them may not be together: one blocks the other."""
    # Somebody who was waited for in vain may still come, to whoever is alone.
    alone = len(circle.places) < 2
    members = {seat.member.id: seat.member.discord_id for seat in circle.seats if alone or seat.here}
    pair = exists().where(Block.member_id.in_(members), Block.blocked_discord_id.in_(members.values()))
    return bool(db.scalar(select(pair)))


def owed_of(db: Session, circle: Circle) -> tuple[int, ...]:
    """The places of those who recited, have somebody to listen to them, and wait for feedback."""
    given = _given(db, [seat.row.id for seat in circle.seats])
    return tuple(
        seat.place
        for seat in circle.seats
        if seat.row.finished_at is not None
        and seat.row.id not in given
        and not seat.gone
        and circle.listener(seat.place)
    )


def _given(db: Session, reciter_ids: Sequence[int]) -> set[int]:
    query = select(RecitationFeedback.reciter_id).where(RecitationFeedback.reciter_id.in_(reciter_ids))
    return set(db.scalars(query))


def body_of(db: Session, seat: Seat) -> dict[str, Any] | None:
    """What the concept of a seat said when it was chosen."""
    if seat.row.item_version_id is None:
        return None
    return db.get_one(ItemVersion, seat.row.item_version_id).body


def room_of(db: Session, circle: Circle) -> Room:
    """The readout of a recitation."""
    recitation = circle.recitation
    given = _given(db, [seat.row.id for seat in circle.seats])
    return Room(
        id=recitation.id,
        guild_id=circle.server.discord_id,
        step=recitation.step,
        stage=circle.stage,
        since=recitation.phase_since,
        ends_at=recitation.phase_ends_at,
        mode=recitation.mode,
        medium=recitation.medium,  # type: ignore[arg-type]
        channel_id=recitation.channel_id,
        thread_id=recitation.thread_id,
        message_id=recitation.message_id,
        outdated=tuple(recitation.outdated),
        # Somebody may have deleted it by hand.
        voice_id=recitation.voice_id and rooms.whereabouts(db, voice_key(recitation.id)),
        chairs=tuple(_chair(db, circle, seat, seat.row.id in given or seat.gone) for seat in circle.seats),
        meets_at=recitation.meets_at,
        offered=tuple(datetime.fromisoformat(one) for one in recitation.offered),
        signed_off_by=recitation.signed_off_by if recitation.signed_off_at else None,
        noted_by=recitation.noted_by,
        guide_note=recitation.guide_note,
    )


def _chair(db: Session, circle: Circle, seat: Seat, given: bool) -> Chair:
    body, row = body_of(db, seat), seat.row
    return Chair(
        reciter_id=row.id,
        place=row.place,
        discord_id=seat.member.discord_id,
        name=seat.member.display_name,
        zone=seat.member.zone or circle.server.zone,
        topic=row.topic,
        came=row.came_at is not None,
        here=seat.here,
        concept=Concept.of(body) if body else None,
        recited_at=row.recited_at,
        finished_at=row.finished_at,
        given=given,
        takes=row.takes,
        thanked=row.thanked_at is not None,
        keeps=row.keeps,
    )
