"""Answers: a member answers a drop or a practice question, once, and marks an open answer."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.drops import ANSWERABLE, Candidate, Filters, Question, Verdict, choose
from bot.domain.errors import (
    AnswerClosed,
    AnsweredAlready,
    AnswerNotYours,
    EmptyText,
    MarkedAlready,
    OpenAsDaily,
    OutOfDate,
    QuestionsExhausted,
    QuestionUnknown,
)
from bot.domain.members import Person
from bot.domain.questions import grade_choice, grade_numeric, grade_open
from bot.domain.texts import cleaned
from bot.services import members, scoring
from bot.services.members import Present
from bot.services.questions import live_items, not_open, question_of, questions_of
from bot.storage.database import Database
from bot.storage.queries.answers import DROP_FOR, SAVE_ANSWER
from bot.storage.tables import Answer, Drop, Item, Member, Server

ANSWER_LIMIT = 4000
# Versions never change, so what was asked lately is kept at hand.
QUESTIONS_AT_HAND = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Options picked, by their place from 0."""

    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """Text typed into a form."""

    text: str


Submission = Chosen | Written


@dataclass(frozen=True, slots=True)
class Draw:
    """A practice question waiting for its owner's answer."""

    answer_id: int
    question: Question
    joined_now: bool


@dataclass(frozen=True, slots=True)
class Graded:
    right: bool | None
    chosen: list[int] | None
    text: str | None


def grade(draft: Mapping[str, Any], submission: Submission) -> Graded:
    """Grade a submission against an item's content; open kinds stay ungraded until marked.

    Raises AnswerUnreadable, EmptyText, or OutOfDate when the submission does not fit the item.
    """
    match draft["kind"], submission:
        case "choice", Chosen(options):
            if not options or any(not 0 <= option < len(draft["options"]) for option in options):
                raise OutOfDate
            right = [place for place, option in enumerate(draft["options"]) if option["right"]]
            return Graded(grade_choice(right, options), sorted(set(options)), None)
        case "numeric", Written(text):
            right_number = grade_numeric(
                text,
                answer=draft["answer"],
                tolerance=draft["tolerance"],
                unit=draft["unit"],
                also=draft["also"],
            )
            return Graded(right_number, None, cleaned(text)[:100])
        case (("open" | "code" | "sql"), Written(text)):
            kept = cleaned(text)[:ANSWER_LIMIT]
            if not kept:
                raise EmptyText
            return Graded(None, None, kept)
    raise OutOfDate


