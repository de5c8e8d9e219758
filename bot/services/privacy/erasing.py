"""Erasing: a person leaves the tables of a server, and what stays no longer leads to them."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Table, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.domain.texts import escaped
from bot.services.privacy.traces import ACTS, KEPT, NAMING, NOBODY, TABLES, column_named, of_server, owned
from bot.services.problems.phases import go_on_without
from bot.storage.tables import (
    Answer,
    AuditEntry,
    Base,
    Explanation,
    ItemTally,
    Member,
    Proposal,
    Recitation,
    Reciter,
    Report,
    Response,
    Suggestion,
    Timer,
)
from bot.storage.upsert import insert_into

# Timers that erase: one was asked for, one follows from leaving the Discord server.
ERASE, PURGE = "member.erase", "member.purge"
ERASED = "[erased]"


def erase(db: Session, server_id: int, discord_id: int) -> None:
    """Erase everything about a person on one server; a repeat finds nothing.

    What stays: counts of answers and of who took part in problems without them, their acts on others' rows and their
    votes without them, and the evidence of reports that are still open, without ids and names.
    """
    mine = select(Member.id, Member.display_name).where(
        Member.server_id == server_id, Member.discord_id == discord_id
    )
    row = db.execute(mine).first()
    concerned = _concerned(db, server_id, discord_id, row.id if row else None)
    go_on_without(db, server_id, discord_id, row.id if row else None)
    if row is not None:
        _count(db, row.id)
        _forget_rows(db, row.id)
    for name in NAMING:
        column = column_named(name)
        db.execute(delete(column.table).where(column == discord_id, of_server(column.table, server_id)))
    named = tuple(filter(None, (row.display_name, escaped(row.display_name)) if row else ()))
    # Before the acts: a report's or an act's own columns still say whom it concerns.
    _forget_reports(db, server_id, discord_id, named)
    _forget_mentions(db, server_id, discord_id, concerned, named)
    for name, act in ACTS.items():
        column = column_named(name)
        words = {act.words: _blank(column.table.c[act.words])} if act.words else {}
        db.execute(
            update(column.table)
            .where(column == discord_id, of_server(column.table, server_id))
            .values({column.name: NOBODY, **words})
        )
    db.execute(
        delete(Timer).where(Timer.key.in_(timer_key(kind, server_id, discord_id) for kind in (ERASE, PURGE)))
    )
    db.execute(delete(Member).where(Member.server_id == server_id, Member.discord_id == discord_id))


def timer_key(kind: str, server_id: int, discord_id: int) -> str:
    """The key of the timer that will erase somebody."""
    return f"{kind}:{server_id}:{discord_id}"


def erase_rest(db: Session, server_id: int, most: int) -> bool:
    """Erase at most so many rows of each table of a server that has no members left; True when nothing is left of it.

    Members' own rows are not looked for: without members there are none, but for those that were kept without them.
    """
    for table in reversed(Base.metadata.sorted_tables):
        theirs = "member_id" in table.c and table.name not in KEPT
        if theirs or table.name in ("members", "servers"):
            continue
        condition = _of_server_by_parents(table, server_id)
        if condition is None:
            continue
        (key,) = table.primary_key
        found = db.scalars(select(key).where(condition).limit(most)).all()
        db.execute(delete(table).where(key.in_(found)))
        if len(found) == most:
            # Its parents wait until it is empty.
            return False
    db.execute(delete(TABLES["servers"]).where(TABLES["servers"].c.id == server_id))
    return True


def _of_server_by_parents(table: Table, server_id: int) -> Any:
    if "server_id" in table.c:
        return table.c.server_id == server_id
    found = []
    for foreign in table.foreign_keys:
        inner = _of_server_by_parents(foreign.column.table, server_id)
        if inner is not None:
            found.append(foreign.parent.in_(select(foreign.column).where(inner)))
    return or_(*found) if found else None


def _count(db: Session, member_id: int) -> None:
    """Let a member's marked answers go on counting, without them."""
    answers = db.execute(
        select(Answer.item_id, func.count(), func.sum(case((Answer.right.is_(True), 1), else_=0)))
        .where(Answer.member_id == member_id, Answer.right.is_not(None))
        .group_by(Answer.item_id)
    ).all()
    for item_id, answered, right in answers:
        db.execute(
            insert_into(db, ItemTally)
            .values(item_id=item_id, answered=answered, right=right)
            .on_conflict_do_update(
                index_elements=["item_id"],
                set_={"answered": ItemTally.answered + answered, "right": ItemTally.right + right},
            )
        )


