"""Statements built once, for the paths every answer takes: building one costs several times its running."""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any, Self, cast

from sqlalchemy import BindParameter, Dialect, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeEngine


def bare(table: type[DeclarativeBase]) -> Table:
    """The table itself, for statements that read and write columns rather than objects."""
    return cast(Table, table.__table__)


def given(*names: str) -> dict[str, BindParameter[Any]]:
    """The values of columns of these names, to be given when the statement is run."""
    return {name: bindparam(name) for name in names}


class Prebuilt:
    """A statement over bare tables; the values of its bind parameters come when it is run.

    It passes by the session's objects: what is unsaved stays unsaved, what is loaded stays as it was. On SQLite a
    failure is the driver's own error.
    """

    def __init__(self, statement: Any, *, postgres: Any = None) -> None:
        self._sqlite, self._postgres = statement, statement if postgres is None else postgres
        self._driven: _Driven | None = None

    @classmethod
    def insert(cls, table: type[DeclarativeBase], finish: Callable[[Any], Any]) -> Self:
        """An INSERT as `finish` completes it, in each engine's own dialect."""
        return cls(finish(sqlite.insert(bare(table))), postgres=finish(postgresql.insert(bare(table))))

    def rows(self, db: Session, **values: Any) -> Sequence[Any]:
        """Run it in the session's transaction; the rows it returns, if any, have its columns as attributes."""
        connection = db.connection()
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            if self._driven is None:
                self._driven = _Driven(self._sqlite, connection.dialect)
            return self._driven.rows(driver, values)
        statement = self._sqlite if connection.dialect.name == "sqlite" else self._postgres
        result = connection.execute(statement, values)
        return result.all() if result.returns_rows else ()

    def first(self, db: Session, **values: Any) -> Any:
        """Run it; its first row, or None."""
        rows = self.rows(db, **values)
        return rows[0] if rows else None

    def value(self, db: Session, **values: Any) -> Any:
        """Run it; the first column of its first row, or None."""
        row = self.first(db, **values)
        return row[0] if row else None


class _Driven:
    """A statement as SQLite's driver takes it.

    SQLAlchemy writes it and converts its values, and is passed by when it runs: there its contexts, events and
    results cost four times what SQLite does.
    """

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._words = str(compiled)
        self._constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._given = [
            (name, _own(compiled.binds[name].type, dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]
        columns = list(statement.exported_columns)
        self._row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
        found = [_own(column.type, dialect).result_processor(dialect, None) for column in columns]
        self._found = [(place, convert) for place, convert in enumerate(found) if convert]

    def rows(self, driver: sqlite3.Connection, values: dict[str, Any]) -> list[Any]:
        values |= self._constants
        cursor = driver.execute(
            self._words, [convert(values[name]) if convert else values[name] for name, convert in self._given]
        )
        rows = []
        for raw in cursor.fetchall():
            cells = list(raw)
            for place, convert in self._found:
                cells[place] = convert(cells[place])
            rows.append(self._row(*cells))
        return rows


def _own(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)
