"""Checks: a guide reads an open answer and confirms its writer's marks, or marks it anew."""

from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import GuideAnswersFirst, OutOfDate, OwnAnswer, RequestOver
from bot.domain.guides import Checking
from bot.domain.members import Person
from bot.domain.questions import grade_open
from bot.domain.texts import cleaned
from bot.services import members, scoring
from bot.services.audit import MEMBER, note
from bot.services.guides import request_of
from bot.services.questions import question_of
from bot.services.rights import require_guide
from bot.services.scoring.record import void
from bot.storage.database import Database
from bot.storage.tables import Answer, Drop, GuideRequest, Member, Rep

COMMENT_LIMIT = 300
KIND = "answer"


class Checks:
    """Checking open answers."""

    def __init__(self, database: Database, clock: Clock, topic_names: Mapping[str, str]) -> None:
        self._database = database
        self._clock = clock
        self._names = topic_names

    async def open(self, who: Person, request_id: int) -> Checking:
        """An answer somebody asked to have checked.

        Raises GuidesOnly, RequestOver, OwnAnswer, GuideAnswersFirst.
        """

        def work(db: Session) -> Checking:
            require_guide(db, who)
            request, answer, writer = _asked(db, who, request_id)
            return Checking(
                request_id=request.id,
                discord_id=writer.discord_id,
                question=question_of(db, answer.item_version_id, self._names),
                text=answer.text or "",
                marks=tuple(answer.marks or ()),
                right=bool(answer.right),
            )

        return await self._database.read(work)

    async def confirm(
        self, who: Person, request_id: int, marks: tuple[int, ...] | None = None, comment: str = ""
    ) -> Checking:
        """Confirm an answer's marks, or replace them; the points follow. Raises as `open`, and OutOfDate."""
        now = self._clock.now()
        kept = cleaned(comment)[:COMMENT_LIMIT]

        def work(db: Session) -> Checking:
            require_guide(db, who)
            request, answer, writer = _asked(db, who, request_id)
            question = question_of(db, answer.item_version_id, self._names)
            points, was_right = len(question.draft["key_points"]), bool(answer.right)
            if marks is not None:
                if any(not 0 <= point < points for point in marks):
                    raise OutOfDate
                answer.marks = sorted(set(marks))
            covered = tuple(answer.marks or ())
            right = answer.right = grade_open(points, len(covered))
            answer.confirmed_at, answer.confirmed_by, answer.comment = now, who.discord_id, kept or None
            request.closed_at, request.closed_by = now, who.discord_id
            present = members.known(db, who.guild_id, writer.discord_id)
            if right and not was_right:
                scoring.add_for_right(db, present, answer.id, now)
            elif was_right and not right:
                bonus = select(Rep).where(Rep.key == f"answer:{answer.id}:right", Rep.voided_at.is_(None))
                reason = "A guide marked the answer anew"
                void(db, present, db.scalars(bonus).all(), by=who.discord_id, reason=reason, now=now)
            verdicts = {True: "right", False: "not right"}
            changed = f" instead of {verdicts[was_right]}" if right != was_right else ""
            what = f"answer {answer.id}, {verdicts[right]}{changed}"
            note(db, request.server_id, who, "answer.check", f"{MEMBER}{writer.id}", now, what)
            return Checking(request.id, writer.discord_id, question, answer.text or "", covered, right)

        return await self._database.write(work)


def _asked(db: Session, who: Person, request_id: int) -> tuple[GuideRequest, Answer, Member]:
    request = request_of(db, who, request_id, KIND)
    answer = db.get_one(Answer, int(request.subject.removeprefix(f"{KIND}:")))
    writer = db.get_one(Member, answer.member_id)
    if writer.left_at is not None or writer.gone_at is not None:
        raise RequestOver
    if writer.discord_id == who.discord_id:
        raise OwnAnswer
    # Nobody sees another's answer before answering or the reveal, guides included.
    guides_own = exists().where(
        Answer.drop_id == Drop.id, Answer.member_id == Member.id, Member.discord_id == who.discord_id
    )
    still_open = exists().where(
        Drop.server_id == request.server_id,
        Drop.item_id == answer.item_id,
        Drop.posted_at.is_not(None),
        Drop.revealed_at.is_(None),
        ~guides_own,
    )
    if db.scalar(select(still_open)):
        raise GuideAnswersFirst
    return request, answer, writer
