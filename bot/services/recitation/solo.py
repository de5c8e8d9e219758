"""Solo: somebody recites a concept alone and marks it themselves: a rep, and minutes, without a partner."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import FeedbackGiven, NoOtherConcept, NothingToRecite, NotYourRecitation, OutOfDate
from bot.domain.members import Person
from bot.domain.recitation import ENDS, FEEDBACK_OPEN, Concept, Outline, Rubric
from bot.domain.solo import Solo, measured
from bot.services import ledger, members, scoring
from bot.services.members import Present
from bot.services.recitation.arranging import arrange
from bot.services.recitation.circle import Circle, body_of, mine
from bot.services.recitation.concepts import choose
from bot.services.recitation.feedback import give, said_in
from bot.services.scoring.partners import rep_key
from bot.storage.database import Database
from bot.storage.tables import Recitation, RecitationFeedback, Reciter

# Begun and left alone for longer, it is not what somebody who presses the button again means.
TAKEN_UP_WITHIN = timedelta(days=1)


class Solos:
    """A concept, the time to recite it, and one's own marks."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, topic_names: Mapping[str, str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._names = topic_names

    async def start(
        self, who: Person, channel_id: int, *, recitation_id: int | None = None, topic: str | None = None
    ) -> Solo:
        """A concept to recite alone; reciting joins. One that was begun within a day and not marked is taken up.

        `recitation_id` is a recitation of theirs that has nobody else in it, or in which nobody came.
        Raises NotYourRecitation, and NothingToRecite where the bank has no concept at all.
        """
        now = self._clock.now()

        def work(db: Session) -> Solo:
            present = members.join(db, who, now)
            found = topic
            circle = None
            if recitation_id is not None:
                circle, seat = mine(db, who, recitation_id, ended=True)
                found = found or seat.row.topic
                if circle.recitation.mode != "solo" or circle.recitation.phase in ENDS:
                    circle = None
            if circle is None:
                unfinished = _unfinished(db, present, now) or arrange(
                    db,
                    server_id=present.server_id,
                    channel_id=channel_id,
                    origin="solo",
                    mode="solo",
                    medium="voice",
                    member_ids=[present.member_id],
                    now=now,
                    topics=(found,),
                )
                circle, _ = mine(db, who, unfinished)
            (seat,) = circle.seats
            wished = found is not None and found != seat.row.topic
            if seat.row.finished_at is None:
                seat.row.topic = found or seat.row.topic
                if (seat.row.item_id is None or wished) and not self._choose(db, circle, now):
                    raise NothingToRecite
                circle.recitation.phase, circle.recitation.phase_since = "reciting", now
                seat.row.came_at, seat.row.recited_at = seat.row.came_at or now, now
            db.flush()
            return self._readout(db, circle)

        return await self._database.write(work)

    async def another(self, who: Person, recitation_id: int) -> Solo:
        """Another concept instead of one that was not recited yet.

        Raises NotYourRecitation, OutOfDate, NoOtherConcept.
        """
        now = self._clock.now()

        def work(db: Session) -> Solo:
            circle = _alone(db, who, recitation_id)
            (seat,) = circle.seats
            if seat.row.finished_at is not None:
                raise OutOfDate
            if not self._choose(db, circle, now):
                raise NoOtherConcept
            seat.row.recited_at = now
            db.flush()
            return self._readout(db, circle)

        return await self._database.write(work)

    async def recited(self, who: Person, recitation_id: int) -> Solo:
        """Note that they have recited it, once; now the key points may be seen. Raises NotYourRecitation, OutOfDate."""
        now = self._clock.now()

        def work(db: Session) -> Solo:
            circle = _alone(db, who, recitation_id)
            (seat,) = circle.seats
            if seat.row.recited_at is None:
                raise OutOfDate
            if seat.row.finished_at is None:
                seat.row.finished_at = now
                circle.recitation.phase, circle.recitation.phase_since = "rubric", now
                db.flush()
            return self._readout(db, circle)

        return await self._database.write(work)

    async def to_mark(self, who: Person, recitation_id: int) -> Outline:
        """What one's own recitation is marked by. Raises NotYourRecitation, OutOfDate, FeedbackGiven."""

        def work(db: Session) -> Outline:
            circle = _alone(db, who, recitation_id)
            if circle.recitation.phase in ENDS:
                raise FeedbackGiven
            outline = self._readout(db, circle).outline
            if outline is None:
                raise OutOfDate
            return outline

        return await self._database.read(work)

    async def mark(self, who: Person, recitation_id: int, rubric: Rubric) -> Solo:
        """Save one's own marks, once: a rep without points, since nobody else heard it, and the minutes.

        Raises NotYourRecitation, OutOfDate, MarksMissing, FeedbackGiven.
        """
        now = self._clock.now()

        def work(db: Session) -> Solo:
            circle = _alone(db, who, recitation_id)
            (seat,) = circle.seats
            outline = self._readout(db, circle).outline
            if outline is None or seat.row.finished_at is None:
                raise OutOfDate
            present = circle.present(seat)
            give(db, present, seat.row.id, rubric, now)
            key = rep_key(seat.row.id, "reciting")
            scoring.award(db, present, activity="recitation", key=key, at=now, scores=False)
            assert seat.row.recited_at is not None
            minutes = measured(seat.row.recited_at, seat.row.finished_at)
            if minutes and circle.recitation.origin != "meeting":
                ledger.record(
                    db,
                    present,
                    key=f"recite:{seat.row.id}:{seat.row.id}",
                    kind="recitation",
                    minutes=minutes,
                    at=seat.row.finished_at,
                )
            circle.recitation.phase, circle.recitation.phase_since = "done", now
            circle.recitation.closed_at = now
            db.flush()
            return self._readout(db, circle)

        return await self._database.write(work)

    # --- within a transaction

    def _choose(self, db: Session, circle: Circle, now: datetime) -> bool:
        """Give the one person a concept other than the one they have; False where there is none."""
        (seat,) = circle.seats
        version = choose(
            db,
            server_id=circle.server.id,
            member_id=seat.member.id,
            topic=seat.row.topic,
            rng=self._rng,
            now=now,
            besides=() if seat.row.item_id is None else {seat.row.item_id},
        )
        if version is None:
            return False
        seat.row.item_id, seat.row.item_version_id = version.item_id, version.id
        db.flush()
        return True

    def _readout(self, db: Session, circle: Circle) -> Solo:
        (seat,) = circle.seats
        body = body_of(db, seat)
        if body is None or seat.row.recited_at is None:
            raise OutOfDate
        given = db.scalars(
            select(RecitationFeedback).where(RecitationFeedback.reciter_id == seat.row.id)
        ).first()
        finished = seat.row.finished_at
        present = circle.present(seat)
        return Solo(
            id=circle.recitation.id,
            concept=Concept.of(body),
            topic_name=self._names.get(body["topic"], ""),
            began_at=seat.row.recited_at,
            outline=Outline.of(seat.row.id, seat.member.discord_id, body) if finished else None,
            rubric=said_in(given) if given else None,
            minutes=measured(seat.row.recited_at, finished) if finished else 0,
            streak=scoring.streak_now(db, present, given.given_at) if given else None,
            before=_before(db, seat.row) if given else None,
        )


