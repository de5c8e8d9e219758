"""Replies from outside: an acknowledgement that is not taken costs nobody an answer (I9)."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.backend.errors import BackendError
from simcord.http import router
from sqlalchemy import func, select

from bot.client.refusals import sentence_for
from bot.domain.errors import OutOfDate
from bot.storage.tables import Answer, Rep, Total
from tests.support.world import World, said

CALLBACK = "/interactions/*/*/callback"
SAVED = (1, 1, 1, 2)  # an answer, its line of the record, and the rep and points of a right one


async def counted(hall: World) -> tuple[int, int, int, int]:
    """Answers, lines of the record, and reps and points in all."""

    def work(db: Any) -> tuple[int, int, int, int]:
        reps, points = db.execute(
            select(func.sum(Total.reps), func.sum(Total.points)).where(
                Total.period == "all", Total.activity == "any"
            )
        ).one()
        answers, lines = (db.scalar(select(func.count()).select_from(table)) for table in (Answer, Rep))
        return answers, lines, reps or 0, points or 0

    return await hall.house.database.read(work)


async def test_an_acknowledgement_sent_twice_shows_its_reply(
    quiz: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, bo = await quiz.post_question(), quiz.member("Bo")
    once = router.dispatch
    codes: list[int] = []

    def twice(backend: Any, method: str, path: str, **rest: Any) -> Any:
        """Discord did it, but its answer was lost: the library asks again and is told 40060."""
        done = once(backend, method, path, **rest)
        if path.endswith("/callback"):
            try:
                once(backend, method, path, **rest)
            except BackendError as error:
                codes.append(error.code)
                raise
        return done

    with monkeypatch.context() as network:
        network.setattr(router, "dispatch", twice)
        tapped = await bo.click(question, label="A")
    assert codes == [40060]
    assert await counted(quiz) == SAVED
    assert said(tapped).startswith("## Right")
    assert "Something went wrong" not in quiz.sees(bo)


@pytest.mark.parametrize(("status", "code"), [(400, 40060), (404, 10062)])
async def test_an_acknowledgement_that_is_not_taken_saves_the_answer(
    quiz: World, status: int, code: int
) -> None:
    question, bo = await quiz.post_question(), quiz.member("Bo")
    quiz.env.inject_error("POST", CALLBACK, status=status, code=code, message="no")
    await bo.click(question, label="A")
    assert quiz.env.backend.faults == []
    assert await counted(quiz) == SAVED
    again = await bo.click(question, label="B")
    assert "the first answer counts" in said(again)
    assert await counted(quiz) == SAVED


async def test_any_other_trouble_with_it_is_told_and_saves_nothing(quiz: World) -> None:
    question, bo = await quiz.post_question(), quiz.member("Bo")
    quiz.env.inject_error("POST", CALLBACK, status=403, code=50013, message="Missing Permissions")
    tapped = await bo.click(question, label="A")
    assert "not allowed to do that here: **Missing Permissions**" in said(tapped)
    assert await counted(quiz) == (0, 0, 0, 0)
    await bo.click(question, label="A")
    assert await counted(quiz) == SAVED


REPLY = "/webhooks/*/*/messages/@original"


@pytest.mark.parametrize(("method", "path"), [("POST", CALLBACK), ("PATCH", REPLY)])
async def test_a_busy_discord_is_told_again(quiz: World, method: str, path: str) -> None:
    question, bo = await quiz.post_question(), quiz.member("Bo")
    quiz.env.inject_error(method, path, status=503, times=2)
    tapped = await bo.click(question, label="A")
    assert quiz.env.backend.faults == []
    assert said(tapped).startswith("## Right")
    assert await counted(quiz) == SAVED


async def test_a_discord_busy_for_longer_loses_nothing(quiz: World) -> None:
    question, bo = await quiz.post_question(), quiz.member("Bo")
    quiz.env.inject_error("PATCH", REPLY, status=503, times=3)
    tapped = await bo.click(question, label="A")
    assert "nothing of yours was lost" in said(tapped)
    assert await counted(quiz) == SAVED
    assert said(await bo.slash(quiz.channel, "daily")).startswith("## Right")


# --- what a person reads


def forbidden(**body: Any) -> discord.Forbidden:
    return discord.Forbidden(SimpleNamespace(status=403, reason="Forbidden"), body)


def misread(value: object) -> app_commands.TransformerError:
    class Zone(app_commands.Transformer):
        pass

    return app_commands.TransformerError(value, discord.AppCommandOptionType.string, Zone())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OutOfDate(), OutOfDate().sentence),
        (forbidden(code=50001, message="Missing Access"), "not allowed to do that here: **Missing Access**"),
        (forbidden(), "not allowed to do that here: **missing permission**"),
        (misread("Mars/Base"), "“Mars/Base”"),
        (misread("**@everyone**"), "“\\*\\*\\@everyone\\*\\*”"),
        (misread("x" * 500), f"“{'x' * 60}”"),
        (app_commands.CommandNotFound("gone", []), "just updated"),
        (RuntimeError("secret"), "**abc123**"),
    ],
)
def test_an_error_is_one_sentence(error: Exception, words: str) -> None:
    sentence = sentence_for(error, "abc123")
    assert words in sentence
    assert ("abc123" in sentence) == isinstance(error, RuntimeError)
    assert "secret" not in sentence
