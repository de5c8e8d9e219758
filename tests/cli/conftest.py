"""An operator at the command line, in an empty folder and with no settings of their own."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from bot.cli import app

Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the operator stands."""
    for name in os.environ:
        if name.startswith(("REPS_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Give a command, with settings, and read what it says and its exit code."""
    root, config = logging.getLogger(), structlog.get_config()
    before = root.handlers, root.level

    def give(*words: str, **settings: str) -> Result:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(app, words)

    yield give
    root.handlers = before[0]
    root.setLevel(before[1])
    structlog.configure(**config)
