"""Settings: where each comes from, and what an operator reads when one is wrong."""

from pathlib import Path

import pytest

from bot.config import Settings
from tests.cli.conftest import Command

ADDRESS = "postgresql+asyncpg://reps:hunter2@db/reps"
SECRET = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789"


def test_without_settings_everything_has_a_default() -> None:
    settings = Settings()
    assert settings.token() is None
    assert settings.url() == "sqlite+aiosqlite:///var/reps.db"
    assert settings.probe_port == 0
    assert settings.bank_dir.is_dir()


def test_an_empty_setting_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.names().values():
        monkeypatch.setenv(name, "")
    assert Settings() == Settings.model_construct()


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "REPS_DISCORD_TOKEN"])
def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f" {SECRET}\n")
    assert Settings().token() == SECRET


@pytest.mark.parametrize("before", ["", "\ufeff"])
def test_the_token_comes_from_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    (folder / "token").write_text(f"{before}{SECRET}\r\n", encoding="utf-8")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")
    assert Settings().token() == SECRET


def test_settings_come_from_an_env_file(folder: Path) -> None:
    (folder / ".env").write_text(f"DISCORD_TOKEN={SECRET}\nREPS_DATA_DIR=~/reps\nSOMETHING_ELSE=1\n")
    settings = Settings()
    assert settings.token() == SECRET
    assert settings.backups == Path.home() / "reps" / "backups"


def test_secrets_come_from_a_folder_or_a_file_each(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "discord_token").write_text(f"{SECRET}\n")
    (folder / "secrets" / "REPS_BACKUP_KEEP_DAYS").write_text("7\n")
    (folder / "address").write_text(f"{ADDRESS}\n")
    monkeypatch.setenv("REPS_SECRETS_DIR", "secrets")
    monkeypatch.setenv("REPS_DATABASE_URL_FILE", "address")
    settings = Settings()
    assert (settings.token(), settings.url(), settings.backup_keep_days) == (SECRET, ADDRESS, 7)


def test_the_nearer_source_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secrets").mkdir()
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")
    found = []
    for place in ("token", "secrets/discord_token", ".env", "environment"):
        match place:
            case "environment":
                monkeypatch.setenv("DISCORD_TOKEN", place)
            case ".env":
                (folder / ".env").write_text("REPS_SECRETS_DIR=secrets\nDISCORD_TOKEN=.env\n")
            case _:
                (folder / place).write_text(place)
                (folder / ".env").write_text("REPS_SECRETS_DIR=secrets\n")
        found.append(Settings().token())
    assert found == ["token", "secrets/discord_token", ".env", "environment"]


def test_shard_ids_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPS_SHARD_COUNT", "4")
    monkeypatch.setenv("REPS_SHARD_IDS", "2, 0,2")
    assert Settings().shard_ids == [0, 2]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DISCORD_TOKEN_FILE", "nowhere", "this file cannot be read (No such file or directory)"),
        ("REPS_DATABASE_URL_FILE", ".", "this file cannot be read (Is a directory)"),
        ("REPS_SECRETS_DIR", "nowhere", "this folder cannot be read (No such file or directory)"),
        ("REPS_BACKUP_KEEP_DAYS", "31", "Input should be less than or equal to 30"),
        ("REPS_TICK_SECONDS", "0", "Input should be greater than or equal to 1"),
        ("REPS_PROBE_PORT", "http", "Input should be a valid integer"),
        ("REPS_LOG_LEVEL", "LOUD", "Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("REPS_SHARD_IDS", "0;1", "write the shards' numbers with commas between them, such as 0,1,2"),
        ("REPS_SHARD_IDS", "0,", "write the shards' numbers with commas between them, such as 0,1,2"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_be(
    command: Command, name: str, value: str, words: str
) -> None:
    result = command("check", **{name: value})
    assert result.exit_code == 2
    assert f"• {name}: {words}" in result.output
    assert "Some settings are wrong" in result.output


@pytest.mark.parametrize("count", [{}, {"REPS_SHARD_COUNT": "2"}])
def test_shards_that_do_not_exist_are_refused(command: Command, count: dict[str, str]) -> None:
    result = command("check", REPS_SHARD_IDS="0,2", **count)
    assert result.exit_code == 2
    assert "• REPS_SHARD_IDS needs REPS_SHARD_COUNT" in result.output


@pytest.mark.parametrize("name", sorted(Settings.names().values()))
def test_the_token_is_printed_nowhere_not_even_in_the_wrong_setting(command: Command, name: str) -> None:
    settings = {"REPS_TICK_SECONDS": "no", "DISCORD_TOKEN": SECRET} | {name: SECRET}
    for words in ([], ["run"], ["check"]):
        result = command(*words, **settings)
        assert result.exit_code == 2
        assert "Some settings are wrong" in result.output
        assert SECRET not in result.output + repr(result.exception)


@pytest.mark.parametrize("content", [SECRET.encode() * 2, b"\xff\xfe" + SECRET.encode()])
def test_a_secret_in_the_wrong_file_is_not_printed(command: Command, folder: Path, content: bytes) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "reps_tick_seconds").write_bytes(content)
    result = command("check", REPS_SECRETS_DIR="secrets")
    assert result.exit_code == 2
    assert "Some settings are wrong" in result.output
    assert SECRET not in result.output + repr(result.exception)


def test_a_secret_that_may_not_be_read_is_said_plainly(command: Command, folder: Path) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "discord_token").symlink_to(folder / "elsewhere")
    (folder / "elsewhere").write_text(SECRET)
    result = command("run", REPS_SECRETS_DIR="secrets")
    assert result.exit_code == 2
    assert "in REPS_SECRETS_DIR cannot be read" in result.output
    assert SECRET not in result.output
