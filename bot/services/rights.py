"""Rights: who may do what in a server, read from its rows and from Discord's word on the person, never from a press."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.domain.errors import GuidesOnly, ModeratorsOnly, SetupNotAllowed
from bot.domain.members import Person
from bot.storage.tables import Guide, Server


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do besides taking part; an admin may do all of it."""

    admin: bool
    guide: bool
    moderator: bool


def rights_of(db: Session, who: Person) -> Rights:
    """Guides are rows or holders of the guides' role, moderators holders of theirs (M5)."""
    if who.manages_server:
        return Rights(True, True, True)
    named = exists().where(Guide.server_id == Server.id, Guide.discord_id == who.discord_id)
    row = db.execute(
        select(Server.guide_role_id, Server.moderator_role_id, named).where(Server.discord_id == who.guild_id)
    ).first()
    if row is None:
        return Rights(False, False, False)
    guide_role_id, moderator_role_id, is_named = row
    return Rights(False, is_named or guide_role_id in who.role_ids, moderator_role_id in who.role_ids)


def require_admin(who: Person) -> None:
    """Raises SetupNotAllowed for anyone without Manage Server."""
    if not who.manages_server:
        raise SetupNotAllowed


def require_guide(db: Session, who: Person) -> None:
    """Raises GuidesOnly for anyone who neither guides nor manages the server."""
    if not rights_of(db, who).guide:
        raise GuidesOnly


def require_moderator(db: Session, who: Person) -> None:
    """Raises ModeratorsOnly for anyone who neither moderates nor manages the server."""
    if not rights_of(db, who).moderator:
        raise ModeratorsOnly
