"""What is asked of large tables is found by index: SQLite's own plans name no scan."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.assembly import House, open_house
from bot.domain.members import Person
from bot.services.answers import Written
from tests.bank.builders import TEXTS
from tests.support import together
from tests.support.clock import TurnedClock
from tests.support.world import lay_bank, world

ADA = Person(7, 1, "Ada", "Study hall", manages_server=True)
# Short whatever happens: what the duties look through as a whole.
SHORT = frozenset({"servers", "heartbeats"})
BO, CY = (Person(7, number, "Bo", "Study hall") for number in (2, 3))


class Plans:
    """Keeps what the database is asked, and says what it would look through from end to end."""

    def __init__(self, house: House, path: Path) -> None:
        self.services, self._path = house.services, path
        self.asked: list[tuple[str, Any]] = []

    def note(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        self.asked.append((statement, values))

    async def scans(self, deed: Awaitable[Any]) -> list[str]:
        self.asked.clear()
        await deed
        found = []
        with closing(sqlite3.connect(self._path)) as plain:
            tables = {
                name for (name,) in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            }
            for statement, values in dict(self.asked).items():
                if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
                    for step in plain.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                        table = step[3].removeprefix("SCAN ").partition(" ")[0]
                        if step[3].startswith("SCAN ") and table in tables:
                            found.append(f"{step[3]}: {statement}")
        return found


@pytest.fixture
async def plans(tmp_path: Path) -> AsyncIterator[Plans]:
    """A server in which Bo has answered, asked and reported, and Cy has just joined."""
    bank, path = lay_bank(tmp_path / "bank", {"sql/why": TEXTS["open"]}), tmp_path / "reps.db"
    async with open_house(f"sqlite+aiosqlite:///{path}", bank_dir=bank, clock=TurnedClock()) as house:
        services = house.services
        await services.setup.start(ADA, channel_id=5)
        for who in (BO, CY):
            drawn = await services.answers.draw(who)
            await services.answers.to_draw(who, drawn.answer_id, Written("Because"))
        await services.answers.mark(BO, 1, (0, 1))
        await services.guides.ask_about_answer(BO, 1)
        await services.item_reports.report(BO, 1, "Wrong")
        watching = Plans(house, path)
        event.listen(Engine, "before_cursor_execute", watching.note)
        yield watching
        event.remove(Engine, "before_cursor_execute", watching.note)


async def test_no_table_is_looked_through_from_end_to_end(plans: Plans) -> None:
    services = plans.services
    deeds: dict[str, Awaitable[Any]] = {
        "the queue": services.guides.queue(ADA),
        "the trail": services.guides.trail(ADA),
        "the trail of one": services.guides.trail(ADA, about=BO.discord_id),
        "the form": services.suggestions.may_suggest(BO, "sql"),
        "one's suggestions": services.suggestions.mine(BO),
        "the review": services.suggestions.review(ADA),
        "a reported question": services.item_reports.review(ADA),
        "what one answered": services.item_reports.reportable(BO),
        "a record": services.corrections.latest(ADA, BO.discord_id),
        "an answer to check": services.checks.open(ADA, 1),
        "a void": services.corrections.void(ADA, [1], "Twice"),
        "one's explanations": services.explanations.posted_by(BO),
        "an undo": services.members.undo_joining(CY),
        "old drafts": services.suggestions.sweep(),
    }
    assert {name: found for name, deed in deeds.items() if (found := await plans.scans(deed))} == {}


async def test_nothing_two_people_do_together_looks_through_a_table(tmp_path: Path) -> None:
    """Every press, form and timer of a round, rooms, an exchange, an interview and a place in the queue."""
    path = tmp_path / "reps.db"
    bank = together.bank_of_everything(tmp_path / "bank")
    async with world(f"sqlite+aiosqlite:///{path}", bank=bank) as hall:
        await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
        bo, cy = hall.member("Bo"), hall.member("Cy")
        watching = Plans(hall.house, path)

        async def do_it_all() -> None:
            await together.everything(hall, bo, cy, "Words")
            for command in ("recite status", "recite history", "mock status", "mock history", "recite now"):
                await bo.slash(hall.channel, command)
            await hall.admin.slash(hall.channel, "guide pairs preview")
            await bo.slash(hall.channel, "mock request", type="behavioural")

        event.listen(Engine, "before_cursor_execute", watching.note)
        try:
            found = await watching.scans(do_it_all())
        finally:
            event.remove(Engine, "before_cursor_execute", watching.note)
    assert [one for one in found if one.split()[1].rstrip(":") not in SHORT] == []


async def test_a_form_over_a_record_waits_as_long_for_many_reps_as_for_one(plans: Plans) -> None:
    services = plans.services
    await plans.scans(services.corrections.voidable(ADA, CY.discord_id))
    few = len(plans.asked)
    for _ in range(10):
        drawn = await services.answers.draw(BO)
        await services.answers.to_draw(BO, drawn.answer_id, Written("Because"))
    await plans.scans(services.corrections.voidable(ADA, BO.discord_id))
    assert len(plans.asked) == few
