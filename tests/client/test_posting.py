"""A poster over a loopback Discord: messages of archived threads, and messages that are gone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import discord
import pytest

from bot.client.cards import Card, Text
from bot.client.posting import PASSING, DiscordPoster, Unpostable
from bot.client.weather import ROOM, TROUBLES_IN_A_ROW, Weather
from tests.support.clock import TurnedClock
from tests.support.fake_discord import (
    FORBIDDEN,
    GONE,
    MESSAGE_GONE,
    FakeDiscord,
    Fault,
    Refused,
    fake_discord,
    logged_in,
)

THREAD = 100
BEFORE, AFTER = (Card((Text(words),)) for words in ("Before", "After"))


class Post:
    """A poster, and the one message it has sent to a thread."""

    def __init__(self, poster: DiscordPoster, discord: FakeDiscord, message_id: int) -> None:
        self.poster, self.discord, self.message_id = poster, discord, message_id

    async def edit(self) -> bool:
        return await self.poster.edit(THREAD, self.message_id, AFTER)

    async def delete(self) -> None:
        await self.poster.delete(THREAD, self.message_id)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    client = discord.Client(intents=discord.Intents.none())
    async with fake_discord(TurnedClock()) as fake, logged_in(fake.base, client):
        poster = DiscordPoster(client, TurnedClock(), Weather())
        message_id = await poster.post(THREAD, BEFORE, nonce="one")
        fake.asked.clear()
        yield Post(poster, fake, message_id)


async def test_a_message_is_edited_without_waking_what_is_awake(post: Post) -> None:
    assert await post.edit()
    assert post.discord.words(THREAD) == ["After"]
    assert post.discord.asked == ["edit"]


async def test_an_archived_thread_is_woken_and_then_edited(post: Post) -> None:
    post.discord.archived.add(THREAD)
    assert await post.edit()
    assert post.discord.words(THREAD) == ["After"]
    assert post.discord.asked == ["edit", "wake", "edit"]
    assert not post.discord.archived


@pytest.mark.parametrize("refusal", [FORBIDDEN, GONE], ids=["locked", "gone"])
async def test_an_archived_thread_that_cannot_be_woken_is_not_edited(post: Post, refusal: Refused) -> None:
    post.discord.archived.add(THREAD)
    post.discord.close(THREAD, refusal, "wake")
    assert not await post.edit()
    assert post.discord.words(THREAD) == ["Before"]
    assert post.discord.asked == ["edit", "wake"]


@pytest.mark.parametrize("refusal", [MESSAGE_GONE, GONE, FORBIDDEN], ids=["message", "channel", "rights"])
async def test_what_cannot_be_edited_is_told_and_not_raised(post: Post, refusal: Refused) -> None:
    post.discord.close(THREAD, refusal, "edit")
    assert not await post.edit()


@pytest.mark.parametrize("status", [403, 404])
async def test_a_proxys_no_is_not_taken_for_discords(post: Post, status: int) -> None:
    post.discord.order("edit", Fault(status))
    with pytest.raises(discord.HTTPException):
        await post.edit()
    assert await post.edit()


@pytest.mark.parametrize("archived", [False, True])
async def test_a_message_is_deleted_once_and_a_second_time_is_fine(post: Post, archived: bool) -> None:
    if archived:
        post.discord.archived.add(THREAD)
    await post.delete()
    assert post.discord.words(THREAD) == []
    await post.delete()
    # Discord lets messages of an archived thread be deleted, and it stays archived.
    assert post.discord.asked == ["delete", "delete"]
    assert post.discord.archived == ({THREAD} if archived else set())


async def test_a_message_that_may_not_be_deleted_is_no_secret(post: Post) -> None:
    post.discord.close(THREAD, FORBIDDEN, "delete")
    with pytest.raises(discord.Forbidden):
        await post.delete()


# --- the weather


@pytest.mark.parametrize(
    ("fault", "times"),
    [(Fault(429), 1), (Fault(503), TROUBLES_IN_A_ROW), (Fault(403), TROUBLES_IN_A_ROW)],
    ids=["rate limited", "out of order", "a proxy's refusal"],
)
async def test_trouble_is_learnt_and_any_request_that_goes_through_ends_it(fault: Fault, times: int) -> None:
    client, clock, weather = discord.Client(intents=discord.Intents.none()), TurnedClock(), Weather()
    async with fake_discord(clock) as fake, logged_in(fake.base, client):
        poster = DiscordPoster(client, clock, weather)
        message_id = await poster.post(THREAD, BEFORE, nonce="one")
        fake.order("edit", *[fault] * times)
        for _ in range(times):
            assert weather.room(clock.now()) == ROOM
            with pytest.raises(PASSING):
                await poster.edit(THREAD, message_id, AFTER)
        assert weather.room(clock.now()) == 0
        clock.turn(timedelta(seconds=5))
        assert weather.room(clock.now()) == 1
        assert await poster.edit(THREAD, message_id, AFTER)
        assert weather.room(clock.now()) == ROOM


async def test_a_refusal_of_discords_own_is_no_trouble() -> None:
    client, clock, weather = discord.Client(intents=discord.Intents.none()), TurnedClock(), Weather()
    async with fake_discord(clock) as fake, logged_in(fake.base, client):
        fake.close(THREAD, FORBIDDEN)
        poster = DiscordPoster(client, clock, weather)
        for _ in range(2 * TROUBLES_IN_A_ROW):
            with pytest.raises(Unpostable):
                await poster.post(THREAD, BEFORE, nonce="one")
        assert weather.room(clock.now()) == ROOM


async def test_an_uploaded_file_is_fetched_and_one_that_is_gone_is_no_trouble_of_discord_s(
    post: Post,
) -> None:
    url = f"{post.discord.base}/files/recording.ogg"
    post.discord.files["recording.ogg"] = b"speech"
    assert await post.poster.fetch(url) == b"speech"
    post.discord.files.clear()
    with pytest.raises(Unpostable):
        await post.poster.fetch(url)
