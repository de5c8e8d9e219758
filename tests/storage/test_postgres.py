"""PostgreSQL: isolation, retries, and connections that die."""

import asyncio
import re
import traceback
from collections.abc import AsyncIterator
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bot.storage.database import Database, DatabaseUnreachable, WriteConflict
from bot.storage.database.postgres import LONGEST_PAUSE_SECONDS, TRIES
from tests.storage import shelf


class Impatient(Random):
    """Never pauses, and remembers how long it might have."""

    def __init__(self) -> None:
        super().__init__(1)
        self.limits: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        self.limits.append(b)
        return a


@pytest.fixture
def rng() -> Impatient:
    return Impatient()


@pytest.fixture
async def impatient(postgres_url: str, rng: Impatient) -> AsyncIterator[Database]:
    database = await Database.open(postgres_url, rng=rng)
    await database.write(shelf.create)
    yield database
    await database.close()


def fail(code: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'as it happens' USING ERRCODE = '{code}'; END $$"


async def test_writes_are_serializable_and_reads_are_one_read_only_snapshot(postgres: Database) -> None:
    def settings(db: Session) -> tuple[str, str]:
        isolation = db.scalars(text("SHOW transaction_isolation")).one()
        return isolation, db.scalars(text("SHOW transaction_read_only")).one()

    # Twice, since a connection goes from one kind of work to the other.
    for _ in range(2):
        assert await postgres.write(settings) == ("serializable", "off")
        assert await postgres.read(settings) == ("repeatable read", "on")


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_refusal_to_serialise_is_tried_again(impatient: Database, code: str) -> None:
    runs = 0

    def work(db: Session) -> int:
        nonlocal runs
        runs += 1
        result = shelf.increment(db)
        db.flush()
        if runs < 4:
            db.execute(text(fail(code)))
        return result

    assert await impatient.write(work) == 1
    assert runs == 4


async def test_at_last_it_gives_up_with_a_plain_sentence(impatient: Database, rng: Impatient) -> None:
    runs = 0

    def work(db: Session) -> None:
        nonlocal runs
        runs += 1
        db.execute(text(fail("40001")))

    with pytest.raises(WriteConflict, match="Nothing was saved; please try again"):
        await impatient.write(work)

    assert runs == TRIES
    assert rng.limits == sorted(rng.limits)
    assert rng.limits[0] < rng.limits[1] < LONGEST_PAUSE_SECONDS == rng.limits[-1]


async def test_a_row_that_is_truly_there_twice_is_tried_again_once_only(impatient: Database) -> None:
    runs = 0

    def work(db: Session) -> None:
        nonlocal runs
        runs += 1
        shelf.note(db, "apple")

    await impatient.write(work)
    with pytest.raises(IntegrityError):
        await impatient.write(work)

    assert runs == 3


async def test_any_other_failure_is_told_at_once(impatient: Database) -> None:
    runs = 0

    def work(db: Session) -> None:
        nonlocal runs
        runs += 1
        db.execute(text(fail("22012")))

    with pytest.raises(DBAPIError, match="as it happens"):
        await impatient.write(work)

    assert runs == 1


async def test_a_commit_that_fails_is_told_and_saves_nothing(postgres: Database) -> None:
    def work(db: Session) -> None:
        shelf.note(db, "apple")
        shelf.orphan(db)

    with pytest.raises(IntegrityError, match="foreign key"):
        await postgres.write(work)

    assert await postgres.read(shelf.words) == []


async def test_two_processes_lose_nothing(postgres: Database, postgres_url: str) -> None:
    other = await Database.open(postgres_url)
    writers = [database.write(shelf.increment) for database in (postgres, other) for _ in range(40)]
    results = await asyncio.gather(*writers)
    await other.close()

    assert sorted(results) == list(range(1, 81))


async def test_a_caller_that_gives_up_saves_nothing(postgres: Database) -> None:
    started = asyncio.Event()

    def work(db: Session) -> None:
        shelf.note(db, "apple")
        started.set()
        db.execute(text("SELECT pg_sleep(30)"))

    task = asyncio.create_task(postgres.write(work))
    await started.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert await postgres.read(shelf.words) == []


async def test_a_restarted_server_costs_nobody_anything(postgres: Database, postgres_url: str) -> None:
    other = await Database.open(postgres_url)
    for kind in (postgres.read, postgres.write):
        await asyncio.gather(*[postgres.read(shelf.value) for _ in range(10)])
        await other.write(
            lambda db: db.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()")
            )
        )
        assert await kind(shelf.value) == 0
    await other.close()


async def test_a_server_that_is_not_there_is_told_of_without_the_password(postgres_url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="cannot be opened") as missing:
        await Database.open("postgresql+asyncpg://reps:hunter2@localhost:1/reps")
    assert "hunter2" not in str(missing.value)
    with pytest.raises(DatabaseUnreachable, match='database "elsewhere" does not exist'):
        await Database.open(re.sub(r"/reps_\d+", "/elsewhere", postgres_url))


async def test_an_error_quotes_no_row(postgres: Database) -> None:
    """PostgreSQL's DETAIL holds what was written, and an error goes into the log."""
    await postgres.write(lambda db: shelf.note(db, "a member's secret answer"))
    for statement in (
        "INSERT INTO notes (id, word) SELECT 77, word FROM notes",
        "INSERT INTO notes (id, word) VALUES (NULL, 'a member''s secret answer')",
        "INSERT INTO replies (id, note_id) VALUES (1, 404)",
    ):
        with pytest.raises(IntegrityError) as refused:
            await postgres.write(lambda db, statement=statement: db.execute(text(statement)))  # type: ignore[misc]
        words = "".join(traceback.format_exception(refused.value))
        assert "DETAIL" not in words
        # The statement's own text is ours; a value in it, as here, is only the test's.
        assert "secret answer" not in words.replace(statement, "")
        assert "violates" in words
