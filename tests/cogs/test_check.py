"""/setup check: what Reps lacks, where, what breaks, how to grant it; and an invite link that asks for just that."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend import serializers
from simcord.types import HttpLogEntry

from bot.client.bot import PERMISSIONS
from bot.client.cards import TEXT_LIMIT
from bot.client.rooms import DiscordRooms
from bot.domain.permissions import FEATURES, NEEDED
from tests.support.study import allow, answer, channel_denied, plan, questions, remove
from tests.support.world import World, said, words

DAY = timedelta(days=1)
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def check(hall: World) -> str:
    """What the admin reads."""
    result = await hall.admin.slash(hall.channel, "setup check")
    assert result.ephemeral
    told = said(result)
    assert len(told) <= TEXT_LIMIT
    return told


@pytest.fixture
async def hall(quiz: World) -> World:
    await quiz.admin.slash(quiz.channel, "setup start", channel=quiz.channel)
    return quiz


# --- what it finds


async def test_all_well_is_a_line_for_each_feature(hall: World) -> None:
    told = await check(hall)
    for feature in ("Daily questions", "Reveals", "Explanations", "Digests"):
        assert f"**{feature}:** all well in <#{hall.channel.id}>." in told
    assert "Missing" not in told
    await hall.admin.slash(hall.channel, "setup start", alerts=hall.guild.create_text_channel("staff"))
    assert "**Alerts to your staff:** all well" in await check(hall)


async def test_only_admins_may_look(hall: World) -> None:
    assert not [name for name in hall.member("Bo").available_commands(hall.channel) if "check" in name]


async def test_before_anything_is_chosen_there_is_nothing_amiss(quiz: World) -> None:
    assert "**A channel of my own:** all well." in await check(quiz)


async def test_each_permission_missing_in_each_channel_in_use(hall: World) -> None:
    threads = channel_denied(hall, "threads", "create_public_threads", "send_messages_in_threads")
    silent, unused = (
        channel_denied(hall, "silent", "send_messages"),
        channel_denied(hall, "x", "send_messages"),
    )
    await plan(hall, kind="question", time="12", channel=threads)
    await hall.admin.slash(hall.channel, "setup start", alerts=silent)
    told = await check(hall)
    mine = part(told, f"**Missing in <#{threads.id}>**")
    assert "• **Create Public Threads**: reveals have no discussion thread" in mine
    assert "• **Send Messages in Threads**: explanations cannot go into discussions" in mine
    assert (
        "channel settings → Permissions → add Reps → switch on Create Public Threads, Send Messages" in mine
    )
    theirs = part(told, f"**Missing in <#{silent.id}>**")
    assert "• **Send Messages**: your staff does not hear of trouble there" in theirs
    assert str(unused.id) not in told
    assert "**Daily questions:** all well" in told
    assert "**Reveals:** all well" not in told


def part(told: str, heading: str) -> str:
    """The paragraph under a heading."""
    return told.partition(heading)[2].partition("\n**")[0]


async def test_what_everyone_is_denied_shuts_reps_out_too(hall: World) -> None:
    for denied in ("view_channel", "send_messages"):
        overwrites = {
            hall.guild.default_role: discord.PermissionOverwrite(**{denied: False}),
            hall.admin: discord.PermissionOverwrite(view_channel=True),
        }
        place = hall.guild.create_text_channel("closed", overwrites=overwrites)
        await hall.admin.slash(hall.channel, "setup start", channel=place)
        mine = part(await check(hall), f"**Missing in <#{place.id}>**")
        name = denied.replace("_", " ").title()
        assert f"the channel denies {name} to everyone, so to me too" in mine
        assert "add Reps" in mine
        assert mine.count("•") == 1  # what follows from it is not listed


async def test_what_the_role_lacks_is_granted_in_the_server(hall: World) -> None:
    await allow(hall, hall.guild, create_public_threads=False)
    for role in (hall.guild.default_role,):
        value = discord.Permissions(hall.guild._guild.roles[role.id].permissions)
        value.update(create_public_threads=False)
        hall.env.backend.edit_role(hall.guild.id, role.id, {"permissions": value.value})
    await hall.env.settle()
    mine = part(await check(hall), f"**Missing in <#{hall.channel.id}>**")
    assert "Server Settings → Roles → Reps → switch on Create Public Threads." in mine


async def test_channels_and_roles_that_are_gone(hall: World) -> None:
    guides, moderators = hall.guild.create_role("Guides"), hall.guild.create_role("Moderators")
    study, staff = hall.guild.create_text_channel("study"), hall.guild.create_text_channel("staff")
    await hall.admin.slash(
        hall.channel, "setup start", channel=study, guides=guides, moderators=moderators, alerts=staff
    )
    for role in (guides, moderators):
        hall.env.backend.delete_role(hall.guild.id, role.id)
    for place in (study, staff):
        hall.env.backend.delete_channel(place.id)
    await hall.env.settle()
    told = await check(hall)
    assert f"**<#{study.id}>, <#{staff.id}> are gone**" in told
    assert "**The role of the guides is gone.**" in told
    assert "**The role of the moderators is gone.**" in told
    assert "all well" not in told


async def test_a_timeout_is_told_instead_of_all_it_takes_away(hall: World) -> None:
    until = hall.now() + timedelta(hours=1)
    hall.env.backend.edit_member(
        hall.guild.id, hall.env.backend.bot_user.id, {"timed_out_until": until.isoformat()}
    )
    tell_the_bot(hall)
    told = await check(hall)
    assert f"**I am timed out here until <t:{int(until.timestamp())}:f>**" in told
    assert "Missing" not in told
    await hall.skip(3601)
    assert "timed out" not in await check(hall)


def tell_the_bot(hall: World) -> None:
    """Discord tells a bot of its own changes without the members' intent; SimCord does not."""
    guild, me = hall.guild._guild, hall.env.backend.bot_user.id
    payload: dict[str, Any] = dict(serializers.member_payload(hall.env.backend, guild, guild.members[me]))
    hall.bot._connection.parsers["GUILD_MEMBER_UPDATE"]({**payload, "guild_id": str(guild.id)})


