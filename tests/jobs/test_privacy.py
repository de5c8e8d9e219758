"""Erasing in time, from outside: whoever left, whoever came back, and whatever Discord does meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.members import Person
from bot.services.deliveries import nonce_of
from bot.storage.tables import Explanation, Member, Server
from bot.ui.explanations import explanation_card
from tests.support.fake_discord import FORBIDDEN, TORN, Fault
from tests.support.post_office import PostOffice
from tests.support.study import another_server, answer, ask, easy_bank, invite, remove, rows, week_of_answers
from tests.support.traces import Somebody, everything, naming
from tests.support.world import World, said, world

DAY = 86_400
BO = Person(7, 812345678901234567, "Bonaparte", "Study hall")
NAMES = ("Bonaparte", "Cy", "Di", "Ed", "Flo", "Gus")


# --- messages go first, whatever happens to the worker


@pytest.fixture
async def explained(office: PostOffice) -> PostOffice:
    """A day later, with two explanations of Bo's in as many threads, and Bo wants to be deleted."""
    await office.round()
    await office.later(days=1)
    (planned,) = await office.services.schedules.list(office.admin)
    await office.services.schedules.set_paused(office.admin, planned.id, True)
    await office.later(days=1)
    for drop_id in (1, 2):
        mine, thread_id = await office.services.explanations.write(BO, drop_id, f"Mine on {drop_id}")
        assert thread_id is not None
        nonce = nonce_of(f"explanation:{mine.id}")
        message_id = await office.bot.poster.post(thread_id, explanation_card(mine), nonce=nonce)
        await office.services.explanations.posted(mine.id, message_id)
    await office.services.privacy.ask_erasure(BO, "delete")
    office.discord.asked.clear()
    return office


def left(office: PostOffice) -> int:
    """How many of Bo's explanations people can still read."""
    return sum(
        "Bonaparte explains" in text
        for thread in office.discord.threads
        for text in office.discord.words(thread)
    )


async def erased(office: PostOffice) -> bool:
    found = await office.house.database.read(everything)
    return naming(found, Somebody("Bonaparte", BO.discord_id)) == set() and not found["members"]


async def test_messages_and_rows_are_gone_after_one_round(explained: PostOffice) -> None:
    assert left(explained) == 2
    await explained.round()
    assert (left(explained), await erased(explained)) == (0, True)
    assert explained.discord.asked == ["delete", "delete"]
    await explained.later(hours=1)
    assert explained.discord.asked == ["delete", "delete"]


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_a_crash_while_a_message_goes(explained: PostOffice, applied: bool) -> None:
    await explained.crash("delete", applied=applied)
    assert len(await explained.rows(Explanation)) == 2
    await explained.round()
    assert (left(explained), await erased(explained)) == (0, True)


@pytest.mark.parametrize("fault", [Fault(503), Fault(403), Fault(TORN, applied=True)], ids=str)
async def test_passing_trouble_only_delays_it(explained: PostOffice, fault: Fault) -> None:
    explained.discord.order("delete", fault)
    await explained.round()
    await explained.later(seconds=60)
    await explained.later(seconds=60)
    assert (left(explained), await erased(explained)) == (0, True)


async def test_a_thread_closed_to_the_bot_holds_up_nothing(explained: PostOffice) -> None:
    explained.discord.close(next(iter(explained.discord.threads)), FORBIDDEN)
    await explained.round()
    assert (left(explained), await erased(explained)) == (1, True)


async def test_a_discord_that_never_deletes_is_waited_for_half_a_day(explained: PostOffice) -> None:
    explained.discord.chance = lambda name: Fault(403) if name == "delete" else None
    await explained.later(hours=11)
    assert not await erased(explained)
    await explained.later(hours=2)
    # Within the day that is promised.
    assert await erased(explained)


