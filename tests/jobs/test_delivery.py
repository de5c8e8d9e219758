"""D1 from outside: whatever goes wrong on the way to Discord, one message stands there in the end."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from bot.services.deliveries import nonce_of
from bot.storage.tables import Schedule
from tests.support.fake_discord import OK, TORN, Fault
from tests.support.post_office import CHANNEL, LEASE_OVER, PostOffice

FAULTS = {
    "refused": Fault(503),
    "refused after posting": Fault(503, applied=True),
    "torn": Fault(TORN),
    "torn after posting": Fault(TORN, applied=True),
    "banned for a while": Fault(429),
    "a proxy says 403": Fault(403),
    "a proxy says 404": Fault(404),
}


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What discord.py would have slept between its own tries."""
    slept: list[float] = []
    nap = asyncio.sleep

    async def at_once(seconds: float) -> None:
        if seconds:
            slept.append(seconds)
        await nap(0)

    monkeypatch.setattr("discord.http.asyncio.sleep", at_once)
    return slept


async def test_nothing_goes_wrong(office: PostOffice) -> None:
    await office.round()
    await office.later(seconds=61)

    await office.posted_once()
    assert office.discord.asked == ["post"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("attempts", [1, 4])
async def test_a_passing_fault_is_tried_again(office: PostOffice, fault: Fault, attempts: int) -> None:
    office.discord.order("post", *[fault] * attempts)
    await office.round()
    for attempt in range(attempts):
        assert (await office.the_row()).state == "due"
        await office.later(seconds=5 * 2**attempt)

    await office.posted_once()
    assert await office.missed() == []


async def test_hours_of_trouble_end_well(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    office.discord.chance = lambda name: Fault()
    for _ in range(70):
        await office.later(minutes=5)
    assert (await office.the_row()).attempts > 60
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    office.discord.chance = lambda name: None
    await office.later(minutes=5)

    await office.posted_once()
    assert "Posted late" in office.discord.words(CHANNEL)[0]


@pytest.mark.parametrize("applied", [False, True])
async def test_the_librarys_own_second_try_posts_nothing_more(
    office: PostOffice, naps: list[float], applied: bool
) -> None:
    office.discord.order("post", Fault(500, applied=applied), Fault(502, applied=applied))
    await office.round()

    await office.posted_once()
    assert naps == [1, 3]


async def test_a_rate_limit_is_waited_for(office: PostOffice, naps: list[float]) -> None:
    office.discord.order("post", Fault(429, retry_after=2.5))
    await office.round()

    await office.posted_once()
    assert naps == [2.5]


async def test_giving_up_waiting_leaves_no_rate_limit_behind(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.discord.order("post", Fault(429, retry_after=3600, everywhere=True))
    with monkeypatch.context() as hasty:
        hasty.setattr("bot.jobs.deliveries.ATTEMPT_SECONDS", 0.5)
        await office.round()
    assert (await office.the_row()).state == "due"
    await office.later(seconds=5)

    await office.posted_once()


async def test_a_young_attempt_trusts_the_nonce(office: PostOffice) -> None:
    office.discord.order("post", Fault(applied=True))
    await office.round()
    await office.later(seconds=59)

    await office.posted_once()
    assert office.discord.asked == ["post", "post"]


@pytest.mark.parametrize("applied", [False, True])
async def test_an_old_attempt_looks_first(office: PostOffice, applied: bool) -> None:
    office.discord.order("post", Fault(applied=applied))
    await office.round()
    await office.later(seconds=60)

    await office.posted_once()
    assert office.discord.asked == ["post", "history"] + ["post"] * (not applied)


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("hours", [0.1, 5.9, 6.1, 100])
async def test_a_crash_between_post_and_settle(office: PostOffice, applied: bool, hours: float) -> None:
    await office.crash("post", applied=applied)
    office.discord.forget_nonces()
    office.discord.chat(CHANNEL, 3)
    await office.later(hours=hours)

    messages = [message for message in office.discord.channels[CHANNEL] if message["nonce"]]
    first = (await office.rows())[0]
    assert [message["nonce"] for message in messages].count(nonce_of(first.key)) == (applied or hours < 6)
    assert first.state == ("done" if applied or hours < 6 else "missed")
    assert office.discord.asked.count("history") == 1, "looked before it posts again or gives up"


async def test_a_busy_channel_is_read_to_its_end(office: PostOffice) -> None:
    office.discord.order("post", Fault())
    await office.round()
    office.discord.chat(CHANNEL, 700)
    office.clock.turn(timedelta(minutes=2))
    await office.crash("post", applied=True)
    office.discord.forget_nonces()
    await office.round()

    assert office.discord.nonces().total() == 1
    assert (await office.the_row()).state == "done"


async def test_a_post_that_outlives_its_lease_meets_the_next_holders(office: PostOffice) -> None:
    gate, came = asyncio.Event(), asyncio.Event()
    office.discord.watch = lambda step, name: came.set()
    office.discord.order("post", Fault(OK, hold=gate))
    slow = asyncio.create_task(office.round())
    await came.wait()
    office.clock.turn(LEASE_OVER)
    await office.round(office.second)
    await office.posted_once()
    gate.set()
    await slow

    await office.posted_once()


async def test_late_by_retries_is_said_in_the_post(office: PostOffice) -> None:
    office.discord.order("post", Fault())
    await office.round()
    await office.later(minutes=11)

    await office.posted_once()
    assert "Posted late" in office.discord.words(CHANNEL)[0]
    assert (await office.the_row()).late


async def test_our_own_fault_stops_nobody_else(office: PostOffice) -> None:
    await office.house.database.write(lambda db: db.execute(update(Schedule).values(kind="unheard of")))
    await office.add_daily(101)
    await office.round()

    assert [(row.channel_id, row.state) for row in await office.rows()] == [(CHANNEL, "due"), (101, "done")]
    assert office.discord.asked == ["post"]


NO_GIVING_BACK = """
    CREATE TRIGGER broken BEFORE UPDATE ON deliveries
    WHEN OLD.claimed_until IS NOT NULL AND NEW.claimed_until IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_failing_database_cancels_nobodys_post(
    office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    # discord.py never recovers from a request cancelled while it waits for a global rate limit.
    await office.add_daily(101)
    await office.house.database.write(lambda db: db.execute(text(NO_GIVING_BACK)))
    gate, failed = asyncio.Event(), asyncio.Event()
    office.discord.order("post", Fault(), Fault(OK, hold=gate))
    caplog.handler.addFilter(lambda record: record.levelname != "ERROR" or failed.set() is None)
    round_, failure = asyncio.create_task(office.round()), asyncio.create_task(failed.wait())
    await asyncio.wait({round_, failure}, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    await asyncio.gather(round_, failure)

    assert sorted(row.state for row in await office.rows()) == ["done", "due"]
