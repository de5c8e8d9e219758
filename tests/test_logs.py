"""Logs: one line an event, in either shape, with no token, no answer and no library's chatter (M7)."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import _SECRET, start_logging

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789"
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTA6c2VjcmV0c2VjcmV0"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root, config = logging.getLogger(), structlog.get_config()
    before = root.handlers, root.level, logging.getLogger("bot").level
    yield
    root.handlers = before[0]
    root.setLevel(before[1])
    logging.getLogger("bot").setLevel(before[2])
    structlog.configure(**config)


def fail() -> None:
    answer_of_a_member = "because " + "variance" * 2
    raise ValueError(len(answer_of_a_member))


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO", "json")
    with structlog.contextvars.bound_contextvars(interaction=17):
        structlog.get_logger("bot.here").info("bank synced", came=3)
        logging.getLogger("discord.client").warning("two\nlines")
    ours, library = map(json.loads, capsys.readouterr().err.splitlines())
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {
        "event": "bank synced",
        "came": 3,
        "interaction": 17,
        "level": "info",
        "logger": "bot.here",
    }
    assert (library["event"], library["level"], library["interaction"]) == ("two\nlines", "warning", 17)


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_shows_where_but_no_local_variables(
    capsys: pytest.CaptureFixture[str], style: str
) -> None:
    start_logging("INFO", style)
    for log in (structlog.get_logger("bot.here"), logging.getLogger("asyncio")):
        try:
            fail()
        except ValueError:
            log.exception("event failed")
        words = capsys.readouterr().err
        assert "ValueError: 24" in words
        assert "in fail" in words
        assert "variancevariance" not in words
        assert (words.count("\n") == 1) is (style == "json")


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_libraries_never_say_more_than_info(capsys: pytest.CaptureFixture[str], level: str) -> None:
    start_logging(level, "json")
    for name in ("discord", "discord.http", "discord.gateway", "aiosqlite", "sqlalchemy.engine", "asyncio"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.INFO
        logging.getLogger(name).debug("an answer")
    assert capsys.readouterr().err == ""


def test_our_own_debug_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("DEBUG", "text")
    structlog.get_logger("bot.here").debug("looking closely")
    assert "looking closely" in capsys.readouterr().err


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_token_is_printed_wherever_it_comes_from(capsys: pytest.CaptureFixture[str], style: str) -> None:
    start_logging("INFO", style)
    url = f"https://discord.com/api/v10/webhooks/900/{INTERACTION}/messages/@original"
    callback = f"https://discord.com/api/v10/interactions/17/{INTERACTION}/callback"
    log = structlog.get_logger("bot.here")
    log.info("careless", token=TOKEN, headers={"Authorization": f"Bot {TOKEN}"})
    logging.getLogger("discord.http").warning(
        "We are being rate limited. %s %s responded with 429.", "PATCH", url
    )
    try:
        raise RuntimeError(callback)
    except RuntimeError:
        log.exception("event failed")
    words = capsys.readouterr().err
    assert TOKEN not in words
    assert INTERACTION not in words
    assert "/webhooks/900/[secret]/messages/@original" in words
    assert "/interactions/17/[secret]/callback" in words


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_token_is_found_in_any_line(before: str, after: str) -> None:
    assert TOKEN not in _SECRET.sub("", f"{before} {TOKEN} {after}")


@pytest.mark.parametrize(
    "words",
    [
        "bot.storage.database.writer",
        "<function ServerSetup.back.<locals>.work at 0x7f29a07819e0>",
        "/channels/100000000000000001/messages/100000000000000002",
        "https://discord.com/channels/1000000000000000001/1000000000000000002/1000000000000000003",
        "2026-11-21T00:42:43.738842Z",
    ],
)
def test_what_is_no_secret_stays(words: str) -> None:
    assert _SECRET.sub("", words) == words