async def test_a_server_with_everything_wrong_still_fits_into_one_card(hall: World) -> None:
    lacking = ("create_public_threads", "send_messages_in_threads", "read_message_history", "attach_files")
    for number in range(20):
        # Channels with the same trouble stand together, so each lacks something else.
        denied = [name for place, name in enumerate(lacking) if (number % 15 + 1) >> place & 1]
        place = hall.guild.create_text_channel(f"room-{number}")
        await plan(hall, kind="question", time=str(number), channel=place)
        deny(hall, place, *denied)
    await hall.env.settle()
    assert "more. Mend these first, then run `/setup check` again." in await check(hall)
    assert len(said(await hall.admin.slash(hall.channel, "setup start"))) <= TEXT_LIMIT


def deny(hall: World, place: Any, *denied: str) -> None:
    """Take permissions from Reps in a channel that is there already; none given gives all back."""
    stored, model = (
        hall.env.backend.get_channel(one.id) for one in (place, channel_denied(hall, "as", *denied))
    )
    stored.overwrites[:] = model.overwrites if denied else []
    hall.env.backend.announce_channel_update(stored.id)


async def test_rooms_hang_on_the_study_channel_and_voice_rooms_stand_beside_it(hall: World) -> None:
    told = await check(hall)
    assert f"**Rooms for pairs:** all well in <#{hall.channel.id}>." in told
    assert "**Voice rooms:** all well." in told
    await allow(hall, hall.guild, move_members=False)
    told = await check(hall)
    assert "• **Move Members**: people have to walk into their voice room themselves" in part(
        told, "**Missing on the whole server**"
    )
    assert "Server Settings → Roles → Reps → switch on Move Members." in told
    assert f"**Rooms for pairs:** all well in <#{hall.channel.id}>." in told

    await allow(hall, hall.guild, move_members=True)
    category = hall.guild.create_category("Study")
    hall.env.backend.edit_channel(hall.channel.id, {"parent_id": category.id})
    await hall.env.settle()
    assert f"**Voice rooms:** all well in <#{category.id}>." in await check(hall)
    deny(hall, category, "connect")
    deny(hall, hall.channel, "create_private_threads")
    await hall.env.settle()
    told = await check(hall)
    assert "• **Connect**: I cannot open voice rooms, so pairs stay in text" in part(
        told, f"**Missing in <#{category.id}>**"
    )
    assert "• **Create Private Threads**: pairs get no room of their own" in part(
        told, f"**Missing in <#{hall.channel.id}>**"
    )
    assert "**Daily questions:** all well" in told


