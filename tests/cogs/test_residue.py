"""After /me data delete nothing of somebody who did everything is left in the database's file, read byte by byte."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from bot.domain.availability import PRESETS
from bot.domain.guides import Named
from bot.domain.members import Person
from bot.storage.tables import (
    Answer,
    Explanation,
    GuideRequest,
    MockCard,
    RecitationFeedback,
    Reciter,
    Report,
    Suggestion,
)
from tests.cogs.test_suggestions import CHOICE
from tests.support import together
from tests.support.group import Group
from tests.support.study import rows
from tests.support.world import World, said, words, world


def residue(path: Path, copy: Path, discord_id: int, words: dict[str, bytes]) -> set[str]:
    """Which of these can be read in the tables, their free pages left out."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    data = copy.read_bytes().lower()
    sought = words | {"id": str(discord_id).encode(), "stored id": discord_id.to_bytes(8, "big")}
    return {name for name, found in sought.items() if found.lower() in data}


async def test_of_somebody_who_did_everything_no_byte_is_left(group: Group, tmp_path: Path) -> None:
    hall, services = group.hall, group.hall.house.services
    bo, cy = group.bo, group.cy

    def person(who: Any, *, admin: bool = False) -> Person:
        return Person(hall.guild.id, who.id, who.name, "Study hall", manages_server=admin)

    me, you, boss = person(bo), person(cy), person(hall.admin, admin=True)
    # What Bo writes for themselves, and asks for.
    await services.availability.toggle(me, next(iter(PRESETS)))
    await services.notices.choose(me, "question", "dm")
    await services.notices.set_quiet(me, start_minute=60, end_minute=120)
    theirs = next(one for one in await rows(hall, Explanation) if "cy" in one.text.lower())
    await services.safety.report(me, "explanation", theirs.id, "spam", "mywords-report")
    await services.safety.block(me, "member", cy.id)
    await services.item_reports.report(me, (await rows(hall, Answer))[0].item_id, "mywords-item")
    await services.guides.raise_hand(me, theirs.drop_id, "mywords-hand")
    for question in ("mywords-first join?", "mywords-second join?"):
        await services.suggestions.suggest(me, "choice", "sql", CHOICE | {"question": question})
    # What Bo does for others as a guide, and as an admin.
    await services.guides.add(boss, Named(bo.id, False, False))
    mine = person(bo, admin=True)
    await services.guides.pause(mine, Named(cy.id, False, False), "mywords-pause")
    await services.guides.resume(mine, Named(cy.id, False, False), "mywords-resume")
    await services.suggestions.suggest(you, "choice", "sql", CHOICE | {"question": "Of Cy?"})
    of_cy = (await rows(hall, Suggestion))[-1]
    await services.suggestions.decline(mine, of_cy.id, "mywords-decline")
    await services.guides.raise_hand(you, theirs.drop_id, "Of Cy")
    hand = (await rows(hall, GuideRequest))[-1]
    await services.guides.take(mine, hand.id)
    # What others do to Bo.
    decided = (await rows(hall, Suggestion))[0]
    await services.suggestions.decline(boss, decided.id, "abouthim-decline")
    await services.guides.pause(boss, Named(bo.id, False, False), "abouthim-pause")
    await services.corrections.void(
        boss, [(await services.corrections.latest(me, bo.id)).counted[0].id], "abouthim-void"
    )
    own = next(one for one in await rows(hall, Explanation) if one.id != theirs.id)
    await services.safety.report(you, "explanation", own.id, "spam", "abouthim-report")
    report = (await rows(hall, Report))[-1]
    await services.safety.close(boss, report.id, "abouthim-close")
    await hall.rounds()

    file = tmp_path / "reps.db"
    words = {word: word.encode() for word in ("mywords", "abouthim", "bonaparte")}
    assert residue(file, tmp_path / "before.db", bo.id, words) == {*words, "id", "stored id"}
    await group.confirm(bo, "delete")
    await hall.rounds()
    # Only the open report still says what Bo wrote in it, for its 90 days.
    assert residue(file, tmp_path / "after.db", bo.id, words) == {"mywords"}
    told = [row.reason for row in await rows(hall, Report) if "mywords" in row.reason]
    assert told == ["spam\nmywords-report"]
    await hall.house.database.write(lambda db: db.execute(delete(Report)))
    assert residue(file, tmp_path / "last.db", bo.id, words) == set()
    trail = said(await hall.admin.slash(hall.channel, "guide audit"))
    assert "declined a suggestion of or about somebody whose data was erased" in trail


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Group]:
    """Six people of a server that has everything there is to do together."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=together.bank_of_everything(tmp_path / "bank")) as hall:
        await hall.admin.slash(hall.channel, "setup start", channel=hall.channel)
        yield Group(hall)


def posted(hall: World) -> str:
    """Everything Reps has said in the channel and in every thread, private replies left out."""
    places = (hall.channel, *hall.channel.threads)
    return "\n".join(text for place in places for text in (place.name, *map(words, place.history())))


async def test_of_somebody_who_did_everything_with_others_no_byte_is_left(
    company: Group, tmp_path: Path
) -> None:
    hall, services = company.hall, company.hall.house.services
    bo, cy = company.bo, company.cy
    room = await together.everything(hall, bo, cy, "mywords")

    # Words about the two in a room, a report and a block of each, a place in the queue, and a wish for an interview.
    grace = company.people[2]
    await hall.admin.slash(hall.channel, "guide people add", member=grace)
    queue = await grace.slash(hall.channel, "guide queue")
    inside = await grace.click(queue.response, label="Look in")
    await grace.submit_modal(
        await grace.click(inside.response, label="Leave a note"), {"text": "abouthim, said to Bonaparte"}
    )
    await grace.click(inside.response, label="Sign off")
    me, you = (Person(hall.guild.id, who.id, who.user.global_name, "Study hall") for who in (bo, cy))
    mine, theirs = (row.id for row in await rows(hall, Reciter) if row.recitation_id == room.id)
    await services.safety.report(you, "recitation", mine, "spam", "abouthim-report")
    await services.safety.report(me, "recitation", theirs, "spam", "mywords-report")
    await services.safety.block(me, "recitation", theirs)
    await bo.slash(hall.channel, "mock request", type="behavioural")
    await bo.slash(hall.channel, "recite now", style="typed")
    await hall.rounds()

    exported = json.loads((await services.privacy.export(me)).data)
    told = json.dumps(exported, ensure_ascii=False)
    for what in (
        "hand",
        "live",
        "explained",
        "async",
        "question?",
        "reply",
        "solo",
        "problem",
        "mock",
        "report",
    ):
        assert f"mywords {what}" in told or f"mywords-{what}" in told, what
    assert [name for name, found in exported["received"].items() if not found] == []
    assert str(cy.id) not in told.replace(json.dumps(exported["rows"]["blocks"]), "")
    assert ("abouthim-report" in told, "point 1" in told, "key point" in told) == (False, False, False)

    sought = {word: word.encode() for word in ("mywords", "abouthim", "bonaparte")}
    file = tmp_path / "reps.db"
    assert residue(file, tmp_path / "before.db", bo.id, sought) == {*sought, "stored id"}
    assert "mywords" in posted(hall)
    given = [len(await rows(hall, table)) for table in (RecitationFeedback, MockCard)]

    await company.confirm(bo, "delete")
    for _ in range(3):
        await hall.rounds()
    assert {name for name in ("mywords", "abouthim", "Bonaparte") if name in posted(hall)} == set()
    # Only the open reports still say what was written in them, for their 90 days.
    assert residue(file, tmp_path / "after.db", bo.id, sought) == {"mywords", "abouthim"}
    await hall.house.database.write(lambda db: db.execute(delete(Report)))
    assert residue(file, tmp_path / "last.db", bo.id, sought) == set()

    # Cy keeps what Bo said of them, in marks and without who said it; what was said of Bo is gone.
    left = [await rows(hall, table) for table in (RecitationFeedback, MockCard)]
    assert all({row.member_id for row in found} == {None} for found in left)
    assert [0 < len(found) < many for found, many in zip(left, given, strict=True)] == [True, True]
    assert "of 5 key points" in said(await cy.slash(hall.channel, "recite history"))
    assert "Problem solving" in said(await cy.slash(hall.channel, "mock history"))
