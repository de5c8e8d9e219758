"""`check`: what an operator reads before going to sleep; nothing is changed by it."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import discord
import discord.http
import pytest

from bot.check import Level, Line, look
from bot.client.bot import PERMISSIONS
from bot.clock import SystemClock
from bot.config import Settings
from bot.storage.database.lock import FileLock
from bot.storage.migrate import migrate
from tests.cli.conftest import Command
from tests.cli.discord_server import PROGRAM, DiscordServer, discord_server
from tests.cli.test_run import process, rest

DATABASE = Path("var/reps.db")


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordServer]:
    async with discord_server() as serving:
        monkeypatch.setattr(discord.http.Route, "BASE", serving.base)
        yield serving


async def seen(group: str) -> list[Line]:
    """What stands under one heading, with a token set."""
    settings = Settings(discord_token="a.b.c")
    return [line async for line in look(settings, offline=False) if line.group == group]


# --- the whole of it


def test_without_a_token_and_a_database_it_says_so_and_makes_nothing(command: Command, folder: Path) -> None:
    result = command("check")
    assert result.exit_code == 1
    assert result.output.startswith(
        "Settings\n  • No DISCORD_TOKEN or DISCORD_TOKEN_FILE is set; only the demo can run.\n"
    )
    assert "Database\n    none yet; the first start makes it.\n" in result.output
    assert result.output.endswith("Findings: 1.\n")
    assert list(folder.iterdir()) == []


def test_all_is_well_also_beside_a_running_bot_and_nothing_is_touched(command: Command) -> None:
    command("db", "upgrade")
    before = {name: os.stat(f"var/{name}").st_mtime_ns for name in os.listdir("var")}
    running = FileLock(DATABASE, exclusive=True)
    touched = os.stat("var/reps.db.lock").st_mtime_ns
    try:
        result = command("check", "--offline", DISCORD_TOKEN="a.b.c")
    finally:
        running.release()
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "All is well.")
    assert ": ready.\n" in result.output
    assert "Discord\n    not asked, as you wished.\n" in result.output
    now = {name: os.stat(f"var/{name}").st_mtime_ns for name in os.listdir("var")}
    assert now == {**before, "reps.db.lock": touched}


async def test_discord_is_asked_by_the_real_command(server: DiscordServer) -> None:
    server.servers = [{"id": "5", "name": "Study hall", "permissions": str(PERMISSIONS.value)}]
    async with process("-c", PROGRAM, "check", server.base, DISCORD_TOKEN="a.b.c") as running:
        words = await rest(running)
    assert running.returncode == 0
    for line in (
        "the token is Reps's.",
        "no privileged intent is needed",
        "999 of 1,000 session starts are left",
        "this machine's clock agrees with Discord's.",
        "servers: 1.",
    ):
        assert f"    {line}" in words
    assert words.endswith("All is well.\n")


# --- Discord


async def test_a_token_discord_does_not_know_is_a_finding(server: DiscordServer) -> None:
    server.accepts = False
    (line,) = await seen("Discord")
    assert (line.level, line.words.partition(".")[0]) == (Level.FINDING, "Discord did not accept the token")


async def test_no_network_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9")
    (line,) = await seen("Discord")
    assert line.level is Level.FINDING
    assert line.words.startswith("Discord cannot be reached (")
    assert "--offline" in line.words


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [
        (timedelta(seconds=3), Level.FINE, "agrees"),
        (timedelta(seconds=-20), Level.NOTE, "20 s ahead of Discord's."),
        (timedelta(minutes=10), Level.FINDING, "behind Discord's; let it follow a time server."),
        (timedelta(hours=-2), Level.FINDING, "posts would go out at wrong hours. Set it first."),
    ],
)
async def test_a_clock_that_is_off_is_told_of(
    server: DiscordServer, ahead: timedelta, level: Level, words: str
) -> None:
    server.ahead = ahead
    (line,) = [line for line in await seen("Discord") if "clock" in line.words]
    assert line.level is level
    assert words in line.words


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        (
            0,
            Level.FINDING,
            "0 of 1,000 session starts are left for today. The bot can connect again in 2.0 hours.",
        ),
        (99, Level.NOTE, "99 of 1,000"),
        (100, Level.FINE, "100 of 1,000"),
    ],
)
async def test_session_starts_that_run_out_are_told_of(
    server: DiscordServer, left: int, level: Level, words: str
) -> None:
    server.starts = left
    (line,) = [line for line in await seen("Discord") if "session starts" in line.words]
    assert line.level is level
    assert line.words.startswith(words)


async def test_each_server_s_missing_permissions_are_named(server: DiscordServer) -> None:
    poor = PERMISSIONS & ~discord.Permissions(attach_files=True, create_public_threads=True)
    everything = discord.Permissions(administrator=True)
    server.servers = [
        {"id": str(number), "name": f"Hall {number}\x1b[2J", "permissions": str(PERMISSIONS.value)}
        for number in range(1, 451)
    ]
    server.servers[3]["permissions"] = str(everything.value)
    server.servers[449]["permissions"] = str(poor.value)
    lines = await seen("Discord")
    assert "servers: 450." in [line.words for line in lines]
    (missing,) = [line for line in lines if "missing" in line.words]
    assert missing.level is Level.FINDING
    assert missing.words == (
        "Hall 450[2J: missing Create Public Threads (reveals have no discussion thread); "
        "Attach Files (reveals have a picture, so they cannot be posted)."
    )
    for one in server.servers:
        one["permissions"] = "0"
    assert (await seen("Discord"))[-1].words == "and 430 more servers where something is missing."


# --- what is kept here


@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_secret_everyone_can_read_is_told_of(command: Command, folder: Path, mode: int, told: bool) -> None:
    (folder / "secrets").mkdir()
    files = folder / "token", folder / ".env", folder / "secrets" / "reps_database_url"
    for file, words in zip(files, ("a.b.c", "DISCORD_TOKEN=a.b.c", "sqlite+aiosqlite:///x.db"), strict=True):
        file.write_text(words)
        file.chmod(mode)
    result = command("check", "--offline", DISCORD_TOKEN_FILE="token", REPS_SECRETS_DIR="secrets")
    assert result.exit_code == 0
    for file in ("token", ".env", "secrets/reps_database_url"):
        assert (f"! every user of this machine can read {file}: chmod 600 {file}" in result.output) is told


def test_a_database_of_another_version_is_told_of(command: Command) -> None:
    command("db", "upgrade")
    bot_at = command("check", "--offline", DISCORD_TOKEN="a.b.c").output
    with_sqlite("DELETE FROM alembic_version")
    result = command("check", "--offline")
    assert "reachable, at no tables of ours; the next start or `db upgrade` brings it to" in result.output
    assert result.exit_code == 0
    with_sqlite("INSERT INTO alembic_version VALUES ('9999_from_the_future')")
    result = command("check", "--offline")
    assert "• This database was last used by a newer Reps" in result.output
    assert result.exit_code == 1
    assert "reachable, at 0" in bot_at


async def test_a_postgresql_is_looked_at_too(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url)
    await migrate(postgres_url)
    lines = [line async for line in look(settings, offline=True) if line.group == "Database"]
    assert [line.level for line in lines] == [Level.FINE]
    assert lines[0].words.startswith("reachable, at ")


@pytest.mark.parametrize(("every", "told"), [(24, True), (0, False)])
async def test_a_postgresql_that_cannot_be_copied_is_a_finding(
    folder: Path, monkeypatch: pytest.MonkeyPatch, every: int, told: bool
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    settings = Settings(database_url="postgresql+asyncpg://reps@127.0.0.1:1/reps", backup_every_hours=every)
    lines = [line async for line in look(settings, offline=True) if line.group == "Back-ups"]
    found = [line.words for line in lines if line.level is Level.FINDING]
    assert [words.partition(" is ")[0] for words in found] == ["pg_dump"] * told


def with_sqlite(statement: str) -> None:
    with closing(sqlite3.connect(DATABASE)) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize(("free", "mark"), [(499, "!"), (501, " ")])
def test_little_room_is_told_of(
    command: Command, monkeypatch: pytest.MonkeyPatch, free: int, mark: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free * 2**20))
    result = command("check", "--offline", DISCORD_TOKEN="a.b.c")
    assert result.exit_code == 0
    assert f"  {mark} " in result.output
    assert f"var has {free} MiB left." in result.output


def test_a_folder_that_cannot_be_written_to_is_a_finding(command: Command, folder: Path) -> None:
    (folder / "file").write_text("in the way")
    result = command("check", "--offline", DISCORD_TOKEN="a.b.c", REPS_DATA_DIR="file")
    assert result.exit_code == 1
    assert "file cannot be written to by this user. Who owns it?" in result.output


@pytest.mark.parametrize(
    ("hours", "every", "level", "words"),
    [
        (47, 24, Level.FINE, "is 47 hours old"),
        (49, 24, Level.FINDING, "is 49 hours old"),
        (49, 0, Level.FINE, "is 49 hours old"),
        (31 * 24, 0, Level.FINDING, "is 744 hours old"),
        (None, 24, Level.NOTE, "none in var/backups yet"),
    ],
)
async def test_the_newest_back_up_s_age_is_told(
    folder: Path, hours: int | None, every: int, level: Level, words: str
) -> None:
    (folder / "var" / "backups").mkdir(parents=True)
    now = SystemClock().now()
    for age in (900, hours) if hours is not None else ():
        at = now - timedelta(hours=age)
        (folder / "var" / "backups" / f"reps-{at:%Y%m%dT%H%M%SZ}.db").touch()
    lines = [
        line
        async for line in look(Settings(backup_every_hours=every), offline=True)
        if line.group == "Back-ups"
    ]
    assert lines[-1].level is level
    assert words in lines[-1].words