async def test_a_category_i_cannot_see_is_one_trouble(hall: World) -> None:
    category = hall.guild.create_category("Study")
    hall.env.backend.edit_channel(hall.channel.id, {"parent_id": category.id})
    deny(hall, category, "view_channel", "manage_channels")
    await hall.env.settle()
    mine = part(await check(hall), f"**Missing in <#{category.id}>**")
    assert "• **View Channel**: I cannot see the category, so pairs stay in text" in mine
    assert mine.count("•") == 1


# --- the same check when a post is refused


async def test_a_refused_post_is_explained_to_the_staff_once(hall: World) -> None:
    staff = hall.guild.create_text_channel("staff")
    await hall.admin.slash(hall.channel, "setup start", alerts=staff)
    deny(hall, hall.channel, "send_messages")
    for day in range(3):
        await hall.skip_to(NINE + day * DAY)
    (told,) = [words(message) for message in staff.history()]
    assert "**Daily question not posted.**" in told
    assert f"**Missing in <#{hall.channel.id}>**" in told
    assert "• **Send Messages**: I cannot post questions" in told
    assert "channel settings → Permissions" in told

    deny(hall, hall.channel)
    await hall.skip_to(NINE + 3 * DAY)
    assert len(questions(hall.channel)) == 1
    deny(hall, hall.channel, "send_messages")
    await hall.skip_to(NINE + 4 * DAY)
    again = [words(message) for message in staff.history()]
    assert len([told for told in again if "Daily question" in told]) == 2  # it went well in between: news


@pytest.mark.parametrize("alerts", [False, True])
async def test_without_a_channel_for_alerts_they_come_where_one_can_write(hall: World, alerts: bool) -> None:
    lobby, study = hall.guild.create_text_channel("lobby"), hall.guild.create_text_channel("study")
    staff = hall.guild.create_text_channel("staff") if alerts else None
    await hall.admin.slash(hall.channel, "setup start", channel=study, **({"alerts": staff} if staff else {}))
    for gone in filter(None, (study, staff)):
        hall.env.backend.delete_channel(gone.id)
    await hall.env.settle()
    await hall.skip(3601)
    told = [words(message) for message in (*hall.channel.history(), *lobby.history())]
    assert len(told) == 1
    assert "**Daily question not posted.**" in told[0]
    assert "gone" in told[0]


# --- the invite link

TEXT, THREAD, VOICE = "text", "thread", "voice"
# What each call takes of Discord's permissions, beside seeing the channel. A call that is not here fails the test.
TAKES: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("POST", "/channels/ID/messages"): {TEXT: ("send_messages",), THREAD: ("send_messages_in_threads",)},
    ("PATCH", "/channels/ID/messages/ID"): {},
    ("GET", "/channels/ID/messages"): {TEXT: ("read_message_history",)},
    ("POST", "/channels/ID/messages/ID/threads"): {TEXT: ("create_public_threads",)},
    ("PATCH", "/channels/ID"): {THREAD: ("send_messages_in_threads",)},
    ("DELETE", "/channels/ID"): {VOICE: ("connect", "manage_channels")},
    ("POST", "/channels/ID/threads"): {TEXT: ("create_private_threads",)},
    ("PUT", "/channels/ID/thread-members/ID"): {THREAD: ("send_messages_in_threads",)},
    ("GET", "/guilds/ID/threads/active"): {},
    ("GET", "/channels/ID/users/@me/threads/archived/private"): {TEXT: ("read_message_history",)},
    ("PATCH", "/guilds/ID/members/ID"): {"": ("move_members", "connect")},
    ("GET", "/guilds/ID/channels"): {},
    ("POST", "/guilds/ID/channels"): {"": ("manage_channels",)},
    ("GET", "/guilds/ID/scheduled-events"): {},
    ("POST", "/guilds/ID/scheduled-events"): {"": ("create_events",)},
    # One's own may be changed by whoever may make them.
    ("GET", "/guilds/ID/scheduled-events/ID"): {},
    ("PATCH", "/guilds/ID/scheduled-events/ID"): {"": ("create_events",)},
}
# Answers to interactions and the bot's own account take none.
FREE = re.compile(r"/(interactions|webhooks|applications|users|oauth2|gateway)(/|$)")