class Answers:
    """Answering, marking, and drawing questions to practise."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, topic_names: Mapping[str, str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._names = topic_names
        self._at_hand: dict[int, Question] = {}

    async def to_drop(self, who: Person, drop_id: int, submission: Submission) -> Verdict:
        """Answer a posted question; the first answer counts, and answering joins.

        Raises AnsweredAlready, AnswerClosed, AnswerUnreadable, EmptyText, OutOfDate.
        """
        now = self._clock.now()

        def work(db: Session) -> Verdict:
            drop = DROP_FOR.first(db, drop_id=drop_id, guild_id=who.guild_id, discord_id=who.discord_id)
            if drop is None:
                raise OutOfDate
            present = members.join(db, who, now, drop)
            if drop.revealed_at is not None:
                _refuse_second(db, present, drop_id)
                raise AnswerClosed(drop.revealed_at)
            question = self._question(db, drop.item_version_id)
            graded = grade(question.draft, submission)
            answer_id = SAVE_ANSWER.value(
                db,
                server_id=present.server_id,
                member_id=present.member_id,
                drop_id=drop_id,
                item_id=drop.item_id,
                item_version_id=drop.item_version_id,
                drawn_at=now,
                answered_at=now,
                chosen=graded.chosen,
                text=graded.text,
                right=graded.right,
            )
            if answer_id is None:
                _refuse_second(db, present, drop_id)
                raise OutOfDate
            awarded = scoring.award(
                db,
                present,
                activity="daily",
                key=f"answer:{answer_id}",
                at=now,
                right=bool(graded.right),
            )
            return _verdict(
                answer_id,
                question,
                graded,
                awarded,
                joined_now=present.joined_now,
                reveals_at=drop.reveals_at,
            )

        return await self._database.write(work)

    def _question(self, db: Session, version_id: int) -> Question:
        found = self._at_hand.get(version_id)
        if found is None:
            if len(self._at_hand) >= QUESTIONS_AT_HAND:
                self._at_hand.clear()
            found = self._at_hand[version_id] = question_of(db, version_id, self._names)
        return found

    async def to_draw(self, who: Person, answer_id: int, submission: Submission) -> Verdict:
        """Answer a practice question drawn before. Raises AnswerNotYours, AnsweredAlready and what grading raises."""
        now = self._clock.now()

        def work(db: Session) -> Verdict:
            present = members.join(db, who, now)
            answer = _own(db, present, answer_id)
            if answer.drop_id is not None or answer.answered_at is not None:
                raise AnsweredAlready(answer.answered_at or now, answer.right)
            _refuse_open(db, present, answer)
            question = self._question(db, answer.item_version_id)
            graded = grade(question.draft, submission)
            answer.answered_at, answer.right = now, graded.right
            answer.chosen, answer.text = graded.chosen, graded.text
            awarded = scoring.award(db, present, activity="practice", key=f"answer:{answer_id}", at=now)
            return _verdict(
                answer_id, question, graded, awarded, practice=True, joined_now=present.joined_now
            )

        return await self._database.write(work)

    async def mark(self, who: Person, answer_id: int, covered: tuple[int, ...]) -> Verdict:
        """Mark one's own locked answer: which key points it covered, once. Raises AnswerNotYours, MarkedAlready."""
        now = self._clock.now()

        def work(db: Session) -> Verdict:
            present = members.require(db, who)
            answer = _own(db, present, answer_id)
            if answer.answered_at is None:
                raise OutOfDate
            if answer.marked_at is not None or answer.right is not None:
                raise MarkedAlready
            question = self._question(db, answer.item_version_id)
            points = question.draft["key_points"]
            if any(not 0 <= point < len(points) for point in covered):
                raise OutOfDate
            answer.marks, answer.marked_at = sorted(set(covered)), now
            answer.right = grade_open(len(points), len(answer.marks))
            bonus = scoring.add_for_right(db, present, answer_id, now) if answer.right else 0
            db.flush()
            return replace(self._again(db, answer), points=bonus)

        return await self._database.write(work)

    async def may_write(self, who: Person, drop_id: int) -> Question:
        """The question behind a form, so that nobody types an answer that cannot count; one indexed read.

        Raises AnsweredAlready, AnswerClosed, OutOfDate.
        """

        def work(db: Session) -> Question:
            row = db.execute(
                select(Drop.item_version_id, Drop.revealed_at, Answer.answered_at, Answer.right)
                .join(Server, Server.id == Drop.server_id)
                .outerjoin(Member, (Member.server_id == Server.id) & (Member.discord_id == who.discord_id))
                .outerjoin(Answer, (Answer.drop_id == Drop.id) & (Answer.member_id == Member.id))
                .where(Drop.id == drop_id, Server.discord_id == who.guild_id)
            ).first()
            if row is None:
                raise OutOfDate
            if row.answered_at is not None:
                raise AnsweredAlready(row.answered_at, row.right)
            if row.revealed_at is not None:
                raise AnswerClosed(row.revealed_at)
            return self._question(db, row.item_version_id)

        return await self._database.read(work)

    async def may_write_draw(self, who: Person, answer_id: int) -> Question:
        """The practice question behind a form. Raises AnswerNotYours, AnsweredAlready."""

        def work(db: Session) -> Question:
            present = members.require(db, who)
            answer = _own(db, present, answer_id)
            if answer.answered_at is not None:
                raise AnsweredAlready(answer.answered_at, answer.right)
            _refuse_open(db, present, answer)
            return self._question(db, answer.item_version_id)

        return await self._database.read(work)

    async def of_drop(self, who: Person, drop_id: int) -> Verdict | None:
        """What this person answered to a drop, or None."""

        def work(db: Session) -> Verdict | None:
            present = members.find(db, who)
            if present is None:
                return None
            answer = db.scalars(
                select(Answer).where(Answer.drop_id == drop_id, Answer.member_id == present.member_id)
            ).first()
            return self._again(db, answer) if answer is not None else None

        return await self._database.read(work)

    async def checked(self, who: Person, answer_id: int) -> Verdict:
        """One's own answer once a guide has checked it. Raises AnswerNotYours, OutOfDate."""

        def work(db: Session) -> Verdict:
            answer = _own(db, members.require(db, who), answer_id)
            if answer.confirmed_at is None:
                raise OutOfDate
            return self._again(db, answer)

        return await self._database.read(work)

    def _again(self, db: Session, answer: Answer) -> Verdict:
        closes = select(Drop.reveals_at).where(Drop.id == answer.drop_id, Drop.revealed_at.is_(None))
        verdict = _verdict(
            answer.id,
            self._question(db, answer.item_version_id),
            Graded(answer.right, answer.chosen, answer.text),
            None,
            practice=answer.drop_id is None,
            marks=None if answer.marks is None else tuple(answer.marks),
            reveals_at=db.scalar(closes),
        )
        return replace(verdict, confirmed=answer.confirmed_at is not None, comment=answer.comment)

    async def draw(self, who: Person, *, filters: Filters | None = None, item_id: int | None = None) -> Draw:
        """Draw a practice question: a chosen item, or one this member has met least.

        Questions open as a daily one are left out, so that practice never spoils them.
        Raises QuestionsExhausted, QuestionUnknown.
        """
        now = self._clock.now()

        def candidates(db: Session) -> list[Candidate]:
            present = members.find(db, who)
            server_id = db.scalar(select(Server.id).where(Server.discord_id == who.guild_id))
            query = live_items(server_id, filters or Filters()).where(not_open(server_id))
            seen: dict[int, int] = {}
            if present is not None:
                seen = dict(
                    db.execute(
                        select(Answer.item_id, func.count())
                        .where(Answer.member_id == present.member_id)
                        .group_by(Answer.item_id)
                    ).all()
                )
            return [Candidate(row.id, row.topic, seen.get(row.id, 0)) for row in db.execute(query)]

        if item_id is None:
            found = await self._database.read(candidates)
            if not found:
                raise QuestionsExhausted
            item_id = choose(found, (), self._rng).item_id
        return await self._database.write(self._drawing(who, item_id, now))

    def _drawing(self, who: Person, item_id: int, now: datetime) -> Callable[[Session], Draw]:
        def work(db: Session) -> Draw:
            present = members.join(db, who, now)
            allowed = live_items(present.server_id, Filters(kinds=ANSWERABLE)).where(
                not_open(present.server_id), Item.id == item_id
            )
            if db.execute(allowed).first() is None:
                raise QuestionUnknown
            found = questions_of(db, [item_id], self._names)
            if not found:
                raise QuestionUnknown
            answer = Answer(
                server_id=present.server_id,
                member_id=present.member_id,
                item_id=item_id,
                item_version_id=found[0].version_id,
                drawn_at=now,
            )
            db.add(answer)
            db.flush()
            return Draw(answer.id, found[0], present.joined_now)

        return work


