"""Rooms in a server: who sees them, who is brought and let in, and when each is closed or noted as gone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.backend.access import can_access_channel
from simcord.backend.errors import BackendError
from simcord.builders import ChannelHandle

from bot.client.posting import Unpostable
from bot.client.rooms import DiscordRooms
from bot.services import rooms
from bot.storage.tables import Room, Timer
from tests.support.study import allow, rows
from tests.support.world import World

MINUTE = 60
KEY = "recitation:17"


class Wing:
    """A study hall with a pair, for whom rooms are opened as a timer's handler opens them."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        self.bo, self.cy, self.di = (hall.member(name) for name in ("Bo", "Cy", "Di"))
        self.people = (self.bo.id, self.cy.id)
        self.heard: list[str] = []
        self.listen()

    @property
    def rooms(self) -> DiscordRooms:
        bot = self.hall.bot
        return DiscordRooms(bot, self.hall.house.clock, bot.weather)

    def listen(self) -> None:
        async def on_room_gone(key: str) -> None:
            self.heard.append(key)

        self.hall.bot.add_listener(on_room_gone)

    async def make(self, kind: str, *, beside: int | None = None) -> ChannelHandle:
        """Open a room without remembering it."""
        if kind == "voice":
            made = await self.rooms.open_voice(
                self.hall.guild.id, mark="r17", name="Recitation", people=self.people, beside=beside
            )
        else:
            made = await self.rooms.open_thread(
                self.hall.channel.id, mark="r17", name="Recitation", people=self.people
            )
        await self.hall.env.settle()
        return ChannelHandle(self.hall.env, self.hall.guild, self.hall.env.backend.get_channel(made))

    async def keep(self, kind: str, discord_id: int | None) -> None:
        now = self.hall.now()
        await self.hall.house.database.write(
            lambda db: rooms.keep(
                db,
                key=f"{KEY}:{kind}",
                server_id=1,
                kind=kind,
                discord_id=discord_id,
                now=now,
                close_by=now + timedelta(hours=2),
            )
        )

    async def open(self, kind: str) -> ChannelHandle:
        """Open a room and remember it."""
        made = await self.make(kind)
        await self.keep(kind, made.id)
        return made

    async def leave(self, kind: str) -> None:
        now = self.hall.now()
        await self.hall.house.database.write(lambda db: rooms.leave(db, f"{KEY}:{kind}", now))

    async def is_open(self, kind: str) -> bool:
        return await self.hall.house.services.rooms.is_open(f"{KEY}:{kind}")

    def exists(self, room: ChannelHandle) -> bool:
        return room.id in self.hall.env.backend.channels

    def inside(self, room: ChannelHandle) -> set[int]:
        found = self.rooms.inside(self.hall.guild.id, room.id)
        assert found is not None
        return {*found}

    def sees(self, who: Any, room: ChannelHandle) -> bool:
        return can_access_channel(self.hall.env, room.id, who)

    async def delete(self, room: ChannelHandle) -> None:
        """Somebody deletes it by hand."""
        self.hall.env.backend.delete_channel(room.id)
        await self.hall.env.settle()


@pytest.fixture
async def wing(quiz: World) -> AsyncIterator[Wing]:
    await quiz.admin.slash(quiz.channel, "setup start", channel=quiz.channel)
    yield Wing(quiz)


# --- who sees them


async def test_a_thread_is_seen_by_its_people_only(wing: Wing) -> None:
    thread = await wing.make("thread")
    assert [wing.sees(who, thread) for who in (wing.bo, wing.cy, wing.di)] == [True, True, False]
    await wing.rooms.admit("thread", thread.id, wing.di.id)
    assert wing.sees(wing.di, thread)


async def test_a_voice_room_is_seen_and_entered_by_its_people_only(wing: Wing) -> None:
    category = wing.hall.guild.create_category("Study")
    wing.hall.env.backend.edit_channel(wing.hall.channel.id, {"parent_id": category.id})
    voice = await wing.make("voice", beside=wing.hall.channel.id)
    stored = wing.hall.env.backend.get_channel(voice.id)
    assert (stored.parent_id, stored.user_limit) == (category.id, 3)
    assert [wing.sees(who, voice) for who in (wing.bo, wing.cy, wing.di)] == [True, True, False]
    await wing.bo.join_voice(voice)
    with pytest.raises(BackendError):
        await wing.di.join_voice(voice)
    assert wing.inside(voice) == {wing.bo.id}


