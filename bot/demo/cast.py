"""The cast: a small study server, its people, and how they answer."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord
import simcord

from bot.assembly import House
from bot.domain.drops import OpenDrop
from bot.domain.members import Person
from bot.ui.questions import right_places

OPEN_ANSWERS = (
    "I would define it first, then give the intuition with a small example, and say when it stops working.",
    "I am not sure about every detail, but I would reason from the assumptions: what is random, what is fixed.",
    "In short: compare what we see with what chance alone would give, then say how big the effect is.",
)


@dataclass(frozen=True, slots=True)
class Role:
    """One of the cast: who they are, how often they answer and how often they are right."""

    name: str
    line: str
    tries: str = ""
    eager: float = 0.0
    skilled: float = 0.0
    admin: bool = False
    guide: bool = False
    moderator: bool = False


CAST = (
    Role("You", "new here; start as this one", "/daily, /recite now, /mock request, /meeting start"),
    Role("Ada", "admin", "/setup start, /setup check, /setup schedule add", 0.5, 0.8, admin=True),
    Role("Grace", "guide, ten years in the field", "/guide queue, /problem post", 0.7, 0.95, guide=True),
    Role("Bao", "wants to become an ML engineer", "/recite history, /me data export", 0.95, 0.75),
    Role("Carmen", "statistics graduate", "/leaderboard, /recite status", 0.9, 0.85),
    Role("Deniz", "comes from back-end development", "/question random", 0.8, 0.6),
    Role("Elif", "data analyst, moderator", "/question suggest", 0.85, 0.7, moderator=True),
    Role("Farid", "bootcamp graduate", "/daily, /recite join", 0.6, 0.5),
    Role("Hana", "PhD student in physics", "/question search, /me project", 0.75, 0.8),
    Role("Ivo", "studies at night, is reminded", "/me settings", 0.4, 0.65),
)


class Server:
    """The simulated server with the cast in it."""

    def __init__(self, env: simcord.Env, house: House) -> None:
        self._env, self._house = env, house
        self.guild = env.create_guild("Interview study hall")
        self.channel = self.guild.create_text_channel("reps")
        self.guild.create_text_channel("lounge")
        self.problems = self.guild.create_forum_channel("problems")
        self.guild.create_voice_channel("Study room")
        admins = self.guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
        self.guides = self.guild.create_role("Guides")
        self.moderators = self.guild.create_role("Moderators")
        closed, opened = (discord.PermissionOverwrite(view_channel=may) for may in (False, True))
        staff = (admins, self.guides, self.moderators, simcord.UserHandle(env, env.backend.bot_user))
        self.staff = self.guild.create_text_channel(
            "staff", overwrites={self.guild.default_role: closed, **dict.fromkeys(staff, opened)}
        )
        self.people: dict[str, simcord.MemberActor] = {}
        for role in CAST:
            marks = ((role.admin, admins), (role.guide, self.guides), (role.moderator, self.moderators))
            roles = [one for has, one in marks if has]
            user = env.create_user(role.name.lower(), global_name=role.name)
            self.people[role.name] = self.guild.add_member(user, roles=roles)

    def person(self, name: str) -> Person:
        """Who one of the cast is to the services."""
        return Person(self.guild.id, self.people[name].id, name, "Interview study hall", name == "Ada")

    async def open_drop(self) -> OpenDrop:
        """The question now open."""
        return await self._house.services.drops.open_for(self.person("Ada"))

    async def answer(self, name: str, *, right: bool, rng: random.Random) -> Any:
        """Let one of the cast answer the open question as a person does; what they were shown comes back."""
        actor, drop = self.people[name], await self.open_drop()
        draft = drop.question.draft
        message = next(one for one in reversed(self.channel.history()) if one.id == drop.message_id)
        if draft["kind"] == "choice":
            good = right_places(draft)
            bad = [place for place in range(len(draft["options"])) if place not in good]
            places = good if right else [rng.choice(bad)]
            if len(good) == 1 and len(draft["options"]) <= 5:
                return await actor.click(message, custom_id=f"drop.choose:{drop.id}.{places[0]}")
            return await actor.select(message, [str(place) for place in places])
        form = await actor.click(message, label="Answer")
        if draft["kind"] == "numeric":
            value = draft["answer"] if right else draft["answer"] * 2 + 1
            return await actor.submit_modal(form, {"answer": f"{value:g}"})
        locked = await actor.submit_modal(form, {"answer": rng.choice(OPEN_ANSWERS)})
        assert locked.response is not None
        points = range(len(draft["key_points"]))
        marks = [str(place) for place in points if right or place == 0]
        return await actor.select(
            locked.response, marks, custom_id=f"answer.mark:{await self._answer_id(name, drop)}"
        )

    def room(self, id: int | None) -> simcord.ChannelHandle | None:
        """A channel, a thread or a forum's post."""
        channels = self.guild.channels.values()
        rooms = (room for one in channels for room in (one, *one.threads))
        return next((one for one in rooms if one.id == id), None)

    async def room_of(self, name: str) -> simcord.ChannelHandle:
        """The room of the newest recitation that one of the cast is in."""
        standing = await self._house.services.pairing.standing(self.person(name))
        rooms = (self.room(one.thread_id) for one in sorted(standing.open, key=lambda one: -one.id))
        return next(room for room in rooms if room is not None)

    def reveals(self) -> list[discord.Message]:
        """Every reveal in the questions' channel, oldest first."""
        return [one for one in self.channel.history() if any("drop.explain:" in id for id in ids_on(one))]

    async def practised(self, name: str, shown: simcord.ResponseMessage) -> Mapping[str, Any]:
        """The content of an open practice question shown to one of the cast."""
        answer_id = int(control(shown, "practice.write:").partition(":")[2])
        question = await self._house.services.answers.may_write_draw(self.person(name), answer_id)
        return question.draft

    async def _answer_id(self, name: str, drop: OpenDrop) -> int:
        verdict = await self._house.services.answers.of_drop(self.person(name), drop.id)
        assert verdict is not None
        return verdict.answer_id


def seen(result: simcord.InteractionResult) -> simcord.ResponseMessage:
    """The message an interaction was answered with."""
    assert result.response is not None
    return result.response


def offers(message: simcord.ResponseMessage, label: str) -> bool:
    """Whether a message has a button of this name."""
    return any(one.get("label") == label for one in walk_controls(message.components))


async def agreed(actor: simcord.MemberActor, shown: simcord.ResponseMessage) -> simcord.ResponseMessage:
    """Agree to the rules of conduct where they come first; what is shown then."""
    return seen(await actor.click(shown, label="I agree")) if offers(shown, "I agree") else shown


def control(message: simcord.ResponseMessage, start: str) -> str:
    """The custom_id on a message that begins so."""
    ids = (str(one["custom_id"]) for one in walk_controls(message.components))
    return next(id for id in ids if id.startswith(start))


def ids_on(message: discord.Message) -> list[str]:
    """Every custom_id on a posted message, from top to bottom."""
    components = [component.to_dict() for component in message.components]
    return [control["custom_id"] for control in walk_controls(components)]


def walk_controls(components: Any) -> Iterator[dict[str, Any]]:
    """Every button and select of raw components, from top to bottom."""
    for component in components:
        if "custom_id" in component:
            yield component
        yield from walk_controls(component.get("components", ()))
