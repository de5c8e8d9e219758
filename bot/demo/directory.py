"""Who and what is in the simulated server, read straight from SimCord's store and told to the index page."""

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import discord
import simcord
from PIL import Image, ImageDraw, ImageFont
from simcord.backend.access import channel_accessible
from simcord.backend.cdn import CDN_BASE
from simcord.backend.models.channel import THREAD_TYPES
from simcord.enums import VOICE_CHANNEL_TYPES, ChannelType

from bot.demo.drawing import Person, Room
from bot.demo.index import NotHereError

if TYPE_CHECKING:
    from simcord.backend.models import Channel

Viewer = simcord.MemberActor | simcord.UserHandle

_ROOMS = (ChannelType.TEXT, ChannelType.NEWS, ChannelType.FORUM, *VOICE_CHANNEL_TYPES)
_KINDS = {ChannelType.FORUM: "forum", ChannelType.DM: "dm"} | dict.fromkeys(VOICE_CHANNEL_TYPES, "voice")
_HUES = ("#4e5bd4", "#9b4dca", "#b5487a", "#b0522d", "#8a6412", "#2f7d4f", "#23788c", "#4a6785")


class Directory:
    """People introduced to the browser, and every room there is. Ids of neither raise NotHereError."""

    def __init__(self, env: simcord.Env) -> None:
        self._env = env
        self._backend = env.backend
        self._actors: dict[int, simcord.MemberActor] = {}
        self._people: dict[int, Person] = {}
        self._faces: dict[int, bytes] = {}
        self._seen: dict[int, int] = {}
        self._opened: int | None = None
        self.assets: dict[str, tuple[str, bytes]] = {}
        self._give_face(env.backend.bot_user.id, env.backend.bot_user.name, "#5865f2")

    def introduce(self, actor: simcord.MemberActor, line: str, tries: str) -> None:
        """Let the browser play this member, and give them a face."""
        name = actor.user.global_name or actor.name
        self._backend.get_dm_channel(actor.id)
        self._give_face(actor.id, name, _HUES[len(self._people) % len(_HUES)])
        self._actors[actor.id] = actor
        self._people[actor.id] = Person(actor.id, name, line, tries)

    @property
    def people(self) -> Sequence[Person]:
        return [*self._people.values()]

    def person(self, person: int | None) -> Person:
        """That person, or the first introduced when there is no such."""
        return self._people.get(person or 0) or self.people[0]

    def actor(self, person: int) -> simcord.MemberActor:
        if person not in self._actors:
            raise NotHereError("There is no such person here.")
        return self._actors[person]

    def face(self, person: int) -> bytes:
        """The person's picture, PNG."""
        if person not in self._faces:
            raise NotHereError("There is no such person here.")
        return self._faces[person]

    def room(self, room: int) -> simcord.ChannelHandle:
        """A room with messages in it; a forum has none, its posts have."""
        channel = self._backend.channels.get(room)
        if channel is None or channel.type in (ChannelType.CATEGORY, ChannelType.FORUM):
            raise NotHereError("There is no such room here.")
        guild = None
        if channel.guild_id is not None:
            guild = simcord.GuildHandle(self._env, self._backend.guilds[channel.guild_id])
        return simcord.ChannelHandle(self._env, guild, channel)

    def readers(self, room: int, *, first: int | None = None) -> list[Viewer]:
        """Who may read a room, `first` first."""
        actors = [actor for actor in self._actors.values() if self._may_read(room, actor.id)]
        actors.sort(key=lambda actor: actor.id != first)
        return [*actors] if self._backend.channels[room].guild_id else [actor.user for actor in actors]

    def voice_room(self, room: int, person: int) -> simcord.ChannelHandle:
        """A voice room this person can see."""
        handle = self.room(room)
        if self._backend.channels[room].type not in VOICE_CHANNEL_TYPES or not self._may_read(room, person):
            raise NotHereError("That is not a voice room this person can join.")
        return handle

    def rooms(self, viewer: int) -> Iterator[tuple[str, Sequence[Room]]]:
        """Every room in its group, as `viewer` sees them. What comes after the first call counts as new."""
        if self._opened is None:
            self._opened = discord.utils.time_snowflake(self._env.now())
        channels = sorted(self._backend.channels.values(), key=lambda c: (c.position, c.id))
        for category in (None, *(c for c in channels if c.type == ChannelType.CATEGORY)):
            inside = [
                self._drawn(c, viewer)
                for c in channels
                if c.guild_id and c.type in _ROOMS and c.parent_id == (category.id if category else None)
            ]
            if inside:
                yield (category.name or "" if category else "Rooms"), inside
        yield "Direct messages", [self._drawn(self._backend.get_dm_channel(viewer), viewer)]

    def seen(self, room: int) -> None:
        """Someone is looking at the room: nothing in it is new."""
        self._seen[room] = max(self._backend.messages.get(room, {}), default=0)

    def _may_read(self, room: int, person: int) -> bool:
        return channel_accessible(self._backend, room, person, history=True)

    def _drawn(self, channel: "Channel", viewer: int, *, nested: str = "") -> Room:
        since = max(self._seen.get(channel.id, 0), self._opened or 0)
        messages = self._backend.messages.get(channel.id, {}).values()
        voices = self._backend.guilds[channel.guild_id].voice_states if channel.guild_id else {}
        kind = nested or _KINDS.get(ChannelType(channel.type), "text")
        threads = [
            thread
            for thread in self._backend.channels.values()
            if thread.type in THREAD_TYPES and thread.parent_id == channel.id and self.readers(thread.id)
        ]
        readers = self.readers(channel.id) if channel.guild_id else []
        threads.sort(key=lambda c: (bool(c.thread_metadata and c.thread_metadata.archived), -c.id))
        return Room(
            id=channel.id,
            name=channel.name or f"Messages with {self._backend.bot_user.name}",
            kind=kind,
            fresh=sum(message.id > since and message.visible_to(viewer) for message in messages),
            open_to=tuple(self._people[one.id].name for one in readers if len(readers) < len(self._actors)),
            closed_to_viewer=not self._may_read(channel.id, viewer),
            talkers=tuple(
                self._people[user]
                for user, state in voices.items()
                if state.channel_id == channel.id and user in self._people
            ),
            threads=tuple(
                self._drawn(thread, viewer, nested="post" if kind == "forum" else "thread")
                for thread in threads
            ),
        )

    def _give_face(self, user: int, name: str, colour: str) -> None:
        picture = Image.new("RGB", (80, 80), colour)
        font = ImageFont.load_default(44)
        ImageDraw.Draw(picture).text((40, 40), name[:1], font=font, fill="white", anchor="mm")
        png = io.BytesIO()
        picture.save(png, "PNG")
        self._faces[user] = png.getvalue()
        self._backend.users[user].avatar = "face"
        self.assets[f"{CDN_BASE}/avatars/{user}/face.png"] = ("face.png", png.getvalue())
