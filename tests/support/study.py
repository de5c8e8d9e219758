"""Study days: a bank of easy questions, servers that invite Reps and remove it, and people who answer."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
from simcord import interactions
from simcord.backend import serializers
from simcord.builders import ChannelHandle, RoleHandle
from sqlalchemy import select

from bot.client.posting import custom_ids
from bot.storage.tables import Base
from tests.support.world import World, choice_item, lay_bank

COMMAND = 2  # Discord's number for an interaction that is a command
QUESTIONS = 12


def easy_bank(folder: Path) -> Path:
    """A bank of choices in which A is always right."""
    items = {
        f"sql/item-{number}": choice_item("+Right", "Wrong", title=f"Question {number}")
        for number in range(QUESTIONS)
    }
    return lay_bank(folder, items)


# --- what is seen


def stamps(text: str) -> list[datetime]:
    """Every moment in a text, in order."""
    return [datetime.fromtimestamp(int(found), UTC) for found in re.findall(r"<t:(\d+):\w>", text)]


def questions(channel: Any) -> list[discord.Message]:
    """The questions that stand open in a channel, oldest first."""
    return [
        message
        for message in channel.history()
        if any(name.startswith("drop.choose:") for name in custom_ids(message))
    ]


async def rows(hall: World, table: type[Base]) -> list[Any]:
    """Everything in a table, oldest first."""
    query = select(table).order_by(*table.__table__.primary_key)
    return await hall.house.database.read(lambda db: list(db.scalars(query)))


# --- what people do


async def plan(hall: World, **options: Any) -> Any:
    """Plan something new, look at it and save it; what the admin reads then."""
    drafted = await hall.admin.slash(hall.channel, "setup schedule add", **options)
    return await hall.admin.click(drafted.response, label="Save")


async def ask(hall: World, number: int = 1) -> discord.Message:
    """Have one more question posted now, by a schedule's number."""
    await hall.admin.slash(hall.channel, "setup schedule run", number=number)
    await hall.rounds()
    return questions(hall.channel)[-1]


async def answer(who: Any, question: discord.Message, *, right: bool = True) -> Any:
    """Answer a question of the easy bank."""
    return await who.click(question, label="A" if right else "B")


async def command(hall: World, who: Any, name: str, *, channel: Any = None, **options: Any) -> Any:
    """Let a command reach the bot as if Discord's client had offered it, whoever sends it.

    People, roles and channels are given as options by their handles, a file as its name and bytes; somebody of
    another server arrives as no member of this one.
    """
    root, *path = name.split()
    backend = hall.env.backend
    found = backend.find_command(root, who.guild.id, type=1)
    assert found is not None
    types = {str: 3, int: 4, bool: 5, ChannelHandle: 7, RoleHandle: 8, tuple: 11}
    found_by_id: dict[str, Any] = {}
    inner: list[dict[str, Any]] = []
    for key, value in options.items():
        kind = types.get(type(value), 6)
        if kind == 6:
            for group, rows in resolved(hall, who, [value]).items():
                found_by_id.setdefault(group, {}).update(rows)
        elif kind in (7, 8):
            interactions.resolve_handle(who, value, found_by_id, channel_id=hall.channel.id)
        elif kind == 11:
            name, data = value
            value = interactions.store_interaction_attachment(
                backend, hall.channel.id, "file", data, found_by_id
            )
            found_by_id["attachments"][value]["filename"] = name
        sent = value if isinstance(value, str | int | bool) else str(value.id)
        inner.append({"name": key, "type": kind, "value": sent})
    node = found
    kinds = []
    for part in path:
        node = next(option for option in node["options"] if option["name"] == part)
        kinds.append((part, node["type"]))
    for part, kind in reversed(kinds):
        inner = [{"name": part, "type": kind, "options": inner}]
    data: dict[str, Any] = {"id": found["id"], "name": root, "type": 1, "options": inner}
    if found_by_id:
        data["resolved"] = found_by_id
    return await who._dispatch_interaction(COMMAND, channel or hall.channel, data)


def resolved(hall: World, who: Any, people: Iterable[Any]) -> dict[str, Any]:
    """What Discord tells of people chosen in a command, or in a select."""
    backend = hall.env.backend
    guild = backend.get_guild(who.guild.id)
    return {
        "users": {str(one.id): dict(serializers.user_payload(backend.get_user(one.id))) for one in people},
        "members": {
            str(one.id): dict(
                serializers.member_payload(backend, guild, guild.members[one.id], with_user=False)
            )
            for one in people
            if one.id in guild.members
        },
    }


# --- servers come and go


async def invite(hall: World, guild: Any) -> None:
    """A server invites Reps; its channels are there already."""
    payload: dict[str, Any] = dict(serializers.guild_create_payload(hall.env.backend, guild._guild))
    # Discord says "available again" with this key, and leaves it out for a server that is new to the bot.
    del payload["unavailable"]
    hall.env.backend.emit("GUILD_CREATE", payload)
    await hall.env.settle()


async def remove(hall: World, guild: Any) -> None:
    """A server removes Reps."""
    hall.env.backend.emit("GUILD_DELETE", {"id": str(guild.id)})
    await hall.env.settle()


def another_server(hall: World, name: str = "Other hall") -> tuple[Any, Any, Any]:
    """A second server with a channel and an admin."""
    guild = hall.env.create_guild(name)
    channel = guild.create_text_channel("reps")
    role = guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
    admin = guild.add_member(hall.env.create_user(f"admin of {name}".lower().replace(" ", "-")), roles=[role])
    return guild, channel, admin


def thread(hall: World, name: str = "A thread") -> ChannelHandle:
    """A thread of the study channel."""
    made = hall.env.backend.create_thread(hall.channel.id, name, hall.admin.id)
    return ChannelHandle(hall.env, hall.guild, made)


def channel_denied(hall: World, name: str, *denied: str) -> Any:
    """A text channel in which Reps lacks permissions."""
    mine = next(role for role in hall.guild.roles.values() if role.name == "TestBot")
    return hall.guild.create_text_channel(
        name, overwrites={mine: discord.PermissionOverwrite(**dict.fromkeys(denied, False))}
    )


async def allow(hall: World, guild: Any, **permissions: bool) -> None:
    """Give Reps permissions in a whole server, or take them away."""
    mine = next(role for role in guild._guild.roles.values() if role.name == "TestBot")
    value = discord.Permissions(mine.permissions)
    value.update(**permissions)
    hall.env.backend.edit_role(guild.id, mine.id, {"permissions": value.value})
    await hall.env.settle()


async def practise(who: Any, channel: Any, *, right: bool = True) -> Any:
    """Draw a question of the easy bank and answer it: a rep, no points."""
    drawn = await who.slash(channel, "question random")
    return await who.click(drawn.response, label="A" if right else "B")


async def week_of_answers(hall: World, *answered: tuple[Any, int]) -> None:
    """As many questions now as somebody is to have answered; each answers their first so many, all right."""
    for number in range(max(count for _, count in answered)):
        question = await ask(hall)
        for who, count in answered:
            if number < count:
                await answer(who, question)