def taken(hall: World, entry: HttpLogEntry) -> set[str]:
    """The permissions one call takes."""
    if FREE.match(entry.path):
        return set()
    route = re.sub(r"\d{5,}", "ID", entry.path)
    kinds = TAKES[entry.method, route]
    found = re.match(r"/channels/(\d+)", entry.path)
    kind = kind_of(hall, int(found[1])) if found else ""
    files = {"attach_files"} if isinstance(entry.json, dict) and entry.json.get("attachments") else set()
    return {*kinds.get(kind, ()), *files}


def kind_of(hall: World, channel_id: int) -> str:
    """What sort of channel it is; of those in this test only a voice room is deleted."""
    found = hall.env.backend.channels.get(channel_id)
    return VOICE if found is None else THREAD if found.is_thread else TEXT


async def test_the_invite_link_asks_for_exactly_what_is_used(quiz: World) -> None:
    await live_through_everything(quiz)
    used = {"view_channel"}.union(*(taken(quiz, entry) for entry in quiz.env.http_requests))
    assert discord.Permissions(**dict.fromkeys(used, True)) == PERMISSIONS
    assert not PERMISSIONS.administrator
    assert f"permissions={PERMISSIONS.value}" in quiz.bot.invite_url()


def test_the_check_looks_at_exactly_what_the_link_asks_for() -> None:
    looked_at = {name for feature in FEATURES for name in feature.breaks}
    assert discord.Permissions(**dict.fromkeys(looked_at, True)) == PERMISSIONS
    assert set(NEEDED) <= looked_at


async def live_through_everything(hall: World) -> None:
    """One of each thing Reps does in a server, a crash included."""
    hall.env.backend.delete_channel(hall.channel.id)
    hall.channel = hall.guild.create_text_channel("general")
    begun: Any = await hall.admin.slash(hall.channel, "setup start")
    await hall.admin.click(begun.response, label="Post the first question")
    await hall.rounds()
    made = next(one for one in hall.env.backend.channels.values() if one.name == "reps")
    hall.channel = next(one for one in hall.guild.channels.values() if one.id == made.id)
    people = [hall.member(name) for name in ("Bo", "Cy", "Di", "Ed", "Flo")]
    (question,) = questions(hall.channel)
    for who in people:
        await answer(who, question)
    await hall.admin.slash(hall.channel, "setup schedule run", number=1)
    for _ in range(4):
        hall.env.inject_error("POST", f"/channels/{made.id}/messages", times=1)
        await hall.skip(61)
    for day in range(3):
        await hall.skip_to(NINE + day * DAY)
    (reveal, *_) = [one for one in hall.channel.history() if words(one).startswith("## Answer")]
    form = await people[0].click(reveal, label="Explain it in your words")
    await people[0].submit_modal(form, {"text": "Because"})
    (thread, *_) = hall.channel.threads
    await people[1].click(thread.history()[-1], label="This helped me most")
    for who, name in ((people[0], "leaderboard"), (people[0], "me stats"), (hall.admin, "setup check")):
        await who.slash(hall.channel, name)
    await hall.admin.slash(hall.channel, "setup schedule run", number=2)
    await hall.rounds()
    planned: Any = await hall.admin.slash(hall.channel, "meeting schedule", date="2026-12-07", time="18")
    await hall.rounds()
    await hall.admin.click(planned.response, label="Call it off")
    await hall.rounds()
    await live_in_rooms(hall, *people)
    await remove(hall, hall.guild)


async def live_in_rooms(hall: World, *people: Any) -> None:
    """A private thread and a voice room, opened and closed, with people who are brought there."""
    rooms = DiscordRooms(hall.bot, hall.house.clock, hall.bot.weather)
    pair = [who.id for who in people[:2]]
    thread = await rooms.open_thread(hall.channel.id, mark="r1", name="Recitation", people=pair)
    voice = await rooms.open_voice(
        hall.guild.id, mark="r1", name="Recitation", people=pair, beside=hall.channel.id
    )
    await people[0].join_voice(hall.guild.create_voice_channel("Lounge"))
    assert await rooms.bring(hall.guild.id, voice, pair) == (people[0].id,)
    assert await rooms.close("thread", thread)
    await rooms.admit("thread", thread, people[2].id)
    assert await rooms.close("voice", voice)