# --- leaving the Discord server


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[World]:
    """Set up, with one answered question."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'reps.db'}"
    async with world(url, bank=easy_bank(tmp_path / "bank")) as made:
        await made.admin.slash(made.channel, "setup start")
        yield made


@pytest.fixture
async def people(hall: World) -> list[Any]:
    """Six who answered, and were asked for today."""
    found = [hall.member(name) for name in NAMES]
    await week_of_answers(hall, *((who, 1) for who in found))
    await hall.rounds()
    return found


async def board(hall: World, who: Any) -> str:
    """The ranks one person reads."""
    told = said(await who.slash(hall.channel, "leaderboard", period="all"))
    return "\n".join(line for line in told.splitlines() if line.startswith("**#"))


async def names(hall: World) -> set[str]:
    return {row.display_name for row in await rows(hall, Member)}


async def test_who_leaves_is_hidden_within_a_day_and_erased_after_seven(
    hall: World, people: list[Any]
) -> None:
    bo, cy = people[:2]
    hall.guild.remove_member(bo)
    await hall.rounds()
    assert "Bonaparte" in await board(hall, cy)  # asked for today already
    await hall.skip(DAY)
    assert "Bonaparte" not in await board(hall, cy)
    await hall.skip(7 * DAY - 60)
    assert "Bonaparte" in await names(hall)
    await hall.skip(120)
    assert await names(hall) == set(NAMES[1:])
    who = Somebody("Bonaparte", bo.id)
    assert naming(await hall.house.database.read(everything), who) == set()


async def test_who_returns_in_time_finds_everything_as_it_was(hall: World, people: list[Any]) -> None:
    bo, cy = people[:2]
    before = await board(hall, cy)
    hall.guild.remove_member(bo)
    await hall.skip(DAY)
    assert "Bonaparte" not in await board(hall, cy)
    await hall.skip(5 * DAY)
    hall.guild.add_member(bo.user)
    await hall.skip(DAY)
    assert await board(hall, cy) == before
    await hall.skip(8 * DAY)
    assert await names(hall) == set(NAMES)


async def test_an_answer_shows_a_returned_member_at_once(hall: World, people: list[Any]) -> None:
    bo, cy = people[:2]
    hall.guild.remove_member(bo)
    await hall.skip(DAY)
    back = hall.guild.add_member(bo.user)
    assert "Bonaparte" not in await board(hall, cy)
    await answer(back, await ask(hall))
    assert "#1** Bonaparte: 4 points" in await board(hall, cy)
    await hall.skip(8 * DAY)
    assert await names(hall) == set(NAMES)


async def test_who_returns_in_the_last_moment_is_asked_for_once_more(hall: World, people: list[Any]) -> None:
    bo = people[0]
    hall.guild.remove_member(bo)
    await hall.skip(DAY)
    await hall.skip(6 * DAY + 22 * 3_600)
    hall.guild.add_member(bo.user)  # after that day's check, and nobody asks again before the purge is due
    await hall.skip(2 * 3_600 + 60)
    assert await names(hall) == set(NAMES)
    assert "Bonaparte" in await board(hall, people[1])


async def test_a_moderators_kick_counts_as_leaving(hall: World, people: list[Any]) -> None:
    hall.env.backend.remove_member(hall.guild.id, people[0].id)
    gone = await hall.bot.membership.check(hall.guild.id, [who.id for who in people])
    assert gone == {people[0].id}
    assert await hall.bot.membership.check(hall.guild.id, []) == frozenset()
    (marked,) = [row.display_name for row in await rows(hall, Member) if row.gone_at is not None]
    assert marked == "Bonaparte"


async def test_everyone_is_asked_for_also_in_a_crowd(hall: World, people: list[Any]) -> None:
    crowd = [hall.member(f"Extra {number}") for number in range(120)]
    for who in crowd:
        await hall.house.services.members.settle_in(Person(hall.guild.id, who.id, who.name, "Study hall"))
    leavers = {people[2].id, crowd[0].id, crowd[119].id}
    for who in (people[2], crowd[0], crowd[119]):
        hall.guild.remove_member(who)
    await hall.skip(DAY)
    assert {row.discord_id for row in await rows(hall, Member) if row.gone_at} == leavers
    # Nobody who answered to their name was asked for one by one.
    asked = [one.path for one in hall.env.http_requests if one.method == "GET" and "/members/" in one.path]
    assert {int(path.rpartition("/")[2]) for path in asked} == leavers


# --- a Discord that does not answer says nothing about anybody


async def nobody_is_marked(hall: World) -> bool:
    return all(row.gone_at is None for row in await rows(hall, Member))


async def test_an_unavailable_server_marks_nobody(hall: World, people: list[Any]) -> None:
    hall.guild.remove_member(people[0])
    hall.env.backend.emit("GUILD_DELETE", {"id": str(hall.guild.id), "unavailable": True})
    await hall.env.settle()
    assert await hall.bot.membership.check(hall.guild.id, [who.id for who in people]) is None
    await hall.skip(DAY)
    assert await nobody_is_marked(hall)
    assert [row.left_at for row in await rows(hall, Server)] == [None]


@pytest.mark.parametrize(("status", "code"), [(500, 0), (403, 50001), (404, 0), (404, 10004)])
async def test_an_unclear_answer_marks_nobody_and_is_asked_again(
    hall: World, people: list[Any], status: int, code: int
) -> None:
    hall.guild.remove_member(people[0])
    path = f"/guilds/{hall.guild.id}/members/*"
    hall.env.inject_error("GET", path, status=status, code=code)
    await hall.skip(DAY)
    assert await nobody_is_marked(hall)
    await hall.skip(3_600)  # not only tomorrow
    assert not await nobody_is_marked(hall)


async def test_an_empty_answer_marks_nobody(hall: World, people: list[Any]) -> None:
    kept = dict(hall.guild._guild.members)
    hall.guild._guild.members.clear()
    try:
        assert await hall.bot.membership.check(hall.guild.id, [who.id for who in people]) is None
    finally:
        hall.guild._guild.members.update(kept)
    assert await nobody_is_marked(hall)


async def test_a_purge_waits_while_discord_cannot_be_asked(hall: World, people: list[Any]) -> None:
    hall.guild.remove_member(people[0])
    await hall.skip(DAY)
    hall.env.inject_error("GET", f"/guilds/{hall.guild.id}/members/*", status=403, code=0, times=None)
    await hall.skip(7 * DAY + 60)
    assert await names(hall) == set(NAMES)
    hall.env.backend.faults.clear()
    await hall.skip(600)
    assert await names(hall) == set(NAMES[1:])


# --- the bot itself is removed


async def test_a_server_that_takes_the_bot_back_in_time_has_lost_nothing(
    hall: World, people: list[Any]
) -> None:
    before = await board(hall, people[1])
    await remove(hall, hall.guild)
    await hall.skip(6 * DAY)
    await invite(hall, hall.guild)
    await hall.skip(8 * DAY)
    assert await names(hall) == set(NAMES)
    assert await board(hall, people[1]) == before
    assert [row.left_at for row in await rows(hall, Server)] == [None]


async def test_a_server_that_does_not_is_erased_after_seven_days(hall: World, people: list[Any]) -> None:
    guild, channel, admin = another_server(hall)
    await admin.slash(channel, "setup start")
    await answer(hall.member("Zed"), await ask(hall))
    await remove(hall, hall.guild)
    await hall.skip(7 * DAY - 60)
    assert len(await rows(hall, Server)) == 2
    await hall.skip(120)
    (other,) = await rows(hall, Server)
    assert other.discord_id == guild.id
    found = await hall.house.database.read(everything)
    assert [
        row for rows_ in found.values() for row in rows_ if row.get("server_id") not in (None, other.id)
    ] == []
    assert found["members"] == found["answers"] == []
    assert sum(row["answered"] for row in found["item_tallies"]) == 7


async def test_who_left_before_the_bot_did_is_erased_on_their_own_day(hall: World, people: list[Any]) -> None:
    hall.guild.remove_member(people[0])
    await hall.skip(DAY)
    await hall.skip(3 * DAY)
    await remove(hall, hall.guild)
    await hall.skip(4 * DAY + 60)
    assert await names(hall) == set(NAMES[1:])


async def test_a_removal_while_the_bot_was_away_is_noticed_at_its_start(
    hall: World, people: list[Any]
) -> None:
    guild, channel, admin = another_server(hall)
    await admin.slash(channel, "setup start")
    await hall.bot.close()
    kept = hall.env.backend.guilds.pop(guild.id)
    await hall.restart()
    left_at = {row.discord_id: row.left_at for row in await rows(hall, Server)}
    assert left_at[guild.id] == hall.now()
    assert left_at[hall.guild.id] is None
    hall.env.backend.guilds[guild.id] = kept


@pytest.mark.parametrize(("status", "code"), [(500, 0), (403, 0), (404, 0)])
async def test_a_server_missing_from_the_list_is_not_given_up_without_discords_word(
    hall: World, people: list[Any], status: int, code: int
) -> None:
    hall.env.inject_error("GET", f"/guilds/{hall.guild.id}", status=status, code=code, times=None)
    hall.bot._connection._guilds.pop(hall.guild.id)
    assert await hall.bot.membership.removed() == ()
    hall.env.backend.faults.clear()
    assert await hall.bot.membership.removed() == ()  # it is there, whatever the list said
    hall.env.inject_error("GET", f"/guilds/{hall.guild.id}", status=403, code=50001)
    assert await hall.bot.membership.removed() == (hall.guild.id,)
