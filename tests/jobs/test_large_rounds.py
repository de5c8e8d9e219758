"""A round of five hundred: within Discord's limits, and each message once, whenever the worker dies."""

import asyncio
import re
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from bot.client.cards import TEXT_LIMIT
from bot.domain.calendar import Recurrence
from bot.domain.pairing import Paired
from bot.domain.rounds import PAIRS_AT_FIRST, PAIRS_AT_ONCE
from bot.services.pairing.matcher import Matcher
from bot.storage.tables import Block, Delivery, Member, Recitation, Reciter, Round, Timer
from tests.support.crowd import FIRST_PERSON, enrol
from tests.support.fake_discord import FORBIDDEN, Fault
from tests.support.post_office import ADMIN, LEASE_OVER, PostOffice

PEOPLE = 500
PAIRS = PEOPLE // 2
CHANNEL = 300
MESSAGES = 1 + -(-(PAIRS - PAIRS_AT_FIRST) // PAIRS_AT_ONCE)
MENTIONS_AT_MOST = 100


@pytest.fixture
async def crowded(office: PostOffice) -> PostOffice:
    """Five hundred in the rounds, of which one is due now; nobody's gateway sees the server."""
    await office.round()
    await enrol(office.house.database, ADMIN.guild_id, PEOPLE, office.clock.now())
    at = office.clock.now() + timedelta(minutes=1)
    draft = await office.services.schedules.draft(
        ADMIN, kind="round", channel_id=CHANNEL, recurrence=Recurrence.weekly(at.time(), {1}), options={}
    )
    await office.services.schedules.save(ADMIN, draft.id)
    office.clock.turn_to(at)
    return office


async def go_out(office: PostOffice) -> None:
    """Until somebody was looked for who can ask who is still there, and then until the round is out."""
    for _ in range(12):
        await office.later(seconds=20)


def mentioned(office: PostOffice, place: int) -> list[int]:
    return [int(found) for found in re.findall(r"<@(\d+)>", office.discord.words(CHANNEL)[place])]


async def out_once(office: PostOffice) -> None:
    """Every message of the round is out, once, in order, and everybody stands in one of its lines."""
    messages = office.discord.channels[CHANNEL]
    assert len(messages) == MESSAGES
    assert max(Counter(message["nonce"] for message in messages).values()) == 1
    everybody = [one for place in range(MESSAGES) for one in mentioned(office, place)]
    assert sorted(everybody) == list(range(FIRST_PERSON, FIRST_PERSON + PEOPLE))
    numbers = re.findall(r"\*\*(\d+)\.\*\*", "\n".join(office.discord.words(CHANNEL)))
    assert list(map(int, numbers)) == list(range(1, PAIRS + 1))
    (row,) = [one for one in await office.rows(Delivery) if one.kind == "round"]
    assert (row.state, row.message_id) == ("done", int(messages[0]["id"]))
    assert len(await office.rows(Round)) == 1
    assert len(await office.rows(Reciter)) == PEOPLE


async def test_five_hundred_are_posted_in_batches_within_discords_limits(crowded: PostOffice) -> None:
    await go_out(crowded)
    await out_once(crowded)
    for place in range(MESSAGES):
        assert 0 < len(mentioned(crowded, place)) <= MENTIONS_AT_MOST
        assert len(crowded.discord.words(CHANNEL)[place]) < TEXT_LIMIT
    # Once more would be once too often.
    await go_out(crowded)
    await out_once(crowded)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crash_at", [0, 1, 4])
@pytest.mark.parametrize("forgets", [False, True], ids=["soon", "late"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_crash_at_any_message_doubles_and_loses_none(
    crowded: PostOffice, applied: bool, crash_at: int, forgets: bool
) -> None:
    for _ in range(3):  # nobody can be asked who is still there
        await crowded.later(seconds=20)
    crowded.discord.order("post", *[Fault(200)] * crash_at)
    await crowded.crash("post", applied=applied)
    if forgets:
        crowded.discord.forget_nonces()
        crowded.discord.chat(CHANNEL, 0)
        crowded.clock.turn(LEASE_OVER * 5)
    await go_out(crowded)
    await out_once(crowded)


async def test_two_processes_make_one_round(crowded: PostOffice) -> None:
    for _ in range(12):
        crowded.clock.turn(timedelta(seconds=20))
        await asyncio.gather(crowded.round(), crowded.round(crowded.second))
    await out_once(crowded)


async def test_whoever_saves_second_reads_what_the_first_saved(crowded: PostOffice) -> None:
    await crowded.services.deliveries.plan()
    (due,) = await crowded.services.deliveries.claim("deliveries")
    pairing = crowded.services.pairing
    first, second, third = await asyncio.gather(*(pairing.prepare(due) for _ in range(3)))
    assert first == second == third == await pairing.prepare(due)
    assert len(await crowded.rows(Recitation)) == PAIRS
    assert len(await crowded.rows(Reciter)) == PEOPLE


async def test_who_is_blocked_while_the_pairs_are_made_is_not_in_them(crowded: PostOffice) -> None:
    await crowded.services.deliveries.plan()
    (due,) = await crowded.services.deliveries.claim("deliveries")
    pairing = crowded.services.pairing
    blocked: list[frozenset[int]] = []

    class Overtaken(Matcher):
        """Between the look at everybody and the pairs' being saved, one of the first pair blocks the other."""

        async def pair(self, *args: object, **rest: object) -> Paired:
            made = await super().pair(*args, **rest)  # type: ignore[arg-type]
            if len(blocked) < 2:
                one, other = made.groups[0].members[:2]
                blocked.append(frozenset((one, other)))
                await crowded.house.database.write(
                    lambda db: (
                        db.execute(
                            insert(Block).values(
                                member_id=one,
                                blocked_discord_id=select(Member.discord_id)
                                .where(Member.id == other)
                                .scalar_subquery(),
                                at=crowded.clock.now(),
                            )
                        )
                        and None
                    )
                )
            return made

    pairing._matcher = Overtaken()
    await pairing.prepare(due)
    together: dict[int, set[int]] = {}
    for row in await crowded.rows(Reciter):
        together.setdefault(row.recitation_id, set()).add(row.member_id)
    assert len(together) == PAIRS
    assert len(blocked) == 2
    assert not any(pair <= members for pair in blocked for members in together.values())


async def test_reminders_go_out_in_batches_too_once(crowded: PostOffice) -> None:
    await go_out(crowded)
    await crowded.later(days=1)
    await go_out(crowded)
    reminders = crowded.discord.words(CHANNEL)[MESSAGES:]
    assert len(reminders) == -(-PAIRS // PAIRS_AT_ONCE)
    everybody = [int(found) for words in reminders for found in re.findall(r"<@(\d+)>", words)]
    assert sorted(everybody) == list(range(FIRST_PERSON, FIRST_PERSON + PEOPLE))
    await crowded.later(days=1)
    assert len(crowded.discord.channels[CHANNEL]) == MESSAGES + len(reminders)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_crash_at_a_reminder_reminds_nobody_twice(crowded: PostOffice, applied: bool) -> None:
    await go_out(crowded)
    crowded.clock.turn(timedelta(days=1))
    crowded.discord.order("post", Fault(200), Fault(200))
    await crowded.crash("post", applied=applied)
    crowded.discord.forget_nonces()
    await go_out(crowded)
    reminders = crowded.discord.words(CHANNEL)[MESSAGES:]
    everybody = [int(found) for words in reminders for found in re.findall(r"<@(\d+)>", words)]
    assert sorted(everybody) == list(range(FIRST_PERSON, FIRST_PERSON + PEOPLE))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_closed_channel_is_told_to_the_staff_and_nothing_is_tried_for_ever(
    crowded: PostOffice,
) -> None:
    crowded.discord.close(CHANNEL, FORBIDDEN)
    await go_out(crowded)
    assert crowded.discord.channels[CHANNEL] == []
    (told,) = [words for words in crowded.discord.words(900) if "Recitation round" in words]
    assert "not posted" in told
    assert {row.state for row in await crowded.rows(Timer) if row.kind.startswith("round.")} == set()
