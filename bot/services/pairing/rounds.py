"""Rounds: opening one, saving its pairs once, and what its messages are told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain, combinations

from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from bot.domain.errors import NoRounds, NotInRound, ScheduleUnknown
from bot.domain.members import Person
from bot.domain.pairing import Medium, Paired, Reason
from bot.domain.rounds import OPEN_AT_LEAST, Part, Together, Why, closes_at
from bot.domain.schedules import Due
from bot.services.recitation import arranging
from bot.services.recitation.arranging import Seating
from bot.services.safety.blocks import blocked_pairs
from bot.storage.tables import Delivery, Enrolment, Member, Recitation, Reciter, Round, Schedule, Server
from bot.storage.upsert import insert_into


def open_round(db: Session, delivery_id: int, server_id: int, seed: int, now: datetime) -> Round:
    """The round of a delivery, opened at the first call: that is its cut-off."""
    db.execute(
        insert_into(db, Round)
        .values(delivery_id=delivery_id, server_id=server_id, seed=seed, cut_at=now, people=0)
        .on_conflict_do_nothing()
    )
    return db.scalars(select(Round).where(Round.delivery_id == delivery_id)).one()


def taking_part(server_id: int, cut_at: datetime) -> Select[int, int]:
    """Who a round of that moment is for: the ids of the members, and Discord's."""
    return (
        select(Member.id, Member.discord_id)
        .join(Enrolment, Enrolment.member_id == Member.id)
        .where(
            Enrolment.server_id == server_id,
            Enrolment.enrolled_at <= cut_at,
            Enrolment.skips.is_(False),
            Enrolment.rests_since.is_(None),
            Member.paused_at.is_(None),
            Member.left_at.is_(None),
            Member.gone_at.is_(None),
        )
        .order_by(Member.id)
    )


def seatings_of(made: Paired, mediums: Mapping[int, Medium]) -> list[Seating]:
    """The lines of a round in their order."""
    return [
        Seating(
            group.members,
            group.mode,
            group.medium,
            number=number,
            score=group.score,
            reasons=[reason.as_json() for reason in group.reasons],
        )
        for number, group in enumerate(made.groups, 1)
    ] + [
        Seating([member_id], "solo", mediums[member_id], number=number)
        for number, member_id in enumerate(made.alone, len(made.groups) + 1)
    ]


def lay_out(db: Session, round_id: int, seatings: Sequence[Seating], now: datetime) -> Sequence[int]:
    """Some lines of a round, in which nobody is yet; none once its pairs are saved."""
    found = db.get_one(Round, round_id)
    if found.paired_at is not None:
        return ()
    return arranging.lay_out(
        db,
        seatings,
        server_id=found.server_id,
        channel_id=db.get_one(Delivery, found.delivery_id).channel_id,
        origin="round",
        now=now,
        round_id=round_id,
    )


def save(
    db: Session,
    round_id: int,
    seatings: Sequence[Seating],
    ids: Sequence[int],
    skipped: Collection[int],
    now: datetime,
) -> None:
    """Let everybody take their places in the lines that were laid out, at once.

    Not if that has been done, or the pairs are no longer as they must be: between the look at everybody and this,
    somebody may have blocked another, or gone.
    """
    found = db.get_one(Round, round_id)
    if found.paired_at is not None:
        return
    there = set(db.scalars(taking_part(found.server_id, found.cut_at).with_only_columns(Member.id)))
    blocked = blocked_pairs(db, found.server_id)
    members = [one.member_ids for one in seatings]
    if not there.issuperset(chain(*members)) or any(
        frozenset(two) in blocked for together in members for two in combinations(together, 2)
    ):
        return
    arranging.seat(db, seatings, ids)
    # What an attempt laid out that did not come so far.
    taken = exists().where(Reciter.recitation_id == Recitation.id)
    db.execute(delete(Recitation).where(Recitation.round_id == round_id, ~taken))
    db.execute(update(Enrolment).where(Enrolment.member_id.in_(skipped)).values(skips=False))
    schedule = db.get_one(Schedule, db.get_one(Delivery, found.delivery_id).schedule_id)
    _close_earlier(db, found, schedule.id, now)
    found.people = sum(map(len, members))
    found.closes_at = closes_at(found.cut_at, schedule.next_due_at)
    found.paired_at = now


def close(db: Session, rounds: Collection[int] | Select[int], now: datetime) -> None:
    """Nobody can begin any more what these rounds arranged and nobody began."""
    db.execute(
        update(Recitation)
        .where(Recitation.round_id.in_(rounds), Recitation.phase == "arranged")
        .values(phase="over", phase_since=now, closed_at=now)
    )


def _close_earlier(db: Session, found: Round, schedule_id: int, now: datetime) -> None:
    """What an earlier round of the same schedule arranged gives way, unless it was only just posted."""
    earlier = (
        select(Round.id)
        .join(Delivery, Delivery.id == Round.delivery_id)
        .where(
            Delivery.schedule_id == schedule_id,
            Round.id != found.id,
            Round.cut_at <= found.cut_at - OPEN_AT_LEAST,
            Round.closes_at > now,
        )
    )
    close(db, earlier, now)


# --- what its messages are told


def known(db: Session, delivery_id: int) -> Round | None:
    """The round of a delivery, once its pairs are saved."""
    return db.scalars(
        select(Round).where(Round.delivery_id == delivery_id, Round.paired_at.is_not(None))
    ).first()