def _alone(db: Session, who: Person, recitation_id: int) -> Circle:
    """A solo recitation of this person's. Raises NotYourRecitation."""
    circle, _ = mine(db, who, recitation_id, ended=True)
    if circle.recitation.mode != "solo":
        raise NotYourRecitation
    return circle


def _unfinished(db: Session, present: Present, now: datetime) -> int | None:
    return db.scalar(
        select(Recitation.id)
        .join(Reciter, Reciter.recitation_id == Recitation.id)
        .where(
            Reciter.member_id == present.member_id,
            Recitation.mode == "solo",
            Recitation.phase.not_in(ENDS),
            Recitation.phase_since > now - TAKEN_UP_WITHIN,
        )
        .order_by(Recitation.id.desc())
        .limit(1)
    )


def _before(db: Session, row: Reciter) -> tuple[int, int] | None:
    """What was covered of this concept the time before."""
    found = db.execute(
        select(RecitationFeedback.covered, RecitationFeedback.key_points)
        .join(Reciter, Reciter.id == RecitationFeedback.reciter_id)
        .join(Recitation, Recitation.id == Reciter.recitation_id)
        .where(
            Reciter.member_id == row.member_id,
            Reciter.item_id == row.item_id,
            Reciter.id != row.id,
            Recitation.phase.in_(FEEDBACK_OPEN),
        )
        .order_by(RecitationFeedback.given_at.desc())
        .limit(1)
    ).first()
    return (len(found.covered), found.key_points) if found else None
