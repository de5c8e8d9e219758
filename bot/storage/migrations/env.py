"""Where Alembic meets the tables; `bot.storage.migrate` runs it with a connection, the `alembic` command without.

To add a migration: change `tables/`, then, with REPS_DATABASE_URL naming a scratch database,

    alembic upgrade head
    alembic revision --autogenerate -m "recitation rounds"

and read what it wrote in `versions/`: autogenerate sees neither CHECKs, enums nor renames, and does not move
data. Write `downgrade` too. Change an existing table with `op.batch_alter_table`, name every constraint, and give
a new column that is not nullable a `server_default` (dropped again in the same step), since tables hold rows.
A migration never imports `tables/`, which will have moved on. A published one is never edited.
"""

from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Connection

from bot.config import Settings
from bot.storage.migrate import OPTIONS, transact
from bot.storage.types import UtcDateTime


def number(_: MigrationContext, __: object, scripts: Iterable[MigrationScript]) -> None:
    """Count migrations instead of drawing their ids: 0001, 0002."""
    known = ScriptDirectory.from_config(context.config).walk_revisions()
    for position, script in enumerate(scripts, start=1 + sum(1 for _ in known)):
        script.rev_id = f"{position:04}"


def spell(kind: str, item: Any, writing: AutogenContext) -> str | Literal[False]:
    """Write our own column types so that the migration runs as it is."""
    if kind == "type" and isinstance(item, UtcDateTime):
        writing.imports.add("from bot.storage.types import UtcDateTime")
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, JSON):
        writing.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


def run(connection: Connection) -> None:
    """Do what Alembic was asked for, in the transaction that is open."""
    context.configure(connection=connection, process_revision_directives=number, render_item=spell, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


if given := context.config.attributes.get("connection"):
    run(given)
else:
    transact(Settings().url(), run)
