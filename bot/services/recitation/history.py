"""History: a member's own past recitations, as far as they may read them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.domain.history import PAGE, History, Marked, Past, Progress, progress
from bot.domain.members import Person
from bot.domain.recitation import ENDS, FEEDBACK_OPEN
from bot.services import members
from bot.services.recitation.feedback import said_in
from bot.services.safety import blocked_by
from bot.storage.database import Database
from bot.storage.tables import ItemVersion, Member, Recitation, RecitationFeedback, Reciter

ERASED = "somebody whose data was erased"
UNNAMED = "a member who does not show their name"


class Histories:
    """Past recitations, newest first, and how somebody comes along."""

    def __init__(self, database: Database, topic_names: Mapping[str, str]) -> None:
        self._database = database
        self._names = topic_names

    async def page(self, who: Person, page: int = 0) -> History:
        """A page of what this person recited, newest first; the nearest there is."""

        def work(db: Session) -> History:
            mine = _mine(db, who)
            pages = max(1, -(-(db.scalar(select(func.count()).select_from(mine.subquery())) or 0) // PAGE))
            at = min(max(page, 0), pages - 1)
            newest = mine.order_by(Reciter.finished_at.desc(), Reciter.id.desc())
            return History(at, pages, self._past(db, who, newest.offset(at * PAGE).limit(PAGE)))

        return await self._database.read(work)

    async def progress(self, who: Person) -> Progress:
        """How this person comes along, by topic and by concept."""

        def work(db: Session) -> Progress:
            mine = _mine(db, who)
            return progress(self._past(db, who, mine.order_by(Reciter.finished_at, Reciter.id)))

        return await self._database.read(work)

    def _past(self, db: Session, who: Person, query: Select[Any]) -> tuple[Past, ...]:
        rows = db.execute(query).all()
        blocked = set(db.scalars(blocked_by(who)))
        others = _others(db, [row.Recitation.id for row in rows], who.discord_id)
        marks = _marks(db, [row.Reciter.id for row in rows], who.discord_id, blocked)
        return tuple(self._one(row, others, marks) for row in rows)

    def _one(
        self, row: Any, others: Mapping[int, Sequence[str]], marks: Mapping[int, Sequence[Marked]]
    ) -> Past:
        reciter: Reciter = row.Reciter
        recitation: Recitation = row.Recitation
        opened = recitation.phase in FEEDBACK_OPEN
        named = tuple(others.get(recitation.id, ()))
        # Whoever was put together with somebody, and is alone in it now.
        alone = recitation.mode != "solo" and not named
        return Past(
            recitation_id=recitation.id,
            at=reciter.finished_at or recitation.made_at,
            mode=recitation.mode,
            item_id=reciter.item_id or 0,
            title=row.body["title"],
            topic_name=self._names.get(row.body["topic"], ""),
            others=(ERASED,) if alone else named,
            marks=tuple(marks.get(reciter.id, ())) if opened else (),
            # What ended early is never opened.
            sealed=not opened and recitation.phase not in ENDS,
            guide_note=recitation.guide_note,
            signed_off=recitation.signed_off_at is not None,
        )


def _mine(db: Session, who: Person) -> Select[Any]:
    """What somebody has recited to the end; nothing for whoever takes no part."""
    present = members.find(db, who)
    return (
        select(Reciter, Recitation, ItemVersion.body)
        .join(Recitation, Recitation.id == Reciter.recitation_id)
        .join(ItemVersion, ItemVersion.id == Reciter.item_version_id)
        .where(
            Reciter.member_id == (present.member_id if present else None), Reciter.finished_at.is_not(None)
        )
    )


def _others(db: Session, recitation_ids: Sequence[int], discord_id: int) -> dict[int, list[str]]:
    """Who else was in these recitations, by the names they show."""
    found: dict[int, list[str]] = defaultdict(list)
    query = (
        select(Reciter.recitation_id, Member.display_name, Member.shown_as)
        .join(Member, Member.id == Reciter.member_id)
        .where(Reciter.recitation_id.in_(recitation_ids), Member.discord_id != discord_id)
        .order_by(Reciter.place)
    )
    for recitation_id, name, shown_as in db.execute(query):
        found[recitation_id].append(_name(name, shown_as))
    return found


def _marks(
    db: Session, reciter_ids: Sequence[int], discord_id: int, blocked: set[int]
) -> dict[int, list[Marked]]:
    """What was said of these recitations; of people one blocks, and of erased ones, only the marks."""
    found: dict[int, list[Marked]] = defaultdict(list)
    query = (
        select(RecitationFeedback, Member.discord_id, Member.display_name, Member.shown_as)
        .outerjoin(Member, Member.id == RecitationFeedback.member_id)
        .where(RecitationFeedback.reciter_id.in_(reciter_ids))
        .order_by(RecitationFeedback.id)
    )
    for said, by_id, name, shown_as in db.execute(query):
        own = by_id == discord_id
        quoted = by_id is not None and by_id not in blocked
        found[said.reciter_id].append(
            Marked(
                by=None if own else _name(name, shown_as) if by_id is not None else ERASED,
                rubric=said_in(said, words=quoted),
                key_points=said.key_points,
                question=said.question if quoted else None,
            )
        )
    return found


def _name(name: str, shown_as: str) -> str:
    return name if shown_as == "name" else UNNAMED
