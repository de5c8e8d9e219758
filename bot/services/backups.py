"""Back-ups on a schedule: one checked copy each time, and the old ones removed, by name and by nothing else."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import Clock
from bot.services.duties import Duties
from bot.storage.database import Database

# What somebody had erased must be gone from every copy of ours by then (M8).
PROMISE = timedelta(days=30)
LOOKED_AT_EVERY = timedelta(hours=1)
# Who died in the middle, or could not make it, is followed by whoever looks next, himself perhaps.
TURN = timedelta(minutes=50)
# A day later means at the round a day later, not at the one after it.
SLACK = timedelta(minutes=5)
_TURN_OF = "backup"
_STAMP = "%Y%m%dT%H%M%SZ"
_OURS = re.compile(r"reps-(\d{8}T\d{6}Z)\.(?:db|dump)")
# Made before a migration, by bot/storage/migrate.py.
_MIGRATION = re.compile(r".+-before-\w+\.(?:db|dump)")
_UNFINISHED = re.compile(r"(?:reps-\d{8}T\d{6}Z|.+-before-\w+)\.(?:db|dump)\.unfinished")


@dataclass(frozen=True, slots=True)
class Copy:
    """One back-up of the schedule's, and the moment its name tells."""

    path: Path
    at: datetime


def copies(folder: Path) -> tuple[Copy, ...]:
    """The schedule's back-ups in a folder, newest first."""
    found = (
        Copy(path, datetime.strptime(name[1], _STAMP).replace(tzinfo=UTC))
        for path in _files(folder)
        if (name := _OURS.fullmatch(path.name))
    )
    return tuple(sorted(found, key=lambda copy: copy.at, reverse=True))


class Backups:
    """Makes the copies and removes them; with `every` nought none are made, and old ones still go."""

    def __init__(
        self,
        database: Database,
        duties: Duties,
        clock: Clock,
        folder: Path,
        *,
        every: timedelta,
        lasting: timedelta,
    ) -> None:
        self._database = database
        self._duties = duties
        self._clock = clock
        self._folder = folder
        self._every = every
        self._lasting = lasting
        self.newest: Copy | None = None

    async def make(self) -> Path | None:
        """Copy the database if it is time and no other process does; where the copy is. Raises BackupFailed."""
        if not self._every or not await self._duties.take_turn(
            _TURN_OF, TURN, longest=max(TURN, self._every)
        ):
            return None
        now = self._clock.now()
        kind = "db" if self._database.dialect == "sqlite" else "dump"
        target = self._folder / f"reps-{now.strftime(_STAMP)}.{kind}"
        await self._database.backup(target)
        await self._duties.remember(_TURN_OF, (now + self._every - SLACK).isoformat())
        return target

    def overdue(self) -> bool:
        """Whether the newest copy, which alone outlives its time, is older than members were promised."""
        return self.newest is not None and self._clock.now() - self.newest.at > PROMISE

    async def tidy(self) -> tuple[Path, ...]:
        """Remove what is too old, but never the newest copy; what was removed."""
        return await asyncio.to_thread(self._tidy, self._clock.now())

    def _tidy(self, now: datetime) -> tuple[Path, ...]:
        found = copies(self._folder)
        self.newest = next(iter(found), None)
        gone = [copy.path for copy in found[1:] if now - copy.at > self._lasting]
        for path in _files(self._folder):
            age = now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if (_MIGRATION.fullmatch(path.name) and age > PROMISE) or (
                _UNFINISHED.fullmatch(path.name) and age > timedelta(days=1)
            ):
                gone.append(path)
        for path in gone:
            path.unlink(missing_ok=True)
        return tuple(gone)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
