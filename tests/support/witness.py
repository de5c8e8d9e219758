"""Witnesses: one person of each kind, who press whatever there is to read, and all that each has seen."""

import json
from collections import defaultdict
from typing import Any

import discord
from simcord.backend.access import can_access_channel
from simcord.builders import ChannelHandle

from tests.support.study import another_server
from tests.support.world import World, button, said, words


class Witnesses:
    """People of a hall by what they are, and one of another server."""

    def __init__(self, hall: World) -> None:
        self.hall = hall
        # A moderator reads private threads too.
        everything = discord.Permissions(manage_guild=True, manage_threads=True, manage_messages=True)
        role = hall.guild.create_role("Owners", permissions=everything)
        _, elsewhere, self.elsewhere = another_server(hall)
        self._places: dict[int, Any] = {self.elsewhere.id: elsewhere}
        self.owner = hall.guild.add_member(hall.env.create_user("owner"), roles=[role])
        self.stranger, self.guide, self.silent, self.first, self.second = (
            hall.member(name) for name in ("Stranger", "Guide", "Silent", "First", "Second")
        )
        self._told: defaultdict[int, list[str]] = defaultdict(list)
        self._homes: dict[int, Any] = {}

    @property
    def all(self) -> tuple[Any, ...]:
        return (*self.here, self.elsewhere)

    @property
    def here(self) -> tuple[Any, ...]:
        """Those of the hall's own server."""
        return self.owner, self.stranger, self.guide, self.silent, self.first, self.second

    async def gather(self) -> None:
        """Give each a private card to press on, and the guide their rights."""
        await self.hall.admin.slash(self.hall.channel, "guide people add", member=self.guide)
        for who in self.all:
            home = await who.slash(self._places.get(who.id, self.hall.channel), "reps")
            self._homes[who.id] = home.response

    async def press(self, *custom_ids: str) -> None:
        """Everybody presses all of these, whether or not they have ever been shown them."""
        for custom_id in custom_ids:
            for who in self.all:
                (result,) = await self.hall.raw((who, self._homes[who.id], button(custom_id)))
                assert result.acknowledged, custom_id
                self._told[who.id] += [said(result), json.dumps(result.modal)]

    def _sees(self, who: Any) -> str:
        """All that somebody has read until now: in each place they may enter, privately, and in forms."""
        env, seen = self.hall.env, list(self._told[who.id])
        for channel in env.backend.channels.values():
            if channel.guild_id == who.guild.id and can_access_channel(env, channel.id, who, history=True):
                place = ChannelHandle(env, who.guild, channel)
                seen += [words(message) for message in place.history(viewer=who)]
        return "\n".join(seen)

    def have_read(self, *texts: str) -> dict[str, set[str]]:
        """Who has read each of these texts, by their names."""
        seen = {who.name: self._sees(who) for who in self.all}
        return {text: {name for name, all_of_it in seen.items() if text in all_of_it} for text in texts}
