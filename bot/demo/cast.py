"""The cast: a small study server, its people, and how they answer."""

import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import discord
import simcord

from bot.assembly import House
from bot.domain.drops import OpenDrop
from bot.domain.members import Person
from bot.ui.questions import right_places

DAYS = 14
OPEN_ANSWERS = (
    "I would define it first, then give the intuition with a small example, and say when it stops working.",
    "I am not sure about every detail, but I would reason from the assumptions: what is random, what is fixed.",
    "In short: compare what we see with what chance alone would give, then say how big the effect is.",
)
EXPLANATION = (
    "What helped me: say the definition aloud, then try the smallest example you can think of. "
    "If the rule survives three numbers on paper, you have understood it."
)


@dataclass(frozen=True, slots=True)
class Role:
    """One of the cast: who they are, how often they answer and how often they are right."""

    name: str
    line: str
    eager: float = 0.0
    skilled: float = 0.0
    admin: bool = False
    guide: bool = False


CAST = (
    Role("You", "new here; be this person first"),
    Role("Ada", "admin: may use /setup", 0.5, 0.8, admin=True),
    Role("Grace", "guide: ten years in data science", 0.7, 0.95, guide=True),
    Role("Bao", "wants to become an ML engineer", 0.95, 0.75),
    Role("Carmen", "statistics graduate, first job hunt", 0.9, 0.85),
    Role("Deniz", "switching from back-end development", 0.8, 0.6),
    Role("Elif", "data analyst with two years of SQL", 0.85, 0.7),
    Role("Farid", "bootcamp graduate", 0.6, 0.5),
    Role("Hana", "PhD student in physics", 0.75, 0.8),
    Role("Ivo", "studies at night", 0.4, 0.65),
)


class Server:
    """The simulated server with the cast in it."""

    def __init__(self, env: simcord.Env, house: House) -> None:
        self._env, self._house = env, house
        self.guild = env.create_guild("Interview study hall")
        self.channel = self.guild.create_text_channel("reps")
        self.guild.create_text_channel("lounge")
        self.guild.create_voice_channel("Study room")
        admins = self.guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
        self.guides = self.guild.create_role("Guides")
        self.people: dict[str, simcord.MemberActor] = {}
        for role in CAST:
            roles = [admins] if role.admin else [self.guides] if role.guide else []
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

    async def _answer_id(self, name: str, drop: OpenDrop) -> int:
        verdict = await self._house.services.answers.of_drop(self.person(name), drop.id)
        assert verdict is not None
        return verdict.answer_id


async def live_two_weeks(
    server: Server,
    *,
    act: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]],
    skip_to: Callable[[datetime], Awaitable[None]],
    now: datetime,
    zone: ZoneInfo,
    rng: random.Random,
) -> None:
    """Set the server up two weeks ago and let its people live: answers, practice, explanations, digests.

    This morning Ada moved the question an hour later, so that today's stands below yesterday's reveal.
    """
    opened = now.astimezone(zone).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    usual = opened - timedelta(hours=1)

    async def set_up(at: datetime) -> None:
        ada = server.people["Ada"]
        options = {"zone": zone.key, "time": f"{at:%H}:00", "guides": server.guides}
        await act(partial(ada.slash, server.channel, "setup start", channel=server.channel, **options))

    async def be(local: datetime, *, seconds: int = 5) -> None:
        await skip_to(local.astimezone(UTC) + timedelta(seconds=seconds))

    await set_up(usual)
    for day in range(DAYS):
        # Wall-clock days: the question keeps its hour when the clocks change.
        at = usual - timedelta(days=DAYS - day)
        await be(at)
        await act(partial(live_a_day, server, rng))
        if day in (4, 9):
            await act(partial(explain, server, rng))
        await be(at, seconds=60)
    await be(usual - timedelta(minutes=30))
    await set_up(opened)
    await be(usual, seconds=60)
    await act(partial(explain, server, rng))
    await be(opened)
    await act(partial(live_a_day, server, rng, share=0.5))
    await skip_to(now)


async def live_a_day(server: Server, rng: random.Random, *, share: float = 1.0) -> None:
    """Whoever feels like it answers; some practise a little more."""
    for role in CAST[1:]:
        if rng.random() < role.eager * share:
            await server.answer(role.name, right=rng.random() < role.skilled, rng=rng)
        if rng.random() < role.eager * share / 4:
            actor = server.people[role.name]
            shown = (await actor.slash(server.channel, "question random", kind="choice")).response
            assert shown is not None
            button = next(walk_controls(shown.components))["custom_id"]
            if button.startswith("practice.choose:"):
                await actor.click(shown, custom_id=button)


async def explain(server: Server, rng: random.Random) -> None:
    """Somebody explains the last revealed question, and others vote."""
    reveals = [one for one in server.channel.history() if any("drop.explain:" in id for id in _ids(one))]
    if not reveals:
        return
    author, *voters = rng.sample([role.name for role in CAST[2:]], 4)
    form = await server.people[author].click(reveals[-1], label="Explain it in your words")
    await server.people[author].submit_modal(form, {"text": EXPLANATION})
    for thread in server.channel.threads:
        for message in thread.history():
            vote = next((id for id in _ids(message) if id.startswith("drop.vote:")), None)
            if vote is not None and thread.id == reveals[-1].id:
                for voter in voters:
                    await server.people[voter].click(message, custom_id=vote)


def _ids(message: discord.Message) -> list[str]:
    components = [component.to_dict() for component in message.components]
    return [control["custom_id"] for control in walk_controls(components)]


def walk_controls(components: Any) -> Iterator[dict[str, Any]]:
    """Every button and select of raw components, from top to bottom."""
    for component in components:
        if "custom_id" in component:
            yield component
        yield from walk_controls(component.get("components", ()))
