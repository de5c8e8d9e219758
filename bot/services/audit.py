"""The audit trail: what admins and guides did, never changed afterwards."""

from datetime import datetime

from sqlalchemy import String, cast, func, literal, or_, select, true
from sqlalchemy.orm import Session

from bot.domain.guides import Act, Trail
from bot.domain.members import Person
from bot.services.rights import rights_of
from bot.storage.tables import AuditEntry, Member, Report, Server

PAGE = 10
# What an act may be about: a person who takes part by our id, anybody else by Discord's.
MEMBER, USER = "member:", "user:"
REPORT = "report:"


def note(
    db: Session, server_id: int, who: Person, action: str, target: str, now: datetime, reason: str = ""
) -> None:
    """Write one act down, in the transaction that does it."""
    db.add(
        AuditEntry(
            server_id=server_id,
            actor_discord_id=who.discord_id,
            action=action,
            target=target[:100],
            reason=reason[:500],
            at=now,
        )
    )


def trail_of(db: Session, who: Person, page: int, about: int | None) -> Trail:
    """One page of a server's acts, newest first; `about` keeps those by or about one Discord user.

    What became of a report is for those who may read it: moderators whom it is not about, and admins.
    """
    guild_id = who.guild_id
    on_server = [
        AuditEntry.server_id == select(Server.id).where(Server.discord_id == guild_id).scalar_subquery()
    ]
    if not who.manages_server:
        about_them = select(literal(REPORT) + cast(Report.id, String)).where(
            Report.about_discord_id == who.discord_id
        )
        hidden = AuditEntry.target.in_(about_them) if rights_of(db, who).moderator else true()
        on_server.append(~AuditEntry.target.startswith(REPORT) | ~hidden)
    if about is not None:
        theirs = (
            select(Member.id).join(Server).where(Server.discord_id == guild_id, Member.discord_id == about)
        )
        targets = [f"{USER}{about}", *(f"{MEMBER}{id}" for id in db.scalars(theirs))]
        on_server.append(or_(AuditEntry.actor_discord_id == about, AuditEntry.target.in_(targets)))
    total = db.scalar(select(func.count()).select_from(AuditEntry).where(*on_server)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 0), pages - 1)
    rows = db.scalars(
        select(AuditEntry).where(*on_server).order_by(AuditEntry.id.desc()).limit(PAGE).offset(page * PAGE)
    ).all()
    ids = [int(row.target.removeprefix(MEMBER)) for row in rows if row.target.startswith(MEMBER)]
    people = dict(db.execute(select(Member.id, Member.discord_id).where(Member.id.in_(ids))).all())
    return Trail(tuple(_act(row, people) for row in rows), page, pages, about)


def _act(row: AuditEntry, people: dict[int, int]) -> Act:
    person = None
    if row.target.startswith(MEMBER):
        # Empty for somebody whose data was erased since.
        person = people.get(int(row.target.removeprefix(MEMBER)))
    elif row.target.startswith(USER):
        person = int(row.target.removeprefix(USER))
    return Act(row.actor_discord_id, row.action, person, row.target, row.reason, row.at)
