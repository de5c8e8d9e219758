"""Reports and time: the moderators hear of each once, whatever breaks, and nothing is kept for over 90 days."""

from datetime import timedelta

import pytest

from bot.domain.members import Person
from bot.storage.tables import Report, Timer
from tests.support.fake_discord import GONE, Fault
from tests.support.post_office import ADMIN, ALERTS, PostOffice

CY = Person(guild_id=7, discord_id=71, name="Cy")


@pytest.fixture
async def reported(office: PostOffice) -> PostOffice:
    """The day's question is out, and Cy has just reported somebody."""
    await office.round()
    office.discord.asked.clear()
    await office.services.safety.report(CY, "member", 72, "spam", "Look at this")
    return office


async def told_once(office: PostOffice) -> None:
    (words,) = office.discord.words(ALERTS)
    assert words.startswith("A report came in.")
    assert [row.state for row in await office.rows(Timer) if row.kind == "report.tell"] == ["done"]


async def forget(office: PostOffice) -> None:
    """One round of the duty that erases."""
    (duty,) = [one for one in office.bot.clockwork.rounds if one.name == "reports"]  # type: ignore[union-attr]
    await duty.run()


async def test_nothing_goes_wrong(reported: PostOffice) -> None:
    await reported.round()
    await reported.round(reported.second)
    await told_once(reported)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_a_crash_while_telling(reported: PostOffice, applied: bool) -> None:
    await reported.crash("post", applied=applied)
    reported.discord.forget_nonces()
    await reported.round()
    await told_once(reported)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_trouble_while_telling(reported: PostOffice, applied: bool) -> None:
    reported.discord.order("post", Fault(applied=applied), Fault(applied=applied))
    await reported.round()
    await reported.later(seconds=5)
    await reported.later(seconds=10)
    await told_once(reported)


async def test_what_is_closed_before_anybody_was_told_is_not_told(reported: PostOffice) -> None:
    await reported.services.safety.close(ADMIN, 1, "Seen it")
    await reported.round()
    assert ALERTS not in reported.discord.channels


async def test_an_alert_channel_that_is_gone_leaves_the_list(reported: PostOffice) -> None:
    reported.discord.close(ALERTS, GONE)
    await reported.round()
    await reported.later(hours=1)
    assert [row.state for row in await reported.rows(Timer) if row.kind == "report.tell"] == ["missed"]
    waiting = await reported.services.safety.next(ADMIN)
    assert waiting is not None
    assert waiting.text == "Look at this"


async def test_reports_are_erased_before_they_are_90_days_old(reported: PostOffice) -> None:
    reported.clock.turn(timedelta(days=1))
    await reported.services.safety.report(CY, "member", 72, "spam", "Another day")
    await reported.services.safety.close(ADMIN, 1, "Done")
    reported.clock.turn(timedelta(days=87, hours=23))
    await forget(reported)
    assert len(await reported.rows(Report)) == 2
    reported.clock.turn(timedelta(hours=1))
    await forget(reported)
    assert [row.reason for row in await reported.rows(Report)] == ["spam\nAnother day"]
    reported.clock.turn(timedelta(days=1))
    await forget(reported)
    assert await reported.rows(Report) == []
    assert await reported.services.safety.next(ADMIN) is None


async def test_a_number_that_comes_again_is_told_of_again(reported: PostOffice) -> None:
    await reported.round()
    reported.clock.turn(timedelta(days=90))
    await forget(reported)
    await reported.services.safety.report(CY, "member", 72, "spam", "Months later")
    # SQLite counts from one again when no report is left.
    await reported.round()
    told = [words for words in reported.discord.words(ALERTS) if words.startswith("A report came in.")]
    assert len(told) == 2
