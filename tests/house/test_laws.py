"""The small laws of the house: lengths, names, refusals, the top level (HOUSE §3, §6, §7)."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from bot.domain import errors
from bot.domain.errors import Refusal

ROOT = Path(__file__).parents[2]
CODE = sorted(path for room in ("bot", "cogs") for path in (ROOT / room).rglob("*.py"))
IGNORED = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
TOP_LEVEL = {
    "bot",
    "cogs",
    "data",
    "docs",
    "tests",
    "pyproject.toml",
    "Dockerfile",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "constraints.txt",
    "requirements.lock",
    ".ci",
    ".dockerignore",
    ".env.example",
    ".git",
    ".gitignore",
}
# Spelled in two parts, so that this file does not name them itself.
HOSTS = re.compile("|".join(("py" + r"pi\.", r"\bpy" + "thonhosted", "npm" + r"js\.", "crates" + r"\.io")))


def ignored(path: Path) -> bool:
    return any(fnmatch(path.name, pattern) for pattern in IGNORED)


def kept_files(folder: Path = ROOT) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name == ".git" or ignored(path):
            continue
        if path.is_dir():
            yield from kept_files(path)
        else:
            yield path


# --- lengths and names


def test_cogs_stay_under_250_lines() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "cogs").glob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines >= 250} == {}


def test_modules_stay_within_400_lines() -> None:
    # A published migration is never edited, so it may be as long as it came.
    modules = [path for path in CODE if path.parent.name != "versions"]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_modules_have_telling_names_and_a_role() -> None:
    vague = {"utils", "helpers", "manager", "common", "util", "helper", "misc"}
    assert [path for path in CODE if {path.stem, path.parent.name} & vague] == []
    assert [path for path in CODE if not path.read_text().startswith('"""')] == []


# --- refusals


def leaves(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield from leaves(child)
        if not child.__subclasses__():
            yield child


def choice_of(hint: Any) -> Any:
    """One of a fact's words, where it has a choice of them."""
    return get_args(hint)[0] if get_origin(hint) is Literal else None


def sample(kind: type[Refusal]) -> Refusal:
    facts: dict[Any, Any] = {
        str: "Words",
        int: 17,
        datetime: datetime(2026, 3, 2, tzinfo=UTC),
        date: date(2026, 3, 2),
        tuple[str, ...]: ("Send Messages",),
    }
    hints = get_type_hints(kind)
    names: list[str] = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    return kind(**{name: choice_of(hints[name]) or facts.get(hints[name]) for name in names})


@pytest.mark.parametrize("kind", sorted(leaves(), key=str))
def test_a_refusal_says_what_happened_and_what_to_do(kind: type[Refusal]) -> None:
    sentence = sample(kind).sentence
    assert sentence[0].isupper()
    assert sentence[-1] in ".?!"
    assert "None" not in sentence
    assert len(sentence) <= 300
    assert str(sample(kind)) == sentence


def test_the_tree_of_refusals_is_complete_and_names_nothing_else() -> None:
    tree = (errors.__doc__ or "").partition("Refusal\n")[2]
    named = re.findall(r"\b[A-Z]\w+\b(?!:)", tree)
    assert sorted(named) == sorted(kind.__name__ for kind in leaves())


# --- the top level, and what no file says


def test_the_top_level_holds_only_what_must_be_there() -> None:
    assert {path.name for path in ROOT.iterdir() if not ignored(path)} - TOP_LEVEL == set()


def test_no_file_names_a_registry_or_a_path_of_this_machine() -> None:
    path_of_here = re.compile("/work" + "/(main|venv|shared|notes)")
    found = []
    for path in kept_files():
        words = path.read_text(errors="ignore")
        if HOSTS.search(words) or path_of_here.search(words):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


# --- what the tools say


@pytest.mark.parametrize(
    "tool",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "--strict"]],
    ids=["ruff", "format", "mypy"],
)
def test_a_tool_finds_nothing(tool: list[str]) -> None:
    # The bans on datetime.now and bare random outside clock and assembly are ruff's (pyproject.toml).
    done = subprocess.run([sys.executable, "-m", *tool], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
