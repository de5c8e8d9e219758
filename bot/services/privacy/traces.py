"""Traces: where in the tables a person is found, so that export and erasure overlook nothing.

Rows with a `member_id` are found by that name. What is listed here is every other column that holds a person's
Discord id; the house's tests ask where a new one belongs.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, select

from bot.storage.tables import Base, Member

TABLES = Base.metadata.tables
MEMBERS = TABLES["members"]
# Whose id stands where somebody's act stays and they do not.
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did to a row: when, in which words of theirs, and what else of the row tells it."""

    when: str
    words: str | None = None
    also: tuple[str, ...] = ()


# Their own rows, or rows that exist only to name them: erased whole.
NAMING = {
    "bank_imports.drafted_by": Act("drafted_at", also=("name", "items")),
    "blocks.blocked_discord_id": Act("at"),
    "guides.discord_id": Act("added_at"),
    "schedule_drafts.drafted_by": Act("drafted_at", also=("kind", "recurrence", "options")),
}
# Acts on rows of others, or of the server: the row stays, who it was and what they wrote does not.
ACTS = {
    "answers.confirmed_by": Act("confirmed_at", "comment"),
    "audit.actor_discord_id": Act("at", "reason", ("action",)),
    "guide_requests.closed_by": Act("closed_at"),
    "guides.added_by": Act("added_at"),
    "meetings.led_by": Act("planned_at", also=("minutes",)),
    "members.paused_by": Act("paused_at"),
    "problems.guided_by": Act("guided_at", "comment"),
    "proposals.signed_off_by": Act("signed_off_at"),
    "recitations.noted_by": Act("noted_at", "guide_note"),
    "recitations.signed_off_by": Act("signed_off_at"),
    "reports.closed_by": Act("closed_at"),
    "reps.voided_by": Act("voided_at", "void_reason"),
    "schedules.created_by": Act("created_at", also=("kind", "recurrence", "options")),
    "streak_repairs.repaired_by": Act("repaired_at", "reason", ("day",)),
    "suggestions.decided_by": Act("decided_at", "reason", ("state",)),
}
# Reports have rules of their own: an open one keeps its evidence, without ids and names.
REPORTED = {
    "reports.reporter_discord_id": Act("at", "reason"),
    "reports.about_discord_id": Act("at"),
}
# Rows by a member about somebody else: they stay that person's, without who wrote them and the words.
KEPT: dict[str, tuple[str, ...]] = {
    "insight_votes": (),
    "mock_cards": ("well", "improve"),
    "recitation_feedback": ("improve", "question"),
}
# Never in an export: they would tell who blocked somebody, and who reported them.
SECRET = {"blocks.blocked_discord_id", "reports.about_discord_id"}

PERSONS = NAMING | ACTS | REPORTED


def owned() -> list[Table]:
    """The tables whose rows belong to a member, in an order in which they can be filled."""
    return [table for table in Base.metadata.sorted_tables if "member_id" in table.c]


def column_named(name: str) -> Column[Any]:
    """A column by its table and its own name."""
    table, _, column = name.partition(".")
    return TABLES[table].c[column]


def of_server(table: Table, server_id: int) -> ColumnElement[bool]:
    """Which rows of a table are of one server."""
    if "server_id" in table.c:
        return table.c.server_id == server_id
    return table.c.member_id.in_(select(Member.id).where(Member.server_id == server_id))


def rare(column: Column[Any]) -> bool:
    """Whether the few rows that have a value in this column have an index to themselves."""
    return any(
        column in list(index.columns) and index.dialect_options["sqlite"]["where"] is not None
        for index in column.table.indexes
    )
