"""What runs in a container: the pins agree, every setting that is named exists, and nobody is root."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from bot.config import Settings

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docs" / "compose.yaml")
PROCESSES = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "reps"}
PIN = re.compile(r"^([\w.-]+)==([\w.]+)(.*)$", re.MULTILINE)


def pins(text: str) -> dict[str, tuple[str, str]]:
    """Version and marker by canonical name."""
    return {
        canonicalize_name(name): (version, rest.strip(" \\;")) for name, version, rest in PIN.findall(text)
    }


# --- pins


def test_the_image_s_pins_are_the_constraints_own() -> None:
    constraints = pins((ROOT / "constraints.txt").read_text())
    assert {name: pin[0] for name, pin in pins(LOCK).items()} == {
        name: constraints[name][0] for name in pins(LOCK)
    }


def test_the_image_has_what_the_project_needs_and_no_tools() -> None:
    locked = pins(LOCK)
    extras = PROJECT["optional-dependencies"]
    for text in (*PROJECT["dependencies"], *extras["postgres"], *extras["speed"]):
        wanted = Requirement(text)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)][0]), text
    # What discord.py[speed] brings.
    assert {"orjson", "aiodns", "brotli", "greenlet"} <= locked.keys()
    assert not {"pytest", "simcord", "mypy", "ruff", "hypothesis"} & locked.keys()


def test_every_pin_has_its_hashes() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) == len(pins(LOCK))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


# --- the image


def test_the_image_runs_as_nobody_special_with_hashed_wheels_only() -> None:
    assert "--only-binary :all: --require-hashes" in DOCKERFILE
    user = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert user == ["10001"]
    assert "HEALTHCHECK" in DOCKERFILE


def test_the_image_takes_only_what_it_copies() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE))
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_every_setting_the_image_makes_exists() -> None:
    made = set(re.findall(r"\b((?:REPS|DISCORD)_\w+)=", DOCKERFILE.partition("ENV ")[2]))
    assert made
    assert made <= set(Settings.names().values())


# --- compose


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_every_setting_and_secret_of_a_process_exists(name: str) -> None:
    process, names = PROCESSES[name], set(Settings.names().values())
    assert set(process["environment"]) <= names
    assert {secret.upper() for secret in process["secrets"]} <= names
    assert process["environment"]["REPS_SECRETS_DIR"] == "/run/secrets"


def test_the_processes_share_all_shards_and_no_shard_twice() -> None:
    shards = [
        int(shard) for one in PROCESSES.values() for shard in one["environment"]["REPS_SHARD_IDS"].split(",")
    ]
    assert len(PROCESSES) == 2
    assert {one["environment"]["REPS_SHARD_COUNT"] for one in PROCESSES.values()} == {str(len(shards))}
    assert sorted(shards) == list(range(len(shards)))
    assert len({one["hostname"] for one in PROCESSES.values()}) == 2


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_every_container_is_closed_and_comes_back(name: str) -> None:
    one = COMPOSE["services"][name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["restart"] == "unless-stopped"
    assert one["healthcheck"]["test"][0] == "CMD"
    assert {volume.partition(":")[0] for volume in one["volumes"]} <= COMPOSE["volumes"].keys()
    assert set(one["secrets"]) <= COMPOSE["secrets"].keys()


def test_no_password_stands_in_the_file() -> None:
    assert COMPOSE["services"]["database"]["image"] == "postgres:17"
    assert not any(
        "PASSWORD" in key and "FILE" not in key for key in COMPOSE["services"]["database"]["environment"]
    )
    assert all(path["file"].startswith("./secrets/") for path in COMPOSE["secrets"].values())
