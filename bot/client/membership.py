"""Membership: who is still in a server, asked of Discord, because without a privileged intent it does not tell."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

import discord
import structlog

from bot.client.posting import PASSING
from bot.services.privacy import Privacy, Shards

log = structlog.get_logger()

UNKNOWN_MEMBER: Final = 10007
# What a server answers that removed the bot: it does not exist, or is none of our business.
NOT_OURS: Final = (10004, 50001)
# Discord takes a hundred at once; one of them is the bot itself.
ASKED_AT_ONCE: Final = 99
ANSWERS_WITHIN: Final = 60  # seconds: the library may hold a request back for its gateway's rate


class Membership:
    """Asks Discord who is still there, and has it noted. A failure to ask says nothing about anybody."""

    def __init__(self, client: discord.AutoShardedClient, privacy: Privacy) -> None:
        self._client = client
        self._privacy = privacy

    def shards(self) -> Shards:
        """The shards of this process."""
        return Shards(self._client.shard_count or 1, frozenset(self._client.shards))

    async def check(self, guild_id: int, discord_ids: Collection[int]) -> frozenset[int] | None:
        """Who of these has left the server, as of now; None when Discord could not be asked.

        To be called before people are put together, by the process whose shard hears of the server.
        """
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable:
            return None
        gone: set[int] = set()
        try:
            everyone = sorted(discord_ids)
            for start in range(0, len(everyone), ASKED_AT_ONCE):
                some = everyone[start : start + ASKED_AT_ONCE]
                found = await self._found(guild, some)
                missing = [one for one in some if one not in found]
                confirmed = {one for one in missing if await self.absent(guild_id, one)}
                await self._privacy.note(guild_id, here=set(some) - confirmed, gone=confirmed)
                gone |= confirmed
        except (*PASSING, discord.ClientException, RuntimeError) as error:
            log.warning("members not asked for", guild=guild_id, error=repr(error))
            return None
        return frozenset(gone)

    async def absent(self, guild_id: int, discord_id: int) -> bool:
        """Whether Discord says that this person is not in the server. Raises what a request may fail with."""
        try:
            await self._client.http.get_member(guild_id, discord_id)
        except discord.NotFound as error:
            if error.code == UNKNOWN_MEMBER:
                return True
            raise
        return False

    async def removed(self) -> tuple[int, ...]:
        """Servers that removed the bot while it was away; each is asked, since a list may be incomplete."""
        known = {guild.id for guild in self._client.guilds}
        unseen = [one for one in await self._privacy.servers(self.shards()) if one not in known]
        return tuple([guild_id for guild_id in unseen if await self._is_removed(guild_id)])

    async def _is_removed(self, guild_id: int) -> bool:
        try:
            await self._client.http.get_guild(guild_id, with_counts=False)
        except discord.HTTPException as error:
            return error.code in NOT_OURS
        except PASSING as error:
            log.warning("server not asked for", guild=guild_id, error=repr(error))
        return False

    async def _found(self, guild: discord.Guild, some: Sequence[int]) -> set[int]:
        """Who answers to their name; the bot is asked for as well, so that an empty answer shows as a fault."""
        assert self._client.user is not None
        me = self._client.user.id
        async with asyncio.timeout(ANSWERS_WITHIN):
            answer = await guild.query_members(user_ids=[me, *some], limit=len(some) + 1, cache=False)
        found = {member.id for member in answer}
        if me not in found:
            raise discord.ClientException("an answer without the bot itself")
        return found
