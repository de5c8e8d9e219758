"""What can never go out: recorded as missed, and the staff hear of it once."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.storage.tables import Item
from tests.support.fake_discord import FORBIDDEN, GONE, TORN, Fault, Refused
from tests.support.post_office import ALERTS, CHANNEL, PostOffice
from tests.support.study import stamps

DAY = timedelta(days=1)


@pytest.mark.parametrize(("refusal", "reason"), [(GONE, "is gone"), (FORBIDDEN, "Missing Permissions")])
async def test_a_channel_that_takes_nothing(office: PostOffice, refusal: Refused, reason: str) -> None:
    office.discord.close(CHANNEL, refusal)
    for _ in range(3):
        await office.later(minutes=5)

    (told,) = office.discord.words(ALERTS)
    assert "Daily question not posted" in told
    assert reason in told
    (why,) = await office.missed()
    assert reason in why
    assert office.discord.asked == ["post", "post"]


async def test_the_staff_hear_once_of_each_trouble(office: PostOffice) -> None:
    office.discord.close(CHANNEL, FORBIDDEN)
    for _ in range(4):
        await office.round()
        office.clock.turn(DAY)
    assert len(await office.missed()) == 4
    assert len(office.discord.words(ALERTS)) == 1

    office.discord.close(CHANNEL, GONE)
    await office.round()
    assert len(office.discord.words(ALERTS)) == 2  # another trouble


async def test_what_went_well_in_between_makes_it_news(office: PostOffice) -> None:
    for closed in (True, True, False, False, True):
        office.discord.open(CHANNEL)
        if closed:
            office.discord.close(CHANNEL, FORBIDDEN)
        await office.round()
        office.clock.turn(DAY)

    assert len(await office.missed()) == 3
    assert len(office.discord.words(ALERTS)) == 2


async def test_one_schedules_success_does_not_make_anothers_trouble_news(office: PostOffice) -> None:
    await office.add_daily(101)
    office.discord.close(101, FORBIDDEN)
    for _ in range(3):
        await office.round()
        office.clock.turn(DAY)

    assert len(await office.missed()) == 3
    assert len(office.discord.words(ALERTS)) == 1


async def test_a_long_outage_is_one_message_that_names_the_newest(office: PostOffice) -> None:
    await office.add_daily(101)
    office.clock.turn(10 * DAY - timedelta(hours=2))
    await office.round()

    rows = await office.rows()
    assert [row.state for row in rows] == ["missed"] * 20
    (told,) = office.discord.words(ALERTS)
    newest = {
        max(row.due_at for row in rows if row.schedule_id == number) for number in {1, rows[-1].schedule_id}
    }
    assert told.count("**Daily question not posted 10 times.**") == 2
    assert set(stamps(told)) == newest


async def test_without_an_alert_channel_the_study_channel_hears(office: PostOffice) -> None:
    await office.services.setup.start(office.admin, alert_channel_id=0)
    await office.add_daily(101)
    office.discord.close(101, GONE)
    await office.round()

    assert len([told for told in office.discord.words(CHANNEL) if "not posted" in told]) == 1


@pytest.mark.parametrize("fault", [Fault(503), Fault(503, applied=True), Fault(TORN, applied=True)])
async def test_trouble_while_telling_them_does_no_harm(office: PostOffice, fault: Fault) -> None:
    office.discord.close(CHANNEL, GONE)
    office.discord.chance = lambda name: fault if len(office.discord.asked) == 2 else None
    await office.round()
    await office.later(minutes=5)

    assert len(await office.missed()) == 1
    assert len(office.discord.channels[ALERTS]) == fault.applied


async def test_an_alert_channel_that_is_gone_too(office: PostOffice) -> None:
    office.discord.close(CHANNEL, GONE)
    office.discord.close(ALERTS, GONE)
    await office.round()
    assert len(await office.missed()) == 1

    office.discord.open(ALERTS)
    office.clock.turn(DAY)
    await office.round()
    assert len(office.discord.words(ALERTS)) == 1  # nobody was told before


async def test_nobody_knows_where_the_history_is_closed(office: PostOffice) -> None:
    await office.crash("post", applied=True)
    office.discord.close(CHANNEL, FORBIDDEN, "history")
    office.discord.forget_nonces()
    await office.round()

    assert len(office.discord.channels[CHANNEL]) == 1
    (why,) = await office.missed()
    assert "cannot read the history" in why
    assert len(office.discord.channels[ALERTS]) == 1


async def test_a_bank_without_a_fitting_question(office: PostOffice) -> None:
    # Whoever edits a schedule is kept from this; only the bank can change under it.
    retired = update(Item).values(retired_at=office.clock.now())
    await office.house.database.write(lambda db: db.execute(retired) and None)
    await office.later(hours=24)

    # The one that was due just then waited too long; the next one found nothing that fits.
    _, reason = await office.missed()
    assert reason.startswith("No question in the bank fits")
    assert CHANNEL not in office.discord.channels
    (told,) = office.discord.words(ALERTS)
    assert told.count("**Daily question not posted.**") == 2
