"""Logs: one line an event, in either shape, with no token, no answer and no library's chatter (M7)."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from bot.logs import _SECRET, start_logging
from bot.storage.database import Database
from tests.bank.builders import TEXTS
from tests.support.world import World, button, lay_bank, world

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


# --- the whole bot, at its most talkative

ANSWER = "MyVerySecretAnswer about variance"


def scanned(words: str, tokens: set[str]) -> None:
    """Nothing in what was logged is an answer or a token."""
    found = [secret for secret in (ANSWER, ANSWER.partition(" ")[0], TOKEN, *tokens) if secret in words]
    assert found == []


async def study(hall: World, database: Database) -> set[str]:
    """Somebody answers, explains, is refused, and meets a fault of ours; the tokens of what they did."""
    question = await hall.post_question()
    bao = hall.member("Bao")
    locked = await hall.write(bao, question, ANSWER)
    await bao.select(locked.response, ["0"])
    again = await bao.click(question, label="Answer")
    gone = await hall.raw((bao, question, button(f"{ANSWER}:{TOKEN}")))
    found = await bao.slash(hall.channel, "question search", text=ANSWER)
    people = hall.member("Cara"), hall.member("Dan")
    failed = [await who.click(question, label="Answer") for who in people]
    # What cannot be saved is in the error: a table that is not there, and a row that may not be.
    for who, form, broken in zip(people, tuple(failed), (GONE, NEVER[database.dialect]), strict=True):
        await database.write(lambda db, broken=broken: [db.execute(sql(one)) for one in broken])  # type: ignore[misc]
        failed.append(await who.submit_modal(form, {"answer": ANSWER}))
    return {result._interaction.token for result in (locked, again, *gone, found, *failed)}


GONE = ("ALTER TABLE answers RENAME TO no_answers",)
_BACK = "ALTER TABLE no_answers RENAME TO answers"
NEVER = {
    "sqlite": (
        _BACK,
        "CREATE TRIGGER never BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'never'); END",
    ),
    "postgresql": (_BACK, "ALTER TABLE answers ADD CONSTRAINT never CHECK (text = 'never') NOT VALID"),
}


@pytest.mark.parametrize(("level", "style"), [("DEBUG", "text"), ("INFO", "json")])
async def test_no_answer_and_no_token_is_logged_whatever_happens(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str, level: str, style: str
) -> None:
    start_logging(level, style)
    bank = lay_bank(tmp_path / "bank", {"sql/first": TEXTS["open"]})
    async with world(database_url, bank=bank) as hall:
        tokens = await study(hall, hall.house.database)
    words = capsys.readouterr().err
    # It did talk, and the faults did happen.
    assert words.count("interaction failed") == 2
    assert "refused" in words
    scanned(words, tokens)
