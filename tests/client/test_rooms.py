"""Rooms over a loopback Discord: a repeat after a crash finds the first one, and what is full or forbidden is told."""

from collections.abc import AsyncIterator
from datetime import timedelta

import discord
import pytest

from bot.client.posting import PASSING, Unpostable
from bot.client.rooms import DiscordRooms
from bot.client.weather import Weather
from tests.support.clock import TurnedClock
from tests.support.fake_discord import (
    ARCHIVED,
    CATEGORY_FULL,
    FORBIDDEN,
    GONE,
    GUILD,
    OK,
    TOO_MANY_CHANNELS,
    TOO_MANY_THREADS,
    TORN,
    FakeDiscord,
    Fault,
    Refused,
    fake_discord,
    logged_in,
)

STUDY = 100
ADA, BO = 11, 12
CATEGORY, TEXT, VOICE = 4, 0, 2
LOST = [Fault(503, applied=True), Fault(TORN, applied=True), Fault(403, applied=True)]


class Wing:
    """The rooms of one pair."""

    def __init__(self, discord: FakeDiscord, clock: TurnedClock, rooms: DiscordRooms) -> None:
        self.discord, self.clock, self.rooms = discord, clock, rooms

    async def thread(self, mark: str = "r17", name: str = "Recitation", channel: int = STUDY) -> int:
        return await self.rooms.open_thread(channel, mark=mark, name=name, people=(ADA, BO))

    async def voice(self, mark: str = "r17", beside: int | None = None) -> int:
        return await self.rooms.open_voice(
            GUILD, mark=mark, name="Recitation", people=(ADA, BO), beside=beside
        )

    def full_category(self, taken: int) -> tuple[int, int]:
        """A category with so many channels in it; its id and that of the first of them."""
        category = self.discord.place(type=CATEGORY, name="Study")["id"]
        within = [self.discord.place(type=TEXT, name="reps", parent_id=category) for _ in range(taken)]
        return int(category), int(within[0]["id"])

    def named(self, room: int) -> str:
        name: str = self.discord.rooms[room]["name"]
        return name


@pytest.fixture
async def wing() -> AsyncIterator[Wing]:
    client, clock = discord.Client(intents=discord.Intents.none()), TurnedClock()
    async with fake_discord(clock) as fake, logged_in(fake.base, client):
        yield Wing(fake, clock, DiscordRooms(client, clock, Weather()))


# --- once


@pytest.mark.parametrize("lost", LOST, ids=["answer", "connection", "proxy"])
async def test_a_thread_whose_making_was_never_heard_of_is_found_again(wing: Wing, lost: Fault) -> None:
    wing.discord.order("open_private", lost)
    with pytest.raises(PASSING):
        await wing.thread()
    assert len(wing.discord.rooms) == 1
    found = await wing.thread()
    assert [*wing.discord.rooms] == [found]
    assert wing.discord.inside[found] == [ADA, BO]


async def test_a_repeat_adds_whoever_is_missing_and_nobody_twice(wing: Wing) -> None:
    wing.discord.order("let_in", Fault(OK), Fault())
    with pytest.raises(discord.HTTPException):
        await wing.thread()
    assert [*wing.discord.inside.values()] == [[ADA]]
    thread = await wing.thread()
    assert await wing.thread() == thread
    assert wing.discord.inside == {thread: [ADA, BO]}


async def test_a_thread_that_was_archived_is_found_and_woken(wing: Wing) -> None:
    thread = await wing.thread()
    assert await wing.rooms.close("thread", thread)
    assert thread in wing.discord.archived
    assert await wing.thread() == thread
    assert not wing.discord.archived


async def test_it_is_looked_for_through_all_archived_threads_of_the_last_days(wing: Wing) -> None:
    first = await wing.thread()
    await wing.rooms.close("thread", first)
    for number in range(250):
        other = wing.discord.place(type=12, name=f"Mock · m{number}", parent_id=str(STUDY), owner_id="1")
        wing.discord.archived.add(int(other["id"]))
    assert await wing.thread() == first
    wing.clock.turn(timedelta(days=4))
    wing.discord.asked.clear()
    assert await wing.thread() != first  # its number has come again, in another database
    assert wing.discord.asked.count("archive") == 1  # nothing older is looked through


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Recitation · r171"},
        {"name": "Recitation · ar17"},
        {"name": "r17 · r1"},
        {"owner_id": "2"},
        {"parent_id": "101"},
        {"type": 11},
    ],
    ids=str,
)
async def test_what_only_looks_like_it_is_left_alone(wing: Wing, other: dict[str, object]) -> None:
    alike = {"type": 12, "name": "Recitation · r17", "parent_id": str(STUDY), "owner_id": "1"} | other
    stranger = int(wing.discord.place(**alike)["id"])
    assert await wing.thread() != stranger
    assert not wing.discord.inside[stranger]


@pytest.mark.parametrize("lost", LOST, ids=["answer", "connection", "proxy"])
async def test_a_voice_room_whose_making_was_never_heard_of_is_found_again(wing: Wing, lost: Fault) -> None:
    # Somebody's own channel of that name is not taken for it.
    wing.discord.place(type=VOICE, name="Recitation · r17")
    wing.discord.order("make", lost)
    with pytest.raises(PASSING):
        await wing.voice()
    assert len(wing.discord.rooms) == 2
    assert await wing.voice() == [*wing.discord.rooms][1]
    assert await wing.voice("r18") == [*wing.discord.rooms][2]


