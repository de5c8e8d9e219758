"""A lock file beside the SQLite database, so that a second process is refused with a plain sentence."""

import os
import sys
from pathlib import Path

from .errors import DatabaseBusy

if sys.platform != "win32":
    import fcntl


class FileLock:
    """Holds `<database>.lock` until released; the system releases it when the process dies.

    Shared holders tolerate each other; an exclusive one tolerates nobody. The file holds the pid of the last
    process to lock it and stays behind, since removing it would let two processes lock two different files.
    Raises DatabaseBusy where another holder is in the way. Windows has no flock: there nothing is locked.
    """

    def __init__(self, database: Path, *, exclusive: bool) -> None:
        self._file = database.with_name(f"{database.name}.lock").open("a+", encoding="ascii")
        try:
            if sys.platform != "win32":
                fcntl.flock(self._file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read(32).strip() or "unknown"
            self._file.close()
            raise DatabaseBusy(
                f"{database.name} is in use by another process (its number is {holder}). "
                "Stop the bot or the command that uses it, then try again."
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let the next process in."""
        self._file.close()
