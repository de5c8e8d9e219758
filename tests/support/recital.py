"""Recitation rounds: people who join them, and what they and everybody else see."""

from datetime import timedelta
from typing import Any

import discord

from bot.client.posting import custom_ids
from tests.support.study import plan
from tests.support.world import World, said, words

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


async def join(hall: World, *people: Any, **options: Any) -> list[str]:
    """Each joins the rounds, agreeing to the rules where they are asked to; what they read then."""
    read = []
    for who in people:
        answered = await who.slash(hall.channel, "recite join", **options)
        if "[I agree]" in said(answered):
            answered = await who.click(answered.response, label="I agree")
        read.append(said(answered))
    return read


async def plan_rounds(hall: World, **options: Any) -> Any:
    """A round every Monday at ten, which is in two hours."""
    return await plan(hall, **({"kind": "round", "time": "10"} | options))


def rounds(channel: Any) -> list[discord.Message]:
    """Every message of rounds in a channel, oldest first: first ones, further ones, reminders."""
    return [
        message
        for message in channel.history()
        if any(name.startswith("round.") for name in custom_ids(message))
    ]


def lines(message: discord.Message) -> list[str]:
    """Who is with whom, as a round's message says."""
    return [line for line in words(message).splitlines() if line.startswith("**") and ".** <@" in line]


def pairs(hall: World, message: discord.Message) -> list[set[str]]:
    """The names of those who are together, line by line."""
    people = (hall.env.backend.get_user(id) for id in hall.guild._guild.members)
    names = {f"<@{one.id}>": one.name for one in people}
    return [{name for mention, name in names.items() if mention in line} for line in lines(message)]
