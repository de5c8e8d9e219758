"""Exporting: everything kept about a person on one server, as JSON they can take along."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Select, Table, select
from sqlalchemy.orm import Session

from bot.domain.recitation import FEEDBACK_OPEN
from bot.services.privacy.traces import (
    MEMBERS,
    NOBODY,
    PERSONS,
    SECRET,
    TABLES,
    column_named,
    of_server,
    owned,
)
from bot.storage.tables import Item, MockInterview, MockSeat, Recitation, Reciter

# Discord takes 10 MiB; a margin for the rest of the message.
LARGEST = 9 * 2**20
PAGE = 1_000
SOMEBODY_ELSE = "somebody else"
LEFT_OUT = (
    "Who blocked you, if anybody: blocks are never revealed.",
    "Reports about you: they would lead to whoever wrote them.",
    "What a partner said of you and you cannot read yet: it is sealed until both gave theirs, or its time is over.",
    "Discord ids of other people, except of those you blocked yourself.",
)


@dataclass(frozen=True, slots=True)
class Export:
    """A file to take along."""

    name: str
    data: bytes
    rows: int


def reads(server_id: int, discord_id: int) -> Iterator[tuple[str, str, Select[Any]]]:
    """Where everything about a person stands: section, name, and the rows."""
    own = select(MEMBERS.c.id).where(MEMBERS.c.server_id == server_id, MEMBERS.c.discord_id == discord_id)
    yield "rows", "members", select(MEMBERS).where(MEMBERS.c.id.in_(own))
    for table in owned():
        yield "rows", table.name, _titled(table).where(table.c.member_id.in_(own))
    # What others said of me, once it was opened: the columns that are not the giver's.
    feedback = TABLES["recitation_feedback"]
    told = [column for column in feedback.c if column.name != "member_id"]
    opened = Recitation.phase.in_(FEEDBACK_OPEN)
    yield (
        "received",
        feedback.name,
        select(*told)
        .join(Reciter, Reciter.id == feedback.c.reciter_id)
        .join(Recitation, Recitation.id == Reciter.recitation_id)
        .where(Reciter.member_id.in_(own), feedback.c.member_id.is_distinct_from(Reciter.member_id), opened),
    )
    cards = TABLES["mock_cards"]
    yield (
        "received",
        cards.name,
        select(*(column for column in cards.c if column.name != "member_id"))
        .join(MockSeat, MockSeat.id == cards.c.seat_id)
        .join(MockInterview, MockInterview.id == MockSeat.mock_id)
        .where(
            MockSeat.member_id.in_(own),
            cards.c.member_id.is_distinct_from(MockSeat.member_id),
            MockInterview.opened_at.is_not(None),
        ),
    )
    for name, act in PERSONS.items():
        if name not in SECRET:
            column = column_named(name)
            told = [column.table.c[word] for word in (act.when, act.words, *act.also) if word]
            yield (
                "acts",
                name,
                select(*told).where(column == discord_id, of_server(column.table, server_id)),
            )


def page(db: Session, query: Select[Any], discord_id: int, after: int) -> list[dict[str, Any]]:
    """Some rows of one of `reads`, as they are written down; fewer than PAGE are the last."""
    columns = {column.key: column for column in query.selected_columns}
    ordered = query.order_by(*next(iter(columns.values())).table.primary_key)
    return [
        {
            key: _told(columns[key], value, discord_id)
            for key, value in row.items()
            if key not in ("member_id", "server_id")
        }
        for row in db.execute(ordered.limit(PAGE).offset(after)).mappings()
    ]


def packed(found: dict[str, Any], rows: int) -> Export:
    """The file: JSON, in a zip where Discord would not take it otherwise. Slow for a long history."""
    data = json.dumps(found, ensure_ascii=False, indent=1).encode()
    if len(data) <= LARGEST:
        return Export("reps-data.json", data, rows)
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("reps-data.json", data)
    return Export("reps-data.zip", box.getvalue(), rows)


def _titled(table: Table) -> Select[Any]:
    """A table's rows, with the title of the question they are about."""
    if "item_id" not in table.c:
        return select(table)
    title = select(Item.title).where(Item.id == table.c.item_id).scalar_subquery()
    return select(table, title.label("question"))


def _told(column: Any, value: Any, discord_id: int) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or not isinstance(column.type, BigInteger) or column.primary_key or column.foreign_keys:
        return value
    name = f"{column.table.name}.{column.name}"
    if name in PERSONS and value != discord_id and name not in SECRET:
        return SOMEBODY_ELSE if value != NOBODY else None
    # As text: a Discord id has more digits than JSON's readers keep of a number.
    return str(value)
