"""INSERT that both engines can make conflict-safe; a caught IntegrityError would abort PostgreSQL's transaction."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def insert_into(db: Session, table: type[DeclarativeBase]) -> Any:
    """The engine's own INSERT, with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if db.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
