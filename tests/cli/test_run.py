"""The bot and the demo as processes: what they choose, what they say, and how they end."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import discord.http
import pytest
import typer
from aiohttp import ClientSession

from bot.cli import _kindly
from tests.cli.conftest import Command
from tests.cli.discord_server import PROGRAM, discord_server

ROOT = Path(__file__).parents[2]
BOT = ("-m", "bot")
PATIENCE = 180


@pytest.fixture
def port() -> Iterator[int]:
    """A port that something listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        yield taken.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as briefly:
        number: int = briefly.getsockname()[1]
    return number


@asynccontextmanager
async def process(*words: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python of its own, which does not outlive the test."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # No browser opens: `true` is called in its place.
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "BROWSER": "true", **settings},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def said(running: asyncio.subprocess.Process, wanted: str) -> str:
    """Read on until a line holds these words; that line."""
    assert running.stdout is not None
    before = []
    async for line in running.stdout:
        before.append(line.decode())
        if wanted in before[-1]:
            return before[-1]
    raise AssertionError(f"it never said {wanted!r}, but: {''.join(before)}")


async def rest(running: asyncio.subprocess.Process) -> str:
    words, _ = await running.communicate()
    return words.decode()


# --- what is chosen


async def test_without_a_token_it_says_so_and_is_the_demo() -> None:
    async with process(*BOT) as running:
        await said(running, "No DISCORD_TOKEN is set, so this is the demo")
        await said(running, "Setting the stage")
        running.send_signal(signal.SIGTERM)
        assert await rest(running) == "Stopped.\n"
        assert running.returncode == 0


async def test_with_a_token_it_is_the_bot() -> None:
    async with (
        discord_server(accepts=False) as server,
        process("-c", PROGRAM, server.base, DISCORD_TOKEN="a.b.c") as running,
    ):
        assert (await rest(running)).splitlines()[-1].startswith("Discord did not accept the token.")
        assert running.returncode == 2


def test_run_needs_a_token(command: Command) -> None:
    result = command("run")
    assert result.exit_code == 2
    assert result.output.startswith("Set DISCORD_TOKEN, or DISCORD_TOKEN_FILE")


# --- how the bot lives and ends


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_running_bot_stops_when_told(how: signal.Signals, free_port: int) -> None:
    async with (
        discord_server() as server,
        process(
            *("-c", PROGRAM, "run", server.base),
            DISCORD_TOKEN="a.b.c",
            REPS_PROBE_PORT=str(free_port),
            REPS_LOG_FORMAT="json",
        ) as running,
    ):
        await said(running, "commands synced")
        assert {command["name"] for command in server.told} >= {"setup", "daily", "leaderboard"}
        await said(running, "has connected to Gateway")
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{free_port}/healthz") as health:
            assert await health.text() == "ok"
        running.send_signal(how)
        words = await rest(running)
        assert words.splitlines()[-1] == "Stopped."
        assert "Traceback" not in words
        assert running.returncode == 0
    # The last to close the database leaves no log behind.
    assert sorted(os.listdir("var")) == ["reps.db", "reps.db.lock"]


async def test_discord_out_of_reach_is_said_plainly(free_port: int) -> None:
    async with process(
        "-c", PROGRAM, "run", f"http://127.0.0.1:{free_port}", DISCORD_TOKEN="a.b.c"
    ) as running:
        words = await rest(running)
        assert words.splitlines()[-1].startswith("Discord cannot be reached (")
        assert running.returncode == 1


async def test_a_gateway_that_is_lost_ends_with_a_code_of_its_own() -> None:
    impatient = (
        "from datetime import timedelta; import bot.assembly, bot.client.bot; "
        "bot.assembly.GATEWAY_EVERY = timedelta(seconds=0.2); "
        "bot.client.bot.SILENT_AT_MOST = timedelta(seconds=1)\n"
    )
    async with discord_server() as server:
        server.open = False
        async with process("-c", impatient + PROGRAM, "run", server.base, DISCORD_TOKEN="a.b.c") as running:
            await said(running, "gateway lost for too long; stopping so that I am started again")
            await rest(running)
            assert running.returncode == 3


async def test_what_it_writes_is_its_owner_s_alone() -> None:
    async with process(*BOT, "db", "upgrade") as running:
        await rest(running)
    async with process(*BOT, "db", "backup", "copies/monday") as running:
        await rest(running)
    for path in (Path("var"), Path("var/reps.db"), Path("copies/monday")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_probe_port_in_use_is_said_plainly(
    command: Command, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9")
    result = command("run", DISCORD_TOKEN="a.b.c", REPS_PROBE_PORT=str(port))
    assert result.exit_code == 1
    words = f"Port {port} cannot be used: Address already in use. Choose another one."
    assert result.output.splitlines()[-1] == words


# --- how the demo lives and ends


def test_a_probe_host_that_is_none_is_said_plainly(command: Command, free_port: int) -> None:
    result = command("run", DISCORD_TOKEN="a.b.c", REPS_PROBE_PORT=str(free_port), REPS_PROBE_HOST="no host")
    assert result.exit_code == 2
    assert result.output.splitlines()[-1].startswith("REPS_PROBE_HOST is no address")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_the_demo_plays_until_told(how: signal.Signals, folder: Path) -> None:
    async with process(*BOT, "demo", "--no-browser", TMPDIR=str(folder)) as running:
        line = await said(running, "Reps is playing at")
        address = re.search(r"http://\S+", line)
        assert address is not None
        async with ClientSession() as session, session.get(address[0]) as response:
            assert response.status == 200
        running.send_signal(how)
        assert await rest(running) == "Stopped.\n"
        assert running.returncode == 0
    assert os.listdir(folder) == []


def test_the_demo_on_a_port_in_use_is_said_plainly(command: Command, port: int) -> None:
    result = command("demo", "--no-browser", "--port", str(port))
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith(f"Port {port} cannot be used: Address already in use")


def test_a_folder_that_may_not_be_written_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        raise PermissionError(13, "Permission denied", "var")

    with pytest.raises(typer.Exit):
        _kindly(work())
    assert capsys.readouterr().out == "var cannot be opened: Permission denied. Who owns it?\n"


# --- the demo as text


async def test_the_script_walks_the_whole_path() -> None:
    async with process(*BOT, "demo", "--script") as running:
        words = await rest(running)
    assert running.returncode == 0
    found = [words.find(sentence) for sentence in PATH]
    assert -1 not in found, [sentence for sentence in PATH if sentence not in words]
    assert found == sorted(found)


PATH = (
    "## Reps in Interview study hall",
    "**1. Daily question**",
    "[everyone sees in #reps]",
    "Answers are private, the first one counts, and answering joins.",
    "## Right",
    "**+1 rep**",
    "## Not quite",
    "You answered this one",
    "the first answer counts",
    "## Answer: ",
    "A thread opens: Discuss: ",
    "This question was revealed",
    "Carmen looks at the leaderboard",
    "**Carmen (you)**: 2 points · 1 rep",
    "## Waiting for a partner",
    "## You recite with @Bao",
    "A private thread opens for the two: Recitation",
    "## Get ready",
    "## Well done",
    "## Feedback on your recitation",
)
