"""Imports only go down, and every module stands on a named floor (HOUSE §2)."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
FLOORS = {floor for layer in CONTRACTS["floors"]["layers"] for floor in layer.split(" | ")}
ENTRY = {"bot.__main__", "bot.cli", "bot.check", "bot.demo", "bot.assembly"}


def test_every_contract_holds() -> None:
    # In a process of its own: it switches off the loggers of everyone else.
    program = "from importlinter.cli import lint_imports_command as run; run(['--no-cache', '--no-logo'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_every_module_stands_on_a_floor() -> None:
    modules = {
        f"bot.{path.stem}"
        for path in (ROOT / "bot").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert {*modules, "cogs"} == FLOORS


@pytest.mark.parametrize(
    ("contract", "allowed"),
    [
        ("discord", {"cogs", "bot.ui", "bot.client", *ENTRY}),
        ("sqlalchemy", {"bot.services", "bot.storage"}),
        ("storage", FLOORS - {"cogs", "bot.ui", "bot.client", "bot.jobs"}),
    ],
)
def test_a_contract_watches_every_floor_but_those_allowed(contract: str, allowed: set[str]) -> None:
    assert set(CONTRACTS[contract]["source_modules"]) == FLOORS - allowed


def test_the_assembly_names_every_cog() -> None:
    from bot.assembly import COGS

    found = {f"cogs.{path.stem}" for path in (ROOT / "cogs").glob("*.py") if path.stem != "__init__"}
    assert set(COGS) == found