async def test_the_bot_is_not_shut_out_of_what_it_shuts(wing: Wing) -> None:
    voice = await wing.make("voice")
    channel = wing.hall.bot.get_channel(voice.id)
    assert isinstance(channel, discord.VoiceChannel)
    mine = channel.permissions_for(channel.guild.me)
    assert mine.view_channel
    assert mine.connect
    assert mine.manage_channels
    assert not channel.permissions_for(channel.guild.default_role).view_channel
    first = wing.hall.env.backend.get_channel(voice.id).overwrites[0]
    assert first.target_id == channel.guild.me.id


# --- who is brought and let in


async def test_whoever_is_in_voice_is_brought_and_nobody_else(wing: Wing) -> None:
    lounge, voice = wing.hall.guild.create_voice_channel("Lounge"), await wing.make("voice")
    await wing.bo.join_voice(lounge)
    assert await wing.rooms.bring(wing.hall.guild.id, voice.id, wing.people) == (wing.bo.id,)
    await wing.hall.env.settle()
    assert wing.inside(voice) == {wing.bo.id}
    assert wing.inside(lounge) == set()


async def test_without_the_permission_nobody_is_brought(wing: Wing) -> None:
    lounge, voice = wing.hall.guild.create_voice_channel("Lounge"), await wing.make("voice")
    await wing.bo.join_voice(lounge)
    await allow(wing.hall, wing.hall.guild, move_members=False)
    assert await wing.rooms.bring(wing.hall.guild.id, voice.id, wing.people) == ()
    assert wing.inside(lounge) == {wing.bo.id}


async def test_a_guest_is_shown_the_voice_room_and_brought(wing: Wing) -> None:
    voice = await wing.make("voice")
    await wing.rooms.admit("voice", voice.id, wing.di.id)
    await wing.hall.env.settle()
    await wing.di.join_voice(voice)
    assert wing.inside(voice) == {wing.di.id}


async def test_a_guest_whom_the_room_cannot_be_shown_is_moved_in_from_another(wing: Wing) -> None:
    await allow(wing.hall, wing.hall.guild, manage_roles=False)
    lounge, voice = wing.hall.guild.create_voice_channel("Lounge"), await wing.make("voice")
    with pytest.raises(Unpostable, match="I can only move in whoever is in another voice channel"):
        await wing.rooms.admit("voice", voice.id, wing.di.id)
    await wing.di.join_voice(lounge)
    await wing.rooms.admit("voice", voice.id, wing.di.id)
    await wing.hall.env.settle()
    assert wing.inside(voice) == {wing.di.id}


@pytest.mark.parametrize("kind", ["voice", "thread"])
async def test_nobody_is_let_into_a_room_that_is_gone(wing: Wing, kind: str) -> None:
    room = await wing.make(kind)
    await wing.delete(room)
    with pytest.raises(Unpostable):
        await wing.rooms.admit(kind, room.id, wing.di.id)


@pytest.mark.parametrize(
    ("kind", "permission"),
    [("thread", "create_private_threads"), ("thread", "view_channel"), ("voice", "manage_channels")],
)
async def test_a_missing_permission_is_the_last_word(wing: Wing, kind: str, permission: str) -> None:
    guild = wing.hall.guild
    everyone = discord.Permissions(guild._guild.roles[guild.id].permissions)
    everyone.update(**{permission: False})
    wing.hall.env.backend.edit_role(guild.id, guild.id, {"permissions": everyone.value})
    await allow(wing.hall, guild, **{permission: False})
    with pytest.raises(Unpostable):
        await wing.make(kind)


@pytest.mark.parametrize("kind", ["voice", "thread"])
async def test_a_room_nobody_remembered_is_found_after_a_restart(wing: Wing, kind: str) -> None:
    first = await wing.make(kind)
    await wing.hall.restart()
    assert (await wing.make(kind)).id == first.id
    assert len([one for one in wing.hall.env.backend.channels.values() if one.name == first.name]) == 1


# --- when they are closed


async def test_a_voice_room_nobody_comes_to_is_closed_after_ten_minutes(wing: Wing) -> None:
    voice = await wing.open("voice")
    await wing.hall.skip(10 * MINUTE - 1)
    assert wing.exists(voice)
    await wing.hall.skip(1)
    assert not wing.exists(voice)
    assert not await wing.is_open("voice")


async def test_two_minutes_after_the_last_one_left_it_is_closed(wing: Wing) -> None:
    voice = await wing.open("voice")
    for who in (wing.bo, wing.cy):
        await wing.hall.skip(MINUTE)
        await who.join_voice(voice)
    await wing.hall.skip(25 * MINUTE)
    await wing.bo.leave_voice()
    await wing.hall.skip(30 * MINUTE)
    assert wing.exists(voice)
    await wing.cy.leave_voice()
    await wing.hall.skip(2 * MINUTE - 1)
    assert wing.exists(voice)
    await wing.hall.restart()
    await wing.hall.skip(1)
    assert not wing.exists(voice)


