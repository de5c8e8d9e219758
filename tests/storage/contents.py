"""What a database holds, whatever its tables are: its shape, its rows, and rows to fill it with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, MetaData, inspect, select

Rows = dict[str, list[dict[str, Any]]]


def schema(connection: Connection) -> dict[str, Any]:
    """Everything the engine itself says of its tables, CHECKs and enums included."""
    look = inspect(connection)
    return {
        name: {
            "columns": {
                c["name"]: (repr(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(name)
            },
            "primary key": look.get_pk_constraint(name),
            "foreign keys": sorted(look.get_foreign_keys(name), key=str),
            "uniques": sorted(look.get_unique_constraints(name), key=str),
            "indexes": sorted((index(i) for i in look.get_indexes(name)), key=str),
            "checks": sorted(look.get_check_constraints(name), key=str),
        }
        for name in set(look.get_table_names()) - {"alembic_version"}
    }


def index(found: Any) -> dict[str, Any]:
    """An index whose condition, if it has one, can be compared."""
    return {**found, "dialect_options": {k: str(v) for k, v in found.get("dialect_options", {}).items()}}


def reflected(connection: Connection) -> MetaData:
    """The tables as they stand, which at an older revision are not those of `tables/`."""
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def by_content(row: dict[str, Any]) -> str:
    """Order rows, whatever the order of their columns."""
    return str(sorted(row.items()))


def rows(connection: Connection) -> Rows:
    """Everything the database holds, its revision included."""
    return {
        table.name: sorted(
            (dict(row) for row in connection.execute(select(table)).mappings()),
            key=by_content,
        )
        for table in reflected(connection).sorted_tables
    }


def fill(connection: Connection) -> None:
    """Give every table one row with every column and one with only the required ones."""
    for table in reflected(connection).sorted_tables:
        if table.name != "alembic_version":
            for number in (1, 2):
                wanted = [column for column in table.columns if number == 1 or not column.nullable]
                connection.execute(table.insert().values({c.name: value(c, number) for c in wanted}))


def value(column: Column[Any], number: int) -> Any:
    """Something that fits the column, the same for a key and what refers to it."""
    for key in column.foreign_keys:
        return value(key.column, number)
    kind = column.type.python_type
    if kind is str:
        return f"{number} {column.name}"[: getattr(column.type, "length", None)]
    return {
        int: number,
        bool: number == 1,
        datetime: datetime(2026, 1, 31, 8, tzinfo=UTC) + timedelta(days=number),
        date: date(2026, 1, number),
        object: {"number": number},  # JSON
    }[kind]


def shared(held: Rows, other: Rows) -> Rows:
    """What `held` says of the tables and columns that `other` has too."""
    return {
        name: sorted(
            ({key: row[key] for key in row if key in other[name][0]} for row in held[name]),
            key=by_content,
        )
        for name in held
        if other.get(name) and name != "alembic_version"
    }
