"""The README cannot lag: it names every command, every setting and every operator's command."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer
from discord import app_commands

from bot.cli import app
from bot.client.bot import StudyBot
from bot.config import Settings

ROOT = Path(__file__).parents[2]


def missing(wanted: Iterator[str], file: str = "README.md") -> list[str]:
    path = ROOT / file
    words = path.read_text() if path.exists() else ""
    return [name for name in wanted if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words)]


def settings() -> Iterator[str]:
    yield from Settings.names().values()


def operators_commands() -> Iterator[str]:
    group = typer.main.get_command(app)
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        inner = getattr(command, "commands", {})
        yield from (f"{name} {one}" for one in inner) if inner else [f"python -m bot {name}"]


async def test_the_readme_names_every_command(loaded: StudyBot) -> None:
    commands = [one for one in loaded.tree.walk_commands() if isinstance(one, app_commands.Command)]
    assert missing(f"/{one.qualified_name}" for one in commands) == []


def test_the_readme_names_every_setting() -> None:
    assert missing(settings()) == []


def test_the_readme_names_every_operators_command() -> None:
    assert missing(operators_commands()) == []


def test_the_example_settings_name_every_setting() -> None:
    assert missing(settings(), ".env.example") == []
