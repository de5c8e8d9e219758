"""Rooms on Discord: closing the threads and temporary voice channels the bot opened."""

from typing import Protocol

import discord
import structlog

log = structlog.get_logger()


class Rooms(Protocol):
    """Closes rooms."""

    async def close(self, kind: str, discord_id: int) -> bool: ...


class DiscordRooms:
    """The rooms of a running client."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def close(self, kind: str, discord_id: int) -> bool:
        """Archive a thread or delete a voice channel; True also when it is gone already or no longer ours."""
        try:
            if kind == "thread":
                await self._client.http.edit_channel(discord_id, archived=True, reason="Its time is over")
            else:
                await self._client.http.delete_channel(discord_id, reason="Its time is over")
        except (discord.NotFound, discord.Forbidden) as error:
            log.info("room is gone or not ours", room=discord_id, code=error.code)
        except discord.HTTPException:
            return False
        return True