def _forget_rows(db: Session, member_id: int) -> None:
    """A member's rows in every table, and what others hung on them, such as votes; of feedback what is others'."""
    together = select(Reciter.recitation_id).where(Reciter.member_id == member_id)
    db.execute(update(Recitation).where(Recitation.id.in_(together)).values(guide_note=None))
    for name, words in KEPT.items():
        table = TABLES[name]
        db.execute(
            update(table)
            .where(table.c.member_id == member_id)
            .values(member_id=None, **{word: _blank(table.c[word]) for word in words})
        )
    for table in reversed(owned()):
        for hanging, column in _referring(table):
            on_mine = column.in_(select(table.c.id).where(table.c.member_id == member_id))
            if column.nullable:
                db.execute(update(hanging).where(on_mine).values({column.name: None}))
            else:
                db.execute(delete(hanging).where(on_mine))
        db.execute(delete(table).where(table.c.member_id == member_id))


def _referring(table: Table) -> list[tuple[Table, Column[Any]]]:
    return [
        (other, foreign.parent)
        for other in Base.metadata.sorted_tables
        for foreign in other.foreign_keys
        if foreign.column.table is table
    ]


def _forget_reports(db: Session, server_id: int, discord_id: int, names: tuple[str, ...]) -> None:
    number = (str(discord_id),)
    for report in db.scalars(select(Report).where(Report.server_id == server_id)):
        wrote, about = report.reporter_discord_id == discord_id, report.about_discord_id == discord_id
        if wrote:
            report.reporter_discord_id = NOBODY
        if about:
            report.about_discord_id = NOBODY
            # What it was about is gone, and its number may come again.
            report.subject = f"{report.subject.partition(':')[0]}:{NOBODY}"
        if report.closed_at is not None and (wrote or about):
            report.reason = report.evidence = ""
        # A name can be any word, so it is looked for only where this person is concerned.
        told = number + (names if wrote or about else ())
        report.reason, report.evidence = _without(report.reason, told), _without(report.evidence, told)
    db.flush()


def _concerned(db: Session, server_id: int, discord_id: int, member_id: int | None) -> frozenset[str]:
    """What the audit calls a person, what they wrote, and reports by or about them."""
    written = {
        noun: select(table.id).where(table.member_id == member_id)
        for noun, table in (
            ("suggestion", Suggestion),
            ("explanation", Explanation),
            ("proposal", Proposal),
            ("response", Response),
        )
    }
    concerns = or_(Report.reporter_discord_id == discord_id, Report.about_discord_id == discord_id)
    written["report"] = select(Report.id).where(Report.server_id == server_id, concerns)
    found = {f"{noun}:{id}" for noun, ids in written.items() for id in db.scalars(ids)}
    return frozenset(found | ({f"member:{member_id}"} if member_id else set()))


def _forget_mentions(
    db: Session, server_id: int, discord_id: int, concerned: frozenset[str], names: tuple[str, ...]
) -> None:
    """The audit keeps its acts; whom they concerned, and reasons that say so, go."""
    words = (str(discord_id), *names)
    mentioned = or_(
        AuditEntry.target.in_(concerned),
        *(
            column.contains(word, autoescape=True)
            for column in (AuditEntry.target, AuditEntry.reason)
            for word in words
        ),
    )
    for entry in db.scalars(select(AuditEntry).where(AuditEntry.server_id == server_id, mentioned)):
        if entry.target in concerned:
            # Its number may come again, for something of somebody else's.
            entry.target, entry.reason = f"{entry.target.partition(':')[0]}:{NOBODY}", ""
        elif _without(entry.target, words) != entry.target:
            entry.target, entry.reason = f"member:{NOBODY}", ""
        entry.reason = _without(entry.reason, words)
    db.flush()


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        if word in text:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", ERASED, text)
    return text


def _blank(column: Column[Any]) -> str | None:
    return None if column.nullable else ""
