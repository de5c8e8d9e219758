"""Blocks: whom somebody blocks, and who is therefore never put together."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.domain.members import Person
from bot.domain.safety import BLOCKS_SHOWN, Blocked
from bot.storage.tables import Block, Member, Server


def blocks_of(who: Person) -> Select[int, int]:
    """This person's blocks here, also after they left."""
    return (
        select(Block.id, Member.server_id)
        .join(Member, Member.id == Block.member_id)
        .join(Server, Server.id == Member.server_id)
        .where(Server.discord_id == who.guild_id, Member.discord_id == who.discord_id)
    )


def blocked_by(who: Person) -> Select[int]:
    """The Discord ids this person blocks in this server, to leave them out of what they are shown."""
    return blocks_of(who).with_only_columns(Block.blocked_discord_id)


def blocked_pairs(db: Session, server_id: int) -> set[frozenset[int]]:
    """Every two members of a server of whom one blocks the other, whichever it is."""
    blocker = select(Member).where(Member.server_id == server_id).subquery()
    return {
        frozenset((member_id, other_id))
        for member_id, other_id in db.execute(
            select(Block.member_id, Member.id)
            .join(blocker, blocker.c.id == Block.member_id)
            .join(Member, Member.discord_id == Block.blocked_discord_id)
            .where(Member.server_id == server_id)
        )
    }


def page_of(db: Session, who: Person, page: int) -> tuple[tuple[Blocked, ...], int, int]:
    """The page of this person's blocks nearest to the one asked for, its number, and how many pages there are."""
    mine = blocks_of(who).subquery()
    pages = max(1, -(-(db.scalar(select(func.count()).select_from(mine)) or 0) // BLOCKS_SHOWN))
    at = min(max(page, 0), pages - 1)
    rows = db.execute(
        select(Block, Member.display_name, Member.shown_as)
        .join(mine, mine.c.id == Block.id)
        .outerjoin(
            Member, (Member.server_id == mine.c.server_id) & (Member.discord_id == Block.blocked_discord_id)
        )
        .order_by(Block.id)
        .offset(at * BLOCKS_SHOWN)
        .limit(BLOCKS_SHOWN)
    ).all()
    # Somebody who hides their name was perhaps blocked for a text without one: it stays unknown.
    found = (
        Blocked(row.Block.id, row.display_name if row.shown_as == "name" else None, row.Block.at)
        for row in rows
    )
    return tuple(found), at, pages
