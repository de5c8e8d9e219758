"""Scheduled events: a meeting among a server's events, made once, and whoever is interested in it."""

from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

import discord

from bot.client.posting import give_up, requesting
from bot.client.weather import Weather
from bot.clock import Clock

VOICE: Final = discord.EntityType.voice.value
EXTERNAL: Final = discord.EntityType.external.value
GUILD_ONLY: Final = discord.PrivacyLevel.guild_only.value
SCHEDULED: Final = discord.EventStatus.scheduled.value
ACTIVE: Final = discord.EventStatus.active.value
COMPLETED: Final = discord.EventStatus.completed.value
CANCELLED: Final = discord.EventStatus.canceled.value
# What Discord means as its last word; everything else may pass.
REFUSALS = (400, 403, 404)
# A hundred events live is all that a server has.
FULL = {30038: "the server has as many events as Discord allows"}
ASKED_AT_ONCE: Final = 100


class Events(Protocol):
    """Makes events, moves them on, and asks who is interested."""

    async def make(
        self,
        guild_id: int,
        *,
        mark: str,
        name: str,
        description: str,
        starts_at: datetime,
        ends_at: datetime,
        voice_id: int | None,
        place: str,
    ) -> int: ...

    async def put_right(
        self, guild_id: int, event_id: int, *, starts_at: datetime, ends_at: datetime
    ) -> None: ...

    async def begin(self, guild_id: int, event_id: int) -> None: ...

    async def end(self, guild_id: int, event_id: int) -> None: ...

    async def interested(self, guild_id: int, event_id: int) -> tuple[int, ...]: ...


class DiscordEvents:
    """The events of a running client; all of it asks Discord, so any shard's process may."""

    def __init__(self, client: discord.Client, clock: Clock, weather: Weather) -> None:
        self._client = client
        self._request = partial(requesting, client, clock, weather)

    async def make(
        self,
        guild_id: int,
        *,
        mark: str,
        name: str,
        description: str,
        starts_at: datetime,
        ends_at: datetime,
        voice_id: int | None,
        place: str,
    ) -> int:
        """Make an event; a repeat finds the first by the mark at the end of its description (D1).

        Raises Unpostable when trying again would not help: no permission, a hundred events, a time that is past.
        """
        ending = f"\n{mark}"
        try:
            with self._request():
                known: list[Any] = await self._client.http.get_scheduled_events(guild_id, False)
            for event in known:
                if (event.get("description") or "").endswith(ending) and self._ours(event):
                    return int(event["id"])
            where: dict[str, Any] = (
                {"entity_type": VOICE, "channel_id": voice_id}
                if voice_id is not None
                else {"entity_type": EXTERNAL, "entity_metadata": {"location": place[:100]}}
            )
            with self._request():
                made: Any = await self._client.http.create_guild_scheduled_event(
                    guild_id,
                    name=name[:100],
                    description=description[: 1000 - len(ending)] + ending,
                    scheduled_start_time=starts_at.isoformat(),
                    scheduled_end_time=ends_at.isoformat(),
                    privacy_level=GUILD_ONLY,
                    **where,
                )
        except discord.HTTPException as error:
            if error.status not in REFUSALS:
                raise
            give_up(error, f"no event: {FULL.get(error.code, error.text)}")
        return int(made["id"])

    async def put_right(
        self, guild_id: int, event_id: int, *, starts_at: datetime, ends_at: datetime
    ) -> None:
        """Show an event that is to come at its meeting's time, whatever somebody set by hand."""
        if await self._status(guild_id, event_id) == SCHEDULED:
            await self._edit(
                guild_id,
                event_id,
                scheduled_start_time=starts_at.isoformat(),
                scheduled_end_time=ends_at.isoformat(),
            )

    async def begin(self, guild_id: int, event_id: int) -> None:
        """Show an event as going on."""
        if await self._status(guild_id, event_id) == SCHEDULED:
            await self._edit(guild_id, event_id, status=ACTIVE)

    async def end(self, guild_id: int, event_id: int) -> None:
        """Show an event as over: held when it had begun, else called off."""
        status = await self._status(guild_id, event_id)
        if status in (SCHEDULED, ACTIVE):
            await self._edit(guild_id, event_id, status=COMPLETED if status == ACTIVE else CANCELLED)

    async def interested(self, guild_id: int, event_id: int) -> tuple[int, ...]:
        """Who pressed *Interested*; nobody for an event that is gone."""
        found: list[int] = []
        while True:
            try:
                with self._request():
                    page: list[Any] = await self._client.http.get_scheduled_event_users(
                        guild_id,
                        event_id,
                        limit=ASKED_AT_ONCE,
                        with_member=False,
                        after=found[-1] if found else None,
                    )
            except discord.HTTPException as error:
                if error.status not in (403, 404) or not error.code:
                    raise
                return ()
            fresh = [int(one["user"]["id"]) for one in page if int(one["user"]["id"]) not in found]
            found += sorted(fresh)
            if len(page) < ASKED_AT_ONCE or not fresh:
                return tuple(found)

    def _ours(self, event: Any) -> bool:
        assert self._client.user is not None
        return event.get("creator_id") == str(self._client.user.id) and event["status"] in (SCHEDULED, ACTIVE)

    async def _status(self, guild_id: int, event_id: int) -> int | None:
        try:
            with self._request():
                found: Any = await self._client.http.get_scheduled_event(guild_id, event_id, False)
        except discord.HTTPException as error:
            if error.status not in (403, 404) or not error.code:
                raise
            return None
        return int(found["status"])

    async def _edit(self, guild_id: int, event_id: int, **fields: Any) -> None:
        """Change an event; what Discord refuses for good is let be, since the meeting goes on without it."""
        try:
            with self._request():
                await self._client.http.edit_scheduled_event(guild_id, event_id, **fields)
        except discord.HTTPException as error:
            if error.status not in REFUSALS or not error.code:
                raise
