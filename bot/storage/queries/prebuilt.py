"""Statements built once, for the paths every answer takes: building one costs several times its running."""

from collections.abc import Callable
from typing import Any, Self, cast

from sqlalchemy import CursorResult, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def bare(table: type[DeclarativeBase]) -> Table:
    """The table itself, for statements that read and write columns rather than objects."""
    return cast(Table, table.__table__)


class Prebuilt:
    """A statement over bare tables; its values come when it is run.

    It passes by the session's objects: what is unsaved stays unsaved, what is loaded stays as it was.
    """

    def __init__(self, statement: Executable, *, postgres: Executable | None = None) -> None:
        self._by_engine = {"sqlite": statement, "postgresql": statement if postgres is None else postgres}

    @classmethod
    def insert(cls, table: type[DeclarativeBase], finish: Callable[[Any], Any]) -> Self:
        """An INSERT as `finish` completes it, in each engine's own dialect."""
        return cls(finish(sqlite.insert(bare(table))), postgres=finish(postgresql.insert(bare(table))))

    def __call__(self, db: Session, **values: Any) -> CursorResult[Any]:
        """Run it in the session's transaction."""
        connection = db.connection()
        return connection.execute(self._by_engine[connection.dialect.name], values)
