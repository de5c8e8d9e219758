"""Whose turn it is to guide a group problem: of those named, and of a role's holders who acted lately (M5)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.problems import Guiding
from bot.services.problems.phases import redraw
from bot.services.problems.readouts import OPEN_PHASES
from bot.storage.tables import AuditEntry, Guide, Problem, Server

# Who holds a role only Discord knows; its holders become known by acting, and for so long they are asked for.
ACTED_WITHIN = timedelta(days=60)


def in_turn(db: Session, server_id: int, now: datetime) -> Guiding:
    """Whoever may guide here, in the order of their turns: who never guided a problem, or the longest ago, first."""
    server = db.get_one(Server, server_id)
    named = db.scalars(select(Guide.discord_id).where(Guide.server_id == server_id).order_by(Guide.id)).all()
    acted = select(AuditEntry.actor_discord_id).where(
        AuditEntry.server_id == server_id, AuditEntry.at > now - ACTED_WITHIN, AuditEntry.actor_discord_id > 0
    )
    by_role = (
        db.scalars(
            acted.group_by(AuditEntry.actor_discord_id).order_by(
                func.max(AuditEntry.at).desc(), func.max(AuditEntry.id).desc()
            )
        ).all()
        if server.guide_role_id is not None
        else ()
    )
    last = dict(
        db.execute(
            select(Problem.guided_by, func.max(Problem.guided_at))
            .where(Problem.server_id == server_id, Problem.guided_by > 0)
            .group_by(Problem.guided_by)
        ).all()
    )
    people = dict.fromkeys((*named, *by_role))
    return Guiding(
        guild_id=server.discord_id,
        role_id=server.guide_role_id,
        named=frozenset(named),
        in_turn=tuple(sorted(people, key=lambda one: (one in last, last.get(one, now)))),
    )


def leave(db: Session, server_id: int, discord_id: int) -> None:
    """Somebody guides no more: what is open is without a guide, until one takes it."""
    guided = select(Problem).where(
        Problem.server_id == server_id, Problem.guided_by == discord_id, Problem.phase.in_(OPEN_PHASES)
    )
    for problem in db.scalars(guided).all():
        problem.guided_by = None
        redraw(db, problem)