def part_of(db: Session, found: Round, first: int, most: int, *, whole: bool = False) -> Part:
    """So many lines of a round, beginning with a number; as a `whole` those of people who were erased stay."""
    of_round = select(Recitation).where(Recitation.round_id == found.id, Recitation.number >= first)
    rows = db.scalars(of_round.order_by(Recitation.number).limit(most + 1)).all()
    return _part(db, found, rows[:most], rows[most] if len(rows) > most else None, whole=whole)


def _part(
    db: Session, found: Round, rows: Sequence[Recitation], then: Recitation | None, *, whole: bool = False
) -> Part:
    delivery = db.get_one(Delivery, found.delivery_id)
    assert found.closes_at is not None
    return Part(
        round_id=found.id,
        channel_id=delivery.channel_id,
        cut_at=found.cut_at,
        closes_at=found.closes_at,
        due_at=delivery.due_at,
        people=found.people,
        lines=lines_of(db, rows, whole=whole),
        next_id=then.id if then else None,
    )


def lines_of(db: Session, recitations: Sequence[Recitation], *, whole: bool = False) -> tuple[Together, ...]:
    """These recitations with whoever is in them still; as a `whole` also those with nobody."""
    people: dict[int, list[int]] = {one.id: [] for one in recitations}
    for recitation_id, discord_id in db.execute(
        select(Reciter.recitation_id, Member.discord_id)
        .join(Member, Member.id == Reciter.member_id)
        .where(Reciter.recitation_id.in_(people))
        .order_by(Reciter.place)
    ):
        people[recitation_id].append(discord_id)
    return tuple(
        Together(one.number or 0, tuple(people[one.id]), one.mode, one.medium)  # type: ignore[arg-type]
        for one in recitations
        if whole or people[one.id]
    )


def of_recitation(db: Session, due: Due) -> tuple[Round, Recitation] | None:
    """The round and the recitation a timer is about; None when they were erased."""
    row = db.execute(
        select(Round, Recitation)
        .join(Recitation, Recitation.round_id == Round.id)
        .where(Recitation.id == due.subject_id)
    ).first()
    return (row[0], row[1]) if row else None


def first_id(db: Session, round_id: int) -> int | None:
    """The recitation with which a round begins; None when nobody was in it."""
    return db.scalar(
        select(Recitation.id).where(Recitation.round_id == round_id).order_by(Recitation.number).limit(1)
    )


def reminder(db: Session, due: Due, most: int) -> Part | None:
    """A message for the pairs from a timer's on that have not begun, marked at the first call; None without any."""
    found = of_recitation(db, due)
    if found is None:
        return None
    round_, recitation = found
    coming = (
        select(Recitation)
        .where(Recitation.round_id == round_.id, Recitation.number >= recitation.number)
        .order_by(Recitation.number)
    )
    waiting = coming.where(
        Recitation.phase == "arranged", Recitation.mode != "solo", Recitation.nudged_at.is_(None)
    )
    rows = db.scalars(coming.where(Recitation.nudged_at == due.due_at)).all()
    if not rows:
        rows = db.scalars(waiting.limit(most)).all()
        for one in rows:
            one.nudged_at = due.due_at
        db.flush()
    if not rows:
        return None
    return _part(db, round_, rows, next(iter(db.scalars(waiting.limit(1))), None))


def mine(db: Session, who: Person, round_id: int) -> Recitation:
    """What somebody does in a round of their server. Raises NotInRound."""
    found = db.scalars(
        select(Recitation)
        .join(Reciter, Reciter.recitation_id == Recitation.id)
        .join(Member, Member.id == Reciter.member_id)
        .join(Server, Server.id == Recitation.server_id)
        .where(
            Recitation.round_id == round_id,
            Server.discord_id == who.guild_id,
            Member.discord_id == who.discord_id,
        )
    ).first()
    if found is None:
        raise NotInRound
    return found


def why(db: Session, who: Person, round_id: int) -> Why:
    """Why somebody is together with whom in a round. Raises NotInRound."""
    recitation = mine(db, who, round_id)
    places = dict(
        db.execute(
            select(Reciter.place, Member.discord_id)
            .join(Member, Member.id == Reciter.member_id)
            .where(Reciter.recitation_id == recitation.id)
            .order_by(Reciter.place)
        ).all()
    )
    others = {place: discord_id for place, discord_id in places.items() if discord_id != who.discord_id}
    reasons = [
        reason
        for reason in map(Reason.from_json, recitation.reasons)
        # Who was erased is not spoken of.
        if not reason.among or (places.keys() >= {*reason.among} and not others.keys() >= {*reason.among})
    ]
    return Why(tuple(others.values()), tuple(reasons), places)


# --- guides


def schedule_of(db: Session, guild_id: int, number: int | None) -> Schedule:
    """The schedule of a server's rounds; of several the one named, or the next. Raises NoRounds, ScheduleUnknown."""
    found = db.scalars(
        select(Schedule)
        .join(Server, Server.id == Schedule.server_id)
        .where(Server.discord_id == guild_id, Schedule.kind == "round", Schedule.removed_at.is_(None))
        .order_by(Schedule.next_due_at.is_(None), Schedule.next_due_at, Schedule.id)
    ).all()
    if not found:
        raise NoRounds
    if number is None:
        return found[0]
    chosen = next((one for one in found if one.id == number), None)
    if chosen is None:
        raise ScheduleUnknown
    return chosen


def newest_run(db: Session, schedule: Schedule) -> int:
    """The delivery of a schedule that was queued last."""
    queued = select(func.max(Delivery.id)).where(Delivery.schedule_id == schedule.id)
    return db.scalars(queued).one()
