"""Within a transaction: which script an interview goes by, which probes fit the project, and what both say."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from bot.domain.interviews import WALKTHROUGH
from bot.domain.interviews.scripts import Page, Script, choose_script, half, pages_of
from bot.domain.projects import fits_tools
from bot.services.projects import project_of
from bot.services.questions import doubted
from bot.storage.tables import Item, ItemVersion, MockSeat

# So many sets of probes about tools, and so many about stages: an interviewer has half an hour.
TOOL_SETS, STAGE_SETS = 4, 8


def _live(server_id: int, kind: str) -> Select[int, int, str]:
    """The current versions of a kind of items that this server may use."""
    return (
        select(Item.id, ItemVersion.id.label("version_id"), Item.track)
        .join(ItemVersion, (ItemVersion.item_id == Item.id) & (ItemVersion.content_hash == Item.content_hash))
        .where(
            Item.kind == kind,
            Item.retired_at.is_(None),
            Item.reserved.is_(False),
            or_(Item.server_id.is_(None), Item.server_id == server_id),
            Item.id.not_in(doubted(server_id)),
        )
        .order_by(Item.id)
    )


def has_script(db: Session, server_id: int, wished: str) -> bool:
    """Whether there is any script for a round type."""
    of_round = _live(server_id, "script").where(ItemVersion.body["round"].as_string() == wished)
    return bool(db.scalar(select(exists(of_round.subquery().select()))))


def give_script(db: Session, server_id: int, seat: MockSeat, interviewer_id: int, rng: random.Random) -> None:
    """Choose the script by which somebody will be interviewed; ValueError when there is none."""
    known, asked = _met(db, seat.member_id), _met(db, interviewer_id)
    body = ItemVersion.body
    rows = db.execute(
        _live(server_id, "script")
        .add_columns(body["level"].as_string().label("level"), body["minutes"].as_integer().label("minutes"))
        .where(body["round"].as_string() == seat.round)
    )
    scripts = [
        Script(row.id, row.version_id, row.track, row.level, row.minutes, asked[row.id], known[row.id])
        for row in rows
    ]
    chosen = choose_script(scripts, seat.track, seat.level, rng)  # type: ignore[arg-type]
    seat.item_id, seat.item_version_id = chosen.item_id, chosen.version_id
    seat.minutes = half(chosen.minutes)


def _met(db: Session, member_id: int) -> Counter[int | None]:
    """How often somebody has met each script, asked by it or asking."""
    mine = select(MockSeat.mock_id).where(MockSeat.member_id == member_id)
    return Counter(
        db.scalars(
            select(MockSeat.item_id).where(MockSeat.mock_id.in_(mine), MockSeat.began_at.is_not(None))
        ).all()
    )


def give_probes(db: Session, server_id: int, seat: MockSeat, rng: random.Random) -> None:
    """Choose the probes for a walk through somebody's project: one set for each stage, and those about its tools."""
    if seat.round != WALKTHROUGH:
        return
    project = project_of(db, seat.member_id)
    rows = db.execute(_live(server_id, "probes").add_columns(ItemVersion.body)).all()
    by_stage: dict[str, list[int]] = {}
    about_tools = []
    for row in rows:
        if stage := row.body.get("stage"):
            by_stage.setdefault(stage, []).append(row.version_id)
        elif project is not None and fits_tools(row.body, project.named_tools):
            about_tools.append(row.version_id)
    rng.shuffle(about_tools)
    stages = [rng.choice(versions) for versions in by_stage.values()]
    seat.probes = [*stages[:STAGE_SETS], *about_tools[:TOOL_SETS]]


def read_script(db: Session, seat: MockSeat) -> tuple[dict[str, Any], tuple[Page, ...]]:
    """What a seat's script says, and its pages, with the probes and the project of a walk-through."""
    body = db.get_one(ItemVersion, seat.item_version_id).body
    probes: Sequence[dict[str, Any]] = [db.get_one(ItemVersion, id).body for id in seat.probes]
    project = project_of(db, seat.member_id) if seat.round == WALKTHROUGH else None
    return body, pages_of(body, probes, project)
