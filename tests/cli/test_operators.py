"""What an operator does to the bank and the database, and what they read when it cannot be done."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.config import DATA
from bot.storage.database.lock import FileLock
from tests.cli.conftest import Command

DATABASE = Path("var/reps.db")
NOT_A_DATABASE = "These are only my lecture notes.\n" * 40


def remember(name: str) -> None:
    """Write a row, as the bot would."""
    with closing(sqlite3.connect(DATABASE)) as database:
        database.execute("INSERT INTO facts (name, value) VALUES (?, '1')", [name])
        database.commit()


def remembered() -> list[str]:
    with closing(sqlite3.connect(DATABASE)) as database:
        return [row[0] for row in database.execute("SELECT name FROM facts ORDER BY name")]


# --- bank


def test_the_bank_that_ships_is_valid(command: Command) -> None:
    result = command("bank", "validate")
    assert result.exit_code == 0
    assert "all valid" in result.output


def test_a_bad_bank_is_told_problem_by_problem(command: Command, folder: Path) -> None:
    shutil.copytree(DATA / "bank", folder / "bank")
    file = next(iter(sorted((folder / "bank" / "probability").glob("*.md"))))
    file.write_text(file.read_text().replace("difficulty:", "hardness: 3\ndifficulty:"))
    result = command("bank", "validate", "bank")
    assert result.exit_code == 1
    assert f"probability/{file.name}" in result.output
    assert result.output.rstrip().endswith("Problems: 1.")
    for words in (["bank", "stats"], ["check", "--offline"]):
        result = command(*words, REPS_BANK_DIR="bank")
        assert result.exit_code == 1
        assert "`python -m bot bank validate` lists them" in result.output


def test_the_bank_is_counted(command: Command) -> None:
    result = command("bank", "stats")
    assert result.exit_code == 0
    assert result.output.startswith("topic")
    assert "probability" in result.output


# --- addresses, and files that are none


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres://reps:hunter2@db/reps", "A database address begins with sqlite+aiosqlite:///"),
        ("postgresql+asyncpg://reps:hunter2@127.0.0.1:1/reps", "cannot be opened"),
        ("sqlite+aiosqlite://", "SQLite needs a file"),
    ],
)
def test_check_and_upgrade_tell_of_a_bad_address_without_its_password(
    command: Command, folder: Path, url: str, words: str
) -> None:
    (folder / "address").write_text(f"{url}\n")
    for given, name, value in (
        (["check"], "REPS_DATABASE_URL", url),
        (["check"], "REPS_DATABASE_URL_FILE", "address"),
        (["db", "upgrade"], "REPS_DATABASE_URL_FILE", "address"),
    ):
        result = command(*given, **{"REPS_DATABASE_URL": "", name: value})
        # Starting again does not help where the address itself is wrong.
        wrong = given != ["check"] and words != "cannot be opened"
        assert result.exit_code == (2 if wrong else 1)
        assert words in result.output
        assert "hunter2" not in result.output


def test_a_file_that_is_no_database_is_told_of(command: Command) -> None:
    DATABASE.parent.mkdir()
    DATABASE.write_text(NOT_A_DATABASE)
    for given in (["check"], ["db", "upgrade"], ["db", "backup", "copy"], ["db", "verify"]):
        result = command(*given)
        assert result.exit_code == 1
        assert "file is not a database" in result.output


# --- db


def test_upgrade_makes_the_tables_once(command: Command) -> None:
    assert "Now at " in command("db", "upgrade").output
    assert command("db", "upgrade").output == "Already up to date.\n"


def test_what_was_lost_is_there_again_after_a_restore(command: Command) -> None:
    command("db", "upgrade")
    remember("before")
    assert command("db", "backup", "copies/monday").output == "Backed up to copies/monday.\n"
    remember("after")
    shutil.rmtree("var")

    assert command("db", "restore", "copies/monday").output == "Restored.\n"
    assert remembered() == ["before"]
    assert command("db", "upgrade").output == "Already up to date.\n"

    remember("later")
    result = command("db", "restore", "copies/monday")
    assert "The database before is kept as" in result.output
    assert remembered() == ["before"]


def test_what_is_no_backup_is_not_restored(command: Command) -> None:
    command("db", "upgrade")
    remember("kept")
    Path("notes").write_text(NOT_A_DATABASE)
    for source in ("notes", "nowhere"):
        result = command("db", "restore", source)
        assert result.exit_code == 1
        assert result.output.count("\n") == 1
    assert remembered() == ["kept"]


def test_a_backup_is_never_written_over_the_database(command: Command) -> None:
    command("db", "upgrade")
    inode = DATABASE.stat().st_ino
    result = command("db", "backup", str(DATABASE))
    assert result.exit_code == 1
    assert "choose another name" in result.output
    assert DATABASE.stat().st_ino == inode


@pytest.mark.parametrize("words", [["backup", "copy"], ["verify"]])
def test_without_a_database_none_is_made(command: Command, folder: Path, words: list[str]) -> None:
    result = command("db", *words)
    assert result.exit_code == 1
    assert "There is no database at" in result.output
    assert list(folder.iterdir()) == []


def test_verify_compares_totals_with_the_record(command: Command) -> None:
    command("db", "upgrade")
    assert command("db", "verify").output == "Totals and streaks agree with the record.\n"
    with closing(sqlite3.connect(DATABASE)) as database:
        database.execute("INSERT INTO totals VALUES (1, 'all', 'any', 7, 3, 0, TRUE)")
        database.commit()
    result = command("db", "verify")
    assert result.exit_code == 1
    assert "• Member 7 of server 1, all, any: 3 reps kept, 0 recorded." in result.output
    assert "derived from it: 1." in result.output


def test_verify_does_not_read_tables_of_another_version(command: Command) -> None:
    DATABASE.parent.mkdir()
    sqlite3.connect(DATABASE).close()
    DATABASE.touch()
    result = command("db", "verify")
    assert result.exit_code == 1
    assert "Run `python -m bot db upgrade` first" in result.output


@pytest.mark.parametrize(
    "words", [["db", "backup", "copy"], ["db", "verify"], ["db", "restore", "copy"], ["run"]]
)
def test_a_second_process_is_refused_in_plain_words(command: Command, words: list[str]) -> None:
    command("db", "upgrade")
    shutil.copy(DATABASE, "copy")
    running = FileLock(DATABASE, exclusive=True)
    try:
        result = command(*words, DISCORD_TOKEN="a.b.c")
    finally:
        running.release()
    assert result.exit_code == 1
    assert "reps.db is in use by another process" in result.output
    assert "Stop the bot or the command that uses it" in result.output