async def test_a_pair_that_came_and_went_in_its_first_minutes_leaves_no_room(wing: Wing) -> None:
    voice = await wing.open("voice")
    await wing.bo.join_voice(voice)
    await wing.hall.skip(MINUTE)
    await wing.bo.leave_voice()
    await wing.hall.skip(2 * MINUTE)
    assert not wing.exists(voice)


async def test_whoever_drops_out_for_a_minute_finds_it_again(wing: Wing) -> None:
    voice = await wing.open("voice")
    await wing.bo.join_voice(voice)
    await wing.bo.leave_voice()
    await wing.hall.skip(MINUTE)
    await wing.bo.join_voice(voice)
    await wing.hall.skip(15 * MINUTE)
    assert wing.exists(voice)
    # Muting oneself is neither coming nor going.
    await wing.bo.set_voice(self_mute=True)
    await wing.bo.join_voice(wing.hall.guild.create_voice_channel("Lounge"))
    await wing.hall.skip(2 * MINUTE)
    assert not wing.exists(voice)


async def test_whoever_left_unseen_leaves_no_room_behind(wing: Wing) -> None:
    voice = await wing.open("voice")
    await wing.bo.join_voice(voice)
    await wing.hall.bot.close()
    wing.hall.env.backend.set_voice_state(wing.hall.guild.id, wing.bo.id, None)
    await wing.hall.restart()
    await wing.hall.skip(10 * MINUTE)
    assert not wing.exists(voice)


async def test_what_cannot_be_closed_now_is_tried_again(wing: Wing) -> None:
    voice = await wing.open("voice")
    wing.hall.env.inject_error("DELETE", f"/channels/{voice.id}", status=503, times=1)
    await wing.hall.skip(10 * MINUTE)
    assert wing.exists(voice)
    await wing.hall.skip(MINUTE)
    assert not wing.exists(voice)


async def test_a_server_that_is_not_seen_now_is_looked_at_later(wing: Wing) -> None:
    voice = await wing.open("voice")
    (guild,) = wing.hall.bot.guilds
    guild.unavailable = True
    await wing.hall.skip(10 * MINUTE)
    assert wing.exists(voice)
    guild.unavailable = False
    await wing.hall.skip(MINUTE)
    assert not wing.exists(voice)


@pytest.mark.parametrize("kind", ["voice", "thread"])
async def test_a_pair_that_is_done_has_its_room_closed_at_once(wing: Wing, kind: str) -> None:
    room = await wing.open(kind)
    if kind == "voice":
        await wing.bo.join_voice(room)
    await wing.leave(kind)
    await wing.hall.rounds()
    assert not await wing.is_open(kind)
    if kind == "voice":
        assert not wing.exists(room)
        return
    shown = wing.hall.env.backend.get_channel(room.id).thread_metadata
    assert shown is not None
    assert (shown.archived, shown.locked) == (True, False)


# --- deleted by hand


@pytest.mark.parametrize("kind", ["voice", "thread"])
async def test_a_room_deleted_by_hand_is_gone_at_once_and_stays_away(wing: Wing, kind: str) -> None:
    room = await wing.open(kind)
    assert await wing.is_open(kind)
    await wing.delete(room)
    assert not await wing.is_open(kind)
    assert wing.heard == [f"{KEY}:{kind}"]
    channels = {*wing.hall.env.backend.channels}
    await wing.hall.skip(3 * 60 * MINUTE)
    assert {*wing.hall.env.backend.channels} == channels
    looks = [timer.state for timer in await rows(wing.hall, Timer) if timer.kind == rooms.EMPTY]
    assert looks == (["done"] if kind == "voice" else [])


async def test_with_the_channel_its_threads_are_gone(wing: Wing) -> None:
    await wing.open("thread")
    wing.hall.env.backend.delete_channel(wing.hall.channel.id)
    await wing.hall.env.settle()
    assert not await wing.is_open("thread")


async def test_other_channels_and_threads_are_nobodys_business(wing: Wing) -> None:
    await wing.open("thread")
    await wing.delete(wing.hall.guild.create_voice_channel("Lounge"))
    assert await wing.is_open("thread")
    assert wing.heard == []


async def test_a_room_asked_for_again_after_it_was_closed_is_open_again(wing: Wing) -> None:
    first = await wing.open("voice")
    await wing.hall.skip(10 * MINUTE)
    assert not wing.exists(first)
    second = await wing.open("voice")
    assert await wing.is_open("voice")
    (room,) = await rows(wing.hall, Room)
    assert room.discord_id == second.id
    await wing.hall.skip(10 * MINUTE)
    assert not wing.exists(second)
