"""A crowd: many people in the rounds of one server at once, without each having to press."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.storage.database import Database
from bot.storage.tables import Enrolment, Member, Server

FIRST_PERSON = 10**6


async def enrol(database: Database, guild_id: int, people: int, now: datetime) -> None:
    """So many members in the rounds; their Discord ids count up from FIRST_PERSON."""

    def work(db: Session) -> None:
        server_id = db.scalars(select(Server.id).where(Server.discord_id == guild_id)).one()
        db.execute(
            insert(Member),
            [
                {
                    "server_id": server_id,
                    "discord_id": FIRST_PERSON + number,
                    "display_name": f"Person {number}",
                    "joined_at": now,
                    "last_seen_at": now,
                    "conduct_at": now,
                }
                for number in range(people)
            ],
        )
        db.execute(
            insert(Enrolment),
            [
                {"server_id": server_id, "member_id": member_id, "enrolled_at": now}
                for member_id in db.scalars(select(Member.id).where(Member.discord_id >= FIRST_PERSON))
            ],
        )

    await database.write(work)
