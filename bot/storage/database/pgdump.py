"""Copies of a PostgreSQL database, by its own programs pg_dump, pg_restore and psql."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

from sqlalchemy import URL

from .errors import BackupFailed

# A program that waits for ever, for a lock or for a server that is gone, must not hold up the next copy.
LONGEST_SECONDS = 45 * 60
LOCK_WAIT = "60s"
_LOOK_SECONDS = 0.2


def dump_postgres(url: URL, target: Path, stop: Event | None = None) -> None:
    """Write one moment of the database, which may be in use, to `target` in pg_dump's custom format.

    `target` appears whole or not at all. Raises BackupFailed, also when `stop` is set in the midst of it.
    """
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        options = (
            "--format=custom",
            "--no-owner",
            f"--lock-wait-timeout={LOCK_WAIT}",
            f"--file={unfinished}",
        )
        _run("pg_dump", url, *options, stop=stop)
        _run("pg_restore", None, "--list", str(unfinished))
        unfinished.replace(target)
    except OSError as error:
        raise BackupFailed(f"The database could not be copied to {target}: {error}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def missing_program() -> str | None:
    """The first program of PostgreSQL's that copying needs and that is not installed here."""
    return next((program for program in ("pg_dump", "pg_restore") if shutil.which(program) is None), None)


def restore_postgres(source: Path, url: URL) -> None:
    """Replace all the database holds by the dump `source`, in one transaction. Raises BackupFailed."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "dump.sql"
        _run("pg_restore", None, "--no-owner", f"--file={script}", str(source))
        # The whole schema: pg_restore's own --clean would leave what is newer than the dump, and the next
        # migration would stumble over it.
        replace = (
            "--command=DROP SCHEMA public CASCADE",
            "--command=CREATE SCHEMA public",
            f"--file={script}",
        )
        _run("psql", url, "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *replace)


def _run(program: str, url: URL | None, *options: str, stop: Event | None = None) -> None:
    if shutil.which(program) is None:
        raise BackupFailed(
            f"Reps copies PostgreSQL with its own program {program}, which is not installed here. "
            "Install the PostgreSQL client programs, or use your provider's backups."
        )
    environment = dict(os.environ)
    command = [program, *options]
    if url is not None:
        host, port = url.host or url.query.get("host"), url.port or url.query.get("port")
        places = {"host": host, "port": port, "username": url.username, "dbname": url.database}
        command[1:1] = [f"--{name}={value}" for name, value in places.items() if value]
        # Not on the command line, where every user of the machine could read it.
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        if isinstance(mode := url.query.get("ssl"), str):
            environment["PGSSLMODE"] = mode
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            failure = _wait(program, process, stop)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise BackupFailed(f"{program} failed: {failure.strip()}")


def _wait(program: str, process: subprocess.Popen[str], stop: Event | None) -> str:
    """What a program has to say when it is done."""
    over = monotonic() + LONGEST_SECONDS
    while True:
        try:
            return process.communicate(timeout=_LOOK_SECONDS)[1]
        except subprocess.TimeoutExpired:
            if stop is not None and stop.is_set():
                raise BackupFailed(f"{program} was stopped.") from None
            if monotonic() > over:
                raise BackupFailed(f"{program} was not done after {LONGEST_SECONDS // 60} minutes.") from None
