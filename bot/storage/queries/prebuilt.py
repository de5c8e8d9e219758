"""Statements built once, for the paths every answer takes: building a statement costs several times its running."""

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def bare(table: type[DeclarativeBase]) -> Table:
    """The table itself: a statement over it passes by the object mapping, which costs as much again."""
    return cast(Table, table.__table__)


def prebuilt(table: type[DeclarativeBase], finish: Callable[[Any], Any]) -> Callable[[Session], Any]:
    """An INSERT as `finish` completes it, for each engine; called with a session, it gives that engine's own.

    The values are given when it is executed, and it knows nothing of objects: loaded ones stay as they were.
    """
    by_engine = {
        "sqlite": finish(sqlite.insert(bare(table))),
        "postgresql": finish(postgresql.insert(bare(table))),
    }
    return lambda db: by_engine[db.get_bind().dialect.name]
