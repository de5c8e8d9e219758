"""Recitations in slow or broken surroundings: every room is opened, and every card posted, once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.client.cards import shown
from bot.client.rooms import PRIVATE_THREAD
from bot.domain.members import Person
from bot.domain.recitation import Rubric
from bot.probes import pause
from bot.services.members import require
from bot.services.recitation.arranging import arrange
from bot.storage.database import sqlite
from bot.storage.tables import Recitation, Timer
from tests.jobs.test_surroundings import HOUR, OffClock, all_duties, health, lock_held
from tests.support.concepts import concept_bank
from tests.support.fake_discord import TORN, Fault
from tests.support.post_office import ADMIN, CHANNEL, LEASE_OVER, PostOffice, post_office

PEOPLE = tuple(Person(7, 1001 + number, f"P{number}", "Study hall") for number in range(40))
BO, CY = PEOPLE[:2]
RUBRIC = Rubric((0,), clarity=2, depth=2, follow_ups=2)


@pytest.fixture
async def office(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PostOffice]:
    """A post office with concepts to recite and nothing else to deliver, which waits for no lock."""
    monkeypatch.setitem(sqlite._CONNECT, "timeout", 0.05)
    async with post_office(sqlite_url, tmp_path, concept_bank(tmp_path / "bank")) as made:
        for planned in await made.services.schedules.list(ADMIN):
            assert planned.id is not None
            await made.services.schedules.remove(ADMIN, planned.id)
        await made.bot.on_ready()
        yield made


async def together(office: PostOffice, *people: Person) -> int:
    """Two who have opened their room, which is still to be made; the recitation."""
    for who in people:
        await office.services.members.agree(who)
    now = office.clock.now()

    def work(db: Any) -> int:
        present = [require(db, who) for who in people]
        return arrange(
            db,
            server_id=present[0].server_id,
            channel_id=CHANNEL,
            origin="lobby",
            mode="live",
            medium="typed",
            member_ids=[one.member_id for one in present],
            now=now,
        )

    id = await office.house.database.write(work)
    await office.services.recitations.open(people[0], id)
    return id


def threads(office: PostOffice) -> Counter[str]:
    """The rooms there are, by their names."""
    return Counter(one["name"] for one in office.discord.rooms.values() if one["type"] == PRIVATE_THREAD)


def cards(office: PostOffice, row: Recitation) -> list[str]:
    """The cards in force in a room: those before say only that there is a newer one, and a nudge has no heading."""
    assert row.thread_id is not None
    return [words for words in office.discord.words(row.thread_id) if words.startswith("## ")]


async def begun(office: PostOffice) -> Recitation:
    """Bo and Cy in their room, of whom Bo recites."""
    id = await together(office, BO, CY)
    await office.round()
    row = await office.the_row(Recitation)
    await office.services.recitations.begin(BO, id, row.step)
    await office.round()
    return await office.the_row(Recitation)


@pytest.mark.parametrize(
    "fault",
    [Fault(429), Fault(429, retry_after=1), Fault(503, applied=True), Fault(TORN, applied=True)],
    ids=["banned", "limited", "away", "torn"],
)
async def test_rooms_asked_for_in_a_storm_are_each_opened_once_after_it(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    nap = asyncio.sleep
    monkeypatch.setattr("discord.http.asyncio.sleep", lambda seconds: nap(0))
    pairs = [PEOPLE[place : place + 2] for place in range(0, len(PEOPLE), 2)]
    office.discord.chance = lambda name: fault
    for pair in pairs:
        await together(office, *pair)
    office.discord.asked.clear()
    for _ in range(60):
        await office.later(seconds=10)
    assert 0 < len(office.discord.asked) < 150
    office.discord.chance = lambda name: None
    for _ in range(90):
        await office.later(seconds=10)
    assert pause(office.bot) == ""
    rows = await office.rows(Recitation)
    assert len(rows) == len(pairs) == len(threads(office))
    assert set(threads(office).values()) == {1}
    assert [len(cards(office, row)) for row in rows] == [1] * len(rows)
    assert {row.phase for row in rows} == {"ready"}


async def test_a_lock_while_the_time_of_a_turn_is_up_only_delays_it(
    office: PostOffice, tmp_path: Path
) -> None:
    row = await begun(office)
    office.clock.turn(timedelta(minutes=11))
    async with lock_held(tmp_path / "reps.db"):
        await all_duties(office)
    assert (await office.the_row(Recitation)).phase == "reciting"
    office.clock.turn(LEASE_OVER)
    await all_duties(office)
    assert (await office.the_row(Recitation)).phase == "rubric"
    (card,) = cards(office, row)
    assert card.startswith("## Feedback")
    assert await health(office) == []


async def test_a_lock_between_the_card_and_the_note_of_it_posts_no_second(
    office: PostOffice, tmp_path: Path
) -> None:
    row = await begun(office)
    office.clock.turn(timedelta(minutes=11))
    gate, posted = asyncio.Event(), asyncio.Event()
    office.discord.order("post", Fault(200, applied=True, hold=gate))
    office.discord.watch = lambda step, name: posted.set() if (step, name) == ("done", "post") else None
    under_way = asyncio.create_task(all_duties(office))
    await posted.wait()
    async with lock_held(tmp_path / "reps.db"):
        gate.set()
        await under_way
    office.discord.forget_nonces()
    for _ in range(3):
        await office.later(seconds=61)
    (card,) = cards(office, row)
    assert card.startswith("## Feedback")
    assert max(office.discord.nonces().values()) == 1


async def test_a_clock_an_hour_ahead_and_back_neither_loses_nor_doubles_a_card(office: PostOffice) -> None:
    clock = OffClock(office)
    row = await begun(office)
    clock.set(HOUR)
    await office.round()
    assert (await office.the_row(Recitation)).phase == "rubric"
    clock.set(-HOUR)
    await office.services.recitations.mark(CY, 1, RUBRIC)
    for _ in range(30):
        clock.wait(timedelta(minutes=6))
        await office.round()
    now = await office.the_row(Recitation)
    # It waits for Cy to recite, as it would have.
    assert (now.phase, now.turn) == ("ready", 1)
    await office.services.recitations.begin(CY, 1, now.step)
    await office.services.recitations.finish(CY, 1, now.step + 1)
    await office.services.recitations.mark(BO, 2, RUBRIC)
    await office.round()
    assert (await office.the_row(Recitation)).phase == "feedback"
    assert max(office.discord.nonces().values()) == 1
    (card,) = cards(office, row)
    assert card.startswith("## Well done")


async def test_a_room_asked_for_while_the_clock_was_ahead_opens_once(office: PostOffice) -> None:
    clock = OffClock(office)
    clock.set(HOUR)
    await together(office, BO, CY)
    await office.crash("post", applied=True)
    clock.set(-HOUR - LEASE_OVER)
    office.discord.forget_nonces()
    clock.wait(timedelta(minutes=7))
    for _ in range(3):
        await office.later(minutes=2)
    row = await office.the_row(Recitation)
    assert (row.phase, len(cards(office, row))) == ("ready", 1)
    assert list(threads(office).values()) == [1]


async def test_a_room_that_fails_to_open_stops_no_other_duty(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await together(office, BO, CY)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("out of luck")

    with monkeypatch.context() as patched:
        patched.setattr(office.services.recitations, "to_open", broken)
        await all_duties(office)
        assert (await office.the_row(Recitation)).phase == "opening"
        other = await together(office, *PEOPLE[2:4])
    for _ in range(4):
        await office.later(minutes=2)
    rows = await office.rows(Recitation)
    assert [(row.id, row.phase) for row in rows] == [(1, "ready"), (other, "ready")]
    assert {row.state for row in await office.rows(Timer) if row.kind == "recitation.open"} == {"done"}


async def buttons(office: PostOffice, row: Recitation) -> list[str]:
    """What is said on the cards of a room that have buttons."""
    assert row.thread_id is not None
    return [
        shown(one["components"]) for one in office.discord.channels[row.thread_id] if "custom_id" in str(one)
    ]


@pytest.mark.parametrize("applied", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("step", ["post", "edit"])
async def test_a_worker_that_dies_at_a_new_phase_leaves_one_card_with_buttons(
    office: PostOffice, step: str, applied: bool
) -> None:
    row = await begun(office)
    await office.services.recitations.finish(CY, 1, row.step)
    await office.crash(step, applied=applied)
    office.discord.forget_nonces()
    for _ in range(2):
        await office.later(minutes=2)
    (card,) = await buttons(office, row)
    assert card.startswith("## Feedback")
    assert max(office.discord.nonces().values()) == 1


async def test_a_card_posted_by_a_worker_that_died_is_out_of_date_once_somebody_pressed(
    office: PostOffice,
) -> None:
    row = await begun(office)
    await office.services.recitations.finish(CY, 1, row.step)
    await office.crash("post", applied=True)
    await office.services.recitations.mark(CY, 1, RUBRIC)
    office.discord.forget_nonces()
    for _ in range(2):
        await office.later(minutes=2)
    (card,) = await buttons(office, row)
    assert card.startswith("## Get ready")
    assert (await office.the_row(Recitation)).outdated == []
