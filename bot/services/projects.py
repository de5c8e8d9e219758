"""Projects: a member's own, for whoever walks through it with them in an interview."""

from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.domain.errors import EmptyProject
from bot.domain.members import Person
from bot.domain.projects import FIELD_LIMIT, TOOLS_LIMIT, Project
from bot.domain.texts import cleaned
from bot.services import members
from bot.storage.database import Database
from bot.storage.tables import OwnProject
from bot.storage.upsert import insert_into


def project_of(db: Session, member_id: int) -> Project | None:
    """A member's project, if they wrote it down."""
    row = db.scalars(select(OwnProject).where(OwnProject.member_id == member_id)).first()
    return Project(row.problem, row.data, row.model, row.tools, row.result) if row else None


class Projects:
    """What members write down of their own project."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def mine(self, who: Person) -> Project | None:
        """The member's own; looking joins nobody."""

        def work(db: Session) -> Project | None:
            present = members.find(db, who)
            return project_of(db, present.member_id) if present else None

        return await self._database.read(work)

    async def save(self, who: Person, project: Project) -> Project:
        """Keep it in the place of what was there; whoever writes takes part. Raises EmptyProject."""
        now = self._clock.now()
        kept = Project(
            *(
                cleaned(text)[: TOOLS_LIMIT if name == "tools" else FIELD_LIMIT]
                for name, text in asdict(project).items()
            )
        )
        if kept == Project():
            raise EmptyProject

        def work(db: Session) -> Project:
            present = members.join(db, who, now)
            words = asdict(kept) | {"written_at": now}
            db.execute(
                insert_into(db, OwnProject)
                .values(member_id=present.member_id, **words)
                .on_conflict_do_update(index_elements=["member_id"], set_=words)
            )
            return kept

        return await self._database.write(work)

    async def remove(self, who: Person) -> None:
        """Forget it; once gone, a repeat finds nothing. Raises NotAMember."""

        def work(db: Session) -> None:
            present = members.require(db, who)
            db.execute(delete(OwnProject).where(OwnProject.member_id == present.member_id))

        await self._database.write(work)
