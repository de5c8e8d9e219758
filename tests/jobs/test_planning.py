"""D4 and the calendar from outside: what an outage, a moved hour and a press by hand put in the channel."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.calendar import Recurrence
from bot.domain.schedules import NOWHERE
from bot.services.deliveries import nonce_of
from tests.support.fake_discord import FORBIDDEN
from tests.support.post_office import ADMIN, ALERTS, CHANNEL, PostOffice

THURSDAY = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize("hour", [9, 11, 15])
async def test_after_an_outage_the_newest_goes_out(office: PostOffice, hour: int) -> None:
    office.clock.turn_to(THURSDAY + timedelta(hours=hour))
    await office.round()

    assert [row.state for row in await office.rows()] == ["missed"] * 3 + ["done"]
    (words,) = office.discord.words(CHANNEL)
    assert ("Posted late" in words) == (hour > 9)
    assert [row.late for row in await office.rows()][-1] == (hour > 9)


async def test_what_is_older_than_six_hours_stays_missed(office: PostOffice) -> None:
    office.clock.turn_to(THURSDAY + timedelta(hours=15, minutes=1))
    await office.round()
    await office.round()

    assert [row.state for row in await office.rows()] == ["missed"] * 4
    assert CHANNEL not in office.discord.channels
    assert len(office.discord.channels[ALERTS]) == 1
    assert "within six hours" in office.discord.words(ALERTS)[0]


async def test_the_next_day_replaces_one_that_never_got_through(office: PostOffice) -> None:
    await office.crash("post", applied=False)
    await office.later(hours=24)

    first, second = await office.rows()
    assert (first.state, second.state) == ("missed", "done")
    (message,) = office.discord.channels[CHANNEL]
    assert message["nonce"] == nonce_of(second.key)


@pytest.mark.parametrize("hour", [7, 12, 23])
async def test_a_moved_hour_never_posts_twice_on_one_date(office: PostOffice, hour: int) -> None:
    await office.round()
    await office.services.setup.start(ADMIN, channel_id=CHANNEL, at=time(hour))
    for _ in range(24):
        await office.later(hours=1)
        if office.clock.now().date() == datetime(2026, 3, 3).date():
            break

    assert len(await office.rows()) == 1
    assert len(office.discord.channels[CHANNEL]) == 1
    office.clock.turn_to(datetime(2026, 3, 3, hour, tzinfo=UTC))
    await office.round()
    assert [str(row.local_date) for row in await office.rows()] == ["2026-03-02", "2026-03-03"]


async def test_an_hour_moved_to_and_fro_before_the_first_post(office: PostOffice) -> None:
    (planned,) = await office.services.schedules.list(ADMIN)
    for hour in (10, 9, 11, 10):
        moved = Recurrence.daily(time(hour))
        draft = await office.services.schedules.draft_change(ADMIN, planned.id, recurrence=moved)
        await office.services.schedules.save(ADMIN, draft.id)
    for _ in range(6):
        await office.later(minutes=30)

    assert len(await office.rows()) == 1
    assert len(office.discord.channels[CHANNEL]) == 1


async def test_a_run_by_hand_posts_once_for_one_press(office: PostOffice) -> None:
    (planned,) = await office.services.schedules.list(ADMIN)
    await office.round()
    for press in (11, 11, 12):
        await office.services.schedules.run(ADMIN, planned.id, press)
    await asyncio.gather(*[office.services.schedules.run(ADMIN, planned.id, 12) for _ in range(5)])
    await office.round()
    await office.services.schedules.run(ADMIN, planned.id, 11)
    await office.round()

    assert [row.key for row in await office.rows()] == ["s1:2026-03-02", "i11", "i12"]
    assert len(office.discord.channels[CHANNEL]) == 3


async def test_planning_in_two_places_at_once_plans_once(office: PostOffice) -> None:
    for channel in range(101, 111):
        await office.add_daily(channel)
    await asyncio.gather(office.round(), office.round(office.second))

    assert len(await office.rows()) == 11
    assert set(office.discord.nonces().values()) == {1}


async def test_going_on_with_what_was_never_paused_leaves_out_nothing(office: PostOffice) -> None:
    (planned,) = await office.services.schedules.list(ADMIN)
    office.clock.turn(timedelta(seconds=10))
    for _ in range(2):
        await office.services.schedules.set_paused(ADMIN, planned.id, False)
    await office.round()

    assert [(str(row.local_date), row.state) for row in await office.rows()] == [("2026-03-02", "done")]


async def test_a_draft_from_before_there_was_a_channel_takes_none_away(office: PostOffice) -> None:
    (planned,) = await office.services.schedules.list(ADMIN)
    await office.services.setup.start(ADMIN, channel_id=NOWHERE)
    moved = Recurrence.daily(time(10))
    draft = await office.services.schedules.draft_change(ADMIN, planned.id, recurrence=moved)
    await office.services.setup.start(ADMIN, channel_id=CHANNEL)

    saved = await office.services.schedules.save(ADMIN, draft.id)
    assert (saved.channel_id, saved.recurrence) == (CHANNEL, moved)
    assert saved.upcoming[0] == datetime(2026, 3, 3, 10, tzinfo=UTC)


async def test_the_first_question_can_be_asked_for_again_when_it_could_not_be_posted(
    office: PostOffice,
) -> None:
    await office.round()
    setup = office.services.setup
    office.discord.close(CHANNEL, FORBIDDEN)
    for _ in range(2):
        await setup.first_question(ADMIN, 55)
        await office.round()
    assert [row.state for row in await office.rows()] == ["done", "missed", "missed"]

    office.discord.open(CHANNEL)
    for _ in range(3):
        await asyncio.gather(*(setup.first_question(ADMIN, 55) for _ in range(4)))
        await office.round()
    assert [row.state for row in await office.rows()] == ["done", "missed", "missed", "done"]
    assert len(office.discord.channels[CHANNEL]) == 2