async def test_a_long_name_keeps_its_mark(wing: Wing) -> None:
    thread = await wing.thread(name="n" * 120)
    assert len(wing.named(thread)) == 100
    assert wing.named(thread).endswith("n… · r17")
    assert await wing.thread(name="n" * 120) == thread


# --- limits


@pytest.mark.parametrize(("taken", "within"), [(49, True), (50, False)])
async def test_a_voice_room_stands_in_the_category_while_that_has_room(
    wing: Wing, taken: int, within: bool
) -> None:
    category, study = wing.full_category(taken)
    room = await wing.voice(beside=study)
    assert wing.discord.rooms[room]["parent_id"] == (str(category) if within else None)
    assert wing.discord.asked == ["listed", "make"]


async def test_a_category_that_fills_up_at_that_moment_is_gone_without(wing: Wing) -> None:
    category, study = wing.full_category(49)

    def somebody_is_quicker(step: str, name: str) -> None:
        if (step, name) == ("done", "listed"):
            wing.discord.place(type=TEXT, name="late", parent_id=str(category))

    wing.discord.watch = somebody_is_quicker
    room = await wing.voice(beside=study)
    assert wing.discord.rooms[room]["parent_id"] is None
    assert wing.discord.asked == ["listed", "make", "make"]


@pytest.mark.parametrize("beside", [None, 999], ids=["nothing", "a channel that is gone"])
async def test_without_a_neighbour_it_stands_outside_categories(wing: Wing, beside: int | None) -> None:
    assert wing.discord.rooms[await wing.voice(beside=beside)]["parent_id"] is None


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (TOO_MANY_THREADS, "the server has as many open threads as Discord allows"),
        (FORBIDDEN, "Missing Permissions"),
        (GONE, "Unknown Channel"),
    ],
    ids=["full", "forbidden", "gone"],
)
async def test_why_there_is_no_thread_is_told(wing: Wing, refusal: Refused, why: str) -> None:
    wing.discord.close(STUDY, refusal, "open_private")
    with pytest.raises(Unpostable) as told:
        await wing.thread()
    assert told.value.reason == f"no private thread in <#{STUDY}>: {why}"


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (TOO_MANY_CHANNELS, "the server has as many channels as Discord allows"),
        (FORBIDDEN, "Missing Permissions"),
        (CATEGORY_FULL, "Invalid Form Body"),
    ],
    ids=["full", "forbidden", "invalid"],
)
async def test_why_there_is_no_voice_room_is_told(wing: Wing, refusal: Refused, why: str) -> None:
    wing.discord.close(0, refusal, "make")
    with pytest.raises(Unpostable) as told:
        await wing.voice()
    assert told.value.reason == f"no voice room: {why}"
    assert wing.discord.asked.count("make") == 1


async def test_a_thread_somebody_cannot_be_added_to_is_not_left_open(wing: Wing) -> None:
    thread = await wing.thread()
    wing.discord.close(thread, FORBIDDEN, "let_in")
    with pytest.raises(Unpostable, match=f"<@{ADA}> cannot be added"):
        await wing.thread()
    assert thread in wing.discord.archived


# --- moving, and closing


async def test_only_those_in_voice_are_moved(wing: Wing) -> None:
    wing.discord.in_voice[BO] = 5
    assert await wing.rooms.bring(GUILD, 6, (ADA, BO)) == (BO,)
    assert wing.discord.in_voice == {BO: 6}
    wing.discord.close(0, FORBIDDEN, "move")
    assert await wing.rooms.bring(GUILD, 7, (ADA, BO)) == ()
    wing.discord.open(0)
    wing.discord.order("move", Fault(503))
    with pytest.raises(discord.HTTPException):
        await wing.rooms.bring(GUILD, 7, (ADA, BO))


@pytest.mark.parametrize("refusal", [FORBIDDEN, GONE, ARCHIVED], ids=["forbidden", "gone", "archived"])
async def test_what_is_gone_or_not_ours_counts_as_closed(wing: Wing, refusal: Refused) -> None:
    wing.discord.close(5, refusal)
    assert await wing.rooms.close("voice", 5)
    assert await wing.rooms.close("thread", 5)


@pytest.mark.parametrize("fault", [Fault(503), Fault(403), Fault(404)], ids=str)
async def test_what_passes_does_not_count_as_closed(wing: Wing, fault: Fault) -> None:
    room = await wing.voice()
    wing.discord.order("unmake", fault)
    assert not await wing.rooms.close("voice", room)
    assert await wing.rooms.close("voice", room)
    assert not wing.discord.rooms


async def test_a_guest_wakes_an_archived_thread_but_not_a_locked_one(wing: Wing) -> None:
    thread = await wing.thread()
    await wing.rooms.close("thread", thread)
    await wing.rooms.admit("thread", thread, 13)
    assert wing.discord.inside[thread] == [ADA, BO, 13]
    await wing.rooms.close("thread", thread)
    wing.discord.close(thread, FORBIDDEN, "wake")
    with pytest.raises(Unpostable, match="<@14> cannot be added"):
        await wing.rooms.admit("thread", thread, 14)


async def test_a_server_this_process_does_not_see_says_nothing(wing: Wing) -> None:
    assert wing.rooms.inside(GUILD, 5) is None