def _own(db: Session, present: Present, answer_id: int) -> Answer:
    answer = db.get(Answer, answer_id)
    if answer is None or answer.member_id != present.member_id:
        raise AnswerNotYours
    return answer


def _refuse_open(db: Session, present: Present, answer: Answer) -> None:
    """Practice never spoils a daily question, also one drawn before it became that."""
    allowed = select(Item.id).where(Item.id == answer.item_id, not_open(present.server_id))
    if db.scalar(allowed) is None:
        raise OpenAsDaily


def _refuse_second(db: Session, present: Present, drop_id: int) -> None:
    first = db.execute(
        select(Answer.answered_at, Answer.right).where(
            Answer.drop_id == drop_id, Answer.member_id == present.member_id
        )
    ).first()
    if first is not None:
        raise AnsweredAlready(first.answered_at, first.right)


def _verdict(
    answer_id: int,
    question: Question,
    graded: Graded,
    awarded: scoring.Awarded | None,
    *,
    practice: bool = False,
    joined_now: bool = False,
    marks: tuple[int, ...] | None = None,
    reveals_at: datetime | None = None,
) -> Verdict:
    return Verdict(
        answer_id=answer_id,
        question=question,
        right=graded.right,
        chosen=tuple(graded.chosen or ()),
        text=graded.text,
        marks=marks,
        practice=practice,
        joined_now=joined_now,
        reps=awarded.reps if awarded else 0,
        points=awarded.points if awarded else 0,
        streak=awarded.streak if awarded else None,
        reveals_at=reveals_at,
    )
