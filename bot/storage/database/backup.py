"""Copies of a SQLite database: made online, checked, and put back."""

import os
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

from .errors import BackupFailed


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy one moment of `source`, which may be in use, to `target` as a single checked file.

    `target` appears whole or not at all. Raises BackupFailed.
    """
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            # All pages in one step: in smaller steps each write made meanwhile would start the copy over.
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _verify(copy, source)
        _sync(unfinished)
        unfinished.replace(target)
        _sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise BackupFailed(f"{source} could not be copied to {target}: {error}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def restore_sqlite(source: Path, database: Path) -> Path | None:
    """Put the backup `source` in the place of `database`, which nobody may have open.

    Returns where the replaced database is kept, None if there was none. Raises BackupFailed, and then
    nothing was replaced.
    """
    if not source.is_file() or not source.stat().st_size:
        # SQLite takes an empty file for an empty database, and would replace everything with nothing.
        raise BackupFailed(f"{source} is not a backup: it is missing or empty.")
    incoming = database.with_name(f"{database.name}.incoming")
    copy_sqlite(source, incoming)
    kept = None
    if database.exists():
        kept = database.with_name(f"{database.name}.replaced")
        # The log belongs to the old pages: beside the new ones it would be played into them.
        for suffix in ("-wal", ""):
            old, aside = (path.with_name(path.name + suffix) for path in (database, kept))
            aside.unlink(missing_ok=True)
            if old.exists():
                old.replace(aside)
        database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    incoming.replace(database)
    _sync(database.parent)
    return kept


def _verify(copy: sqlite3.Connection, source: Path) -> None:
    findings = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
    if findings != ["ok"]:
        raise BackupFailed(f"{source} is damaged: {'; '.join(findings)}.")
    if orphan := copy.execute("PRAGMA foreign_key_check").fetchone():
        raise BackupFailed(
            f"{source} is damaged: a row of {orphan[0]} refers to a missing row of {orphan[2]}."
        )


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
