"""A hundred posts due while Discord refuses everything: few requests meanwhile, and every post in the end."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.client.weather import ROOM, Outcome, Weather
from bot.probes import pause
from tests.support.fake_discord import OK, TORN, Fault
from tests.support.post_office import ADMIN, CHANNEL, PostOffice

CHANNELS, RUNS = range(CHANNEL + 1, CHANNEL + 16), 8
CALM, TROUBLE, LIMITED = Outcome.CALM, Outcome.TROUBLE, Outcome.LIMITED
NOON = datetime.fromisoformat("2026-03-02T12:00Z")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What discord.py sleeps between its own tries takes no time."""
    nap = asyncio.sleep
    monkeypatch.setattr("discord.http.asyncio.sleep", lambda seconds: nap(0))


async def many_due(office: PostOffice) -> int:
    """More than a hundred questions due now, in fifteen channels."""
    numbers = [await office.add_daily(channel) for channel in CHANNELS]
    await office.round()
    posted = len(await office.rows())
    for number in numbers:
        for run in range(RUNS):
            await office.services.schedules.run(ADMIN, number, 1000 * number + run)
    return posted + len(numbers) * RUNS


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault",
    [
        lambda name: Fault(429),
        lambda name: Fault(429, retry_after=1),
        lambda name: Fault(429, retry_after=1, everywhere=True),
    ],
    ids=["banned", "limited", "limited everywhere"],
)
async def test_a_storm_of_rate_limits_is_met_with_few_requests(
    office: PostOffice, fault: Callable[[str], Fault]
) -> None:
    due = await many_due(office)
    office.discord.asked.clear()
    office.discord.chance = fault
    for _ in range(60):
        await office.later(seconds=10)
    assert 0 < len(office.discord.asked) < 100
    assert "Discord is in trouble, so nothing is posted until" in pause(office.bot)

    office.discord.chance = lambda name: None
    for _ in range(60):
        await office.later(seconds=10)
    assert [row.state for row in await office.rows()] == ["done"] * due
    assert set(office.discord.nonces().values()) == {1}
    assert pause(office.bot) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", [Fault(503), Fault(503, applied=True), Fault(TORN, applied=True)])
async def test_an_hour_of_discords_absence_loses_and_doubles_nothing(
    office: PostOffice, fault: Fault
) -> None:
    due = await many_due(office)
    office.discord.chance = lambda name: fault
    for _ in range(30):
        await office.later(minutes=2)
    office.discord.chance = lambda name: None
    for _ in range(30):
        await office.later(seconds=20)
    assert [row.state for row in await office.rows()] == ["done"] * due
    assert set(office.discord.nonces().values()) == {1}


async def test_one_post_that_hangs_holds_up_no_other(office: PostOffice) -> None:
    numbers = [await office.add_daily(channel) for channel in CHANNELS]
    gate, others_done = asyncio.Event(), asyncio.Event()
    office.discord.order("post", Fault(OK, hold=gate))
    posted = len(numbers)  # the office's own question is the one that hangs
    office.discord.watch = lambda step, name: (
        others_done.set() if office.discord.nonces().total() == posted and step == "done" else None
    )
    round_ = asyncio.create_task(office.round())
    await others_done.wait()
    assert not round_.done()
    gate.set()
    await round_
    assert {row.state for row in await office.rows()} == {"done"}


# --- the rule


def test_a_few_failing_rows_are_their_own_affair() -> None:
    weather = Weather()
    for outcome in (TROUBLE,) * 4 + (CALM,) + (TROUBLE,) * 4:
        weather.learn(outcome, NOON)
        assert weather.room(NOON) == ROOM


@pytest.mark.parametrize(
    ("first", "bad", "pauses"),
    [(4, TROUBLE, [5, 10, 20, 40, 60, 60]), (0, LIMITED, [5, 10, 20, 40, 80, 160, 300, 300])],
)
def test_pauses_double_up_to_a_limit_and_one_row_is_tried_after_each(
    first: int, bad: Outcome, pauses: list[int]
) -> None:
    weather, now = Weather(), NOON
    for _ in range(first):
        weather.learn(bad, now)
    for seconds in pauses:
        for _ in range(ROOM):  # what was under way says the same once more
            weather.learn(bad, now)
        assert weather.room(now + timedelta(seconds=seconds - 1)) == 0
        now += timedelta(seconds=seconds)
        assert weather.room(now) == 1
    weather.learn(CALM, now)
    assert weather.room(now) == ROOM
