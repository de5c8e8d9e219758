"""Gathering: a meeting with its people as the rows say, for whatever is done in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain import meetings as domain
from bot.domain.errors import MeetingMovedOn, MeetingOver, NotYourMeeting
from bot.domain.meetings import ENDS, Attending, Grouped, Seat, Slot, agenda
from bot.domain.members import Person
from bot.domain.recitation import ENDS as RECITED_ENDS
from bot.services import rooms
from bot.services.members import Present
from bot.services.recitation.circle import voice_key
from bot.services.rights import rights_of
from bot.services.scoring.partners import rep_key
from bot.storage.tables import (
    ItemVersion,
    Meeting,
    MeetingAttendee,
    MeetingGroup,
    MeetingTable,
    Member,
    Problem,
    Proposal,
    Recitation,
    Reciter,
    Rep,
    Server,
)

RUNNING = ("arrive", "recite", "break", "think", "speak", "reveal", "close")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Guest:
    """One attendee's rows."""

    row: MeetingAttendee
    member: Member

    @property
    def here(self) -> bool:
        """Whether they take part now: somebody who dropped out of voice a moment ago still does."""
        gone = self.member.left_at is not None or self.member.gone_at is not None
        return self.row.left_at is None and not gone


@dataclass(frozen=True, slots=True)
class Gathering:
    """A meeting's rows, its people in the order in which they came."""

    meeting: Meeting
    server: Server
    guests: tuple[Guest, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        return agenda(self.meeting.minutes, self.meeting.medium)  # type: ignore[arg-type]

    @property
    def here(self) -> tuple[Guest, ...]:
        return tuple(guest for guest in self.guests if guest.here)

    def guest(self, member_id: int) -> Guest | None:
        return next((one for one in self.guests if one.member.id == member_id), None)

    def present(self, guest: Guest) -> Present:
        """An attendee, for what is recorded of them."""
        member, zone = guest.member, self.server.zone
        return Present(member.id, self.server.id, member.zone or zone, zone, member.shown_as)  # type: ignore[arg-type]


def gathering_of(db: Session, meeting_id: int | None) -> Gathering | None:
    """A meeting with its people; None for one there is not."""
    row = db.execute(
        select(Meeting, Server)
        .join(Server, Server.id == Meeting.server_id)
        .where(Meeting.id == meeting_id, Server.left_at.is_(None))
    ).first()
    if row is None:
        return None
    people = db.execute(
        select(MeetingAttendee, Member)
        .join(Member, Member.id == MeetingAttendee.member_id)
        .where(MeetingAttendee.meeting_id == meeting_id)
        .order_by(MeetingAttendee.id)
    )
    return Gathering(row.Meeting, row.Server, tuple(Guest(*one) for one in people))


def here(db: Session, who: Person, meeting_id: int) -> Gathering:
    """A meeting of this person's server that is not over. Raises MeetingOver."""
    found = gathering_of(db, meeting_id)
    if found is None or found.server.discord_id != who.guild_id or found.meeting.phase in ENDS:
        raise MeetingOver
    return found


def leader_of(gathering: Gathering) -> int | None:
    """Who leads a meeting besides guides: whoever started it, or, once they are gone, who has been here longest."""
    meeting = gathering.meeting
    starter = next((one for one in gathering.guests if one.member.discord_id == meeting.led_by), None)
    gone = not starter.here if starter is not None else meeting.led_by is None and meeting.schedule_id is None
    if meeting.phase not in RUNNING or not gone:
        return meeting.led_by
    return next((one.member.discord_id for one in gathering.here), None)


def led(db: Session, who: Person, meeting_id: int, step: int | None = None) -> Gathering:
    """A meeting this person may lead. Raises MeetingOver, NotYourMeeting, and MeetingMovedOn at another step."""
    found = here(db, who, meeting_id)
    if who.discord_id != leader_of(found) and not rights_of(db, who).guide:
        raise NotYourMeeting
    if step is not None and step != found.meeting.step:
        raise MeetingMovedOn
    return found


def running_in(db: Session, server_id: int) -> Meeting | None:
    """The meeting that goes on in a server."""
    return db.scalars(
        select(Meeting).where(Meeting.server_id == server_id, Meeting.phase.in_(RUNNING))
    ).first()


def group_rows(db: Session, meeting_id: int, place: int | None = None) -> Sequence[Recitation]:
    """The recitations of a meeting, or of one of its parts, as they were put together."""
    query = (
        select(Recitation)
        .join(MeetingGroup, MeetingGroup.recitation_id == Recitation.id)
        .where(MeetingGroup.meeting_id == meeting_id)
        .order_by(MeetingGroup.id)
    )
    if place is not None:
        query = query.where(MeetingGroup.place == place)
    return db.scalars(query).all()


# --- readouts


def meeting_of(db: Session, gathering: Gathering) -> domain.Meeting:
    """The readout of a meeting."""
    db.flush()
    meeting = gathering.meeting
    problem = db.get(Problem, meeting.problem_id) if meeting.problem_id is not None else None
    votes = [guest.row.useful for guest in gathering.guests]
    return domain.Meeting(
        id=meeting.id,
        server_id=meeting.server_id,
        guild_id=gathering.server.discord_id,
        step=meeting.step,
        place=meeting.place,
        phase=meeting.phase,  # type: ignore[arg-type]
        medium=meeting.medium,  # type: ignore[arg-type]
        slots=gathering.slots,
        starts_at=meeting.starts_at,
        started_at=meeting.started_at,
        minutes=meeting.minutes,
        since=meeting.phase_since,
        ends_at=meeting.phase_ends_at,
        paused_at=meeting.paused_at,
        moved_by=meeting.moved_by,
        channel_id=meeting.channel_id,
        voice_id=meeting.voice_id,
        message_id=meeting.message_id,
        event_id=meeting.event_id,
        led_by=leader_of(gathering),
        by_schedule=meeting.delivery_id is not None,
        attending=_attending(db, gathering),
        groups=_groups(db, gathering) if meeting.phase == "recite" else (),
        tables=tuple(table_of(db, gathering, row) for row in table_rows(db, meeting.id)),
        problem_id=meeting.problem_id,
        problem_link=_link(gathering, problem),
        useful=tuple(votes.count(value) for value in (1, 2, 3)),  # type: ignore[arg-type]
    )


def table_rows(db: Session, meeting_id: int) -> Sequence[MeetingTable]:
    """The tables of a meeting."""
    return db.scalars(
        select(MeetingTable).where(MeetingTable.meeting_id == meeting_id).order_by(MeetingTable.number)
    ).all()


def seated(gathering: Gathering, table_id: int) -> list[Guest]:
    """Who sits at a table, in the order in which they speak."""
    found = [guest for guest in gathering.guests if guest.row.table_id == table_id]
    return sorted(found, key=lambda guest: guest.row.seat or 0)


def table_of(db: Session, gathering: Gathering, row: MeetingTable) -> domain.Table:
    """The readout of a table."""
    meeting, guests = gathering.meeting, seated(gathering, row.id)
    of = db.scalar(
        select(func.count()).select_from(MeetingTable).where(MeetingTable.meeting_id == meeting.id)
    )
    return domain.Table(
        id=row.id,
        meeting_id=meeting.id,
        number=row.number,
        of=of or 1,
        step=row.step,
        turn=next((place for place, one in enumerate(guests) if one.row.seat == row.turn), len(guests)),
        ends_at=row.turn_ends_at,
        seats=tuple(
            Seat(guest.member.discord_id, guest.here, guest.row.spoken)  # type: ignore[arg-type]
            for guest in guests
        ),
        room_id=row.room_id,
        # Somebody may have deleted it by hand.
        voice_id=row.voice_id and rooms.whereabouts(db, table_key(row, "voice")),
        message_id=row.message_id,
        problem_id=meeting.problem_id,
        open=meeting.phase == "speak",
        paused=meeting.paused_at is not None,
        by_voice=meeting.voice_id is not None,
    )


def table_key(row: MeetingTable, kind: str) -> str:
    """Under which key a table's room is kept."""
    return f"meeting:{row.meeting_id}:table{row.id}:{kind}"


def _groups(db: Session, gathering: Gathering) -> tuple[Grouped, ...]:
    recitations = group_rows(db, gathering.meeting.id, gathering.meeting.place)
    people: dict[int, list[int]] = {one.id: [] for one in recitations}
    for recitation_id, discord_id in db.execute(
        select(Reciter.recitation_id, Member.discord_id)
        .join(Member, Member.id == Reciter.member_id)
        .where(Reciter.recitation_id.in_(people))
        .order_by(Reciter.place)
    ):
        people[recitation_id].append(discord_id)
    return tuple(
        Grouped(
            recitation_id=one.id,
            people=tuple(people[one.id]),
            solo=one.mode == "solo",
            thread_id=one.thread_id,
            voice_id=one.voice_id and rooms.whereabouts(db, voice_key(one.id)),
        )
        for one in recitations
        if people[one.id] and (one.phase not in RECITED_ENDS)
    )


def _attending(db: Session, gathering: Gathering) -> tuple[Attending, ...]:
    meeting = gathering.meeting
    reciters = db.execute(
        select(Reciter)
        .join(MeetingGroup, MeetingGroup.recitation_id == Reciter.recitation_id)
        .where(MeetingGroup.meeting_id == meeting.id)
    ).scalars()
    mine: dict[int, list[Reciter]] = {}
    told: dict[int, list[Reciter]] = {}
    for reciter in reciters:
        mine.setdefault(reciter.member_id, []).append(reciter)
        if reciter.finished_at is not None:
            told.setdefault(reciter.recitation_id, []).append(reciter)
    proposed = set(
        db.scalars(select(Proposal.member_id).where(Proposal.problem_id == (meeting.problem_id or 0)))
    )
    heard = {
        member_id: [one for seat in own for one in told.get(seat.recitation_id, ()) if one is not seat]
        for member_id, own in mine.items()
    }
    recited = {
        guest.member.id: [one for one in mine.get(guest.member.id, ()) if one.finished_at is not None]
        for guest in gathering.guests
    }
    titles = _titles(db, [one.id for own in recited.values() for one in own])
    keys = [rep_key(one.id, "reciting") for own in mine.values() for one in own]
    keys += [rep_key(one.id, "listening") for own in heard.values() for one in own]
    keys += [f"problem:{meeting.problem_id}:{guest.member.id}" for guest in gathering.guests]
    reps = dict(
        db.execute(
            select(Rep.member_id, func.sum(Rep.reps))
            .where(Rep.key.in_(keys), Rep.voided_at.is_(None))
            .group_by(Rep.member_id)
        ).all()
    )
    return tuple(
        Attending(
            attendee_id=guest.row.id,
            discord_id=guest.member.discord_id,
            present=guest.here,
            minutes=round(guest.row.seconds / 60),
            recited=len(recited[guest.member.id]),
            concepts=tuple(titles[one.id] for one in recited[guest.member.id] if one.id in titles),
            heard=len(heard.get(guest.member.id, ())),
            proposed=guest.member.id in proposed,
            spoken=guest.row.spoken,  # type: ignore[arg-type]
            reps=reps.get(guest.member.id, 0),
            named=guest.member.shown_as == "name",
        )
        for guest in gathering.guests
    )


def _titles(db: Session, reciter_ids: Collection[int]) -> dict[int, str]:
    """What each recited."""
    query = (
        select(Reciter.id, ItemVersion.body)
        .join(ItemVersion, ItemVersion.id == Reciter.item_version_id)
        .where(Reciter.id.in_(reciter_ids))
    )
    return {id: str(body["title"]) for id, body in db.execute(query)}


def link_of(gathering: Gathering) -> str:
    """The way to a meeting: to its card, to its event before it begins, or else to where it will be."""
    meeting, guild_id = gathering.meeting, gathering.server.discord_id
    if meeting.message_id is not None:
        return f"https://discord.com/channels/{guild_id}/{meeting.channel_id}/{meeting.message_id}"
    if meeting.phase == "planned" and meeting.event_id is not None:
        return f"https://discord.com/events/{guild_id}/{meeting.event_id}"
    return f"https://discord.com/channels/{guild_id}/{meeting.voice_id or meeting.channel_id}"


def _link(gathering: Gathering, problem: Problem | None) -> str | None:
    if problem is None or problem.message_id is None:
        return None
    return f"https://discord.com/channels/{gathering.server.discord_id}/{problem.channel_id}/{problem.message_id}"


def ends_for(gathering: Gathering, now: datetime) -> datetime:
    """Up to when the present part counts: what an outage adds to it was not measured."""
    ends_at = gathering.meeting.phase_ends_at
    return now if ends_at is None or gathering.meeting.paused_at is not None else min(now, ends_at)
