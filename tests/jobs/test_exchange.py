"""What people hand in, ask and reply reaches the thread once, whatever happens to the worker meanwhile."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import discord
import pytest
from sqlalchemy import select

from bot.assembly import build_bot, open_house
from bot.client.cards import shown
from bot.domain.exchange import Recording
from bot.domain.members import Person
from bot.domain.recitation import Rubric
from bot.services import members
from bot.services.recitation import exchange
from bot.services.recitation.arranging import arrange
from bot.services.recitation.circle import circle_of
from bot.storage.tables import ItemVersion, RecitationFeedback, Reciter, Timer
from tests.support.clock import TurnedClock
from tests.support.concepts import concept_bank
from tests.support.fake_discord import FORBIDDEN, Fault, fake_discord, logged_in
from tests.support.post_office import CHANNEL, PostOffice

BO, CY = (Person(7, 1001 + place, name, "Study hall") for place, name in enumerate(("Bo", "Cy")))
THREAD, CARD = 700, 701
TEXT = "A join puts rows side by side. " * 10
RUBRIC = Rubric((0,), clarity=2, depth=2, follow_ups=None)


@pytest.fixture
async def office(sqlite_url: str, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """A post office in whose server Bo and Cy have three days to recite to each other."""
    clock = TurnedClock()
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(fake_discord(clock))
        house = await stack.enter_async_context(
            open_house(
                sqlite_url, bank_dir=concept_bank(tmp_path / "bank"), clock=clock, rng=random.Random(7)
            )
        )
        bots = build_bot(house, tick=None, shard_count=1), build_bot(house, tick=None, shard_count=1)
        await stack.enter_async_context(logged_in(discord.base, *bots))
        made = PostOffice(house, *bots, discord, clock, stack)
        await house.services.setup.start(made.admin, channel_id=CHANNEL)
        await house.database.write(lambda db: begin(db, made))
        yield made


def begin(db: Any, office: PostOffice) -> None:
    now = office.clock.now()
    people = [members.join(db, who, now) for who in (BO, CY)]
    recitation_id = arrange(
        db,
        server_id=people[0].server_id,
        channel_id=CHANNEL,
        origin="round",
        mode="async",
        medium="voice",
        member_ids=[one.member_id for one in people],
        now=now,
    )
    circle = circle_of(db, recitation_id)
    assert circle is not None
    for seat, version in zip(circle.seats, db.scalars(select(ItemVersion).limit(2)), strict=True):
        seat.row.item_id, seat.row.item_version_id = version.item_id, version.id
    circle.recitation.phase = "opening"
    circle.recitation.thread_id, circle.recitation.message_id = THREAD, CARD
    exchange.begin(db, circle, now)


async def hand_in(office: PostOffice) -> None:
    office.discord.files["1.ogg"] = b"OggS"
    recording = Recording(f"{office.discord.base}/files/1.ogg?ex=6&is=1", "audio/ogg", 4)
    await office.services.exchanges.hand_in(BO, 1, TEXT, recording, office.clock.now())


async def ask(office: PostOffice) -> None:
    await hand_in(office)
    await office.round()
    await office.services.exchanges.mark(CY, 1, 1, RUBRIC, "Why?", office.clock.now())


async def reply(office: PostOffice) -> None:
    await ask(office)
    await office.round()
    await office.services.exchanges.reply(BO, 1, 1, "Because.")


STEPS = {
    "hand-in": (hand_in, "Bo recites"),
    "question": (ask, "A question about"),
    "reply": (reply, "Bo replies"),
}


async def stands_once(office: PostOffice, what: str) -> None:
    """The message is there once, and its row knows it."""
    found = [one for one in office.discord.channels[THREAD] if STEPS[what][1] in shown(one)]
    assert len(found) == 1
    reciter, given = (await office.rows(Reciter))[0], await office.rows(RecitationFeedback)
    known = {
        "hand-in": reciter.message_id,
        "question": given[0].message_id if given else None,
        "reply": reciter.reply_message_id,
    }
    assert known[what] == int(found[0]["id"])
    states = {
        one.key.split(":")[2]: one.state for one in await office.rows(Timer) if one.kind == exchange.POST
    }
    assert states[what] == "done"


@pytest.mark.parametrize("applied", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("what", STEPS)
async def test_a_worker_that_dies_while_posting_leaves_one_message(
    office: PostOffice, what: str, applied: bool
) -> None:
    await STEPS[what][0](office)
    await office.crash("post", applied=applied)
    office.discord.forget_nonces()
    await office.later(minutes=2)
    await stands_once(office, what)


async def test_a_proxy_s_no_after_discord_s_yes_leaves_one_message(office: PostOffice) -> None:
    await hand_in(office)
    office.discord.order("post", Fault(applied=True))
    await office.round()
    await office.later(seconds=10)
    await stands_once(office, "hand-in")


async def test_two_workers_post_it_once(office: PostOffice) -> None:
    await hand_in(office)
    await office.crash("post", applied=True)
    await office.round(office.second)
    await office.round()
    await stands_once(office, "hand-in")


async def test_the_recording_is_taken_along_and_its_address_forgotten(office: PostOffice) -> None:
    await hand_in(office)
    await office.round()
    (reciter, _) = await office.rows(Reciter)
    assert reciter.recording is None
    (message,) = office.discord.channels[THREAD]
    assert message["uploaded"] == ["recording.ogg"]
    # A layout has no player.
    assert not discord.MessageFlags._from_value(message["flags"]).components_v2


async def test_a_thread_that_is_closed_to_us_ends_it_and_nobody_is_alarmed(office: PostOffice) -> None:
    await hand_in(office)
    office.discord.close(THREAD, FORBIDDEN)
    await office.round()
    (timer,) = [one for one in await office.rows(Timer) if one.kind == exchange.POST]
    assert timer.state == "done"
    assert (await office.services.exchanges.of(BO, 1)).phase == "done"
    assert office.discord.channels[CHANNEL] == []
